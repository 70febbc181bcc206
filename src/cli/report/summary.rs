//! How many of each code there are.

use std::fmt;

use super::Finding;
use crate::cli::progress::grouped;
use crate::diag::{Code, Severity};
use crate::ordered::Map;

/// Counts by level and code.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) counts: Map<(Severity, Code), usize>,
}

impl Summary {
    pub(super) fn of(findings: &[Finding]) -> Self {
        let mut counts = Map::new();
        for finding in findings {
            *counts.entry((finding.severity, finding.code())).or_default() += 1;
        }
        Self { counts }
    }

    /// How many have this level.
    pub(super) fn total(&self, severity: Severity) -> usize {
        self.of_level(severity).map(|(_, count)| count).sum()
    }

    fn of_level(&self, severity: Severity) -> impl Iterator<Item = (Code, usize)> {
        self.counts.iter().filter(move |((level, _), _)| *level == severity).map(|((_, code), count)| (*code, *count))
    }

    fn line(&self, severity: Severity, one: &str) -> Option<String> {
        let mut codes: Vec<(Code, usize)> = self.of_level(severity).collect();
        codes.sort_unstable_by_key(|(code, count)| (std::cmp::Reverse(*count), *code));
        let total = self.total(severity);
        let many = if total == 1 { "" } else { "s" };
        let list: Vec<String> = codes.iter().map(|(code, count)| format!("{code} {}", grouped(*count))).collect();
        (total > 0).then(|| format!("{} {one}{many}: {}", grouped(total), list.join(", ")))
    }
}

impl fmt::Display for Summary {
    /// One line for the errors and one for the warnings, the most frequent code first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in [self.line(Severity::Error, "error"), self.line(Severity::Warning, "warning")].iter().flatten() {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

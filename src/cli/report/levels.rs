//! The level of each code, as the command says.

use super::Finding;
use crate::diag::{Code, Diagnostic, Severity, nearest};
use crate::ordered;
use crate::ordered::Set;

/// What `--strict`, `--deny` and `--allow` say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels {
    strict: bool,
    deny: Set<Code>,
    allow: Set<Code>,
}

impl Levels {
    /// Warnings are errors if `strict`, but those in `allow`, which are left out; those in `deny` are errors in any case.
    ///
    /// # Errors
    /// A code is both denied and allowed, or is allowed though it is an error by itself: no correct output exists then.
    pub fn new(strict: bool, deny: &[Code], allow: &[Code]) -> Result<Self, String> {
        if let Some(code) = allow.iter().find(|code| code.severity() == Severity::Error) {
            return Err(format!("`{code}` cannot be allowed: it leaves no correct output"));
        }
        if let Some(code) = allow.iter().find(|code| deny.contains(code)) {
            return Err(format!("`{code}` is both denied and allowed"));
        }
        Ok(Self { strict, deny: ordered::set(deny.iter().copied()), allow: ordered::set(allow.iter().copied()) })
    }

    /// Only `--strict`, or nothing.
    pub fn strict(strict: bool) -> Self {
        Self { strict, ..Self::default() }
    }

    /// The level of a code; none if it is left out.
    pub fn of(&self, code: Code) -> Option<Severity> {
        let raised = self.strict || self.deny.contains(&code);
        let level = if raised { Severity::Error } else { code.severity() };
        (!self.allow.contains(&code)).then_some(level)
    }

    /// Gives diagnostics their level and their order, each once.
    pub fn judge(&self, mut diagnostics: Vec<Diagnostic>) -> Vec<Finding> {
        diagnostics.sort_unstable();
        diagnostics.dedup();
        // Nearly all are findings, and there may be tens of thousands: room for them is made once.
        let mut findings = Vec::with_capacity(diagnostics.len());
        let judged = diagnostics.into_iter().map(|diagnostic| Some(Finding { severity: self.of(diagnostic.code)?, diagnostic }));
        findings.extend(judged.flatten());
        findings
    }
}

/// The code with this id.
///
/// # Errors
/// There is none; the nearest is named.
pub fn parse_code(id: &str) -> Result<Code, String> {
    Code::from_id(id).ok_or_else(|| match nearest(id, Code::ALL.iter().map(|code| code.id())) {
        Some(near) => format!("there is no such code; did you mean `{near}`?"),
        None => format!(
            "there is no such code; the codes are {}",
            Code::ALL.iter().map(|code| code.id()).collect::<Vec<_>>().join(", ")
        ),
    })
}

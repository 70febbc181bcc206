//! What is wrong with a site that is being previewed: on the terminal, and in the same words for the browser.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use crate::cli::failure::Failure;
use crate::cli::report::{self, Finding, Format, Levels};
use crate::cli::{press, terminal};
use crate::config::{Config, ConfigError, Place};
use crate::diag::{Diagnostic, Severity};
use crate::ordered;
use crate::ordered::Set;
use crate::preview::reload::Listener;
use crate::preview::server::{self, Explain};
use crate::preview::watch::WatchError;
use crate::site::live::{Findings, Live};
use crate::theme::ThemeError;

/// As many warnings are shown at once; the browser and `check` show all.
const MOST_WARNINGS: usize = 20;

/// Tells what is wrong, each thing once while it lasts.
#[derive(Default)]
pub(super) struct Teller {
    told: Mutex<Option<Told>>,
}

#[derive(Default)]
struct Told {
    diagnostics: Set<Diagnostic>,
    failures: Vec<String>,
}

impl Listener for Teller {
    fn findings(&self, live: &Live, findings: &Findings) {
        let config = live.config();
        let mut diagnostics = press::from_root(config, findings.diagnostics.clone());
        let mut failures: Vec<String> = Vec::new();
        failures.extend(live.faults().config.clone().map(|error| Failure::from(error).to_string()));
        for error in live.faults().theme.iter().chain(&findings.template) {
            match press::in_theme(config, error) {
                Some(diagnostic) => diagnostics.push(diagnostic),
                None => failures.push(press::theme_failure(error).to_string()),
            }
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let first = told.is_none();
        let before = told.get_or_insert_default();
        let now = ordered::set(diagnostics);
        let fresh: Vec<Diagnostic> = now.iter().filter(|found| !before.diagnostics.contains(*found)).cloned().collect();
        let mended = before.diagnostics.iter().filter(|found| !now.contains(*found)).count();
        let said: Vec<&String> = failures.iter().filter(|failure| !before.failures.contains(failure)).collect();
        let well = now.is_empty() && failures.is_empty() && !first;
        // Where nobody reads, nobody is told.
        let _ = write(config, &said, fresh, mended, well);
        *before = Told { diagnostics: now, failures };
    }

    fn unwatched(&self, error: &WatchError) {
        let _ = write!(io::stderr(), "warning: {}\nhelp: {}\n", error.message, error.help);
    }
}

fn write(config: &Config, failures: &[&String], fresh: Vec<Diagnostic>, mended: usize, well: bool) -> io::Result<()> {
    let mut out = io::stderr().lock();
    failures.iter().try_for_each(|failure| writeln!(out, "{failure}"))?;
    let format = Format::Human { colour: terminal::takes_colour(&io::stderr()), most: MOST_WARNINGS };
    report::write(&mut out, format, &Levels::default().judge(fresh), &*press::reader(config))?;
    match (well, mended) {
        (true, _) => writeln!(out, "all is mended"),
        (false, 0) => Ok(()),
        (false, mended) => writeln!(out, "{mended} mended"),
    }
}

impl Explain for Teller {
    fn diagnostics(&self, config: &Config, found: &[Diagnostic]) -> Vec<server::Finding> {
        let read = press::reader(config);
        let findings = Levels::default().judge(press::from_root(config, found.to_vec()));
        findings.iter().map(|finding| explained(finding, &*read)).collect()
    }

    fn config(&self, error: &ConfigError) -> server::Finding {
        let (path, at) = match &error.place {
            Place::File { file, at } => (file.clone(), *at),
            Place::Variable(name) => (name.clone(), None),
        };
        server::Finding {
            code: "configuration".into(),
            severity: Severity::Error,
            message: error.message.clone(),
            help: error.help.clone(),
            path,
            line: at.map(|(line, _)| line),
            column: at.map(|(_, column)| column),
            excerpt: Failure::from(error.clone()).to_string(),
        }
    }

    fn theme(&self, config: &Config, error: &ThemeError) -> server::Finding {
        if let Some(diagnostic) = press::in_theme(config, error) {
            return explained(&Finding { severity: Severity::Error, diagnostic }, &*press::reader(config));
        }
        let place = error.place.as_ref();
        server::Finding {
            code: crate::diag::Code::Template.id().into(),
            severity: Severity::Error,
            message: error.message.clone(),
            help: error.help.clone(),
            path: place.map(|place| place.file.clone()).unwrap_or_default(),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            excerpt: press::theme_failure(error).to_string(),
        }
    }
}

fn explained(finding: &Finding, read: &report::Read<'_>) -> server::Finding {
    let (excerpt, at) = report::one(finding, read);
    let Diagnostic { code, span, message, help, .. } = &finding.diagnostic;
    server::Finding {
        code: code.id().into(),
        severity: finding.severity,
        message: message.clone(),
        help: help.to_string(),
        path: span.path.to_string(),
        line: at.map(|at| at.line),
        column: at.map(|at| at.column),
        excerpt,
    }
}

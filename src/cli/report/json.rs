//! One JSON object: `diagnostics` in order, and `summary`.

use std::io::{self, Write};

use serde::Serialize;

use super::Finding;
use super::place::Texts;
use super::summary::Summary;
use crate::diag::{Code, Severity, Span};
use crate::ordered;
use crate::ordered::Map;

#[derive(Serialize)]
struct Report<'a> {
    diagnostics: Vec<Entry<'a>>,
    summary: Counts,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: &'static str,
    severity: Severity,
    #[serde(flatten)]
    place: Place<'a>,
    message: &'a str,
    help: &'a str,
    related: Vec<Related<'a>>,
}

#[derive(Serialize)]
struct Related<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    message: &'a str,
}

/// All but the file are null where the file is meant as a whole.
#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    excerpt: Option<String>,
}

#[derive(Serialize)]
struct Counts {
    errors: usize,
    warnings: usize,
    by_code: Map<&'static str, usize>,
}

pub(super) fn write(out: &mut dyn Write, findings: &[Finding], texts: &mut Texts<'_>) -> io::Result<()> {
    let diagnostics = findings.iter().map(|finding| entry(finding, texts)).collect();
    serde_json::to_writer_pretty(&mut *out, &Report { diagnostics, summary: counts(&Summary::of(findings)) })?;
    writeln!(out)
}

fn entry<'a>(finding: &'a Finding, texts: &mut Texts<'_>) -> Entry<'a> {
    let diagnostic = &finding.diagnostic;
    let place = place(&diagnostic.span, texts);
    let related = diagnostic.related.iter().map(|(span, why)| Related { place: self::place(span, texts), message: why });
    Entry {
        code: diagnostic.code.id(),
        severity: finding.severity,
        place,
        message: &diagnostic.message,
        help: &diagnostic.help,
        related: related.collect(),
    }
}

fn place<'a>(span: &'a Span, texts: &mut Texts<'_>) -> Place<'a> {
    let at = texts.locate(span);
    let (start, end) = (at.as_ref().map(|at| at.start), at.as_ref().map(|at| at.end));
    Place {
        file: span.path.as_str(),
        line: start.map(|at| at.line),
        column: start.map(|at| at.column),
        end_line: end.map(|at| at.line),
        end_column: end.map(|at| at.column),
        excerpt: at.map(|at| at.excerpt.text),
    }
}

fn counts(summary: &Summary) -> Counts {
    let by_code = |code: Code| summary.counts.iter().filter(|((_, of), _)| *of == code).map(|(_, count)| count).sum();
    Counts {
        errors: summary.total(Severity::Error),
        warnings: summary.total(Severity::Warning),
        by_code: ordered::map(summary.counts.keys().map(|(_, code)| (code.id(), by_code(*code)))),
    }
}

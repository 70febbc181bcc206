//! A SARIF 2.1.0 log (OASIS, <https://docs.oasis-open.org/sarif/sarif/v2.1.0/>).

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Finding;
use super::place::Texts;
use crate::diag::{Code, Severity, Span};
use crate::vpath::UrlPath;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(out: &mut dyn Write, findings: &[Finding], texts: &mut Texts<'_>) -> io::Result<()> {
    let results: Vec<Value> = findings.iter().map(|finding| result(finding, texts)).collect();
    let driver = json!({
        "name": "madoguchi",
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": Code::ALL.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
    });
    let run = json!({ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results });
    serde_json::to_writer_pretty(&mut *out, &json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))?;
    writeln!(out)
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.id(),
        "shortDescription": { "text": code.explanation().trim() },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn result(finding: &Finding, texts: &mut Texts<'_>) -> Value {
    let diagnostic = &finding.diagnostic;
    let help = if diagnostic.help.is_empty() { String::new() } else { format!("\n{}", diagnostic.help) };
    let mut result = json!({
        "ruleId": diagnostic.code.id(),
        "ruleIndex": Code::ALL.iter().position(|code| *code == diagnostic.code),
        "level": level(finding.severity),
        "message": { "text": format!("{}{help}", diagnostic.message) },
        "locations": [{ "physicalLocation": physical(&diagnostic.span, texts) }],
    });
    let related = diagnostic
        .related
        .iter()
        .map(|(span, why)| json!({ "physicalLocation": physical(span, texts), "message": { "text": why } }));
    let related: Vec<Value> = related.collect();
    if !related.is_empty() {
        result["relatedLocations"] = Value::Array(related);
    }
    result
}

fn physical(span: &Span, texts: &mut Texts<'_>) -> Value {
    let uri = UrlPath::root().relative_to(&UrlPath::new(span.path.as_str()));
    let mut place = json!({ "artifactLocation": { "uri": uri, "uriBaseId": "%SRCROOT%" } });
    if let Some(at) = texts.locate(span) {
        place["region"] = json!({
            "startLine": at.start.line,
            "startColumn": at.start.column,
            "endLine": at.end.line,
            "endColumn": at.end.column,
        });
    }
    place
}

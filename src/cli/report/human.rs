//! For people: what, where, the line itself, and what to do.

use std::borrow::Cow;
use std::io::{self, Write};

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::Finding;
use super::place::{Located, Texts};
use super::summary::Summary;
use crate::diag::{Severity, Span};

pub(super) fn write(
    out: &mut dyn Write,
    findings: &[Finding],
    texts: &mut Texts<'_>,
    colour: bool,
    most: usize,
) -> io::Result<()> {
    let mut warnings = 0;
    for finding in findings {
        warnings += usize::from(finding.severity == Severity::Warning);
        if finding.severity == Severity::Warning && warnings > most {
            continue;
        }
        writeln!(out, "{}", one(finding, texts, colour))?;
    }
    if warnings > most {
        writeln!(out, "… and {} more warnings: `madoguchi check` shows all\n", warnings - most)?;
    }
    write!(out, "{}", Summary::of(findings))
}

/// One finding, in lines that each have their end.
pub(super) fn one(finding: &Finding, texts: &mut Texts<'_>, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    // Excerpts are cut already; the renderer would cut at other places.
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(10_000);
    let rendered = renderer.render(&groups(finding, texts));
    rendered.lines().filter(|line| !is_filler(line)).flat_map(|line| [line, "\n"]).collect()
}

fn groups<'a>(finding: &'a Finding, texts: &mut Texts<'_>) -> Vec<Group<'a>> {
    let diagnostic = &finding.diagnostic;
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(printable(&diagnostic.message)).id(diagnostic.code.id());
    let mut first = at(Group::with_title(title), &diagnostic.span, texts);
    if !diagnostic.help.is_empty() {
        first = first.element(Level::HELP.message(printable(&diagnostic.help)));
    }
    let related = diagnostic.related.iter();
    let others = related.map(|(span, why)| at(Group::with_title(Level::NOTE.secondary_title(printable(why))), span, texts));
    std::iter::once(first).chain(others).collect()
}

fn at<'a>(group: Group<'a>, span: &'a Span, texts: &mut Texts<'_>) -> Group<'a> {
    let origin = Origin::path(span.path.as_str());
    let Some(Located { start, excerpt, .. }) = texts.locate(span) else { return group.element(origin) };
    let marked = AnnotationKind::Primary.span(excerpt.marked);
    let snippet = Snippet::source(excerpt.text).line_start(start.line).annotation(marked);
    group.element(origin.line(start.line).char_column(start.column)).element(snippet)
}

/// Whether a line is the `:::` that the renderer sets between a place and an excerpt given apart from it. They are given
/// apart because the place's column is that of the whole line, the excerpt's that of the cut one.
fn is_filler(line: &str) -> bool {
    line.len() < 60 && line.contains(":::") && anstream::adapter::strip_str(line).to_string().trim() == ":::"
}

/// Text in one line, its control characters as U+FFFD, so that content cannot steer a terminal.
fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let lines: Vec<&str> = text.lines().collect();
    Cow::Owned(lines.join(" ").replace(char::is_control, "\u{fffd}"))
}

//! Warnings that a file leaves out: for the page as a whole in its front matter, or for one line by a comment.
//!
//! ```text
//! madoguchi-allow: [bold-differs, link-case]                 a key of the front matter
//! 訳文です。 <!-- madoguchi-allow: number-differs -->          the line that the comment ends
//! # madoguchi-allow: toc-dead-entry                          in YAML; alone on a line, it means the next one
//! ```

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use memchr::memmem::Finder;
use rustc_hash::FxHashMap;

use super::frontmatter;
use super::split::Fences;
use crate::diag::{Checked, Code, Diagnostic, Severity, Span, nearest};
use crate::source::Source;
use crate::vpath::SourcePath;

const MARK: &str = "madoguchi-allow:";
static FIND: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MARK));

/// What the files of a docset leave out, noted as they are read.
#[derive(Default)]
pub(crate) struct Allowed {
    files: Mutex<FxHashMap<SourcePath, Checked<Vec<Allowance>>>>,
    changes: AtomicU64,
}

/// A warning that is left out in a stretch of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Allowance {
    code: Code,
    /// `None` stands for the whole file.
    line: Option<Range<usize>>,
}

impl Allowed {
    /// Notes what a file leaves out. Costs one search where that is nothing.
    pub(crate) fn note(&self, source: &Source) {
        if FIND.find(source.text.as_bytes()).is_some() {
            let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            if !files.contains_key(&source.path) {
                self.changes.fetch_add(1, Ordering::Relaxed);
                files.insert(source.path.clone(), allowances(source));
            }
        }
    }

    /// Forgets what a file leaves out: it has changed, or is gone.
    pub(crate) fn forget(&self, path: &SourcePath) {
        if self.files.lock().unwrap_or_else(PoisonError::into_inner).remove(path).is_some() {
            self.changes.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often something was noted or forgotten.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Takes out the warnings that are left out at one of their places, and adds what is wrong with the allowances themselves.
    pub(crate) fn apply(&self, diagnostics: &mut Vec<Diagnostic>) {
        self.leave_out(diagnostics);
        diagnostics.extend(self.faults(|_| true));
    }

    /// What is wrong with the allowances themselves, in some of the files.
    pub(crate) fn faults(&self, of: impl Fn(&SourcePath) -> bool) -> Vec<Diagnostic> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.iter().filter(|(path, _)| of(path)).flat_map(|(_, file)| file.diagnostics.iter().cloned()).collect()
    }

    /// Takes out the warnings that are left out at one of their places.
    pub(crate) fn leave_out(&self, diagnostics: &mut Vec<Diagnostic>) {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let allows =
            |code: Code, span: &Span| files.get(&span.path).is_some_and(|file| file.value.iter().any(|a| a.covers(code, span)));
        diagnostics.retain(|found| {
            let mut places = std::iter::once(&found.span).chain(found.related.iter().map(|(span, _)| span));
            found.code.severity() == Severity::Error || !places.any(|span| allows(found.code, span))
        });
    }
}

impl Allowance {
    fn covers(&self, code: Code, span: &Span) -> bool {
        let touches = |line: &Range<usize>| span.start < line.end && line.start < span.end.max(span.start + 1);
        self.code == code && self.line.as_ref().is_none_or(|line| span.end > 0 && touches(line))
    }
}

/// All that a file leaves out. A mark in code, or in the midst of text, is text.
fn allowances(source: &Source) -> Checked<Vec<Allowance>> {
    let text = source.text.as_str();
    let body = frontmatter::body_start(text);
    let fences = Fences::of(text);
    let yaml = source.path.extension().starts_with('y');
    let mut out = Checked::sound(Vec::new());
    for at in FIND.find_iter(text.as_bytes()) {
        let line = line(text, at);
        let (before, value) = (text[line.start..at].trim(), at + MARK.len());
        if at < body {
            if before.is_empty() {
                codes(source, value..end_of_list(text, line.end).min(body), None, &mut out);
            }
            continue;
        }
        let rest = &text[value..line.end];
        let comment = before.ends_with("<!--") && before.matches('`').count() % 2 == 0 && fences.end_of(at).is_none();
        let (end, opening) = if yaml && before.ends_with('#') {
            (line.end, "#")
        } else if comment {
            (value + rest.find("-->").unwrap_or(rest.len()), "<!--")
        } else {
            continue;
        };
        let after = text[end..line.end].trim_start_matches("-->").trim();
        let alone = before == opening && after.is_empty();
        codes(source, value..end, Some(if alone { next_line(text, line.end) } else { line }), &mut out);
    }
    out
}

/// The codes named in a stretch of a file: words between commas, brackets, quotation marks or the hyphens of a list.
fn codes(source: &Source, named: Range<usize>, line: Option<Range<usize>>, out: &mut Checked<Vec<Allowance>>) {
    let text = &source.text[named.clone()];
    for word in text.split([',', '[', ']', '"', '\'', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty() && *word != "-") {
        match Code::from_id(word) {
            Some(code) if code.severity() == Severity::Warning => out.value.push(Allowance { code, line: line.clone() }),
            known => {
                let start = word.as_ptr() as usize - source.text.as_ptr() as usize;
                out.diagnostics.push(unknown(Span::new(source.path.clone(), start..start + word.len()), word, known));
            }
        }
    }
}

fn unknown(at: Span, word: &str, known: Option<Code>) -> Diagnostic {
    let (message, help) = match (known, nearest(word, Code::ALL.iter().map(|code| code.id()))) {
        (Some(_), _) => (format!("`{word}` is an error and cannot be allowed"), "mend what it reports".to_owned()),
        (None, Some(near)) => (format!("there is no code `{word}`"), format!("did you mean `{near}`?")),
        (None, None) => (format!("there is no code `{word}`"), "use a code that a report shows".to_owned()),
    };
    Diagnostic::new(Code::AllowUnknown, at, message).help(help)
}

/// The line that holds a byte, without its end.
fn line(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    start..text[at..].find('\n').map_or(text.len(), |end| at + end)
}

/// The first line after a byte that is not blank.
fn next_line(text: &str, end: usize) -> Range<usize> {
    let blank = text[end..].len() - text[end..].trim_start().len();
    line(text, end + blank)
}

/// Where the list ends that a key of the front matter has in the lines after its own.
fn end_of_list(text: &str, end: usize) -> usize {
    let lines = text[end..].split_inclusive('\n').skip(1).take_while(|line| line.trim_start().starts_with("- "));
    let first = text[end..].split_inclusive('\n').next().map_or(0, str::len);
    end + first + lines.map(str::len).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> Vec<(&'static str, Option<String>)> {
        let source = Source { path: SourcePath::parse(path).unwrap(), text: text.to_owned() };
        let found = allowances(&source);
        assert_eq!(found.diagnostics, []);
        found.value.into_iter().map(|a| (a.code.id(), a.line.map(|line| text[line].to_owned()))).collect()
    }

    #[test]
    fn a_page_a_line_and_the_next_line() {
        let page = |value: &str| format!("---\ntitle: x\nmadoguchi-allow: {value}\nrobots: a\n---\n# A\n");
        let both = [("link-case", None), ("bold-differs", None)];
        for value in ["link-case, bold-differs", "[link-case, \"bold-differs\"]", "\n- link-case\n- bold-differs"] {
            assert_eq!(read("a.md", &page(value)), both, "{value}");
        }
        let text = "a <!-- madoguchi-allow: link-case -->\n<!-- madoguchi-allow: link-case -->\n\nb\n";
        let lines = ["a <!-- madoguchi-allow: link-case -->", "b"];
        assert_eq!(read("a.md", text), lines.map(|line| ("link-case", Some(line.to_owned()))));
        let toc = "- name: x # madoguchi-allow: toc-dead-entry\n";
        assert_eq!(read("TOC.yml", toc), [("toc-dead-entry", Some(toc.trim().to_owned()))]);
    }

    #[test]
    fn code_and_text_allow_nothing() {
        let text =
            "`<!-- madoguchi-allow: x -->` madoguchi-allow: y\n```\n<!-- madoguchi-allow: z -->\n```\n# madoguchi-allow: w\n";
        assert_eq!(read("a.md", text), []);
    }

    #[test]
    fn a_word_that_is_no_code_of_a_warning_is_reported() {
        let text = "<!-- madoguchi-allow: link-broke, not-utf8 -->\n";
        let source = Source { path: SourcePath::parse("a.md").unwrap(), text: text.to_owned() };
        let found: Vec<_> =
            allowances(&source).diagnostics.into_iter().map(|d| (text[d.span.start..d.span.end].to_owned(), d.help)).collect();
        let expected = [("link-broke", "did you mean `link-broken`?"), ("not-utf8", "mend what it reports")];
        assert_eq!(found, expected.map(|(word, help)| (word.to_owned(), help.into())));
    }
}

//! What is kept between builds, in `SITE/var/cache`: enough to know that nothing changed. It may be deleted, or be corrupt, at any time.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::write::{Stamp, Stamps};
use super::{read, threads, write};
use crate::diag::{Code, Diagnostic, Span};
use crate::source::Digest;
use crate::vpath::{OutputPath, SourcePath};

/// The last build, as it is remembered.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// A digest of everything that went into it; none if nothing is remembered.
    pub(crate) inputs: Option<Digest>,
    /// The output folder's files.
    pub(crate) stamps: Stamps,
    /// What was wrong with the content.
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) pages: usize,
}

const HEAD: &str = "madoguchi cache 1";

/// Where a site keeps what it can do without.
pub(crate) fn folder(site: &Path) -> PathBuf {
    site.join("var/cache")
}

/// Where a site remembers its build into an output folder.
pub(crate) fn place(site: &Path, out: &Path) -> PathBuf {
    let name = Digest::of(out.as_os_str().as_encoded_bytes()).hex();
    folder(site).join(format!("build-{}", &name[..12]))
}

impl Memory {
    /// What is remembered in a file; nothing if it is not there or not whole.
    pub(crate) fn read(file: &Path) -> Self {
        read::text(file).and_then(|text| Self::parse(&text)).unwrap_or_default()
    }

    /// A build as a text to be kept, in pieces: that of a site with many diagnostics is megabytes.
    pub(crate) fn text(&self) -> Vec<Vec<u8>> {
        const FILE: usize = 128;
        let mut text = String::with_capacity(FILE * (1 + self.stamps.len()));
        let _ = writeln!(text, "inputs {}\npages {}", self.inputs.map(|d| d.hex()).unwrap_or_default(), self.pages);
        let mut stamps: Vec<_> = self.stamps.iter().collect();
        stamps.sort_unstable_by_key(|(path, _)| *path);
        for (path, stamp) in stamps {
            let _ = writeln!(text, "file {} {} {path}", stamp.len, stamp.modified);
        }
        let mut pieces = remarks(&self.diagnostics);
        pieces.insert(0, text.into_bytes());
        let digest = Digest::of_pieces(&slices(&pieces));
        pieces.insert(0, format!("{HEAD} {}\n", digest.hex()).into_bytes());
        pieces
    }

    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once('\n')?;
        if head != format!("{HEAD} {}", Digest::of(body.as_bytes()).hex()) {
            return None;
        }
        let mut memory = Self::default();
        for line in body.lines() {
            let (what, rest) = line.split_once(' ')?;
            match what {
                "inputs" => memory.inputs = Some(digest(rest)?),
                "pages" => memory.pages = rest.parse().ok()?,
                "file" => {
                    let mut parts = rest.splitn(3, ' ');
                    let stamp = Stamp { len: parts.next()?.parse().ok()?, modified: parts.next()?.parse().ok()? };
                    memory.stamps.insert(OutputPath::parse(parts.next()?).ok()?, stamp);
                }
                "found" => memory.diagnostics.push(from_json(rest)?),
                _ => return None,
            }
        }
        Some(memory)
    }
}

/// The diagnostics of a build as they are remembered, in pieces. There may be many times as many as pages, so that all threads
/// take part.
fn remarks(diagnostics: &[Diagnostic]) -> Vec<Vec<u8>> {
    const AT_ONCE: usize = 256;
    const ONE: usize = 400;
    let text = |some: &[Diagnostic]| {
        let mut text = Vec::with_capacity(some.len() * ONE);
        some.iter().for_each(|one| found(one, &mut text));
        text
    };
    let parts: Vec<&[Diagnostic]> = diagnostics.chunks(AT_ONCE).collect();
    threads::map(&parts, threads::ANY, |_, part| text(part))
}

fn slices(pieces: &[Vec<u8>]) -> Vec<&[u8]> {
    pieces.iter().map(Vec::as_slice).collect()
}

/// Remembers a build. A site that cannot be written to is built from the start each time.
pub(crate) fn keep(text: &[Vec<u8>], file: &Path) {
    // Nothing is lost with a memory that cannot be kept.
    let _ = write::keep(file, &slices(text));
}

fn digest(hex: &str) -> Option<Digest> {
    let mut bytes = [0; 16];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(Digest(bytes))
}

type Place<'t> = (Cow<'t, str>, usize, usize);
type Row<'t> = (Cow<'t, str>, Place<'t>, Cow<'t, str>, Cow<'t, str>, Vec<(Place<'t>, Cow<'t, str>)>);

/// A line with a diagnostic as JSON.
fn found(diagnostic: &Diagnostic, text: &mut Vec<u8>) {
    fn place(span: &Span) -> (&str, usize, usize) {
        (span.path.as_str(), span.start, span.end)
    }
    let related: Vec<_> = diagnostic.related.iter().map(|(at, why)| (place(at), why)).collect();
    let row = (diagnostic.code.id(), place(&diagnostic.span), &diagnostic.message, &diagnostic.help, related);
    text.extend(b"found ");
    // Texts and numbers always serialise.
    let _ = serde_json::to_writer(&mut *text, &row);
    text.push(b'\n');
}

fn from_json(text: &str) -> Option<Diagnostic> {
    let (code, at, message, help, related): Row<'_> = serde_json::from_str(text).ok()?;
    let span = |(path, start, end): Place<'_>| Some(Span { path: SourcePath::parse(&path).ok()?, start, end });
    let mut diagnostic = Diagnostic::new(Code::from_id(&code)?, span(at)?, message).help(help);
    for (at, why) in related {
        diagnostic.related.push((span(at)?, why.into_owned()));
    }
    Some(diagnostic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_comes_back_and_damage_is_forgotten() {
        let path = || SourcePath::parse("日本 語.md").unwrap();
        let found = Diagnostic::new(Code::LinkBroken, Span::new(path(), 3..5), "m").help("h").related(Span::file(path()), "w");
        let stamps = [(OutputPath::parse("ja/a b/index.html").unwrap(), Stamp { len: 3, modified: 5 })].into_iter().collect();
        let memory = Memory { inputs: Some(Digest::of(b"x")), stamps, diagnostics: vec![found], pages: 1 };
        let text = String::from_utf8(memory.text().concat()).unwrap();
        assert_eq!(Memory::parse(&text), Some(memory));
        assert_eq!(Memory::parse(&text.replace("found", "foun")), None);
        assert_eq!(Memory::parse(&text[..text.len() - 1]), None);
    }
}

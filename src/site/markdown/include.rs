//! Included files: found, opened once, and kept from including each other in a circle.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Span};
use crate::locale::LocaleId;
use crate::site::unit::Document;
use crate::vpath::{BadPath, SourcePath};

/// How deep files may include each other. DocFX has no limit; no docset read goes beyond two.
pub(crate) const DEPTH: usize = 16;

/// How many files a page may include in all, so that a few small ones that include each other many times cannot fill the memory.
const MOST: usize = 4096;

/// Where an include is written: the files that led here, the page first.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    files: Vec<SourcePath>,
    /// How many files the page has included so far.
    opened: Rc<Cell<usize>>,
}

impl Place {
    pub(crate) fn of_page(path: SourcePath) -> Self {
        Self { files: vec![path], opened: Rc::default() }
    }
}

/// Gives included files as documents.
pub(crate) trait Includes: Sync {
    /// The document of a file of the docset, with its translation into a target locale if it has one; `None` if there is no such file.
    fn document(&self, path: &SourcePath, target: Option<LocaleId>) -> Option<Arc<Document>>;

    /// Opens what `reference` names in the file of `at`, or says why not.
    fn open(
        &self,
        reference: &str,
        at: &Span,
        target: Option<LocaleId>,
        place: &Place,
        found: &mut Vec<Diagnostic>,
    ) -> Option<(Arc<Document>, Place)> {
        let reference = crate::vpath::percent_decode(reference);
        let path = match SourcePath::resolve(at.path.folder(), &reference) {
            Ok(path) => path,
            Err(error) => {
                found.push(refused(error, &reference, at));
                return None;
            }
        };
        let page = place.files.first().filter(|page| **page != at.path);
        let mut say = |code, message: String, help: &'static str| {
            let mut diagnostic = Diagnostic::new(code, at.clone(), message).help(help);
            if code == Code::IncludeCycle {
                diagnostic = diagnostic.related(Span::file(path.clone()), "the file that is included once more");
            }
            found.push(match page {
                Some(page) => diagnostic.related(Span::file(page.clone()), "the page that includes this file"),
                None => diagnostic,
            });
        };
        if place.files.contains(&path) {
            let way: Vec<&str> = place.files.iter().map(SourcePath::as_str).collect();
            say(
                Code::IncludeCycle,
                format!("`{path}` includes itself: {} → {path}", way.join(" → ")),
                "Take one of these includes out.",
            );
            return None;
        }
        if place.files.len() > DEPTH {
            say(Code::IncludeDepth, format!("includes are nested deeper than {DEPTH} files"), "Include the last file directly.");
            return None;
        }
        let opened = place.opened.get();
        place.opened.set(opened + 1);
        if opened >= MOST {
            if opened == MOST {
                say(
                    Code::IncludeDepth,
                    format!("the page includes more than {MOST} files"),
                    "Include fewer files, or none that include others.",
                );
            }
            return None;
        }
        let Some(document) = self.document(&path, target) else {
            say(
                Code::IncludeMissing,
                format!("there is no file `{path}` to include"),
                "Correct the path, which is relative to this file's folder.",
            );
            return None;
        };
        let mut files = place.files.clone();
        files.push(path);
        Some((document, Place { files, opened: Rc::clone(&place.opened) }))
    }
}

fn refused(error: BadPath, reference: &str, at: &Span) -> Diagnostic {
    match error {
        BadPath::Outside => {
            Diagnostic::new(Code::PathOutside, at.clone(), format!("`{reference}` leads out of the site's root folder"))
                .help("Bring the file into the docset.")
        }
        BadPath::Malformed => {
            Diagnostic::new(Code::IncludeMissing, at.clone(), "the include names no file").help("Write [!INCLUDE [title](path)].")
        }
    }
}

//! Included files and snippets, read once for all pages that name them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::catalog::Catalog;
use super::markdown::directive::SnippetSpec;
use super::markdown::include::Includes;
use super::page::{Read, Reader, content_locale};
use super::unit::Document;
use super::{parallel, split};
use crate::diag::Diagnostic;
use crate::locale::{LocaleId, LocaleSet};
use crate::source::Source;
use crate::vpath::SourcePath;

type Documents = HashMap<(SourcePath, Option<LocaleId>), Option<Arc<Document>>>;

/// The files that pages are made of beside their own.
pub(crate) struct Library<'a> {
    catalog: &'a Catalog,
    locales: &'a LocaleSet,
    read: &'a Read<'a>,
    documents: Mutex<Documents>,
    diagnostics: Mutex<Vec<Diagnostic>>,
}

impl<'a> Library<'a> {
    pub(crate) fn new(catalog: &'a Catalog, locales: &'a LocaleSet, read: &'a Read<'a>) -> Self {
        Self { catalog, locales, read, documents: Mutex::default(), diagnostics: Mutex::default() }
    }

    /// What reads the pages that are made of these files.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader { locales: self.locales, settings: &self.catalog.settings, read: self.read, includes: self }
    }

    /// What was wrong with the included files themselves.
    pub(crate) fn take_diagnostics(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.diagnostics.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn source(&self, path: &SourcePath) -> Option<Source> {
        match (self.read)(path) {
            Ok(source) => Some(source),
            Err(diagnostic) => {
                self.diagnostics.lock().unwrap_or_else(PoisonError::into_inner).push(diagnostic);
                None
            }
        }
    }

    fn load(&self, path: &SourcePath, target: Option<LocaleId>) -> Option<Document> {
        let file = self.catalog.file(path)?.clone();
        let source = self.source(&file)?;
        let checked = if split::is_localized(&source.text) {
            parallel::localized(&source, target, self.locales)
        } else {
            let named = content_locale(&source.text).and_then(|tag| self.locales.find(tag));
            let locale = named.unwrap_or(self.locales.source());
            let translation = target.and_then(|target| Some((self.source(&self.beside(&file, target)?)?, target)));
            parallel::align(&source, locale, translation.as_ref().map(|(source, target)| (source, *target)))
        };
        let mut found = Vec::new();
        let document = checked.unpack(&mut found);
        self.diagnostics.lock().unwrap_or_else(PoisonError::into_inner).append(&mut found);
        Some(document)
    }

    /// The translation that stands beside a file: `name.TAG.md`.
    fn beside(&self, file: &SourcePath, target: LocaleId) -> Option<SourcePath> {
        let path = format!("{}.{}.{}", file.stem(), self.locales.get(target), file.extension());
        self.catalog.file(&SourcePath::parse(&path).ok()?).cloned()
    }

    /// The part of a file that a snippet names; `None` if the file or the part does not exist.
    pub(crate) fn snippet(&self, file: &SourcePath, spec: &SnippetSpec) -> Option<String> {
        let text = self.source(self.catalog.file(file)?)?.text;
        let lines: Vec<&str> = text.lines().collect();
        let wanted = if spec.id.is_empty() { Some(lines) } else { named_part(&lines, &spec.id) }?;
        let picked = if spec.lines.is_empty() { wanted } else { picked(&wanted, &spec.lines) };
        Some(outdented(&picked))
    }
}

impl Includes for Library<'_> {
    fn document(&self, path: &SourcePath, target: Option<LocaleId>) -> Option<Arc<Document>> {
        let key = (path.clone(), target);
        if let Some(known) = self.documents.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let document = self.load(path, target).map(Arc::new);
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        documents.entry(key).or_insert(document).clone()
    }
}

/// The lines between `<name>` and `</name>` in comments, or of `#region name`, as DocFX names parts.
fn named_part<'t>(lines: &[&'t str], name: &str) -> Option<Vec<&'t str>> {
    let opens =
        |line: &&str| line.contains(&format!("<{name}>")) || (line.contains("#region") && line.trim_end().ends_with(name));
    let closes = |line: &&str| line.contains(&format!("</{name}>")) || line.contains("#endregion");
    let start = lines.iter().position(opens)? + 1;
    let end = lines[start..].iter().position(closes).map_or(lines.len(), |at| start + at);
    Some(lines[start..end].to_vec())
}

/// Lines by number, as in `2-4,7`.
fn picked<'t>(lines: &[&'t str], ranges: &str) -> Vec<&'t str> {
    let mut picked = Vec::new();
    for range in ranges.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let first = first.trim().parse().unwrap_or(1).max(1);
        let last = last.trim().parse().unwrap_or(lines.len()).min(lines.len());
        picked.extend(lines.get(first - 1..last).unwrap_or_default());
    }
    picked
}

fn outdented(lines: &[&str]) -> String {
    let indent = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches([' ', '\t']).len())
        .min()
        .unwrap_or(0);
    let mut out = String::new();
    for line in lines {
        out.push_str(line.get(indent..).unwrap_or_default());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_lines_of_a_file() {
        let lines = ["// <a>", "  x", "    y", "// </a>", "z"];
        assert_eq!(outdented(&named_part(&lines, "a").unwrap()), "x\n  y\n");
        assert_eq!(named_part(&lines, "b"), None);
        assert_eq!(picked(&lines, "1, 4-9"), ["// <a>", "// </a>", "z"]);
    }
}

//! Several files become trees: parallel files give names, nested files their entries.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::diag::{Checked, Code, Diagnostic, Span};
use crate::ordered;
use crate::ordered::Map;
use crate::vpath::SourcePath;

use super::counterpart::take_names;
use super::{MAX_DEPTH, Toc, TocEntry, is_breadcrumb, kind};

/// Puts nested tables in the place of the entries that name them, and gives the tables that no other names, sorted by path.
///
/// Each table stands in one place only: a second entry that names it, a circle, and a table that does not exist are
/// reported, and the entry stays without further entries.
pub fn join(tocs: Map<SourcePath, Toc>) -> Checked<Vec<Toc>> {
    let (tocs, diagnostics) = with_parallel_names(tocs);
    let mut joiner = Joiner { by_case: by_case(&tocs), waiting: tocs, roots: Vec::new(), diagnostics };
    let named = joiner.named();
    let unnamed: Vec<SourcePath> = joiner.waiting.keys().filter(|path| !named.contains(*path)).cloned().collect();
    unnamed.into_iter().for_each(|path| joiner.root(&path));
    // What is left names itself in a circle: any of them may be the first.
    while let Some(path) = joiner.waiting.keys().next().cloned() {
        joiner.root(&path);
    }
    joiner.roots.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Checked { value: joiner.roots, diagnostics: joiner.diagnostics }
}

/// Takes the parallel files out, and their names into the files that they stand beside.
fn with_parallel_names(tocs: Map<SourcePath, Toc>) -> (Map<SourcePath, Toc>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let in_use = tocs.into_iter().filter(|(path, _)| !path.folder().split('/').any(is_breadcrumb));
    let (parallel, base): (Vec<_>, Vec<_>) = in_use.partition(|(path, _)| kind(path).is_some_and(|tag| !tag.is_empty()));
    let mut base = ordered::map(base);
    for (path, toc) in parallel {
        let tag = kind(&path).unwrap_or_default().to_owned();
        match base.iter_mut().find(|(other, _)| other.folder() == path.folder()) {
            Some((other, of_source)) => {
                let alone = take_names(&mut of_source.entries, &toc.entries, &tag);
                diagnostics.extend(alone.into_iter().map(|entry| without_counterpart(entry, other)));
            }
            None => {
                let message = "this table of contents has no table in the source language beside it";
                diagnostics.push(Diagnostic::new(Code::TranslationOrphan, Span::file(path), message));
            }
        }
    }
    (base, diagnostics)
}

fn without_counterpart(entry: &TocEntry, table: &SourcePath) -> Diagnostic {
    let message = format!("the entry has no counterpart on the same level of `{table}`; its name is not used");
    let help = "give it the address of the entry that it names, or take it out";
    Diagnostic::new(Code::TranslationOrphan, entry.at.clone(), message).help(help)
}

/// Tables by their lower-cased path without extension: `x/` means `x/TOC.md` as well as `x/toc.yml`.
fn by_case(tocs: &Map<SourcePath, Toc>) -> FxHashMap<String, SourcePath> {
    tocs.keys().rev().map(|path| (path.stem().to_lowercase(), path.clone())).collect()
}

struct Joiner {
    waiting: Map<SourcePath, Toc>,
    by_case: FxHashMap<String, SourcePath>,
    roots: Vec<Toc>,
    diagnostics: Vec<Diagnostic>,
}

impl Joiner {
    fn root(&mut self, path: &SourcePath) {
        if let Some(mut toc) = self.waiting.remove(path) {
            toc.entries = self.spliced(toc.entries, 1);
            self.roots.push(toc);
        }
    }

    /// The tables that an entry of another one names.
    fn named(&self) -> BTreeSet<SourcePath> {
        let mut named = BTreeSet::new();
        for (path, toc) in &self.waiting {
            let mut entries: Vec<&TocEntry> = toc.entries.iter().collect();
            while let Some(entry) = entries.pop() {
                let nested = entry.nested.as_ref().and_then(|nested| self.existing(nested));
                named.extend(nested.filter(|nested| nested != path));
                entries.extend(&entry.items);
            }
        }
        named
    }

    fn existing(&self, path: &SourcePath) -> Option<SourcePath> {
        if self.waiting.contains_key(path) {
            return Some(path.clone());
        }
        self.by_case.get(&path.stem().to_lowercase()).cloned()
    }

    fn spliced(&mut self, entries: Vec<TocEntry>, depth: usize) -> Vec<TocEntry> {
        entries.into_iter().map(|entry| self.entry(entry, depth)).collect()
    }

    fn entry(&mut self, mut entry: TocEntry, depth: usize) -> TocEntry {
        let nested = entry.nested.take().and_then(|path| self.nested(&path, &entry.at));
        entry.items.extend(nested.unwrap_or_default());
        if depth >= MAX_DEPTH && !entry.items.is_empty() {
            entry.items.clear();
            self.report(
                &entry.at,
                Code::TocDamaged,
                format!("nested tables lead deeper than {MAX_DEPTH} levels; the deeper ones are left out"),
            );
        }
        entry.items = self.spliced(std::mem::take(&mut entry.items), depth + 1);
        entry
    }

    fn nested(&mut self, path: &SourcePath, at: &Span) -> Option<Vec<TocEntry>> {
        let Some(existing) = self.existing(path) else {
            self.report(at, Code::TocDeadEntry, format!("the table of contents `{path}` does not exist"));
            return None;
        };
        if existing != *path && existing.as_str().eq_ignore_ascii_case(path.as_str()) {
            self.report(at, Code::LinkCase, format!("the file's name is `{existing}`"));
        }
        let toc = self.waiting.remove(&existing);
        if toc.is_none() {
            self.report(at, Code::TocDamaged, format!("`{existing}` stands in this navigation already; it is not repeated"));
        }
        toc.map(|toc| toc.entries)
    }

    fn report(&mut self, at: &Span, code: Code, message: String) {
        self.diagnostics.push(Diagnostic::new(code, at.clone(), message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::toc::TocTarget;
    use crate::source::Source;

    fn joined(files: &[(&str, &str)]) -> Checked<Vec<Toc>> {
        let toc = |(path, text): &(&str, &str)| {
            let path = SourcePath::parse(path).unwrap();
            (path.clone(), super::super::read(&Source { path, text: (*text).to_owned() }).value)
        };
        join(files.iter().map(toc).collect())
    }

    fn codes(found: &Checked<Vec<Toc>>) -> Vec<Code> {
        found.diagnostics.iter().map(|d| d.code).collect()
    }

    #[test]
    fn nested_tables_stand_in_the_place_of_their_entries() {
        let found = joined(&[
            ("TOC.yml", "- name: a\n  href: x/toc.md\n- name: b\n  href: y/\n"),
            ("x/TOC.md", "# [c](c.md)\n"),
            ("y/TOC.md", "# [d](d.md)\n"),
            ("z/TOC.yml", "- name: e\n"),
            ("breadcrumb/toc.yml", "- name: f\n"),
        ]);
        assert_eq!(codes(&found), [Code::LinkCase]);
        let roots = found.value;
        assert_eq!(roots.iter().map(|toc| toc.path.as_str()).collect::<Vec<_>>(), ["TOC.yml", "z/TOC.yml"]);
        let page = |entry: &TocEntry| entry.items[0].target.clone();
        assert_eq!(page(&roots[0].entries[0]), TocTarget::Page(SourcePath::parse("x/c.md").unwrap(), None));
        assert_eq!(page(&roots[0].entries[1]), TocTarget::Page(SourcePath::parse("y/d.md").unwrap(), None));
    }

    #[test]
    fn circles_and_repetitions_are_reported_and_end() {
        let found =
            joined(&[("a/TOC.yml", "- name: b\n  href: ../b/TOC.yml\n"), ("b/TOC.yml", "- name: a\n  href: ../a/TOC.yml\n")]);
        assert_eq!((found.value.len(), codes(&found)), (1, vec![Code::TocDamaged]));
        let twice = "- {name: b, href: b/TOC.yml}\n- {name: c, href: b/TOC.yml}\n- {name: d, href: d/toc.yml}\n";
        let found = joined(&[("TOC.yml", twice), ("b/TOC.yml", "- name: x\n")]);
        assert_eq!(codes(&found), [Code::TocDamaged, Code::TocDeadEntry]);
        let found = joined(&[("TOC.yml", "- {name: me, href: TOC.yml}\n")]);
        assert_eq!((found.value.len(), codes(&found)), (1, vec![Code::TocDamaged]));
    }

    #[test]
    fn a_chain_of_tables_is_cut() {
        let texts: Vec<_> =
            (0..200).map(|n| (format!("t{n}/TOC.yml"), format!("- {{name: x, href: ../t{}/TOC.yml}}\n", n + 1))).collect();
        let files: Vec<_> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        assert!(codes(&joined(&files)).contains(&Code::TocDamaged));
    }

    #[test]
    fn an_entry_of_a_parallel_file_that_names_none_is_reported_in_its_line() {
        let parallel = "- name: 状態\n  href: https://status.example\n- name: 無い\n  href: gone.md\n";
        let ours = "- name: Blog\n  href: https://blog.example\n- name: Status\n  href: https://status.example\n";
        let found = joined(&[("TOC.yml", ours), ("TOC.ja.yml", parallel)]);
        let places: Vec<_> = found.diagnostics.iter().map(|d| (d.code, &parallel[d.span.start..d.span.end])).collect();
        assert_eq!(places, [(Code::TranslationOrphan, "gone.md")]);
        let names: Vec<_> = found.value[0].entries.iter().map(|entry| entry.name.in_locale("ja")).collect();
        assert_eq!(names, [None, Some("状態")]);
    }

    #[test]
    fn parallel_files_give_names() {
        let found = joined(&[
            ("TOC.yml", "- name: Start\n  href: a.md\n- name: More\n  items:\n  - name: B\n    href: b.md\n"),
            ("TOC.ja.md", "# [始め](a.ja.md)\n# さらに\n## [ビー](b.md)\n"),
            ("x/TOC.de.yml", "- name: x\n"),
        ]);
        assert_eq!(codes(&found), [Code::TranslationOrphan]);
        let entries = &found.value[0].entries;
        assert_eq!(entries[0].name.in_locale("ja"), Some("始め"));
        assert_eq!(entries[1].name.in_locale("JA"), Some("さらに"));
        assert_eq!(entries[1].items[0].name.in_locale("ja"), Some("ビー"));
    }
}

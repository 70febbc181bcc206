//! `TOC.yml`: a list of entries with `name`, `href`, `items` and some more keys, in any case.

use std::ops::Range;

use crate::diag::{Checked, Code, Diagnostic, Span};
use crate::ordered::Map;
use crate::site::data::{self, Data};
use crate::source::Source;

use super::target::{self, Address};
use super::{MAX_DEPTH, TocEntry, TocName, TocTarget};

pub(super) fn read(source: &Source) -> Checked<Vec<TocEntry>> {
    let mut reader = Reader { source, diagnostics: Vec::new() };
    let (root, damage) = data::yaml(&source.text);
    if let Some(damage) = damage {
        reader.report(damage.at..damage.at, &format!("the file is not valid YAML: {}", damage.message));
    }
    let entries = root.map(|root| reader.root(&root)).unwrap_or_default();
    Checked { value: entries, diagnostics: reader.diagnostics }
}

struct Reader<'a> {
    source: &'a Source,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// The entries are the file's list, or the `items` of its map.
    fn root(&mut self, root: &Data) -> Vec<TocEntry> {
        let list = root.get("items").unwrap_or(root);
        if list.list().is_empty() && list.text().is_some() || !list.pairs().is_empty() {
            self.report(list.at.clone(), "the table of contents is not a list of entries");
        }
        self.entries(list, 1)
    }

    fn entries(&mut self, list: &Data, depth: usize) -> Vec<TocEntry> {
        if depth > MAX_DEPTH {
            self.report(
                list.at.clone(),
                &format!("entries are nested deeper than {MAX_DEPTH} levels; the deeper ones are left out"),
            );
            return Vec::new();
        }
        list.list().iter().filter_map(|data| self.entry(data, depth)).collect()
    }

    fn entry(&mut self, data: &Data, depth: usize) -> Option<TocEntry> {
        let name = data.text_of("name");
        let address = ["topicHref", "href", "tocHref", "uid", "topicUid"].iter().find(|key| data.text_of(key).is_some());
        let (Some(place), true) =
            (address.and_then(|key| data.get(key)).or(data.get("name")), name.or(address.copied()).is_some())
        else {
            self.report(data.at.clone(), "the entry has neither a name nor an address");
            return None;
        };
        let mut entry = TocEntry {
            name: TocName::plain(name.unwrap_or_default()),
            at: self.span(place.at.clone()),
            target: TocTarget::None,
            elsewhere: Map::new(),
            nested: None,
            items: Vec::new(),
            synonyms: data.text_of("displayName").map(str::to_owned),
            expanded: data.text_of("expanded").is_some_and(|value| value.eq_ignore_ascii_case("true")),
        };
        self.addresses(data, &mut entry);
        entry.items = data.get("items").map(|items| self.entries(items, depth + 1)).unwrap_or_default();
        Some(entry)
    }

    /// `topicHref` is the entry's page, `tocHref` its nested table, and `href` what it looks like.
    fn addresses(&mut self, data: &Data, entry: &mut TocEntry) {
        for key in ["topicHref", "href", "tocHref"] {
            let Some(found) = data.get(key).filter(|found| found.text().is_some()) else { continue };
            let at = self.span(found.at.clone());
            match target::read(self.source.path.folder(), found.text().unwrap_or_default(), &at) {
                Ok(Address::Target(target)) if entry.target == TocTarget::None => entry.target = target,
                Ok(Address::Nested(path)) if entry.nested.is_none() => entry.nested = Some(path),
                Ok(_) => {}
                Err(diagnostic) => self.diagnostics.push(diagnostic),
            }
        }
        if let (TocTarget::None, Some(uid)) = (&entry.target, data.text_of("uid").or_else(|| data.text_of("topicUid"))) {
            entry.target = TocTarget::Uid(uid.to_owned());
        }
    }

    fn span(&self, at: Range<usize>) -> Span {
        Span::new(self.source.path.clone(), at)
    }

    fn report(&mut self, at: Range<usize>, message: &str) {
        let diagnostic = Diagnostic::new(Code::TocDamaged, self.span(at), message);
        self.diagnostics.push(diagnostic.help("an entry is `- name: …`, with `href:` and `items:` where it has them"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vpath::SourcePath;

    fn toc(text: &str) -> Checked<Vec<TocEntry>> {
        read(&Source { path: SourcePath::parse("d/TOC.yml").unwrap(), text: text.to_owned() })
    }

    fn page(path: &str) -> TocTarget {
        TocTarget::Page(SourcePath::parse(path).unwrap(), None)
    }

    #[test]
    fn entries_sections_and_nested_files() {
        let text = "### YamlMime:TableOfContent\nitems:\n- Name: 窓口  の\n  HREF: a.md\n  displayname: 'x, y'\n- name: s\n  expanded: true\n  \
                    items:\n  - name: b\n    href: https://example.com/\n- name: n\n  href: x/toc.yml\n  topicHref: n.md\n- uid: A.B\n";
        let found = toc(text);
        assert_eq!(found.diagnostics, []);
        let entries = found.value;
        assert_eq!((entries[0].name.text.as_str(), &entries[0].target), ("窓口 の", &page("d/a.md")));
        assert_eq!((&text[entries[0].at.start..entries[0].at.end], entries[0].synonyms.as_deref()), ("a.md", Some("x, y")));
        assert_eq!((entries[1].expanded, &entries[1].target, entries[1].items.len()), (true, &TocTarget::None, 1));
        assert_eq!((&entries[2].target, entries[2].nested.as_ref().unwrap().as_str()), (&page("d/n.md"), "d/x/toc.yml"));
        assert_eq!(entries[3].target, TocTarget::Uid("A.B".to_owned()));
    }

    #[test]
    fn damage_keeps_what_can_be_read() {
        let found = toc("- name: a\n  href: a.md\n- {}\n- name: b\n  href: 'javascript:x'\n- name: [\n");
        assert_eq!(found.value.iter().map(|e| e.name.text.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(found.diagnostics.iter().any(|d| d.code == Code::SchemeRefused));
        assert!(found.diagnostics.iter().filter(|d| d.code == Code::TocDamaged).count() >= 2);
        assert_eq!(toc("just text").diagnostics[0].code, Code::TocDamaged);
        assert_eq!(toc("").diagnostics, []);
    }

    #[test]
    fn a_bomb_of_entries_is_cut() {
        let bomb: String =
            (0..10_000).map(|n| format!("{}- name: x\n{}  items:\n", "  ".repeat(n), "  ".repeat(n))).take(300).collect();
        assert!(toc(&bomb).diagnostics.iter().all(|d| d.code == Code::TocDamaged));
        let flow = "[{name: x, items: ".repeat(10_000);
        assert_eq!(toc(&flow).diagnostics[0].code, Code::TocDamaged);
    }
}

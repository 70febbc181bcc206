//! From tables of contents to the navigation: entries find their pages, and dead ones fall out.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use crate::diag::{Checked, Code, Diagnostic, Span};
use crate::site::redirect::RedirectTarget;
use crate::site::toc::{Toc, TocEntry, TocTarget};
use crate::vpath::SourcePath;

use super::{Nav, NavTarget, Node, NodeId, PageId, Pages, Table, is_below};

/// Builds the navigation from joined tables of contents. `all` is every page that a reader should find in it, with its file.
///
/// A dead entry is reported ([`Code::TocDeadEntry`], [`Code::LinkCase`], [`Code::XrefUnresolved`]) and left out, unless
/// entries below it live. A page below a table's folder that stands in no table is [`Code::TocMissingPage`].
pub fn build<'a>(tables: Vec<Toc>, all: impl IntoIterator<Item = (PageId, &'a SourcePath)>, pages: &dyn Pages) -> Checked<Nav> {
    let all: Vec<(PageId, &SourcePath)> = all.into_iter().collect();
    let mut finder = Finder { pages, diagnostics: Vec::new() };
    let mut nav = Nav::default();
    for toc in tables {
        let live = finder.live(toc.entries);
        nav.add_table(toc.path, live);
    }
    let homes: BTreeMap<PageId, u32> = all.iter().filter_map(|(page, path)| Some((*page, nav.table_of(path)?))).collect();
    nav.read_in_order(&homes);
    finder.missing(&nav, &all);
    Checked { value: nav, diagnostics: finder.diagnostics }
}

/// An entry whose target is known.
struct Live {
    entry: TocEntry,
    target: NavTarget,
    items: Vec<Live>,
}

struct Finder<'a> {
    pages: &'a dyn Pages,
    diagnostics: Vec<Diagnostic>,
}

impl Finder<'_> {
    // Recursion is bounded: joining cuts tables at `toc::MAX_DEPTH`.
    fn live(&mut self, entries: Vec<TocEntry>) -> Vec<Live> {
        entries.into_iter().filter_map(|entry| self.entry(entry)).collect()
    }

    fn entry(&mut self, mut entry: TocEntry) -> Option<Live> {
        let target = self.target(&entry);
        let had_items = !entry.items.is_empty();
        let items = self.live(std::mem::take(&mut entry.items));
        // A section of which nothing lives is as dead as an entry without its page; a mere label is not.
        let is_dead = target.is_none() || had_items && target == Some(NavTarget::None);
        let target = target.unwrap_or(NavTarget::None);
        (!is_dead || !items.is_empty()).then_some(Live { entry, target, items })
    }

    /// Where an entry leads; `None`, with a diagnostic, if it is dead.
    fn target(&mut self, entry: &TocEntry) -> Option<NavTarget> {
        match &entry.target {
            TocTarget::None => Some(NavTarget::None),
            TocTarget::External(address) => Some(NavTarget::External(address.clone())),
            TocTarget::SiteAbsolute(address) => self.site(address, &entry.at),
            TocTarget::Uid(uid) => self.uid(uid, &entry.at),
            TocTarget::Page(path, fragment) => self.page(path, fragment.clone(), &entry.at),
        }
    }

    fn uid(&mut self, uid: &str, at: &Span) -> Option<NavTarget> {
        let page = self.pages.uid(uid);
        if page.is_none() {
            self.report(
                Code::XrefUnresolved,
                at,
                format!("no page has the uid `{uid}`"),
                "correct the uid, or take the entry out",
            );
        }
        page.map(|page| NavTarget::Page(page, None))
    }

    fn site(&mut self, address: &str, at: &Span) -> Option<NavTarget> {
        let target = self.pages.site(address);
        if target.is_none() {
            let message = format!("`{address}` is no page of this site");
            self.report(
                Code::TocDeadEntry,
                at,
                message,
                "name a page of the site, write the whole address, or take the entry out",
            );
        }
        target
    }

    fn page(&mut self, path: &SourcePath, fragment: Option<String>, at: &Span) -> Option<NavTarget> {
        let found = self.pages.page(path).or_else(|| self.by_case(path, at));
        if let Some(page) = found.or_else(|| self.as_yaml(path)) {
            return Some(NavTarget::Page(page, fragment));
        }
        let moved = self.moved(path);
        if moved.is_none() {
            let message = format!("the page `{path}` does not exist");
            self.report(Code::TocDeadEntry, at, message, "correct the path, add the page, or take the entry out");
        }
        moved.map(|target| target.with(fragment))
    }

    fn by_case(&mut self, path: &SourcePath, at: &Span) -> Option<PageId> {
        let (page, actual) = self.pages.ignoring_case(path)?;
        self.report(Code::LinkCase, at, format!("the file's name is `{actual}`"), "write the path as the file is named");
        Some(page)
    }

    /// `x.md` also finds `x.yml`: a page keeps its address when it is rewritten in YAML, and tables of contents keep the old name.
    fn as_yaml(&self, path: &SourcePath) -> Option<PageId> {
        let yaml = (path.extension() == "md").then(|| SourcePath::parse(&format!("{}.yml", path.stem())).ok()).flatten()?;
        self.pages.page(&yaml)
    }

    fn moved(&self, path: &SourcePath) -> Option<NavTarget> {
        match self.pages.moved(path)? {
            RedirectTarget::Page(path, fragment) => Some(NavTarget::Page(self.pages.page(&path)?, fragment)),
            RedirectTarget::SiteAbsolute(address) => self.pages.site(&address),
            RedirectTarget::External(address) => Some(NavTarget::External(address)),
        }
    }

    fn missing(&mut self, nav: &Nav, all: &[(PageId, &SourcePath)]) {
        for &(page, path) in all {
            // Most pages stand in one; going through all tables for each page would grow with the square of the site.
            if nav.node_of(page).is_some() {
                continue;
            }
            let Some(table) = nav.tables.iter().find(|table| is_below(path, table.path.folder())) else { continue };
            let message = format!("the page stands in no table of contents, not in `{}`", table.path);
            self.report(Code::TocMissingPage, &Span::file(path.clone()), message, "add an entry for it");
        }
    }

    fn report(&mut self, code: Code, at: &Span, message: String, help: &'static str) {
        self.diagnostics.push(Diagnostic::new(code, at.clone(), message).help(help));
    }
}

impl Nav {
    /// Lays the nodes out level by level, so that the children of each lie side by side.
    fn add_table(&mut self, path: SourcePath, live: Vec<Live>) {
        let table = number(self.tables.len());
        let mut waiting = VecDeque::new();
        let top = self.add_level(live, None, table, &mut waiting);
        while let Some((parent, items)) = waiting.pop_front() {
            let children = self.add_level(items, Some(parent), table, &mut waiting);
            if let Some(node) = self.nodes.get_mut(parent.0 as usize) {
                node.children = children;
            }
        }
        self.of_folder.entry(path.folder().to_owned()).or_insert(table);
        self.tables.push(Table { path, top });
    }

    fn add_level(
        &mut self,
        live: Vec<Live>,
        parent: Option<NodeId>,
        table: u32,
        waiting: &mut VecDeque<(NodeId, Vec<Live>)>,
    ) -> Range<u32> {
        let first = number(self.nodes.len());
        let depth = parent.and_then(|parent| self.get(parent)).map_or(0, |parent| parent.depth + 1);
        for Live { entry, target, items } in live {
            let id = NodeId(number(self.nodes.len()));
            if names_a_place(&entry.target) {
                self.fragments.push((id, entry.at.clone()));
            }
            let TocEntry { name, synonyms, expanded, elsewhere, .. } = entry;
            self.nodes.push(Node { parent, children: 0..0, name, target, elsewhere, table, depth, synonyms, expanded });
            if !items.is_empty() {
                waiting.push_back((id, items));
            }
        }
        first..number(self.nodes.len())
    }

    /// Notes where each page stands, and in what order they are read. A page that several tables name stands in the one of
    /// its own folder (`homes`): a repository's docsets name each other's pages, and would take them over otherwise.
    fn read_in_order(&mut self, homes: &BTreeMap<PageId, u32>) {
        let places = self.places();
        let at_home = places.iter().filter(|(page, _, table)| homes.get(page) == Some(table));
        for (page, id, _) in at_home.chain(&places) {
            self.of_page.entry(*page).or_insert(*id);
        }
        self.order = places.iter().filter(|(page, id, _)| self.of_page.get(page) == Some(id)).map(|(_, id, _)| *id).collect();
        self.place = self.order.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    }

    /// Every node with a page, and its table, from the top down, each node before its children.
    fn places(&self) -> Vec<(PageId, NodeId, u32)> {
        let mut places = Vec::new();
        let mut stack: Vec<u32> = self.tables.iter().rev().flat_map(|table| table.top.clone().rev()).collect();
        while let Some(at) = stack.pop() {
            let Some(node) = self.get(NodeId(at)) else { continue };
            places.extend(node.page().map(|page| (page, NodeId(at), node.table)));
            stack.extend(node.children.clone().rev());
        }
        places
    }
}

/// Whether an entry itself names a place in its page. One that a redirection names is the redirection's.
fn names_a_place(target: &TocTarget) -> bool {
    match target {
        TocTarget::Page(_, fragment) => fragment.is_some(),
        TocTarget::SiteAbsolute(address) => address.contains('#'),
        _ => false,
    }
}

/// A count as it is stored: a table of four thousand million entries does not fit into memory first.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::toc;
    use crate::source::Source;

    /// Pages `p0.md`, `p1.md` …; `old.md` has moved to `p1.md`, `gone.md` to another site.
    struct Numbered;

    impl Pages for Numbered {
        fn page(&self, path: &SourcePath) -> Option<PageId> {
            let number = path.as_str().strip_prefix('p')?.strip_suffix(".md")?.parse().ok()?;
            Some(PageId(number))
        }

        fn ignoring_case(&self, path: &SourcePath) -> Option<(PageId, SourcePath)> {
            let lower = SourcePath::parse(&path.as_str().to_lowercase()).ok()?;
            Some((self.page(&lower)?, lower))
        }

        fn moved(&self, path: &SourcePath) -> Option<RedirectTarget> {
            match path.as_str() {
                "old.md" => Some(RedirectTarget::Page(SourcePath::parse("p1.md").ok()?, None)),
                "gone.md" => Some(RedirectTarget::External("https://example.com/".to_owned())),
                _ => None,
            }
        }
    }

    fn nav(text: &str) -> Checked<Nav> {
        let path = SourcePath::parse("TOC.md").unwrap();
        let toc = toc::read(&Source { path: path.clone(), text: text.to_owned() }).value;
        build(toc::join([(path, toc)].into_iter().collect()).value, [], &Numbered)
    }

    fn names(nav: &Nav, ids: impl IntoIterator<Item = NodeId>) -> String {
        ids.into_iter().filter_map(|id| Some(nav.get(id)?.name.text.clone())).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn reading_order_skips_what_is_no_page_and_stays_with_the_first_place() {
        let found = nav(
            "# [a](p0.md)\n## s\n### [b](p1.md#x)\n### [e](https://example.com/)\n## [c](p2.md)\n# [b2](p1.md)\n# [d](P3.md)\n",
        );
        assert_eq!(found.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::LinkCase]);
        let nav = found.value;
        assert_eq!(nav.reading_order().map(|page| page.0).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!((nav.previous(PageId(0)), nav.next(PageId(1)), nav.next(PageId(3))), (None, Some(PageId(2)), None));
        let b = nav.node_of(PageId(1)).unwrap();
        assert_eq!(names(&nav, nav.ancestors(b)), "a s");
    }

    #[test]
    fn dead_entries_are_reported_and_fall_out_with_their_sections() {
        let found = nav(
            "# [x](x.md)\n# s\n## [y](y.md)\n# [z](z.md)\n## [a](p0.md)\n# [o](old.md)\n# [g](gone.md)\n# label\n# [u](xref:U)\n",
        );
        let codes: Vec<Code> = found.diagnostics.iter().map(|d| d.code).collect();
        assert_eq!(codes, [Code::TocDeadEntry, Code::TocDeadEntry, Code::TocDeadEntry, Code::XrefUnresolved]);
        let nav = found.value;
        assert_eq!(names(&nav, nav.tables()[0].top.clone().map(NodeId)), "z o g label");
        assert_eq!(nav.reading_order().map(|page| page.0).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn a_page_in_no_table_is_reported_below_the_tables_folder_only() {
        let read = |path: &str, text: &str| {
            let path = SourcePath::parse(path).unwrap();
            toc::read(&Source { path, text: text.to_owned() }).value
        };
        let paths = [SourcePath::parse("d/new.md").unwrap(), SourcePath::parse("dx/README.md").unwrap()];
        let all = || paths.iter().enumerate().map(|(at, path)| (PageId(number(at)), path));
        let found = build(vec![read("d/TOC.md", "# label\n")], all(), &Numbered);
        assert_eq!(
            found.diagnostics.iter().map(|d| (d.code, d.span.path.as_str())).collect::<Vec<_>>(),
            [(Code::TocMissingPage, "d/new.md")]
        );
        assert_eq!(build(vec![], all(), &Numbered).diagnostics, []);
        assert_eq!((found.value.table_of(&paths[0]), found.value.table_of(&paths[1])), (Some(0), None));
        assert_eq!(found.value.top(0)[0].shown, 0..1);
    }

    #[test]
    fn a_page_stands_in_the_table_of_its_own_folder() {
        let read = |path: &str, text: &str| {
            let path = SourcePath::parse(path).unwrap();
            toc::read(&Source { path, text: text.to_owned() }).value
        };
        let home = SourcePath::parse("b/x.md").unwrap();
        let find = |path: &SourcePath| (*path == home).then_some(PageId(0));
        let tables = || vec![read("a/TOC.md", "# [guest](../b/x.md)\n"), read("b/TOC.md", "# [home](x.md)\n")];
        let known = build(tables(), [(PageId(0), &home)], &find).value;
        assert_eq!(names(&known, known.node_of(PageId(0))), "home");
        let unknown = build(tables(), [], &find).value;
        assert_eq!(names(&unknown, unknown.node_of(PageId(0))), "guest");
    }

    #[test]
    fn a_section_shows_the_way_the_siblings_and_the_children() {
        let nav =
            nav("# [a](p0.md)\n## [b](p1.md)\n### [c](p2.md)\n### [d](p3.md)\n## [e](p4.md)\n### [f](p5.md)\n# [g](p6.md)\n")
                .value;
        let shown = |page| {
            let levels = nav.section(nav.node_of(PageId(page)).unwrap());
            let level = |level: &super::super::Level| names(&nav, level.shown.clone().map(NodeId));
            levels.iter().map(level).collect::<Vec<_>>().join(" / ")
        };
        assert_eq!(shown(1), "a g / b e / c d");
        assert_eq!(shown(5), "a g / b e / f");
        assert_eq!(shown(6), "a g");
    }

    #[test]
    fn a_long_level_shows_a_window() {
        let text: String = (0..1000).map(|n| format!("# [n](p{n}.md)\n")).collect();
        let nav = nav(&text).value;
        let level = |page| nav.section(nav.node_of(PageId(page)).unwrap()).remove(0);
        assert_eq!((level(0).shown, level(0).cut_before(), level(0).cut_after()), (0..41, 0, 959));
        assert_eq!((level(500).shown, level(500).cut_before()), (460..541, 460));
        assert_eq!((level(999).shown, level(999).cut_after()), (959..1000, 0));
        assert_eq!(nav.top(0)[0].shown, 0..80);
    }

    #[test]
    fn the_deepest_table_builds() {
        let deep: String = (0..80).map(|n| format!("{}- [x](p{n}.md)\n", "  ".repeat(n))).collect();
        let nav = nav(&deep).value;
        let deepest = nav.reading_order().last().unwrap();
        assert!(nav.section(nav.node_of(deepest).unwrap()).len() <= toc::MAX_DEPTH);
    }

    #[test]
    fn a_function_finds_pages_too() {
        let path = SourcePath::parse("TOC.md").unwrap();
        let toc = toc::read(&Source { path, text: "# [a](a.md)\n".to_owned() }).value;
        let find = |path: &SourcePath| (path.as_str() == "a.md").then_some(PageId(7));
        assert!(build(vec![toc], [], &find).value.node_of(PageId(7)).is_some());
    }
}

//! The docset-level reading, on real repositories: what is listed, what is content, and what the navigation makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use madoguchi::diag::{Code, Diagnostic, Span};
use madoguchi::site::discover::{Listing, discover};
use madoguchi::site::nav::{self, Nav, PageId, Pages};
use madoguchi::site::redirect::{self, RedirectTarget, Redirects};
use madoguchi::site::settings::{self, Settings};
use madoguchi::site::{read, toc, yamlmime};
use madoguchi::source::Source;
use madoguchi::vpath::SourcePath;
use proptest::prelude::*;

use super::docset::{self, codes};
use crate::support::Site;

/// A folder of the corpus, or the reason to skip.
fn corpus(test: &str, set: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = std::env::var_os("TEST_CORPUS").map_or_else(beside, PathBuf::from).join(set);
    let found = folder.is_dir();
    if !found {
        skipped(test, "the corpus is not here");
    }
    found.then_some(folder)
}

#[expect(clippy::print_stderr, reason = "the runner counts skips by this line")]
fn skipped(test: &str, reason: &str) {
    eprintln!("SKIPPED: {test}: {reason}");
}

/// What a docset comes to.
struct Docset {
    listing: Listing,
    settings: Settings,
    redirects: Redirects,
    pages: BTreeMap<SourcePath, PageId>,
    nav: Nav,
    diagnostics: Vec<Diagnostic>,
}

impl Docset {
    fn count(&self, code: Code) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.code == code).count()
    }

    fn name(&self, page: &str) -> &str {
        let id = self.nav.node_of(self.pages[&path(page)]).unwrap();
        &self.nav.get(id).unwrap().name.text
    }
}

struct Found<'a> {
    pages: &'a BTreeMap<SourcePath, PageId>,
    by_case: BTreeMap<String, SourcePath>,
    redirects: &'a Redirects,
    settings: &'a Settings,
}

impl Pages for Found<'_> {
    fn page(&self, path: &SourcePath) -> Option<PageId> {
        self.pages.get(path).copied()
    }

    fn ignoring_case(&self, path: &SourcePath) -> Option<(PageId, SourcePath)> {
        let actual = self.by_case.get(&path.as_str().to_lowercase())?;
        Some((self.page(actual)?, actual.clone()))
    }

    fn moved(&self, path: &SourcePath) -> Option<RedirectTarget> {
        self.redirects.follow(path, &|address| self.settings.local(address).into_iter().next()).cloned()
    }
}

fn path(text: &str) -> SourcePath {
    SourcePath::parse(text).unwrap()
}

fn open(folder: &Path) -> Docset {
    let mut all = Vec::new();
    let listing = discover(folder, ".").unpack(&mut all);
    let sources = |wanted: &dyn Fn(&SourcePath) -> bool| -> Vec<Source> {
        let found = listing.files.iter().filter(|found| wanted(&found.path));
        found.map(|found| read::read_found(&listing, found).unwrap()).collect()
    };
    let settings = settings::read(&sources(&settings::is_settings)).unpack(&mut all);
    let redirects = redirect::read(&sources(&redirect::is_redirections)).unpack(&mut all);
    let is_page = |source: &Source| source.path.extension() == "md" || yamlmime::kind(&source.text).is_some();
    let candidates =
        sources(&|path| matches!(path.extension().as_str(), "md" | "yml") && settings.is_content(path) && !toc::is_toc(path));
    let numbered = candidates.into_iter().filter(is_page).zip(0..);
    let pages: BTreeMap<_, _> = numbered.map(|(source, number)| (source.path, PageId(number))).collect();
    let tocs = sources(&|path| toc::is_toc(path) && settings.is_content(path));
    let read_all = tocs.iter().map(|source| (source.path.clone(), toc::read(source).unpack(&mut all))).collect();
    let roots = toc::join(read_all).unpack(&mut all);
    let by_case = pages.keys().map(|path| (path.as_str().to_lowercase(), path.clone())).collect();
    let found = Found { pages: &pages, by_case, redirects: &redirects, settings: &settings };
    let nav = nav::build(roots, pages.iter().map(|(path, page)| (*page, path)), &found).unpack(&mut all);
    Docset { listing, settings, redirects, pages, nav, diagnostics: all }
}

#[test]
fn the_china_docset_has_a_whole_navigation() {
    let Some(folder) = corpus("the_china_docset_has_a_whole_navigation", "china-2019/sxs") else { return };
    let docset = open(&folder);
    assert_eq!(docset.pages.len(), 36 - 1, "all but the table of contents");
    assert_eq!(docset.count(Code::TocDeadEntry) + docset.count(Code::TocDamaged), 0, "{:?}", docset.diagnostics);
    assert_eq!(docset.name("report-problems-on-behalf-of-a-customer.md"), "顧客の代理で問題を報告する");
    let central = docset.pages[&path("report-problems-on-behalf-of-a-customer.md")];
    assert_eq!(docset.nav.previous(central), Some(docset.pages[&path("report-problems-with-partner-center.md")]));
    assert_eq!(docset.nav.ancestors(docset.nav.node_of(central).unwrap()).len(), 2);
}

#[test]
fn entries_under_committed_names_are_dead() {
    let Some(folder) = corpus("entries_under_committed_names_are_dead", "china-2019/as-committed") else { return };
    let docset = open(&folder);
    assert_eq!(docset.nav.len(), 1, "`index.md` alone has the name that the table gives it");
    assert!(docset.count(Code::TocDeadEntry) > 30);
    assert!(docset.diagnostics.iter().filter(|d| d.code == Code::TocDeadEntry).all(|d| d.span.start > 0));
}

#[test]
fn the_partner_center_repository_is_three_docsets() {
    let Some(folder) = corpus("the_partner_center_repository_is_three_docsets", "partner-center/sxs") else { return };
    let docset = open(&folder);
    let tables: Vec<&str> = docset.nav.tables().iter().map(|table| table.path.as_str()).collect();
    assert_eq!(tables, ["marketplace/TOC.yml", "partner-center/TOC.yml"], "announcements/TOC.md is nested, breadcrumb is none");
    assert_eq!((docset.redirects.len(), docset.count(Code::RedirectDamaged)), (89, 0));
    assert_eq!(docset.redirects.circles(&|address| docset.settings.local(address).into_iter().next()), []);
    assert_eq!(docset.count(Code::TocDamaged) + docset.count(Code::SettingsDamaged), 0);
    assert_eq!(docset.settings.locale_of(&path("marketplace/index.yml")), Some("ja-JP"));
    let announcement = docset.nav.node_of(docset.pages[&path("partner-center/announcements/2021-may.md")]).unwrap();
    let above = docset.nav.ancestors(announcement);
    assert_eq!(docset.nav.get(above[0]).unwrap().name.text, "アナウンス");
    assert_eq!(docset.name("partner-center/benefits-faq.yml"), "利点に関する FAQ", "the entry still says .md");
    // Each page of the navigation is read once, and forth and back are the same way.
    let order: Vec<PageId> = docset.nav.reading_order().collect();
    assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), order.len());
    for pair in order.windows(2) {
        assert!(docset.nav.next(pair[0]).is_none_or(|next| next == pair[1] && docset.nav.previous(next) == Some(pair[0])));
    }
}

#[test]
fn yaml_pages_of_the_corpus_become_markdown() {
    let Some(folder) = corpus("yaml_pages_of_the_corpus_become_markdown", "partner-center/sxs") else { return };
    let docset = open(&folder);
    let mut kinds = Vec::new();
    for found in docset.listing.files.iter().filter(|found| found.path.extension() == "yml") {
        let source = read::read_found(&docset.listing, found).unwrap();
        let converted = yamlmime::to_markdown(&source);
        assert_eq!(converted.diagnostics, [], "{}", found.path);
        let Some(page) = converted.value else { continue };
        assert!(page.markdown.starts_with("# ") && page.markdown.contains("\n## "), "{}", found.path);
        assert_eq!(page.front.content_locale.as_deref(), Some("ja-JP"), "{}", found.path);
        assert!(page.front.title.is_some() && page.front.date.is_some() && page.front.last_handoff.is_some(), "{}", found.path);
        let urls = source.text.lines().filter(|line| line.trim_start().trim_start_matches("- ").starts_with("url: ")).count();
        assert!(page.markdown.matches("](<").count() >= urls, "{}", found.path);
        assert_eq!(
            page.markdown.contains("\n## <a name=\"next-steps\""),
            source.text.contains("additionalContent:"),
            "{}",
            found.path
        );
        kinds.push(page.kind);
    }
    kinds.sort();
    assert_eq!(kinds, ["FAQ", "FAQ", "FAQ", "FAQ", "FAQ", "Landing", "Landing"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: super::docset::cases(400, 10_000), failure_persistence: None, ..ProptestConfig::default() })]

    /// Pieces that mean something to one of the readers, in any order, and anything between them.
    #[test]
    fn no_text_stops_the_readers(parts in proptest::collection::vec(part(), 0..40)) {
        let text = parts.concat();
        for name in ["TOC.yml", "TOC.md", "docfx.json", ".openpublishing.redirection.json", "index.yml"] {
            let source = Source { path: path(name), text: text.clone() };
            let mut all = toc::read(&source).diagnostics;
            let joined = toc::join([(path("TOC.yml"), toc::read(&source).value)].into_iter().collect()).unpack(&mut all);
            let nav = nav::build(joined, [], &|_: &SourcePath| Some(PageId(0))).unpack(&mut all);
            for (id, _) in nav.range(0..u32::try_from(nav.len()).unwrap()) {
                nav.section(id);
            }
            settings::read(std::slice::from_ref(&source)).unpack(&mut all).is_content(&path("a/b.md"));
            let redirects = redirect::read([&source]).unpack(&mut all);
            all.extend(redirects.circles(&|address| SourcePath::parse(address).ok()));
            let yaml = Source { path: path(name), text: format!("### YamlMime:FAQ\n{text}") };
            all.extend(yamlmime::to_markdown(&yaml).diagnostics);
            for diagnostic in all {
                let Span { start, end, .. } = diagnostic.span;
                prop_assert!(start <= end && end <= yaml.text.len(), "{} {start} {end}", diagnostic.message);
            }
        }
    }
}

fn part() -> impl Strategy<Value = String> {
    let known = [
        "- name: 窓口\n",
        "  href: a.md\n",
        "  items:\n",
        "  - name: b\n",
        "# [a](b.md)\n",
        "## x\n",
        "- [x](y/)\n",
        "{",
        "}",
        "[",
        "]",
        "\"",
        ",",
        ":",
        "\n",
        "\t",
        "\r\n",
        "'",
        "|\n",
        ">\n",
        "&a ",
        "*a ",
        "<span data-stu-id=\"1-1\">",
        "</span>",
        "\u{feff}",
        "---\n",
        "//",
        "/*",
        "\\",
        "\0",
        "\"build\": {\"content\": [{\"files\": \"**/*.md\"}]}",
        "\"redirections\": [",
        "\"source_path\": \"a.md\", \"redirect_url\": \"/b\"",
        "title: t\n",
        "questions:\n- question: q\n  answer: a\n",
        "url: x\n",
        "../",
        "~/",
        "%20",
        "!!str ",
        "? ",
        "...\n",
        "#",
    ];
    prop_oneof![4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)]
}

#[test]
fn a_group_without_a_page_leads_to_the_first_page_below_it() {
    let toc = "items:\n- name: Start\n  href: a.md\n- name: Group\n  items:\n  - name: Elsewhere\n    href: https://example.com/\n  - name: Deeper\n    items:\n    - name: B\n      href: b.md\n";
    let site = Site::new().file("TOC.yml", toc).file("a.md", "# A\n").file("b.md", "# B\n").build();
    assert!(site.html("en/a/").contains("<a href=\"../b/\">Group</a>"), "{}", site.html("en/a/"));
    assert!(site.html("en/b/").contains("<summary>Group</summary>"), "{}", site.html("en/b/"));
}

#[test]
fn a_place_that_an_entry_names_must_be_in_its_page_in_each_language() {
    let toc = "- name: A\n  href: a.md\n- name: Gone\n  href: b.md#gone\n  items:\n  - name: C\n    href: c.md\n- name: Own\n  href: b.md#own\n- name: Here\n  href: b.md#here\n";
    let site = Site::new()
        .file("TOC.yml", toc)
        .file("a.md", "# A\n")
        .file("b.md", "# B\n\n## Here\n\n<a name=\"own\"></a>words\n")
        .file("b.ja.md", "# び\n\n## ここ\n\n言葉\n")
        .file("c.md", "# C\n");
    let marked: Vec<_> = site.check().into_iter().map(|(code, text, _)| (code.id(), text)).collect();
    assert_eq!(marked, [("fragment-missing", "b.md#gone".to_owned()), ("fragment-missing", "b.md#own".to_owned())]);
    let site = site.build();
    let ends: Vec<_> = site.diagnostics.iter().map(|found| found.message.rsplit_once(" in ").unwrap().1).collect();
    assert_eq!(ends, ["ja, en", "ja"]);
    for (page, own) in
        [("en/a/", true), ("ja/a/", false), ("en/c/", true), ("ja/c/", false), ("en/contents/", true), ("ja/contents/", false)]
    {
        let html = site.html(page);
        let has = |fragment: &str| html.contains(&format!("../b/#{fragment}\""));
        assert_eq!((has("gone"), has("own"), has("here")), (false, own, true), "{page}: {html}");
    }
}

#[test]
fn an_entry_that_leads_to_a_section_has_the_name_of_the_section() {
    let toc = "- name: Abrechnung\n  href: abrechnung.md\n- name: Übersicht\n  href: abrechnung.md#overview\n- name: Steuern\n  href: abrechnung.md#tax\n- name: Stelle\n  href: abrechnung.md#place\n- href: abrechnung.md#overview\n";
    let site = Site::new()
        .config("[site]\nsource_locale = \"en\"\nlocales = [\"de\", \"ja\", \"en\"]\n")
        .file("TOC.yml", toc)
        .file(
            "abrechnung.md",
            "# Billing\n\n## Overview\n\n<a name=\"place\"></a>words\n\n## <a name=\"tax\"></a>Taxes & *more*\n",
        )
        .file(
            "abrechnung.de.md",
            "# Abrechnung\n\n## Übersicht\n\n<a name=\"place\"></a>Worte\n\n## <a name=\"tax\"></a>Steuern\n",
        )
        .build();
    let names = |locale: &str| {
        let html = site.html(&format!("{locale}/contents/"));
        let tree = html.split("class=\"tree\"").nth(1).unwrap().split("</nav>").next().unwrap().to_owned();
        let name = |entry: &str| {
            let (tag, name) = entry.split("</a>").next().unwrap().split_once('>').unwrap();
            format!("{name}{}", if tag.contains("lang=\"de\"") { " (de)" } else { "" })
        };
        tree.split("<a ").skip(1).map(name).collect::<Vec<_>>()
    };
    assert_eq!(names("en"), ["Billing", "Overview", "Taxes &amp; more", "Stelle (de)", "Overview"]);
    assert_eq!(names("de"), ["Abrechnung", "Übersicht", "Steuern", "Stelle", "Übersicht"]);
    assert_eq!(names("ja")[..4], ["Abrechnung (de)", "Übersicht (de)", "Steuern (de)", "Stelle (de)"]);
}

const TWO_LANGUAGES: &str = "[site]\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\n";

/// A docset that is published below `/pc/`, and whose page `old.md` is now at an address there.
fn below_pc(toc: &str, moved_to: &str) -> docset::Docset {
    let docset = docset::Docset::new(&[
        ("madoguchi.toml", TWO_LANGUAGES),
        ("content/docfx.json", r#"{"build": {"content": [{"files": "**/*.md"}], "dest": "pc"}}"#),
        ("content/TOC.yml", toc),
        ("content/a.md", "# A\n"),
        ("content/new.md", "# New\n"),
        ("content/moved.md", "# Moved\n\n## There\n\n## Here\n"),
        ("content/draft.md", "---\ndraft: true\n---\n# Draft\n"),
    ]);
    let redirections = format!(r#"{{"redirections": [{{"source_path": "old.md", "redirect_url": "{moved_to}"}}]}}"#);
    docset.write("content/.openpublishing.redirection.json", redirections);
    docset
}

#[test]
fn an_address_from_the_root_is_the_page_that_it_names() {
    let toc =
        "- name: A\n  href: a.md\n- name: New\n  href: /pc/new\n- name: Old\n  href: old.md\n- name: Here\n  href: old.md#here\n";
    let docset = below_pc(toc, "/pc/moved#there");
    assert_eq!(docset.build().diagnostics, []);
    for locale in ["en", "ja"] {
        let html = docset.page(&format!("{locale}/new/index.html"));
        for there in ["rel=\"prev\" href=\"../a/\"", "rel=\"next\" href=\"../moved/\"", "../moved/#there\"", "../moved/#here\""] {
            assert!(html.contains(there), "{there}: {html}");
        }
        assert!(html.contains("aria-current=\"page\">New<"), "{html}");
    }
}

#[test]
fn an_address_from_the_root_that_names_no_page_is_dead_or_leads_into_the_web_site() {
    let toc = "- name: Gone\n  href: /pc/gone\n- name: Draft\n  href: /pc/draft\n- name: Old\n  href: old.md\n- name: Here\n  href: old.md#here\n- name: All\n  items:\n  - href: a.md\n  - href: new.md\n  - href: moved.md\n";
    let docset = below_pc(toc, "/pc/lost");
    let found = docset.build().diagnostics;
    assert_eq!(codes(&found[1..]), [Code::TocDeadEntry; 4]);
    assert_eq!(found[0].code, Code::RedirectDeadTarget);
    let marked: Vec<&str> = found[1..].iter().map(|found| &toc[found.span.start..found.span.end]).collect();
    assert_eq!(marked, ["/pc/gone", "/pc/draft", "old.md", "old.md#here"]);
    assert!(!docset.page("en/contents/index.html").contains("Gone"));

    docset.write("madoguchi.toml", format!("{TWO_LANGUAGES}web_root = \"https://learn.microsoft.com/{{tag}}\"\n"));
    let found = docset.build().diagnostics;
    assert_eq!(codes(&found), [Code::TocDeadEntry], "a draft of this site is not in the web site");
    let html = docset.page("ja/contents/index.html");
    assert!(html.contains("https://learn.microsoft.com/ja-jp/pc/gone\""), "{html}");
    assert!(html.contains("https://learn.microsoft.com/ja-jp/pc/lost\"") && !html.contains("draft"), "{html}");
    assert!(html.contains("https://learn.microsoft.com/ja-jp/pc/lost#here\""), "{html}");
}

#[test]
fn a_parallel_table_names_the_links_that_it_means_and_keeps_their_addresses() {
    let docset = docset::Docset::new(&[
        ("madoguchi.toml", TWO_LANGUAGES),
        ("content/a.md", "# A\n"),
        (
            "content/TOC.yml",
            "- href: a.md\n- name: Blog\n  href: https://blog.example/\n- name: Help\n  href: https://x.example/en-us/help\n- name: Status\n  href: https://status.example/\n",
        ),
        (
            "content/TOC.ja.yml",
            "- name: サービスの状態\n  href: https://status.example/\n- name: ヘルプ\n  href: https://x.example/ja-jp/help\n- name: 無い\n  href: gone.md\n",
        ),
    ]);
    let found = docset.build().diagnostics;
    assert_eq!(codes(&found), [Code::TranslationOrphan]);
    assert_eq!((found[0].span.path.as_str(), found[0].message.contains("TOC.yml")), ("TOC.ja.yml", true));
    let (ja, en) = (docset.page("ja/a/index.html"), docset.page("en/a/index.html"));
    let link = |html: &str, name: &str| {
        let end = html.find(&format!(">{name}<")).unwrap_or_else(|| panic!("{name}: {html}"));
        html[..end].rsplit("href=\"").next().unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!(link(&ja, "サービスの状態"), "https://status.example/");
    assert_eq!(link(&ja, "ヘルプ"), "https://x.example/ja-jp/help");
    assert_eq!(link(&ja, "Blog"), "https://blog.example/");
    assert_eq!(link(&en, "Help"), "https://x.example/en-us/help");
}

#[test]
fn an_address_below_dest_is_a_page_of_the_folder_that_src_names() {
    let docset = docset::Docset::new(&[
        ("madoguchi.toml", TWO_LANGUAGES),
        (
            "content/docfx.json",
            r#"{"build": {"content": [{"src": "docs", "files": ["**/*.md"]}, {"src": "ref", "files": "*.md", "dest": "api"}], "dest": "w"}}"#,
        ),
        ("content/docs/a.md", "# A\n\n[b](/w/b) [c](/w/api/c) [old](/w/old) [older](older.md)\n"),
        ("content/docs/b.md", "# B\n"),
        ("content/ref/c.md", "# C\n"),
        ("content/TOC.yml", "- href: /w/a\n- href: /w/b\n- href: /w/api/c\n"),
    ]);
    let redirections = r#"{"redirections": [{"source_path": "docs/old.md", "redirect_url": "/w/b"}, {"source_path": "docs/older.md", "redirect_url": "/w/old"}]}"#;
    docset.write("content/.openpublishing.redirection.json", redirections);
    assert_eq!(docset.build().diagnostics, []);
    let html = docset.page("en/docs/a/index.html");
    for link in ["../b/\">b</a>", "../../ref/c/\">c</a>", "../b/\">old</a>", "../b/\">older</a>"] {
        assert!(html.contains(link), "{link}: {html}");
    }
}

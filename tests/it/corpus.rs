//! Whole docsets of real pages, built: every file of the output is read, and every word, id, link and language in it checked.

mod html;
mod probes;
pub(crate) mod site;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;
use std::fs;

use madoguchi::diag::Diagnostic;
use madoguchi::locale::{Locale, LocaleSet};
use madoguchi::site::parallel::localized;
use madoguchi::site::split::is_localized;
use madoguchi::source::Source;
use madoguchi::vpath::SourcePath;

use html::{Html, Node};
use site::{Page, Site, corpus, page_address};

/// What must come of a docset.
struct Expected {
    set: &'static str,
    markdown: usize,
    /// Diagnostics by code.
    found: &'static [(&'static str, usize)],
    /// What a check finds in the translations beside them.
    translations: &'static [(&'static str, usize)],
}

const CHINA: Expected = Expected { set: "china-2019/sxs", markdown: 35, found: &[], translations: &[] };
const AS_COMMITTED: Expected = Expected {
    set: "china-2019/as-committed",
    markdown: 35,
    found: &[("link-broken", 111), ("toc-dead-entry", 35), ("toc-missing-page", 34)],
    translations: &[],
};
const PARTNER_CENTER: Expected = Expected {
    set: "partner-center/sxs",
    markdown: 119,
    found: &[
        ("emphasis-lost", 26),
        ("fragment-missing", 12),
        ("image-missing", 139),
        ("link-broken", 279),
        ("link-case", 1),
        ("link-empty", 6),
        ("toc-dead-entry", 191),
        ("toc-missing-page", 2),
    ],
    translations: &[
        ("bold-differs", 27),
        ("bracket-unbalanced", 6),
        ("number-differs", 2),
        ("placeholder-differs", 1),
        ("sentence-end", 7),
        ("translation-varies", 47),
    ],
};

#[test]
fn pages_of_2019() {
    let Some(site) = built(&CHINA, "pages_of_2019") else { return };
    looks_as_published(&site, "china-2019/live", &[]);
    the_glossary_finds_the_name(&site);
}

/// The Japanese pages write `21 vianet` wherever the source says `21Vianet`.
fn the_glossary_finds_the_name(site: &Site) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("content")).expect("a new folder");
    for (path, text) in site.markdown() {
        fs::write(folder.path().join("content").join(format!("{path}.md")), text).expect("a new file");
    }
    let config = "[site]\nlocales = [\"ja\", \"en\"]\n[site.glossary]\n\"21Vianet\" = { ja = \"21Vianet\" }\n";
    fs::write(folder.path().join("madoguchi.toml"), config).expect("a new file");
    let found = site::checked(folder.path());
    let found: Vec<_> = found.iter().filter(|found| found.code.id() == "term-differs").collect();
    let slips = found.iter().filter(|found| found.message.contains("the target writes `21 vianet`")).count();
    assert_eq!((found.len(), slips), (67, 67));
    let central =
        found.iter().find(|found| found.span.path.as_str() == "report-problems-on-behalf-of-a-customer.md").expect("a report");
    let file = site.sources.get("report-problems-on-behalf-of-a-customer.md").expect("a page");
    let [marked, source] = [&central.span, &central.related[0].0].map(|span| &file[span.start..span.end]);
    assert_eq!((marked, source), ("21 vianet", "21Vianet"));
}

#[test]
fn pages_of_2019_under_their_committed_names() {
    built(&AS_COMMITTED, "pages_of_2019_under_their_committed_names");
}

#[test]
fn pages_of_2021() {
    let Some(site) = built(&PARTNER_CENTER, "pages_of_2021") else { return };
    looks_as_published(&site, "partner-center/live", &[]);
    probes::what_is_seen_is_found(&site);
    every_broken_link_is_explained(&site);
}

/// Builds a docset, and checks all that must hold of any.
fn built(expected: &Expected, test: &str) -> Option<Site> {
    let Some(folder) = corpus().map(|corpus| corpus.join(expected.set)).filter(|folder| folder.is_dir()) else {
        skip(test, "there is no folder of real pages");
        return None;
    };
    let site = Site::build(&folder);
    let wrong = wrong_with(&site);
    assert!(wrong.is_empty(), "{}: {} things are wrong:\n{}", expected.set, wrong.len(), first(&wrong));
    assert_eq!(site.markdown().count(), expected.markdown);
    assert_eq!(counts(&site.diagnostics), expected.found, "{}", expected.set);
    // A check finds all that a build does.
    let (built, translations): (Vec<_>, Vec<_>) = site.checked.iter().cloned().partition(|d| site.diagnostics.contains(d));
    assert_eq!(built, site.diagnostics);
    assert_eq!(counts(&translations), expected.translations, "{}", expected.set);
    assert!(translations.iter().all(|found| found.related.iter().all(|(span, _)| span.end > span.start)));
    Some(site)
}

fn counts(diagnostics: &[Diagnostic]) -> Vec<(&'static str, usize)> {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for diagnostic in diagnostics {
        *found.entry(diagnostic.code.id()).or_default() += 1;
    }
    found.into_iter().collect()
}

fn wrong_with(site: &Site) -> Vec<String> {
    let mut wrong = Vec::new();
    for (address, page) in &site.pages {
        let mut say = |what: String| wrong.push(format!("{address}: {what}"));
        page.html.wrong.iter().for_each(|what| say(what.clone()));
        page.doubled.iter().for_each(|id| say(format!("the id `{id}` stands twice")));
        for left in ["data-ttu-id", "data-stu-id", "sxs-lookup", "&amp;quot;"] {
            if page.text.contains(left) {
                say(format!("`{left}` is left"));
            }
        }
        if let Some(marker) = page.text.chars().find(|c| is_private(*c)) {
            say(format!("a marker is left: {marker:?}"));
        }
        links(site, address, page).into_iter().for_each(&mut say);
        languages(address, page).into_iter().for_each(&mut say);
    }
    segments(site, &mut wrong);
    dead_links(site, &mut wrong);
    wrong
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{FDD0}'..='\u{FDEF}' | '\u{F0000}'..='\u{10FFFF}' | '\u{FFFD}' | '\0')
}

/// Addresses of the site that lead nowhere.
fn links(site: &Site, here: &str, page: &Page) -> Vec<String> {
    let mut wrong = Vec::new();
    let refreshes = page.html.named("meta").filter_map(|(_, meta)| meta.attribute("content")?.strip_prefix("0; url="));
    let written = page.html.nodes.iter().flat_map(|node| ["href", "src"].into_iter().filter_map(|name| node.attribute(name)));
    for href in written.chain(refreshes) {
        if ["https:", "http:", "mailto:", "tel:"].iter().any(|scheme| href.starts_with(scheme)) {
            continue;
        }
        let (path, fragment) = href.split_once('#').map_or((href, None), |(path, fragment)| (path, Some(decoded(fragment))));
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        let Some(target) = resolved(here, &decoded(path)) else {
            wrong.push(format!("`{href}` leads out of the site"));
            continue;
        };
        match (site.pages.get(&target), fragment) {
            (Some(to), Some(fragment)) if !fragment.is_empty() && !to.ids.contains(&fragment) => {
                wrong.push(format!("`{href}` leads to no place"));
            }
            (None, _) if !site.files.contains(&target) => wrong.push(format!("`{href}` leads to no file")),
            _ => {}
        }
    }
    wrong
}

/// The address that a relative one leads to.
fn resolved(here: &str, path: &str) -> Option<String> {
    if let Some(absolute) = path.strip_prefix('/') {
        return Some(absolute.to_owned());
    }
    if path.is_empty() {
        return Some(here.to_owned());
    }
    let mut parts: Vec<&str> = here.split('/').collect();
    parts.pop();
    let steps: Vec<&str> = path.split('/').collect();
    for (at, step) in steps.iter().enumerate() {
        match *step {
            ".." => drop(parts.pop()?),
            "." => {}
            "" if at + 1 < steps.len() => return None,
            step => parts.push(step),
        }
        if at + 1 == steps.len() && matches!(*step, "." | "..") {
            parts.push("");
        }
    }
    Some(parts.join("/"))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex =
            after.get(..2).filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(hex.unwrap_or(*first));
        rest = if hex.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// What is wrong with the languages of a page: each text must stand in an element of its language.
fn languages(address: &str, page: &Page) -> Vec<String> {
    let mut wrong = Vec::new();
    let html = &page.html;
    let folder = address.split('/').next().filter(|tag| ["ja", "en"].contains(tag)).unwrap_or("ja");
    if html.named("html").next().and_then(|(_, html)| html.attribute("lang")) != Some(folder) {
        wrong.push(format!("the page is not marked as {folder}"));
    }
    for (at, node) in html.nodes.iter().enumerate() {
        if node.attribute("lang").is_some_and(|lang| !["ja", "en"].contains(&lang)) {
            wrong.push(format!("line {}: a language that the site does not have", node.line));
        }
        let lang = html.above(at).find_map(|above| above.attribute("lang"));
        let seen = [Some(node.text.as_str()), node.attribute("aria-label"), node.attribute("alt"), node.attribute("content")];
        for text in seen.into_iter().flatten() {
            let own = node.attribute("lang").or(lang);
            if own == Some("en") && text.chars().any(is_kana) {
                wrong.push(format!("line {}: Japanese marked as English: {text}", node.line));
            }
        }
    }
    if address.ends_with("/parallel/") {
        // A row without a cell is an item without words.
        for (at, row) in html.nodes.iter().enumerate().filter(|(at, node)| node.has_class("row") && node.end > at + 1) {
            let cells = html.nodes.iter().filter(|node| node.has_class("cell") && node.parent == Some(at));
            let tags: Vec<_> = cells.filter_map(|cell| cell.attribute("lang")).collect();
            if tags.is_empty() || !tags.chunks(2).all(|pair| pair == ["ja", "en"]) {
                wrong.push(format!("line {}: a row of {tags:?}", row.line));
            }
        }
    }
    wrong
}

fn is_kana(c: char) -> bool {
    matches!(c, 'ぁ'..='ゖ' | 'ァ'..='ヺ')
}

/// Every page stands in both languages, with every segment of its file.
fn segments(site: &Site, wrong: &mut Vec<String>) {
    for (path, text) in site.markdown() {
        let mut views = vec![page_address("ja", path), page_address("en", path)];
        let keys: Vec<String> = if is_localized(text) {
            views.push(format!("{}parallel/", views[0]));
            let source = Source { path: SourcePath::parse(&format!("{path}.md")).expect("a path"), text: text.to_owned() };
            let document = localized(&source, None, &locales()).value;
            document.segments.iter().map(|segment| segment.key.as_str().to_owned()).collect()
        } else {
            Vec::new()
        };
        for view in views {
            let Some(page) = site.pages.get(&view) else {
                wrong.push(format!("{path}: there is no `{view}`"));
                continue;
            };
            let shown: HashSet<&str> = page.html.nodes.iter().filter_map(|node| node.attribute("data-seg")).collect();
            let missing: Vec<_> = keys.iter().filter(|key| !shown.contains(key.as_str())).collect();
            if !missing.is_empty() {
                wrong.push(format!("{view}: no segment {missing:?} of {}", keys.len()));
            }
        }
    }
}

/// A link that is shown as text is reported in the page's file: once where both languages share its address, else once in each.
fn dead_links(site: &Site, wrong: &mut Vec<String>) {
    for (path, _) in site.markdown().filter(|(_, text)| is_localized(text)) {
        let shown = |locale: &str| {
            let page = site.pages.get(&page_address(locale, path));
            page.map_or(0, |page| page.html.nodes.iter().filter(|node| node.has_class("broken-link")).count())
        };
        let file = format!("{path}.md");
        let of_file = |d: &&Diagnostic| {
            d.span.path.as_str() == file && ["link-broken", "scheme-refused", "xref-unresolved"].contains(&d.code.id())
        };
        let (ja, en, reported) = (shown("ja"), shown("en"), site.diagnostics.iter().filter(of_file).count());
        if !(ja.max(en)..=ja + en).contains(&reported) {
            wrong.push(format!("{file}: {ja} and {en} links shown as text, {reported} reported"));
        }
    }
}

/// The words of each Japanese page are those of the page as it was published, set by another renderer of Markdown. Letters, digits and
/// characters are compared, not spaces and punctuation; titles of alerts and images, which that renderer does not know, are left out.
fn looks_as_published(site: &Site, live: &str, different: &[(&str, usize)]) {
    let folder = corpus().expect("a corpus").join(live);
    let mut found = Vec::new();
    let mut report = String::new();
    let (mut pages, mut letters) = (0, 0);
    for (path, _) in site.markdown() {
        let Ok(published) = fs::read_to_string(folder.join(format!("{path}.md"))) else { continue };
        let page = &site.pages[&page_address("ja", path)];
        let (from, to) = page.article();
        let (ours, theirs) = (essence(&page.html.text(from, to, is_added)), essence(&other_renderer(&published)));
        pages += 1;
        letters += ours.len();
        let apart = distance(&ours, &theirs);
        if apart > 0 {
            let at = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
            let near = |text: &[char]| text[at.saturating_sub(10)..text.len().min(at + 40)].iter().collect::<String>();
            let _ =
                writeln!(report, "{path}: {apart} apart, first at:\n  ours      {}\n  published {}", near(&ours), near(&theirs));
            found.push((path, apart));
        }
    }
    assert_eq!(found, different, "of {pages} pages with {letters} letters:\n{report}");
}

fn is_added(node: &Node) -> bool {
    ["alert-title", "image-missing", "heading-link", "heading-twin", "video"].iter().any(|class| node.has_class(class))
}

fn other_renderer(published: &str) -> String {
    let mut options = comrak::Options::default();
    options.extension.front_matter_delimiter = Some("---".into());
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.render.r#unsafe = true;
    // What stands between `:::` is an extension: its words are no text.
    let text: String = published.split(":::").step_by(2).collect();
    let text: String = text.split_inclusive('\n').map(without_extension).collect();
    let html = Html::read(&comrak::markdown_to_html(&text, &options));
    html.text(0, html.nodes.len(), |_| false)
}

/// A line without what marks an alert, a division or a video.
fn without_extension(line: &str) -> String {
    let quoted = line.trim_start_matches(['>', ' ', '\t']);
    let marked = ["[!NOTE]", "[!TIP]", "[!IMPORTANT]", "[!WARNING]", "[!CAUTION]"]
        .iter()
        .find(|mark| quoted.to_uppercase().starts_with(*mark));
    let length = match marked {
        Some(mark) => mark.len(),
        None if quoted.starts_with("[!div") || quoted.starts_with("[!VIDEO") => quoted.find(']').map_or(0, |end| end + 1),
        None => return line.to_owned(),
    };
    format!("{}{}", &line[..line.len() - quoted.len()], &quoted[length..])
}

fn essence(text: &str) -> Vec<char> {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// How many letters lie between the common beginning and the common end.
fn distance(a: &[char], b: &[char]) -> usize {
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let end = a[start..].iter().rev().zip(b[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    a.len().max(b.len()) - start - end
}

/// What a link cannot find is listed beside the folder of pages as not part of it, or missing in the original too. That list was made from
/// Markdown files; for the rest, a page is explained by the table of contents of the whole set that names it, and no repository of this kind
/// has images.
fn every_broken_link_is_explained(site: &Site) {
    let known = fs::read_to_string(corpus().expect("a corpus").join("KNOWN-MISSING.txt")).expect("a list");
    let known: BTreeSet<String> = known
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit(" -> ").next().expect("a part").to_lowercase())
        .collect();
    let of = |code: &'static str| site.diagnostics.iter().filter(move |d| d.code.id() == code);
    let in_contents: BTreeSet<String> = of("toc-dead-entry").filter_map(|d| Some(quoted(d)?.to_lowercase())).collect();
    let (mut unexplained, mut counts) = (BTreeSet::new(), [0; 3]);
    for diagnostic in of("link-broken") {
        let target = missing(diagnostic).unwrap_or_default();
        match () {
            () if known.contains(&target) => counts[0] += 1,
            () if diagnostic.span.path.extension() == "yml" && in_contents.contains(&target) => counts[1] += 1,
            () if target.ends_with(".png") => counts[2] += 1,
            () => drop(unexplained.insert(format!("{}: {}", diagnostic.span.path, diagnostic.message))),
        }
    }
    assert!(unexplained.is_empty(), "{counts:?} explained, not these:\n{}", Vec::from_iter(unexplained).join("\n"));
    assert_eq!(counts, [252, 21, 6], "links that are listed, that stand in YAML files, that lead to images");
}

fn quoted(diagnostic: &Diagnostic) -> Option<&str> {
    diagnostic.message.split('`').nth(1)
}

/// The path that a diagnostic says is missing, in lower case.
fn missing(diagnostic: &Diagnostic) -> Option<String> {
    let written = quoted(diagnostic)?;
    Some(resolved(diagnostic.span.path.as_str(), written.split(['#', '?']).next()?)?.to_lowercase())
}

fn locales() -> LocaleSet {
    let [ja, en] = ["ja", "en"].map(|tag| Locale::parse(tag).expect("a tag"));
    LocaleSet::new(vec![ja, en.clone()], en)
}

fn first(all: &[String]) -> String {
    all.iter().take(60).map(String::as_str).collect::<Vec<_>>().join("\n")
}

#[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
fn skip(test: &str, reason: &str) {
    eprintln!("SKIPPED: corpus::{test}: {reason}");
}

#[test]
fn addresses_are_resolved_as_a_browser_does() {
    for (here, path, target) in [
        ("ja/a/", "../b/", "ja/b/"),
        ("ja/a/", "", "ja/a/"),
        ("ja/a/", "./", "ja/a/"),
        ("ja/a/", "../../x.css", "x.css"),
        ("ja/404.html", "/ja/", "ja/"),
        ("ja/a/", "..", "ja/"),
    ] {
        assert_eq!(resolved(here, path).as_deref(), Some(target), "{here} {path}");
    }
    assert_eq!(resolved("a/", "../../b"), None);
}

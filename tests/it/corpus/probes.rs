//! Search held against a scan: any two characters or more that stand in an article are found, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use madoguchi::site::search::fold::fold;
use madoguchi::site::search::gram::{characters, grams};

use super::html::{Html, Node};
use super::site::{Page, Site, corpus};
use super::skip;

const PROBES: usize = 1_000;

/// The archive of 3,945 pages, with `TEST_LONG`: some 500 MB in memory, and minutes.
#[test]
fn search_in_the_archive() {
    let archive = corpus().map(|corpus| corpus.join("scale/dynamics-365-operations.ja-jp.tar.zst")).filter(|file| file.is_file());
    let Some(archive) = archive.filter(|_| std::env::var_os("TEST_LONG").is_some()) else {
        skip("probes::search_in_the_archive", "TEST_LONG is not set, or there is no archive");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let unpacked = Command::new("tar").arg("--zstd").arg("-xf").arg(archive).arg("-C").arg(folder.path()).status();
    assert!(unpacked.expect("tar").success(), "tar unpacks it with zstd");
    let docset = folder.path().join("docset");
    fs::create_dir(&docset).expect("a new folder");
    fs::rename(folder.path().join("sxs/articles"), docset.join("content")).expect("the articles");
    let config = "[site]\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\nparallel = false\n";
    fs::write(docset.join("madoguchi.toml"), config).expect("a new file");
    what_is_seen_is_found(&Site::of_many_pages(&docset));
}

/// A thousand random pieces of the text that readers see, in each language: the pages that the index leads to are those of a scan.
pub(crate) fn what_is_seen_is_found(site: &Site) {
    for locale in ["ja", "en"] {
        let scanned = scan(site, locale);
        let index = Index::read(site, locale);
        assert_eq!(index.texts.len(), scanned.len());
        let pages: Vec<&String> = scanned.values().collect();
        let mut random = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random >> 16) as usize % below.max(1)
        };
        for _ in 0..PROBES {
            let page: Vec<char> = pages[next(pages.len())].chars().collect();
            let (start, length) = (next(page.len().saturating_sub(2)), 2 + next(22));
            let probe = fold(&page.iter().skip(start).take(length).collect::<String>());
            if probe.chars().count() < 2 {
                continue;
            }
            let expected: BTreeSet<&str> =
                scanned.iter().filter(|(_, text)| text.contains(&probe)).map(|(at, _)| at.as_str()).collect();
            assert_eq!(index.find(&probe), expected, "{locale}: {probe:?}");
        }
    }
}

/// The folded text of each page that has its own in a locale, by its address below it. A scan of its own, over a real parser's elements.
fn scan(site: &Site, locale: &str) -> BTreeMap<String, String> {
    let below = |address: &String| Some(address.strip_prefix(&format!("{locale}/"))?.to_owned());
    let own = |(address, page): (&String, &Page)| {
        let address = below(address).filter(|at| at.is_empty() || at.ends_with('/'))?;
        let listed = matches!(address.as_str(), "contents/" | "search/") || address.ends_with("/parallel/");
        let (at, end) = page.article();
        let redirect = page.text.contains("http-equiv=\"refresh\"");
        let article = page.html.nodes.get(at).filter(|node| !listed && !redirect && node.attribute("lang").is_none())?;
        let home = address.is_empty() && page.text.contains("<body class=\"contents\">");
        (article.name == "article" && !home).then(|| (address, fold(&seen(&page.html, at, end))))
    };
    site.pages.iter().filter_map(own).collect()
}

fn seen(html: &Html, mut at: usize, end: usize) -> String {
    let mut out = String::new();
    let mut breaks: Vec<usize> = Vec::new();
    while at < end {
        while breaks.last().is_some_and(|last| *last <= at) {
            breaks.pop();
            out.push('\n');
        }
        let node = &html.nodes[at];
        if is_unseen(node) {
            at = node.end;
            continue;
        }
        if !is_within_line(&node.name) {
            out.push('\n');
            breaks.push(node.end);
        }
        out.push_str(&node.text);
        at += 1;
    }
    out
}

fn is_unseen(node: &Node) -> bool {
    ["heading-link", "heading-twin", "hidden", "form-trap"].iter().any(|class| node.has_class(class))
        || node.attribute("hidden").is_some()
}

/// Text, and elements that stand within a line of it.
fn is_within_line(name: &str) -> bool {
    matches!(
        name,
        "" | "a"
            | "abbr"
            | "b"
            | "bdi"
            | "bdo"
            | "cite"
            | "code"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "img"
            | "input"
            | "ins"
            | "kbd"
            | "label"
            | "mark"
            | "q"
            | "rp"
            | "rt"
            | "rtc"
            | "ruby"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
            | "wbr"
    )
}

/// An index as a client reads it.
struct Index {
    /// Address and folded text by page number.
    texts: BTreeMap<usize, (String, String)>,
    lists: BTreeMap<String, Vec<usize>>,
}

impl Index {
    fn read(site: &Site, locale: &str) -> Self {
        let (mut texts, mut lists) = (BTreeMap::new(), BTreeMap::new());
        for (path, bytes) in &site.index {
            let Some(name) = path.strip_prefix(&format!("{locale}/search/")).filter(|name| name.ends_with(".bin")) else {
                continue;
            };
            let raw = miniz_oxide::inflate::decompress_to_vec_zlib(bytes).expect("a zlib stream");
            if name.starts_with("g/") { lists.extend(read_lists(&raw)) } else { texts.extend(read_texts(&raw)) }
        }
        Self { texts, lists }
    }

    /// The addresses of the pages that hold a folded text. What the index alone decides is not looked up in the texts; where it has no grams,
    /// all texts are.
    fn find(&self, probe: &str) -> BTreeSet<&str> {
        if self.lists.is_empty() {
            return self.texts.values().filter(|(_, text)| text.contains(probe)).map(|(at, _)| at.as_str()).collect();
        }
        let keys: Vec<String> = grams(probe).into_iter().map(|gram| characters(gram).collect()).collect();
        let lists: Vec<BTreeSet<usize>> =
            keys.iter().map(|key| self.lists.get(key).into_iter().flatten().copied().collect()).collect();
        let Some(first) = lists.first() else { panic!("{probe:?} has no grams") };
        let pages = first.iter().filter(|page| lists.iter().all(|list| list.contains(page)));
        let sure = keys.iter().any(|key| key == probe);
        let held = pages.filter(|page| sure || self.texts[page].1.contains(probe));
        held.map(|page| self.texts[page].0.as_str()).collect()
    }
}

fn number(bytes: &mut &[u8]) -> usize {
    let (mut value, mut shift) = (0, 0);
    loop {
        let (byte, rest) = bytes.split_first().expect("a number");
        *bytes = rest;
        value |= usize::from(byte & 0x7F) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return value;
        }
    }
}

fn read_lists(mut raw: &[u8]) -> Vec<(String, Vec<usize>)> {
    let length = number(&mut raw);
    let (keys, mut rest) = raw.split_at(length);
    let keys = read_keys(std::str::from_utf8(keys).expect("UTF-8"));
    let lengths: Vec<usize> = keys.iter().map(|_| number(&mut rest)).collect();
    let read = |(key, length): (&String, usize)| {
        let (mut list, after) = rest.split_at(length);
        rest = after;
        let (mut pages, mut next) = (Vec::new(), 0);
        while !list.is_empty() {
            next += (number(&mut list) >> 1) + 1;
            pages.push(next - 1);
        }
        (key.clone(), pages)
    };
    let lists = keys.iter().zip(lengths).map(read).collect();
    assert!(rest.is_empty());
    lists
}

/// Keys as they are written: a control character for what each shares with the one before it, and the rest.
fn read_keys(text: &str) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for c in text.chars() {
        if c < ' ' {
            let shared = keys.last().map(|last| last.chars().take(c as usize - 1).collect());
            keys.push(shared.unwrap_or_default());
        } else {
            keys.last_mut().expect("a key").push(c);
        }
    }
    keys
}

fn read_texts(raw: &[u8]) -> Vec<(usize, (String, String))> {
    let rows: Vec<serde_json::Value> = serde_json::from_slice(raw).expect("JSON");
    let read = |row: &serde_json::Value| {
        let text = |at: usize| row[at].as_str().expect("a text").to_owned();
        (row[0].as_u64().expect("a number") as usize, (text(1), fold(&text(4))))
    };
    rows.iter().map(read).collect()
}

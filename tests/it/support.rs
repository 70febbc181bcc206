//! A site of a few files, built in a temporary folder, and what came of it.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use madoguchi::config::{self, Environment};
use madoguchi::diag::{Code, Diagnostic, Span};
use madoguchi::site::build::{Observer, Options, build, check, discovered_tags};

const MARKS: [char; 3] = ['\u{E000}', '\u{E001}', '\u{1D000}'];
const CONFIG: &str = "[site]\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\nbase_url = \"https://docs.example.com/\"\n";

/// A site to be built.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    /// Whether a file holds characters that the press uses as marks while it parses.
    marks: bool,
}

/// What came of it. Every page was held against [`sound`].
pub(crate) struct Built {
    folder: tempfile::TempDir,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

struct Quiet;

impl Observer for Quiet {
    fn phase(&self, _: &str, _: usize) {}
    fn step(&self) {}
}

impl Site {
    /// English and Japanese, of which English is the source.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, marks: false }.config(CONFIG)
    }

    pub(crate) fn config(self, text: &str) -> Self {
        fs::write(self.folder.path().join("madoguchi.toml"), text).unwrap();
        self
    }

    /// A file of the content folder.
    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.marks |= text.contains(MARKS);
        let file = self.folder.path().join("content").join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        self
    }

    /// A localized file: `{id|target|source}` stands for a pair of spans.
    pub(crate) fn localized(self, path: &str, body: &str) -> Self {
        self.file(path, &localized(body))
    }

    /// What a check reports, each with the text that it marks and the text beside which it is shown.
    pub(crate) fn check(&self) -> Vec<(Code, String, String)> {
        let config = config::load(self.folder.path(), &Environment::default(), discovered_tags).unwrap();
        let mut found = check(&config, &Options::default(), &Quiet).unwrap().diagnostics;
        found.retain(|found| found.code != Code::TocMissingPage);
        let marked = |span: &Span| {
            let text = fs::read_to_string(self.folder.path().join("content").join(span.path.as_str())).unwrap();
            text[span.start..span.end].to_owned()
        };
        let both =
            |d: &Diagnostic| (d.code, marked(&d.span), d.related.first().map(|(span, _)| marked(span)).unwrap_or_default());
        found.iter().map(both).collect()
    }

    pub(crate) fn build(self) -> Built {
        let config = config::load(self.folder.path(), &Environment::default(), discovered_tags).unwrap();
        let report = build(&config, &Options::default(), &Quiet).unwrap();
        let mut diagnostics = report.diagnostics;
        diagnostics.retain(|found| found.code != Code::TocMissingPage);
        let built = Built { folder: self.folder, diagnostics };
        let out = built.folder.path().join("public");
        if report.written.is_some() {
            all_pages(&out, &mut |name, html| {
                let left = !self.marks && html.contains(MARKS);
                if let Err(why) = if left { Err("a mark is left".to_owned()) } else { sound(html) } {
                    let start = html.find("<article").unwrap_or(0);
                    panic!("{name}: {why}\n{}", &html[start..]);
                }
            });
        }
        built
    }
}

impl Built {
    /// The HTML of a file of the site: `ja/a/` is `ja/a/index.html`.
    pub(crate) fn html(&self, path: &str) -> String {
        let name = if path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
        fs::read_to_string(self.folder.path().join("public").join(&name)).unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    pub(crate) fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.folder.path().join("public").join(path)).ok()
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.folder.path().join("public").join(path).is_file()
    }

    /// The relative links of a page that lead to no file of the site.
    pub(crate) fn dead_links(&self, path: &str) -> Vec<String> {
        let html = self.html(path);
        let folder = Path::new(path.rsplit_once('/').map_or("", |(folder, _)| folder));
        let links = html.split(" href=\"").skip(1).map(|rest| rest.split(['"', '#', '?']).next().unwrap());
        let dead = |link: &&str| {
            let mut parts: Vec<&str> = folder.iter().map(|part| part.to_str().unwrap()).collect();
            for part in link.split('/').filter(|part| !matches!(*part, "" | ".")) {
                if part == ".." && parts.pop().is_none() {
                    return true;
                } else if part != ".." {
                    parts.push(part);
                }
            }
            let name = madoguchi::vpath::percent_decode(&parts.join("/"));
            !self.has(&name) && !self.has(format!("{name}/index.html").trim_start_matches('/'))
        };
        links.filter(|link| !link.contains(':') && !link.is_empty()).filter(dead).map(str::to_owned).collect()
    }

    /// The article of a page, on one line.
    pub(crate) fn article(&self, path: &str) -> String {
        let html = self.html(path);
        let start = html.find("<article").unwrap_or_else(|| panic!("no article in {path}"));
        let start = start + html[start..].find('>').unwrap() + 1;
        let end = html.find("</article>").unwrap();
        html[start..end].trim().to_owned()
    }

    /// The article without the spans of segments and the links of headings.
    pub(crate) fn text(&self, path: &str) -> String {
        let mut out = String::new();
        let article = self.article(path);
        let mut rest = article.as_str();
        let mut spans = Vec::new();
        while let Some(open) = rest.find('<') {
            out.push_str(&rest[..open]);
            let end = open + rest[open..].find('>').unwrap() + 1;
            let tag = &rest[open..end];
            rest = &rest[end..];
            if tag.starts_with("<a class=\"heading-") {
                rest = &rest[rest.find("</a>").unwrap() + 4..];
            } else if tag == "</span>" {
                if !spans.pop().unwrap_or(false) {
                    out.push_str(tag);
                }
            } else {
                let segment = tag.starts_with("<span class=\"seg\"");
                if tag.starts_with("<span") {
                    spans.push(segment);
                }
                if !segment {
                    out.push_str(tag);
                }
            }
        }
        out.push_str(rest);
        out
    }

    /// The ids of all codes reported, sorted.
    pub(crate) fn codes(&self) -> Vec<&'static str> {
        let mut codes: Vec<_> = self.diagnostics.iter().map(|found| found.code.id()).collect();
        codes.sort_unstable();
        codes
    }

    /// The only diagnostic with a code.
    pub(crate) fn one(&self, code: Code) -> &Diagnostic {
        let found: Vec<_> = self.diagnostics.iter().filter(|found| found.code == code).collect();
        assert_eq!(found.len(), 1, "{code}: {:?}", self.diagnostics);
        found[0]
    }

    /// The keys of segments in a page, in order, each once.
    pub(crate) fn keys(&self, path: &str) -> Vec<String> {
        let html = self.html(path);
        let mut keys: Vec<String> = Vec::new();
        for part in html.split("data-seg=\"").skip(1) {
            let key = part.split('"').next().unwrap().to_owned();
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }
}

/// The front matter of a page that a pipeline has handed over, and a body in which `{id|target|source}` is a pair of spans.
pub(crate) fn localized(body: &str) -> String {
    let mut out = "---\ntitle: 題名\nms.contentlocale: ja-JP\nms.translationtype: HT\n---\n".to_owned();
    let mut rest = body;
    while let Some(open) = rest.find('{') {
        let end = open + rest[open..].find('}').unwrap();
        let parts: Vec<&str> = rest[open + 1..end].splitn(3, '|').collect();
        out.push_str(&rest[..open]);
        match parts[..] {
            [id, target, source] => {
                let _ = write!(
                    out,
                    "<span data-ttu-id=\"abcde-{id}\">{target}</span><span class=\"sxs-lookup\"><span data-stu-id=\"abcde-{id}\">{source}</span></span>"
                );
            }
            _ => out.push_str(&rest[open..=end]),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

/// For a property that builds a site in each case: so many in a short run, a hundred in a long one.
pub(crate) fn cases(short: u32) -> proptest::test_runner::Config {
    proptest::test_runner::Config { cases: super::docset::cases(short, 100), failure_persistence: None, ..Default::default() }
}

fn all_pages(folder: &Path, each: &mut dyn FnMut(&str, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all_pages(&path, each);
        } else if path.extension().is_some_and(|extension| extension == "html") {
            each(&path.display().to_string(), &fs::read_to_string(&path).unwrap());
        }
    }
}

const VOID: &[&str] = &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"];
const BLOCKS: &[&str] = &[
    "article",
    "blockquote",
    "details",
    "div",
    "dl",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
];

/// Whether every element is closed where it should be, ids are unique, and nothing of the format or of the press's own marks is left.
pub(crate) fn sound(html: &str) -> Result<(), String> {
    let mut open: Vec<String> = Vec::new();
    let mut ids = HashSet::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if rest.starts_with("<!") {
            rest = &rest[rest.find('>').ok_or("an open declaration")? + 1..];
            continue;
        }
        let (tag, after) = tag(rest)?;
        if let Some(name) = tag.name.strip_prefix('/') {
            let top = open.pop();
            if top.as_deref() != Some(name) {
                return Err(format!("</{name}> closes {top:?} at {:.80}", rest));
            }
        } else {
            nests(&tag.name, &open)?;
            let written = &rest[..rest.len() - after.len()];
            for bad in ["data-ttu-id", "data-stu-id", "sxs-lookup", " data-md-hole=\"", " style=\""] {
                if written.contains(bad) {
                    return Err(format!("{bad:?} is left in {written}"));
                }
            }
            for id in tag.ids {
                if !ids.insert(id.clone()) {
                    return Err(format!("the id {id} stands twice"));
                }
            }
            if !VOID.contains(&tag.name.as_str()) && !tag.closed {
                open.push(tag.name.clone());
            }
        }
        rest = after;
        if tag.name == "script" || tag.name == "style" {
            rest = &rest[rest.find("</").ok_or("an open script")?..];
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("not closed: {open:?}")) }
}

fn nests(name: &str, open: &[String]) -> Result<(), String> {
    let within = |outer: &str| open.iter().any(|element| element == outer);
    if BLOCKS.contains(&name) && within("p") {
        return Err(format!("<{name}> in a paragraph"));
    }
    let cell = open.iter().rposition(|element| element == "td" || element == "th").unwrap_or(0);
    if name == "a" && open[cell..].iter().any(|element| element == "a") {
        return Err("a link in a link".to_owned());
    }
    Ok(())
}

struct Tag {
    name: String,
    ids: Vec<String>,
    closed: bool,
}

/// The tag that the text begins with, and what follows it.
fn tag(text: &str) -> Result<(Tag, &str), String> {
    let mut ids = Vec::new();
    let name_end = text.find([' ', '\n', '>']).ok_or("an open tag")?;
    let name = text[1..name_end].trim_end_matches('/').to_owned();
    let mut rest = &text[name_end..];
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((Tag { name, ids, closed: false }, after));
        }
        if let Some(after) = rest.strip_prefix("/>") {
            return Ok((Tag { name, ids, closed: true }, after));
        }
        let end = rest.find(['=', ' ', '>', '/']).ok_or("an open attribute")?;
        let attribute = &rest[..end];
        if attribute.is_empty() {
            return Err(format!("an attribute without a name at {rest:.80}"));
        }
        rest = &rest[end..];
        if let Some(value) = rest.strip_prefix("=\"") {
            let end = value.find('"').ok_or("an open value")?;
            if attribute == "id" {
                ids.push(value[..end].to_owned());
            }
            rest = &value[end + 1..];
        }
    }
}

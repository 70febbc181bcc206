//! Pages that have moved: `.openpublishing.redirection*.json`.

use std::collections::BTreeMap;

use crate::diag::{Checked, Code, Diagnostic, Span};
use crate::source::Source;
use crate::vpath::{SourcePath, percent_decode};

use super::data::{self, Data};

/// How many redirections of redirections are followed. More are a circle, or might as well be one.
const MAX_STEPS: usize = 64;

/// All redirections, found by the path that a page had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redirects {
    by_stem: BTreeMap<String, Redirect>,
}

/// One redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Where the page was.
    pub source: SourcePath,
    /// Where it is.
    pub target: RedirectTarget,
    /// The place of the target's address in its file.
    pub at: Span,
}

/// Where a redirection leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedirectTarget {
    /// A file of the listing, with a fragment.
    Page(SourcePath, Option<String>),
    /// An address that starts with `/`: a page of this site if the caller knows one, else of the web site
    /// that the docset was written for.
    SiteAbsolute(String),
    /// An `http` or `https` address.
    External(String),
}

/// Whether a file is one that [`read`] understands.
pub fn is_redirections(path: &SourcePath) -> bool {
    const START: &str = ".openpublishing.redirection";
    let name = path.file_name();
    let begins = name.get(..START.len()).is_some_and(|start| start.eq_ignore_ascii_case(START));
    begins && path.has_extension(&["json"])
}

/// Reads redirections files; of two redirections of one page the first holds.
pub fn read<'a>(sources: impl IntoIterator<Item = &'a Source>) -> Checked<Redirects> {
    let mut reader = Reader::default();
    for source in sources {
        reader.file(source);
    }
    Checked { value: reader.redirects, diagnostics: reader.diagnostics }
}

impl Redirects {
    /// The redirection of a page, whatever the case of its path; `x.md`, `x.yml` and `x` are the same page.
    pub fn find(&self, path: &SourcePath) -> Option<&Redirect> {
        if self.is_empty() { None } else { self.by_stem.get(&stem(path)) }
    }

    /// All redirections, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = &Redirect> {
        self.by_stem.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_stem.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_stem.is_empty()
    }

    /// Where a page that has moved is in the end, through redirections of redirections. `local` gives the path that a
    /// site-absolute address (without query and fragment) has in this site, with or without an extension. `None` if the page has not moved, or in a circle.
    pub fn follow(&self, path: &SourcePath, local: &dyn Fn(&str) -> Option<SourcePath>) -> Option<&RedirectTarget> {
        let mut at = self.find(path)?;
        for _ in 0..MAX_STEPS {
            match at.next(local).and_then(|next| self.find(&next)) {
                Some(next) => at = next,
                None => return Some(&at.target),
            }
        }
        None
    }

    /// Reports the redirections that lead in a circle.
    pub fn circles(&self, local: &dyn Fn(&str) -> Option<SourcePath>) -> Vec<Diagnostic> {
        let circular = self.iter().filter(|redirect| self.follow(&redirect.source, local).is_none());
        let report = |redirect: &Redirect| {
            let message = format!("the redirection of `{}` leads in a circle", redirect.source);
            Diagnostic::new(Code::RedirectDamaged, redirect.at.clone(), message).help("name the page's final address")
        };
        circular.map(report).collect()
    }
}

impl Redirect {
    /// The file that the target names.
    fn next(&self, local: &dyn Fn(&str) -> Option<SourcePath>) -> Option<SourcePath> {
        match &self.target {
            RedirectTarget::Page(path, _) => Some(path.clone()),
            RedirectTarget::SiteAbsolute(address) => local(address.split(['?', '#']).next()?),
            RedirectTarget::External(_) => None,
        }
    }
}

/// What is equal for all spellings of a page's path.
fn stem(path: &SourcePath) -> String {
    let is_page = matches!(path.extension().as_str(), "md" | "yml" | "yaml" | "markdown");
    (if is_page { path.stem() } else { path.as_str() }).to_lowercase()
}

#[derive(Default)]
struct Reader {
    redirects: Redirects,
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn file(&mut self, source: &Source) {
        let (root, damage) = data::json(&source.text);
        if let Some(damage) = damage {
            self.report(&source.path, damage.at..damage.at, format!("the file is not valid JSON: {}", damage.message));
        }
        let Some(all) = root.as_ref().and_then(|root| root.get("redirections")) else { return };
        for one in all.list() {
            self.one(&source.path, one);
        }
        // The short form: `"redirections": { "a.md": "/x/b" }`.
        for (from, to) in all.pairs() {
            self.add(&source.path, source.path.folder(), from, to);
        }
    }

    fn one(&mut self, file: &SourcePath, data: &Data) {
        let from_root = data.text_of("source_path_from_root").map(|from| ("", from));
        let from = from_root.or_else(|| data.text_of("source_path").map(|from| (file.folder(), from)));
        match (from, data.get("redirect_url")) {
            (Some((folder, from)), Some(to)) => self.add(file, folder, from, to),
            (None, _) => self.report(file, data.at.clone(), "the redirection has no `source_path`"),
            (_, None) => self.report(file, data.at.clone(), "the redirection has no `redirect_url`"),
        }
    }

    fn add(&mut self, file: &SourcePath, folder: &str, from: &str, to: &Data) {
        let Ok(source) = SourcePath::resolve(folder, from) else {
            return self.report(file, to.at.clone(), format!("`{from}` is no path in this folder"));
        };
        let Some(target) = self.target(file, &source, to) else { return };
        let redirect = Redirect { source, target, at: Span::new(file.clone(), to.at.clone()) };
        let known = self.redirects.by_stem.entry(stem(&redirect.source)).or_insert_with(|| redirect.clone());
        if known.target != redirect.target {
            let message = format!("`{}` is redirected twice; the first holds", redirect.source);
            let diagnostic = Diagnostic::new(Code::RedirectDamaged, redirect.at, message);
            self.diagnostics.push(diagnostic.related(known.at.clone(), "the first"));
        }
    }

    fn target(&mut self, file: &SourcePath, source: &SourcePath, to: &Data) -> Option<RedirectTarget> {
        let address = to.text().map(str::trim).unwrap_or_default();
        if address.is_empty() || address.chars().any(char::is_control) {
            self.report(file, to.at.clone(), "the redirection's address is empty or holds a control character");
            return None;
        }
        if address.starts_with("//") {
            return Some(RedirectTarget::External(format!("https:{address}")));
        }
        match scheme(address).map(str::to_ascii_lowercase).as_deref() {
            Some("http" | "https") => return Some(RedirectTarget::External(address.to_owned())),
            Some(scheme) => {
                self.refuse(file, to, scheme);
                return None;
            }
            None if address.starts_with('/') => return Some(RedirectTarget::SiteAbsolute(address.to_owned())),
            None => {}
        }
        let (path, fragment) = address.split_once('#').unwrap_or((address, ""));
        let fragment = Some(percent_decode(fragment)).filter(|fragment| !fragment.is_empty());
        let path = path.split('?').next().unwrap_or(path);
        let resolved = SourcePath::resolve(source.folder(), &percent_decode(path));
        if resolved.is_err() {
            self.report(file, to.at.clone(), format!("`{address}` is no path in this folder"));
        }
        resolved.ok().map(|path| RedirectTarget::Page(path, fragment))
    }

    fn refuse(&mut self, file: &SourcePath, to: &Data, scheme: &str) {
        let span = Span::new(file.clone(), to.at.clone());
        let message = format!("a redirection may not lead to a `{scheme}:` address");
        self.diagnostics.push(Diagnostic::new(Code::SchemeRefused, span, message).help("use http, https, or a path"));
    }

    fn report(&mut self, file: &SourcePath, at: std::ops::Range<usize>, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::new(Code::RedirectDamaged, Span::new(file.clone(), at), message));
    }
}

/// The scheme of an absolute address (RFC 3986 §3.1), without its colon.
pub fn scheme(address: &str) -> Option<&str> {
    let (scheme, _) = address.split_once(':')?;
    let rest_is_sound = scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    (rest_is_sound && scheme.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> SourcePath {
        SourcePath::parse(text).unwrap()
    }

    fn redirects(list: &str) -> Checked<Redirects> {
        let text = format!("{{\"redirections\": [{list}]}}");
        read(&[Source { path: path(".openpublishing.redirection.json"), text }])
    }

    fn one(from: &str, to: &str) -> String {
        format!(r#"{{"source_path": "{from}", "redirect_url": "{to}", "redirect_document_id": "FALSE"}},"#)
    }

    fn local(address: &str) -> Option<SourcePath> {
        address.strip_prefix("/pc/").and_then(|rest| SourcePath::parse(rest).ok())
    }

    #[test]
    fn a_moved_page_is_found_whatever_its_case_and_followed_to_the_end() {
        let found =
            redirects(&[one("China/A.md", "/pc/b#x"), one("b.md", "c.md#y"), one("c.md", "https://example.com/")].concat());
        assert_eq!(found.diagnostics, []);
        let end = RedirectTarget::External("https://example.com/".to_owned());
        assert_eq!(found.value.follow(&path("china/a.md"), &local), Some(&end));
        assert_eq!(found.value.follow(&path("d.md"), &local), None);
        assert_eq!(found.value.find(&path("b.yml")).unwrap().target, RedirectTarget::Page(path("c.md"), Some("y".to_owned())));
    }

    #[test]
    fn circles_are_reported_and_end() {
        let found = redirects(&[one("a.md", "b.md"), one("b.md", "/pc/a"), one("c.md", "a.md"), one("d.md", "d.md")].concat());
        assert_eq!(found.value.follow(&path("a.md"), &local), None);
        assert_eq!(found.value.circles(&local).len(), 4);
    }

    #[test]
    fn damage_is_reported_with_its_place() {
        let list = [
            one("a.md", "javascript:alert(1)"),
            one("../a.md", "b.md"),
            one("b.md", ""),
            one("c.md", "/x"),
            one("C.md", "/y"),
            "{\"source_path\": \"z.md\"}, {}".to_owned(),
        ];
        let found = redirects(&list.concat());
        let codes: Vec<Code> = found.diagnostics.iter().map(|d| d.code).collect();
        assert_eq!(codes[0], Code::SchemeRefused);
        assert_eq!(codes[1..], [Code::RedirectDamaged; 5]);
        assert!(found.diagnostics.iter().all(|d| d.span.start > 0));
        assert_eq!(found.value.iter().map(|r| r.source.as_str()).collect::<Vec<_>>(), ["c.md"]);
    }
}

//! A page in all its languages, read and understood: documents, flows, outlines.

use std::sync::Arc;

use super::catalog::PageFiles;
use super::frontmatter::FrontMatter;
use super::markdown::assemble::flow;
use super::markdown::flow::Flow;
use super::markdown::include::Includes;
use super::outline::Outline;
use super::settings::Settings;
use super::unit::{Document, Form, Half, Side};
use super::{frontmatter, parallel, read, split, yamlmime};
use crate::diag::{Code, Diagnostic, Span};
use crate::locale::{Locale, LocaleId, LocaleSet};
use crate::source::Source;
use crate::vpath::SourcePath;

/// Gives the text of a file of the docset.
pub(crate) type Read<'a> = dyn Fn(&SourcePath) -> Result<Source, Diagnostic> + Sync + 'a;

/// One language of a page.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) document: Arc<Document>,
    pub(crate) half: Half,
    pub(crate) flow: Flow,
    pub(crate) outline: Outline,
}

/// A page in the languages in which it is written.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// By locale; `None` where the page has no text of its own.
    pub(crate) versions: Vec<Option<Version>>,
    /// By target locale, the source as that translation's document has it, where it is not the page's source version itself.
    pub(crate) originals: Vec<Option<Version>>,
    pub(crate) draft: bool,
}

/// What pages are read with.
pub(crate) struct Reader<'a> {
    pub(crate) locales: &'a LocaleSet,
    pub(crate) settings: &'a Settings,
    pub(crate) read: &'a Read<'a>,
    pub(crate) includes: &'a dyn Includes,
}

impl Reader<'_> {
    /// Reads a page.
    pub(crate) fn page(&self, files: &PageFiles, found: &mut Vec<Diagnostic>) -> Page {
        let mut sources = Vec::new();
        for (path, hint) in &files.files {
            match (self.read)(path) {
                Ok(source) => sources.push((source, *hint)),
                Err(diagnostic) => found.push(diagnostic),
            }
        }
        let documents = self.documents(sources, found);
        let draft = documents.iter().any(|d| d.front.draft || d.source_front.as_ref().is_some_and(|f| f.draft));
        let mut page = self.versions(documents, found);
        page.draft = draft;
        page
    }

    fn documents(&self, sources: Vec<(Source, Option<LocaleId>)>, found: &mut Vec<Diagnostic>) -> Vec<Arc<Document>> {
        let mut documents = Vec::new();
        let mut plain: Vec<(LocaleId, Source)> = Vec::new();
        for (source, hint) in sources {
            found.extend(read::nul_bytes(&source));
            if source.path.extension().starts_with('y') {
                documents.extend(self.yaml(&source, hint, found));
            } else if split::is_localized(&source.text) {
                let hint = hint.or_else(|| self.by_settings(&source.path));
                documents.push(parallel::localized(&source, hint, self.locales).unpack(found));
            } else {
                plain.push((self.locale(&source, hint, found), source));
            }
        }
        self.plain(plain, &mut documents, found);
        documents.into_iter().map(Arc::new).collect()
    }

    /// The locale of a file in one language: what it says itself, its name, the docset's settings, else the source locale. One that the site
    /// does not have is reported, and taken for the source locale.
    fn locale(&self, source: &Source, hint: Option<LocaleId>, found: &mut Vec<Diagnostic>) -> LocaleId {
        let Some(tag) = content_locale(&source.text) else {
            return hint.or_else(|| self.by_settings(&source.path)).unwrap_or(self.locales.source());
        };
        self.locales.find(tag).unwrap_or_else(|| {
            let start = tag.as_ptr() as usize - source.text.as_ptr() as usize;
            let at = Span::new(source.path.clone(), start..start + tag.len());
            let help = "add it to `locales` in madoguchi.toml, or correct ms.contentlocale";
            found.push(Diagnostic::new(Code::LocaleUnknown, at, format!("the site has no locale `{tag}`")).help(help));
            self.locales.source()
        })
    }

    fn by_settings(&self, path: &SourcePath) -> Option<LocaleId> {
        self.settings.locale_of(path).and_then(|tag| self.locales.find(tag))
    }

    fn plain(&self, plain: Vec<(LocaleId, Source)>, documents: &mut Vec<Document>, found: &mut Vec<Diagnostic>) {
        let is_source = |(locale, _): &&(LocaleId, Source)| *locale == self.locales.source();
        let base = plain.iter().find(is_source);
        let others = plain.iter().filter(|one| !is_source(one));
        let mut aligned = Vec::new();
        for (locale, source) in others {
            let document = match base {
                Some((_, base)) => parallel::align(base, self.locales.source(), Some((source, *locale))),
                None => parallel::align(source, *locale, None),
            };
            aligned.push(document.unpack(found));
        }
        if let (Some((locale, base)), true) = (base, aligned.is_empty()) {
            aligned.push(parallel::align(base, *locale, None).unpack(found));
        }
        // The source's own file is the better original than the source half of a localized one.
        documents.splice(0..0, aligned);
    }

    fn yaml(&self, source: &Source, hint: Option<LocaleId>, found: &mut Vec<Diagnostic>) -> Option<Document> {
        let page = yamlmime::to_markdown(source).unpack(found)?;
        let named = page.front.content_locale.as_deref().and_then(|tag| self.locales.find(tag));
        let locale = named.or(hint).or_else(|| self.by_settings(&source.path)).unwrap_or(self.locales.source());
        Some(Document {
            form: Form::Single,
            target_locale: None,
            target: None,
            source: Side { path: source.path.clone(), text: page.markdown, pieces: page.pieces },
            source_locale: locale,
            segments: Vec::new(),
            front: page.front,
            source_front: None,
        })
    }

    fn versions(&self, documents: Vec<Arc<Document>>, found: &mut Vec<Diagnostic>) -> Page {
        let mut versions: Vec<Option<Version>> = self.locales.ids().map(|_| None).collect();
        let mut originals = versions.clone();
        for document in &documents {
            let source_at = document.source_locale.index();
            let fresh = versions[source_at].is_none();
            let is_target = document.target.is_some();
            if fresh || is_target {
                let flow = flow(document, Half::Source, self.locales, self.includes, found);
                let outline = Outline::of_source(&flow);
                let version = Version { document: Arc::clone(document), half: Half::Source, flow, outline };
                match document.target_locale.filter(|_| !fresh) {
                    Some(target) => originals[target.index()] = Some(version),
                    None => versions[source_at] = Some(version),
                }
            }
            let Some(target) = document.target_locale.filter(|_| is_target) else { continue };
            if let Some(first) = &versions[target.index()] {
                found.push(second_translation(document, &first.document, self.locales.get(target)));
                continue;
            }
            let original = originals[target.index()].as_ref().or(versions[source_at].as_ref());
            let flow = flow(document, Half::Target, self.locales, self.includes, found);
            let outline = original.map(|o| Outline::of_target(&flow, &o.flow, &o.outline)).unwrap_or_default();
            versions[target.index()] = Some(Version { document: Arc::clone(document), half: Half::Target, flow, outline });
        }
        Page { versions, originals, draft: false }
    }
}

fn second_translation(document: &Document, first: &Document, locale: &Locale) -> Diagnostic {
    let [path, first] = [document, first].map(|document| document.side(Half::Target).path.clone());
    let message = format!("this file and `{first}` both hold the page in {locale}");
    let collision = Diagnostic::new(Code::UrlCollision, Span::file(path), message);
    collision.related(Span::file(first), "the other file").help("take one of the two translations out")
}

impl Page {
    /// The version in which a locale's reader gets the page: its own, else the source's, else any.
    pub(crate) fn shown(&self, locale: LocaleId, locales: &LocaleSet) -> Option<(LocaleId, &Version)> {
        let order = [locale, locales.source()].into_iter().chain(locales.ids());
        order.into_iter().find_map(|id| Some((id, self.versions[id.index()].as_ref()?)))
    }

    /// The source text beside which a translation is shown.
    pub(crate) fn original_of(&self, locale: LocaleId, locales: &LocaleSet) -> Option<&Version> {
        self.originals[locale.index()].as_ref().or(self.versions[locales.source().index()].as_ref())
    }
}

impl Version {
    /// The front matter of this language's own file.
    pub(crate) fn front(&self) -> &FrontMatter {
        match (self.half, &self.document.source_front) {
            (Half::Source, Some(front)) => front,
            _ => &self.document.front,
        }
    }

    /// Whether the front matter's title and description are in this version's language: not for the source half of a localized file,
    /// whose front matter was translated (FORMAT §2.5).
    pub(crate) fn owns_front(&self) -> bool {
        self.half == Half::Target || self.document.form != Form::Localized
    }
}

/// The value of `ms.contentlocale` in a file's front matter, or in a page written in YAML; found without reading the YAML.
pub fn content_locale(text: &str) -> Option<&str> {
    let end = if yamlmime::kind(text).is_some() { text.len() } else { frontmatter::body_start(text) };
    let head = &text[..crate::source::floor_char_boundary(text, end.min(8192))];
    let line = head.lines().find(|line| {
        let key = line.trim_start().get(..17);
        key.is_some_and(|key| key.eq_ignore_ascii_case("ms.contentlocale:"))
    })?;
    let value = line.trim_start()[17..].trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_front_matter_tells_the_locale() {
        assert_eq!(content_locale("\u{feff}---\nTitle: x\nMS.ContentLocale: 'ja-JP'\n---\n"), Some("ja-JP"));
        assert_eq!(content_locale("### YamlMime:FAQ\nmetadata:\n  ms.contentlocale: ja-JP\n"), Some("ja-JP"));
        let shown_in_code = "ms.contentlocale: fr-FR\n";
        assert_eq!(content_locale(&format!("---\ntitle: x\n---\n```yaml\n{shown_in_code}```\n")), None);
        assert_eq!(content_locale(&format!("```yaml\n{shown_in_code}```\n")), None);
    }
}

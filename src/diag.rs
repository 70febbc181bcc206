//! What is wrong with the content: diagnostics with a stable code, a place, and what to do next.
//!
//! Broken content is data. Each phase returns what it could do ([`Checked`]) together with every diagnostic.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::vpath::SourcePath;

/// How grave a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// No correct or safe output exists.
    Error,
    /// A reader can still be served.
    Warning,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $id:literal, $severity:ident;)*) => {
        /// The stable codes of all diagnostics. The documentation shows each with an example.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as it is shown, and as `--allow` and `--deny` take it.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),* }
            }

            /// Its severity unless the command says otherwise.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }

            /// One sentence on what the code means.
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*)),* }
            }
        }
    };
}

codes! {
    /// The file or folder cannot be read.
    Unreadable = "unreadable", Error;
    /// The file is not UTF-8.
    NotUtf8 = "not-utf8", Error;
    /// Two files claim one address of the site.
    UrlCollision = "url-collision", Error;
    /// The page's address is one that the site needs for itself.
    ReservedName = "reserved-name", Error;
    /// A path leads out of the site's root folder.
    PathOutside = "path-outside", Error;
    /// A template or another file of the site's own theme cannot be used.
    Template = "template", Error;
    /// A symbolic link leads nowhere, in a circle, or out of the root folder.
    SymbolicLink = "symbolic-link", Warning;
    /// The text holds NUL bytes, which are shown as U+FFFD.
    NulByte = "nul-byte", Warning;
    /// The front matter is not valid YAML or is not closed, a value is not what its key says, or a page in YAML holds text that is not shown.
    FrontMatter = "front-matter", Warning;
    /// The file names a locale that the site does not have.
    LocaleUnknown = "locale-unknown", Warning;
    /// A translated file has no source file beside it, or an entry of a translated table of contents names none of the source's.
    TranslationOrphan = "translation-orphan", Warning;
    /// A target span has no source span of the same id, or the other way round.
    SegmentUnpaired = "segment-unpaired", Warning;
    /// Quotation marks of the format's own tags are damaged to `&quot;`; they are read as quotation marks.
    QuotDamage = "quot-damage", Warning;
    /// Blocks of two parallel files do not correspond.
    ParallelMismatch = "parallel-mismatch", Warning;
    /// Emphasis markers stay literal, or are not those of the source; the segment is shown without them.
    EmphasisLost = "emphasis-lost", Warning;
    /// A sentence reads as a link reference definition and would vanish; it is shown as text.
    DefinitionSwallows = "definition-swallows", Warning;
    /// Text begins like a list item once the format's tags are gone; it is shown as text.
    TextBecomesList = "text-becomes-list", Warning;
    /// A line break at the start of a segment breaks a table row; it is moved out.
    TableBroken = "table-broken", Warning;
    /// Blocks are nested deeper than a page can show.
    NestingTooDeep = "nesting-too-deep", Warning;
    /// An extension is not known; its text is shown.
    ExtensionUnknown = "extension-unknown", Warning;
    /// An extension lacks a part, or is opened and not closed.
    ExtensionMalformed = "extension-malformed", Warning;
    /// HTML that is not allowed was removed.
    HtmlRemoved = "html-removed", Warning;
    /// HTML tags are not closed, or closed without being opened; they are balanced.
    HtmlUnbalanced = "html-unbalanced", Warning;
    /// A link leads to a file that does not exist.
    LinkBroken = "link-broken", Warning;
    /// A link or path differs from the file's name in upper and lower case.
    LinkCase = "link-case", Warning;
    /// A link names a place that its page does not have.
    FragmentMissing = "fragment-missing", Warning;
    /// A link has no text, so that nobody can see or follow it.
    LinkEmpty = "link-empty", Warning;
    /// The scheme of an address is not one of http, https, mailto, tel.
    SchemeRefused = "scheme-refused", Warning;
    /// An `xref` names a uid that no page has.
    XrefUnresolved = "xref-unresolved", Warning;
    /// An included file does not exist.
    IncludeMissing = "include-missing", Warning;
    /// Files include each other in a circle.
    IncludeCycle = "include-cycle", Warning;
    /// Includes are nested too deep.
    IncludeDepth = "include-depth", Warning;
    /// An image does not exist; a labelled placeholder stands in its place.
    ImageMissing = "image-missing", Warning;
    /// A code snippet's file, or the named part of it, does not exist.
    SnippetMissing = "snippet-missing", Warning;
    /// A table of contents cannot be understood.
    TocDamaged = "toc-damaged", Warning;
    /// An entry of the table of contents leads to a page that does not exist.
    TocDeadEntry = "toc-dead-entry", Warning;
    /// A page stands in no table of contents.
    TocMissingPage = "toc-missing-page", Warning;
    /// A redirection cannot be understood, or goes in a circle.
    RedirectDamaged = "redirect-damaged", Warning;
    /// A redirection leads to a page that does not exist.
    RedirectDeadTarget = "redirect-dead-target", Warning;
    /// `docfx.json` or another settings file of the docset cannot be understood, or stands above the content folder, where nothing reads it.
    SettingsDamaged = "settings-damaged", Warning;
    /// A page or the configuration names a form whose specification does not exist.
    FormMissing = "form-missing", Error;
    /// A form's specification cannot be understood, or contradicts itself.
    FormDamaged = "form-damaged", Error;
    /// A form lacks a text in a locale of the site; another locale's stands in its place.
    FormTextMissing = "form-text-missing", Warning;
    /// The theme has no words for a locale of the site; English ones stand in their place.
    ThemeTextMissing = "theme-text-missing", Warning;
    /// A number of the source is not in the target, or the other way round.
    NumberDiffers = "number-differs", Warning;
    /// A link or an image of the target leads elsewhere than that of the source.
    LinkDiffers = "link-differs", Warning;
    /// The target has other inline code than the source.
    CodeDiffers = "code-differs", Warning;
    /// The target has other placeholders than the source.
    PlaceholderDiffers = "placeholder-differs", Warning;
    /// The target has more or fewer words in bold than the source.
    BoldDiffers = "bold-differs", Warning;
    /// The target is still the text of the source.
    SegmentUntranslated = "segment-untranslated", Warning;
    /// A segment has no target text.
    TranslationMissing = "translation-missing", Warning;
    /// A term of the glossary is not translated as the glossary says.
    TermDiffers = "term-differs", Warning;
    /// A character of the target has the wrong width.
    WidthSlip = "width-slip", Warning;
    /// The target's sentence has a doubled end, or none.
    SentenceEnd = "sentence-end", Warning;
    /// A word of the target stands twice in a row.
    WordDoubled = "word-doubled", Warning;
    /// A bracket of the target has no counterpart.
    BracketUnbalanced = "bracket-unbalanced", Warning;
    /// The same source text has another translation elsewhere.
    TranslationVaries = "translation-varies", Warning;
    /// What is to be left out by a page or a line is no code of a warning.
    AllowUnknown = "allow-unknown", Warning;
}

impl Code {
    /// The code with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.id() == id)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A stretch of a file, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub path: SourcePath,
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A stretch of a file.
    pub fn new(path: SourcePath, range: Range<usize>) -> Self {
        Self { path, start: range.start, end: range.end }
    }

    /// The file as a whole.
    pub fn file(path: SourcePath) -> Self {
        Self { path, start: 0, end: 0 }
    }
}

/// One thing that is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Diagnostic {
    /// Where. The first key of the order in which diagnostics are shown.
    pub span: Span,
    /// What kind.
    pub code: Code,
    /// What, in a sentence without its full stop.
    pub message: String,
    /// What to do next: nearly always the same words for a code.
    pub help: Cow<'static, str>,
    /// Other places that belong to it, each with a word on why.
    pub related: Vec<(Span, String)>,
}

impl Diagnostic {
    /// A diagnostic at a place.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { span, code, message: message.into(), help: Cow::Borrowed(""), related: Vec::new() }
    }

    /// Says what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = help.into();
        self
    }

    /// Names a second place.
    #[must_use]
    pub fn related(mut self, span: Span, why: impl Into<String>) -> Self {
        self.related.push((span, why.into()));
        self
    }
}

/// What a phase could do, and everything that was wrong.
#[derive(Debug, Clone)]
pub struct Checked<T> {
    /// What could be done.
    pub value: T,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Checked<T> {
    /// A value with nothing wrong.
    pub fn sound(value: T) -> Self {
        Self { value, diagnostics: Vec::new() }
    }

    /// Moves the diagnostics to `all` and gives the value.
    pub fn unpack(self, all: &mut Vec<Diagnostic>) -> T {
        all.extend(self.diagnostics);
        self.value
    }
}

/// The candidate that `word` was probably meant to be: at most a third of its letters differ, and at most three.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    let distances = candidates.into_iter().map(|name| (strsim::osa_distance(word, name), name));
    distances.filter(|(distance, _)| *distance <= limit).min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_found_by_their_id() {
        for code in Code::ALL {
            assert_eq!(Code::from_id(code.id()), Some(*code));
        }
    }

    #[test]
    fn only_a_near_word_is_offered() {
        assert_eq!(nearest("tilte", ["title", "theme"]), Some("title"));
        assert_eq!(nearest("colour", ["title", "theme"]), None);
    }
}

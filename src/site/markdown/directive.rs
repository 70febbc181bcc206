//! The extensions of existing docsets that stand in the text: `:::name …:::`, `[!INCLUDE …]`, `> [!NOTE]` and their like.
//!
//! Each is found by its opening characters and read into a [`Directive`]; what it means for the page is decided later.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

#[cfg(test)]
mod tests;

static FIND_COLONS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(":::"));
static FIND_BRACKET: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("[!"));

/// The five kinds of alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertKind {
    /// For information.
    Note,
    /// Of help.
    Tip,
    /// Not to be missed.
    Important,
    /// Of a possible harm.
    Warning,
    /// Of a likely harm.
    Caution,
}

impl AlertKind {
    /// The kind's lower-case name, as in class names and message keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Tip => "tip",
            Self::Important => "important",
            Self::Warning => "warning",
            Self::Caution => "caution",
        }
    }

    /// The kind of a marker's word, in any case.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Note, Self::Tip, Self::Important, Self::Warning, Self::Caution]
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(word))
    }
}

/// How an image is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageKind {
    /// Content, with an alternative text.
    Content,
    /// Content with a long description, up to `:::image-end:::`.
    Complex,
    /// Decoration without an alternative text.
    Icon,
}

/// An image written as `:::image …:::`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSpec {
    /// How it is meant.
    pub kind: ImageKind,
    /// The file, as written.
    pub source: String,
    /// The alternative text.
    pub alt: String,
    /// A larger picture to link to.
    pub lightbox: Option<String>,
    /// Whether it has a border.
    pub border: bool,
}

/// A piece of code from another file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnippetSpec {
    /// The file, as written.
    pub source: String,
    /// The language to show it as.
    pub language: String,
    /// The name of the part, or empty for all.
    pub id: String,
    /// Lines, as in `2-4,7`.
    pub lines: String,
}

/// An extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    /// `[!INCLUDE [title](path)]`.
    Include(String),
    /// `[!NOTE]` and its like, in a block quote.
    Alert(AlertKind),
    /// `[!div class="…"]`, in a block quote.
    Div(String),
    /// `[!VIDEO url]`, in a block quote.
    Video(String),
    /// `:::image …:::`.
    Image(ImageSpec),
    /// `:::image-end:::`.
    ImageEnd,
    /// `:::no-loc text="…":::`: a text that is not translated.
    NoLoc(String),
    /// `:::row:::`.
    Row,
    /// `:::row-end:::`.
    RowEnd,
    /// `:::column span="n":::`.
    Column(u8),
    /// `:::column-end:::`.
    ColumnEnd,
    /// `:::code …:::` or `[!code-language[title](path)]`.
    Snippet(SnippetSpec),
    /// `:::form name`: a form of the site. Its end may be marked by `:::`, but need not.
    Form(String),
    /// Opens or closes something of which only the content is shown: monikers and zones.
    Transparent,
    /// Not known; its text is shown.
    Unknown(String),
}

impl Directive {
    /// Whether it stands on a line of its own and opens, closes or marks a block.
    pub(crate) fn is_block(&self) -> bool {
        match self {
            Self::Image(image) => image.kind == ImageKind::Complex,
            Self::Include(_) | Self::NoLoc(_) | Self::Unknown(_) => false,
            _ => true,
        }
    }
}

/// A directive, the bytes it takes, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) directive: Directive,
    pub(crate) range: Range<usize>,
    pub(crate) fault: Option<&'static str>,
}

/// All directives of a text, in order.
pub(crate) fn find(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut found: Vec<Found> = Vec::new();
    let mut starts: Vec<usize> = FIND_COLONS.find_iter(bytes).chain(FIND_BRACKET.find_iter(bytes)).collect();
    starts.sort_unstable();
    for start in starts {
        if found.last().is_some_and(|last| start < last.range.end) {
            continue;
        }
        let one = if bytes[start] == b':' { colon(text, start) } else { bracket(text, start) };
        found.extend(one);
    }
    found
}

/// The text of the line before `at`.
pub(crate) fn before(text: &str, at: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    &text[line..at]
}

/// Whether only white space and markers of quotes and lists stand before it on its line.
pub(crate) fn starts_line(text: &str, at: usize) -> bool {
    before(text, at).split([' ', '\t', '>']).filter(|part| !part.is_empty()).all(is_list_marker)
}

fn is_list_marker(text: &str) -> bool {
    let number =
        text.strip_suffix(['.', ')']).is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    number || matches!(text, "-" | "*" | "+")
}

fn colon(text: &str, start: usize) -> Option<Found> {
    let after = start + 3;
    let rest = &text[after..];
    let lead = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let name_len = rest[lead..].bytes().take_while(|b| b.is_ascii_alphabetic() || *b == b'-').count();
    let name = rest[lead..lead + name_len].to_ascii_lowercase();
    if name.is_empty() || (lead > 0 && !starts_line(text, start)) {
        return None;
    }
    if name == "form" {
        return form(text, start, after + lead + name_len);
    }
    let (attributes, end, closed) = attributes(text, after + lead + name_len);
    let directive = named(&name, &attributes, &text[start..end]);
    if directive.is_block() && !matches!(directive, Directive::Image(_)) && !starts_line(text, start) {
        return None;
    }
    let fault = match &directive {
        Directive::Image(image) if image.source.is_empty() => Some("it names no source"),
        Directive::Snippet(snippet) if snippet.source.is_empty() => Some("it names no source"),
        // Monikers and zones are written without a closing `:::`.
        Directive::Transparent => None,
        _ if !closed => Some("it is not closed with `:::`"),
        _ => None,
    };
    Some(Found { directive, range: start..end, fault })
}

/// A form takes its whole line.
fn form(text: &str, start: usize, from: usize) -> Option<Found> {
    let end = text[from..].find(['\n', '\r']).map_or(text.len(), |at| from + at);
    let name = text[from..end].trim().trim_end_matches(':').trim_end();
    let fault = name.is_empty().then_some("it names no form");
    starts_line(text, start).then(|| Found { directive: Directive::Form(name.to_owned()), range: start..end, fault })
}

fn named(name: &str, attributes: &Attributes<'_>, written: &str) -> Directive {
    let get = |key: &str| attributes.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| *v);
    let text = |key: &str| get(key).unwrap_or_default();
    match name {
        "image" => Directive::Image(ImageSpec {
            kind: match text("type").to_ascii_lowercase().as_str() {
                "complex" => ImageKind::Complex,
                "icon" => ImageKind::Icon,
                _ => ImageKind::Content,
            },
            source: text("source").to_owned(),
            alt: unescape(text("alt-text")),
            lightbox: get("lightbox").filter(|l| !l.is_empty()).map(str::to_owned),
            border: get("border").is_none_or(|b| !b.eq_ignore_ascii_case("false")),
        }),
        "image-end" => Directive::ImageEnd,
        "no-loc" => Directive::NoLoc(unescape(text("text"))),
        "row" => Directive::Row,
        "row-end" => Directive::RowEnd,
        "column" => Directive::Column(text("span").parse().unwrap_or(1).clamp(1, 12)),
        "column-end" => Directive::ColumnEnd,
        "code" => Directive::Snippet(SnippetSpec {
            source: text("source").to_owned(),
            language: text("language").to_owned(),
            id: text("id").to_owned(),
            lines: text("range").to_owned(),
        }),
        "moniker" | "moniker-end" | "zone" | "zone-end" => Directive::Transparent,
        _ => Directive::Unknown(written.to_owned()),
    }
}

type Attributes<'t> = Vec<(&'t str, &'t str)>;

/// Reads `key="value"` pairs up to the closing `:::`, which must stand on the same line. Gives the pairs, the end, and whether it was closed.
fn attributes(text: &str, from: usize) -> (Attributes<'_>, usize, bool) {
    let line_end = text[from..].find(['\n', '\r']).map_or(text.len(), |at| from + at);
    let line = &text[..line_end];
    let mut pairs = Vec::new();
    let mut at = from;
    loop {
        at += line[at..].len() - line[at..].trim_start().len();
        if line[at..].starts_with(":::") {
            return (pairs, at + 3, true);
        }
        let key_len = line[at..].find(|c: char| c == '=' || c == ':' || c.is_whitespace()).unwrap_or(line_end - at);
        let key = &line[at..at + key_len];
        at += key_len;
        let value = line[at..].strip_prefix('=').map(value);
        match value {
            Some((value, len)) => {
                at += 1 + len;
                pairs.push((key, value));
            }
            None if key_len == 0 => at += line[at..].chars().next().map_or(0, char::len_utf8),
            None => pairs.push((key, "")),
        }
        if at >= line_end {
            return (pairs, line_end, false);
        }
    }
}

fn value(rest: &str) -> (&str, usize) {
    let lead = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let body = &rest[lead..];
    match body.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &body[1..];
            let end = inner.find(quote).unwrap_or(inner.len());
            (&inner[..end], lead + 1 + end + usize::from(end < inner.len()))
        }
        _ => {
            let end = body.find(|c: char| c.is_whitespace() || c == ':').unwrap_or(body.len());
            (&body[..end], lead + end)
        }
    }
}

/// Drops the backslashes that escape ASCII punctuation (CommonMark 2.4).
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.peek().is_some_and(char::is_ascii_punctuation) {
            continue;
        }
        out.push(c);
    }
    out
}

fn bracket(text: &str, start: usize) -> Option<Found> {
    let rest = &text[start + 2..];
    let name_len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
    let name = rest[..name_len].to_ascii_lowercase();
    let after = start + 2 + name_len;
    if name == "include" || name == "code" || name.starts_with("code-") {
        return linked(text, start, after, &name);
    }
    // `[![image](…)](…)` is a link.
    if text[after..].starts_with('[') {
        return None;
    }
    // Only within a quote is it worth looking for the end: a line of ten thousand brackets must not be searched as often.
    if !before(text, start).trim_end().ends_with('>') || !starts_line(text, start) {
        return None;
    }
    let end = text[after..].find([']', '\n']).filter(|at| text.as_bytes()[after + at] == b']').map(|at| after + at)?;
    let argument = text[after..end].trim();
    let directive = match name.as_str() {
        "div" => {
            let class = argument.strip_prefix("class").map_or("", |a| a.trim_start().trim_start_matches('=').trim());
            Directive::Div(class.trim_matches(['"', '\'']).to_owned())
        }
        "video" => Directive::Video(argument.trim_matches(['<', '>']).to_owned()),
        name => match AlertKind::parse(name) {
            Some(kind) if argument.is_empty() => Directive::Alert(kind),
            _ => Directive::Unknown(text[start..=end].to_owned()),
        },
    };
    Some(Found { directive, range: start..end + 1, fault: None })
}

/// `[!INCLUDE [title](path)]` and `[!code-language[title](path)]`.
fn linked(text: &str, start: usize, after: usize, name: &str) -> Option<Found> {
    let line_end = text[after..].find('\n').map_or(text.len(), |at| after + at);
    let line = &text[after..line_end];
    let open = line.find('[')?;
    let target = open + line[open..].find("](")? + 2;
    if !line[..open].trim().is_empty() {
        return None;
    }
    let (path, close) = if line[target..].trim_start().starts_with('<') {
        let from = target + line[target..].find('<')? + 1;
        let to = from + line[from..].find('>')?;
        (&line[from..to], to + line[to..].find(')')?)
    } else {
        let to = target + line[target..].find(')')?;
        (&line[target..to], to)
    };
    let end = after + close + 1 + line[close + 1..].find(']')? + 1;
    let path = path.trim().split(" \"").next().unwrap_or_default();
    let directive = if name == "include" {
        Directive::Include(unescape(path))
    } else {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let (path, part) = path.split_once('#').unwrap_or((path, ""));
        let query = |key: &str| query.split('&').find_map(|q| q.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default();
        Directive::Snippet(SnippetSpec {
            source: unescape(path),
            language: name.strip_prefix("code-").unwrap_or_default().to_owned(),
            id: if part.is_empty() { query("name") } else { part }.to_owned(),
            lines: query("range").to_owned(),
        })
    };
    Some(Found { directive, range: start..end, fault: None })
}

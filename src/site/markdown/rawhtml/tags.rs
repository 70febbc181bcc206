//! A scan of raw HTML for its tags and their attributes.

use std::ops::Range;

/// What raw HTML that comes in pieces leaves open at the end of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfinished {
    Nothing,
    Tag,
    /// An attribute's value in these quotation marks.
    Value(u8),
    Comment,
}

/// What is left open after one more piece.
pub(crate) fn unfinished(html: &str, before: Unfinished) -> Unfinished {
    let bytes = html.as_bytes();
    let (mut state, mut at) = (before, 0);
    while let Some(byte) = bytes.get(at) {
        state = match (state, byte) {
            (Unfinished::Nothing, b'<') if bytes[at..].starts_with(b"<!--") => Unfinished::Comment,
            (Unfinished::Nothing, b'<') if bytes.get(at + 1).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'/') => {
                Unfinished::Tag
            }
            (Unfinished::Tag, b'>') => Unfinished::Nothing,
            (Unfinished::Tag, quote @ (b'"' | b'\'')) => Unfinished::Value(*quote),
            (Unfinished::Value(quote), byte) if quote == *byte => Unfinished::Tag,
            (Unfinished::Comment, b'-') if bytes[at..].starts_with(b"-->") => Unfinished::Nothing,
            (state, _) => state,
        };
        at += 1;
    }
    state
}

/// A tag of a piece of raw HTML.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RawTag {
    pub(crate) name: String,
    pub(crate) range: Range<usize>,
    pub(crate) closes: bool,
    pub(crate) void: bool,
    /// Names, lower-cased, and where their values stand.
    pub(crate) attributes: Vec<(String, Range<usize>)>,
}

/// The tags of a piece of raw HTML.
pub(crate) fn tags(html: &str) -> Vec<RawTag> {
    let mut found = Vec::new();
    let mut at = 0;
    // Behind the last `>` no tag ends; without this bound, many that are not closed would each be read to the end.
    let last = html.rfind('>').unwrap_or(0);
    while let Some(open) = html[at..].find('<').map(|o| at + o).filter(|open| *open < last) {
        if let Some(length) = comment(&html[open..]) {
            at = open + length;
            continue;
        }
        match tag(html, open) {
            Some(tag) => {
                at = tag.range.end;
                found.push(tag);
            }
            None => at = open + 1,
        }
    }
    found
}

/// The length of a comment that the text begins with, as browsers and the sanitizer read it: `<!` of another kind, `<?` and `</` before
/// what begins no name are comments too, to the first `>` (HTML Standard 13.2.5.41 to 13.2.5.52).
fn comment(html: &str) -> Option<usize> {
    // `<!-->` and `<!--->` are whole; `<!--!>` is not.
    let dashes = |at: usize| html[..at].ends_with("--") || at > "<!--!>".len() && html[..at].ends_with("--!");
    let names = html.starts_with("</") && html[2..].starts_with(|c: char| c.is_ascii_alphabetic());
    let end = match html.get(..2)? {
        "<!" if html.starts_with("<!--") => html.match_indices('>').map(|(at, _)| at).find(|at| dashes(*at)),
        "<!" | "<?" => html.find('>'),
        "</" if !names => html.find('>'),
        _ => return None,
    };
    Some(end.map_or(html.len(), |at| at + 1))
}

fn tag(html: &str, open: usize) -> Option<RawTag> {
    let closes = html[open + 1..].starts_with('/');
    let name_at = open + 1 + usize::from(closes);
    let len = html[name_at..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-' || *b == b':').count();
    if !html[name_at..].starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let name = html[name_at..name_at + len].to_ascii_lowercase();
    let (attributes, end) = attributes(html, name_at + len)?;
    let void = html[..end].ends_with("/>") || VOID.contains(&name.as_str());
    Some(RawTag { name, range: open..end, closes, void, attributes })
}

/// An attribute's value without the entities that addresses and names use.
pub(crate) fn decoded(value: &str) -> String {
    if !value.contains('&') {
        return value.to_owned();
    }
    let named = [("&quot;", "\""), ("&#39;", "'"), ("&apos;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    named.iter().fold(value.to_owned(), |value, (entity, character)| value.replace(entity, character))
}

/// Elements that a paragraph cannot hold: a parser ends the paragraph before them (HTML Standard 13.2.6.4.7).
const BLOCKS: &[&str] = &[
    "blockquote",
    "details",
    "div",
    "dl",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "summary",
    "table",
    "ul",
];

/// Whether a piece of raw HTML has an element that a paragraph cannot hold.
pub(crate) fn has_blocks(html: &str) -> bool {
    tags(html).iter().any(|tag| BLOCKS.contains(&tag.name.as_str()))
}

const VOID: &[&str] = &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

type Attributes = Vec<(String, Range<usize>)>;

fn attributes(html: &str, from: usize) -> Option<(Attributes, usize)> {
    let mut found = Vec::new();
    let mut at = from;
    loop {
        let rest = &html[at..];
        at += rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/').len();
        let rest = &html[at..];
        if rest.starts_with('>') {
            return Some((found, at + 1));
        }
        let len = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/'))?;
        let name = rest[..len.max(1).min(rest.len())].to_ascii_lowercase();
        at += len.max(1);
        let value = html[at..].trim_start();
        let Some(value) = value.strip_prefix('=').map(str::trim_start) else {
            found.push((name, at..at));
            continue;
        };
        let start = html.len() - value.len();
        let range = match value.chars().next()? {
            quote @ ('"' | '\'') => start + 1..start + 1 + value[1..].find(quote)?,
            _ => start..start + value.find(|c: char| c.is_whitespace() || c == '>')?,
        };
        at = range.end + usize::from(range.start > start);
        found.push((name, range));
    }
}

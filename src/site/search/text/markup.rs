//! What stands in the tags of finished HTML, and character references.

use std::borrow::Cow;

/// The attributes of a start tag that tell something of the text, as they are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Attributes<'t> {
    pub(super) class: &'t str,
    /// Empty if there is none.
    pub(super) id: &'t str,
    /// The key of the segment that begins here.
    pub(super) segment: Option<&'t str>,
    pub(super) hidden: bool,
}

impl<'t> Attributes<'t> {
    /// Reads what follows the name in a start tag that the press or its sanitizer wrote: values stand between double quotation marks.
    pub(super) fn of(tag: &'t str) -> Self {
        let mut found = Self::default();
        let mut rest = tag;
        while let Some(start) = rest.bytes().position(|byte| !matches!(byte, b' ' | b'>' | b'/')) {
            rest = &rest[start..];
            let end = rest.bytes().position(|byte| matches!(byte, b' ' | b'>' | b'=')).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let value = after.strip_prefix("=\"").and_then(|after| Some(&after[..memchr::memchr(b'"', after.as_bytes())?]));
            rest = value.map_or_else(|| after.strip_prefix('=').unwrap_or(after), |value| &after[value.len() + 3..]);
            match name {
                "class" => found.class = value.unwrap_or_default(),
                "id" => found.id = value.unwrap_or_default(),
                "data-seg" => found.segment = value,
                "hidden" => found.hidden = true,
                _ => {}
            }
        }
        found
    }
}

/// Text with its character references resolved: those that the press and its sanitizer write.
pub(super) fn decoded(raw: &str) -> Cow<'_, str> {
    if memchr::memchr(b'&', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let reference = rest[at + 1..].find(';').filter(|end| *end <= 8).map(|end| &rest[at + 1..at + 1 + end]);
        match reference.and_then(|name| Some((character(name)?, name.len()))) {
            Some((c, length)) => {
                out.push(c);
                rest = &rest[at + length + 2..];
            }
            None => {
                out.push('&');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "nbsp" => Some('\u{A0}'),
        name => {
            let number = name.strip_prefix('#')?;
            let hex = number.strip_prefix(['x', 'X']).map(|hex| u32::from_str_radix(hex, 16));
            char::from_u32(hex.unwrap_or_else(|| number.parse()).ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_of_a_tag() {
        let of = |tag| Attributes::of(tag);
        assert_eq!(of(" class=\"a hidden\" href=\"x id=y>\" id=\"i\">"), Attributes { class: "a hidden", id: "i", ..of("") });
        assert_eq!(of(" data-seg=\"k\" hidden>"), Attributes { segment: Some("k"), hidden: true, ..of("") });
        assert_eq!(of(" hidden=\"\"/>"), Attributes { hidden: true, ..of("") });
        assert_eq!((of(">"), of(" x=y =\" z=\"a")), (of(""), of("")));
    }
}

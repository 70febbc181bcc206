//! Links as they are written: which kind of reference a destination is.

use std::borrow::Cow;

use super::markdown::rawhtml::SCHEMES;
use crate::vpath::percent_decode;

/// What a destination refers to, before anything is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// Nothing is written.
    Empty,
    /// A place in the same page.
    Fragment(String),
    /// A file, relative to the one that the link stands in, or to the root (`~/`).
    File(FileReference),
    /// An address from the root of its web site (`/azure/…`).
    Site(FileReference),
    /// A whole address.
    Absolute(String),
    /// A page by its uid.
    Xref(String),
    /// An address with a scheme that is not allowed.
    Refused(String),
}

/// A path with what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReference {
    /// The path, decoded, with `/` between its parts.
    pub path: String,
    /// The query with its `?`, or empty.
    pub query: String,
    /// The fragment without its `#`, decoded.
    pub fragment: Option<String>,
}

impl Reference {
    /// Reads a destination.
    pub fn parse(written: &str) -> Self {
        // Browsers drop tabs and line ends before they look for a scheme (URL Standard 4.4).
        let clean: Cow<'_, str> = match memchr::memchr3(b'\t', b'\n', b'\r', written.as_bytes()) {
            Some(_) => written.replace(['\t', '\n', '\r'], "").into(),
            None => written.into(),
        };
        let clean = clean.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        if clean.is_empty() {
            return Self::Empty;
        }
        if let Some(fragment) = clean.strip_prefix('#') {
            return Self::Fragment(percent_decode(fragment));
        }
        if clean.starts_with("//") || clean.starts_with("\\\\") {
            return Self::Absolute(format!("https://{}", clean.trim_start_matches(['/', '\\'])));
        }
        match scheme(clean) {
            Some("xref") => Self::Xref(percent_decode(clean["xref:".len()..].split(['?', '#']).next().unwrap_or_default())),
            Some(scheme) if SCHEMES.iter().any(|allowed| allowed.eq_ignore_ascii_case(scheme)) => {
                Self::Absolute(clean.to_owned())
            }
            Some(scheme) => Self::Refused(scheme.to_owned()),
            None if clean.starts_with('/') => Self::Site(file_reference(clean)),
            None => Self::File(file_reference(clean)),
        }
    }
}

/// The uid by which a destination names a page, if it does.
pub(crate) fn uid(written: &str) -> Option<String> {
    let Reference::Xref(uid) = Reference::parse(written) else { return None };
    Some(uid).filter(|uid| !uid.is_empty())
}

/// The scheme of an address (RFC 3986 §3.1). One letter is a drive, not a scheme, and refused as one all the same.
fn scheme(text: &str) -> Option<&str> {
    let colon = memchr::memchr(b':', text.as_bytes())?;
    let name = &text[..colon];
    let sound = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    // `page.md:12` is a slip of the pen, no scheme; no registered scheme has the ending of a file.
    (sound && !name.ends_with(".md")).then_some(name)
}

fn file_reference(text: &str) -> FileReference {
    let (rest, fragment) = text.split_at(memchr::memchr(b'#', text.as_bytes()).unwrap_or(text.len()));
    let (path, query) = rest.split_at(memchr::memchr(b'?', rest.as_bytes()).unwrap_or(rest.len()));
    let path = percent_decode(path);
    FileReference {
        path: if path.contains('\\') { path.replace('\\', "/") } else { path },
        query: query.to_owned(),
        fragment: fragment.get(1..).map(percent_decode).filter(|fragment| !fragment.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_told_apart() {
        let file = |path: &str, fragment: Option<&str>| FileReference {
            path: path.into(),
            query: String::new(),
            fragment: fragment.map(Into::into),
        };
        assert_eq!(Reference::parse("..\\a%20b.md#x"), Reference::File(file("../a b.md", Some("x"))));
        assert_eq!(Reference::parse("~/x.md#"), Reference::File(file("~/x.md", None)));
        assert_eq!(Reference::parse("/azure/x"), Reference::Site(file("/azure/x", None)));
        assert_eq!(Reference::parse("//host/x"), Reference::Absolute("https://host/x".into()));
        assert_eq!(Reference::parse("HTTPS://host"), Reference::Absolute("HTTPS://host".into()));
        assert_eq!(Reference::parse("xref:A.B?displayProperty=name"), Reference::Xref("A.B".into()));
        for bad in ["javascript:alert(1)", "java\nscript:x", "\u{1}javascript:x", "data:text/html,x", "C:\\x.md", "vbscript:x"] {
            assert!(matches!(Reference::parse(bad), Reference::Refused(_)), "{bad:?}");
        }
        assert_eq!(Reference::parse(" "), Reference::Empty);
    }
}

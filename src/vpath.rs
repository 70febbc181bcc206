//! Three kinds of path that must never be mixed, each relative to a named root, `/`-separated, without `.` or `..`.
//!
//! [`SourcePath`] names a file of the docset, [`OutputPath`] a file of the site, [`UrlPath`] an address in it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

macro_rules! path_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The path as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

path_type! {
    /// A file below the docset's root: `partner-center/index.md`.
    SourcePath
}
path_type! {
    /// A file below the output folder: `ja/index.html`.
    OutputPath
}
path_type! {
    /// An address below the site's root, ending in `/` if it is a folder: `ja/billing/`; the root itself is empty.
    UrlPath
}

/// Why a path was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadPath {
    /// It leads out of the root.
    Outside,
    /// It is empty, or holds a NUL or another control character.
    Malformed,
}

impl fmt::Display for BadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Outside => "the path leads out of the root folder",
            Self::Malformed => "the path is empty or holds a control character",
        })
    }
}

impl std::error::Error for BadPath {}

impl SourcePath {
    /// A path relative to the root; `.` and `..` are resolved, `\` counts as `/`.
    ///
    /// # Errors
    /// See [`BadPath`].
    pub fn parse(path: &str) -> Result<Self, BadPath> {
        Self::resolve("", path)
    }

    /// What `reference` means in a file of the folder `folder` (which is empty for the root). A leading `/` or `~/` starts at the root.
    ///
    /// # Errors
    /// See [`BadPath`].
    pub fn resolve(folder: &str, reference: &str) -> Result<Self, BadPath> {
        if holds_control(reference) {
            return Err(BadPath::Malformed);
        }
        let reference: Cow<'_, str> =
            if reference.contains('\\') { reference.replace('\\', "/").into() } else { reference.into() };
        let (start, rest) = match reference.strip_prefix("~/").or_else(|| reference.strip_prefix('/')) {
            Some(rest) => ("", rest),
            None => (folder, &*reference),
        };
        let mut path = String::with_capacity(start.len() + rest.len() + 1);
        for part in parts(start).chain(parts(rest)) {
            match part {
                "" | "." => {}
                ".." if path.is_empty() => return Err(BadPath::Outside),
                ".." => path.truncate(path.rfind('/').unwrap_or(0)),
                part => {
                    path.push_str(if path.is_empty() { "" } else { "/" });
                    path.push_str(part);
                }
            }
        }
        if path.is_empty() { Err(BadPath::Malformed) } else { Ok(Self(path.into())) }
    }

    /// The folder the file stands in, without a trailing `/`; empty for the root.
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The last part: `index.md`.
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// What follows the last `.` of the name, lower-cased; empty if there is none.
    pub fn extension(&self) -> String {
        self.suffix().to_ascii_lowercase()
    }

    /// Whether the extension is one of these, which are in small letters.
    pub fn has_extension(&self, names: &[&str]) -> bool {
        let suffix = self.suffix();
        names.iter().any(|name| suffix.eq_ignore_ascii_case(name))
    }

    fn suffix(&self) -> &str {
        self.file_name().rsplit_once('.').map_or("", |(_, suffix)| suffix)
    }

    /// The path without its extension.
    pub fn stem(&self) -> &str {
        let cut = self.file_name().rfind('.').map_or(self.0.len(), |dot| self.0.len() - self.file_name().len() + dot);
        &self.0[..cut]
    }
}

impl OutputPath {
    /// A path below the output folder.
    ///
    /// # Errors
    /// See [`BadPath`].
    pub fn parse(path: &str) -> Result<Self, BadPath> {
        SourcePath::parse(path).map(|p| Self(p.0))
    }
}

impl UrlPath {
    /// The site's root.
    pub fn root() -> Self {
        Self("".into())
    }

    /// An address from its parts, which must hold no `..`; it is lower-cased by the caller where that is wanted.
    pub fn new(path: impl AsRef<str>) -> Self {
        Self(path.as_ref().trim_start_matches('/').into())
    }

    /// The file that answers for this address.
    pub fn output(&self) -> OutputPath {
        if self.0.is_empty() || self.0.ends_with('/') {
            OutputPath([&*self.0, "index.html"].concat().into())
        } else {
            OutputPath(self.0.clone())
        }
    }

    /// The relative reference (RFC 3986 §4.2) that leads from this address to `to`, percent-encoded.
    ///
    /// ```
    /// # use madoguchi::vpath::UrlPath;
    /// let here = UrlPath::new("ja/billing/");
    /// assert_eq!(here.relative_to(&UrlPath::new("ja/index/")), "../index/");
    /// assert_eq!(here.relative_to(&UrlPath::root()), "../../");
    /// assert_eq!(here.relative_to(&here), "./");
    /// ```
    pub fn relative_to(&self, to: &Self) -> String {
        let here = self.0.rfind('/').map_or("", |at| &self.0[..=at]);
        let equal = here.bytes().zip(to.0.bytes()).take_while(|(a, b)| a == b).count();
        let shared = here.as_bytes()[..equal].iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
        let ups = here[shared..].bytes().filter(|byte| *byte == b'/').count();
        let mut reference = String::with_capacity(3 * ups + to.0.len() - shared + 2);
        (0..ups).for_each(|_| reference.push_str("../"));
        percent_encode_into(&to.0[shared..], &mut reference);
        if reference.is_empty() {
            reference.push_str("./");
        } else if ups == 0 && reference.split('/').next().is_some_and(|first| first.contains(':')) {
            // RFC 3986 §4.2: a first segment with a colon would be read as a scheme.
            reference.insert_str(0, "./");
        }
        reference
    }
}

/// What stands between slashes. Parts are short: to look for a byte is quicker than to begin a search.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let all = rest?;
        let slash = all.bytes().position(|byte| byte == b'/');
        rest = slash.map(|at| &all[at + 1..]);
        Some(slash.map_or(all, |at| &all[..at]))
    })
}

fn holds_control(text: &str) -> bool {
    // Those beyond ASCII begin with C2.
    text.bytes().any(|byte| byte < b' ' || byte == 0x7F || byte == 0xC2) && text.chars().any(char::is_control)
}

/// By byte, whether RFC 3986 allows it in a path.
const IN_PATH: [bool; 256] = {
    let mut allowed = [false; 256];
    let mut byte = 0;
    while byte < allowed.len() {
        allowed[byte] = matches!(byte as u8, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&'..=b',' | b';' | b'=' | b':' | b'@' | b'/');
        byte += 1;
    }
    allowed
};

/// Appends `path` with every byte percent-encoded that RFC 3986 does not allow in a path.
pub fn percent_encode_into(path: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut rest = path;
    while let Some(at) = rest.bytes().position(|byte| !IN_PATH[usize::from(byte)]) {
        let after = at + rest[at..].chars().next().map_or(1, char::len_utf8);
        out.push_str(&rest[..at]);
        for byte in rest[at..after].bytes() {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
        rest = &rest[after..];
    }
    out.push_str(rest);
}

/// Undoes percent-encoding; a `%` that starts no valid escape stays. Bytes that are not UTF-8 become U+FFFD.
pub fn percent_decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        let value = escape.and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(value.unwrap_or(bytes[at]));
        at += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_leave_its_root() {
        assert_eq!(SourcePath::resolve("a/b", "../c.md").unwrap().as_str(), "a/c.md");
        assert_eq!(SourcePath::resolve("a", "~/x\\y.md").unwrap().as_str(), "x/y.md");
        assert_eq!(SourcePath::resolve("a/b", ".././/c/./../d/").unwrap().as_str(), "a/d");
        assert_eq!(SourcePath::resolve("a", ".."), Err(BadPath::Malformed));
        assert_eq!(SourcePath::resolve("a", "../../etc/passwd"), Err(BadPath::Outside));
        assert_eq!(SourcePath::parse("a\0b"), Err(BadPath::Malformed));
    }

    #[test]
    fn parts_of_a_path() {
        let path = SourcePath::parse("a/b.c/d.Ja.MD").unwrap();
        assert_eq!((path.folder(), path.file_name(), path.stem()), ("a/b.c", "d.Ja.MD", "a/b.c/d.Ja"));
        assert_eq!(path.extension(), "md");
        assert_eq!(SourcePath::parse("a.b/README").unwrap().stem(), "a.b/README");
    }

    #[test]
    fn references_are_relative_and_encoded() {
        let here = UrlPath::new("ja/a/b/");
        for (to, reference) in [
            ("ja/a/c/", "../c/"),
            ("en/a/b/", "../../../en/a/b/"),
            ("ja/a/b/parallel/", "parallel/"),
            ("ja/日/", "../../%E6%97%A5/"),
        ] {
            assert_eq!(here.relative_to(&UrlPath::new(to)), reference);
        }
        assert_eq!(UrlPath::root().relative_to(&UrlPath::new("a:b/")), "./a:b/");
    }

    #[test]
    fn decoding_undoes_encoding_and_keeps_what_is_no_escape() {
        let mut encoded = String::new();
        percent_encode_into("a b/日.md", &mut encoded);
        assert_eq!(percent_decode(&encoded), "a b/日.md");
        assert_eq!(percent_decode("100%"), "100%");
        assert_eq!(percent_decode("%zz%2"), "%zz%2");
    }
}

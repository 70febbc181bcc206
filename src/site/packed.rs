//! HTML kept in memory between reading and rendering, without the markup that only repeats an id: that is a third of a page's text.
//!
//! The markup of a segment names its key twice, that of a heading its id for each language. A [`Repeat`] is such markup as the parts
//! between the ids; where it stands in the text, control characters enclose the id instead.

use std::sync::Arc;

use memchr::memmem::Finder;

/// Markup that repeats an id: the text before the first, between each two, and after the last.
pub(crate) struct Repeat(Vec<String>);

/// A text, mostly with repeats left out.
pub(crate) enum Packed {
    Packed(Box<str>),
    /// There is room for it, or it holds the characters that would enclose ids.
    Whole(Arc<String>),
}

/// Characters that enclose ids, by the number of the repeat.
const CODES: [u8; 2] = [1, 2];

impl Repeat {
    /// The markup that `write` makes for an id.
    pub(crate) fn of(write: impl Fn(&str) -> String) -> Self {
        const ID: &str = "\u{1}";
        Self(write(ID).split(ID).map(str::to_owned).collect())
    }

    fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// The id for which this markup begins a text, and the length of the markup.
    fn id_at<'t>(&self, text: &'t str) -> Option<(&'t str, usize)> {
        let [first, second, others @ ..] = &self.0[..] else { return None };
        let from = text.strip_prefix(first.as_str())?;
        let id = &from[..memchr::memchr(*second.as_bytes().first()?, from.as_bytes())?];
        let mut rest = from[id.len()..].strip_prefix(second.as_str())?;
        for part in others {
            rest = rest.strip_prefix(id)?.strip_prefix(part.as_str())?;
        }
        Some((id, text.len() - rest.len()))
    }

    fn write(&self, id: &str, out: &mut String) {
        for (at, part) in self.0.iter().enumerate() {
            out.push_str(if at > 0 { id } else { "" });
            out.push_str(part);
        }
    }
}

impl Packed {
    /// A text without its repeats, of which there are as many kinds as there are codes.
    pub(crate) fn of(text: &str, repeats: [&Repeat; CODES.len()]) -> Self {
        if memchr::memchr2(CODES[0], CODES[1], text.as_bytes()).is_some() {
            return Self::Whole(Arc::new(text.to_owned()));
        }
        let finders = repeats.map(|repeat| Finder::new(repeat.first()));
        let find = |kind: usize, from: usize| finders[kind].find(&text.as_bytes()[from..]).map(|at| from + at);
        let mut next = [find(0, 0), find(1, 0)];
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        while let Some((at, kind)) = next.iter().zip(0..).filter_map(|(at, kind)| Some(((*at)?, kind))).min() {
            let mut from = at + repeats[kind].first().len().max(1);
            if let Some((id, len)) = repeats[kind].id_at(&text[at..]).filter(|_| at >= done) {
                let code = char::from(CODES[kind]);
                out.push_str(&text[done..at]);
                out.push(code);
                out.push_str(id);
                out.push(code);
                done = at + len;
                from = done;
            }
            next[kind] = find(kind, from.max(done));
        }
        out.push_str(&text[done..]);
        // Copied, since an allocator that shrinks a block in place keeps the room of the whole text.
        Self::Packed(out.as_str().into())
    }

    /// The text as it was, of about so many bytes.
    pub(crate) fn text(&self, repeats: [&Repeat; CODES.len()], len: usize) -> Arc<String> {
        let mut rest = match self {
            Self::Whole(text) => return Arc::clone(text),
            Self::Packed(text) => &**text,
        };
        let mut out = String::with_capacity(len);
        while let Some(at) = memchr::memchr2(CODES[0], CODES[1], rest.as_bytes()) {
            let code = rest.as_bytes()[at];
            let after = &rest[at + 1..];
            let end = memchr::memchr(code, after.as_bytes()).unwrap_or(after.len());
            out.push_str(&rest[..at]);
            repeats[usize::from(code == CODES[1])].write(&after[..end], &mut out);
            rest = after.get(end + 1..).unwrap_or_default();
        }
        out.push_str(rest);
        Arc::new(out)
    }

    /// How many bytes it takes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Packed(text) => text.len(),
            Self::Whole(text) => text.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        let segment = Repeat::of(|id| format!("<b data-x=\"{id}\" id=\"s-{id}\">"));
        let heading = Repeat::of(|id| format!("<a href=\"#{id}\">#</a><a href=\"../#{id}\">en</a>"));
        let repeats = [&segment, &heading];
        for text in [
            "",
            "日本語 <b data-x=\"k\" id=\"s-k\">x</b><a href=\"#k\">#</a><a href=\"../#k\">en</a>",
            "<b data-x=\"k\" id=\"s-j\">x<b data-x=\"k\">y<b data-x=\"<b data-x=\"k\" id=\"s-k\">",
            "<b data-x=\"",
            "<a href=\"#日\">#</a><a href=\"../#日\">en</a><a href=\"#日\">#</a>",
            "\u{1}<b data-x=\"k\" id=\"s-k\">\u{2}",
        ] {
            let packed = Packed::of(text, repeats);
            assert_eq!(*packed.text(repeats, text.len()), text);
            assert!(packed.len() <= text.len());
        }
        assert_eq!(Packed::of("a<b data-x=\"k\" id=\"s-k\">", repeats).len(), 4);
    }
}

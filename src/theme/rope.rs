//! A rendered file in pieces. What many pages share, and what is long, stands in it by reference: copying it took as long as all else that
//! fills a page's frame.

use super::engine::Html;

/// Finished HTML shorter than this is copied: a piece more costs as much in each call that writes it.
const SHORT: usize = 512;

/// A text in pieces.
#[derive(Debug, Clone, Default)]
pub struct Rope {
    own: Vec<u8>,
    /// Finished HTML, and before which byte of the rope's own text it stands.
    shared: Vec<(usize, Html)>,
}

impl Rope {
    /// An empty one, with room for so many bytes of its own.
    pub(super) fn with_capacity(own: usize) -> Self {
        Self { own: Vec::with_capacity(own), shared: Vec::new() }
    }

    /// Its own text, to be added to.
    pub(super) fn own(&mut self) -> &mut Vec<u8> {
        &mut self.own
    }

    /// Appends finished HTML.
    pub(super) fn push_html(&mut self, html: &Html) {
        let parts = html.parts();
        if parts.iter().map(|part| part.len()).sum::<usize>() < SHORT {
            parts.iter().for_each(|part| self.own.extend_from_slice(part.as_bytes()));
        } else {
            self.shared.push((self.own.len(), html.clone()));
        }
    }

    /// Its pieces in order; none of them is empty.
    pub fn pieces(&self) -> Vec<&[u8]> {
        let mut pieces = Vec::with_capacity(1 + 4 * self.shared.len());
        let mut done = 0;
        for (at, html) in &self.shared {
            pieces.push(&self.own[done..*at]);
            pieces.extend(html.parts().map(str::as_bytes));
            done = *at;
        }
        pieces.push(&self.own[done..]);
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }

    /// All of it in one piece.
    pub fn into_bytes(self) -> Vec<u8> {
        if self.shared.is_empty() { self.own } else { self.pieces().concat() }
    }
}

impl FromIterator<String> for Rope {
    /// Of pieces that stand one behind the other.
    fn from_iter<P: IntoIterator<Item = String>>(pieces: P) -> Self {
        let mut rope = Self::default();
        pieces.into_iter().for_each(|piece| rope.push_html(&piece.into()));
        rope
    }
}

impl From<Vec<u8>> for Rope {
    fn from(own: Vec<u8>) -> Self {
        Self { own, shared: Vec::new() }
    }
}

impl From<String> for Rope {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::Shared;
    use crate::theme::engine::Kind;

    #[test]
    fn pieces_stand_in_the_order_in_which_they_came() {
        let long = "あ".repeat(SHORT);
        let marked = Shared::html_with(std::sync::Arc::new(long.clone()), 3, "!");
        let mut rope = Rope::with_capacity(0);
        for html in [Shared::html("short"), marked, Shared::html("")] {
            if let Kind::Html(html) = html.kind() {
                rope.push_html(html);
            }
            rope.own().push(b'.');
        }
        assert_eq!(rope.pieces().len(), 5);
        assert!(rope.pieces().iter().all(|piece| !piece.is_empty()));
        assert_eq!(String::from_utf8(rope.into_bytes()).unwrap(), format!("short.あ!{}..", &long[3..]));
        assert_eq!(Rope::from("日本語".to_owned()).pieces(), ["日本語".as_bytes()]);
        assert!(Rope::default().pieces().is_empty());
        let made: Rope = ["a".to_owned(), long.clone(), "b".to_owned()].into_iter().collect();
        assert_eq!(made.pieces(), ["a", &long, "b"].map(str::as_bytes));
    }
}

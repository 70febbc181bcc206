//! Images, whose alternative text the parser gives as events of its own.

use std::ops::Range;

use pulldown_cmark::{Event, TagEnd};

use super::{Image, Kind, Lexer, NONE};
use crate::site::markdown::cjk;
use crate::site::markdown::directive::{ImageKind, ImageSpec};

/// An image whose end has not come yet.
pub(super) struct OpenImage {
    pub(super) start: usize,
    pub(super) depth: usize,
    pub(super) destination: String,
    pub(super) title: String,
    pub(super) alt: String,
}

impl Lexer<'_> {
    pub(super) fn within_image(&mut self, event: &Event<'_>, range: Range<usize>) {
        let Some(image) = &mut self.image else { return };
        match event {
            Event::Start(pulldown_cmark::Tag::Image { .. }) => image.depth += 1,
            Event::End(TagEnd::Image) => image.depth -= 1,
            Event::Text(text) | Event::Code(text) => image.alt.push_str(text),
            Event::SoftBreak | Event::HardBreak => image.alt.push(' '),
            _ => {}
        }
        if image.depth > 0 {
            return;
        }
        let Some(image) = self.image.take() else { return };
        let spec = ImageSpec {
            kind: ImageKind::Content,
            source: image.destination,
            alt: self.restored(&image.alt).into_owned(),
            lightbox: None,
            border: false,
        };
        self.add_image(spec, image.title, image.start..range.end.max(image.start));
    }

    pub(super) fn add_image(&mut self, spec: ImageSpec, title: String, range: Range<usize>) {
        let (start, end) = self.span(&range);
        let segment = self.segment_of(start, end);
        let words = if spec.alt.is_empty() { &title } else { &spec.alt };
        let foreign = segment == NONE && self.is_foreign(words, false);
        self.flow.images.push(Image { spec, title, foreign });
        self.inline(Kind::Image(self.flow.images.len() as u32 - 1), range);
    }

    /// Whether words without a recorded source, on the source side, are in the target's language: where that is written in another
    /// script the characters say so; else only what is always translated (alternative texts) is taken to be.
    pub(super) fn is_foreign(&self, words: &str, or_same_script: bool) -> bool {
        let Some(other) = self.other else { return false };
        let by_script = matches!(other.language(), "ja" | "zh" | "ko" | "yue");
        if by_script { words.chars().any(cjk::is_cjk_or_hangul) } else { !or_same_script && !words.is_empty() }
    }
}

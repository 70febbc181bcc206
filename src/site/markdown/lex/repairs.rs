//! What a first parse shows to be in need of repair, and the reports.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{DEPTH, Lexer, NONE, span};
use crate::diag::{Code, Diagnostic};
use crate::site::markdown::directive::Directive;
use crate::site::markdown::edits::Edits;
use crate::site::markdown::{cjk, repair};
use crate::site::unit::{Form, Half, Segment};

/// What earlier parses of the same text showed to be in need of repair.
#[derive(Default)]
pub(super) struct Repaired {
    pub(super) segments: BTreeSet<u32>,
    pub(super) found: Vec<Diagnostic>,
}

pub(super) struct Definition {
    pub(super) span: Range<usize>,
    pub(super) destination: String,
    pub(super) label: String,
}

impl Lexer<'_> {
    /// Adds the edits that a second parse needs, and tells whether there are any: for definitions that swallow a sentence, and for segments
    /// whose emphasis markers stayed literal or are not the source's.
    pub(super) fn repair(&mut self, definitions: &[Definition], edits: &mut Edits, repaired: &mut Repaired) -> bool {
        let before = edits.len();
        for definition in definitions {
            self.keep_as_text(definition, edits, &mut repaired.found);
        }
        if self.half == Half::Target && self.document.form == Form::Localized {
            self.drop_markers(edits, repaired);
        } else if edits.len() == before {
            let literal = std::mem::take(&mut self.literal);
            for (_, at) in literal.into_iter().filter(|(_, at)| !is_escaped(&self.side.text, *at)) {
                let message = "emphasis markers stay literal here";
                repaired.found.push(self.diagnostic(
                    Code::EmphasisLost,
                    at..at + 1,
                    message,
                    "Pair the markers, with no space inside them.",
                ));
            }
        }
        edits.len() > before
    }

    pub(super) fn keep_as_text(&self, definition: &Definition, edits: &mut Edits, found: &mut Vec<Diagnostic>) {
        let swallows = definition.destination.chars().any(cjk::is_cjk_or_hangul);
        let used = || self.prepared.text.matches(&format!("[{}]", definition.label)).count() > 1;
        if swallows && !used() {
            let at = self.prepared.map.original(definition.span.start);
            let at = at + self.side.text[at..].find('[').unwrap_or(0);
            edits.replace(at..at, "\\");
            let message = "this sentence would be read as a link definition and vanish; it is shown as text";
            found.push(self.diagnostic(
                Code::DefinitionSwallows,
                at..at + 1,
                message,
                "Put a backslash before the opening bracket.",
            ));
        }
    }

    pub(super) fn drop_markers(&mut self, edits: &mut Edits, repaired: &mut Repaired) {
        let literal = std::mem::take(&mut self.literal)
            .into_iter()
            .filter(|(segment, at)| *segment != NONE && !self.is_meant(*segment, *at));
        let segments: BTreeSet<u32> = literal.map(|(segment, _)| segment).chain(self.differing()).collect();
        for segment in segments {
            let range = self.document.segments.get(segment as usize).and_then(|s| s.range(self.half));
            let Some(range) = range.filter(|_| repaired.segments.insert(segment)) else { continue };
            if repair::is_in(&self.code, range.start) && repair::is_in(&self.code, range.end.saturating_sub(1)) {
                continue;
            }
            repair::without_strong(&self.side.text[range.clone()], range.start, &self.code, self.means_stars(segment), edits);
            let message =
                "the emphasis markers of this segment stay literal or are not those of the source; it is shown without them";
            let help = "Set the markers around the words that the source emphasises.";
            repaired.found.push(self.diagnostic(Code::EmphasisLost, range, message, help));
        }
    }

    /// Whether the star at this place is escaped, and the source has the same.
    fn is_meant(&self, segment: u32, at: usize) -> bool {
        is_escaped(&self.side.text, at) && self.means_stars(segment)
    }

    fn means_stars(&self, segment: u32) -> bool {
        let segment = self.document.segments.get(segment as usize);
        let pair = segment.and_then(|segment| Some((segment.target.clone()?, segment.source.clone())));
        pair.is_some_and(|(own, source)| repair::means_stars(&self.side.text[own], &self.document.source.text[source]))
    }

    /// Segments with other numbers of `**` than their source has.
    pub(super) fn differing(&self) -> Vec<u32> {
        let (own, source) = (&self.side.text, &self.document.source.text);
        let differs = |segment: &Segment| {
            let count = segment.target.clone().map_or(0, |target| repair::strong_markers(&own[target]));
            count > 0 && count != repair::strong_markers(&source[segment.source.clone()])
        };
        // Most segments have none: the few that hold a star are found by the stars.
        let segments = &self.document.segments;
        let mut found: Vec<u32> = Vec::new();
        let (mut next, mut looked_at) = (0, None);
        for star in &self.prepared.stars {
            let ends_before = |segment: &Segment| segment.target.as_ref().is_none_or(|target| target.end <= *star);
            next += segments[next..].iter().take_while(|segment| ends_before(segment)).count();
            let Some(segment) = segments.get(next) else { break };
            let holds = segment.target.as_ref().is_some_and(|target| target.contains(star));
            if holds && looked_at.replace(next) != Some(next) && differs(segment) {
                found.push(next as u32);
            }
        }
        found
    }

    pub(super) fn report(&self, found: &mut Vec<Diagnostic>) {
        for marker in self.prepared.displaced.iter().cloned() {
            let message = "this text would become a list item once the format's tags are gone; it is shown as text";
            found.push(self.diagnostic(Code::TextBecomesList, marker, message, "Put a backslash before the marker."));
        }
        let misplaced = self.misplaced.iter().filter_map(|number| self.prepared.found.get(*number as usize));
        for one in misplaced {
            let message = "an extension within raw HTML stays text";
            let help = "Leave an empty line between the HTML and the extension.";
            found.push(self.diagnostic(Code::ExtensionMalformed, one.range.clone(), message, help));
        }
        for one in &self.prepared.found {
            let fault = match (&one.directive, one.fault) {
                (Directive::Unknown(_), _) => Some((Code::ExtensionUnknown, "this extension is not known; its text is shown")),
                (_, Some(fault)) => Some((Code::ExtensionMalformed, fault)),
                _ => None,
            };
            if let Some((code, message)) = fault {
                found.push(self.diagnostic(
                    code,
                    one.range.clone(),
                    message,
                    "The documentation lists the extensions that are understood.",
                ));
            }
        }
        if let Some(at) = self.too_deep {
            let at = self.prepared.map.original(at);
            let message =
                format!("blocks are nested deeper than {DEPTH} levels; the deeper ones are shown without their structure");
            found.push(self.diagnostic(Code::NestingTooDeep, at..at + 1, &message, "Flatten the lists or quotes."));
        }
    }

    pub(super) fn diagnostic(&self, code: Code, range: Range<usize>, message: &str, help: &'static str) -> Diagnostic {
        Diagnostic::new(code, span(self.side, range), message).help(help)
    }
}

/// Whether an escaped star stands at a place: it is meant to be seen.
fn is_escaped(text: &str, at: usize) -> bool {
    let (before, after) = text.as_bytes().split_at(at);
    before.ends_with(b"\\") && after.starts_with(b"*")
}

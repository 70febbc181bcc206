//! Finds pairs, and halves that are none, in one pass over the text.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::fence::Fences;
use super::{Half, Pair};

pub(super) const TTU: &str = "<span data-ttu-id=";
pub(super) const MIDDLE: &str = "</span><span class=";
pub(super) const LOOKUP: &str = "\"sxs-lookup\"><span data-stu-id=";
pub(super) const CLOSE: &str = "</span></span>";
const STU: &str = "<span data-stu-id=";
const SPAN_END: &str = "</span>";
const QUOT: &str = "&quot;";
/// An average pair with its surroundings is some 300 bytes long; this makes room for all pairs of most files at once.
const BYTES_PER_PAIR: usize = 256;

/// By byte, whether it may stand in an id.
const IN_ID: [bool; 256] = {
    let mut allowed = [false; 256];
    let mut byte = 0;
    while byte < allowed.len() {
        allowed[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'-' | b'_' | b'.');
        byte += 1;
    }
    allowed
};

static FIND_ANY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("<span data-"));
static FIND_TTU: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(TTU));
static FIND_STU: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(STU));
static FIND_MIDDLE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MIDDLE));
static FIND_CLOSE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(CLOSE));
static FIND_SPAN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("<span"));

/// A half whose other half is missing.
pub(super) struct Unpaired {
    pub(super) half: Half,
    pub(super) tag: Range<usize>,
    pub(super) id: Range<usize>,
}

/// What a text holds, each list in the text's order.
#[derive(Default)]
pub(super) struct Found {
    pub(super) pairs: Vec<Pair>,
    pub(super) hidden: Vec<Range<usize>>,
    pub(super) unpaired: Vec<Unpaired>,
}

/// An opening tag of the format.
#[derive(Clone)]
struct Tag {
    whole: Range<usize>,
    id: Range<usize>,
    damaged: bool,
}

pub(super) fn scan(text: &str) -> Found {
    scan_until(text, usize::MAX)
}

/// Whether there is a pair or a half. Stops at the first.
pub(super) fn any(text: &str) -> bool {
    let found = scan_until(text, 1);
    !found.pairs.is_empty() || !found.unpaired.is_empty()
}

fn scan_until(text: &str, enough: usize) -> Found {
    let mut scan = Scan { text, bytes: text.as_bytes(), fences: Fences::default(), found: Found::default() };
    if let Some(first) = FIND_ANY.find(scan.bytes) {
        // To know the first pair alone, what stands after it matters only if a fence may be open there.
        if enough > 1 || Fences::may_be_in(text.get(..first).unwrap_or_default()) {
            scan.fences = Fences::of(text);
        }
        scan.found.pairs.reserve(enough.min(text.len() / BYTES_PER_PAIR));
        scan.run(enough);
    }
    scan.found
}

struct Scan<'t> {
    text: &'t str,
    bytes: &'t [u8],
    fences: Fences,
    found: Found,
}

impl Scan<'_> {
    fn run(&mut self, enough: usize) {
        let mut at = 0;
        let mut opener = self.next_tag(&FIND_TTU, TTU, 0..self.bytes.len());
        while let Some(tag) = opener {
            self.orphans(at..tag.whole.start);
            let plain = self.plain_pair(&tag);
            let behind = plain.as_ref().map_or(tag.whole.end, |pair| pair.whole.end);
            opener = self.next_tag(&FIND_TTU, TTU, behind..self.bytes.len());
            let bound = opener.as_ref().map_or(self.bytes.len(), |next| next.whole.start);
            at = match plain.or_else(|| self.pair(&tag, bound)) {
                Some(pair) => {
                    let end = pair.whole.end;
                    self.found.pairs.push(pair);
                    end
                }
                None => self.lone_target(tag, bound),
            };
            if self.found.pairs.len() + self.found.unpaired.len() >= enough {
                return;
            }
        }
        self.orphans(at..self.bytes.len());
        self.settle();
    }

    /// The next tag in a range; one in fenced code does not count.
    fn next_tag(&self, finder: &Finder<'_>, name: &str, range: Range<usize>) -> Option<Tag> {
        let mut from = range.start;
        loop {
            let start = from + finder.find(self.bytes.get(from..range.end)?)?;
            from = start + name.len();
            if let Some(end) = self.fences.end_of(start) {
                from = end.max(from);
            } else if let Some(tag) = self.tag(start, from) {
                return Some(tag);
            }
        }
    }

    /// The tag whose name ends at `at`, if an id in quotation marks and `>` follow.
    fn tag(&self, start: usize, at: usize) -> Option<Tag> {
        let (id_start, damaged) = self.quote(at)?;
        let rest = self.bytes.get(id_start..)?;
        let length = rest.iter().take(64).take_while(|byte| IN_ID[usize::from(**byte)]).count();
        let id = id_start..id_start + length;
        let (end, damaged_too) = self.quote(id.end)?;
        let sound = length > 0 && self.bytes.get(end) == Some(&b'>');
        sound.then(|| Tag { whole: start..end + 1, id, damaged: damaged || damaged_too })
    }

    /// The end of the quotation mark at `at`, and whether it is damaged.
    fn quote(&self, at: usize) -> Option<(usize, bool)> {
        let rest = self.bytes.get(at..)?;
        if rest.first() == Some(&b'"') {
            Some((at + 1, false))
        } else {
            rest.starts_with(QUOT.as_bytes()).then_some((at + QUOT.len(), true))
        }
    }

    /// A pair whose halves hold no `<`, as nearly all do: the first one ends each, and nothing else has to be looked for in them.
    fn plain_pair(&self, tag: &Tag) -> Option<Pair> {
        let ends = |from: usize, markup: &str| {
            let end = from + memchr::memchr(b'<', self.bytes.get(from..)?)?;
            self.bytes.get(end..)?.starts_with(markup.as_bytes()).then_some(end)
        };
        let target_end = ends(tag.whole.end, MIDDLE)?;
        let stu = self.lookup(target_end + MIDDLE.len()).filter(|stu| self.are_halves(tag, stu))?;
        let source_end = ends(stu.whole.end, CLOSE)?;
        Some(paired(tag, target_end, &stu, source_end, source_end + CLOSE.len()))
    }

    fn pair(&self, tag: &Tag, bound: usize) -> Option<Pair> {
        let (target_end, stu) = self.other_half(tag, bound)?;
        let (source_end, end) = self.source_end(stu.whole.end, bound)?;
        // A half inside a half is damage: then each is text of its own, so that no tag is left in either.
        if self.holds_half(tag.whole.end..target_end) || self.holds_half(stu.whole.end..source_end) {
            return None;
        }
        Some(paired(tag, target_end, &stu, source_end, end))
    }

    fn are_halves(&self, tag: &Tag, stu: &Tag) -> bool {
        self.bytes.get(stu.id.clone()) == self.bytes.get(tag.id.clone())
    }

    fn holds_half(&self, range: Range<usize>) -> bool {
        let tag = self.next_tag(&FIND_STU, STU, range);
        tag.is_some_and(|tag| !self.is_quoted(tag.whole.start))
    }

    /// The end of the target text, and the tag that opens the source text of the same id.
    fn other_half(&self, tag: &Tag, bound: usize) -> Option<(usize, Tag)> {
        let mut from = tag.whole.end;
        loop {
            let end = from + FIND_MIDDLE.find(self.bytes.get(from..bound)?)?;
            from = end + MIDDLE.len();
            let stu = self.lookup(from).filter(|stu| stu.whole.end <= bound);
            if let Some(stu) = stu.filter(|stu| self.are_halves(tag, stu)) {
                return Some((end, stu));
            }
        }
    }

    /// The source's tag, where `"sxs-lookup"><span data-stu-id=` and an id follow.
    fn lookup(&self, at: usize) -> Option<Tag> {
        if self.bytes.get(at..)?.starts_with(LOOKUP.as_bytes()) {
            return self.tag(at, at + LOOKUP.len());
        }
        let (name, before) = self.quote(at)?;
        let (end, after) = self.bytes.get(name..)?.starts_with(b"sxs-lookup").then(|| self.quote(name + 10))??;
        let stu = self.bytes.get(end..)?.strip_prefix(b">")?.starts_with(STU.as_bytes()).then_some(end + 1)?;
        let tag = self.tag(stu, stu + STU.len())?;
        Some(Tag { damaged: tag.damaged || before || after, ..tag })
    }

    /// Where the source text that begins at `start` ends, and where the pair does.
    fn source_end(&self, start: usize, bound: usize) -> Option<(usize, usize)> {
        let close = start + FIND_CLOSE.find(self.bytes.get(start..bound)?)?;
        let end = match FIND_SPAN.find(self.bytes.get(start..close)?) {
            None => close + CLOSE.len(),
            Some(own) => self.end_after_own_spans(start + own, bound)?,
        };
        Some((end - CLOSE.len(), end))
    }

    /// The end of a pair whose source has spans of its own, which need not be balanced.
    ///
    /// A run of closing tags ends the pair if it holds two more than are open, or one more: then the source left a span open.
    /// If no run does, the first run of two or more does.
    fn end_after_own_spans(&self, own: usize, bound: usize) -> Option<usize> {
        let (mut at, mut depth, mut fallback) = (own, 0, None);
        while let Some(found) = memchr::memchr(b'<', self.bytes.get(at..bound)?) {
            at += found;
            let run = self.closing_run(at, bound);
            if run == 0 {
                depth += usize::from(self.opens_span(at, bound));
                at += 1;
                continue;
            }
            if run >= 2 && run > depth {
                return Some(at + run.min(depth + 2) * SPAN_END.len());
            }
            at += run * SPAN_END.len();
            depth = depth.saturating_sub(run);
            fallback = fallback.or((run >= 2).then_some(at));
        }
        fallback
    }

    /// How many `</span>` follow each other at `at`.
    fn closing_run(&self, at: usize, bound: usize) -> usize {
        let rest = self.bytes.get(at..bound).unwrap_or_default();
        rest.chunks_exact(SPAN_END.len()).take_while(|chunk| *chunk == SPAN_END.as_bytes()).count()
    }

    /// Whether a `<span>` opens at `at`; `<span/>` is taken as void.
    fn opens_span(&self, at: usize, bound: usize) -> bool {
        let Some(rest) = self.bytes.get(at..bound).and_then(|rest| rest.strip_prefix(b"<span")) else { return false };
        let named = rest.first().is_some_and(|b| b.is_ascii_whitespace() || b"/>".contains(b));
        let end = memchr::memchr(b'>', rest);
        named && end.is_some_and(|end| !rest.get(..end).unwrap_or_default().ends_with(b"/"))
    }

    /// Hides the markup of a target without a source. In a code span it is an example, and stays. Gives where to go on.
    fn lone_target(&mut self, tag: Tag, bound: usize) -> usize {
        let end = tag.whole.end;
        if self.is_quoted(tag.whole.start) {
            return end;
        }
        let close = self.target_close(end, bound);
        self.found.hidden.push(tag.whole.clone());
        self.found.hidden.extend(close.map(|at| at..at + SPAN_END.len()));
        self.found.unpaired.push(Unpaired { half: Half::Target, tag: tag.whole, id: tag.id });
        end
    }

    /// The `</span>` that closes a target without a source.
    fn target_close(&self, start: usize, bound: usize) -> Option<usize> {
        let (mut at, mut depth) = (start, 0_usize);
        while let Some(found) = memchr::memchr(b'<', self.bytes.get(at..bound)?) {
            at += found;
            if self.closing_run(at, bound) > 0 {
                depth = match depth.checked_sub(1) {
                    Some(depth) => depth,
                    None => return Some(at),
                };
            } else if self.bytes.get(at..bound)?.starts_with(STU.as_bytes()) {
                return None;
            } else {
                depth += usize::from(self.opens_span(at, bound));
            }
            at += 1;
        }
        None
    }

    /// Hides the markup of sources without a target in a stretch between pairs.
    fn orphans(&mut self, range: Range<usize>) {
        let mut from = range.start;
        while from + STU.len() < range.end {
            let Some(tag) = self.next_tag(&FIND_STU, STU, from..range.end) else { return };
            from = tag.whole.end;
            if !self.is_quoted(tag.whole.start) {
                from = self.lone_source(tag, &range);
            }
        }
    }

    fn lone_source(&mut self, tag: Tag, range: &Range<usize>) -> usize {
        let next = self.next_tag(&FIND_STU, STU, tag.whole.end..range.end);
        let bound = next.map_or(range.end, |next| self.lookup_start(next.whole.start, tag.whole.end));
        let close = self.source_end(tag.whole.end, bound);
        self.found.hidden.push(self.lookup_start(tag.whole.start, range.start)..tag.whole.end);
        self.found.hidden.extend(close.map(|(start, end)| start..end));
        let end = close.map_or(tag.whole.end, |(_, end)| end);
        self.found.unpaired.push(Unpaired { half: Half::Source, tag: tag.whole, id: tag.id });
        end
    }

    /// Where the markup before a source's tag begins: `</span>` of the target that is not one, and the lookup span.
    fn lookup_start(&self, stu: usize, floor: usize) -> usize {
        let before = self.text.get(floor..stu).unwrap_or_default();
        let lookups = ["<span class=\"sxs-lookup\">", "<span class=&quot;sxs-lookup&quot;>"];
        let Some(rest) = lookups.iter().find_map(|lookup| before.strip_suffix(lookup)) else { return stu };
        floor + rest.strip_suffix(SPAN_END).unwrap_or(rest).len()
    }

    fn is_quoted(&self, at: usize) -> bool {
        at > 0 && self.bytes.get(at - 1) == Some(&b'`')
    }

    /// Puts hidden stretches in order and apart from each other: a `</span>` may have been claimed twice.
    fn settle(&mut self) {
        self.found.hidden.sort_unstable_by_key(|range| (range.start, range.end));
        let mut end = 0;
        for range in &mut self.found.hidden {
            *range = range.start.max(end)..range.end.max(end);
            end = range.end;
        }
        self.found.hidden.retain(|range| !range.is_empty());
    }
}

fn paired(tag: &Tag, target_end: usize, stu: &Tag, source_end: usize, end: usize) -> Pair {
    Pair {
        id: tag.id.clone(),
        target: tag.whole.end..target_end,
        source: stu.whole.end..source_end,
        whole: tag.whole.start..end,
        repaired: tag.damaged || stu.damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part() -> impl Strategy<Value = String> {
        let parts = [
            format!("{TTU}\"a\">"),
            format!("{TTU}&quot;a&quot;>"),
            format!("{TTU}\"a\">甲{MIDDLE}{LOOKUP}\"a\">x{CLOSE}"),
            format!("{MIDDLE}{LOOKUP}\"a\">"),
            format!("{MIDDLE}{LOOKUP}\"b\">"),
            format!("{STU}\"a\">"),
            CLOSE.to_owned(),
            SPAN_END.to_owned(),
            "<span>".to_owned(),
            "```\n".to_owned(),
            "\n甲 < ".to_owned(),
        ];
        prop::sample::select(parts.to_vec())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]
        #[test]
        fn a_pair_seen_at_once_is_the_one_that_is_searched_for(parts in prop::collection::vec(part(), 0..12)) {
            let text = parts.concat();
            let scan = Scan { text: &text, bytes: text.as_bytes(), fences: Fences::of(&text), found: Found::default() };
            let mut next = scan.next_tag(&FIND_TTU, TTU, 0..text.len());
            while let Some(tag) = next {
                next = scan.next_tag(&FIND_TTU, TTU, tag.whole.end..text.len());
                let bound = next.as_ref().map_or(text.len(), |next| next.whole.start);
                let plain = scan.plain_pair(&tag);
                prop_assert!(plain.is_none() || plain == scan.pair(&tag, bound), "{}", text);
            }
        }
    }
}

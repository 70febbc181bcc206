//! Where fenced code stands.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

static FIND_TICKS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("```"));
static FIND_TILDES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("~~~"));

/// Stretches of fenced code (CommonMark 0.31 §4.5), in order.
///
/// A fence that is never closed is not counted: what follows it is more likely text whose fence was lost than code, and
/// text must be split.
#[derive(Default)]
pub(in crate::site) struct Fences(Vec<Range<usize>>);

impl Fences {
    /// Whether a text holds what a fence is made of.
    pub(super) fn may_be_in(text: &str) -> bool {
        FIND_TICKS.find(text.as_bytes()).or_else(|| FIND_TILDES.find(text.as_bytes())).is_some()
    }

    /// Finds the fenced code of a text. Costs two searches where there is none.
    pub(in crate::site) fn of(text: &str) -> Self {
        if !Self::may_be_in(text) {
            return Self::default();
        }
        let mut fences = Vec::new();
        let mut open: Option<(usize, &str)> = None;
        for (line, start) in fence_lines(text) {
            open = match open {
                None => fence(line).filter(|fence| opens(fence.0, fence.1)).map(|fence| (start, fence.0)),
                Some((from, marker)) if closes(line, marker) => {
                    fences.push(from..start + line.len());
                    None
                }
                open => open,
            };
        }
        Self(fences)
    }

    /// The end of the fenced code that holds a byte.
    pub(in crate::site) fn end_of(&self, at: usize) -> Option<usize> {
        if self.0.is_empty() {
            return None;
        }
        let next = self.0.partition_point(|fence| fence.end <= at);
        self.0.get(next).filter(|fence| fence.start <= at).map(|fence| fence.end)
    }
}

/// The lines that hold three backticks or tildes in a row, and where each starts.
fn fence_lines(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let bytes = text.as_bytes();
    let mut ticks = FIND_TICKS.find_iter(bytes).peekable();
    let mut tildes = FIND_TILDES.find_iter(bytes).peekable();
    let mut at = 0;
    std::iter::from_fn(move || {
        while ticks.next_if(|hit| *hit < at).is_some() || tildes.next_if(|hit| *hit < at).is_some() {}
        let hit = ticks.peek().into_iter().chain(tildes.peek()).min().copied()?;
        let start = memchr::memrchr(b'\n', bytes.get(..hit)?).map_or(0, |end| end + 1);
        at = memchr::memchr(b'\n', bytes.get(hit..)?).map_or(bytes.len(), |end| hit + end + 1);
        Some((text.get(start..at)?, start))
    })
}

/// The marker of a line that could open or close a fence, and what follows it. Quote and list markers may stand before it.
fn fence(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_whitespace() || ">-*+.)0123456789".contains(c));
    let mark = rest.chars().next().filter(|c| "`~".contains(*c))?;
    let after = rest.trim_start_matches(mark);
    let marker = rest.get(..rest.len() - after.len())?;
    (marker.len() >= 3).then_some((marker, after))
}

fn opens(marker: &str, info: &str) -> bool {
    marker.starts_with('~') || !info.contains('`')
}

fn closes(line: &str, open: &str) -> bool {
    let rest = line.trim_start_matches([' ', '\t', '>']).trim_end();
    rest.len() >= open.len() && rest.chars().all(|c| open.starts_with(c))
}

//! Where front matter begins and ends.

use std::ops::Range;

use super::yaml;

/// The front matter of a file. All ranges are bytes of the file.
pub(super) struct Block {
    /// The opening `---`.
    pub(super) fence: Range<usize>,
    /// The YAML.
    pub(super) yaml: Range<usize>,
    /// Where the body begins.
    pub(super) body: usize,
    /// Whether a closing line stands between the two.
    pub(super) closed: bool,
}

impl Block {
    /// The line of the `nth` (from zero) occurrence of a key, else the line that opens the front matter.
    pub(super) fn line_of(&self, text: &str, key: &str, nth: usize) -> Range<usize> {
        let yaml = text.get(..self.yaml.end).unwrap_or_default();
        let found = Lines { text: yaml, at: self.yaml.start }.filter(|(line, _)| begins_with(line, key)).nth(nth);
        found.map_or(self.fence.clone(), |(line, range)| range.start..range.start + line.trim_end().len())
    }
}

/// The length of the byte order mark.
pub(super) fn bom(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

/// Finds front matter: a line `---`, keys, and a line `---` or `...`. Without that last line it is the run of lines that
/// look like YAML, or what stands above the text whose rule would be taken for that line. Without any key it is a thematic
/// break and text.
pub(super) fn find(text: &str) -> Option<Block> {
    let start = bom(text);
    let mut lines = Lines { text, at: start };
    let opener = lines.next().filter(|(line, _)| line.trim_end() == "---")?;
    let fence = start..start + 3;
    let from = opener.1.end;
    let closer = lines.find(|(line, _)| matches!(line.trim_end(), "---" | "..."));
    match closer {
        Some((_, range)) => {
            let yaml = text.get(from..range.start).filter(|yaml| holds_keys(yaml))?;
            let text = text_within(yaml).map(|at| from + at);
            let (end, body) = text.map_or((range.start, range.end), |at| (at, at));
            Some(Block { fence, yaml: from..end, body, closed: text.is_none() })
        }
        None => {
            let body = Lines { text, at: from }.take_while(|(line, _)| is_yaml_like(line)).last().map(|(_, range)| range.end)?;
            holds_keys(text.get(from..body)?).then_some(Block { fence, yaml: from..body, body, closed: false })
        }
    }
}

struct Lines<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Iterator for Lines<'t> {
    type Item = (&'t str, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
        let range = self.at..self.at + length;
        self.at = range.end;
        Some((rest.get(..length)?, range))
    }
}

/// Whether the first line of some YAML that says anything begins with a key, or a later one with a key of the publisher's;
/// or nothing is said.
fn holds_keys(yaml: &str) -> bool {
    let mut said = yaml.lines().filter(|line| !is_empty(line) && !line.starts_with('#'));
    said.next().is_none_or(|first| key(first).is_some()) || said.any(is_publishers)
}

/// Where the page's text begins, if its front matter has no closing line and a rule of the text was taken for one.
///
/// Whatever is YAML as a whole is front matter, and so is what may be damaged front matter: where a key of the publisher's
/// follows, where the closing line stands right below a key, or where the text may be the value of the last key.
fn text_within(yaml: &str) -> Option<usize> {
    let at = first_text(yaml)?;
    let (above, below) = yaml.split_at_checked(at)?;
    let goes_on = below.lines().any(is_publishers) || below.lines().last().and_then(key).is_some();
    let awaits_value = above.lines().last().and_then(key).is_some_and(|(_, value)| yaml::opens_block(value));
    let is_text = !goes_on && !awaits_value && yaml::full(yaml).is_err();
    (is_text && yaml::full(above).is_ok_and(|entries| !entries.is_empty())).then_some(at)
}

/// The empty line below which a line first stands that is no YAML, or a heading. A comment stands right above its key.
fn first_text(yaml: &str) -> Option<usize> {
    let mut gap = None;
    let mut lines = Lines { text: yaml, at: 0 }.peekable();
    while let Some((line, range)) = lines.next() {
        if is_empty(line) {
            gap = gap.or(Some(range.start));
            continue;
        }
        let Some(at) = gap.take() else { continue };
        let is_alone = lines.peek().is_none_or(|(next, _)| is_empty(next));
        if !is_yaml_like(line) || (is_alone && is_heading(line)) {
            return Some(at);
        }
    }
    None
}

fn is_empty(line: &str) -> bool {
    line.trim().is_empty()
}

fn is_heading(line: &str) -> bool {
    line.starts_with('#') && line.trim_start_matches('#').starts_with(' ')
}

fn is_publishers(line: &str) -> bool {
    line.starts_with("ms.") && key(line).is_some()
}

/// Whether a line begins with just this key, in any case and with or without quotation marks, and not with a longer one.
fn begins_with(line: &str, key: &str) -> bool {
    let line = line.trim_start_matches(['"', '\'']);
    let named = line.get(..key.len()).is_some_and(|head| head.eq_ignore_ascii_case(key));
    let after = line.get(key.len()..).unwrap_or_default();
    named && after.trim_start_matches(['"', '\'']).trim_start().starts_with(':')
}

fn is_yaml_like(line: &str) -> bool {
    let indented = line.starts_with([' ', '\t', '-', '#']);
    !is_empty(line) && (indented || key(line).is_some())
}

/// The key that a line begins with, and what follows its colon.
pub(super) fn key(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_end();
    let (key, value) = line.split_once(": ").or_else(|| line.strip_suffix(':').map(|key| (key, "")))?;
    let sound = !key.is_empty() && key.len() <= 64 && !key.starts_with([' ', '\t', '<', '-', '#', '>', '|', '[', '`', '*', '!']);
    sound.then_some((key.trim_matches(['"', '\'']).trim_end(), value.trim()))
}

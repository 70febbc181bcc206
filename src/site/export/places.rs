//! Where the destinations of links and images stand in a text, and what stands there in the published file.

use std::ops::Range;

use super::markdown::Writer;
use crate::site::html::escape;
use crate::site::markdown::directive::unescape;
use crate::site::markdown::edits::Edits;
use crate::site::markdown::flow::{Ev, Flow, Kind, Tag};
use crate::site::markdown::rawhtml;
use crate::site::unit::Side;

/// A destination as written, and what is to stand in its place.
type Moved = (String, String);

/// Lets the links and images of a side lead to what they name, from where the text is published.
pub(super) fn lead_on(writer: &Writer<'_>, side: &Side, flow: &Flow, edits: &mut Edits) {
    let mut elsewhere: Vec<Moved> = Vec::new();
    for event in &flow.events {
        let range = event.start as usize..event.end as usize;
        let Some(whole) = side.text.get(range.clone()) else { continue };
        match event.kind {
            Kind::Start(Tag::Link(txt)) => {
                let written = flow.get(txt);
                if let Some(address) = writer.link(&side.path, written) {
                    put(whole, range.start, (written.to_owned(), address), edits, &mut elsewhere);
                }
            }
            Kind::Xref(txt) => {
                if let Some((name, address)) = writer.named(&side.path, flow.get(txt)) {
                    edits.replace(range, format!("[{}]({})", label(&name), fitting(&address)));
                }
            }
            Kind::Image(image) => {
                let spec = &flow.images[image as usize].spec;
                for written in [Some(&spec.source), spec.lightbox.as_ref()].into_iter().flatten() {
                    if let Some(address) = writer.image(&side.path, written) {
                        put(whole, range.start, (written.clone(), address), edits, &mut elsewhere);
                    }
                }
            }
            Kind::Raw(txt) if flow.get(txt) == whole => raw(writer, side, whole, range.start, edits),
            _ => {}
        }
    }
    if !elsewhere.is_empty() {
        let is_code = |at: usize| {
            let holds = |event: &&Ev| (event.start as usize..event.end as usize).contains(&at);
            flow.events.iter().filter(holds).any(|event| matches!(event.kind, Kind::Start(Tag::CodeBlock(_))))
        };
        definitions(&side.text, is_code, &elsewhere, edits);
    }
}

/// Puts an address in the place of the destination in a link or an image. What has none of its own has it in a definition.
fn put(whole: &str, at: usize, (written, address): Moved, edits: &mut Edits, elsewhere: &mut Vec<Moved>) {
    let address = fitting(&address);
    let moved = |range: Range<usize>| at + range.start..at + range.end;
    if whole.starts_with(":::") {
        for (start, _) in whole.match_indices(&written).filter(|(start, _)| whole[..*start].ends_with(['"', '\''])) {
            edits.replace(moved(start..start + written.len()), address.clone());
        }
    } else if whole.starts_with('<') {
        edits.replace(moved(0..whole.len()), format!("[{written}]({address})"));
    } else if let Some(range) = destination(whole, &written) {
        edits.replace(moved(range), address);
    } else {
        elsewhere.push((written, address));
    }
}

/// An address without characters that end a destination.
fn fitting(address: &str) -> String {
    let codes = [(' ', "%20"), ('(', "%28"), (')', "%29"), ('<', "%3C"), ('>', "%3E")];
    codes.iter().fold(address.to_owned(), |address, (character, code)| address.replace(*character, code))
}

/// Words as the label of a link, in which nothing is markup (CommonMark 0.31, 2.4).
fn label(words: &str) -> String {
    let is_markup = |c: char| matches!(c, '\\' | '[' | ']' | '`' | '*' | '_' | '<' | '&' | '~');
    words.chars().flat_map(|c| is_markup(c).then_some('\\').into_iter().chain([c])).collect()
}

/// The destination of an inline link or image: behind its last `](` that nothing but a title follows.
fn destination(whole: &str, written: &str) -> Option<Range<usize>> {
    whole.rmatch_indices("](").find_map(|(at, _)| {
        let range = bare(whole, at + 2)?;
        let rest = whole[range.end..].trim_start_matches('>').trim_start();
        let ends = rest == ")" || rest.starts_with(['"', '\'', '(']) && rest.ends_with(')');
        (ends && is(&whole[range.clone()], written)).then_some(range)
    })
}

/// The bytes of a destination from a place on, without the pointed brackets that it may stand in (CommonMark 0.31, 6.3).
fn bare(text: &str, from: usize) -> Option<Range<usize>> {
    let start = from + text[from..].find(|c: char| !c.is_whitespace())?;
    let pointed = text[start..].starts_with('<');
    let start = start + usize::from(pointed);
    let (mut depth, mut escaped) = (0, false);
    let end = text[start..].char_indices().find(|(_, c)| {
        let plain = !escaped;
        escaped = plain && *c == '\\';
        match c {
            '>' if pointed => return plain,
            '(' if plain => depth += 1,
            ')' if plain => depth -= 1,
            _ => {}
        }
        !pointed && (depth < 0 || c.is_whitespace())
    });
    Some(start..end.map_or(text.len(), |(at, _)| start + at))
}

/// Whether this is how a destination is written.
fn is(raw: &str, written: &str) -> bool {
    raw == written || unescape(&rawhtml::decoded(raw)) == written
}

/// Moves what definitions of reference links name: `[label]: destination`, a line each.
fn definitions(text: &str, is_code: impl Fn(usize) -> bool, moved: &[Moved], edits: &mut Edits) {
    let mut next = 0;
    for line in text.split_inclusive('\n') {
        let at = next;
        next += line.len();
        let defines = line.trim_start_matches([' ', '>']).starts_with('[');
        let Some(range) = line.find("]:").filter(|_| defines).and_then(|colon| bare(line, colon + 2)) else { continue };
        let found = moved.iter().find(|(written, _)| is(&line[range.clone()], written)).filter(|_| !is_code(at));
        if let Some((_, address)) = found {
            edits.replace(at + range.start..at + range.end, address.clone());
        }
    }
}

/// Moves what raw HTML names.
fn raw(writer: &Writer<'_>, side: &Side, html: &str, at: usize, edits: &mut Edits) {
    for (name, value) in rawhtml::tags(html).iter().flat_map(|tag| &tag.attributes) {
        let written = rawhtml::decoded(&html[value.clone()]);
        let address = match name.as_str() {
            "href" if !written.is_empty() => writer.link(&side.path, &written),
            "src" if !written.is_empty() => writer.image(&side.path, &written),
            _ => None,
        };
        let Some(address) = address else { continue };
        let mut escaped = String::new();
        escape::attribute(&fitting(&address), &mut escaped);
        edits.replace(at + value.start..at + value.end, escaped);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_destination_is_the_last_that_only_a_title_follows() {
        let found = |whole: &str, written: &str| destination(whole, written).map(|range| whole[range].to_owned());
        for (whole, written, raw) in [
            ("[a.md](a.md)", "a.md", "a.md"),
            ("[![p](p.png)](a.md)", "a.md", "a.md"),
            ("[a]( <a b.md> 'see [b](b.md)' )", "a b.md", "a b.md"),
            ("[a](a_(1).md \"t\")", "a_(1).md", "a_(1).md"),
            ("[a](a\\_b.md)", "a_b.md", "a\\_b.md"),
            ("[a](a.md?x=1&amp;y)", "a.md?x=1&y", "a.md?x=1&amp;y"),
        ] {
            assert_eq!(found(whole, written).as_deref(), Some(raw), "{whole}");
        }
        assert_eq!(found("[a][b]", "a.md"), None);
    }
}

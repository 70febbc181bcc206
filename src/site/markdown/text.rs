//! How running text is set: which spaces and line breaks Japanese takes, and where a bare address ends.

use super::cjk::is_cjk;

/// Whether a line break between these two characters is no space: both belong to a script that is written without
/// spaces (CSS Text 3 §4.1.3; FORMAT §4). Hangul is spaced, and keeps it.
pub(crate) fn joins(before: char, after: char) -> bool {
    is_cjk(before) && is_cjk(after)
}

/// Whether a space between these two characters is left over from sentences being segments (`。 次`).
pub(crate) fn is_leftover_space(before: char, after: char) -> bool {
    matches!(before, '。' | '！' | '？' | '」' | '』' | '）' | '】') && is_cjk(after)
}

/// The first bare `http://` or `https://` address in a text, as a byte range.
///
/// It ends at white space, at `<`, and at the first character of a script written without spaces; punctuation that closes a sentence
/// or a bracket opened before it does not belong to it (the rules of GitHub's extended autolinks, cut before Japanese).
pub(crate) fn find_address(text: &str) -> Option<std::ops::Range<usize>> {
    let mut from = 0;
    while let Some(colon) = memchr::memchr(b':', &text.as_bytes()[from..]).map(|at| from + at) {
        from = colon + 1;
        if !text[from..].starts_with("//") {
            continue;
        }
        from = colon + 3;
        let start = ["https", "http"].iter().find(|scheme| text[..colon].ends_with(*scheme)).map(|scheme| colon - scheme.len());
        let Some(start) = start.filter(|start| !text[..*start].ends_with(|c: char| c.is_ascii_alphanumeric())) else {
            continue;
        };
        let end = from + address_length(&text[from..]);
        if end > from {
            return Some(start..end);
        }
    }
    None
}

fn address_length(rest: &str) -> usize {
    let stop = |(at, c): &(usize, char)| {
        c.is_whitespace() || c.is_control() || "<>\"`|^{}".contains(*c) || !c.is_ascii() || ends_at(&rest[*at..])
    };
    let mut end = rest.char_indices().find(stop).map_or(rest.len(), |(at, _)| at);
    loop {
        let kept = &rest[..end];
        let last = kept.chars().next_back();
        let closes_nothing = |open: char, close: char| kept.matches(close).count() > kept.matches(open).count();
        let drop = match last {
            Some('.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '\\' | '(' | '[') => true,
            Some(')') => closes_nothing('(', ')'),
            Some(']') => closes_nothing('[', ']'),
            _ => false,
        };
        if !drop {
            return end;
        }
        end -= 1;
    }
}

/// How long the words of a link are taken to be that follows an address without a space.
const LABEL: usize = 400;

/// Whether an address ends here: at an entity other than `&amp;`, at a backslash that escapes no character of an address, and at a link.
fn ends_at(rest: &str) -> bool {
    let mut bytes = rest.bytes();
    match bytes.next() {
        Some(b'\\') => !bytes.next().is_some_and(|next| b"_*~-.#&=+()[]!".contains(&next)),
        Some(b'&') => {
            let name = rest[1..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#').count();
            name > 0 && rest.as_bytes().get(1 + name) == Some(&b';') && &rest[1..=name] != "amp"
        }
        Some(b'[') => {
            let closing = bytes.take(LABEL).position(|byte| matches!(byte, b']' | b'\n')).map(|at| at + 1);
            let close = closing.filter(|at| rest.as_bytes()[*at] == b']');
            close.is_some_and(|at| matches!(rest.as_bytes().get(at + 1), Some(b'(' | b'[')))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_ends_before_japanese_and_closing_punctuation() {
        for (text, address) in [
            ("参照: https://a.example/b、次", "https://a.example/b"),
            ("(https://a.example/b(c)).", "https://a.example/b(c)"),
            ("https://a.example/[name]。", "https://a.example/[name]"),
            ("見る https://a.example/?q=1&r=2です", "https://a.example/?q=1&r=2"),
        ] {
            assert_eq!(find_address(text).map(|range| &text[range]), Some(address), "{text}");
        }
        assert_eq!(find_address("ftp://x http:// xhttp://y"), None);
    }

    #[test]
    fn japanese_takes_no_space_from_a_line_break_and_korean_does() {
        assert!(joins('語', '、') && joins('。', 'カ'));
        assert!(!joins('語', 'a') && !joins('한', '국'));
        assert!(is_leftover_space('。', '次') && !is_leftover_space('。', 'A') && !is_leftover_space('語', '次'));
    }
}

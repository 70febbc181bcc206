//! Bytes looked at many at a time. Texts of a page are short and what is looked for stands close together: to begin a search
//! anew at every find costs more than to look at all bytes.

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES << 7;

/// Calls `found` with the place of each such byte, in order.
pub(super) fn each(bytes: &[u8], byte: u8, mut found: impl FnMut(usize)) {
    let mut at = 0;
    for eight in bytes.chunks_exact(8) {
        let mut zeros = all_zeros(word(eight) ^ (ONES * u64::from(byte)));
        while zeros != 0 {
            found(at + zeros.trailing_zeros() as usize / 8);
            zeros &= zeros - 1;
        }
        at += 8;
    }
    bytes[at..].iter().zip(at..).filter(|(one, _)| **one == byte).for_each(|(_, at)| found(at));
}

/// Whether some byte is of a kind, of at least sixteen; `None` if there are fewer.
///
/// All are looked at, without leaving early, sixteen at once and the last of them perhaps twice: so the compiler takes each sixteen in one step.
pub(super) fn any(bytes: &[u8], is: impl Fn(u8) -> bool) -> Option<bool> {
    let last = bytes.last_chunk::<16>()?;
    let mut seen = [0; 16];
    let mut look = |chunk: &[u8; 16]| {
        for (seen, byte) in seen.iter_mut().zip(chunk) {
            *seen |= u8::from(is(*byte));
        }
    };
    bytes.as_chunks::<16>().0.iter().for_each(&mut look);
    look(last);
    Some(u128::from_ne_bytes(seen) != 0)
}

/// Whether a byte stands twice in a row. Looked at as in [`any`].
pub(super) fn has_pair(bytes: &[u8], byte: u8) -> bool {
    let Some(last) = bytes.last_chunk::<17>() else {
        return bytes.windows(2).any(|pair| pair == [byte, byte]);
    };
    let mut seen = [0; 16];
    let mut look = |first: &[u8], second: &[u8]| {
        for (seen, (first, second)) in seen.iter_mut().zip(first.iter().zip(second)) {
            *seen |= u8::from((*first == byte) & (*second == byte));
        }
    };
    let (first, second) = (bytes.as_chunks::<16>().0, bytes[1..].as_chunks::<16>().0);
    first.iter().zip(second).for_each(|(first, second)| look(first, second));
    look(&last[..16], &last[1..]);
    u128::from_ne_bytes(seen) != 0
}

/// Whether white space stands in a text only as one space between words.
pub(super) fn is_spaced_once(text: &str) -> bool {
    let bytes = text.as_bytes();
    // White space beyond ASCII begins with one of the bytes named.
    let is_odd = |byte: u8| matches!(byte, b'\t'..=b'\r' | 0xC2 | 0xE1 | 0xE2 | 0xE3);
    let odd = any(bytes, is_odd).unwrap_or_else(|| bytes.iter().any(|byte| is_odd(*byte)));
    let spaced = !has_pair(bytes, b' ') && bytes.first() != Some(&b' ') && bytes.last() != Some(&b' ');
    spaced && !(odd && text.contains(|c: char| c != ' ' && c.is_whitespace()))
}

/// Whether there is a NUL, a quotation mark or one of `&`, `<`, `>`.
pub(super) fn has_markup(bytes: &[u8]) -> bool {
    // `<` and `>` differ in one bit, and so do `"` and `&`.
    any(bytes, |byte| (byte == 0) | (byte | 2 == b'>') | (byte | 4 == b'&')).unwrap_or_else(|| few_have_markup(bytes))
}

fn few_have_markup(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk::<8>() else {
        return bytes.iter().any(|byte| matches!(byte, 0 | b'"' | b'&' | b'<' | b'>'));
    };
    bytes.chunks_exact(8).map(|eight| markup(word(eight))).fold(markup(word(last)), |all, one| all | one) != 0
}

/// Not zero if one of the bytes is markup: `<` and `>` differ in one bit, and so do `"` and `&`.
fn markup(word: u64) -> u64 {
    let either = |byte: u8, bit: u8| any_zero((word & !(ONES * u64::from(bit))) ^ (ONES * u64::from(byte & !bit)));
    any_zero(word) | either(b'<', b'<' ^ b'>') | either(b'"', b'"' ^ b'&')
}

fn word(eight: &[u8]) -> u64 {
    eight.try_into().map_or(0, u64::from_le_bytes)
}

/// Not zero if one of the bytes is.
fn any_zero(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGH
}

/// The high bit of each byte that is zero.
fn all_zeros(word: u64) -> u64 {
    !(((word & !HIGH) + !HIGH) | word | !HIGH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_found_once_in_order() {
        for len in 0..40 {
            let bytes: Vec<u8> = (0..len).map(|at| [b' ', b'!', 0xA0, b' ', 0x21, 0x1F, 0][at * 5 % 7]).collect();
            for byte in [b' ', b'!', 0, 0x1F, 0xFF] {
                let mut found = Vec::new();
                each(&bytes, byte, |at| found.push(at));
                let wanted: Vec<usize> = memchr::memchr_iter(byte, &bytes).collect();
                assert_eq!(found, wanted, "{len} {byte}");
            }
        }
    }

    #[test]
    fn a_pair_is_seen_wherever_it_stands() {
        for len in 0..60 {
            let mut bytes = vec![b'x'; len];
            (0..len).step_by(2).for_each(|at| bytes[at] = b' ');
            assert!(!has_pair(&bytes, b' '), "{len}");
            for at in (1..len).step_by(2) {
                bytes[at] = b' ';
                assert!(has_pair(&bytes, b' '), "{at} of {len}");
                bytes[at] = b'x';
            }
        }
    }

    #[test]
    fn white_space_is_one_space_between_words() {
        let long = "あいう え and words beyond sixteen bytes";
        for text in ["", "a", "日本語", "a b", long] {
            assert!(is_spaced_once(text), "{text}");
        }
        for text in [" a", "a ", " "] {
            assert!(!is_spaced_once(text), "{text:?}");
        }
        for space in ["  ", "\t", "\n", "\u{a0}", "\u{1680}", "\u{2003}", "\u{3000}"] {
            for text in [space.to_owned(), format!("a{space}b"), format!("{long}{space}{long}")] {
                assert!(!is_spaced_once(&text), "{text:?}");
            }
        }
    }

    #[test]
    fn markup_is_seen_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            let is_markup = matches!(byte, 0 | b'"' | b'&' | b'<' | b'>');
            for len in 1..50 {
                for at in 0..len {
                    let mut bytes = [b'=', b'!', b'\'', b'%', 0xBC, 0x80, b'x', b'?'].repeat(7);
                    bytes.truncate(len);
                    bytes[at] = byte;
                    assert_eq!(has_markup(&bytes), is_markup, "{byte} at {at} of {len}");
                }
            }
        }
        assert!(!has_markup(b""));
    }
}

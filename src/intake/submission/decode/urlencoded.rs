//! `application/x-www-form-urlencoded` (WHATWG URL §5.1), with two differences: encodings are strict, and so are percent signs.

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8};

use super::{DecodeError, MOST_PAIRS, Pair, Sent, check_size_and_mark};

/// Reads a body. It is UTF-8, or Shift_JIS (as browsers know it: Windows-31J) if the field `_charset_` says so.
///
/// # Errors
/// The bytes are of another encoding, a percent sign is not followed by two hexadecimal digits, or there is too much of it.
pub fn urlencoded(body: &[u8]) -> Result<Sent, DecodeError> {
    check_size_and_mark(body)?;
    let parts: Vec<&[u8]> = body.split(|byte| *byte == b'&').filter(|part| !part.is_empty()).collect();
    if parts.len() > MOST_PAIRS {
        return Err(DecodeError::Malformed);
    }
    let raw = parts.into_iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    let encoding = encoding(&raw)?;
    let text = |bytes: &[u8]| text(bytes, encoding);
    raw.iter().map(|(name, value)| Ok(Pair { name: text(name)?, text: Some(text(value)?) })).collect::<Result<_, _>>().map(Sent)
}

type RawPair = (Vec<u8>, Vec<u8>);

fn pair(part: &[u8]) -> Result<RawPair, DecodeError> {
    let middle = part.iter().position(|byte| *byte == b'=').unwrap_or(part.len());
    let value = part.get(middle + 1..).unwrap_or_default();
    Ok((bytes(&part[..middle])?, bytes(value)?))
}

/// `+` is a space, `%XX` is a byte.
fn bytes(encoded: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::with_capacity(encoded.len());
    let mut rest = encoded.iter();
    while let Some(byte) = rest.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => match (rest.next().and_then(hex), rest.next().and_then(hex)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(DecodeError::Malformed),
            },
            byte => *byte,
        });
    }
    Ok(out)
}

fn hex(digit: &u8) -> Option<u8> {
    char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The encoding that the field `_charset_` names (HTML §4.10.21.5); UTF-8 without it.
fn encoding(raw: &[RawPair]) -> Result<&'static Encoding, DecodeError> {
    let label = raw.iter().find(|(name, _)| name == b"_charset_").map(|(_, value)| value.as_slice());
    match label.filter(|label| !label.is_empty()).map(Encoding::for_label) {
        None => Ok(UTF_8),
        Some(Some(encoding)) if encoding == UTF_8 || encoding == SHIFT_JIS => Ok(encoding),
        Some(_) => Err(DecodeError::BadEncoding),
    }
}

fn text(bytes: &[u8], encoding: &'static Encoding) -> Result<String, DecodeError> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or(DecodeError::BadEncoding)?;
    Ok(if encoding == SHIFT_JIS { with_references(&text) } else { text.into_owned() })
}

/// A browser writes what Shift_JIS cannot hold as `&#N;` (WHATWG Encoding §4.5). Such a reference is the character that was
/// typed; one to a character that Shift_JIS does hold can only have been typed as it stands.
fn with_references(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("&#") {
        out.push_str(before);
        let reference = after.split_once(';').and_then(|(number, after)| Some((unencodable(number)?, after)));
        rest = match reference {
            Some((c, after)) => {
                out.push(c);
                after
            }
            None => {
                out.push_str("&#");
                after
            }
        };
    }
    out + rest
}

fn unencodable(number: &str) -> Option<char> {
    let digits = (1..=7).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let c = char::from_u32(number.parse().ok().filter(|_| digits)?)?;
    let (_, _, lossy) = SHIFT_JIS.encode(c.encode_utf8(&mut [0; 4]));
    lossy.then_some(c)
}

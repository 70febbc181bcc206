//! What is wrong with the headers of a request, before anything else is looked at.

use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderName, ORIGIN, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderValue};

use super::problem::Refusal;

/// The name of the header with an idempotency key (draft-ietf-httpapi-idempotency-key-header-07).
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The most characters of an idempotency key.
const MOST_KEY: usize = 128;

/// Headers of which there may be one only: two of them are read differently by different programs on the way.
const ONCE: [HeaderName; 8] = [
    HOST,
    ORIGIN,
    CONTENT_TYPE,
    CONTENT_ENCODING,
    TRANSFER_ENCODING,
    IDEMPOTENCY_KEY,
    HeaderName::from_static("sec-fetch-site"),
    HeaderName::from_static("sec-fetch-mode"),
];

/// Refuses repeated headers. How long a body is was settled before, by hyper, so that nothing can be smuggled behind it (RFC 9112 §6.3): lengths
/// that differ are refused, equal ones are one, and of a length beside `Transfer-Encoding` nothing is left: the chunks count, and the
/// connection ends with the answer.
pub(super) fn check(headers: &HeaderMap) -> Result<(), Refusal> {
    let repeated = |name: &HeaderName| headers.get_all(name).iter().nth(1).is_some();
    // Most requests repeat none at all, and need no search for each of these.
    let repeats = headers.len() > headers.keys_len();
    if repeats && ONCE.iter().any(repeated) { Err(Refusal::RepeatedHeader) } else { Ok(()) }
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/x-www-form-urlencoded`: a page without script.
    Form,
    /// `application/json`: a page's script, or another program.
    Json,
}

/// The media type: one of two, in UTF-8, not compressed.
pub(super) fn media(headers: &HeaderMap) -> Result<Media, Refusal> {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).ok_or(Refusal::UnsupportedMediaType)?;
    let mut parts = text.split(';').map(str::trim);
    let media = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "application/x-www-form-urlencoded" => Media::Form,
        "application/json" => Media::Json,
        _ => return Err(Refusal::UnsupportedMediaType),
    };
    let plain = headers.get(CONTENT_ENCODING).is_none_or(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if plain && parts.all(is_utf_8) { Ok(media) } else { Err(Refusal::UnsupportedMediaType) }
}

fn is_utf_8(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return parameter.is_empty() };
    name.trim().eq_ignore_ascii_case("charset") && value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
}

/// The idempotency key of the header, as the draft writes it (in quotation marks) or bare.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let text = value.to_str().map_err(|_| Refusal::BadKey)?.trim();
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    key(bare).map(Some)
}

/// A sound idempotency key: letters, digits and `-._~:` only, so that it means the same everywhere.
pub(super) fn key(text: &str) -> Result<String, Refusal> {
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
    let fits = (1..=MOST_KEY).contains(&text.len()) && text.bytes().all(sound);
    if fits { Ok(text.to_owned()) } else { Err(Refusal::BadKey) }
}

/// Whether a client is answered with a page: whoever posts as pages without script do, and else whoever asks for one.
pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    if headers.contains_key(CONTENT_TYPE)
        && let Ok(media) = media(headers)
    {
        return media == Media::Form;
    }
    let accept = headers.get("accept").map(HeaderValue::as_bytes).unwrap_or_default();
    accept.windows(9).any(|part| part.eq_ignore_ascii_case(b"text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(headers: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    #[test]
    fn a_header_that_counts_stands_once() {
        assert!(check(&map(&[("host", "a"), ("x-forwarded-for", "a"), ("x-forwarded-for", "b")])).is_ok());
        for name in ["host", "origin", "content-type", "transfer-encoding", "idempotency-key", "sec-fetch-site"] {
            assert_eq!(check(&map(&[(name, "1"), (name, "1")])), Err(Refusal::RepeatedHeader), "{name}");
        }
    }

    #[test]
    fn two_media_types_are_known() {
        let media_of = |text: &str| media(&map(&[("content-type", text)])).ok();
        assert_eq!(media_of("application/json"), Some(Media::Json));
        assert_eq!(media_of("Application/JSON; charset=\"UTF-8\""), Some(Media::Json));
        assert_eq!(media_of("application/x-www-form-urlencoded;charset=utf-8"), Some(Media::Form));
        for wrong in [
            "text/plain",
            "application/json; charset=shift_jis",
            "application/jsonp",
            "multipart/form-data; boundary=x",
            "",
            "application/json; x=1",
        ] {
            assert_eq!(media_of(wrong), None, "{wrong}");
        }
        assert!(media(&map(&[])).is_err());
        assert!(media(&map(&[("content-type", "application/json"), ("content-encoding", "gzip")])).is_err());
    }

    #[test]
    fn a_key_is_read_bare_or_quoted() {
        let key = |text: &str| idempotency_key(&map(&[("idempotency-key", text)]));
        assert_eq!(key("\"a-1\""), Ok(Some("a-1".into())));
        assert_eq!(key("a-1"), Ok(Some("a-1".into())));
        for wrong in ["", "\"\"", "a b", "a\"", "%0a", &"x".repeat(129)] {
            assert_eq!(key(wrong), Err(Refusal::BadKey), "{wrong}");
        }
        assert_eq!(idempotency_key(&map(&[])), Ok(None));
    }
}

//! The reader's language: the field `locale`, then `Accept-Language`, then the site's default.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

use crate::locale::{LocaleId, LocaleSet};

/// The most languages of a header that are looked at.
const MOST: usize = 20;

/// The locale of an answer.
pub(super) fn locale(locales: &LocaleSet, chosen: Option<&str>, headers: &HeaderMap) -> LocaleId {
    let chosen = chosen.and_then(|tag| locales.find(tag));
    chosen.or_else(|| accepted(locales, headers)).unwrap_or(locales.default_id())
}

/// The field `locale` of a body that is not decoded, posted or as JSON. It stands before what readers write.
pub(super) fn written(body: &[u8]) -> Option<&str> {
    const FAR: usize = 1024;
    let body = &body[..body.len().min(FAR)];
    let begins = ["locale=", "&locale=", "\"locale\":\""];
    let after =
        |mark: &&str| body.windows(mark.len()).position(|some| some == mark.as_bytes()).map(|at| &body[at + mark.len()..]);
    let rest = body.strip_prefix(begins[0].as_bytes()).or_else(|| begins[1..].iter().find_map(after))?;
    let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-')?;
    std::str::from_utf8(&rest[..end]).ok()
}

/// The first of the site's locales that the header names, the most wanted first (RFC 9110 §12.5.4).
fn accepted(locales: &LocaleSet, headers: &HeaderMap) -> Option<LocaleId> {
    let text = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut wanted: Vec<(&str, f32)> = text.split(',').take(MOST).filter_map(range).collect();
    wanted.sort_by(|one, other| other.1.total_cmp(&one.1));
    wanted.into_iter().find_map(|(tag, _)| locales.find(tag))
}

fn range(part: &str) -> Option<(&str, f32)> {
    let (tag, weight) = part.split_once(';').unwrap_or((part, ""));
    let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.trim().parse().ok())?;
    (weight > 0.0).then_some((tag.trim(), weight))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Locale;

    #[test]
    fn the_field_is_found_in_a_body_that_is_not_decoded() {
        for (body, expected) in [
            ("locale=en&title=x", Some("en")),
            ("_charset_=UTF-8&locale=ja-JP&title=x", Some("ja-JP")),
            (r#"{"locale":"en","title":"x"}"#, Some("en")),
            ("title=locale=en&x=", None),
            ("", None),
            ("locale=en", None),
            ("mylocale=en&x", None),
        ] {
            assert_eq!(written(body.as_bytes()), expected, "{body}");
        }
        assert_eq!(written(&[b"&locale=en\xff".as_slice(), &[0xff; 2000]].concat()), Some("en"));
    }

    #[test]
    fn the_field_comes_before_the_header_and_the_header_before_the_default() {
        let set = LocaleSet::new(["ja", "en"].map(|tag| Locale::parse(tag).unwrap()).into(), Locale::parse("en").unwrap());
        for (chosen, header, expected) in [
            (None, None, 0),
            (None, Some("en-GB,en;q=0.9,ja;q=0.8"), 1),
            (None, Some("de, ja-JP;q=0.5, en;q=0.7"), 1),
            (None, Some("en;q=0, ja"), 0),
            (None, Some("*, xx;q=a"), 0),
            (Some("en"), Some("ja"), 1),
            (Some("xx"), Some("en"), 1),
        ] {
            let mut headers = HeaderMap::new();
            headers.extend(header.map(|text: &str| (ACCEPT_LANGUAGE, text.parse().unwrap())));
            assert_eq!(locale(&set, chosen, &headers).index(), expected, "{chosen:?} {header:?}");
        }
    }
}

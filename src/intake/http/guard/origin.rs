//! Which pages may post here: by `Origin` (RFC 6454 §7) and Fetch Metadata (W3C, `Sec-Fetch-Site`).

use axum::http::HeaderMap;
use axum::http::header::ORIGIN;

use crate::config::Origin;

/// What the headers say of the page that sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Sender<'a> {
    /// A page of one of our origins.
    Ours(&'a str),
    /// No browser, or one that says nothing; the token is its proof.
    Silent,
    /// A page of another origin, a sandboxed one (`null`), or a header that cannot be read.
    Foreign,
}

/// Judges by the headers. Repeated `Origin` headers were refused before. The comparison is of whole origins, so that neither
/// `https://docs.example.com.evil.example` nor another port is ours.
pub(in super::super) fn sender<'a>(headers: &HeaderMap, ours: &'a [Origin]) -> Sender<'a> {
    let Some(origin) = headers.get(ORIGIN) else {
        // Browsers send Origin with every POST; a page of another site that comes without has had it taken away.
        let site = headers.get("sec-fetch-site").map(axum::http::HeaderValue::as_bytes);
        return if matches!(site, None | Some(b"same-origin" | b"none")) { Sender::Silent } else { Sender::Foreign };
    };
    let known = ours.iter().find(|known| known.as_str().as_bytes() == origin.as_bytes());
    known.map_or(Sender::Foreign, |known| Sender::Ours(known.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(headers: &[(&'static str, &str)]) -> &'static str {
        let ours = ["https://docs.example.com", "http://localhost:8000"].map(|text| Origin::parse(text).unwrap());
        let map = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        match sender(&map, &ours) {
            Sender::Ours(_) => "ours",
            Sender::Silent => "silent",
            Sender::Foreign => "foreign",
        }
    }

    #[test]
    fn only_our_own_pages_may_post() {
        for (headers, expected) in [
            (&[("origin", "https://docs.example.com")][..], "ours"),
            (&[("origin", "http://localhost:8000"), ("sec-fetch-site", "cross-site")], "ours"),
            (&[], "silent"),
            (&[("sec-fetch-site", "same-origin")], "silent"),
            (&[("sec-fetch-site", "none")], "silent"),
            (&[("sec-fetch-site", "cross-site")], "foreign"),
            (&[("sec-fetch-site", "same-site")], "foreign"),
            (&[("origin", "null"), ("sec-fetch-site", "same-origin")], "foreign"),
            (&[("origin", "")], "foreign"),
            (&[("origin", "https://docs.example.com.evil.example")], "foreign"),
            (&[("origin", "https://evildocs.example.com")], "foreign"),
            (&[("origin", "https://docs.example.com:8443")], "foreign"),
            (&[("origin", "http://docs.example.com")], "foreign"),
            (&[("origin", "https://docs.example.com/")], "foreign"),
            (&[("origin", "https://docs.example.com https://evil.example")], "foreign"),
            (&[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")], "foreign"),
            (&[("origin", "https://evil.example"), ("referer", "https://docs.example.com/")], "foreign"),
        ] {
            assert_eq!(judged(headers), expected, "{headers:?}");
        }
    }
}

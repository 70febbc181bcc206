//! Quotation marks that a faulty export has turned to `&quot;`.
//!
//! From the end of one attribute's value on, every `"` is `&quot;` up to the next `"`, which may be pages later, in code.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memchr;
use memchr::memmem::Finder;

const OPENERS: [&str; 4] = ["<a name=\"", "<span data-ttu-id=\"", "<span class=\"", "<span data-stu-id=\""];

static FIND_QUOT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("&quot;>"));

/// The damaged stretches, each from its first `&quot;` to before the quotation mark that ends it.
pub(super) fn regions(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut regions: Vec<Range<usize>> = Vec::new();
    for start in FIND_QUOT.find_iter(bytes) {
        let inside = regions.last().is_some_and(|region| start < region.end);
        if !inside && ends_value(text.get(..start).unwrap_or_default()) {
            let rest = bytes.get(start..).unwrap_or_default();
            regions.push(start..memchr(b'"', rest).map_or(bytes.len(), |end| start + end));
        }
    }
    regions
}

/// Whether a text ends in one of the format's attributes with its value open.
fn ends_value(before: &str) -> bool {
    let Some(quote) = before.rfind('"') else { return false };
    let value = before.get(quote + 1..).unwrap_or_default();
    let head = before.get(..=quote).unwrap_or_default();
    !value.contains(['<', '>', '&', '\n']) && OPENERS.iter().any(|opener| head.ends_with(opener))
}

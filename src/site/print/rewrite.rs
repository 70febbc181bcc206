//! The finished HTML of an article, for a page that holds several: headings one level lower, every id its own, links among the articles of
//! the page within it, all others from where the page stands. Links of headings go, and a form becomes a link to it.

use std::collections::HashMap;

use super::id;
use crate::site::html::{escape, tag_end};
use crate::vpath::{UrlPath, percent_decode};

/// Where an article stands.
pub(super) struct Place<'a> {
    /// Its number in the page, from 1.
    pub(super) number: usize,
    /// Its own address, from which its links lead.
    pub(super) from: &'a UrlPath,
    /// The address of the page.
    pub(super) here: &'a UrlPath,
    /// The articles of the page by their own addresses.
    pub(super) numbers: &'a HashMap<&'a str, usize>,
    /// The tag of the language that what stands in the place of a form is in: the reader's, whatever language the text around it is in, unless
    /// the theme lacks words for it.
    pub(super) lang: &'a str,
}

impl Place<'_> {
    /// An article's HTML in the page, in which `form` says what stands in the place of a form.
    pub(super) fn rewritten(&self, html: &str, form: &str) -> String {
        let mut out = String::with_capacity(html.len());
        let mut rest = html;
        while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
            out.push_str(&rest[..at]);
            let tag = &rest[at..at + tag_end(&rest[at..])];
            rest = &rest[at + tag.len()..];
            if tag.starts_with("<a class=\"heading-link\"") || tag.starts_with("<a class=\"heading-twin\"") {
                rest = after(rest, "</a>");
            } else if tag.starts_with("<form class=\"request\"") {
                rest = after(rest, "</form>");
                self.form(tag, form, &mut out);
            } else {
                self.tag(tag, &mut out);
            }
        }
        out.push_str(rest);
        out
    }

    /// A form is filled in on its own page.
    fn form(&self, tag: &str, words: &str, out: &mut String) {
        let id = tag.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        out.extend(["<p class=\"form-elsewhere\" lang=\"", self.lang, "\"><a href=\""]);
        escape::attribute(&self.here.relative_to(self.from), out);
        out.push('#');
        out.push_str(id);
        out.push_str("\">");
        escape::text(words, out);
        out.push_str("</a></p>");
    }

    fn tag(&self, tag: &str, out: &mut String) {
        let name_at = 1 + usize::from(tag.starts_with("</"));
        let name_end = tag[name_at..].find(|c: char| !c.is_ascii_alphanumeric()).map_or(tag.len(), |end| name_at + end);
        let name = &tag[name_at..name_end];
        out.push_str(&tag[..name_at]);
        out.push_str(match name {
            "h1" => "h2",
            "h2" => "h3",
            "h3" => "h4",
            "h4" => "h5",
            "h5" => "h6",
            name => name,
        });
        let mut rest = &tag[name_end..];
        while let Some((before, attribute, value, after)) = attribute(rest) {
            out.push_str(before);
            match attribute {
                "id" | "name" | "headers" | "for" | "aria-labelledby" | "aria-describedby" => self.ids(value, out),
                "href" | "src" | "cite" => self.address(value, out),
                _ => out.push_str(value),
            }
            rest = after;
        }
        out.push_str(rest);
    }

    /// Names of places in the article, with a space between.
    fn ids(&self, value: &str, out: &mut String) {
        for (at, one) in value.split(' ').enumerate() {
            out.push_str(if at > 0 { " " } else { "" });
            self.within(self.number, one, out);
        }
    }

    /// The id of a place in an article, or of the article.
    fn within(&self, number: usize, place: &str, out: &mut String) {
        out.push_str(&id(number));
        if !place.is_empty() {
            out.push('-');
            out.push_str(place);
        }
    }

    /// An address as it stands in an attribute.
    fn address(&self, value: &str, out: &mut String) {
        if let Some(place) = value.strip_prefix('#') {
            out.push('#');
            return self.within(self.number, place, out);
        }
        let end = value.find(['?', '#']).unwrap_or(value.len());
        let (path, suffix) = value.split_at(end);
        let is_relative = !path.starts_with('/') && !path.split('/').next().is_some_and(|first| first.contains(':'));
        if !is_relative {
            return out.push_str(value);
        }
        let to = self.resolved(&path.replace("&amp;", "&"));
        let place = Some(suffix).filter(|suffix| !suffix.starts_with('?')).map(|suffix| suffix.trim_start_matches('#'));
        match (self.numbers.get(to.as_str()), place) {
            (Some(number), Some(place)) => {
                out.push('#');
                self.within(*number, place, out);
            }
            _ => {
                escape::attribute(&self.here.relative_to(&to), out);
                out.push_str(suffix);
            }
        }
    }

    /// Where a relative path leads from the article's own page (RFC 3986 §5.2).
    fn resolved(&self, path: &str) -> UrlPath {
        let mut parts: Vec<&str> = self.from.as_str().split('/').collect();
        if !path.is_empty() {
            parts.pop();
        }
        let path = percent_decode(path);
        let mut ends_in_folder = false;
        for part in path.split('/').filter(|_| !path.is_empty()) {
            ends_in_folder = matches!(part, "" | "." | "..");
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        let mut joined = parts.join("/");
        if ends_in_folder && !joined.is_empty() {
            joined.push('/');
        }
        UrlPath::new(joined)
    }
}

/// What follows the next of these.
fn after<'t>(text: &'t str, end: &str) -> &'t str {
    text.split_once(end).map_or("", |(_, after)| after)
}

/// The next attribute with a value: what stands before the value, the attribute's name, the value, and the rest from its quotation mark on.
fn attribute(tag: &str) -> Option<(&str, &str, &str, &str)> {
    let at = tag.find("=\"")?;
    let (before, value) = tag.split_at(at + 2);
    let end = value.find('"')?;
    let name = &before[before[..at].rfind([' ', '"', '\n']).map_or(0, |space| space + 1)..at];
    Some((before, name, &value[..end], &value[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second article of a page in `ja/a/`, whose first is `ja/a/` and whose third is `ja/b/x y/`.
    fn rewritten(html: &str) -> String {
        let (from, here) = (UrlPath::new("ja/b/c/"), UrlPath::new("ja/a/print.html"));
        let numbers = HashMap::from([("ja/a/", 1), ("ja/b/c/", 2), ("ja/b/x y/", 3)]);
        Place { number: 2, from: &from, here: &here, numbers: &numbers, lang: "ja" }.rewritten(html, "A form")
    }

    #[test]
    fn every_id_is_the_articles_own_and_headings_stand_lower() {
        assert_eq!(
            rewritten("<h1 id=\"x\">A &lt; B<a class=\"heading-link\" href=\"#x\" aria-label=\"y\">#</a></h1>\n<h6>z</h6>"),
            "<h2 id=\"p2-x\">A &lt; B</h2>\n<h6>z</h6>"
        );
        assert_eq!(
            rewritten("<details class=\"tab\" name=\"md-tabs-1\" open><td headers=\"a b\" title=\"a > b\">"),
            "<details class=\"tab\" name=\"p2-md-tabs-1\" open><td headers=\"p2-a p2-b\" title=\"a > b\">"
        );
    }

    #[test]
    fn links_lead_to_the_same_from_where_the_page_stands() {
        for (written, becomes) in [
            ("#x", "#p2-x"),
            ("#", "#p2"),
            ("./", "#p2"),
            ("../../a/#y", "#p1-y"),
            ("../x%20y/", "#p3"),
            ("../x%20y/?a=1#b", "../b/x%20y/?a=1#b"),
            ("?a=1", "../b/c/?a=1"),
            ("parallel/", "../b/c/parallel/"),
            ("../../../media/a&amp;b.svg", "../../media/a&amp;b.svg"),
            ("../../../en/a/#y", "../../en/a/#y"),
            ("https://example.com/#x", "https://example.com/#x"),
            ("mailto:a@example.com", "mailto:a@example.com"),
            ("/requests/x", "/requests/x"),
        ] {
            assert_eq!(rewritten(&format!("<a href=\"{written}\">")), format!("<a href=\"{becomes}\">"));
        }
    }

    #[test]
    fn a_form_is_a_link_to_it() {
        assert_eq!(
            rewritten("a<form class=\"request\" id=\"form-x\" method=\"post\"><input id=\"y\"></form>b"),
            "a<p class=\"form-elsewhere\" lang=\"ja\"><a href=\"../b/c/#form-x\">A form</a></p>b"
        );
    }
}

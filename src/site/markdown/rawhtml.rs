//! Raw HTML in the text: the frequent exact shapes, a scan of tags for reports and links, and the one list of what is allowed.
//!
//! The scan decides nothing about safety: whatever is shown goes through the sanitizer (`ammonia`), which parses as browsers do.

mod tags;

use std::collections::HashSet;
use std::sync::LazyLock;

pub(crate) use tags::{RawTag, Unfinished, decoded, has_blocks, tags, unfinished};

/// A shape that is understood without the sanitizer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Exact<'t> {
    /// `<a name="…">` or `<a id="…">`.
    Anchor(&'t str),
    /// `</a>`.
    AnchorEnd,
    /// Nothing but empty anchors.
    Anchors(Vec<&'t str>),
    /// `<br>`.
    Break,
    /// `<!-- … -->`.
    Comment,
}

/// The exact shape that a piece of HTML is.
pub(crate) fn exact(html: &str) -> Option<Exact<'_>> {
    match html {
        "<br>" | "<br/>" | "<br />" | "</br>" | "<BR>" => return Some(Exact::Break),
        "</a>" => return Some(Exact::AnchorEnd),
        _ => {}
    }
    if html.starts_with("<!--") && html.find("-->") == Some(html.len().wrapping_sub(3)) {
        return Some(Exact::Comment);
    }
    let (id, rest) = anchor(html)?;
    if rest.is_empty() {
        return Some(Exact::Anchor(id));
    }
    let mut ids = vec![id];
    let mut rest = rest.trim_start().strip_prefix("</a>")?.trim_start();
    while !rest.is_empty() {
        let (id, after) = anchor(rest)?;
        ids.push(id);
        rest = after.trim_start().strip_prefix("</a>")?.trim_start();
    }
    Some(Exact::Anchors(ids))
}

/// The id of an anchor that the text begins with, if it has no other attribute than an empty `href`, and what follows the tag.
fn anchor(html: &str) -> Option<(&str, &str)> {
    let attributes = html.strip_prefix("<a ")?;
    let end = attributes.find('>')?;
    let mut id = None;
    let mut rest = attributes[..end].trim_end_matches('/').trim();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, after) = after[1..].split_once(quote)?;
        match (key.trim(), value) {
            ("name" | "id", value) if !value.trim().is_empty() => id = Some(value.trim()),
            ("href", "") => {}
            _ => return None,
        }
        rest = after.trim_start();
    }
    Some((id?, &attributes[end + 1..]))
}

/// Schemes that an address may have. One list for Markdown, HTML, tables of contents, redirections, YAML and xref.
pub(crate) const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// Elements that raw HTML may use: text, tables, lists, pictures, disclosure; nothing that runs, embeds or submits.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Presentational elements that are dropped without a word while what they enclose stays: every docset has some.
const SILENT: &[&str] = &["font", "center", "tt"];

/// Attributes that any element may have.
const COMMON: &[&str] = &["id", "lang", "dir", "title"];

fn allowed_attribute(element: &str, name: &str) -> bool {
    COMMON.contains(&name)
        || matches!(
            (element, name),
            ("a", "href" | "name")
                | ("img", "src" | "alt" | "width" | "height")
                | ("td" | "th", "colspan" | "rowspan" | "headers" | "scope" | "abbr")
                | ("ol", "start" | "reversed" | "type")
                | ("li", "value")
                | ("col" | "colgroup", "span")
                | ("details", "open")
                | ("q" | "blockquote", "cite")
        )
}

/// Attributes of presentation, which are dropped without a word: a site has one design.
fn silent_attribute(name: &str) -> bool {
    matches!(
        name,
        "class"
            | "align"
            | "valign"
            | "border"
            | "cellpadding"
            | "cellspacing"
            | "bgcolor"
            | "width"
            | "height"
            | "color"
            | "size"
            | "face"
            | "target"
            | "rel"
            | "name"
            | "type"
            | "nowrap"
            | "background"
            | "clear"
            | "summary"
            | "role"
            | "data-linktype"
    ) || name.starts_with("data-")
        || name.starts_with("aria-")
}

/// Whether an element may stay.
pub(crate) fn is_allowed(tag: &RawTag) -> bool {
    ELEMENTS.contains(&tag.name.as_str())
}

/// What of a tag is not allowed, in words; `None` if all of it may stay.
pub(crate) fn refused(tag: &RawTag) -> Option<String> {
    if !is_allowed(tag) {
        return Some(format!("`<{}>`", tag.name));
    }
    let names = tag.attributes.iter().map(|(name, _)| name.as_str());
    let bad: Vec<&str> = names.filter(|name| !allowed_attribute(&tag.name, name) && !silent_attribute(name)).collect();
    (!bad.is_empty() && !tag.closes).then(|| format!("`{}` of `<{}>`", bad.join("`, `"), tag.name))
}

/// Elements whose end tag may be left out (HTML Standard 13.1.2.4), so that an open one leaves nothing unbalanced.
const OPTIONAL_END: &[&str] =
    &["p", "li", "td", "th", "tr", "thead", "tbody", "tfoot", "dt", "dd", "colgroup", "caption", "rt", "rp"];

/// The tags of a piece of HTML that open or close something that must be closed.
pub(crate) fn balancing(html: &str) -> impl Iterator<Item = RawTag> {
    let counts = |tag: &RawTag| !tag.void && !OPTIONAL_END.contains(&tag.name.as_str()) && is_allowed(tag);
    tags(html).into_iter().filter(counts)
}

/// Adds a piece's tags to a balance of open elements.
pub(crate) fn balance(html: &str, open: &mut Vec<String>) {
    for tag in balancing(html) {
        if !tag.closes {
            open.push(tag.name);
        } else if let Some(at) = open.iter().rposition(|name| *name == tag.name) {
            open.truncate(at);
        }
    }
}

/// The attribute that carries the number of a block rendered apart, while the HTML around it is sanitized.
pub(crate) const HOLE: &str = "data-md-hole";

static SANITIZER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let elements: HashSet<&str> = ELEMENTS.iter().copied().filter(|e| !SILENT.contains(e)).collect();
    let mut attributes: std::collections::HashMap<&str, HashSet<&str>> = std::collections::HashMap::new();
    for element in &elements {
        let all = [
            "href", "src", "alt", "colspan", "rowspan", "headers", "scope", "abbr", "start", "reversed", "type", "value", "span",
            "open", "cite", "name", "width", "height",
        ];
        attributes.insert(element, all.into_iter().filter(|name| allowed_attribute(element, name)).collect());
    }
    attributes.entry("div").or_default().insert(HOLE);
    attributes.entry("span").or_default().insert("data-seg");
    for own in [("a", "hreflang"), ("span", "role"), ("span", "aria-label"), ("img", "loading")] {
        attributes.entry(own.0).or_default().insert(own.1);
    }
    let classes = [
        ("span", ["seg", "image-missing", "elsewhere", "broken-link", "figure"].as_slice()),
        ("a", &["heading-link", "image-link", "elsewhere"]),
        ("img", &["border"]),
    ];
    let classes = classes.into_iter().map(|(element, names)| (element, names.iter().copied().collect())).collect();
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(elements)
        .clean_content_tags(
            ["script", "style", "iframe", "object", "embed", "noscript", "template", "textarea", "select", "svg", "math"].into(),
        )
        .tag_attributes(attributes)
        .generic_attributes(COMMON.iter().copied().collect())
        .allowed_classes(classes)
        .url_schemes(SCHEMES.into())
        .url_relative(ammonia::UrlRelative::PassThrough)
        .link_rel(None)
        .strip_comments(true);
    builder
});

/// HTML with only what is allowed, balanced.
pub(crate) fn sanitize(html: &str) -> String {
    with_ids_once(SANITIZER.clean(html).to_string())
}

/// An element left open is opened again in each block that follows it (HTML Standard 13.2.4.3), with its id; the first keeps it.
fn with_ids_once(html: String) -> String {
    if html.matches(" id=\"").nth(1).is_none() {
        return html;
    }
    let mut seen = HashSet::new();
    let mut out = String::with_capacity(html.len());
    let mut done = 0;
    for tag in tags(&html) {
        for (name, value) in &tag.attributes {
            let again = name == "id" && !seen.insert(html[value.clone()].to_owned());
            let start = value.start.saturating_sub(" id=\"".len());
            if again && html[..value.start].ends_with(" id=\"") && start >= done {
                out.push_str(&html[done..start]);
                done = value.end + 1;
            }
        }
    }
    out.push_str(&html[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_shapes_need_no_sanitizer() {
        assert_eq!(exact("<a name=\"x\">"), Some(Exact::Anchor("x")));
        assert_eq!(exact("<a href=\"\" id='y'/>"), Some(Exact::Anchor("y")));
        assert_eq!(exact("<a name=\"x\"></a> <a id=\"y\"></a>"), Some(Exact::Anchors(vec!["x", "y"])));
        assert_eq!(exact("<a href=\"z\" id=\"y\">"), None);
        assert_eq!(exact("<!-- a -->"), Some(Exact::Comment));
        assert_eq!(exact("<!-- a --><b>-->"), None);
    }

    #[test]
    fn tags_are_scanned_with_their_attributes() {
        let html = "<td a='1' b=2><!-- <x> --></td x><br/> 1 < 2";
        let found = tags(html);
        assert_eq!(found.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["td", "td", "br"]);
        assert_eq!(
            found[0].attributes.iter().map(|(n, r)| (n.as_str(), &html[r.clone()])).collect::<Vec<_>>(),
            [("a", "1"), ("b", "2")]
        );
        assert!(tags("<a href=").is_empty());
    }

    #[test]
    fn what_a_browser_takes_for_a_comment_holds_no_tag_and_what_it_does_not_does() {
        for (html, names) in [
            ("<![CDATA[<!-- <div><b id=x>", "b"),
            ("<!doctype html><i>", "i"),
            ("<?php <b> ?><i>", "i"),
            ("</ <b>x<i>", "i"),
            ("<!--><b>--><!---><i>", "b i"),
            ("<!-- <b> --!><i>", "i"),
            ("<!--!><b>--!><i>", "i"),
            ("<!-- <b>", ""),
        ] {
            let found: Vec<_> = tags(html).into_iter().map(|tag| tag.name).collect();
            assert_eq!(found.join(" "), names, "{html}");
            let clean = sanitize(html);
            let kept: Vec<_> = tags(&clean).into_iter().filter(|tag| !tag.closes).map(|tag| tag.name).collect();
            assert_eq!(kept.join(" "), names, "{clean}");
        }
    }

    #[test]
    fn nothing_that_runs_or_submits_passes() {
        let html = "<form><input><button onclick=x>b</button></form><iframe src=x></iframe><p style=x onclick=y>t<script>z</script><a href='javascript:x'>l</a>";
        assert_eq!(sanitize(html), "b<p>t<a>l</a></p>");
        for tag in tags(html).iter().filter(|tag| !matches!(tag.name.as_str(), "a")) {
            assert!(tag.closes || refused(tag).is_some(), "{tag:?}");
        }
    }

    #[test]
    fn an_id_stands_once() {
        assert_eq!(sanitize("<p><a id=\"x\">a</p><p>b</p>"), "<p><a id=\"x\">a</a></p><p><a>b</a></p>");
    }

    #[test]
    fn the_result_is_balanced() {
        assert_eq!(sanitize("<div><b>a"), "<div><b>a</b></div>");
        let mut open = Vec::new();
        balance("<div><p><b>a</i>", &mut open);
        assert_eq!(open, ["div", "b"]);
    }
}

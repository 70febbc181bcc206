//! A look at HTML that the press wrote: whether it is balanced, and holds nothing that must not be there.

use std::collections::HashSet;

const VOID: &[&str] = &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// A start tag.
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

enum Token {
    Start(Element),
    End(String),
}

fn tokens(html: &str) -> Result<Vec<Token>, String> {
    let (mut found, mut rest) = (Vec::new(), html);
    while let Some(open) = rest.find('<') {
        rest = &rest[open..];
        if rest.starts_with("<!doctype html>") {
            rest = &rest[15..];
            continue;
        }
        let near = || rest.chars().take(60).collect::<String>();
        if let Some(after) = rest.strip_prefix("</") {
            let end = after.find('>').ok_or_else(near)?;
            found.push(Token::End(after[..end].to_owned()));
            rest = &after[end + 1..];
            continue;
        }
        let name = rest[1..].find(|c: char| !c.is_ascii_alphanumeric()).map(|end| rest[1..=end].to_owned()).ok_or_else(near)?;
        if name.is_empty() {
            return Err(format!("a `<` that begins nothing: {}", near()));
        }
        let mut inner = &rest[1 + name.len()..];
        let mut attributes = Vec::new();
        loop {
            inner = inner.trim_start();
            if let Some(after) = inner.strip_prefix("/>").or_else(|| inner.strip_prefix('>')) {
                rest = after;
                break;
            }
            let end = inner.find(|c: char| c.is_whitespace() || c == '=' || c == '>').ok_or_else(near)?;
            let key = inner[..end].to_owned();
            inner = &inner[end..];
            let mut value = String::new();
            if let Some(after) = inner.strip_prefix("=\"") {
                let end = after.find('"').ok_or_else(near)?;
                value = after[..end]
                    .replace("&quot;", "\"")
                    .replace("&lt;", "<")
                    .replace("&gt;", ">")
                    .replace("&#x27;", "'")
                    .replace("&amp;", "&");
                inner = &after[end + 1..];
            } else if inner.starts_with('=') {
                return Err(format!("an attribute without quotation marks: {}", near()));
            }
            attributes.push((key, value));
        }
        found.push(Token::Start(Element { name, attributes }));
    }
    Ok(found)
}

/// All start tags.
pub(crate) fn elements(html: &str) -> Vec<Element> {
    let all = tokens(html).unwrap();
    all.into_iter().filter_map(|token| if let Token::Start(element) = token { Some(element) } else { None }).collect()
}

/// The values of `href` and `src`.
pub(crate) fn addresses(html: &str) -> Vec<String> {
    let all = elements(html);
    all.iter().flat_map(|element| [element.get("href"), element.get("src")]).flatten().map(str::to_owned).collect()
}

/// A page without what its frame alone may have: the search box, and the controls of a parallel view.
fn without_controls(html: &str) -> String {
    let without = |html: &str, open: &str, close: &str, kept: usize| {
        let from = html.find(open).unwrap_or(html.len());
        let to = html[from..].find(close).map_or(from, |end| from + end + close.len() - kept);
        html[..from].to_owned() + &html[to..]
    };
    let html = without(html, "<form class=\"search\"", "</form>", 0);
    let next = "<div class=\"pair\"";
    without(&html, "<div class=\"bar\">", next, next.len())
}

/// All that is wrong with a page.
pub(crate) fn faults(html: &str) -> Vec<String> {
    let html = &without_controls(html);
    let tokens = match tokens(html) {
        Ok(tokens) => tokens,
        Err(why) => return vec![why],
    };
    let (mut faults, mut open, mut ids) = (Vec::new(), Vec::new(), HashSet::new());
    for token in &tokens {
        match token {
            Token::Start(element) => {
                faults.extend(element_faults(element));
                if let Some(id) = element.get("id").filter(|id| !ids.insert((*id).to_owned())) {
                    faults.push(format!("the id `{id}` stands twice"));
                }
                if !VOID.contains(&element.name.as_str()) {
                    open.push(element.name.as_str());
                }
            }
            Token::End(name) => {
                if open.pop() != Some(name) {
                    faults.push(format!("`</{name}>` does not close what is open"));
                    return faults;
                }
            }
        }
    }
    if !open.is_empty() {
        faults.push(format!("not closed: {open:?}"));
    }
    for markup in ["<span data-ttu-id", "sxs-lookup\"", "<span data-stu-id"] {
        if html.contains(markup) {
            faults.push(format!("`{markup}` is left"));
        }
    }
    if html.contains('\0') {
        faults.push("a NUL byte is left".into());
    }
    faults
}

fn element_faults(element: &Element) -> Vec<String> {
    let mut faults = Vec::new();
    if ["form", "input", "button", "iframe", "style", "object", "embed", "svg", "template", "base"]
        .contains(&element.name.as_str())
        || element.name == "script" && element.get("src").is_none_or(|src| !src.contains("assets/"))
    {
        faults.push(format!("<{}>", element.name));
    }
    for (name, value) in &element.attributes {
        let lower = value.trim_start_matches(|c: char| c.is_control() || c.is_whitespace()).to_ascii_lowercase();
        let scheme = lower.replace(['\t', '\n', '\r'], "");
        let bad_scheme = ["javascript:", "data:", "vbscript:", "file:"].iter().any(|bad| scheme.starts_with(bad));
        if name.starts_with("on")
            || name == "style"
            || name.starts_with("data-ttu")
            || name.starts_with("data-stu")
            || name.starts_with("data-md")
        {
            faults.push(format!("{name}={value:?} of <{}>", element.name));
        }
        if matches!(name.as_str(), "href" | "src" | "cite" | "action") && bad_scheme {
            faults.push(format!("{name}={value:?}"));
        }
    }
    faults
}

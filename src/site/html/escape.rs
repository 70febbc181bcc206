//! Text made safe for HTML (HTML Standard 13.3: `&`, `<`, `>` in text, `&` and `"` in attributes).

use crate::site::octets;

/// Appends text; NUL, which HTML forbids, becomes U+FFFD.
pub(crate) fn text(text: &str, out: &mut String) {
    escape(text, out, false);
}

/// Appends the value of an attribute in double quotes.
pub(crate) fn attribute(text: &str, out: &mut String) {
    escape(text, out, true);
}

fn escape(text: &str, out: &mut String, quotes: bool) {
    let bytes = text.as_bytes();
    // Nearly no text holds any.
    if !octets::has_markup(bytes) {
        return out.push_str(text);
    }
    let mut done = 0;
    let mut from = 0;
    while let Some(at) = memchr::memchr3(b'&', b'<', b'>', &bytes[from..]).map(|at| from + at) {
        out_quoted(&text[done..at], out, quotes);
        out.push_str(match bytes[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            _ => "&gt;",
        });
        done = at + 1;
        from = done;
    }
    out_quoted(&text[done..], out, quotes);
}

fn out_quoted(text: &str, out: &mut String, quotes: bool) {
    if memchr::memchr2(0, if quotes { b'"' } else { 0 }, text.as_bytes()).is_none() {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '\0' => out.push('\u{FFFD}'),
            '"' if quotes => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn markup_becomes_text() {
        let mut out = String::new();
        super::text("a<b> & \"c\"\0", &mut out);
        super::attribute("|<\"&\">", &mut out);
        assert_eq!(out, "a&lt;b&gt; &amp; \"c\"\u{FFFD}|&lt;&quot;&amp;&quot;&gt;");
    }
}

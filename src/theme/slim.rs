//! The built-in style sheets and scripts without what only their authors read: comments, indentation, blank lines.
//!
//! Every page loads them, and they are a large part of what it loads. A site's own files are published as they are.

use std::borrow::Cow;

/// A built-in file as it is published.
pub(super) fn slimmed(path: &str, bytes: Cow<'static, [u8]>) -> Cow<'static, [u8]> {
    let slim = match path.rsplit('.').next() {
        Some("css") => css,
        Some("js" | "mjs") => script,
        _ => return bytes,
    };
    match std::str::from_utf8(&bytes) {
        Ok(text) => Cow::Owned(slim(text).into_bytes()),
        Err(_) => bytes,
    }
}

/// A style sheet with single spaces, and none where none is needed. What stands in quotation marks stays.
fn css(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let end = match character {
            '/' if rest.starts_with("/*") => {
                rest = rest.split_once("*/").map_or("", |(_, after)| after);
                continue;
            }
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            _ if character.is_whitespace() => {
                rest = rest.trim_start();
                if !out.ends_with(['{', '}', ';', ',', ' ']) && !rest.starts_with(['{', '}']) && !out.is_empty() {
                    out.push(' ');
                }
                continue;
            }
            _ => character.len_utf8(),
        };
        out.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    out
}

/// A script without indentation, blank lines, and lines that are comments. No text of a built-in script goes over more than one line.
fn script(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_comment = false;
    for line in text.lines().map(str::trim) {
        in_comment |= line.starts_with("/*");
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            out.push_str(line);
            out.push('\n');
        }
        in_comment &= !line.ends_with("*/");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::load::Layers;

    #[test]
    fn a_style_sheet_means_the_same() {
        let text =
            "/* a */\n:root {\n  --a: b; --c: 0px;\n}\n.x :is(a, b)::after { content: \"/* a */  b\"; inset: calc(1px + 2px) }\n";
        let slim = ":root{--a: b;--c: 0px;}.x :is(a,b)::after{content: \"/* a */  b\";inset: calc(1px + 2px)}";
        assert_eq!(css(text), slim);
        assert_eq!(css(slim), slim);
    }

    #[test]
    fn a_script_means_the_same() {
        let text = "// a\nimport \"./b.js\";\n\n/** Does\n *  it. */\nfunction f() {\n  return 'a // b'; // c\n}\n";
        assert_eq!(script(text), "import \"./b.js\";\nfunction f() {\nreturn 'a // b'; // c\n}\n");
    }

    /// What the script's rule leans on.
    #[test]
    fn no_text_of_a_built_in_script_goes_over_several_lines() {
        for (path, file) in Layers::read(None).unwrap().built_in.iter().filter(|(path, _)| path.ends_with(".js")) {
            for line in file.text().unwrap().lines() {
                assert!(line.matches('`').count() % 2 == 0 && !line.ends_with('\\'), "{path}: {line}");
            }
        }
    }
}

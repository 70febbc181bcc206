//! Texts made of what is awkward, against another parser.

use comrak::nodes::{AstNode, NodeValue};
use proptest::prelude::*;

use super::*;

/// The inline structure that comrak finds, in the form of [`plain`].
fn comrak(markdown: &str, cjk_friendly: bool) -> String {
    let mut options = comrak::Options::default();
    options.extension.strikethrough = true;
    options.extension.cjk_friendly_emphasis = cjk_friendly;
    let arena = comrak::Arena::new();
    let mut html = String::new();
    write_node(comrak::parse_document(&arena, markdown, &options), &mut html);
    html
}

fn write_node<'a>(node: &'a AstNode<'a>, html: &mut String) {
    let (open, close) = match &node.data.borrow().value {
        NodeValue::Emph => name(TagEnd::Emphasis),
        NodeValue::Strong => name(TagEnd::Strong),
        NodeValue::Strikethrough => name(TagEnd::Strikethrough),
        NodeValue::Paragraph => name(TagEnd::Paragraph),
        NodeValue::Link(link) => {
            write!(html, "<a href=\"{}\">", link.url).unwrap();
            name(TagEnd::Link)
        }
        NodeValue::Text(text) => {
            html.push_str(text);
            ("", "")
        }
        NodeValue::Code(code) => {
            write!(html, "<code>{}</code>", code.literal).unwrap();
            ("", "")
        }
        NodeValue::SoftBreak => ("\n", ""),
        NodeValue::LineBreak => ("<br>", ""),
        _ => ("", ""),
    };
    html.push_str(open);
    for child in node.children() {
        write_node(child, html);
    }
    html.push_str(close);
}

/// Text made of what is awkward.
fn awkward(delimiters: &'static [&'static str]) -> impl Strategy<Value = String> {
    #[rustfmt::skip]
    let pieces = [
        "a", "b c", "字", "あ", "ｱ", "한", "𩸽", "。", "「", "」", "（", "）", "！", "“", "”", ".", "(", ")", "\"", "'", ":",
        " ", "\u{3000}", "\n", "😀", "㊙", "é", "«", "…", "\\", "`", "[", "](/u)", "\u{FE00}", "\u{FE01}", "\u{FE0E}",
        "\u{FE0F}", "\u{E0100}", "&amp;", ">", "- ",
    ];
    let piece = prop_oneof![prop::sample::select(delimiters), prop::sample::select(pieces.to_vec())];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

/// Whether there is a variation selector with nothing to select: where a line's content begins or after a space the amendments
/// leave it unspecified; comrak also looks past `~` for what is selected.
fn has_stray_selector(markdown: &str) -> bool {
    markdown.match_indices(is_variation_selector).any(|(at, _)| {
        markdown[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || c == '>' || c == '~' || is_variation_selector(c))
    })
}

/// Whether pulldown-cmark's own rules for strikethrough show: `~~` opens before punctuation though it is not left-flanking, and
/// a lone tilde after another, escaped one has a rule to itself.
fn strikes_in_its_own_way(markdown: &str) -> bool {
    let flanked = |c: char| c.is_whitespace() || is_punctuation(c) || is_cjk_or_hangul(c);
    markdown.contains("\\~")
        || markdown.match_indices("~~").any(|(at, run)| {
            let before = markdown[..at].chars().next_back();
            markdown[at + run.len()..].starts_with(is_punctuation) && before.is_some_and(|c| !flanked(c))
        })
}

/// Where comrak and pulldown-cmark agree without the amendments, do they agree with them?
fn assert_same(markdown: &str) -> Result<(), TestCaseError> {
    if !has_stray_selector(markdown) && comrak(markdown, false) == plain(markdown) {
        prop_assert_eq!(friendly(markdown), comrak(markdown, true), "{:?}", markdown);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn another_parser_agrees_on_emphasis(markdown in awkward(&["*", "**", "***", "_", "__"])) {
        assert_same(&markdown)?;
    }

    // Apart, since comrak looks past `~` for the neighbours of `*`.
    #[test]
    fn another_parser_agrees_on_strikethrough(markdown in awkward(&["~~"])) {
        if !strikes_in_its_own_way(&markdown) {
            assert_same(&markdown)?;
        }
    }

    #[test]
    fn offsets_ascend_within_the_text(text in awkward(&["*", "**", "_", "~", "~~", "~~~", "\u{1D000}"])) {
        let offsets = sentinels(&text);
        prop_assert!(offsets.is_sorted_by(|a, b| a < b));
        prop_assert!(offsets.iter().all(|&at| text.is_char_boundary(at)));
        prop_assert_eq!(friendly(&text).matches('\u{1D000}').count(), plain(&text).matches('\u{1D000}').count());
    }

    #[test]
    fn any_text_is_taken(text in any::<String>()) {
        sentinels(&text);
        sentinel_for(&text);
    }
}

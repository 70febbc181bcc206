//! The blocks of the operator's guide. What readers copy is what is tested: only names of places are replaced.

use std::path::Path;

const PAGES: [&str; 2] = ["operating.md", "operating.ja.md"];

/// The blocks of a page in a language of code, in their order.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/manual").join(page);
    let text = std::fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    let fence = format!("\n```{language}\n");
    let parts = text.split(&fence).skip(1).map(|rest| rest.split_once("\n```\n").unwrap().0);
    parts.map(|block| format!("{block}\n")).collect()
}

/// The one block in a language of code.
pub(crate) fn block(language: &str) -> String {
    let all = blocks(PAGES[0], language);
    let [one] = all.as_slice() else { panic!("{} blocks of {language}", all.len()) };
    one.clone()
}

/// A block with places replaced. Each place must stand in it: a block that has changed is looked at again.
pub(crate) fn replaced(block: &str, places: &[(&str, &str)]) -> String {
    places.iter().fold(block.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "`{from}` does not stand in:\n{text}");
        text.replace(from, to)
    })
}

#[test]
fn both_languages_show_the_same_blocks() {
    for language in ["toml", "nginx", "caddyfile", "ini", "dockerfile", "console"] {
        let [english, japanese] = PAGES.map(|page| blocks(page, language));
        assert!(!english.is_empty() && english == japanese, "{language}");
    }
}

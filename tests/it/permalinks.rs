//! The law of permalinks: a segment keeps its key while the rest of its page is edited, and has it in every language and view.

use proptest::prelude::*;

use crate::support::{Built, Site, cases};

/// What a block is written as.
const KINDS: usize = 7;
/// Those whose own marks belong to the segment in parallel files.
const LABELLED: [usize; 2] = [3, 5];
/// The blocks whose permalinks are held against the law.
const KEPT: usize = 8;

#[derive(Debug, Clone)]
struct Block {
    kind: usize,
    source: String,
    target: String,
    kept: bool,
}

#[derive(Debug, Clone)]
enum Edit {
    Insert(usize, usize),
    Remove(usize),
    Rewrite(usize),
    Translate(usize),
    Turn(usize, usize),
    Move(usize, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = || 0..64_usize;
    prop_oneof![
        (at(), 0..KINDS).prop_map(|(at, kind)| Edit::Insert(at, kind)),
        at().prop_map(Edit::Remove),
        at().prop_map(Edit::Rewrite),
        at().prop_map(Edit::Translate),
        (at(), 0..KINDS).prop_map(|(at, kind)| Edit::Turn(at, kind)),
        (at(), at()).prop_map(|(from, to)| Edit::Move(from, to)),
    ]
}

fn apply(blocks: &mut Vec<Block>, edit: &Edit, number: usize) {
    let length = blocks.len();
    match *edit {
        Edit::Insert(at, kind) => {
            let block = Block { kind, source: format!("New {number}"), target: format!("新{number}"), kept: false };
            blocks.insert(at % (length + 1), block);
        }
        Edit::Remove(at) if !blocks[at % length].kept => drop(blocks.remove(at % length)),
        Edit::Rewrite(at) if !blocks[at % length].kept => blocks[at % length].source = format!("Other words {number}"),
        Edit::Translate(at) => blocks[at % length].target = format!("改訳{number}"),
        // Asterisks and the label of an alert are a part of a segment of parallel files: with them it is another.
        Edit::Turn(at, kind)
            if !blocks[at % length].kept || ![kind, blocks[at % length].kind].iter().any(|k| LABELLED.contains(k)) =>
        {
            blocks[at % length].kind = kind;
        }
        Edit::Move(from, to) => {
            let block = blocks.remove(from % length);
            blocks.insert(to % length, block);
        }
        Edit::Remove(_) | Edit::Rewrite(_) | Edit::Turn(..) => {}
    }
}

/// A block's Markdown around its words.
fn written(kind: usize, words: &str) -> String {
    match kind {
        0 => format!("{words}\n\n"),
        1 => format!("## {words}\n\n"),
        2 => format!("- {words}\n\n<!-- -->\n\n"),
        3 => format!("> [!NOTE]\n> {words}\n\n"),
        4 => format!("| {words} |\n|---|\n| x |\n\n"),
        5 => format!("**{words}**\n\n"),
        _ => format!("1. {words}\n\n<!-- -->\n\n"),
    }
}

/// The page as one localized file, whose own ids follow the order of the blocks as an exporter's do, or as two files.
fn built(blocks: &[Block], localized: bool) -> Built {
    if localized {
        let pair =
            |(n, block): (usize, &Block)| written(block.kind, &format!("{{{}|{}|{}}}", n + 101, block.target, block.source));
        return Site::new().localized("a.md", &blocks.iter().enumerate().map(pair).collect::<String>()).build();
    }
    let side = |words: fn(&Block) -> &str| blocks.iter().map(|block| written(block.kind, words(block))).collect::<String>();
    Site::new().file("a.md", &side(|block| &block.source)).file("a.ja.md", &side(|block| &block.target)).build()
}

/// The key of the segment with these words in a page. Its first piece must have the id of its permalink.
fn key(site: &Built, page: &str, words: &str) -> String {
    // Where a Japanese line may end between phrases of a heading is no part of its words.
    let html = site.html(page).replace("<wbr>", "");
    let html = &html[html.find("<article").unwrap()..];
    let at = html.find(&format!(">{words}<")).unwrap_or_else(|| panic!("{words} is not in {page}: {html}"));
    let before = html[..at].rsplit("data-seg=\"").next().unwrap();
    let key = before.split('"').next().unwrap();
    assert!(html.contains(&format!("data-seg=\"{key}\" id=\"s-{key}\"")), "{page} has no place for {key}");
    key.to_owned()
}

fn keys(blocks: &[Block], localized: bool) -> Vec<(String, String)> {
    let site = built(blocks, localized);
    let of = |block: &Block| {
        let source = key(&site, "en/a/", &block.source);
        for (page, words) in [("ja/a/", &block.target), ("ja/a/parallel/", &block.target), ("ja/a/parallel/", &block.source)] {
            assert_eq!(key(&site, page, words), source, "{words} in {page}");
        }
        (block.source.clone(), source)
    };
    let mut all: Vec<_> = blocks.iter().filter(|block| block.kept).map(of).collect();
    all.sort();
    all
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn a_permalink_survives_edits_elsewhere_and_is_the_same_in_every_language(
        edits in prop::collection::vec(edit(), 1..50),
        kinds in prop::collection::vec(0..KINDS, KEPT),
        localized in any::<bool>(),
    ) {
        let kept = |(n, kind): (usize, &usize)| Block { kind: *kind, source: format!("Kept {n}"), target: format!("訳{n}"), kept: true };
        let mut blocks: Vec<Block> = kinds.iter().enumerate().map(kept).collect();
        let before = keys(&blocks, localized);
        for (number, edit) in edits.iter().enumerate() {
            apply(&mut blocks, edit, number);
        }
        prop_assert_eq!(keys(&blocks, localized), before);
    }
}

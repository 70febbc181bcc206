//! Splitting localized files: nothing is lost, whatever the file, and real pages give their published twins.

use std::fs;
use std::path::{Path, PathBuf};

use madoguchi::locale::{Locale, LocaleId, LocaleSet};
use madoguchi::site::frontmatter;
use madoguchi::site::parallel::{align, localized};
use madoguchi::site::split::{Half, is_localized, one_language, split};
use madoguchi::site::unit::{Document, Side};
use madoguchi::source::Source;
use madoguchi::vpath::SourcePath;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn source(text: impl Into<String>) -> Source {
    Source { path: SourcePath::parse("page.md").expect("a path"), text: text.into() }
}

/// Everything that must hold of any text whatever.
fn obeys_the_laws(text: &str) {
    let source = source(text);
    let split = split(&source).value;
    assert_eq!(split.join(), text);
    for half in [Half::Target, Half::Source] {
        let side = split.side(half);
        assert!(split.side_text(half).ends_with(&side.text), "the body is the file's end");
        for side in [side, split.side_for_display(half).value] {
            assert!(side.pieces.is_sorted_by_key(|piece| piece.start), "{text:?}");
            assert_eq!(side.pieces.first().map_or(0, |piece| piece.start), 0);
            assert!(side.pieces.iter().all(|piece| text.is_char_boundary(piece.file_start) && piece.file_start <= text.len()));
            assert!(
                side.text.contains(['`', '~']) || stretches(&side).all(|text| !is_localized(text)),
                "markup is left of {text:?}"
            );
        }
    }
    let _ = (frontmatter::front_matter(&source), is_localized(text));
    is_well_formed(&localized(&source, None, &locales()).value);
    is_well_formed(&align(&source, LocaleId(1), None).value);
}

/// Everything that must hold of any document whatever.
fn is_well_formed(document: &Document) {
    let sides = [Some(&document.source), document.target.as_ref()];
    for side in sides.into_iter().flatten() {
        assert!(side.pieces.is_sorted_by_key(|piece| piece.start));
        assert_eq!(side.pieces.first().map_or(0, |piece| piece.start), 0);
        assert!(side.text.is_empty() || !side.pieces.is_empty());
        assert!(side.pieces.iter().all(|piece| side.text.is_char_boundary(piece.start)));
        let places = side.pieces.iter().filter_map(|piece| piece.segment).map(|at| at as usize);
        assert!(places.clone().all(|at| at < document.segments.len()));
    }
    for segment in &document.segments {
        assert!(document.source.text.get(segment.source.clone()).is_some());
        let range = segment.target.clone();
        assert!(range.is_none_or(|range| document.target.as_ref().is_some_and(|side: &Side| side.text.get(range).is_some())));
    }
    let keys: std::collections::HashSet<_> = document.segments.iter().map(|segment| &segment.key).collect();
    assert_eq!(keys.len(), document.segments.len(), "keys are distinct");
}

fn locales() -> LocaleSet {
    let [ja, en] = ["ja", "en"].map(|tag| Locale::parse(tag).expect("a tag"));
    LocaleSet::new(vec![ja, en.clone()], en)
}

/// The stretches of a side, one a piece. Tags that stand inside tags may form new ones only across them.
fn stretches(side: &Side) -> impl Iterator<Item = &str> {
    let ends = side.pieces.iter().skip(1).map(|piece| piece.start).chain([side.text.len()]);
    side.pieces.iter().zip(ends).map(|(piece, end)| &side.text[piece.start..end])
}

fn fragment() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "<span data-ttu-id=\"0a1b2-101\">",
        "<span data-ttu-id=\"0a1b2-p101\">",
        "<span data-ttu-id=\"0a1b2-102&quot;>",
        "<span data-stu-id=\"0a1b2-101\">",
        "</span><span class=\"sxs-lookup\"><span data-stu-id=\"0a1b2-101\">",
        "</span><span class=&quot;sxs-lookup&quot;><span data-stu-id=&quot;0a1b2-102&quot;>",
        "<span class=\"sxs-lookup\">",
        "</span></span>",
        "</span>",
        "<span>",
        "<span/>",
        "<span id=\"x\" />",
        "<SPAN>",
        "<spanner>",
        "&quot;",
        "\"",
        "<a name=\"x&quot;></a>",
        "<a name=\"x\"></a>",
        "\n",
        "\r\n",
        "\n\n",
        "| ",
        "|---|---|\n",
        "```\n",
        "```js\n",
        "~~~\n",
        "> ",
        "- ",
        "    ",
        "`",
        "**",
        "日本語。",
        "text. ",
        "\u{feff}",
        "---\n",
        "title: x\n",
        "ms.contentlocale: ja-JP\n",
        "[!NOTE]",
        "\\*",
        "\0",
        "<",
        "<span",
        "data-ttu-id=",
        "</",
    ]);
    let pair =
        ("[0-9]{3}", "[a-z<>/\n 日。]{0,8}", "[a-z<>/\n .]{0,8}").prop_map(|(id, target, source)| pair(&id, &target, &source));
    prop_oneof![4 => fixed.prop_map(str::to_owned), 2 => pair, 1 => any::<char>().prop_map(String::from)]
}

fn markdown() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "# ",
        "- ",
        "1. ",
        "> ",
        "\n",
        "\n\n",
        "    ",
        "One. Two.",
        "一。二。",
        "「三。」",
        "```\n",
        "|a|b|\n|-|-|\n|",
        "<div>\n",
        "<br>",
        "**",
        "`",
        "[a. B](c)",
        "---\n",
        "\\*",
        "&amp;",
        "- [ ] ",
        "![x](y)",
        "\u{3000}",
        "\r\n",
        "title: x\n",
        "[r]: /u\n",
        "~~",
    ]);
    prop::collection::vec(part, 0..20).prop_map(|parts| parts.concat())
}

fn pair(id: &str, target: &str, source: &str) -> String {
    format!(
        "<span data-ttu-id=\"0a1b2-{id}\">{target}</span><span class=\"sxs-lookup\"><span data-stu-id=\"0a1b2-{id}\">{source}</span></span>"
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: super::docset::cases(2000, 10_000),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/it/proptest-regressions/split.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text_joins_back(fragments in prop::collection::vec(fragment(), 0..24)) {
        obeys_the_laws(&fragments.concat());
    }

    #[test]
    fn any_two_texts_align(ours in markdown(), theirs in markdown()) {
        is_well_formed(&align(&source(ours), LocaleId(1), Some((&source(theirs), LocaleId(0)))).value);
    }

    #[test]
    fn a_kept_file_joins_back_wherever_it_is_cut(seed in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>(), insert in fragment()) {
        let seeds = kept_files();
        prop_assume!(!seeds.is_empty());
        let text = seed.get(&seeds);
        let at = floor(text, cut.index(text.len() + 1));
        obeys_the_laws(&format!("{}{insert}{}", &text[..at], &text[at..]));
        obeys_the_laws(&text[at..]);
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The texts that are kept as test cases.
fn kept_files() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    markdown_below(&folder).into_iter().map(|path| fs::read_to_string(path).expect("UTF-8")).collect()
}

#[test]
fn every_kept_file_joins_back() {
    for text in kept_files() {
        obeys_the_laws(&text);
    }
}

/// `NAME.md` beside `NAME.ja` and `NAME.en`, what each language must be.
#[test]
fn kept_files_give_the_languages_beside_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/split");
    for path in markdown_below(&folder) {
        let source = source(fs::read_to_string(&path).expect("UTF-8"));
        for (half, extension) in [(Half::Target, "ja"), (Half::Source, "en")] {
            let expected = fs::read_to_string(path.with_extension(extension)).expect("an expected text beside it");
            assert_eq!(one_language(&source, half).value, expected, "{}", path.display());
        }
    }
}

/// Real pages, each as the bilingual file and as the monolingual file published from it.
#[test]
fn real_pages_give_their_published_twins() {
    for (set, identical, escaped) in [("china-2019", 35, 1), ("partner-center", 110, 10)] {
        let Some(folder) = corpus().map(|corpus| corpus.join(set)).filter(|folder| folder.is_dir()) else {
            return skip("split::real_pages_give_their_published_twins", "there is no folder of real pages");
        };
        let mut counts = (0, 0);
        for path in markdown_below(&folder.join("sxs")) {
            let bilingual = source(fs::read_to_string(&path).expect("UTF-8"));
            let twin = folder.join("live").join(path.strip_prefix(folder.join("sxs")).expect("below it"));
            let published = fs::read_to_string(twin).expect("a twin");
            assert_eq!(split(&bilingual).value.join(), bilingual.text, "{}", path.display());
            let checked = one_language(&bilingual, Half::Target);
            assert!(checked.diagnostics.is_empty(), "{}: {:?}", path.display(), checked.diagnostics);
            if checked.value == published {
                counts.0 += 1;
            } else {
                assert_eq!(unescaped(&checked.value), unescaped(&published), "{}", path.display());
                counts.1 += 1;
            }
        }
        assert_eq!(counts, (identical, escaped), "{set}");
    }
}

/// The two languages of real pages, taken for parallel files, align as the pages pair them.
#[test]
fn languages_of_real_pages_align_as_parallel_files() {
    let Some(folder) = corpus().map(|corpus| corpus.join("partner-center/sxs")).filter(|folder| folder.is_dir()) else {
        return skip("split::languages_of_real_pages_align_as_parallel_files", "there is no folder of real pages");
    };
    let (mut pages, mut mismatched) = (0, 0);
    for path in markdown_below(&folder) {
        let file = source(fs::read_to_string(&path).expect("UTF-8"));
        let [ours, theirs] = [Half::Source, Half::Target].map(|half| source(one_language(&file, half).value));
        let checked = align(&ours, LocaleId(1), Some((&theirs, LocaleId(0))));
        is_well_formed(&checked.value);
        is_well_formed(&localized(&file, None, &locales()).value);
        pages += 1;
        mismatched += usize::from(!checked.diagnostics.is_empty());
    }
    assert_eq!((pages, mismatched), (120, 0));
}

fn unescaped(text: &str) -> String {
    text.replace("\\*", "*").replace("\\`", "`")
}

fn corpus() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test may be told where its data is")]
    let named = std::env::var("TEST_CORPUS").ok().map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"));
    folder.is_dir().then_some(folder)
}

#[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
fn skip(test: &str, reason: &str) {
    eprintln!("SKIPPED: {test}: {reason}");
}

fn markdown_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if path.extension().is_some_and(|extension| extension == "md") => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

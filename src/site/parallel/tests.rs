use super::*;
use crate::locale::Locale;
use crate::vpath::SourcePath;

const EN: LocaleId = LocaleId(1);
const JA: LocaleId = LocaleId(0);

fn source(name: &str, text: &str) -> Source {
    Source { path: SourcePath::parse(name).unwrap(), text: text.to_owned() }
}

fn locales() -> LocaleSet {
    LocaleSet::new(["ja", "en"].map(|tag| Locale::parse(tag).unwrap()).to_vec(), Locale::parse("en").unwrap())
}

fn aligned(ours: &str, theirs: &str) -> Checked<Document> {
    align(&source("a.md", ours), EN, Some((&source("a.ja.md", theirs), JA)))
}

/// The segments of a document, each as its source and target text.
fn pairs(document: &Document) -> Vec<(&str, &str)> {
    let target = |range: &Range<usize>| &document.target.as_ref().unwrap().text[range.clone()];
    let text = |segment: &Segment| segment.source.clone();
    document.segments.iter().map(|s| (&document.source.text[text(s)], s.target.as_ref().map_or("", target))).collect()
}

#[track_caller]
fn check(ours: &str, theirs: &str, expected: &[(&str, &str)]) {
    let Checked { value, diagnostics } = aligned(ours, theirs);
    assert_eq!(pairs(&value), expected);
    assert_eq!(diagnostics, []);
}

#[track_caller]
fn check_sentences(text: &str, expected: &[&str]) {
    let Checked { value, .. } = align(&source("a.md", text), EN, None);
    assert_eq!(pairs(&value).into_iter().map(|pair| pair.0).collect::<Vec<_>>(), expected);
}

#[test]
fn blocks_pair_in_order_and_sentences_within_them() {
    check("# Title\n\nOne. Two.\n", "# 題\n\n一。二。\n", &[("Title", "題"), ("One.", "一。"), ("Two.", "二。")]);
    check("- a\n- b\n\n  c\n", "* 甲\n* 乙\n\n  丙\n", &[("a", "甲"), ("b", "乙"), ("c", "丙")]);
    check("> One\n> line.\n", "> 一行。\n", &[("One\n> line.", "一行。")]);
    check("|a|b|\n|-|-|\n|c|d|\n", "|甲|乙|\n|-|-|\n|丙|丁|\n", &[("a", "甲"), ("b", "乙"), ("c", "丙"), ("d", "丁")]);
    check("```\nx. Y.\n```\n<div>\nz\n</div>\n\na\n", "```\nx. Y.\n```\n<div>\n<b>z</b>\n</div>\n\n甲\n", &[("a", "甲")]);
}

#[test]
fn a_block_with_another_number_of_sentences_is_one_segment() {
    check("One. Two. Three.\n", "一。二と三。\n", &[("One. Two. Three.", "一。二と三。")]);
}

#[test]
fn a_missing_block_is_reported_with_both_places_and_the_rest_aligns() {
    let (ours, theirs) = ("# A\n\nx\n\n```\ncode\n```\n\n# B\n\ny\n", "# 甲\n\n一\n\n# 乙\n\n二\n");
    let Checked { value, diagnostics } = aligned(ours, theirs);
    assert_eq!(pairs(&value), [("A", "甲"), ("x", "一"), ("B", "乙"), ("y", "二")]);
    let [found] = diagnostics.as_slice() else { panic!("{diagnostics:?}") };
    assert_eq!((found.code, found.span.path.as_str()), (Code::ParallelMismatch, "a.md"));
    assert!(ours[found.span.start..found.span.end].starts_with("```"));
    assert!(theirs[found.related[0].0.start..].starts_with("# 乙"));
}

#[test]
fn a_block_that_the_source_has_not_is_reported_in_the_target() {
    let Checked { value, diagnostics } = aligned("# A\n\nx\n", "# 甲\n\n- 余分\n\n一\n");
    assert_eq!(pairs(&value), [("A", "甲"), ("x", "一")]);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].span.path.as_str(), "a.ja.md");
}

#[test]
fn corresponding_blocks_stand_at_the_same_position() {
    let (ours, theirs) = ("---\ntitle: x\n---\n# A\n\n- One. Two.\n  1. b\n\n---\n", "# 甲\n\n* 一。二。\n  1. 乙\n\n---\n");
    let document = aligned(ours, theirs).value;
    let target = document.target.as_ref().unwrap();
    for (block, same) in [("# A", "# 甲"), ("- One", "* 一"), ("Two", "二"), ("1. b", "1. 乙"), ("b", "乙"), ("---", "---")]
    {
        let (at, to) = (document.source.text.find(block).unwrap(), target.text.find(same).unwrap());
        assert_eq!(document.source.position(at), target.position(to), "{block}");
        assert!(ours[document.source.file_offset(at)..].starts_with(block));
    }
    assert_eq!(document.source_front.unwrap().title.as_deref(), Some("x"));
}

#[test]
fn english_sentences_end_before_what_can_begin_one() {
    check_sentences(
        "Go to No. 5, e.g. Here. Then stop! Why? \"Yes.\" it is v. 2 by J. Smith.",
        &["Go to No. 5, e.g. Here.", "Then stop!", "Why?", "\"Yes.\" it is v. 2 by J. Smith."],
    );
    check_sentences(
        "See [A. B](<c. D.md>). `E. F` is **Go. Here.** It is.",
        &["See [A. B](<c. D.md>).", "`E. F` is **Go. Here.**", "It is."],
    );
    check_sentences("One  \nTwo<br>Three\nfour.\nFive \\*.", &["One", "Two", "Three\nfour.", "Five \\*."]);
    check_sentences("Line one.\n\\[x\\] two.", &["Line one.", "\\[x\\] two."]);
}

#[test]
fn japanese_sentences_end_at_their_full_stops() {
    check_sentences("一。二！三？ 四", &["一。", "二！", "三？", "四"]);
    check_sentences("「はい。」と答える。（注。）次。", &["「はい。」と答える。", "（注。）", "次。"]);
    check_sentences("「一。二。」三。", &["「一。二。」", "三。"]);
}

#[test]
fn equal_source_texts_have_keys_of_their_own() {
    let document = align(&source("a.md", "x\n\nx\n\ny\n\n> x\n> x\n\nx x\n"), EN, None).value;
    let keys: Vec<_> = document.segments.iter().map(|segment| segment.key.as_str()).collect();
    assert_eq!(keys[1], format!("{}-2", keys[0]));
    assert_eq!(keys[4], format!("{}-2", keys[3]), "the marks of a quote do not count");
    assert_eq!((document.form, document.target, document.segments.len()), (Form::Single, None, 5));
}

fn pair(id: u32, target: &str, source: &str) -> String {
    let lookup = "</span><span class=\"sxs-lookup\"><span data-stu-id=";
    format!("<span data-ttu-id=\"0a1b2-{id}\">{target}{lookup}\"0a1b2-{id}\">{source}</span></span>")
}

#[test]
fn a_localized_file_gives_both_sides() {
    let text =
        format!("---\ntitle: x\nms.contentlocale: ja-JP\n---\n# {}\n\n- {}\n", pair(101, "題", "Title"), pair(102, "甲", "a"));
    let Checked { value, diagnostics } = localized(&source("a.md", &text), None, &locales());
    assert_eq!(diagnostics, []);
    assert_eq!(pairs(&value), [("Title", "題"), ("a", "甲")]);
    assert_eq!((value.form, value.target_locale, value.source_locale), (Form::Localized, Some(JA), EN));
    let target = value.target.unwrap();
    assert_eq!((target.text.as_str(), target.pieces[1].segment), ("# 題\n\n- 甲\n", Some(0)));
}

#[test]
fn a_file_without_pairs_is_single_in_the_locale_it_names() {
    let Checked { value, diagnostics } =
        localized(&source("TOC.md", "---\nms.contentlocale: ja-JP\n---\n# 目次\n"), None, &locales());
    assert_eq!((value.form, value.source_locale, value.target_locale, diagnostics.len()), (Form::Single, JA, None, 0));
}

#[test]
fn a_locale_that_the_site_has_not_leaves_the_source() {
    let text = format!("---\nms.contentlocale: ko-KR\n---\n{}\n", pair(101, "제목", "Title"));
    let Checked { value, diagnostics } = localized(&source("a.md", &text), None, &locales());
    assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::LocaleUnknown]);
    assert_eq!((value.form, value.source.text.as_str(), value.target), (Form::Single, "Title\n", None));
}

#[test]
fn an_unknown_locale_is_marked_where_the_page_names_it() {
    let marked = |front: &str| {
        let text = format!("---\n{front}---\nText.\n");
        let Checked { diagnostics, .. } = localized(&source("a.md", &text), None, &locales());
        let [found] = diagnostics.as_slice() else { panic!("{diagnostics:?}") };
        assert_eq!(found.code, Code::LocaleUnknown);
        (found.span.start - "---\n".len(), text[found.span.start..found.span.end].to_owned())
    };
    assert_eq!(marked("title: A free guide\nms.contentlocale: fr\n"), (38, "fr".to_owned()));
    assert_eq!(marked("fr: fr\n\"MS.ContentLocale\" : 'fr'\n"), (29, "fr".to_owned()));
    assert_eq!(marked("ms.contentlocale.fr: fr\nms.contentlocale: m\n"), (42, "m".to_owned()));
    let folded = "ms.contentlocale: >\n  fr\n";
    assert_eq!(marked(folded), (0, "ms.contentlocale: >".to_owned()));
}

use super::*;
use crate::vpath::SourcePath;

fn page_of(text: &str) -> Checked<Option<YamlPage>> {
    to_markdown(&Source { path: SourcePath::parse("index.yml").unwrap(), text: text.to_owned() })
}

fn check(text: &str, expected: &str) -> YamlPage {
    let found = page_of(text);
    assert_eq!(found.diagnostics, []);
    let page = found.value.unwrap();
    assert_eq!(page.markdown, expected);
    page
}

#[test]
fn a_landing_page_is_headings_and_lists_of_links() {
    let text = "### YamlMime:Landing\ntitle: 窓口 *\nsummary: これは **概要**。\nmetadata:\n  title: 題\n  description: 説明\n  ms.date: 02/01/2021\n  \
                ms.contentlocale: ja-JP\nlandingContent:\n- title: 始める\n  linkLists:\n  - linkListType: overview\n    links:\n    \
                - text: 'a [b]'\n      url: a b.md\n    - text: c\n      url: ..\\c.md\n- title: 次\n";
    let expected = "# 窓口 \\*\n\nこれは **概要**。\n\n## 始める\n\n- [a \\[b\\]](<a b.md>)\n- [c](<..\\\\c.md>)\n\n## 次\n";
    let page = check(text, expected);
    assert_eq!(
        (page.kind.as_str(), page.front.title.as_deref(), page.front.description.as_deref()),
        ("Landing", Some("題"), Some("説明"))
    );
    assert_eq!(page.front.date, Some(Date { year: 2021, month: 2, day: 1 }));
    assert_eq!(page.front.content_locale.as_deref(), Some("ja-JP"));
    assert_eq!(page.pieces[0].start, 0);
    for piece in &page.pieces {
        assert!(text.is_char_boundary(piece.file_start) && page.markdown.is_char_boundary(piece.start));
    }
    let heading = page.pieces.iter().find(|piece| page.markdown[piece.start..].starts_with("## 始める")).unwrap();
    assert!(text[heading.file_start..].starts_with("始める"));
}

#[test]
fn questions_are_headings_and_answers_stay_markdown() {
    let text = "### YamlMime:FAQ\nmetadata: {}\ntitle: よくある質問\nsummary: >\n  一行目。\n\n\n  二行目。\nsections:\n- name: 一般\n  questions:\n  \
                - question: \"`C#` の**「<特典>」**とは\\n [何](a.md) #\\n\"\n    answer: |\n      - [a](a.md)\n\n      > [!NOTE]\n      > 注\n  - question: C#\n    answer: \"  code\\n\"\n";
    let expected = "# よくある質問\n\n一行目。\n\n二行目。\n\n## 一般\n\n### `C#` の**「<特典>」**とは [何](a.md) \\#\n\n- [a](a.md)\n\n> [!NOTE]\n> 注\n\n### C#\n\n  code\n";
    assert_eq!(check(text, expected).front.title.as_deref(), Some("よくある質問"));
}

#[test]
fn a_hub_gives_what_is_there() {
    let text = "### YamlMime:Hub\ntitle: Hub\nhighlightedContent:\n  items:\n  - title: a\n    itemType: overview\n    url: a.md\nproductDirectory:\n  \
                title: P\n  items:\n  - title: card\n    imageSrc: x.svg\n    links:\n    - url: b.md\n      text: b\nadditionalContent:\n  sections:\n  \
                - items:\n    - title: d\n      summary: words\n      url: d.md\n    - title: e\n      url: e.md\n";
    let expected = "# Hub\n\n- [a](<a.md>)\n\n## P\n\n### card\n\n- [b](<b.md>)\n- [d](<d.md>)\n\n  words\n\n- [e](<e.md>)\n";
    check(text, expected);
}

#[test]
fn other_files_are_no_pages_and_damage_is_reported() {
    for other in ["- name: x\n", "### YamlMime:TableOfContent\nitems: []\n", "# YamlMime\n", "", "YamlMime:Hub\n"] {
        assert_eq!(page_of(other).value, None, "{other}");
    }
    let found = page_of("### YamlMime:FAQ\ntitle: t\nsections:\n- name: [x\n- y\n");
    assert_eq!((found.diagnostics[0].code, found.value.unwrap().markdown.as_str()), (Code::FrontMatter, "# t\n"));
    assert_eq!(page_of("### YamlMime:FAQ\n").value.unwrap().markdown, "");
}

#[test]
fn the_body_of_a_tutorial_is_shown() {
    let text = "### YamlMime:Tutorial\ntitle: T\nmetadata:\n  title: T\nintroduction: First words.\nabstract: In short.\nitems:\n- title: Overview\n  \
                durationInMinutes: 2\n  content: |\n    One.\n\n    - a\n- title: Next\n  summary: Short.\n  content: Long.\n";
    check(text, "# T\n\nIn short.\n\nFirst words.\n\n## Overview\n\nOne.\n\n- a\n\n## Next\n\nShort.\n\nLong.\n");
}

#[test]
fn the_next_steps_follow_the_questions() {
    let text = "### YamlMime:FAQ\ntitle: t\nadditionalContent: \"\\n## Next\\n\\n- [a](a.md)\"\nsections:\n- questions:\n  - question: q\n    answer: a\n";
    check(text, "# t\n\n## q\n\na\n\n## Next\n\n- [a](a.md)\n");
}

#[test]
fn words_in_lists_are_items() {
    let text = "### YamlMime:Module\ntitle: t\nlevels:\n- beginner\nroles: [solution architect]\ngoals:\n- some words\n- |\n  two\n\n  blocks\n- 目標\n\
                links:\n- url: a.md\n  summary: about a\n  note: more\n- last words\n";
    let expected = "# t\n\n- some words\n- two\n\n  blocks\n- 目標\n- [a.md](<a.md>)\n\n  about a\n\n  more\n\n- last words\n";
    check(text, expected);
    check("### YamlMime:X\n- title: t\n- some words\n", "# t\n\n- some words\n");
}

#[test]
fn words_that_are_not_shown_are_reported_once() {
    let unshown = |text: &str| {
        let found = page_of(text).diagnostics;
        let one = |d: &Diagnostic| (d.code, text[d.span.start..d.span.end].to_owned(), d.message.clone());
        found.iter().map(one).collect::<Vec<_>>()
    };
    let quiz = "### YamlMime:X\ntitle: an explanation\nsecond: '説明'\nquiz:\n- content: q\n  explanation: |\n    Because.\n    So.\n- explanation: a b\n  text: c d\n  name: e f\n";
    let message = "the page does not show the text of `second`, `explanation`, `text`".to_owned();
    assert_eq!(unshown(quiz), [(Code::FrontMatter, "second".to_owned(), message)]);
    let html = "### YamlMime:X\ntitle: no html here\nitem:\n  html: >\n    <p>x</p>\n    <p>y</p>\n";
    assert_eq!(unshown(html)[0].1, "html");
    assert!(unshown(html)[0].2.ends_with("of `html`"));
    let many: String = (0..9).map(|n| format!("k{n}: a b\n")).collect();
    assert!(unshown(&format!("### YamlMime:X\n{many}"))[0].2.ends_with("`k4` and others"));
    let settings = "### YamlMime:X\nmonikerRange: '>= a'\nimageSrc: a b.svg\nms.custom: a b\nbrand: m365\ncount: 2\nempty:\n";
    assert_eq!(unshown(settings), []);
    assert_eq!(unshown("### YamlMime:X\nupdate: some words\n").len(), 1, "`date` is no word of its own");
    check("### YamlMime:X\nonly words\n", "only words\n");
}

#[test]
fn dates_are_those_of_front_matter() {
    let dated = |line: &str| page_of(&format!("### YamlMime:FAQ\nmetadata:\n  {line}\ntitle: t\n"));
    for (text, date) in [
        ("01/14/19", Some((2019, 1, 14))),
        ("2020-12-31", Some((2020, 12, 31))),
        ("2021-02-01T00:00:00Z", Some((2021, 2, 1))),
        ("''", None),
        ("~", None),
    ] {
        let found = dated(&format!("ms.date: {text}"));
        assert_eq!(found.diagnostics, [], "{text}");
        assert_eq!(found.value.unwrap().front.date.map(|date| (date.year, date.month, date.day)), date, "{text}");
    }
    for (key, text) in [("ms.date", "02/31/2021"), ("date", "13/40/2020"), ("ms.lasthandoff", "'x'")] {
        let line = format!("{key}: {text}");
        let found = dated(&line);
        let place = "### YamlMime:FAQ\nmetadata:\n  ".len() + line.len() - text.len();
        assert_eq!(found.diagnostics.iter().map(|d| (d.code, d.span.start)).collect::<Vec<_>>(), [(Code::FrontMatter, place)]);
        let front = found.value.unwrap().front;
        assert_eq!((front.date, front.last_handoff), (None, None), "{line}");
    }
}

#[test]
fn the_date_of_the_authors_leads() {
    let found = page_of("### YamlMime:FAQ\nmetadata:\n  date: 2020-01-02\n  ms.date: 2021-03-04\n  ms.lasthandoff: 2022-05-06\n");
    let front = found.value.unwrap().front;
    assert_eq!((front.date, front.last_handoff), (Date::parse("2021-03-04"), Date::parse("2022-05-06")));
}

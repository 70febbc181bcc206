use super::*;
use crate::vpath::SourcePath;

fn source(text: &str) -> Source {
    Source { path: SourcePath::parse("page.md").unwrap(), text: text.to_owned() }
}

/// The front matter, the body, and what was reported: the text that each diagnostic points at.
fn read(text: &str) -> (FrontMatter, String, Vec<String>) {
    let source = source(text);
    let Checked { value: (front, body), diagnostics } = front_matter(&source);
    assert_eq!(body, body_start(text));
    let places = diagnostics.iter().map(|d| text[d.span.start..d.span.end].to_owned()).collect();
    (front, text[body..].to_owned(), places)
}

#[test]
fn keys_are_read_in_any_case_and_the_body_follows() {
    let text = "\u{feff}---\r\nTitle: 請求\r\nMS.Date: 04/26/2019\r\nms.lasthandoff: 2021-05-19\r\nrobots: NOINDEX\r\nuid: \"1\"\r\n---\r\n# A";
    let (front, body, reported) = read(text);
    assert_eq!(front.title.as_deref(), Some("請求"));
    assert_eq!(front.date, Some(Date { year: 2019, month: 4, day: 26 }));
    assert_eq!(front.last_handoff, Some(Date { year: 2021, month: 5, day: 19 }));
    assert_eq!(front.date.map(Date::iso).as_deref(), Some("2019-04-26"));
    assert_eq!(front.robots.as_deref(), Some("NOINDEX"));
    assert_eq!(front.uid.as_deref(), Some("1"));
    assert_eq!((body.as_str(), reported.len()), ("# A", 0));
}

#[test]
fn full_yaml_is_understood() {
    let (front, body, reported) = read(
        "---\ntitle: >\n  two\n  lines\nms.custom:\n  - a\n  - b\nDownload Help Link: https://x/y\nrobots: 1.10\nuid: 'it''s'\ndraft: true\n---\nb",
    );
    assert_eq!(front.title.as_deref(), Some("two lines"));
    assert_eq!(front.robots.as_deref(), Some("1.10"));
    assert_eq!(front.uid.as_deref(), Some("it's"));
    assert!(front.draft);
    assert_eq!((body.as_str(), reported.len()), ("b", 0));
}

#[test]
fn text_that_begins_with_a_rule_has_no_front_matter() {
    for text in ["---\n\nNo keys here.\n\n---\nb", "---\ntext\n", "no rule", "", "---", "----\ntitle: x\n---\n"] {
        let (front, body, reported) = read(text);
        assert_eq!((front, body.as_str(), reported.len()), (FrontMatter::default(), text, 0));
    }
}

#[test]
fn damage_is_reported_at_its_place_and_the_rest_is_kept() {
    let (front, body, reported) = read("---\ntitle: a: b: c\nuid: x\n---\nb");
    assert_eq!((front.title.as_deref(), front.uid.as_deref()), (Some("a: b: c"), Some("x")));
    assert_eq!((body.as_str(), reported), ("b", vec!["title: a: b: c".to_owned()]));

    let (front, body, reported) = read("---\ntitle: x\nuid: y\n\n# Heading: one\n");
    assert_eq!((front.title.as_deref(), front.uid.as_deref()), (Some("x"), Some("y")));
    assert_eq!((body.as_str(), reported), ("\n# Heading: one\n", vec!["---".to_owned()]));

    let (front, _, reported) = read("---\ntitle: x\nTitle: y\ndate: 31/31/2020\n---\n");
    assert_eq!((front.title.as_deref(), front.date), (Some("x"), None));
    assert_eq!(reported, ["Title: y", "date: 31/31/2020"]);
}

#[test]
fn a_key_that_stands_twice_is_reported_at_each_place_of_its_own() {
    let (front, _, reported) = read("---\ntitle: A\ntitleSuffix: S\n\"Title\" : B\ntitle: C\ntitle of all: D\n---\n");
    assert_eq!(front.title.as_deref(), Some("A"));
    assert_eq!(reported, ["\"Title\" : B", "title: C"]);
}

#[test]
fn a_rule_of_the_text_does_not_close_front_matter() {
    for body in [
        "\n# Heading\n\nFirst text.\n\n---\n\nMore.",
        "\r\n# Heading\r\n\r\n- a\r\n- b\r\n\r\n---\r\n\r\nMore.",
        "\n\n# Heading\n\nNote: this.\n\nText.\n\n...\n",
        "\nSet as a heading\n---\n",
        "\n<span data-ttu-id=\"0a1b2-101\">\n\n***\n---\n",
    ] {
        let (front, rest, reported) = read(&format!("---\ntitle: x\n# kept\nuid: y\n{body}"));
        assert_eq!((front.title.as_deref(), rest.as_str()), (Some("x"), body));
        assert_eq!(reported, ["---"], "{body:?}");
    }
}

#[test]
fn comments_empty_lines_and_long_values_stay_front_matter() {
    for sound in [
        "title: x\n\n# The publisher's:\nms.date: 04/26/2019\n\n",
        "title: x\n\n# One\n\n# Two\n\n",
        "title: |\n  a\n\n  # b\n\n  c\n\nuid: y\n\n",
        "title: a\n  goes on\n\n  and on\n\n",
        "title: \"a\n\n  b\"\n\n",
        "title: x\nbase: &a {b: c}\n\n<<: *a\n\n",
    ] {
        let (front, body, reported) = read(&format!("---\n{sound}---\nb"));
        assert!(front.title.is_some(), "{sound}");
        assert_eq!((body.as_str(), reported.len()), ("b", 0), "{sound}");
    }
}

#[test]
fn damage_does_not_make_text_of_front_matter_whose_keys_go_on() {
    for damaged in [
        "title: x\n\n# Then\n\nuid: a: b: c\n",
        "title: x\n\nLost words.\n\nms.date: 04/26/2019\nms.custom:\n- a\n",
        "title: x\ndescription: >\n\nNot indented.\n\n",
        "title: \"x\n\nNever closed.\n\n",
    ] {
        let (_, body, reported) = read(&format!("---\n{damaged}---\nb"));
        assert_eq!((body.as_str(), reported.len()), ("b", 1), "{damaged}");
    }
}

#[test]
fn markup_of_segments_never_becomes_a_value() {
    let pair =
        "<span data-ttu-id=\"0a1b2-101\">題</span><span class=\"sxs-lookup\"><span data-stu-id=\"0a1b2-101\">T</span></span>";
    let (front, body, reported) = read(&format!("---\ntitle: {pair}\nms.contentlocale: ja-JP\n---\nb"));
    assert_eq!((front.title, front.content_locale.as_deref()), (None, Some("ja-JP")));
    assert_eq!((body.as_str(), reported.len()), ("b", 1));
}

#[test]
fn only_days_that_exist_are_dates() {
    let date = |year, month, day| Some(Date { year, month, day });
    for (text, expected) in [
        ("04/26/2019", date(2019, 4, 26)),
        ("1/4/19", date(2019, 1, 4)),
        ("2024-02-29T10:00:00Z", date(2024, 2, 29)),
        ("2023-02-29", None),
        ("2100-02-29", None),
        ("26/04/2019", None),
        ("2019-4", None),
        ("04/26/2019/1", None),
        ("+4/26/2019", None),
        ("", None),
    ] {
        assert_eq!(Date::parse(text), expected, "{text}");
    }
}

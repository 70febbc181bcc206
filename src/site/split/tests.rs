use super::*;
use crate::vpath::SourcePath;

const NOTE: &str =
    "<span data-ttu-id=\"0a1b2-101\">注</span><span class=\"sxs-lookup\"><span data-stu-id=\"0a1b2-101\">Note</span></span>";

fn source(text: impl Into<String>) -> Source {
    Source { path: SourcePath::parse("page.md").unwrap(), text: text.into() }
}

fn pair(id: &str, target: &str, source: &str) -> String {
    let lookup = "</span><span class=\"sxs-lookup\"><span data-stu-id=";
    format!("<span data-ttu-id=\"{id}\">{target}{lookup}\"{id}\">{source}</span></span>")
}

/// Splits, expects the two languages, and gives the codes of what was reported.
#[track_caller]
fn check(text: &str, target: &str, source_text: &str) -> Vec<Code> {
    let source = source(text);
    let Checked { value, diagnostics } = split(&source);
    assert_eq!(value.join(), text);
    assert_eq!(value.side_text(Half::Target), target, "target");
    assert_eq!(value.side_text(Half::Source), source_text, "source");
    diagnostics.into_iter().map(|diagnostic| diagnostic.code).collect()
}

#[track_caller]
fn check_sound(text: &str, target: &str, source_text: &str) {
    assert_eq!(check(text, target, source_text), []);
}

#[test]
fn a_pair_gives_each_language_its_text() {
    check_sound(&format!("# {NOTE}\r\n"), "# 注\r\n", "# Note\r\n");
    check_sound(&format!("\u{feff}> [{NOTE}](x.md)"), "\u{feff}> [注](x.md)", "\u{feff}> [Note](x.md)");
    check_sound(&format!("        {NOTE}"), "        注", "        Note");
    check_sound(&pair("0a1b2-p130", "甲\n乙", "a\nb"), "甲\n乙", "a\nb");
    check_sound(&(pair("0a1b2-p130", "甲", "a") + &pair("0a1b2-130", "乙", "b")), "甲乙", "ab");
}

#[test]
fn a_target_does_not_end_at_its_own_span() {
    check_sound(&pair("0a1b2-101", "甲<span>乙</span>丙", "a"), "甲<span>乙</span>丙", "a");
}

#[test]
fn a_source_ends_after_its_own_spans() {
    for own in [
        "x <span>y</span> z",
        "<span><span>x</span></span> z",
        "<span>x</span>",
        "<span id=\"REST_Request\"/>x",
        "<span>unclosed",
        "A.<span>com and O.<span>com.",
        "<span>void<span/>",
        "<spanner>x",
        "`<span>` x",
        "a < b <span",
    ] {
        check_sound(&format!("{} {NOTE}", pair("0a1b2-100", "甲", own)), "甲 注", &format!("{own} Note"));
    }
}

#[test]
fn fenced_code_is_left_alone() {
    let fence = format!("```md\n{NOTE}\n```\n");
    check_sound(&format!("{fence}{NOTE}"), &format!("{fence}注"), &format!("{fence}Note"));
    check_sound(&format!("> ~~~\n> {NOTE}\n> ~~~\n"), &format!("> ~~~\n> {NOTE}\n> ~~~\n"), &format!("> ~~~\n> {NOTE}\n> ~~~\n"));
    check_sound(&format!("```\nnever closed\n{NOTE}"), "```\nnever closed\n注", "```\nnever closed\nNote");
    assert!(!is_localized(&fence) && is_localized(NOTE));
}

#[test]
fn an_example_in_a_code_span_is_left_alone() {
    let text = "Write `<span data-ttu-id=\"0a1b2-101\">` and `<span data-stu-id=\"0a1b2-101\">`.";
    check_sound(text, text, text);
}

#[test]
fn a_half_alone_is_text_in_both_languages_without_its_markup() {
    let [open, close] = ["<span data-ttu-id=\"0a1b2-100\">", "</span>"];
    assert_eq!(check(&format!("{open}甲{close} {NOTE}"), "甲 注", "甲 Note"), [Code::SegmentUnpaired]);
    let lone = "<span class=\"sxs-lookup\"><span data-stu-id=\"0a1b2-100\">a <span>b</span></span></span>";
    assert_eq!(check(&format!("{lone} {NOTE}"), "a <span>b</span> 注", "a <span>b</span> Note"), [Code::SegmentUnpaired]);
    let differing = format!("{open}甲{close}<span class=\"sxs-lookup\"><span data-stu-id=\"0a1b2-999\">a</span></span>.");
    assert_eq!(check(&differing, "甲a.", "甲a."), [Code::SegmentUnpaired; 2]);
    assert_eq!(check(&format!("{open}甲"), "甲", "甲"), [Code::SegmentUnpaired]);
}

#[test]
fn a_half_inside_a_half_leaves_no_markup() {
    let inside = NOTE.replace("注", "注<span data-stu-id=\"0a1b2-999\">x");
    let codes = check(&inside, "注xNote", "注xNote");
    assert_eq!(codes, [Code::SegmentUnpaired; 3]);
    let spliced = NOTE.replacen('<', "<<span data-stu-id=\"0a1b2-999\">", 1);
    let source = source(spliced.clone());
    assert_eq!(split(&source).value.join(), spliced);
    assert!(!split(&source).value.side(Half::Target).text.contains("data-stu-id"));
}

#[test]
fn damaged_quotation_marks_are_read_and_mended_for_display() {
    let damaged = NOTE.replace('"', "&quot;");
    let text = format!("## <a name=\"x&quot;></a>{damaged}\n![a](b.png &quot;t\")\n{NOTE}");
    let codes = check(
        &text,
        "## <a name=\"x&quot;></a>注\n![a](b.png &quot;t\")\n注",
        "## <a name=\"x&quot;></a>Note\n![a](b.png &quot;t\")\nNote",
    );
    assert_eq!(codes, [Code::QuotDamage]);
    let source = source(text);
    let side = split(&source).value.side_for_display(Half::Target).value;
    assert_eq!(side.text, "## <a name=\"x\"></a>注\n![a](b.png \"t\")\n注");
    let title = side.text.find("t\")").unwrap();
    assert_eq!(side.file_offset(title), source.text.find("t\")").unwrap(), "offsets survive the repair");
}

#[test]
fn entities_of_sound_text_stay() {
    let text = format!("a &quot;b&quot;> {NOTE}");
    check_sound(&text, "a &quot;b&quot;> 注", "a &quot;b&quot;> Note");
    assert_eq!(split(&source(text)).value.side_for_display(Half::Target).value.text, "a &quot;b&quot;> 注");
}

#[test]
fn a_line_break_that_cuts_a_table_row_is_a_space_on_display() {
    let row = format!("|a|b|\n|---|---|\n|{}|c|\n", pair("0a1b2-100", "\n**甲**", "\n**x**"));
    check_sound(&row, "|a|b|\n|---|---|\n|\n**甲**|c|\n", "|a|b|\n|---|---|\n|\n**x**|c|\n");
    let source = source(row);
    let Checked { value, diagnostics } = split(&source).value.side_for_display(Half::Target);
    assert_eq!(value.text, "|a|b|\n|---|---|\n| **甲**|c|\n");
    assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::TableBroken]);
}

#[test]
fn a_line_break_between_two_table_rows_stays() {
    let rows = format!("|a|b|\n|---|---|\n|c|d|{}|e|\n", pair("0a1b2-100", "\n甲", "\nx"));
    let source = source(rows);
    let Checked { value, diagnostics } = split(&source).value.side_for_display(Half::Target);
    assert_eq!((value.text.as_str(), diagnostics.len()), ("|a|b|\n|---|---|\n|c|d|\n甲|e|\n", 0));
}

#[test]
fn pieces_of_both_sides_share_their_places() {
    let source = source(format!("---\ntitle: x\n---\n# {NOTE} {}\n", pair("0a1b2-102", "甲乙", "x")));
    let split = split(&source).value;
    let (target, other) = (split.side(Half::Target), split.side(Half::Source));
    assert_eq!((target.text.as_str(), other.text.as_str()), ("# 注 甲乙\n", "# Note x\n"));
    for (needle, same) in [("甲", "x"), ("# ", "# "), ("\n", "\n")] {
        let (at, to) = (target.text.find(needle).unwrap(), other.text.find(same).unwrap());
        assert_eq!(target.position(at), other.position(to), "{needle:?}");
        assert!(source.text[target.file_offset(at)..].starts_with(needle));
        assert!(source.text[other.file_offset(to)..].starts_with(same));
    }
}

#[test]
fn segments_in_front_matter_are_no_part_of_the_body() {
    let text = format!("---\ntitle: x\n{NOTE}\n---\nbody {NOTE}");
    check_sound(&text, "---\ntitle: x\n注\n---\nbody 注", "---\ntitle: x\nNote\n---\nbody Note");
    let source = source(text);
    assert_eq!(split(&source).value.side(Half::Target).text, "body 注");
}

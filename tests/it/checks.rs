//! Translators' checks: what is reported of a translation, where on both sides, and what is not; and how a report is left out.

use madoguchi::diag::Code;

use crate::support::Site;

const GLOSSARY: &str = "[site]\nlocales = [\"ja\", \"en\"]\n[site.glossary]\n\"21Vianet\" = { ja = \"21Vianet\" }\n\"partner\" = { ja = \"パートナー\" }\n\"partner center\" = { ja = \"パートナー センター\" }\n";

/// A page of one segment.
fn page(target: &str, source: &str) -> Site {
    Site::new().config(GLOSSARY).localized("index.md", &format!("# {{101|題|Title}}\n\n{{102|{target}|{source}}}\n"))
}

fn report(code: Code, target: &str, source: &str) -> Vec<(Code, String, String)> {
    vec![(code, target.to_owned(), source.to_owned())]
}

#[test]
fn each_check_marks_the_place_on_both_sides() {
    let whole = "";
    for (code, target, source, marked, beside) in [
        (Code::NumberDiffers, "30 日以内に支払います。", "Pay within 60 days.", "30", "60"),
        (Code::NumberDiffers, "すぐに支払います。", "Pay within 60 days.", whole, "60"),
        (Code::NumberDiffers, "バージョン 2.10 です。", "This is version 2.1.0.", "2.10", "2.1.0"),
        (
            Code::LinkDiffers,
            "[こちら](b.example)です。",
            "It is [here](https://a.example/).",
            "[こちら](b.example)",
            "[here](https://a.example/)",
        ),
        (Code::CodeDiffers, "`git push`を使います。", "Use `git pull`.", "`git push`", "`git pull`"),
        (Code::PlaceholderDiffers, "%s 様、こんにちは。", "Hello, %1.", "%s", "%1"),
        (Code::BoldDiffers, "保存を選びます。", "Select **Save**.", whole, "**Save**"),
        (Code::SegmentUntranslated, "Select the page that you want.", "Select the page that you want.", whole, whole),
        (Code::SegmentUntranslated, "Choose the page that you want.", "Select the page that you want.", whole, whole),
        (Code::TranslationMissing, " ", "Select the page.", whole, whole),
        (Code::TermDiffers, "中国の 21 vianet です。", "This is 21Vianet in China.", "21 vianet", "21Vianet"),
        (Code::TermDiffers, "この会社です。", "It is a partner.", whole, "partner"),
        (Code::WidthSlip, "ﾊﾟｰﾄﾅｰを選びます。", "Select one.", "ﾊﾟｰﾄﾅｰ", whole),
        (Code::WidthSlip, "設定 （任意)を選びます。", "Select a setting (optional).", "（任意)", whole),
        (Code::WordDoubled, "設定をを選びます。", "Select the setting.", "をを", whole),
        (Code::BracketUnbalanced, "「設定を選びます。", "Select the setting.", "「", whole),
        (Code::SentenceEnd, "選びます。。", "Select the page.", "。。", whole),
        (Code::SentenceEnd, "ページを選びます", "Select the next page.", whole, whole),
    ] {
        let expected = |marked: &str, all: &str| if marked.is_empty() { all.to_owned() } else { marked.to_owned() };
        let expected = report(code, &expected(marked, target), &expected(beside, source));
        let found: Vec<_> = page(target, source).check().into_iter().filter(|found| found.0 != Code::LinkBroken).collect();
        assert_eq!(found, expected, "{target} / {source}");
    }
}

#[test]
fn parallel_files_are_checked_like_localized_ones() {
    let site = Site::new()
        .file("index.md", "# Title\n\nPay within 60 days. Use `a`.\n")
        .file("index.ja.md", "# 題\n\n90 日以内に支払います。`a`を使います。\n");
    assert_eq!(site.check(), report(Code::NumberDiffers, "90", "60"));
}

#[test]
fn what_a_translation_may_change_is_not_reported() {
    for (target, source) in [
        ("2021 年 3 月 15 日の午後 5 時に 2 つのアカウントで", "At 5:00 PM on March 15, 2021, with both accounts"),
        ("１２月は 150 万件です。", "There are 1.5 million in December."),
        ("三つの方法があります。", "There are 3 ways."),
        ("アカウントが 1 つ必要です。", "You need an account."),
        ("Office 365 と Office 365 E5 です。", "This is Office 365 E5."),
        ("1,000 円です。", "It is 1000 yen."),
        ("[こちら](https://learn.microsoft.com/ja-jp/a/#見出し)", "[Here](https://learn.microsoft.com/en-us/a/#heading)"),
        ("`a` を、`a` として", "`a` as it is"),
        ("Azure Active Directory Premium P2", "Azure Active Directory Premium P2"),
        ("パートナー センターを使います。", "Use the partner center."),
        ("21Vianetの場合", "With 21Vianet"),
        ("省略...", "Omitted..."),
        ("見出し", "A heading that is a whole sentence."),
        ("続行しますか?", "Do you want to continue?"),
        ("5 文字（半角）と (全角) です。", "These are 5 characters (half) and (full)."),
        ("50% です。", "It is 50%."),
    ] {
        let site = page(target, source);
        let found: Vec<_> =
            site.check().into_iter().filter(|found| found.0 != Code::WidthSlip || !target.starts_with('１')).collect();
        assert_eq!(found, [], "{target} / {source}");
    }
}

#[test]
fn two_translations_of_one_sentence_are_held_against_each_other() {
    let pair = |id: &str, target: &str| format!("{{{id}|{target}|Open the page of the customer.}}\n\n");
    let (usual, other) = ("顧客のページを開きます。", "お客様のページを表示します。");
    let site = Site::new()
        .localized("a.md", &format!("# {{101|題|A}}\n\n{}", pair("102", other)))
        .localized("b.md", &format!("# {{101|題|B}}\n\n{}{}", pair("102", usual), pair("103", "顧客の**ページ**を開きます。")))
        .localized("c.md", &format!("# {{101|題|C}}\n\n{}", pair("102", "顧客のページの表示")));
    let found: Vec<_> = site.check().into_iter().filter(|found| found.0 != Code::EmphasisLost).collect();
    assert_eq!(found, report(Code::TranslationVaries, other, "Open the page of the customer."));
}

#[test]
fn an_emphasis_that_was_reported_is_not_reported_again() {
    let codes = |target: &str| {
        page(target, "Select **A**, **B**, and **C**.").check().into_iter().map(|found| found.0).collect::<Vec<_>>()
    };
    assert_eq!(codes("**あ**、**い**とうを選びます。"), [Code::EmphasisLost]);
    assert_eq!(codes("あ、い、うを選びます。"), [Code::BoldDiffers]);
}

#[test]
fn numbers_are_written_as_each_language_writes_them() {
    let check = |english: &str, german: &str| {
        let site = Site::new().config("[site]\nlocales = [\"en\", \"de\"]\n");
        site.file("index.md", &format!("# Title\n\n{english}\n")).file("index.de.md", &format!("# Titel\n\n{german}\n")).check()
    };
    for (english, german) in [
        ("Use TLS 1.2 or later.", "Verwenden Sie TLS 1.2 oder höher."),
        ("The tax is 2.5%.", "Die Steuer beträgt 2,5 %."),
        ("Pay 1,000.5 by 12/31/2021.", "Zahlen Sie 1.000,5 bis zum 31.12.2021."),
    ] {
        assert_eq!(check(english, german), [], "{german}");
    }
    assert_eq!(check("The tax is 2.5%.", "Die Steuer beträgt 2,6 %."), report(Code::NumberDiffers, "2,6", "2.5"));
}

#[test]
fn an_included_file_is_checked_once() {
    let page = "# {101|題|Title}\n\n[!INCLUDE [x](includes/x.md)]\n\n[!INCLUDE [x](includes/x.md)]\n";
    let site = Site::new()
        .localized("a.md", page)
        .localized("b.md", page)
        .localized("includes/x.md", "{101|30 日です。|It is 60 days.}\n");
    assert_eq!(site.check(), report(Code::NumberDiffers, "30", "60"));
}

#[test]
fn a_page_or_a_line_leaves_a_warning_out() {
    let (wrong, source) = ("{102|30 日以内です。|Within 60 days.}", "{103|90 日以内です。|Within 80 days.}");
    let page = |front: &str, body: &str| {
        let text = crate::support::localized(body).replacen("---\n", &format!("---\n{front}"), 1);
        Site::new().file("index.md", &text).check().into_iter().map(|found| found.1).collect::<Vec<_>>()
    };
    let body = |comment: &str| format!("# {{101|題|Title}}\n\n{wrong}{comment}\n\n{source}\n");
    assert_eq!(page("", &body("")), ["30", "90"]);
    assert_eq!(page("madoguchi-allow: [number-differs]\n", &body("")), [""; 0]);
    assert_eq!(page("madoguchi-allow: bold-differs\n", &body("")), ["30", "90"]);
    assert_eq!(page("", &body(" <!-- madoguchi-allow: number-differs -->")), ["90"]);
    assert_eq!(page("", &body("\n\n<!-- madoguchi-allow: number-differs -->")), ["30"]);
}

#[test]
fn a_comment_in_one_of_two_parallel_files_changes_nothing_else() {
    let source = "# Title\n\nWithin 60 days. See `a`.\n\n| A |\n|---|\n| 5 |\n";
    let target = "# 題\n\n30 日以内です。`a`を参照してください。\n\n| あ |\n|---|\n| 6 |\n";
    let check = |target: &str| Site::new().file("index.md", source).file("index.ja.md", target).check();
    let codes = |target: &str| check(target).into_iter().map(|found| found.1).collect::<Vec<_>>();
    assert_eq!(codes(target), ["30", "6"]);
    let comment = "<!-- madoguchi-allow: number-differs -->";
    assert_eq!(codes(&target.replace("さい。", &format!("さい。 {comment}"))), ["6"]);
    assert_eq!(codes(&target.replace("30", &format!("{comment}\n\n30"))), ["6"]);
    assert_eq!(codes(&target.replace("6 |", &format!("6 {comment} |"))), ["30"]);
}

#[test]
fn a_code_that_cannot_be_left_out_is_reported_where_it_stands() {
    let site =
        Site::new().file("index.md", "---\nmadoguchi-allow: number-difers\n---\n# A\n\n<!-- madoguchi-allow: not-utf8 -->\n");
    let found: Vec<_> = site.check().into_iter().map(|found| (found.0, found.1)).collect();
    assert_eq!(found, [(Code::AllowUnknown, "number-difers".to_owned()), (Code::AllowUnknown, "not-utf8".to_owned())]);
}

#[test]
fn a_build_leaves_out_what_its_pages_allow() {
    let page = "# A\n\n[x](gone.md) <!-- madoguchi-allow: link-broken -->\n\n[y](gone.md)\n";
    let built = Site::new().file("index.md", page).build();
    assert_eq!(
        built.diagnostics.iter().map(|found| (found.code, found.span.start)).collect::<Vec<_>>(),
        [(Code::LinkBroken, 57)]
    );
}

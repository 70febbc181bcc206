use super::*;

fn one(text: &str) -> Directive {
    let found = find(text);
    assert_eq!(found.len(), 1, "{text}");
    found.into_iter().next().unwrap().directive
}

#[test]
fn images_are_read_with_their_attributes_in_any_order() {
    let Directive::Image(image) =
        one(r#"- :::image type="content" alt-text="[A]\(B\)、図。" border="false" source="a/b.png":::"#)
    else {
        panic!()
    };
    assert_eq!((image.source.as_str(), image.alt.as_str(), image.border), ("a/b.png", "[A](B)、図。", false));
}

#[test]
fn includes_are_found_in_all_their_spellings() {
    for text in ["[!INCLUDE [t](../x.md)]", "a [!include[t](<../x.md>)] b", "[!INCLUDE [t [u]](../x.md)]"] {
        assert_eq!(one(text), Directive::Include("../x.md".into()), "{text}");
    }
}

#[test]
fn alerts_stand_in_quotes_only() {
    assert_eq!(one("   >[!Note]\n   >text"), Directive::Alert(AlertKind::Note));
    assert_eq!(find("[!NOTE]"), []);
    assert_eq!(one("> [!FOO]"), Directive::Unknown("[!FOO]".into()));
    assert_eq!(one("> [!重要]"), Directive::Unknown("[!重要]".into()));
    assert_eq!(find("> [![An image](a.png)](a.png)"), [], "a link around an image");
    assert_eq!(one("> [!div class=\"nextstepaction\"]"), Directive::Div("nextstepaction".into()));
}

#[test]
fn what_is_not_closed_says_so() {
    let found = find(":::image source=\"a.png\"\ntext");
    assert_eq!(found[0].fault, Some("it is not closed with `:::`"));
    assert!(find("::: moniker range=\">=1\"\ntext\n::: moniker-end\n").iter().all(|found| found.fault.is_none()));
}

#[test]
fn snippets_have_parts_and_lines() {
    let Directive::Snippet(snippet) = one("[!code-csharp[Main](../a.cs?name=part&range=2-4)]") else { panic!() };
    assert_eq!((snippet.source.as_str(), snippet.id.as_str(), snippet.lines.as_str()), ("../a.cs", "part", "2-4"));
}

#[test]
fn a_form_takes_its_line_and_need_not_be_closed() {
    for text in [":::form a-b", "::: form a-b:::", "- one\n\n  :::Form  a-b :::"] {
        assert_eq!(one(text), Directive::Form("a-b".into()), "{text}");
    }
    assert_eq!(find("text :::form a"), []);
    assert_eq!(find(":::form")[0].fault, Some("it names no form"));
}

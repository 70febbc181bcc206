//! Entries of the navigation, each made by a template.

use serde_json::{Value, json};

use super::{both, load};

/// An entry of the navigation; `below` is the HTML of the entries below it.
fn entry(name: &str, href: Option<&str>, below: &str, unfolded: bool) -> Value {
    json!({"name": name, "lang": null, "href": href, "current_mark": "", "open": true, "external": false, "items": below, "unfolded": unfolded})
}

#[test]
fn the_navigation_is_a_fragment_that_folds() {
    let [ja, en] = both("nav.html", &json!({"entries": "<li>x</li>"}));
    assert_eq!((ja.as_str(), en.as_str()), ("<ul><li>x</li></ul>", "<ul><li>x</li></ul>"));
    let shown = |entry: Value| both("entry.html", &entry)[0].clone();
    let mut here = entry("ここ", Some("../x/"), "", false);
    here["current_mark"] = json!(" aria-current=\"page\"");
    assert_eq!(shown(here), "<li><a href=\"../x/\" aria-current=\"page\">ここ</a></li>");
    let label = |open: bool, unfolded: bool| {
        let mut label = entry("グループ", None, "<li>x</li>", unfolded);
        label["open"] = json!(open);
        shown(label)
    };
    assert_eq!(label(true, false), "<li><details open><summary>グループ</summary><ul><li>x</li></ul></details></li>");
    assert_eq!(label(false, false), "<li><details><summary>グループ</summary><ul><li>x</li></ul></details></li>");
    assert_eq!(label(true, true), "<li><span class=\"label\">グループ</span><ul><li>x</li></ul></li>");
    let both = shown(entry("節", Some("../y/"), "<li>x</li>", false));
    assert_eq!(both, "<li><a href=\"../y/\">節</a><ul><li>x</li></ul></li>");
    assert_eq!(shown(entry("終わり", None, "", false)), "<li><span class=\"label\">終わり</span></li>");
}

#[test]
fn many_entries_are_rendered_one_behind_the_other_in_their_own_shapes() {
    let theme = load(&[], &["ja", "en"]).unwrap();
    let own = [("templates/entry.html", "<li>{{ name | upper }}{% if href %} {{ href }}{% endif %}</li>")];
    let whole = load(&own, &["ja", "en"]).unwrap();
    let entries =
        [entry("a & <b>", Some("x/?a=1&b=2"), "", false), entry("c", None, "", false), entry("d", Some("y/"), "", true)];
    let html = "<li><a href=\"x/?a=1&amp;b=2\">a &amp; &lt;b&gt;</a></li><li><span class=\"label\">c</span></li><li><a href=\"y/\">d</a></li>";
    assert_eq!(theme.render_each("entry.html", &entries).unwrap(), html);
    assert_eq!(whole.render_each("entry.html", &entries[1..]).unwrap(), "<li>C</li><li>D y/</li>");
    assert_eq!(theme.render_each("entry.html", &entries[..0]).unwrap(), "");
}

use super::*;
use crate::diag::{Code, Diagnostic};
use crate::locale::{Locale, LocaleSet};
use crate::source::Source;
use crate::vpath::SourcePath;

fn locales(tags: &[&str]) -> LocaleSet {
    LocaleSet::new(tags.iter().map(|tag| Locale::parse(tag).unwrap()).collect(), Locale::parse("en").unwrap())
}

fn source(text: &str) -> Source {
    Source { path: SourcePath::parse("forms/a.toml").unwrap(), text: text.to_owned() }
}

fn read(text: &str) -> (Option<FormSpec>, Vec<Diagnostic>) {
    let checked = parse("a", &source(text), &locales(&["ja", "en"]));
    (checked.value, checked.diagnostics)
}

const HEAD: &str = "title = \"T\"\nsubmit = \"S\"\n";
const LINE: &str = "name = \"x\"\ntype = \"line\"\nlabel = \"X\"\nlimit = { graphemes = 9, bytes = 90 }\n";
const YES: &str = "choices = [{ value = \"yes\", label = \"Yes\" }]\n";

/// A form with these fields.
fn form(fields: &[&str]) -> String {
    let fields: String = fields.iter().map(|field| format!("[[group.field]]\n{field}")).collect();
    format!("{HEAD}[[group]]\n{fields}")
}

/// The one fault of a specification: what it covers, and what is said.
fn fault(text: &str) -> (String, String) {
    let (spec, found) = read(text);
    assert_eq!((spec, found.len()), (None, 1), "{text}\n{found:#?}");
    assert_eq!(found[0].code, Code::FormDamaged);
    assert!(!found[0].help.is_empty(), "{}", found[0].message);
    (text[found[0].span.start..found[0].span.end].to_owned(), format!("{}; {}", found[0].message, found[0].help))
}

fn shipped(name: &str) -> FormSpec {
    let text = match name {
        "service-request" => include_str!("../../content/forms/service-request.toml"),
        _ => include_str!("../../content/forms/translation-feedback.toml"),
    };
    let checked = parse(name, &source(text), &locales(&["ja", "en"]));
    assert_eq!(checked.diagnostics, []);
    checked.value.unwrap()
}

#[test]
fn the_forms_that_ship_ask_what_was_agreed() {
    let names = |spec: &FormSpec| spec.fields.iter().map(|f| f.name.clone()).collect::<Vec<_>>().join(" ");
    let always = |spec: &FormSpec| {
        let fields = spec.fields.iter().filter(|f| f.required == Required::Always);
        fields.map(|f| f.name.clone()).collect::<Vec<_>>().join(" ")
    };
    let request = shipped("service-request");
    assert_eq!(
        names(&request),
        "requester_name company email phone partner_id customer_name customer_tenant subscription_id service severity title \
         description error_text correlation_id started_at time_zone steps_taken preferred_language contact_method contact_hours consent"
    );
    assert_eq!(always(&request), "requester_name company email service severity title description preferred_language consent");
    let feedback = shipped("translation-feedback");
    assert_eq!(names(&feedback), "page segment source_text target_text suggestion email");
    assert_eq!(always(&feedback), "page segment suggestion");
}

#[test]
fn a_condition_asks_other_answers() {
    let request = shipped("service-request");
    let needs = |field: &str, answers: &[(&str, &'static str)]| {
        let answer = |name: &str| answers.iter().find(|(other, _)| *other == name).map_or("", |(_, value)| *value);
        request.field(field).unwrap().required.holds(answer)
    };
    assert!(!needs("phone", &[("severity", "b"), ("contact_method", "email")]));
    assert!(needs("phone", &[("severity", "a")]) && needs("phone", &[("contact_method", "phone")]));
    assert!(needs("customer_tenant", &[("service", "azure")]) && needs("customer_tenant", &[]));
    assert!(!needs("customer_tenant", &[("service", "partner-center")]));
}

#[test]
fn a_text_that_lags_behind_is_reported_and_another_takes_its_place() {
    let text = form(&[&LINE.replace("\"X\"", "{ en = \"X\", ja = \" \" }")]);
    let (spec, found) = read(&text);
    let spec = spec.unwrap();
    assert_eq!((found.len(), found[0].code), (1, Code::FormTextMissing));
    assert_eq!(found[0].message, "`label` of the field `x` has no text in `ja`");
    assert_eq!(&text[found[0].span.start..found[0].span.end], "{ en = \"X\", ja = \" \" }");
    assert_eq!(spec.fields[0].label, Texts(vec![None, Some("X".to_owned())]));
    assert_eq!(spec.fields[0].label.get(LocaleId(0)), "X");
    assert_eq!(spec.title, Texts(vec![Some("T".to_owned()); 2]), "one text serves every locale");
    let third = parse("a", &source(include_str!("../../content/forms/service-request.toml")), &locales(&["ja", "en", "ko"]));
    assert!(third.value.is_some() && third.diagnostics.len() > 50);
    assert!(third.diagnostics.iter().all(|d| d.code == Code::FormTextMissing && d.message.ends_with("no text in `ko`")));
}

#[test]
fn a_locale_that_the_site_lacks_is_reported() {
    let (spec, found) = read(&form(&[LINE]).replace("\"T\"", "{ ja = \"T\", en = \"T\", fr = \"T\" }"));
    assert_eq!((spec.is_some(), found.len(), found[0].code), (true, 1, Code::LocaleUnknown));
}

#[test]
fn a_type_that_is_not_known_is_the_only_fault_of_what_refers_to_its_field() {
    let (_, found) = read(&format!("subject = \"x\"\n{}", form(&[&LINE.replace("line", "lime")])));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.contains("unknown type `lime`"));
}

#[test]
fn what_is_not_toml_or_not_known_is_shown_at_its_place() {
    for (text, at, said) in [
        (form(&[LINE]).replace("submit", "sumbit"), "sumbit", "unknown key `sumbit`; did you mean `submit`?"),
        (form(&[&format!("{LINE}colour = 1\n")]), "colour", "unknown key `colour`; the keys known here are `name`, `type`"),
        (form(&[&LINE.replace("line", "lime")]), "\"lime\"", "unknown type `lime`; did you mean `line`?"),
        (form(&[&LINE.replace("line", "x")]), "\"x\"", "unknown type `x`; the types are `line`, `text`"),
        (form(&[&LINE.replace("9,", "-9,")]), "-9", "invalid value"),
        (form(&[&LINE.replace("= \"X\"", "= 3")]), "3", "invalid type: integer `3`, expected a text, or one for each locale"),
        (format!("{HEAD}x = \n"), "", "string values must be quoted"),
    ] {
        let (place, message) = fault(&text);
        assert_eq!((place.as_str(), message.contains(said)), (at, true), "{message}");
    }
}

#[test]
fn what_contradicts_itself_is_shown_at_its_place() {
    let consent = "name = \"ok\"\ntype = \"consent\"\nlabel = \"O\"\n";
    let with = |more: &str| format!("{LINE}{more}\n");
    for (text, at, said) in [
        (
            form(&[LINE]).replace("title = \"T\"", ""),
            "",
            "the form has no `title`; write it in every language: title = { ja = \"…\"",
        ),
        (form(&[LINE]).replace("\"T\"", "\"\""), "\"\"", "`title` of the form is empty"),
        (form(&[&LINE.replace("label = \"X\"", "")]), "\"x\"", "the field `x` has no `label`"),
        (form(&[&LINE.replace("limit", "# ")]), "\"x\"", "the field `x` has no limit"),
        (HEAD.to_owned(), "", "the form has no field"),
        (form(&[&LINE.replace("\"x\"", "\"X1\"")]), "\"X1\"", "cannot be named `X1`"),
        (form(&[&LINE.replace("\"x\"", "\"token\"")]), "\"token\"", "every form has a field of this name"),
        (form(&[&LINE.replace("\"x\"", "\"website\"")]), "\"website\"", "every form has a field of this name"),
        (form(&[&LINE.replace("\"x\"", "\"page\"")]), "\"page\"", "every form has a field of this name"),
        (form(&[LINE, LINE]), "\"x\"", "there are two fields named `x`"),
        (form(&[&LINE.replace("9,", "0,")]), "{ graphemes = 0, bytes = 90 }", "allows no answer"),
        (form(&[&LINE.replace("90", "8")]), "{ graphemes = 9, bytes = 8 }", "allows no answer"),
        (form(&[&LINE.replace("90", "50000")]), "", "come to 50000 bytes"),
        (form(&[&with(YES)]), "\"x\"", "cannot have choices"),
        (form(&[&consent.replace("consent", "select")]), "\"ok\"", "nothing to choose from"),
        (form(&[consent]), "\"ok\"", "must have one choice, not 0"),
        (form(&[&format!("{consent}{YES}prefill = true\n")]), "\"ok\"", "a person must tick the box"),
        (form(&[&format!("{consent}{}", YES.replace("yes", "ye s"))]), "\"ye s\"", "visible ASCII"),
        (form(&[&with("hidden = true")]), "\"x\"", "nothing fills it in"),
        (form(&[&with("autocomplete = \"cc-number\"")]), "\"cc-number\"", "no token of `autocomplete`"),
        (form(&[&with("required_if = []")]), "[]", "names no condition"),
        (form(&[&with("required_if = [{ field = \"y\", is = [\"a\"] }]")]), "\"y\"", "there is no field `y`; did you mean `x`?"),
        (form(&[&with("required_if = [{ field = \"x\", is = [\"a\"] }]")]), "\"x\"", "cannot depend on itself"),
        (
            form(&[
                LINE,
                &LINE.replace("\"x\"", "\"y\"").replace("limit", "required_if = [{ field = \"x\", is = [\"a\"] }]\nlimit"),
            ]),
            "\"x\"",
            "no choices that a condition could ask for",
        ),
        (
            form(&[&format!("{consent}{YES}"), &with("required_if = [{ field = \"ok\", is = [\"no\"] }]")]),
            "\"no\"",
            "the field `ok` has no choice `no`; its choices are `yes`",
        ),
        (form(&[&format!("{consent}{YES}"), &with("required_if = [{ field = \"ok\" }]")]), "\"ok\"", "either `is` or `is_not`"),
        (
            form(&[&format!("{consent}{YES}"), &with("required = true\nrequired_if = [{ field = \"ok\", is = [\"yes\"] }]")]),
            "[{ field = \"ok\", is = [\"yes\"] }]",
            "contradict each other",
        ),
        (format!("subject = \"z\"\n{}", form(&[LINE])), "\"z\"", "there is no field `z`"),
        (format!("reply_to = \"x\"\n{}", form(&[LINE])), "\"x\"", "must name a field of the type `email`"),
        (format!("language = \"x\"\n{}", form(&[LINE])), "\"x\"", "whose choices are language tags"),
    ] {
        let (place, message) = fault(&text);
        assert_eq!((place.as_str(), message.contains(said)), (at, true), "{text}\n{message}");
    }
}

#[test]
fn a_form_cannot_take_the_counters_own_addresses() {
    for name in ["status", "assets", "A", "a--b", "", "a/b"] {
        let checked = parse(name, &source(&form(&[LINE])), &locales(&["en"]));
        assert_eq!((checked.value, checked.diagnostics.len()), (None, 1), "{name}");
    }
    assert!(parse("a-1", &source(&form(&[LINE])), &locales(&["en"])).value.is_some());
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_do_no_harm() {
    let text = format!("\u{feff}{}", form(&[LINE]).replace('\n', "\r\n"));
    let (spec, found) = read(&text);
    assert_eq!(found, []);
    assert_eq!(spec.unwrap().fields.len(), 1);
}

#[test]
fn every_kind_has_a_name_of_its_own() {
    for (name, kind) in Kind::NAMES {
        assert_eq!((Kind::from_name(name), kind.name()), (Some(kind), name));
    }
}

fn shown(spec: &FormSpec, values: &[(&str, &str)], faults: &[(&str, &str)]) -> view::FormView {
    let showing = view::Showing {
        locale: LocaleId(0),
        locales: &locales(&["ja", "en"]),
        action: "/requests/x",
        page: "ja/a/",
        submission_id: "key",
        token: "token",
        contact: None,
        promise: Some((LocaleId(1), "Soon")),
        privacy: None,
        values,
        faults,
    };
    view::view(spec, &showing)
}

fn question<'v>(view: &'v view::FormView, name: &str) -> Option<&'v view::FieldView> {
    view.groups.iter().flat_map(|group| &group.fields).find(|field| field.name == name)
}

#[test]
fn a_view_keeps_answers_and_leads_from_each_fault_to_its_field() {
    let spec = shipped("service-request");
    let values = [("title", "<b>髙橋"), ("severity", "b"), ("time_zone", "Asia/Kathmandu"), ("service", "azure")];
    let faults = [("severity", "M1"), ("title", "M2"), ("colour", "M3")];
    let view = shown(&spec, &values, &faults);
    let ids: Vec<_> = view.faults.iter().map(|fault| (fault.id.as_deref(), fault.message.as_str())).collect();
    let id = |rest: &str| format!("md-form-service-request-{rest}");
    assert_eq!(ids, [(Some(id("severity-1").as_str()), "M1"), (Some(id("title").as_str()), "M2"), (None, "M3")]);
    let title = question(&view, "title").unwrap();
    assert_eq!((title.value.as_str(), title.fault.as_deref()), ("<b>髙橋", Some("M2")));
    assert_eq!(title.described_by, format!("{} {}", id("title-help"), id("title-fault")));
    let chosen = |name: &str| {
        let field = question(&view, name).unwrap();
        field.choices.iter().filter(|choice| choice.checked).map(|choice| choice.value.clone()).collect::<Vec<_>>()
    };
    assert_eq!((chosen("severity"), chosen("service")), (vec!["b".to_owned()], vec!["azure".to_owned()]));
    assert_eq!(chosen("time_zone"), ["Asia/Kathmandu"], "a zone that is not suggested is kept");
    assert_eq!(chosen("consent"), [""; 0]);
    assert_eq!(view.promise.unwrap().lang.as_deref(), Some("en"));
}

#[test]
fn a_hidden_field_is_shown_only_where_it_must_be_filled_in() {
    let spec = shipped("translation-feedback");
    let hidden = |view: &view::FormView, name: &str| {
        view.hidden.iter().filter(|hidden| hidden.name == name).map(|hidden| hidden.value.clone()).collect::<Vec<_>>()
    };
    let empty = shown(&spec, &[], &[]);
    assert!(question(&empty, "segment").is_some() && hidden(&empty, "segment").is_empty() && hidden(&empty, "page").is_empty());
    let filled = shown(&spec, &[("segment", "abc"), ("page", "en/b/")], &[]);
    assert!(question(&filled, "segment").is_none() && question(&filled, "page").is_none());
    assert_eq!((hidden(&filled, "segment"), hidden(&filled, "page")), (vec!["abc".to_owned()], vec!["en/b/".to_owned()]));
    let faulty = shown(&spec, &[("segment", "a b")], &[("segment", "M")]);
    assert_eq!(question(&faulty, "segment").unwrap().value, "a b", "what is wrong can be corrected");
    assert_eq!(hidden(&shown(&shipped("service-request"), &[], &[]), "page"), ["ja/a/"]);
}

use encoding_rs::SHIFT_JIS;
use proptest::prelude::*;

use super::decode::{DecodeError, MOST_BYTES, MOST_PAIRS, Pair, Sent, json, urlencoded};
use super::{Fault, Submission, check};
use crate::form::{Choice, Condition, Field, FormSpec, Kind, Limits, Required, Texts};
use crate::locale::LocaleId;

mod page;

fn field(name: &str, kind: Kind) -> Field {
    let choices = ["a", "b"].map(|value| Choice { value: value.into(), label: Texts::default(), help: Texts::default() });
    Field {
        name: name.into(),
        group: 0,
        kind,
        required: Required::No,
        label: Texts::default(),
        help: Texts::default(),
        missing: Texts::default(),
        choices: if matches!(kind, Kind::Choice | Kind::Select | Kind::Consent) { choices.into() } else { Vec::new() },
        limits: Limits { graphemes: 100, bytes: 400 },
        prefill: false,
        autocomplete: None,
        hidden: false,
    }
}

fn form(fields: Vec<Field>) -> FormSpec {
    FormSpec {
        name: "test".into(),
        title: Texts::default(),
        intro: Texts::default(),
        submit: Texts::default(),
        subject: None,
        reply_to: None,
        language: None,
        hours: None,
        groups: Vec::new(),
        fields,
    }
}

fn sent(pairs: &[(&str, &str)]) -> Sent {
    Sent(pairs.iter().map(|(name, text)| Pair { name: (*name).into(), text: Some((*text).into()) }).collect())
}

fn checked(form: &FormSpec, pairs: &[(&str, &str)]) -> Result<Submission, Vec<Fault>> {
    check(form, LocaleId(0), &sent(pairs))
}

/// What is kept of an answer, or the code of what is wrong with it.
fn kept(kind: Kind, typed: &str) -> Result<String, &'static str> {
    match checked(&form(vec![field("f", kind)]), &[("f", typed)]) {
        Ok(submission) => Ok(submission.answer("f").unwrap_or_default().to_owned()),
        Err(faults) => Err(faults[0].code.id()),
    }
}

fn codes(result: Result<Submission, Vec<Fault>>) -> Vec<(String, &'static str)> {
    result.err().unwrap_or_default().into_iter().map(|fault| (fault.field, fault.code.id())).collect()
}

#[test]
fn what_is_not_utf_8_is_refused_and_never_replaced() {
    let bodies: [&[u8]; 9] = [
        b"f=\x8eR\x93c",
        b"f=%8ER%93c",
        b"f=%C0%AF",
        b"f=%ED%A0%80",
        b"f=%F5%80%80%80",
        b"f=\xff",
        b"\xef\xbb\xbff=1",
        b"\xff\xfef\0=\0",
        b"%FF=1",
    ];
    for body in bodies {
        assert_eq!(urlencoded(body), Err(DecodeError::BadEncoding), "{body:?}");
    }
    assert_eq!(urlencoded("f=%EF%BF%BD+山".as_bytes()).unwrap().get("f"), Some("\u{FFFD} 山"));
}

#[test]
fn a_percent_sign_stands_for_a_byte_or_the_body_is_refused() {
    for body in ["f=%", "f=%4", "f=%zz", "f=%+1"] {
        assert_eq!(urlencoded(body.as_bytes()), Err(DecodeError::Malformed), "{body}");
    }
    let read = urlencoded(b"a=1+2%2B&b&&c=%3D=&=x").unwrap();
    assert_eq!([read.get("a"), read.get("b"), read.get("c"), read.get("")], [Some("1 2+"), Some(""), Some("=="), Some("x")]);
}

#[test]
fn shift_jis_is_read_where_the_form_says_so_and_refused_where_it_is_damaged() {
    let (bytes, ..) = SHIFT_JIS.encode("髙﨑㈱①～ﾊﾟ");
    let percent: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    let read = |charset: &str, value: &str| urlencoded(format!("f={value}&_charset_={charset}").as_bytes());
    assert_eq!(read("Shift_JIS", &percent).unwrap().get("f"), Some("髙﨑㈱①～ﾊﾟ"));
    assert_eq!(read("shift_jis", "%81").err(), Some(DecodeError::BadEncoding));
    assert_eq!(read("EUC-JP", "%A4%A2").err(), Some(DecodeError::BadEncoding));
    assert_eq!(read("ISO-2022-JP", "a").err(), Some(DecodeError::BadEncoding));
    assert_eq!(read("nonsense", "a").err(), Some(DecodeError::BadEncoding));
    assert_eq!(read("UTF-8", "%E5%B1%B1").unwrap().get("f"), Some("山"));
}

#[test]
fn what_shift_jis_cannot_hold_arrives_as_it_was_typed() {
    let read = |value: &str| urlencoded(format!("f={value}&_charset_=Shift_JIS").as_bytes()).unwrap();
    assert_eq!(read("%26%23128512%3B%26%2324029%3B").get("f"), Some("😀&#24029;"), "U+5DDD is in Shift_JIS");
    assert_eq!(read("%26%23%3B+%26%239999999999%3B+%26%23x41%3B").get("f"), Some("&#; &#9999999999; &#x41;"));
}

#[test]
fn every_character_of_windows_31j_survives() {
    for code in 0x8140_u32..=0xFCFC {
        let bytes = [(code >> 8) as u8, (code & 0xFF) as u8];
        let Some(text) = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&bytes) else { continue };
        if text.chars().count() != 1 {
            continue;
        }
        let body = format!("f=%{:02X}%{:02X}&_charset_=Shift_JIS", bytes[0], bytes[1]);
        assert_eq!(urlencoded(body.as_bytes()).unwrap().get("f"), Some(&*text));
        let in_utf_8: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let read = urlencoded(format!("f={in_utf_8}").as_bytes()).unwrap();
        let result = check(&form(vec![field("f", Kind::Line)]), LocaleId(0), &read).unwrap();
        assert!(result.answer("f").is_none_or(|kept| kept == text), "{text}");
    }
}

#[test]
fn json_is_one_object_of_texts() {
    let read = json(r#"{"a":"1","b":null,"c":3,"d":["x"],"e":{"f":1},"a":"2","g":"\ud83d\ude00"}"#.as_bytes()).unwrap();
    let pairs: Vec<_> = read.0.iter().map(|pair| (pair.name.as_str(), pair.text.as_deref())).collect();
    assert_eq!(pairs, [("a", Some("1")), ("c", None), ("d", None), ("e", None), ("a", Some("2")), ("g", Some("😀"))]);
    for half in [r#"{"a":"\ud83d"}"#, r#"{"a":"\ude00x"}"#, r#"{"a":"\ud83dx"}"#, r#"{"a":"\ud83d\n"}"#, r#"{"\ud83d\ud83d":""}"#]
    {
        assert_eq!(json(half.as_bytes()), Err(DecodeError::BadEncoding), "{half}");
    }
    for wrong in ["", "[]", "1", "{\"a\":}", "{} {}", "{\"a\":\"1\"", "{\"a\":\"\n\"}", &("[".repeat(100_000))] {
        assert_eq!(json(wrong.as_bytes()), Err(DecodeError::Malformed), "{wrong:.20}");
    }
    assert_eq!(json(b"\xef\xbb\xbf{}"), Err(DecodeError::BadEncoding));
    assert_eq!(json(b"{\"a\":\"\xff\"}"), Err(DecodeError::BadEncoding));
    assert!(json(format!("{{\"a\":{}1{}}}", "[".repeat(90), "]".repeat(90)).as_bytes()).is_ok());
}

#[test]
fn too_much_is_refused() {
    assert_eq!(urlencoded(&vec![b'a'; MOST_BYTES + 1]), Err(DecodeError::TooLarge));
    assert_eq!(json(&vec![b' '; MOST_BYTES + 1]), Err(DecodeError::TooLarge));
    assert_eq!(urlencoded("a=1&".repeat(MOST_PAIRS + 1).as_bytes()), Err(DecodeError::Malformed));
    assert!(urlencoded("a=1&".repeat(MOST_PAIRS).as_bytes()).is_ok());
}

#[test]
fn one_line_has_no_control_and_no_bidi_characters() {
    for c in
        ["\n", "\r\n", "\0", "\t", "\u{1b}[31m", "\u{7f}", "\u{85}", "\u{2028}", "\u{2029}", "\u{202e}", "\u{2066}", "\u{200f}"]
    {
        for kind in [Kind::Line, Kind::Email, Kind::Phone, Kind::Id, Kind::Tenant, Kind::Choice] {
            assert_eq!(kept(kind, &format!("a{c}b")), Err("control_char"), "{kind:?} {c:?}");
        }
    }
    assert_eq!(kept(Kind::Text, "a\r\nb\rc\u{85}d\u{2028}e\u{2029}f\n"), Ok("a\nb\nc\nd\ne\nf\n".into()));
    assert_eq!(kept(Kind::Text, "\t\u{1b}[31m\0\u{202e}"), Ok("\t\u{1b}[31m\0\u{202e}".into()));
}

#[test]
fn names_and_texts_stay_as_typed() {
    for text in
        ["㈱ﾊﾟﾅｿﾆｯｸ", "か\u{3099}", "髙﨑 鄧柗", "①〜～−－‖￥\\", " 先頭と末尾の空白　", "👩‍👩‍👧‍👦", "=cmd|' /C calc'", "<script>"]
    {
        assert_eq!(kept(Kind::Line, text), Ok(text.into()));
        assert_eq!(kept(Kind::Text, text), Ok(text.into()));
    }
    assert_eq!(kept(Kind::Line, " 　\u{a0}"), Ok(String::new()), "nothing was answered");
}

#[test]
fn addresses_are_read_leniently() {
    for (typed, kept_as) in [
        ("　ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ ", "taro@example.jp"),
        ("a..b.@docomo.ne.jp", "a..b.@docomo.ne.jp"),
        (".a@docomo.ne.jp", ".a@docomo.ne.jp"),
        ("user@日本.jp", "user@日本.jp"),
        ("o'neil+tag@mail.example.co.uk", "o'neil+tag@mail.example.co.uk"),
    ] {
        assert_eq!(kept(Kind::Email, typed), Ok(kept_as.into()));
    }
    let long = format!("{}@example.com", "a".repeat(65));
    for wrong in [
        "a",
        "@b.jp",
        "a@",
        "a@b",
        "a@b..jp",
        "a@-b.jp",
        "a b@c.jp",
        "a@b.jp, c@d.jp",
        "<a@b.jp>",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@b@c.jp\"",
        "山田 a@b.jp",
        &long,
    ] {
        assert_eq!(kept(Kind::Email, wrong), Err("bad_email"), "{wrong}");
    }
}

#[test]
fn numbers_and_identifiers_are_read_leniently() {
    for (typed, kept_as) in [
        ("０３ー１２３４−５６７８", "03-1234-5678"),
        ("+81 (0)90‐1234–5678", "+81 (0)90-1234-5678"),
        ("03-1234-5678 内線12", "03-1234-5678 内線12"),
        ("+1 425 555 0100 ext. 4", "+1 425 555 0100 ext. 4"),
    ] {
        assert_eq!(kept(Kind::Phone, typed), Ok(kept_as.into()));
    }
    for wrong in ["12", "電話なし", "call me 123", "javascript:123"] {
        assert_eq!(kept(Kind::Phone, wrong), Err("bad_phone"), "{wrong}");
    }
    assert_eq!(kept(Kind::Id, " ＡＢ－１２ "), Ok("AB-12".into()));
    assert_eq!(kept(Kind::Id, "a b"), Err("bad_id"));
    let guid = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    for typed in [
        "72F988BF-86F1-41AF-91AB-2D7CD011DB47",
        "{72f988bf-86f1-41af-91ab-2d7cd011db47}",
        "72f988bf86f141af91ab2d7cd011db47",
        "７２f988bf-86f1-41af-91ab-2d7cd011db47",
    ] {
        assert_eq!(kept(Kind::Guid, typed), Ok(guid.into()), "{typed}");
        assert_eq!(kept(Kind::Tenant, typed), Ok(guid.into()), "{typed}");
    }
    for wrong in [
        "72f988bf-86f1-41af-91ab-2d7cd011db4",
        "72f9-88bf86f141af91ab2d7cd011db47",
        "g2f988bf-86f1-41af-91ab-2d7cd011db47",
        "ééééé",
    ] {
        assert_eq!(kept(Kind::Guid, wrong), Err("bad_guid"), "{wrong}");
    }
    assert_eq!(kept(Kind::Tenant, "Contoso.OnMicrosoft.com"), Ok("contoso.onmicrosoft.com".into()));
    for wrong in ["contoso", "https://contoso.com", "a..b", "contoso.com."] {
        assert_eq!(kept(Kind::Tenant, wrong), Err("bad_tenant"), "{wrong}");
    }
}

#[test]
fn times_and_zones_exist() {
    for (typed, kept_as) in [
        ("2026-11-22T22:47", "2026-11-22T22:47"),
        ("2026/11/2 9:05", "2026-11-02T09:05"),
        ("２０２６-11-22T22:47:59", "2026-11-22T22:47"),
    ] {
        assert_eq!(kept(Kind::DateTime, typed), Ok(kept_as.into()));
    }
    for wrong in [
        "2026-02-30T10:00",
        "2026-11-22",
        "22:47",
        "2026-11-22T24:01",
        "26-11-22T10:00",
        "2026-11-22T10:00Z",
        "99999-01-01T00:00",
        "2026-11-22T10:00+09:00",
        "2026-11-22T",
    ] {
        assert_eq!(kept(Kind::DateTime, wrong), Err("bad_date_time"), "{wrong}");
    }
    assert_eq!(kept(Kind::TimeZone, "asia/tokyo"), Ok("Asia/Tokyo".into()));
    assert_eq!(kept(Kind::TimeZone, "UTC"), Ok("UTC".into()));
    for wrong in ["CST", "JST", "Asia/Nowhere", "../etc/passwd", "CST6CDT", "+09:00"] {
        assert_eq!(kept(Kind::TimeZone, wrong), Err("bad_time_zone"), "{wrong}");
    }
}

#[test]
fn a_choice_is_one_of_its_choices() {
    for kind in [Kind::Choice, Kind::Select, Kind::Consent] {
        assert_eq!(kept(kind, "a"), Ok("a".into()));
        assert_eq!(kept(kind, "c"), Err("unknown_choice"));
    }
}

#[test]
fn limits_count_graphemes_and_bytes() {
    assert!(kept(Kind::Line, &"が".repeat(100)).is_ok());
    assert_eq!(kept(Kind::Line, &"が".repeat(101)), Err("too_long"));
    assert!(kept(Kind::Line, &"👨‍👩‍👧‍👦".repeat(16)).is_ok(), "16 graphemes, 400 bytes");
    assert_eq!(kept(Kind::Line, &"👨‍👩‍👧‍👦".repeat(17)), Err("too_large"));
    assert_eq!(kept(Kind::Text, &format!("a{}", "\u{301}".repeat(50_000))), Err("too_large"));
}

#[test]
fn all_faults_come_at_once_in_the_order_of_the_form() {
    let mut fields: Vec<Field> = ["one", "two", "three"].map(|name| field(name, Kind::Line)).into();
    fields[0].required = Required::Always;
    fields[2].required = Required::Always;
    let result = checked(
        &form(fields),
        &[("zz", "1"), ("two", "\n"), ("two", "x"), ("token", "a\nb"), ("zz", ""), ("step", "1"), ("step", "2")],
    );
    let expected = [
        ("one", "missing"),
        ("two", "duplicate_field"),
        ("three", "missing"),
        ("zz", "unknown_field"),
        ("token", "control_char"),
        ("step", "duplicate_field"),
    ];
    assert_eq!(codes(result), expected.map(|(field, code)| (field.to_owned(), code)));
}

#[test]
fn a_json_value_that_is_no_text_is_a_fault_of_its_field() {
    let read = json(br#"{"f":1,"token":2}"#).unwrap();
    let faults = check(&form(vec![field("f", Kind::Line)]), LocaleId(0), &read);
    assert_eq!(codes(faults), [("f".to_owned(), "not_text"), ("token".to_owned(), "not_text")]);
}

#[test]
fn conditions_look_at_other_answers() {
    let mut fields = vec![field("service", Kind::Select), field("customer", Kind::Line), field("phone", Kind::Phone)];
    let condition = |field: &str, is, value: &str| Condition { field: field.into(), is, values: vec![value.into()] };
    fields[1].required = Required::If(vec![condition("service", false, "b")]);
    fields[2].required = Required::If(vec![condition("service", true, "a"), condition("customer", true, "x")]);
    let form = form(fields);
    assert_eq!(codes(checked(&form, &[("service", "b")])), []);
    assert_eq!(codes(checked(&form, &[("service", "ｂ")])), [], "conditions see the normalised answer");
    assert_eq!(codes(checked(&form, &[("service", "a")])), [("customer".into(), "missing"), ("phone".into(), "missing")]);
    assert_eq!(codes(checked(&form, &[("service", "b"), ("customer", "x")])), [("phone".into(), "missing")]);
}

#[test]
fn the_way_of_a_request_is_no_part_of_its_fingerprint() {
    let form = form(vec![field("a", Kind::Line), field("page", Kind::Line)]);
    let print = |pairs: &[(&str, &str)]| checked(&form, pairs).unwrap().fingerprint();
    let plain = print(&[("a", "1")]);
    assert_eq!(
        plain,
        print(&[("token", "t"), ("step", "confirm"), ("a", "1"), ("submission_id", "s"), ("website", ""), ("locale", "ja")])
    );
    assert_ne!(plain, print(&[("a", "2")]));
    assert_ne!(plain, print(&[("a", "1"), ("page", "/x")]), "a page that the form asks for is an answer");
    let trapped = checked(&form, &[("a", "1"), ("website", "http://x"), ("page", "/p")]).unwrap();
    assert!(trapped.honeypot && trapped.page.as_deref() == Some("/p"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..600)) {
        let kinds = [Kind::Line, Kind::Text, Kind::Email, Kind::Phone, Kind::Id, Kind::Guid, Kind::Tenant, Kind::DateTime, Kind::TimeZone, Kind::Choice];
        let form = form(kinds.iter().enumerate().map(|(n, kind)| field(&format!("f{n}"), *kind)).collect());
        for read in [urlencoded(&body), json(&body)].into_iter().flatten() {
            let _ = check(&form, LocaleId(0), &read);
        }
        for n in 0..kinds.len() {
            let mut named = format!("f{n}=").into_bytes();
            named.extend(body.iter().filter(|byte| !b"&%".contains(byte)));
            if let Ok(read) = urlencoded(&named) {
                let _ = check(&form, LocaleId(0), &read);
            }
        }
    }

    #[test]
    fn no_text_makes_a_kind_panic(text in "\\PC{0,60}") {
        for kind in [Kind::Line, Kind::Text, Kind::Email, Kind::Phone, Kind::Id, Kind::Guid, Kind::Tenant, Kind::DateTime, Kind::TimeZone] {
            let _ = kept(kind, &text);
        }
    }

    #[test]
    fn what_is_accepted_is_what_was_typed(text in any::<String>()) {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let read = urlencoded(format!("f={encoded}").as_bytes()).unwrap();
        prop_assert_eq!(read.get("f"), Some(text.as_str()));
        let as_json = serde_json::json!({ "f": text }).to_string();
        let read = json(as_json.as_bytes()).unwrap();
        prop_assert_eq!(read.get("f"), Some(text.as_str()));
        if let Ok(kept) = kept(Kind::Line, &text) {
            prop_assert!(kept == text || kept.is_empty() && text.trim().is_empty());
        }
    }

    #[test]
    fn normalising_twice_is_normalising_once(text in "[ -~０-９Ａ-Ｚａ-ｚー－．＠　/:T]{1,40}") {
        for kind in [Kind::Email, Kind::Phone, Kind::Id, Kind::Guid, Kind::Tenant, Kind::DateTime, Kind::TimeZone] {
            if let Ok(once) = kept(kind, &text) {
                prop_assert_eq!(kept(kind, &once), Ok(once.clone()));
            }
        }
    }
}

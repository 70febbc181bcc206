mod hostile;
pub(in crate::intake) mod samples;

use mail_parser::{MessageParser, MimeHeaders};
use samples::{EN, JA, RECEIVED, Sample};

use super::{LetterError, digest, escalation, wire};
use crate::config::Mailbox;
use crate::form::{Group, Texts};
use crate::intake::outbox::Letter;
use crate::intake::submission::Answer;
use crate::locale::LocaleId;

const ANSWERS: [(&str, &str); 7] = [
    ("requester_name", "山田 太郎"),
    ("email", "taro@例え.jp"),
    ("severity", "a"),
    ("title", "テナントに新しいサブスクリプションを割り当てると、エラーになります。至急お願いします"),
    ("started_at", "2026-11-22T22:47"),
    ("time_zone", "Asia/Shanghai"),
    ("description", "髙橋様の環境です。\n\n  ①㈱Ⅲ ｱｲｳ ～‖－\nFrom here on\n.\n"),
];

/// The text of a mail with LF line ends.
fn text(letter: &Letter) -> String {
    let message = MessageParser::default().parse(&letter.bytes).unwrap();
    message.body_text(0).unwrap().replace("\r\n", "\n")
}

/// A header field as it is written, unfolded.
fn header(letter: &Letter, name: &str) -> Option<String> {
    let message = MessageParser::default().parse(&letter.bytes).unwrap();
    message.header_raw(name).map(|raw| raw.replace("\r\n ", " ").trim().to_owned())
}

#[test]
fn the_desk_gets_every_answer_with_its_label_and_the_text_untouched() {
    let letter = Sample::new(&ANSWERS).escalation();
    let text = text(&letter);
    for line in [
        "Reference: SR-0410-6105-0R3G-G28A\n",
        "Received: 22 Nov 2026, 22:47 JST (UTC+9) = 22 Nov 2026, 13:47 UTC\n",
        "Form: Service request\n",
        "Language of the page: 日本語 (ja)\n",
        "== You ==\n",
        "Name: 山田 太郎\n",
        "E-mail: taro@例え.jp (xn--r8jz45g.jp)\n",
        "Severity: Business stopped\n",
        "Started at: 22 Nov 2026, 22:47 (Asia/Shanghai, UTC+8) = 22 Nov 2026, 14:47 UTC\n",
        "\nDescription:\n髙橋様の環境です。\n\n  ①㈱Ⅲ ｱｲｳ ～‖－\nFrom here on\n.\n",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("Caution"), "{text}");
}

#[test]
fn each_group_of_answers_stands_apart() {
    let mut sample = Sample::new(&[("requester_name", "Taro"), ("title", "No sign-in"), ("description", "One\nTwo")]);
    let group = |title: &str| Group { title: samples::texts("", title), help: Texts::default() };
    sample.form.groups = ["You", "What happened", "The problem"].map(group).into();
    for (field, group) in [("description", 1), ("title", 2)] {
        sample.form.fields.iter_mut().find(|one| one.name == field).unwrap().group = group;
    }
    let text = text(&sample.escalation());
    let groups = "\n\n== You ==\n\nName: Taro\n\n== What happened ==\n\nDescription:\nOne\nTwo\n\n== The problem ==\n\nTitle: No sign-in\n";
    assert!(text.ends_with(groups), "{text}");
}

#[test]
fn the_desk_can_be_japanese() {
    let mut sample = Sample::new(&ANSWERS);
    sample.config.desk_locale = JA;
    let text = text(&sample.escalation());
    assert!(
        text.contains("受付日時：2026年11月22日（日）22:47（日本時間 / JST, UTC+9） = 2026年11月22日（日）13:47 UTC\n"),
        "{text}"
    );
    assert!(text.contains("重大度：業務停止\n") && text.contains("内容：\n髙橋様"), "{text}");
}

#[test]
fn the_subject_names_the_grade_and_not_the_language_of_the_answer() {
    let mut sample = Sample::new(&ANSWERS);
    let mut language = sample.form.fields.iter().find(|field| field.name == "severity").unwrap().clone();
    language.name = "preferred_language".into();
    sample.form.fields.push(language);
    sample.form.language = Some("preferred_language".into());
    sample.submission.answers.push(Answer { field: "preferred_language".into(), value: "ja".into() });
    let subject =
        |sample: &Sample| MessageParser::default().parse(&sample.escalation().bytes).unwrap().subject().unwrap().to_owned();
    assert_eq!(subject(&sample), "[SR-0410-6105-0R3G-G28A] A: テナントに新しいサブスクリプシ…");
}

#[test]
fn the_headers_of_the_desks_mail_are_these() {
    let letter = Sample::new(&ANSWERS).escalation();
    let message = MessageParser::default().parse(&letter.bytes).unwrap();
    assert_eq!(message.subject().unwrap(), "[SR-0410-6105-0R3G-G28A] A: テナントに新しいサブスクリプシ…");
    assert_eq!((letter.mail_from.as_str(), letter.rcpt_to.as_str()), ("guidance@example.com", "escalations@example.com"));
    assert_eq!(letter.message_id, "<SR-0410-6105-0R3G-G28A.v1@example.com>");
    assert_eq!(message.from().unwrap().first().unwrap().name(), Some("パートナー窓口"));
    for (name, value) in [
        ("Message-ID", letter.message_id.as_str()),
        ("Reply-To", "taro@xn--r8jz45g.jp"),
        ("To", "escalations@example.com"),
        ("Date", "Sun, 22 Nov 2026 13:47:00 +0000"),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(header(&letter, name).as_deref(), Some(value), "{name}");
    }
}

#[test]
fn the_attachment_holds_the_answers_as_they_were_typed() {
    let mut sample = Sample::new(&ANSWERS);
    sample.submission.page = Some("https://docs.example.com/ja/submit/".into());
    let letter = sample.escalation();
    let message = MessageParser::default().parse(&letter.bytes).unwrap();
    let file = message.attachment(0).unwrap();
    assert_eq!(file.attachment_name(), Some("SR-0410-6105-0R3G-G28A.json"));
    let json: serde_json::Value = serde_json::from_slice(file.contents()).unwrap();
    for (field, value) in ANSWERS {
        assert_eq!(json["answers"][field], value);
    }
    assert_eq!(json["received_at"], "2026-11-22T13:47:00Z");
    assert_eq!(json["times"]["started_at"], "2026-11-22T14:47:00Z");
    assert_eq!((json["locale"].as_str(), json["page"].as_str()), (Some("ja"), Some("https://docs.example.com/ja/submit/")));
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    let sample = Sample::new(&ANSWERS);
    assert_eq!(sample.escalation(), sample.escalation());
    assert_eq!(sample.confirmation(), sample.confirmation());
}

#[test]
fn the_requester_gets_the_number_and_no_word_that_they_typed() {
    let sample = Sample::new(&ANSWERS);
    let letter = sample.confirmation().unwrap();
    let text = text(&letter);
    for line in [
        "お客様\n",
        "受付番号：SR-0410-6105-0R3G-G28A\n",
        "受付日時：2026年11月22日（日）22:47（日本時間 / JST, UTC+9）\n",
        "フォーム：サービス リクエスト\n",
        "翌営業日までにご連絡します。",
        "電話 03-0000-0000",
        "お手数ですが本メールを破棄してくださいますようお願いいたします。",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let raw = String::from_utf8(letter.bytes.clone()).unwrap();
    for (field, typed) in ANSWERS.iter().filter(|(field, _)| !["severity", "email"].contains(field)) {
        assert!(!text.contains(typed) && !raw.contains(typed), "{field}");
    }
    assert_eq!((letter.mail_from.as_str(), letter.rcpt_to.as_str()), ("", "taro@xn--r8jz45g.jp"));
    for (name, value) in [("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All"), ("MIME-Version", "1.0")] {
        assert_eq!(header(&letter, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(header(&letter, "Reply-To"), None);
    assert_ne!(letter.message_id, sample.escalation().message_id);
}

#[test]
fn the_confirmation_is_the_same_whatever_is_typed() {
    let typed = |title, name| {
        let answers = [("requester_name", name), ("email", "a@example.com"), ("title", title), ("description", title)];
        Sample::new(&answers).confirmation().unwrap()
    };
    assert_eq!(typed("x", "山田"), typed("http://spam.example/", "Buy now"));
}

#[test]
fn the_confirmation_is_written_in_each_language() {
    for (locale, subject) in [
        (JA, "【受付完了】お問い合わせを受け付けました（受付番号：SR-0410-6105-0R3G-G28A）"),
        (EN, "We have received your request (SR-0410-6105-0R3G-G28A)"),
        (LocaleId(2), "Ihre Anfrage ist eingegangen (SR-0410-6105-0R3G-G28A)"),
        (LocaleId(3), "[접수 완료] 문의가 접수되었습니다(SR-0410-6105-0R3G-G28A)"),
    ] {
        let mut sample = Sample::new(&ANSWERS);
        sample.submission.locale = locale;
        let letter = sample.confirmation().unwrap();
        assert_eq!(MessageParser::default().parse(&letter.bytes).unwrap().subject(), Some(subject));
        assert!(!text(&letter).contains("mail_"), "a message is missing");
    }
}

#[test]
fn there_is_no_confirmation_where_none_is_wanted() {
    let mut off = Sample::new(&ANSWERS);
    off.config.confirmation = false;
    let mut held = Sample::new(&ANSWERS);
    held.submission.honeypot = true;
    let mut no_field = Sample::new(&ANSWERS);
    no_field.form.reply_to = None;
    let no_answer = Sample::new(&ANSWERS[2..]);
    for sample in [off, held, no_field, no_answer] {
        assert_eq!(sample.confirmation(), None);
        assert!(!sample.escalation().bytes.is_empty());
    }
}

/// RFC 2047 §5 allows no encoded word in an address; parsers decode it all the same, and read another address.
#[test]
fn an_address_that_looks_like_an_encoded_word_stands_in_no_header() {
    let sample = Sample::new(&[("email", "=?UTF-8?B?DQpCY2M6IHhAZXZpbC5leGFtcGxl?=@example.jp")]);
    let letter = sample.escalation();
    assert_eq!(header(&letter, "Reply-To"), None);
    assert!(text(&letter).contains("=?UTF-8?B?DQpCY2M6IHhAZXZpbC5leGFtcGxl?=@example.jp"));
    assert!(sample.confirmation().is_none());
}

#[test]
fn an_address_that_cannot_be_mailed_to_stands_in_the_body_alone() {
    for address in ["a..b@docomo.ne.jp", ".a@docomo.ne.jp", "a.@ezweb.ne.jp", "用户@例え.jp"] {
        let sample = Sample::new(&[("email", address)]);
        let letter = sample.escalation();
        assert_eq!(header(&letter, "Reply-To"), None);
        assert!(text(&letter).contains(&format!("E-mail: {address}")), "{address}");
        assert_eq!(sample.confirmation(), None);
    }
}

#[test]
fn a_time_is_never_said_without_its_zone() {
    let line = |at, zone: &[(&str, &str)]| {
        let answers: Vec<_> = [("started_at", at)].iter().chain(zone).copied().collect();
        let text = text(&Sample::new(&answers).escalation());
        text.lines().find(|line| line.starts_with("Started at")).unwrap().to_owned()
    };
    let chicago = [("time_zone", "America/Chicago")];
    assert_eq!(
        line("2026-11-01T00:30", &chicago),
        "Started at: 1 Nov 2026, 00:30 (America/Chicago, UTC-5) = 1 Nov 2026, 05:30 UTC"
    );
    // The hour that the clocks of Chicago showed twice, and the one that they left out.
    assert_eq!(line("2026-11-01T01:30", &chicago), "Started at: 1 Nov 2026, 01:30 (America/Chicago, UTC-5 / UTC-6)");
    assert_eq!(line("2026-03-08T02:30", &chicago), "Started at: 8 Mar 2026, 02:30 (America/Chicago, UTC-6 / UTC-5)");
    assert_eq!(line("2026-11-22T22:47", &[]), "Started at: 22 Nov 2026, 22:47 (no time zone was given)");
    let kathmandu = [("time_zone", "Asia/Kathmandu")];
    assert!(line("2026-01-02T03:04", &kathmandu).contains("(Asia/Kathmandu, UTC+5:45) = 1 Jan 2026, 21:19 UTC"));
}

#[test]
fn an_address_of_the_configuration_that_no_mail_can_hold_is_named() {
    let mut sample = Sample::new(&ANSWERS);
    sample.config.mailbox = Some(Mailbox { name: None, address: "a..b@example.com".into() });
    let (desk, request) = sample.parts();
    assert_eq!(escalation(&desk, &request), Err(LetterError::Address("mailbox")));
    sample.config.mailbox = None;
    let (desk, request) = sample.parts();
    assert_eq!(escalation(&desk, &request), Err(LetterError::NoMailbox));
}

#[test]
fn a_time_that_no_mail_can_name_is_an_error() {
    let sample = Sample::new(&ANSWERS);
    for received_at in [-1, i64::MAX, RECEIVED * 1_000_000] {
        let (desk, mut request) = sample.parts();
        request.received_at = received_at;
        assert_eq!(escalation(&desk, &request), Err(LetterError::Time), "{received_at}");
    }
}

#[test]
fn one_person_has_one_digest() {
    assert_eq!(digest("Taro+spam@Example.com"), digest("taro@example.com"));
    assert_eq!(digest("taro@例え.jp"), digest("taro+x@XN--R8JZ45G.jp"));
    assert_ne!(digest("taro@example.com"), digest("jiro@example.com"));
}

#[test]
fn an_envelope_holds_no_command() {
    for bad in
        ["a@b>\r\nRCPT TO:<c@d", "a b@example.com", "<a@example.com>", "a@example.com\r\n", "\"a b\"@example.com", "a", "@b"]
    {
        assert_eq!(wire(bad), None, "{bad}");
    }
    assert_eq!(wire("窓口@例え.jp").as_deref(), Some("窓口@xn--r8jz45g.jp"));
}

#[test]
fn a_test_mail_says_in_the_desks_language_that_it_is_no_request() {
    let mut sample = Sample::new(&ANSWERS);
    for (locale, subject, line) in [
        (EN, "[TEST] Test mail of the request counter; nothing to do", "It is not a request, and nothing has to be done."),
        (
            JA,
            "【テスト】受付窓口のテスト メールです（対応は不要です）",
            "フォーム「サービス リクエスト」のリクエストがこのメールボックスに届く",
        ),
        (LocaleId(2), "[TEST] Testnachricht der Annahmestelle; nichts zu tun", "Sie ist keine Anfrage"),
        (LocaleId(3), "[테스트] 접수 창구의 테스트 메일입니다(조치 불필요)", "요청이 아니므로"),
    ] {
        sample.config.desk_locale = locale;
        let (letter, escalation) = (sample.probe(), sample.escalation());
        assert!(header(&letter, "Subject").is_some() && text(&letter).contains(line), "{}", text(&letter));
        assert_eq!(MessageParser::default().parse(&letter.bytes).unwrap().subject(), Some(subject));
        assert_eq!((&letter.mail_from, &letter.rcpt_to), (&escalation.mail_from, &escalation.rcpt_to));
        assert_eq!((header(&letter, "Message-ID").unwrap(), header(&letter, "Reply-To")), (letter.message_id.clone(), None));
        assert_eq!(letter.message_id, "<probe-1@example.com>");
        assert!(!text(&letter).contains("山田") && !text(&letter).contains('{'), "{}", text(&letter));
    }
}

#[test]
fn look_alikes_are_named_in_words_and_ordinary_japanese_is_not() {
    let mut sample =
        Sample::new(&[("title", "pаypalでβ版のVMが止まる"), ("email", "taro@exаmple.jp"), ("description", "сontoso")]);
    let shown = text(&sample.escalation());
    let caution = "Caution: in the words below, letters of different scripts stand together. They can look alike; those that stand out are \
                   named by number.\nTitle: pаypal (а <U+0430>)\nE-mail: exаmple (а <U+0430>)\n\n";
    assert!(shown.contains(caution), "{shown}");
    assert!(
        shown.contains("Title: pаypalでβ版のVMが止まる\n") && shown.contains("taro@exаmple.jp (xn--"),
        "the answers stay: {shown}"
    );
    sample.config.desk_locale = JA;
    let shown = text(&sample.escalation());
    assert!(shown.contains("異なる文字体系の文字が混ざっています") && shown.contains("件名：pаypal (а <U+0430>)"), "{shown}");
    assert!(!text(&Sample::new(&ANSWERS).escalation()).contains("Caution"));
}

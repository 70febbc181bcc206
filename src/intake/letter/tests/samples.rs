//! A form with a field of each kind that a mail treats in its own way, and requests for it.

use std::sync::LazyLock;
use std::time::Duration;

use super::super::{Desk, Request, confirmation, escalation, probe};
use crate::config::{Config, Environment, FormConfig, Mailbox};
use crate::form::{Choice, Field, FormSpec, Group, Kind, Limits, Required, Texts};
use crate::intake::ids::Reference;
use crate::intake::outbox::Letter;
use crate::intake::submission::{Answer, Submission};
use crate::locale::{Locale, LocaleId, LocaleSet};
use crate::theme::Theme;

pub(in crate::intake) const JA: LocaleId = LocaleId(0);
pub(in crate::intake) const EN: LocaleId = LocaleId(1);
/// 2026-11-22T13:47:00Z.
pub(in crate::intake) const RECEIVED: i64 = 1_795_355_220_000;

pub(in crate::intake) struct Sample {
    pub(in crate::intake) form: FormSpec,
    pub(in crate::intake) config: FormConfig,
    pub(in crate::intake) from: Mailbox,
    pub(in crate::intake) locales: LocaleSet,
    pub(in crate::intake) theme: &'static Theme,
    pub(in crate::intake) submission: Submission,
    pub(in crate::intake) reference: Reference,
}

/// Loaded once: many letters are written.
static THEME: LazyLock<Theme> = LazyLock::new(|| Theme::load(None, &locales()).unwrap());

fn locales() -> LocaleSet {
    let all = ["ja", "en", "de", "ko"].iter().map(|tag| Locale::parse(tag).unwrap()).collect();
    LocaleSet::new(all, Locale::parse("en").unwrap())
}

impl Sample {
    pub(in crate::intake) fn new(answers: &[(&str, &str)]) -> Self {
        Self {
            form: form(),
            config: config(),
            from: Mailbox::parse("パートナー窓口 <guidance@example.com>").unwrap(),
            theme: &THEME,
            locales: locales(),
            submission: Submission {
                form: "service-request".into(),
                locale: JA,
                page: None,
                answers: answers.iter().map(|(field, value)| Answer { field: (*field).into(), value: (*value).into() }).collect(),
                honeypot: false,
            },
            reference: Reference::from_random([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        }
    }

    pub(in crate::intake) fn escalation(&self) -> Letter {
        let (desk, request) = self.parts();
        escalation(&desk, &request).unwrap()
    }

    pub(in crate::intake) fn confirmation(&self) -> Option<Letter> {
        let (desk, request) = self.parts();
        confirmation(&desk, &request).unwrap()
    }

    pub(in crate::intake) fn probe(&self) -> Letter {
        probe(&self.parts().0, "1", RECEIVED).unwrap()
    }

    pub(in crate::intake) fn parts(&self) -> (Desk<'_>, Request<'_>) {
        let Self { form, config, from, locales, theme, submission, reference } = self;
        (Desk { form, config, from, locales, theme }, Request { submission, reference, received_at: RECEIVED, twin: None })
    }
}

pub(super) fn texts(ja: &str, en: &str) -> Texts {
    Texts(vec![Some(ja.into()), Some(en.into())])
}

fn field(name: &str, kind: Kind, label: Texts) -> Field {
    let choice = |value: &str, label| Choice { value: value.into(), label, help: Texts::default() };
    Field {
        name: name.into(),
        group: usize::from(kind == Kind::Text),
        kind,
        required: Required::No,
        label,
        help: Texts::default(),
        missing: Texts::default(),
        choices: match kind {
            Kind::Choice => vec![choice("a", texts("業務停止", "Business stopped")), choice("b", texts("性能低下", "Degraded"))],
            _ => Vec::new(),
        },
        limits: Limits { graphemes: 2000, bytes: 8000 },
        prefill: false,
        autocomplete: None,
        hidden: false,
    }
}

fn form() -> FormSpec {
    FormSpec {
        name: "service-request".into(),
        title: texts("サービス リクエスト", "Service request"),
        intro: Texts::default(),
        submit: Texts::default(),
        subject: Some("title".into()),
        reply_to: Some("email".into()),
        language: None,
        hours: Some("contact_hours".into()),
        groups: vec![
            Group { title: texts("お客様", "You"), help: Texts::default() },
            Group { title: Texts::default(), help: Texts::default() },
        ],
        fields: vec![
            field("requester_name", Kind::Line, texts("氏名", "Name")),
            field("email", Kind::Email, texts("メール アドレス", "E-mail")),
            field("severity", Kind::Choice, texts("重大度", "Severity")),
            field("title", Kind::Line, texts("件名", "Title")),
            field("started_at", Kind::DateTime, texts("発生日時", "Started at")),
            field("time_zone", Kind::TimeZone, texts("タイム ゾーン", "Time zone")),
            field("contact_hours", Kind::Line, texts("連絡のつく時間帯", "Contact hours")),
            field("description", Kind::Text, texts("内容", "Description")),
        ],
    }
}

fn config() -> FormConfig {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
        [site]
        locales = ["ja", "en", "de", "ko"]
        source_locale = "en"
        [form.service-request]
        spec = "content/forms/service-request.toml"
        mailbox = "escalations@example.com"
        promise = { ja = "翌営業日までにご連絡します。", en = "We answer by the next working day." }
        contact = { ja = "電話 03-0000-0000", en = "Telephone +81 3 0000 0000" }
    "#;
    std::fs::write(folder.path().join("madoguchi.toml"), text).unwrap();
    let config: Config =
        crate::config::load(folder.path(), &Environment::from_iter(Vec::<(String, String)>::new()), |_| Vec::new()).unwrap();
    let form = config.forms.get("service-request").unwrap().clone();
    assert!(form.retention >= Duration::from_secs(86_400) && form.desk_locale == EN && form.confirmation);
    form
}

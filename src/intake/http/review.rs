//! The review page (確認): everything as it will be sent, and the way back.

use serde::Serialize;

use super::page::Frame;
use super::problem::Refusal;
use super::{Form, State};
use crate::form::{Field, HONEYPOT};
use crate::intake::submission::Submission;
use crate::locale::LocaleId;

#[derive(Serialize)]
struct Review<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    /// Where the page posts to.
    action: String,
    groups: Vec<Group<'a>>,
    hidden: Vec<(&'a str, &'a str)>,
    submit: &'a str,
    privacy: Option<&'a str>,
    /// Why the request was not taken, if it was tried.
    problem: Option<String>,
    /// Whether nothing was sent for certain.
    unsent: bool,
    /// How else to reach somebody, where sending again may not help.
    contact: Option<&'a str>,
}

#[derive(Serialize)]
struct Group<'a> {
    title: &'a str,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    label: &'a str,
    /// What was answered; for a choice, its label. Empty where nothing was.
    value: &'a str,
}

impl State {
    /// The review page. `issued` are the idempotency key and the token.
    pub(super) fn review_page(
        &self,
        form: &Form,
        submission: &Submission,
        locale: LocaleId,
        issued: [&str; 2],
        refusal: Option<&Refusal>,
    ) -> Result<String, Refusal> {
        let messages = self.counter.theme.messages(locale);
        let text =
            |texts: &'_ Option<crate::config::LocaleMap>| texts.as_ref().and_then(|texts| Some(texts.get(locale)?.1.to_owned()));
        let (privacy, contact) = (text(&form.config.privacy), text(&form.config.contact));
        let view = Review {
            frame: self.frame_said(locale, "form_review"),
            action: format!("{}{}", self.counter.public_url, form.spec.name),
            groups: groups(form, submission, locale),
            hidden: hidden(submission, self.counter.locales.get(locale).as_str(), issued),
            submit: match form.spec.submit.get(locale) {
                "" => messages.get("request_send"),
                text => text,
            },
            privacy: privacy.as_deref(),
            problem: refusal.map(|refusal| messages.get(&refusal.message_key()).to_owned()),
            unsent: refusal != Some(&Refusal::Uncertain),
            contact: contact.as_deref().filter(|_| refusal.is_some_and(|refusal| !refusal.wants_token())),
        };
        self.rendered("request-review.html", &view)
    }
}

fn groups<'a>(form: &'a Form, submission: &'a Submission, locale: LocaleId) -> Vec<Group<'a>> {
    let groups = form.spec.groups.iter().enumerate().map(|(index, group)| {
        let fields = form.spec.fields.iter().filter(|field| field.group == index && !field.hidden);
        let rows = fields.map(|field| Row { label: field.label.get(locale), value: shown(field, submission, locale) });
        Group { title: group.title.get(locale), rows: rows.collect() }
    });
    groups.filter(|group| !group.rows.is_empty()).collect()
}

fn shown<'a>(field: &'a Field, submission: &'a Submission, locale: LocaleId) -> &'a str {
    let value = submission.answer(&field.name).unwrap_or_default();
    let choice = field.choices.iter().find(|choice| choice.value == value);
    choice.map(|choice| choice.label.get(locale)).filter(|label| !label.is_empty()).unwrap_or(value)
}

/// What the page carries on: all answers, and what leads the request on its way.
fn hidden<'a>(submission: &'a Submission, tag: &'a str, [key, token]: [&'a str; 2]) -> Vec<(&'a str, &'a str)> {
    let answers = submission.answers.iter().map(|answer| (answer.field.as_str(), answer.value.as_str()));
    let page = submission.page.as_deref().filter(|_| submission.answer("page").is_none()).map(|page| ("page", page));
    let trap = submission.honeypot.then_some((HONEYPOT, "1"));
    let way = [("submission_id", key), ("token", token), ("_charset_", "UTF-8")];
    // The language first: a refusal before the fields are decoded is told in it.
    [("locale", tag)].into_iter().chain(answers).chain(page).chain(trap).chain(way).collect()
}

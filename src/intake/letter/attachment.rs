//! The desk's mail for machines: the request as JSON, every answer as it is stored.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::{Desk, LetterError, Request, escalation, time};
use crate::form::Kind;
use crate::intake::ids::Reference;
use crate::intake::submission::Answer;

/// What the attachment holds. Times of answers stand in `times`, in UTC, where zone and clock tell them for certain.
#[derive(Serialize)]
struct Record<'a> {
    reference: &'a str,
    form: &'a str,
    received_at: String,
    locale: &'a str,
    page: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    may_repeat: Option<&'a str>,
    #[serde(serialize_with = "as_object")]
    answers: Vec<(&'a str, &'a str)>,
    #[serde(serialize_with = "as_object")]
    times: Vec<(&'a str, String)>,
}

/// The request as a JSON object.
pub(super) fn json(desk: &Desk<'_>, request: &Request<'_>) -> Result<String, LetterError> {
    let submission = request.submission;
    let record = Record {
        reference: request.reference.as_str(),
        form: &submission.form,
        received_at: time::moment(request.received_at)?.to_string(),
        locale: desk.locales.get(submission.locale).as_str(),
        page: submission.page.as_deref(),
        may_repeat: request.twin.map(Reference::as_str),
        answers: submission.answers.iter().map(|answer| (&*answer.field, &*answer.value)).collect(),
        times: submission.answers.iter().filter_map(|answer| moment(desk, request, answer)).collect(),
    };
    serde_json::to_string_pretty(&record).map_err(|error| LetterError::Message(error.to_string()))
}

fn moment<'a>(desk: &Desk<'_>, request: &Request<'_>, answer: &'a Answer) -> Option<(&'a str, String)> {
    desk.form.field(&answer.field).filter(|field| field.kind == Kind::DateTime)?;
    let local = time::local(&answer.value, escalation::zone(desk, request))?;
    Some((&answer.field, local.moment?.timestamp().to_string()))
}

fn as_object<S: Serializer, V: Serialize>(pairs: &[(&str, V)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(pairs.len()))?;
    for (name, value) in pairs {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

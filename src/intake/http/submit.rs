//! A request arrives: from its bytes to an answer that is true.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::answer::{self, IssuedToken, REPLAYED};
use super::client;
use super::edge::FORWARDED_FOR;
use super::guard::origin::{Sender, sender};
use super::guard::token::Scope;
use super::headers::{self, Media};
use super::language::{self, locale};
use super::listen::Peer;
use super::named::Named;
use super::problem::Refusal;
use super::{Form, State, now, random};
use crate::intake::crash;
use crate::intake::ids::Reference;
use crate::intake::submission::decode::{Sent, json, urlencoded};
use crate::intake::submission::{Fault, FaultCode, Submission, check};
use crate::locale::LocaleId;

mod body;
mod take;

/// `POST /requests/{form}`.
pub(super) async fn submit(Shared(state): Shared<Arc<State>>, Named(name): Named, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let refuse = |refusal: Refusal, body: &[u8]| {
        let locale = locale(&state.counter.locales, language::written(body), &parts.headers);
        state.refuse_in(locale, &refusal, &parts.headers, Some(&name))
    };
    let known = state.counter.forms.get(&name).ok_or(Refusal::UnknownForm);
    let (form, media) = match known.and_then(|form| Ok((form, state.admit(&parts)?))) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            // Whether it came whole, in time, or not: the answer is the same. It is read to its end, and tells the reader's language.
            let bytes = body::read(body, state.body_time).await.unwrap_or_default();
            return refuse(refusal, &bytes);
        }
    };
    let bytes = match body::read(body, state.body_time).await {
        Ok(bytes) => bytes,
        Err(refusal) => return refuse(refusal, &[]),
    };
    let Ok(place) = state.places.try_acquire() else { return refuse(Refusal::Busy, &bytes) };
    let visit = match Visit::new(&state, form, media, &bytes, &parts.headers) {
        Ok(visit) => visit,
        Err(refusal) => return refuse(refusal, &bytes),
    };
    crash::point("http.parsed");
    let Some(wait) = visit.haste() else { return visit.answer().await };
    drop(place);
    tokio::time::sleep(wait).await;
    let Ok(_place) = state.places.try_acquire() else { return visit.refused(&Refusal::Busy) };
    visit.answer().await
}

/// `GET /requests/{form}/token`.
pub(super) async fn token(Shared(state): Shared<Arc<State>>, Named(name): Named, headers: HeaderMap) -> Response<Body> {
    if !state.counter.forms.contains_key(&name) {
        return state.refuse(&Refusal::UnknownForm, &headers, None);
    }
    if sender(&headers, &state.origins) == Sender::Foreign {
        return state.refuse(&Refusal::OriginRefused, &headers, None);
    }
    match state.form_token(&name) {
        Ok(token) => answer::json(StatusCode::OK, "application/json", &token),
        Err(refusal) => state.refuse(&refusal, &headers, Some(&name)),
    }
}

/// What a request is after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Review,
    Edit,
    Confirm,
}

/// A request that could be read, at the form it is for.
struct Visit<'a> {
    state: &'a State,
    form: &'a Form,
    media: Media,
    sent: Sent,
    /// The idempotency key, of the header or of the field `submission_id`.
    key: Option<String>,
    locale: LocaleId,
}

impl State {
    /// What can be judged before the body is read: the sender's page, its rate, the media type.
    fn admit(&self, parts: &Parts) -> Result<Media, Refusal> {
        if sender(&parts.headers, &self.origins) == Sender::Foreign {
            self.warn_of_origin();
            return Err(Refusal::OriginRefused);
        }
        if let Some(limits) = &self.limits {
            limits.take_post(self.client(parts)).map_err(Refusal::TooMany)?;
        }
        headers::media(&parts.headers)
    }

    fn client(&self, parts: &Parts) -> IpAddr {
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
        let forwarded: Vec<&str> = parts.headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or("?")).collect();
        client::address(peer, forwarded.into_iter(), &self.counter.config.trusted_proxies)
    }

    /// A token for the script of a form's page.
    fn form_token(&self, form: &str) -> Result<IssuedToken, Refusal> {
        let id = random().map_err(|_| Refusal::Internal)?;
        let token = self.signer.issue(Scope::Form { form }, id, now());
        Ok(IssuedToken::new(token, self.counter.config.guard.proof_of_work))
    }
}

impl<'a> Visit<'a> {
    fn new(state: &'a State, form: &'a Form, media: Media, body: &[u8], headers: &HeaderMap) -> Result<Self, Refusal> {
        let sent = match media {
            Media::Form => urlencoded(body)?,
            Media::Json => json(body)?,
        };
        let of_field = sent.get("submission_id").filter(|text| !text.is_empty()).map(headers::key).transpose()?;
        let of_header = headers::idempotency_key(headers)?;
        if of_field.is_some() && of_header.is_some() && of_field != of_header {
            return Err(Refusal::KeysDiffer);
        }
        let locale = locale(&state.counter.locales, sent.get("locale"), headers);
        Ok(Self { state, form, media, sent, key: of_header.or(of_field), locale })
    }

    async fn answer(&self) -> Response<Body> {
        match self.decide().await {
            Ok(response) => response,
            Err(refusal) => self.refused(&refusal),
        }
    }

    async fn decide(&self) -> Result<Response<Body>, Refusal> {
        let step = self.step()?;
        if step == Step::Edit {
            let html = self.state.form_page(self.form, self.locale, &self.sent, &[])?;
            return Ok(answer::page(StatusCode::OK, answer::Referrer::Origin, html));
        }
        let submission = check(&self.form.spec, self.locale, &self.sent).map_err(Refusal::InvalidFields)?;
        if step == Step::Review {
            return self.review(&submission, None);
        }
        match (self.take(&submission).await, self.media) {
            (Err(refusal), Media::Form) => self.review(&submission, Some(&refusal)),
            (taken, _) => taken,
        }
    }

    fn step(&self) -> Result<Step, Refusal> {
        match (self.media, self.sent.get("step").unwrap_or_default()) {
            (Media::Form, "" | "review") => Ok(Step::Review),
            (Media::Form, "edit") => Ok(Step::Edit),
            (Media::Form, "confirm") | (Media::Json, "" | "confirm") => Ok(Step::Confirm),
            _ => Err(Refusal::InvalidFields(vec![Fault { field: "step".into(), code: FaultCode::UnknownChoice }])),
        }
    }

    fn refused(&self, refusal: &Refusal) -> Response<Body> {
        self.state.counter.metrics.refused(refusal.code());
        let form = Some(self.form.spec.name.as_str());
        match (self.media, refusal) {
            (Media::Json, _) => {
                let token = refusal.wants_token().then(|| self.state.form_token(&self.form.spec.name).ok()).flatten();
                self.state.problem(refusal, self.locale, form, token)
            }
            (Media::Form, Refusal::InvalidFields(faults)) => {
                match self.state.form_page(self.form, self.locale, &self.sent, faults) {
                    Ok(html) => answer::page(refusal.status(), answer::Referrer::Origin, html),
                    Err(fault) => self.state.notice(&fault, self.locale, form, answer::Referrer::Origin),
                }
            }
            (Media::Form, _) => self.state.notice(refusal, self.locale, form, answer::Referrer::Origin),
        }
    }

    /// The review page. It issues the idempotency key and a token for exactly what it shows. A refusal is told above.
    fn review(&self, submission: &Submission, refusal: Option<&Refusal>) -> Result<Response<Body>, Refusal> {
        let fresh = || random::<16>().map(|id| super::guard::token::hex(&id)).map_err(|_| Refusal::Internal);
        let kept = self.key.clone().filter(|_| refusal != Some(&Refusal::KeyReused));
        let key = kept.map_or_else(fresh, Ok)?;
        let fingerprint = submission.fingerprint();
        let scope = Scope::Review { form: &submission.form, submission_id: &key, fingerprint: &fingerprint };
        // Asked to wait, the reader goes on with the token whose age counts; the store being busy has not used it up.
        let waits = refusal.is_some_and(|refusal| *refusal == Refusal::PowRequired || refusal.may_be_repeated());
        let token = match self.sent.get("token").filter(|text| waits && !text.is_empty()) {
            Some(token) => token.to_owned(),
            None => self.state.signer.issue(scope, random().map_err(|_| Refusal::Internal)?, now()).text,
        };
        let html = self.state.review_page(self.form, submission, self.locale, [&key, &token], refusal)?;
        let Some(refusal) = refusal else { return Ok(answer::page(StatusCode::OK, answer::Referrer::Origin, html)) };
        self.state.counter.metrics.refused(refusal.code());
        Ok(answer::finished(answer::page(refusal.status(), answer::Referrer::Origin, html), refusal))
    }

    /// The answer to a request that is on disk.
    fn accepted(&self, reference: &Reference, status_key: &str, replayed: bool) -> Response<Body> {
        let counter = &self.state.counter;
        let tag = counter.locales.get(self.locale);
        let status = format!("{}status/{reference}?key={status_key}&locale={tag}", counter.public_url);
        let mut response = match self.media {
            Media::Json => {
                answer::json(StatusCode::CREATED, "application/json", &Receipt { reference: reference.as_str(), status: &status })
            }
            Media::Form => answer::see_other(&status),
        };
        if replayed {
            counter.metrics.replayed.inc();
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        crash::point("http.before-answer");
        response
    }
}

#[derive(Serialize)]
struct Receipt<'a> {
    reference: &'a str,
    status: &'a str,
}

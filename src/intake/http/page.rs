//! The counter's pages, by the theme's templates.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, State as Shared};
use axum::http::{HeaderMap, Response, StatusCode};
use serde::Serialize;

use super::answer::{self, Referrer};
use super::named::Named;
use super::problem::Refusal;
use super::{Form, State};
use crate::form::FormSpec;
use crate::form::view::{FormView, Showing, view};
use crate::intake::ids::Reference;
use crate::intake::store::Status;
use crate::intake::submission::decode::{Pair, Sent, urlencoded};
use crate::intake::submission::{Fault, FaultCode, is_page};
use crate::locale::LocaleId;
use crate::theme::Messages;

/// What every page of the counter has; the names are those of the theme's `document.html`.
#[derive(Serialize)]
pub(super) struct Frame<'a> {
    lang: &'a str,
    dir: &'static str,
    t: &'a Messages,
    site_title: &'a str,
    site_title_lang: Option<&'a str>,
    /// The prefix of the static files: the counter's own address, so that no page needs another server.
    root: &'a str,
    assets: Assets<'a>,
    home_href: Option<&'a str>,
    /// The counter has no index of the site.
    search_href: Option<&'a str>,
    canonical: Option<&'a str>,
    title: &'a str,
    is_site_title: bool,
    title_lang: Option<&'a str>,
    description: Option<&'a str>,
    robots: &'static str,
    alternates: [(); 0],
}

#[derive(Serialize)]
struct Assets<'a> {
    css: &'a str,
    favicon: &'a str,
    script: Option<&'a str>,
}

#[derive(Serialize)]
struct Notice<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    /// Why, and what to do.
    message: &'a str,
    /// Whether the answers may still be in the form that was sent.
    kept: bool,
    /// Whether the same may be sent again.
    again: bool,
    contact: Option<&'a str>,
}

#[derive(Serialize)]
struct FormPage<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    form: FormView,
}

#[derive(Serialize)]
struct Receipt<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    reference: &'a str,
    passed: bool,
    promise: Option<&'a str>,
    contact: Option<&'a str>,
}

/// `GET /requests/{form}`: the form as a page of its own, filled from the fields that its specification lets be prefilled.
pub(super) async fn form(
    Shared(state): Shared<Arc<State>>,
    Named(name): Named,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let Some(form) = state.counter.forms.get(&name) else { return state.refuse(&Refusal::UnknownForm, &headers, None) };
    let query = match urlencoded(query.unwrap_or_default().as_bytes()) {
        Ok(query) => query,
        Err(error) => return state.refuse(&error.into(), &headers, Some(&name)),
    };
    let locale = super::language::locale(&state.counter.locales, query.get("locale"), &headers);
    match state.form_page(form, locale, &prefilled(&form.spec, query), &[]) {
        Ok(html) => answer::page(StatusCode::OK, Referrer::Origin, html),
        Err(refusal) => state.refuse(&refusal, &headers, Some(&name)),
    }
}

/// What an address may fill in. Anything else in it is left aside: addresses are shared, and grow parameters on their way.
fn prefilled(form: &FormSpec, query: Sent) -> Sent {
    let fits = |pair: &Pair| match (form.field(&pair.name), pair.text.as_deref()) {
        (Some(field), Some(text)) => field.prefill && text.len() <= field.limits.bytes,
        (None, Some(text)) => pair.name == "page" && is_page(text),
        (_, None) => false,
    };
    Sent(query.0.into_iter().filter(fits).collect())
}

/// The message of a fault, in the reader's language.
pub(super) fn fault_message(messages: &Messages, form: Option<&FormSpec>, locale: LocaleId, fault: &Fault) -> String {
    let field = form.and_then(|form| form.field(&fault.field));
    let own = field.map(|field| field.missing.get(locale)).filter(|text| fault.code == FaultCode::Missing && !text.is_empty());
    let label = field.map(|field| field.label.get(locale)).filter(|label| !label.is_empty()).unwrap_or(&fault.field);
    let most = fault.code.most().map(|most| most.to_string()).unwrap_or_default();
    let general = || messages.format(&fault.code.message_key(), &[("label", label), ("most", &most)]);
    own.map_or_else(general, str::to_owned)
}

impl State {
    /// What every page has.
    pub(super) fn frame<'a>(&'a self, locale: LocaleId, title: &'a str) -> Frame<'a> {
        let (counter, tag) = (&self.counter, self.counter.locales.get(locale));
        let (named, site_title) = counter.title.get(locale).unwrap_or((locale, ""));
        Frame {
            lang: tag.as_str(),
            dir: tag.direction(),
            t: counter.theme.messages(locale),
            site_title,
            site_title_lang: (named != locale).then(|| counter.locales.get(named).as_str()),
            root: counter.public_url.as_str(),
            assets: Assets {
                css: counter.theme.asset_url("site.css"),
                favicon: counter.theme.asset_url("favicon.svg"),
                script: None,
            },
            home_href: counter.config.site_url.as_ref().map(crate::config::WebAddress::as_str),
            search_href: None,
            canonical: None,
            title,
            is_site_title: false,
            title_lang: None,
            description: None,
            robots: "noindex",
            alternates: [],
        }
    }

    /// The same of a page whose title is the theme's.
    pub(super) fn frame_said(&self, locale: LocaleId, title: &str) -> Frame<'_> {
        let messages = self.counter.theme.messages(locale);
        Frame { title_lang: messages.foreign(), ..self.frame(locale, messages.text(title)) }
    }

    /// The form as a page, filled, with what is wrong.
    pub(super) fn form_page(&self, form: &Form, locale: LocaleId, sent: &Sent, faults: &[Fault]) -> Result<String, Refusal> {
        let messages = self.counter.theme.messages(locale);
        let values: Vec<(&str, &str)> =
            sent.0.iter().filter_map(|pair| Some((pair.name.as_str(), pair.text.as_deref()?))).collect();
        let told: Vec<String> = faults.iter().map(|fault| fault_message(messages, Some(&form.spec), locale, fault)).collect();
        let faults: Vec<(&str, &str)> =
            faults.iter().map(|fault| fault.field.as_str()).zip(told.iter().map(String::as_str)).collect();
        let showing = Showing {
            locale,
            locales: &self.counter.locales,
            action: &format!("{}{}", self.counter.public_url, form.spec.name),
            page: sent.get("page").unwrap_or_default(),
            submission_id: sent.get("submission_id").unwrap_or_default(),
            token: "",
            contact: form.config.contact.as_ref().and_then(|texts| texts.get(locale)),
            promise: form.config.promise.as_ref().and_then(|texts| texts.get(locale)),
            privacy: form.config.privacy.as_ref().and_then(|texts| texts.get(locale)),
            values: &values,
            faults: &faults,
        };
        let title = form.spec.title.get(locale);
        let view = FormPage { frame: self.frame(locale, title), form: view(&form.spec, &showing) };
        self.rendered("request-form.html", &view)
    }

    /// A page by its template. A template that fails is a fault of our own, and is logged with its place.
    pub(super) fn rendered(&self, template: &str, view: &impl Serialize) -> Result<String, Refusal> {
        self.counter.theme.render(template, view).map_err(|error| {
            tracing::error!(%error, template, "a page could not be made");
            Refusal::Internal
        })
    }

    /// A page that says why a request was not taken, and whom to call.
    pub(super) fn notice(&self, refusal: &Refusal, locale: LocaleId, form: Option<&str>, referrer: Referrer) -> Response<Body> {
        let messages = self.counter.theme.messages(locale);
        let (key, reason) = (refusal.title_key(), refusal.message_key());
        let form = form.and_then(|name| self.counter.forms.get(name));
        let contact = form.and_then(|form| form.config.contact.as_ref()?.get(locale));
        let view = Notice {
            frame: self.frame_said(locale, key),
            message: messages.get(&reason),
            kept: key == Refusal::NOT_TAKEN,
            again: refusal.may_be_repeated(),
            contact: contact.map(|(_, text)| text),
        };
        let html = self.rendered("request-notice.html", &view).unwrap_or_else(|_| String::from("<!doctype html>"));
        answer::finished(answer::page(refusal.status(), referrer, html), refusal)
    }

    /// The receipt.
    pub(super) fn receipt(&self, reference: &Reference, status: &Status, locale: LocaleId) -> Result<String, Refusal> {
        let form = self.counter.forms.get(&status.form);
        let text =
            |texts: Option<&crate::config::LocaleMap>| texts.and_then(|texts| texts.get(locale)).map(|(_, text)| text.to_owned());
        let promise = text(form.and_then(|form| form.config.promise.as_ref()));
        let contact = text(form.and_then(|form| form.config.contact.as_ref()));
        let view = Receipt {
            frame: self.frame_said(locale, "form_received"),
            reference: reference.as_str(),
            passed: status.passed_on_at.is_some(),
            promise: promise.as_deref(),
            contact: contact.as_deref(),
        };
        self.rendered("request-status.html", &view)
    }
}

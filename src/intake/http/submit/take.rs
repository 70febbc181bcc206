//! Taking a request: idempotency, token, proof of work, the mails, and one transaction.

use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use serde::Serializer;

use super::super::guard::token::{self, Scope, hex};
use super::super::guard::work;
use super::super::headers::Media;
use super::super::problem::Refusal;
use super::super::{Form, now, random};
use super::{Step, Visit};
use crate::intake::crash;
use crate::intake::ids::Reference;
use crate::intake::letter::{self, Desk};
use crate::intake::outbox::{Accepted, HoldReason, Letter, Millis, NewRequest, UsedToken};
use crate::intake::store::{Found, StoreError};
use crate::intake::submission::Submission;

/// How long a request without a key may be a repeat of one with the same content.
const TWIN: Millis = 10 * 60 * 1000;
/// The age from which on the token of a review page counts as work.
const WAITED: Millis = 5_000;

/// A reference and the key of its status page. The system is asked for random bytes once.
fn fresh_names() -> Result<(Reference, String), Refusal> {
    let bytes = random::<26>().map_err(|_| Refusal::Internal)?;
    let (reference, key) = bytes.split_first_chunk().ok_or(Refusal::Internal)?;
    Ok((Reference::from_random(*reference), hex(key)))
}

/// What the store failed to do may be done all the same, as where the answer to a commit is lost. Only what found it busy was not begun.
fn uncertain(error: StoreError) -> Refusal {
    match Refusal::from(error) {
        Refusal::Unavailable => Refusal::Uncertain,
        refusal => refusal,
    }
}

impl Visit<'_> {
    /// Takes a request, or says why not. In this order: a repeat gets its answer whatever became of its token; the token; the work.
    ///
    /// Most requests are no repeats, and what the store writes it compares with what it has: so it is asked beforehand only where the
    /// request would be refused.
    pub(super) async fn take(&self, submission: &Submission) -> Result<Response<Body>, Refusal> {
        let fingerprint = submission.fingerprint();
        let key = self.key.clone().or_else(|| token::key(self.token()));
        match self.admitted(submission, &fingerprint).await {
            Ok(token) => {
                let twin = if key.is_none() { self.twin(submission, fingerprint).await } else { None };
                self.store(self.request(submission, key, fingerprint, token, twin.as_ref())?, submission).await
            }
            Err(refusal) => {
                let Some(key) = &key else { return Err(refusal) };
                // What an earlier try came to is asked: where nobody can say it, it is not said that nothing was taken.
                let found = self.state.counter.store.find(&submission.form, key).await.map_err(uncertain)?;
                found.map_or(Err(refusal), |found| self.found(&found, fingerprint))
            }
        }
    }

    /// Whether a request may be stored that is no repeat; the token that it then uses up.
    async fn admitted(&self, submission: &Submission, fingerprint: &[u8; 32]) -> Result<Option<UsedToken>, Refusal> {
        if !self.state.gate.is_open(&self.state.counter.store).await {
            return Err(Refusal::Unavailable);
        }
        let token = self.checked_token(submission, fingerprint)?;
        self.within_limits(submission)?;
        Ok(token)
    }

    /// A request with the same content that was taken shortly before. The desk is told of it; the store that cannot say it refuses the
    /// request, if it is to be refused, when it is stored.
    async fn twin(&self, submission: &Submission, fingerprint: [u8; 32]) -> Option<Reference> {
        let twin = self.state.counter.store.twin(&submission.form, fingerprint, now() - TWIN).await;
        twin.unwrap_or_else(|error| {
            tracing::warn!(%error, "it could not be looked up whether a request without a key repeats another");
            None
        })
    }

    async fn store(&self, request: NewRequest, submission: &Submission) -> Result<Response<Body>, Refusal> {
        let (reference, status_key) = (request.reference.clone(), request.status_key.clone());
        crash::point("http.before-accept");
        let accepted = self.state.counter.store.accept(request).await.map_err(uncertain)?;
        crash::point("http.after-accept");
        match accepted {
            Accepted::New => {
                self.count(submission, &reference);
                Ok(self.accepted(&reference, &status_key, false))
            }
            Accepted::Replayed(reference, status_key) => Ok(self.accepted(&reference, &status_key, true)),
            Accepted::KeyReused => Err(Refusal::KeyReused),
            Accepted::TokenUsed => Err(Refusal::TokenUsed),
        }
    }

    fn count(&self, submission: &Submission, reference: &Reference) {
        self.state.counter.bell.notify_one();
        self.state.counter.metrics.accepted(&submission.form);
        if submission.honeypot {
            self.state.counter.metrics.honeypot.inc();
        }
        tracing::info!(form = submission.form, %reference, "accepted");
    }

    fn found(&self, found: &Found, fingerprint: [u8; 32]) -> Result<Response<Body>, Refusal> {
        if found.fingerprint == fingerprint {
            Ok(self.accepted(&found.reference, &found.status_key, true))
        } else {
            Err(Refusal::KeyReused)
        }
    }

    fn token(&self) -> &str {
        self.sent.get("token").unwrap_or_default()
    }

    /// The token that this request uses up, if one is asked for. Proof of work needs one to work on.
    fn checked_token(&self, submission: &Submission, fingerprint: &[u8; 32]) -> Result<Option<UsedToken>, Refusal> {
        let guard = self.state.counter.config.guard;
        if !guard.token && !guard.proof_of_work {
            return Ok(None);
        }
        let form = submission.form.as_str();
        let submission_id = self.key.as_deref().unwrap_or_default();
        let scopes = [Scope::Form { form }, Scope::Review { form, submission_id, fingerprint }];
        let used = self.state.signer.check(self.token(), &scopes, now())?;
        if guard.proof_of_work && !self.has_worked() {
            return Err(Refusal::PowRequired);
        }
        Ok(Some(used))
    }

    fn has_worked(&self) -> bool {
        let waited = self.token().starts_with("r.") && self.age() >= WAITED;
        waited || self.proves()
    }

    fn proves(&self) -> bool {
        work::proves(self.token(), self.sent.get("pow").unwrap_or_default())
    }

    /// How old the token says that it is; 0 if it says nothing, or was issued by a counter whose clock is ahead.
    fn age(&self) -> Millis {
        token::issue(self.token()).map_or(0, |issued| now().saturating_sub(issued).max(0))
    }

    /// How much later a person would have sent this, by the age of its token. So long a request waits: a program that sends many pays
    /// in time, or works, and nobody is refused or has to press again.
    pub(super) fn haste(&self) -> Option<Duration> {
        let guard = self.state.counter.config.guard;
        let sends = self.media == Media::Json || self.step() == Ok(Step::Confirm);
        let left = Millis::from(guard.haste_seconds) * 1000 - self.age();
        let waits = guard.token && sends && !self.token().is_empty() && left > 0 && !self.proves();
        waits.then(|| Duration::from_millis(left.unsigned_abs()))
    }

    fn within_limits(&self, submission: &Submission) -> Result<(), Refusal> {
        let Some(limits) = &self.state.limits else { return Ok(()) };
        limits.take_request(self.address(submission).map(letter::digest)).map_err(Refusal::TooMany)
    }

    fn address<'a>(&self, submission: &'a Submission) -> Option<&'a str> {
        self.form.spec.reply_to.as_deref().and_then(|field| submission.answer(field))
    }

    /// All that is written in one transaction; the mails are rendered now, so that what cannot be mailed is never accepted.
    fn request(
        &self,
        submission: &Submission,
        key: Option<String>,
        fingerprint: [u8; 32],
        token: Option<UsedToken>,
        twin: Option<&Reference>,
    ) -> Result<NewRequest, Refusal> {
        let (reference, status_key) = fresh_names()?;
        let received_at = now();
        let left_out = self.leaves_out(submission, received_at);
        let request = letter::Request { submission, reference: &reference, received_at, twin };
        let (escalation, confirmation) = self.letters(&request, left_out)?;
        Ok(NewRequest {
            status_key,
            form: submission.form.clone(),
            submission_id: key,
            fingerprint,
            token,
            received_at,
            answers: self.answers(submission)?,
            escalation,
            confirmation: confirmation.zip(self.address(submission).map(letter::digest)),
            left_out,
            hold: submission.honeypot.then_some(HoldReason::Honeypot),
            reference,
        })
    }

    fn desk(&self) -> Desk<'_> {
        let (counter, Form { spec: form, config }) = (&self.state.counter, self.form);
        Desk { form, config, from: &counter.from, locales: &counter.locales, theme: &counter.theme }
    }

    /// Whether no confirmation is made although one is wanted, because none may go out now.
    fn leaves_out(&self, submission: &Submission, now: Millis) -> bool {
        self.state.counter.store.confirmations_are_spent(now) && letter::confirms(&self.desk(), submission)
    }

    fn letters(&self, request: &letter::Request<'_>, left_out: bool) -> Result<(Letter, Option<Letter>), Refusal> {
        let desk = self.desk();
        let confirmation = || if left_out { Ok(None) } else { letter::confirmation(&desk, request) };
        let both = letter::escalation(&desk, request).and_then(|one| Ok((one, confirmation()?)));
        both.map_err(|error| {
            tracing::error!(%error, form = request.submission.form, "a mail could not be made, and the request was not accepted");
            Refusal::Unavailable
        })
    }

    /// The answers as a JSON object in the form's order, with `_locale` and `_page`.
    fn answers(&self, submission: &Submission) -> Result<String, Refusal> {
        let answers = submission.answers.iter().map(|answer| (answer.field.as_str(), answer.value.as_str()));
        let locale = ("_locale", self.state.counter.locales.get(submission.locale).as_str());
        let page = submission.page.as_deref().map(|page| ("_page", page));
        let mut json = Vec::new();
        let written = serde_json::Serializer::new(&mut json).collect_map(answers.chain([locale]).chain(page));
        written.ok().and_then(|()| String::from_utf8(json).ok()).ok_or(Refusal::Internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_the_store_failed_to_write_it_is_not_said_that_nothing_was_taken() {
        for (error, expected) in [
            (StoreError::Unavailable("the connection was closed".into()), Refusal::Uncertain),
            (StoreError::Fatal("fsync".into()), Refusal::Uncertain),
            (StoreError::Busy, Refusal::Busy),
        ] {
            assert_eq!(uncertain(error), expected);
        }
    }
}

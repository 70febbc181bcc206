//! Commands that change what is kept. What was done is said of each mail.

use std::io::Write;

use super::print::say;
use super::{Failure, not_found, now, print};
use crate::intake::ids::Reference;
use crate::intake::outbox::{DeliveryState, HoldReason};
use crate::intake::store::{Forgotten, Store, StoreError, Which};

pub(super) async fn retry(store: &Store, which: &Which, out: &mut dyn Write) -> Result<(), Failure> {
    let mails = store.retry(which, now()).await?;
    if let (Which::One(reference), true) = (which, mails.is_empty()) {
        return Err(not_found(reference));
    }
    Failure::of_output(mails.iter().try_for_each(|mail| print::retried(out, mail)))?;
    let due = mails.iter().filter(|mail| mail.due_now).count();
    let twice = mails.iter().filter(|mail| mail.due_now && mail.was == DeliveryState::Unknown).count();
    say(&match (due, twice) {
        (0, _) => "Nothing was waiting. The counter tries what is queued by itself.".into(),
        (_, 0) => format!("Due now: {due}. A running counter sends them within seconds."),
        _ => format!("Due now: {due}, of which {twice} may arrive twice: the same mail, with the same Message-ID."),
    });
    Ok(())
}

pub(super) async fn release(store: &Store, reference: &Reference, out: &mut dyn Write) -> Result<(), Failure> {
    let mails = store.release(reference, now()).await?;
    if mails.is_empty() {
        return Err(not_found(reference));
    }
    if !mails.iter().any(|mail| mail.due_now) {
        let held = mails.iter().any(|mail| mail.hold.is_some_and(|reason| reason != HoldReason::Honeypot));
        let help =
            if held { "it is held for another reason: use `retry`" } else { "`madoguchi requests show` says how far it is" };
        return Err(Failure::usage(format!("{reference} is not held by the honeypot"), help));
    }
    Failure::of_output(mails.iter().try_for_each(|mail| print::retried(out, mail)))
}

pub(super) async fn forget(store: &Store, reference: &Reference, unsent: bool) -> Result<(), Failure> {
    let forgotten = store.forget(reference, unsent, now()).await.map_err(|error| match error {
        StoreError::Busy => Failure::environment(
            "the store is busy: the request may be deleted, and still be legible in the files of the database",
            "run the same command again; another command that reads the database may have to end first. The counter tries every hour",
        ),
        error => error.into(),
    })?;
    match forgotten {
        Forgotten::Gone => say(&format!(
            "{reference} is deleted. Out of reach are the mail that was delivered, and backups; with PostgreSQL also its log and replicas."
        )),
        Forgotten::NotFound => return Err(not_found(reference)),
        Forgotten::Unsent => {
            let help = "`--unsent` deletes it all the same, and nobody will ever receive it";
            return Err(Failure::usage(format!("{reference} has a mail that was not sent"), help));
        }
        Forgotten::Leased => {
            let help = "try again in a few minutes";
            return Err(Failure::environment(format!("a mail of {reference} is being sent"), help));
        }
    }
    Ok(())
}

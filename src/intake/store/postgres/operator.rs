//! What the operator asks for.

use std::collections::BTreeSet;

use deadpool_postgres::{Client, ClientWrapper};

use super::super::error::StoreError;
use super::super::row::{self, Columns};
use super::super::sql;
use super::super::values::{After, Entry, Filter, Retried, Stats, Which};
use super::{Asks, each, execute, number, one};
use crate::intake::crash;
use crate::intake::ids::Reference;
use crate::intake::outbox::{HoldReason, Millis};

/// In one statement: an outage may leave a hundred thousand to retry.
const RETRY: &str = concat!(sql::retry!("id = ANY($2)"), " RETURNING id");

pub(super) async fn list(client: &impl Asks, filter: &Filter, after: After, limit: usize) -> Result<Vec<Entry>, StoreError> {
    let (time, reference) = row::after(after);
    let form = filter.form.as_deref().unwrap_or_default();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = each(client, &sql::list(&filter.states), &[&form, &time, &reference, &limit]).await?;
    let mut entries = Vec::new();
    rows.iter().try_for_each(|row| row::add_entry(&mut entries, row))?;
    Ok(entries)
}

pub(super) async fn show(client: &Client, reference: &Reference) -> Result<Option<Entry>, StoreError> {
    let rows = each(client, &sql::show(), &[&reference.as_str()]).await?;
    let mut entries = Vec::new();
    rows.iter().try_for_each(|row| row::add_entry(&mut entries, row))?;
    Ok(entries.pop())
}

pub(super) async fn retry(client: &mut ClientWrapper, which: &Which, now: Millis) -> Result<Vec<Retried>, StoreError> {
    make_due(client, which, now, |retried| retried.due_now).await
}

pub(super) async fn release(client: &mut ClientWrapper, reference: &Reference, now: Millis) -> Result<Vec<Retried>, StoreError> {
    make_due(client, &Which::One(reference.clone()), now, |retried| retried.hold == Some(HoldReason::Honeypot)).await
}

/// Makes those due that are wanted; a worker may have taken one in between, which is then left alone.
async fn make_due(
    client: &mut ClientWrapper,
    which: &Which,
    now: Millis,
    wanted: impl Fn(&Retried) -> bool,
) -> Result<Vec<Retried>, StoreError> {
    let transaction = client.transaction().await?;
    let mut found = candidates(&transaction, which, now).await?;
    let ids: Vec<i64> = found.iter().filter(|(_, retried)| wanted(retried)).map(|(id, _)| *id).collect();
    let due = each(&transaction, RETRY, &[&now, &ids]).await?;
    let due = due.iter().map(|row| row.integer(0)).collect::<Result<BTreeSet<i64>, StoreError>>()?;
    found.iter_mut().for_each(|(id, retried)| retried.due_now = due.contains(id));
    crash::point("store.in-retry");
    execute(&transaction, sql::RAISE, &[&sql::SIGNAL]).await?;
    transaction.commit().await?;
    Ok(found.into_iter().map(|(_, retried)| retried).collect())
}

async fn candidates(db: &impl Asks, which: &Which, now: Millis) -> Result<Vec<(i64, Retried)>, StoreError> {
    let rows = match which {
        Which::One(reference) => each(db, sql::TO_RETRY_ONE, &[&reference.as_str()]).await,
        Which::All => each(db, sql::TO_RETRY, &[]).await,
    }?;
    rows.iter().map(|row| row::retried(row, now)).collect()
}

pub(super) async fn stats(client: &Client) -> Result<Stats, StoreError> {
    let mut stats = row::no_counts();
    each(client, sql::COUNT_DELIVERIES, &[]).await?.iter().try_for_each(|row| row::add_count(&mut stats, row))?;
    let requests = one(client, sql::COUNT_REQUESTS, &[]).await?.map(|row| row.integer(0)).transpose()?;
    stats.requests = row::unsigned(requests.unwrap_or_default());
    stats.oldest_unsent = one(client, sql::OLDEST_UNSENT, &[]).await?.map(|row| row.maybe_integer(0)).transpose()?.flatten();
    stats.confirmations_left_out = row::unsigned(number(client, sql::LEFT_OUT).await?.unwrap_or_default());
    Ok(stats)
}

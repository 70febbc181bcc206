//! The store on PostgreSQL, for several counters. Connections that break are made anew; the server groups commits by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{Client, ClientWrapper, Hook, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};

use super::super::ids::Reference;
use super::super::outbox::{Accepted, Lease, Millis, NewRequest, Outcome};
use super::error::StoreError;
use super::meter::Meter;
use super::row::Columns;
use super::values::{After, Entry, Filter, Forgotten, Found, Options, Purged, Retention, Retried, Role, Stats, Status, Which};
use super::{row, sql};
use crate::redact::Secret;

mod accept;
mod address;
mod erase;
mod error;
mod lease;
mod operator;
mod schema;
mod session;
mod snapshot;

pub(super) use snapshot::Snapshot;

/// How long one call may take, and how long it may wait for a connection: then the server counts as away.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections of one process.
const CONNECTIONS: usize = 16;

/// A PostgreSQL database.
#[derive(Debug, Clone)]
pub(super) struct Postgres(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pool: Pool,
    options: Options,
    meter: Meter,
    place: String,
}

/// Runs one call on a connection of the pool, within [`PATIENCE`]. A connection on which a call failed is not used again: where it
/// stands is not known.
macro_rules! call {
    ($store:expr, $client:ident => $work:expr) => {{
        let mut connection = $store.client().await?;
        let $client = &mut connection;
        let result = in_time($work).await;
        if result.is_err() {
            drop(Object::take(connection));
        }
        result
    }};
}

impl Postgres {
    pub(super) async fn open(address: &Secret, options: Options) -> Result<Self, StoreError> {
        let address = address::parse(address.expose_secret())?;
        let settings = ManagerConfig { recycling_method: RecyclingMethod::Verified };
        let place = address.place();
        let manager = match address.tls {
            Some(tls) => Manager::from_config(address.config, tls, settings),
            None => Manager::from_config(address.config, tokio_postgres::NoTls, settings),
        };
        let pool = Pool::builder(manager).max_size(CONNECTIONS).runtime(Runtime::Tokio1);
        let pool = pool.wait_timeout(Some(PATIENCE)).create_timeout(Some(PATIENCE)).recycle_timeout(Some(PATIENCE));
        let pool = pool.post_create(Hook::async_fn(|client, _| Box::pin(session::prepare(client)))).build();
        let pool = pool.map_err(|error| away(&error.to_string()))?;
        let store = Self(Arc::new(Shared { pool, options, meter: Meter::new(), place }));
        store.prepare().await?;
        Ok(store)
    }

    /// A command makes and changes nothing that the counters rely on.
    async fn prepare(&self) -> Result<(), StoreError> {
        if self.0.options.role == Role::Operator {
            return call!(self, client => schema::check(client));
        }
        let secret = super::new_secret()?;
        self.migrate().await?;
        call!(self, client => async { execute(client, sql::MAKE_SECRET, &[&&secret[..]]).await })?;
        call!(self, client => erase::look_at_clock(client, self.0.options.now)).map(|_| ())
    }

    /// Takes as long as the tables are large, and waits as long for another counter that does it.
    async fn migrate(&self) -> Result<(), StoreError> {
        let mut client = self.unhurried().await?;
        client.batch_execute("SET lock_timeout = 0").await?;
        schema::migrate(&mut client).await
    }

    async fn client(&self) -> Result<Client, StoreError> {
        self.0.pool.get().await.map_err(error::of_pool)
    }

    /// A connection for work on very many rows, which takes as long as it needs. It is not used again.
    async fn unhurried(&self) -> Result<ClientWrapper, StoreError> {
        let client = Object::take(self.client().await?);
        client.batch_execute("SET statement_timeout = 0").await?;
        Ok(client)
    }

    pub(super) async fn accept(&self, request: NewRequest) -> Result<Accepted, StoreError> {
        let (limits, began) = (self.0.options.confirmations, Instant::now());
        let accepted = call!(self, client => accept::accept(client, &request, limits, &self.0.meter))?;
        if accepted == Accepted::New {
            self.0.meter.committed(1, began.elapsed());
            self.0.meter.accepted();
        }
        crate::intake::crash::point("store.after-answer");
        Ok(accepted)
    }

    pub(super) async fn find(&self, form: &str, submission_id: &str) -> Result<Option<Found>, StoreError> {
        call!(self, client => async { one(client, sql::FIND, &[&form, &submission_id]).await?.as_ref().map(row::found).transpose() })
    }

    pub(super) async fn twin(&self, form: &str, fingerprint: [u8; 32], since: Millis) -> Result<Option<Reference>, StoreError> {
        let fingerprint = fingerprint.as_slice();
        call!(self, client => async {
            one(client, sql::TWIN, &[&since, &form, &fingerprint]).await?.as_ref().map(row::twin).transpose()
        })
    }

    pub(super) async fn status(&self, reference: &Reference) -> Result<Option<(String, Status)>, StoreError> {
        let reference = reference.as_str();
        call!(self, client => async { one(client, sql::STATUS, &[&reference]).await?.as_ref().map(row::status).transpose() })
    }

    pub(super) async fn secret(&self) -> Result<[u8; 32], StoreError> {
        let row = call!(self, client => async { one(client, sql::SECRET, &[]).await })?;
        let secret = row.map(|row| row.bytes(0)).transpose()?.and_then(|bytes| bytes.try_into().ok());
        secret.ok_or_else(|| StoreError::Damaged("there is no secret of 32 bytes".into()))
    }

    pub(super) async fn number(&self, name: &'static str) -> Result<i64, StoreError> {
        Ok(call!(self, client => number(client, name))?.unwrap_or_default())
    }

    pub(super) async fn ready(&self) -> Result<(), StoreError> {
        call!(self, client => async { execute(client, "UPDATE numbers SET value = value WHERE false", &[]).await }).map(|_| ())
    }

    pub(super) async fn close(&self) {
        self.0.pool.close();
    }

    pub(super) async fn lease(&self, worker: &str, now: Millis, until: Millis, limit: usize) -> Result<Vec<Lease>, StoreError> {
        call!(self, client => lease::lease(client, worker, now, until, limit))
    }

    pub(super) async fn record(&self, lease: &Lease, outcome: Outcome, now: Millis) -> Result<bool, StoreError> {
        call!(self, client => lease::record(client, lease, &outcome, now))
    }

    pub(super) async fn extend(&self, lease: &Lease, until: Millis) -> Result<bool, StoreError> {
        let values = (until, lease.delivery, lease.fence);
        call!(self, client => async { execute(client, sql::EXTEND, &[&values.0, &values.1, &values.2]).await }).map(|n| n == 1)
    }

    pub(super) async fn release_lease(&self, lease: &Lease, now: Millis) -> Result<bool, StoreError> {
        let values = (now, lease.delivery, lease.fence);
        let values: [Value<'_>; 3] = [&values.0, &values.1, &values.2];
        call!(self, client => async { execute(client, sql::RELEASE_LEASE, &values).await }).map(|n| n == 1)
    }

    pub(super) async fn list(&self, filter: &Filter, after: After, limit: usize) -> Result<Vec<Entry>, StoreError> {
        call!(self, client => operator::list(client, filter, after, limit))
    }

    pub(super) async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Snapshot::take(self).await
    }

    pub(super) async fn show(&self, reference: &Reference) -> Result<Option<Entry>, StoreError> {
        call!(self, client => operator::show(client, reference))
    }

    pub(super) async fn retry(&self, which: &Which, now: Millis) -> Result<Vec<Retried>, StoreError> {
        operator::retry(&mut self.unhurried().await?, which, now).await
    }

    pub(super) async fn release(&self, reference: &Reference, now: Millis) -> Result<Vec<Retried>, StoreError> {
        call!(self, client => operator::release(client, reference, now))
    }

    pub(super) async fn forget(&self, reference: &Reference, unsent: bool, now: Millis) -> Result<Forgotten, StoreError> {
        let forgotten = call!(self, client => erase::forget(client, reference, unsent, now))?;
        if matches!(forgotten, Forgotten::Gone | Forgotten::NotFound) {
            self.wipe().await?;
        }
        Ok(forgotten)
    }

    pub(super) async fn purge(&self, now: Millis, retention: &Retention) -> Result<Purged, StoreError> {
        let limits = self.0.options.confirmations;
        let (purged, owes_wipe) = erase::purge(&mut self.unhurried().await?, now, retention, limits).await?;
        if owes_wipe {
            erase::wipe_unless_another_does(&self.unhurried().await?).await?;
        }
        Ok(purged)
    }

    pub(super) async fn wipe(&self) -> Result<(), StoreError> {
        erase::wipe(&self.unhurried().await?).await
    }

    pub(super) async fn stats(&self) -> Result<Stats, StoreError> {
        call!(self, client => operator::stats(client))
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    pub(super) fn description(&self) -> String {
        format!("PostgreSQL {}", self.0.place)
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(away("it has not answered in time")))
}

fn away(why: &str) -> StoreError {
    StoreError::Unavailable(format!("PostgreSQL: {why}"))
}

/// A value handed to the server.
type Value<'a> = &'a (dyn tokio_postgres::types::ToSql + Sync);

/// A connection, or a transaction on one.
trait Asks: Sync {
    /// The statement, prepared once for each connection.
    fn prepared(&self, statement: &str) -> impl Future<Output = Result<tokio_postgres::Statement, tokio_postgres::Error>> + Send;
    fn rows(
        &self,
        statement: &tokio_postgres::Statement,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<tokio_postgres::Row>, tokio_postgres::Error>> + Send;
    fn change(
        &self,
        statement: &tokio_postgres::Statement,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<u64, tokio_postgres::Error>> + Send;
}

macro_rules! asks {
    ($kind:ty) => {
        impl Asks for $kind {
            async fn prepared(&self, statement: &str) -> Result<tokio_postgres::Statement, tokio_postgres::Error> {
                self.prepare_cached(statement).await
            }

            async fn rows(
                &self,
                statement: &tokio_postgres::Statement,
                values: &[Value<'_>],
            ) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
                self.query(statement, values).await
            }

            async fn change(
                &self,
                statement: &tokio_postgres::Statement,
                values: &[Value<'_>],
            ) -> Result<u64, tokio_postgres::Error> {
                self.execute(statement, values).await
            }
        }
    };
}
asks!(ClientWrapper);
asks!(Client);
asks!(deadpool_postgres::Transaction<'_>);

async fn each(db: &impl Asks, statement: &str, values: &[Value<'_>]) -> Result<Vec<tokio_postgres::Row>, StoreError> {
    let statement = db.prepared(statement).await?;
    Ok(db.rows(&statement, values).await?)
}

async fn one(db: &impl Asks, statement: &str, values: &[Value<'_>]) -> Result<Option<tokio_postgres::Row>, StoreError> {
    Ok(each(db, statement, values).await?.into_iter().next())
}

async fn execute(db: &impl Asks, statement: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
    let statement = db.prepared(statement).await?;
    Ok(db.change(&statement, values).await?)
}

async fn number(db: &impl Asks, name: &str) -> Result<Option<i64>, StoreError> {
    one(db, sql::NUMBER, &[&name]).await?.map(|row| row.integer(0)).transpose()
}

/// Waits until nobody else holds this lock of ours; it is let go of at the end of the transaction.
async fn lock(db: &impl Asks, lock: Lock) -> Result<(), StoreError> {
    execute(db, "SELECT pg_advisory_xact_lock($1)", &[&lock.number()]).await.map(|_| ())
}

/// What counters do one after the other.
#[derive(Debug, Clone, Copy)]
enum Lock {
    Migration,
    Confirmation,
    Purge,
    Wipe,
}

impl Lock {
    /// By which the server knows it.
    fn number(self) -> i64 {
        0x4D41_444F_0000_0000_i64 + self as i64
    }
}

//! The store: one suite that is run on both back ends, and what only one of them can do.
#![cfg(all(feature = "intake", unix))]

mod accept;
mod backup;
mod certificates;
mod erase;
mod leases;
mod manual;
#[path = "../intake/port.rs"]
mod port;
mod postgres;
mod retry;
mod snapshot;
mod support;
mod tls;
mod upgrade;
mod wipe;

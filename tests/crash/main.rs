//! No accepted request is lost, whatever dies and whenever: the real program, real stores, and a mail server that fails at random.
//!
//! The proofs judge by what clients were answered and by what has arrived in a mailbox, not by what the counter says of itself. Where
//! the counter waits ten minutes (the lease of a dead counter on PostgreSQL, an `unknown` mail), the proofs do what an operator
//! would (`madoguchi requests retry --all`), or set those two times back by SQL, which stands for the wait.
//!
//! Chance comes from a seed that is printed. `TEST_SEED` repeats it, as far as threads and processes let anything be repeated;
//! `TEST_LONG` kills ten times as often.
#![cfg(unix)]

mod chance;
mod counter;
mod kills;
mod laws;
mod load;
mod mailbox;
mod order;
mod points;
#[path = "../intake/port.rs"]
mod port;
#[path = "../store/postgres.rs"]
#[allow(dead_code, reason = "the suite of the store uses the rest")]
mod postgres;
mod stale;
#[path = "../intake/support.rs"]
#[allow(dead_code, reason = "the suite of the counter uses the rest")]
mod support;
mod three;
mod world;

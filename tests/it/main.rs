//! Behaviour, from outside.
#[cfg(feature = "site")]
mod split;
mod report;

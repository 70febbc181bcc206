//! Behaviour, from outside.
mod report;
#[cfg(feature = "site")]
mod split;

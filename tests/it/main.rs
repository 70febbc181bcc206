//! Behaviour, from outside.
#[cfg(feature = "site")]
mod report;

//! The store: one suite that is run on both back ends, and what only one of them can do.
#![cfg(feature = "intake")]

mod accept;
mod support;

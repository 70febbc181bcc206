//! Behaviour, from outside.

#[cfg(feature = "site")]
mod corpus;
#[cfg(feature = "site")]
mod report;
#[cfg(feature = "site")]
mod split;
#[cfg(feature = "site")]
mod toc;

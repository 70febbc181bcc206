//! Behaviour, from outside.

#[cfg(all(feature = "site", unix))]
mod bad_input;
#[cfg(feature = "site")]
mod cli;
#[cfg(feature = "site")]
mod docset;
#[cfg(feature = "site")]
mod html;
#[cfg(feature = "site")]
mod laws;
#[cfg(feature = "site")]
mod report;
#[cfg(feature = "site")]
mod split;
#[cfg(feature = "site")]
mod toc;

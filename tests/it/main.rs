//! Behaviour, from outside.

#[cfg(all(feature = "site", unix))]
mod bad_input;
#[cfg(feature = "site")]
mod checks;
#[cfg(feature = "site")]
mod cli;
#[cfg(feature = "site")]
mod conventions;
#[cfg(feature = "site")]
mod corpus;
#[cfg(feature = "site")]
mod docs;
#[cfg(feature = "site")]
mod docset;
mod forms;
#[cfg(feature = "site")]
mod headers;
mod html;
#[cfg(feature = "site")]
mod includes;
#[cfg(feature = "site")]
mod init;
#[cfg(feature = "site")]
mod japanese;
#[cfg(feature = "site")]
mod laws;
#[cfg(feature = "site")]
mod links;
#[cfg(feature = "preview")]
mod live;
#[cfg(feature = "site")]
mod locales;
#[cfg(feature = "site")]
mod markup;
#[cfg(feature = "site")]
mod output;
#[cfg(feature = "site")]
mod permalinks;
#[cfg(feature = "site")]
mod pipeline;
#[cfg(feature = "site")]
mod report;
#[cfg(feature = "site")]
mod search;
#[cfg(feature = "site")]
mod segments;
#[cfg(feature = "site")]
mod split;
#[cfg(feature = "site")]
mod support;
#[cfg(feature = "site")]
mod themes;
mod toc;
#[cfg(feature = "site")]
mod words;

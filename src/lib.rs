//! Madoguchi (窓口): a press for bilingual guidance, and a counter for the requests of its readers.
pub mod cli;
pub mod config;
pub mod diag;
pub mod locale;
pub mod redact;
#[cfg(feature = "site")]
pub mod site;
pub mod source;
pub mod theme;
pub mod vpath;

//! The press: localized Markdown in, a static site in every language out.
pub mod data;
pub mod frontmatter;
pub mod unit;

//! The press: localized Markdown in, a static site in every language out.
pub mod frontmatter;
pub mod markdown;
pub mod unit;

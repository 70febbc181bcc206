//! The press: localized Markdown in, a static site in every language out.
pub mod frontmatter;
pub mod parallel;
pub mod split;
pub mod unit;

//! The press: localized Markdown in, a static site in every language out.
pub mod frontmatter;
pub(crate) mod html;
pub mod link;
pub mod markdown;
pub mod outline;
pub mod parallel;
pub mod split;
pub mod unit;

//! The press: localized Markdown in, a static site in every language out.
pub mod data;
pub mod discover;
pub mod frontmatter;
pub(crate) mod html;
pub mod link;
pub mod markdown;
pub mod outline;
pub mod parallel;
pub mod split;
pub mod nav;
pub mod read;
pub mod redirect;
pub mod settings;
pub mod toc;
pub mod unit;
pub mod yamlmime;

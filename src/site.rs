//! The press: localized Markdown in, a static site in every language out.

pub(crate) mod allow;
mod body;
pub mod build;
pub(crate) mod catalog;
pub(crate) mod checks;
pub mod data;
pub mod discover;
pub(crate) mod extras;
pub(crate) mod facts;
pub(crate) mod forms;
pub mod frontmatter;
pub(crate) mod html;
pub(crate) mod incremental;
pub(crate) mod kept;
pub(crate) mod library;
pub mod link;
pub mod markdown;
pub(crate) mod model;
pub mod nav;
pub mod outline;
pub(crate) mod packed;
pub(crate) mod page;
pub mod parallel;
pub mod read;
pub mod redirect;
pub(crate) mod render;
pub(crate) mod resolve;
pub mod settings;
pub(crate) mod sidebar;
pub mod split;
pub mod toc;
pub mod unit;
pub(crate) mod view;
pub mod write;
pub mod yamlmime;

pub use page::content_locale;

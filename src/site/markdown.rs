//! Markdown as existing docsets write it, one language at a time: from a document's side to a [`flow::Flow`].

pub(crate) mod assemble;
pub mod cjk;
mod comments;
pub mod directive;
pub(crate) mod edits;
pub mod flow;
pub(crate) mod include;
pub(crate) mod lex;
pub(crate) mod prepare;
pub(crate) mod rawhtml;
pub(crate) mod repair;
pub(crate) mod text;

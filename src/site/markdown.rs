//! Markdown: what the press adds to the parser.
pub mod cjk;

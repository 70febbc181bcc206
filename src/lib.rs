//! Madoguchi (窓口): a press for bilingual guidance, and a counter for the requests of its readers.
//!
//! This page is the map of the house: its rooms, who may enter which, and the way of a page through the press. The manual,
//! for those who use the program, is the site that it builds from `content/manual`.
//!
//! # Rooms
//!
//! ```text
//! main → cli → site → { config, theme, form } → foundation
//! ```
//!
//! An arrow means "may import". A test (`tests/tidy.rs`) reads every path that the code names and holds the walls up.
//!
//! | room | what it does |
//! |---|---|
//! | foundation | values and rules on them, without effects: [`locale`] (language tags and a site's set of them), [`vpath`] (paths of sources, outputs and addresses, never mixed), [`source`] (text, digests, lines and columns), [`diag`] (what is wrong, where, what to do), [`redact`] (secrets that do not show), `ordered` (maps and sets of few entries) |
//! | [`form`] | a form's specification, and the view of it that the press and the counter show |
//! | [`config`] | `madoguchi.toml` and the environment, from keys as written to values that cannot be wrong |
//! | [`theme`] | templates, messages and static files; the built-in ones are part of the binary, a site's own lie over them |
//! | `site` | the press: a docset in, a site out |
//! | [`cli`] | a file for each command; reports, progress, exit codes; the only room that prints |
//!
//! Files, network, environment and clock are touched at the edges only: `config::load`, `theme::load`, `site::discover`,
//! `site::read`, `site::write`, `cli`. Everything else takes values and returns values, and can be tested with them.
//!
//! # The way of a page
//!
//! `site::build` runs the phases in order, each over all pages at once.
//!
//! 1. **discover** lists the files; `catalog` groups them into pages by what `settings` and `redirect` say.
//! 2. **read**: `page` reads a page's files. `split` takes localized files apart without loss, `parallel` aligns parallel files,
//!    `yamlmime` turns YAML into Markdown; each gives a `unit::Document` of sides and segments. `markdown` makes a flat list of
//!    events of each side (`flow::Flow`), with extensions understood and Japanese set rightly, and `outline` gives
//!    headings the ids that all languages share. What the rest of the site must know of the page is noted as `facts`.
//! 3. **resolve**: `toc` and `nav` make the navigation. Every link, image, snippet and redirection is looked up (`link`, `resolve`).
//!    Here ends what can be wrong with the content; one page of each kind proves the templates.
//! 4. **render**: the text of a page became HTML (`body`, `html`) right after it was read, on suppositions about the links to other pages
//!    that are checked now; `render`, `view` and `sidebar` put the frame around it, `extras` adds what is no page, and each file goes to
//!    `write` at once. `incremental` remembers enough to see that nothing has changed.
//!
//! Broken content is data: a phase returns what it could do with every diagnostic ([`diag::Checked`]), and all are
//! shown once, sorted. Nothing is written while one of them is an error.
//!
//! Only so much text is kept between reading and rendering; pages beyond it are read again, so that memory grows with the
//! facts and not with the text. The same input gives the same bytes: no clock, no order of hash maps or threads shows in the output.
//!
//! # What is absent where
//!
//! - Templates never see a page, only small values of `site::view` and finished HTML.
//! - `facts` and `model` hold no text; `render` looks nothing up that `resolve` has not reported on.
//! - `site` does not print, and knows no command line; `cli` knows no Markdown.
//! - Without the feature `site` there is no Markdown parser, no sanitizer and no thread pool in the tree.
//! - Not here yet, but with a place in the walls: `preview` (which may import `site`), `intake` (the counter, which never may,
//!   nor the other way round).
pub mod cli;
pub mod config;
pub mod diag;
pub mod form;
#[cfg(feature = "intake")]
pub mod intake;
pub mod locale;
pub(crate) mod ordered;
#[cfg(feature = "preview")]
pub mod preview;
pub mod redact;
#[cfg(any(feature = "intake", feature = "preview"))]
pub mod shutdown;
#[cfg(feature = "site")]
pub mod site;
pub mod source;
#[cfg(any(feature = "intake", feature = "preview"))]
pub mod task;
#[cfg(feature = "intake")]
pub mod telemetry;
pub mod theme;
pub mod vpath;

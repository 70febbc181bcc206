//! What templates get: small values, never whole pages.

use serde::Serialize;

use super::forms::Contact;
use crate::theme::{Messages, Shared};

/// What every page has.
#[derive(Serialize)]
pub(crate) struct Frame<'a> {
    pub(crate) lang: &'a str,
    pub(crate) dir: &'static str,
    pub(crate) t: &'a Messages,
    pub(crate) site_title: &'a str,
    /// Its language, if that is not the reader's.
    pub(crate) site_title_lang: Option<&'a str>,
    pub(crate) root: String,
    pub(crate) assets: &'a Shared,
    pub(crate) home_href: String,
    pub(crate) contents_href: String,
    pub(crate) search_href: Option<String>,
    pub(crate) canonical: Option<String>,
    pub(crate) title: &'a str,
    /// Whether the title is the site's, which is said once then.
    pub(crate) is_site_title: bool,
    pub(crate) title_lang: Option<&'a str>,
    pub(crate) description: Option<&'a str>,
    pub(crate) robots: Option<&'a str>,
    pub(crate) languages: Vec<Language<'a>>,
    pub(crate) alternates: Vec<Alternate<'a>>,
    pub(crate) parallel_href: Option<String>,
    pub(crate) single_href: Option<String>,
}

/// An entry of the language switch.
#[derive(Serialize)]
pub(crate) struct Language<'a> {
    pub(crate) tag: &'a str,
    pub(crate) name: &'a str,
    pub(crate) href: String,
    pub(crate) current: bool,
    pub(crate) fallback: bool,
    /// What the site is called in it, if that is known.
    pub(crate) site_title: Option<&'a str>,
}

/// The same page in another language, for search engines.
#[derive(Serialize)]
pub(crate) struct Alternate<'a> {
    pub(crate) tag: &'a str,
    pub(crate) href: String,
}

/// A page with an article.
#[derive(Serialize)]
pub(crate) struct ArticleView<'a> {
    #[serde(flatten)]
    pub(crate) frame: Frame<'a>,
    pub(crate) breadcrumb: Vec<Step<'a>>,
    pub(crate) nav: Option<Shared>,
    pub(crate) contents: &'a [ContentsEntry],
    pub(crate) previous: Option<Step<'a>>,
    pub(crate) next: Option<Step<'a>>,
    pub(crate) edit_href: Option<String>,
    pub(crate) date: Option<DateView>,
    pub(crate) basis: Option<DateView>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) article_lang: &'a str,
    pub(crate) article_dir: &'static str,
    pub(crate) body: Shared,
    pub(crate) columns: Vec<Column<'a>>,
    /// The script of forms, if the page has one.
    pub(crate) form_script: Option<&'a str>,
    /// Where the page's translation is reported.
    pub(crate) report: Option<Report<'a>>,
}

/// A link to another page.
#[derive(Serialize)]
pub(crate) struct Step<'a> {
    pub(crate) name: String,
    pub(crate) lang: Option<&'a str>,
    pub(crate) href: Option<String>,
}

/// A heading in the list of the page's contents.
#[derive(Serialize)]
pub(crate) struct ContentsEntry {
    pub(crate) id: String,
    pub(crate) html: String,
    pub(crate) level: u8,
}

/// A date, for machines and for the reader.
#[derive(Serialize)]
pub(crate) struct DateView {
    pub(crate) iso: String,
    pub(crate) text: String,
}

/// Something a reader should know of the page.
#[derive(Serialize)]
pub(crate) struct Notice {
    pub(crate) kind: &'static str,
}

/// A language of a parallel view.
#[derive(Serialize)]
pub(crate) struct Column<'a> {
    pub(crate) tag: &'a str,
    pub(crate) name: &'a str,
    /// The words of the interface in it.
    pub(crate) t: &'a Messages,
}

/// The form for reports of a page's translation.
#[derive(Serialize)]
pub(crate) struct Report<'a> {
    /// Its address, with the page filled in.
    pub(crate) href: String,
    /// The languages translated from and to.
    pub(crate) source: &'a str,
    pub(crate) target: &'a str,
    /// How many characters of each text the form takes from an address; 0 where it takes none.
    pub(crate) source_most: usize,
    pub(crate) target_most: usize,
}

/// The list of all pages.
#[derive(Serialize)]
pub(crate) struct ContentsView<'a> {
    #[serde(flatten)]
    pub(crate) frame: Frame<'a>,
    pub(crate) entries: Shared,
}

/// The articles of a section.
#[derive(Serialize)]
pub(crate) struct PrintView<'a> {
    #[serde(flatten)]
    pub(crate) frame: Frame<'a>,
    pub(crate) articles: Vec<Printed<'a>>,
    /// The parts of a section that is too long for one page, else none.
    pub(crate) parts: Vec<PrintPart>,
}

/// An article among others.
#[derive(Serialize)]
pub(crate) struct Printed<'a> {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) name_lang: Option<&'a str>,
    /// Its own page, and the same as its public address.
    pub(crate) href: String,
    pub(crate) address: String,
    /// Its language, if that is not the reader's.
    pub(crate) lang: Option<&'a str>,
    pub(crate) dir: &'static str,
    pub(crate) date: Option<DateView>,
    pub(crate) body: Shared,
}

/// A part of a long section.
#[derive(Serialize)]
pub(crate) struct PrintPart {
    pub(crate) number: usize,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// A page that has moved.
#[derive(Serialize)]
pub(crate) struct RedirectView<'a> {
    #[serde(flatten)]
    pub(crate) frame: Frame<'a>,
    pub(crate) target: String,
    pub(crate) target_title: String,
    pub(crate) target_lang: Option<&'a str>,
}

/// The page of search results.
#[derive(Serialize)]
pub(crate) struct SearchView<'a> {
    #[serde(flatten)]
    pub(crate) frame: Frame<'a>,
    pub(crate) host: Option<&'a str>,
}

/// What is shown while the counter does not answer.
#[derive(Serialize)]
pub(crate) struct UnavailableView<'a> {
    #[serde(flatten)]
    pub(crate) frame: Frame<'a>,
    pub(crate) told: Vec<Told<'a>>,
}

/// The same in one language.
#[derive(Serialize)]
pub(crate) struct Told<'a> {
    pub(crate) t: &'a Messages,
    pub(crate) tag: &'a str,
    pub(crate) dir: &'static str,
    pub(crate) home_href: String,
    pub(crate) contacts: Vec<Contact<'a>>,
}

/// A part of the navigation.
#[derive(Serialize)]
pub(crate) struct NavView<'a> {
    pub(crate) t: &'a Messages,
    pub(crate) entries: Shared,
    /// All articles of the section in one page, if the site has that.
    pub(crate) print_href: Option<String>,
}

/// An entry of the navigation.
#[derive(Serialize)]
pub(crate) struct Entry<'a> {
    pub(crate) name: String,
    pub(crate) lang: Option<&'a str>,
    pub(crate) href: Option<String>,
    pub(crate) current_mark: String,
    pub(crate) open: bool,
    pub(crate) external: bool,
    /// The entries below it.
    pub(crate) items: Option<Shared>,
    /// Whether nothing folds.
    pub(crate) unfolded: bool,
}

//! Front matter: YAML between `---` lines at the start of a file.

/// A calendar date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// The month, from 1.
    pub month: u8,
    /// The day, from 1.
    pub day: u8,
}

/// What a page says about itself. Keys are case-insensitive; unknown ones are kept in `fields`, lower-cased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrontMatter {
    /// `title`.
    pub title: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `ms.date` or `date`: the author's date of the text.
    pub date: Option<Date>,
    /// `ms.translationtype`: `MT` (machine), `HT` (human).
    pub translation_type: Option<String>,
    /// `ms.contentlocale`: the tag as written.
    pub content_locale: Option<String>,
    /// `ms.lasthandoff`: the date of the version it was translated from.
    pub last_handoff: Option<Date>,
    /// `uid`: what `xref` links name the page by.
    pub uid: Option<String>,
    /// `draft: true`.
    pub draft: bool,
    /// `robots`, as written (`NOINDEX, NOFOLLOW`).
    pub robots: Option<String>,
}

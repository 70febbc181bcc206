//! Places in pages that tables of contents and redirections name.

use crate::diag::{Code, Diagnostic, Span};
use crate::site::catalog::Found;
use crate::site::model::Model;
use crate::site::nav::PageId;

use super::HELP;

/// Reports the places that a page does not have in a language in which it is shown.
pub(super) fn missing(model: &Model<'_>) -> Vec<Diagnostic> {
    let of_tables = model.nav.fragments().map(|(page, fragment, at)| (page, fragment.to_owned(), at));
    of_tables.chain(of_redirections(model)).filter_map(|(page, fragment, at)| fault(model, page, &fragment, at)).collect()
}

/// The places that redirections name. One that leads on to another redirection has no say in where that leads.
fn of_redirections<'a>(model: &Model<'a>) -> impl Iterator<Item = (PageId, String, &'a Span)> {
    let catalog = model.catalog;
    let last = catalog.redirects.iter().filter(move |redirect| catalog.end_of(&redirect.source) == Some(&redirect.target));
    last.filter_map(move |redirect| match catalog.landing(&redirect.target)? {
        Found::Page(page, Some(fragment)) => Some((page, fragment, &redirect.at)),
        _ => None,
    })
}

/// What is wrong, once for all languages: the place is written once.
fn fault(model: &Model<'_>, page: PageId, fragment: &str, at: &Span) -> Option<Diagnostic> {
    let edition = model.edition(page, model.locales().source())?;
    let resolver = model.resolver();
    let lacking = model.locales().ids().filter(|locale| !resolver.has(page, *locale, Some(fragment)));
    let lacking: Vec<&str> = lacking.map(|locale| model.tag(locale)).collect();
    let message = || format!("the page `{}` has no place called `#{fragment}` in {}", edition.file, lacking.join(", "));
    (!lacking.is_empty()).then(|| Diagnostic::new(Code::FragmentMissing, at.clone(), message()).help(HELP))
}

//! What a text supposed of places in other pages is made good in the text itself: a link to a place that is not there leads to its page.

use std::sync::Arc;

use memchr::memmem;

use super::{Bodies, Supposition};
use crate::locale::LocaleId;
use crate::site::html::escape;
use crate::site::markdown::edits::Edits;
use crate::site::model::Model;
use crate::site::nav::PageId;

/// A place that is not there, and how many links of the text lead to it.
struct Missing {
    page: PageId,
    locale: LocaleId,
    fragment: String,
    links: usize,
}

impl Bodies {
    /// The text of a page as it is written when all pages are known; `None` where it must be written again for that.
    pub(crate) fn mended(mut self, model: &Model<'_>, page: PageId) -> Option<Self> {
        for missing in self.missing(model)? {
            if self.cut(model, page, &missing) != missing.links {
                return None;
            }
        }
        Some(self)
    }

    /// The places that are not there, which are no longer supposed to be. `None` where more is wrong than that.
    fn missing(&mut self, model: &Model<'_>) -> Option<Vec<Missing>> {
        let resolver = model.resolver();
        let mut all: Vec<Missing> = Vec::new();
        for supposed in self.notes.supposed.extract_if(.., |supposed| !supposed.holds(&resolver)) {
            let Supposition::Place(page, locale, Some(fragment)) = supposed else { return None };
            if !resolver.has(page, locale, None) {
                return None;
            }
            match all.iter_mut().find(|known| (known.page, known.locale, &known.fragment) == (page, locale, &fragment)) {
                Some(known) => known.links += 1,
                None => all.push(Missing { page, locale, fragment, links: 1 }),
            }
        }
        self.notes.failed.is_none().then_some(all)
    }

    /// Cuts a place off the links that lead to it. Gives how many those were: in text nothing looks like one, for its `<` is escaped.
    fn cut(&mut self, model: &Model<'_>, page: PageId, missing: &Missing) -> usize {
        let mut links = 0;
        for locale in model.locales().ids() {
            let article = self.articles[locale.index()].as_mut().filter(|_| locale == missing.locale);
            let article = article.map(|body| (body, model.url(page, locale)));
            let parallel = self.parallels[locale.index()].as_mut().map(|body| (body, model.parallel_url(page, locale)));
            for (body, here) in article.into_iter().chain(parallel) {
                let before = links;
                let [found, instead] = written(&here.relative_to(&model.url(missing.page, missing.locale)), &missing.fragment);
                let mut edits = Edits::default();
                for at in memmem::find_iter(body.html.as_bytes(), &found) {
                    edits.replace(at..at + found.len(), instead.clone());
                    links += 1;
                }
                if links > before {
                    body.html = Arc::new(edits.apply(&body.html).0.into_owned());
                }
            }
        }
        links
    }
}

/// A link to a place as it is written, and one to its page.
fn written(url: &str, fragment: &str) -> [String; 2] {
    [format!("{url}#{fragment}"), url.to_owned()].map(|href| {
        let mut link = String::from("<a href=\"");
        escape::attribute(&href, &mut link);
        link.push('"');
        link
    })
}

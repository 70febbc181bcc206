//! Addresses from the root of the web site that the docset was written for, written in links or reached by redirections.

use super::seen::Lookup;
use super::{Resolution, Resolver, Target, nowhere};
use crate::diag::Code;
use crate::locale::LocaleId;
use crate::site::catalog::Found;
use crate::site::link::FileReference;
use crate::site::nav::PageId;

impl Resolver<'_> {
    /// An address that begins with `/`: of a page of this site if there is one.
    pub(super) fn site(&self, found: &Lookup, reference: &FileReference, page: PageId, locale: LocaleId) -> Resolution {
        if let Ok(Some((Found::Page(found, _), _))) = found {
            return self.place(page, *found, locale, reference.fragment.clone());
        }
        let Some(address) = self.on_web_site(reference, locale) else {
            let message = format!("`{}` is no page of this site", reference.path);
            return nowhere(Code::LinkBroken, message, "name a page of the site, or write the whole address");
        };
        Target::Elsewhere(address).into()
    }

    /// A page that has moved to another web site. The place that its redirection names is the one that is there now.
    pub(super) fn moved_away(&self, from: &FileReference, to: &FileReference, locale: LocaleId) -> Resolution {
        let fragment = to.fragment.as_ref().or(from.fragment.as_ref()).cloned();
        let Some(address) = self.on_web_site(&FileReference { fragment, ..to.clone() }, locale) else {
            let message = format!(
                "`{}` is redirected to `{}`, an address of the web site that the docset was written for",
                from.path, to.path
            );
            return nowhere(Code::LinkBroken, message, "redirect it to a page of the site or a whole address, or set `web_root`");
        };
        Target::Elsewhere(address).into()
    }
}

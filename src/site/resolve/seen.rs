//! What destinations name, found once for all who ask while a page is worked on.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::Resolver;
use crate::site::catalog::{ByCase, Found};
use crate::site::link::Reference;
use crate::vpath::{BadPath, SourcePath};

/// What the destinations of one page were found to name. Most stand in each of its languages, and are asked for twice: when its links are
/// looked up, and when its text is written.
#[derive(Default)]
pub(crate) struct Seen(RefCell<FxHashMap<String, ByFile>>);

/// What a destination names, by the file that it is written in.
type ByFile = Vec<(SourcePath, Rc<Named>)>;

/// What the path of a file leads to, or an address from the root of the web site.
pub(super) type Lookup = Result<Option<ByCase>, BadPath>;

/// What a destination names, whoever reads it.
pub(crate) struct Named {
    pub(crate) reference: Reference,
    pub(super) found: Lookup,
}

impl Resolver<'_> {
    /// What a destination names that is written in a file.
    pub(crate) fn named(&self, file: &SourcePath, written: &str) -> Rc<Named> {
        let look = || {
            let reference = Reference::parse(written);
            let found = match &reference {
                Reference::File(path) => self.catalog.follow(file.folder(), path),
                Reference::Site(address) => {
                    Ok(self.catalog.by_site_path(&address.path).map(|page| (Found::Page(page, None), None)))
                }
                _ => Ok(None),
            };
            Rc::new(Named { reference, found })
        };
        let Some(Seen(seen)) = self.seen else { return look() };
        let mut seen = seen.borrow_mut();
        let known = seen.get(written).and_then(|files| files.iter().find(|(known, _)| known == file));
        if let Some((_, named)) = known {
            return Rc::clone(named);
        }
        let named = look();
        seen.entry(written.to_owned()).or_default().push((file.clone(), Rc::clone(&named)));
        named
    }
}

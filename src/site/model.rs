//! The whole site, resolved: what is known of each page, the navigation, and every address in it. Rendering a page asks only this.

mod sections;

use std::ops::Deref;

use super::catalog::Catalog;
use super::facts::{AllFacts, Availability, Edition, Facts, printable};
use super::forms::Forms;
use super::library::Library;
use super::link::FileReference;
use super::nav::{Nav, NavTarget, Node, PageId};
use super::resolve::{Known, Resolver};
use super::toc::of_tag;
use crate::config::SiteConfig;
use crate::locale::{LocaleId, LocaleSet};
use crate::theme::Theme;
use crate::vpath::{OutputPath, SourcePath, UrlPath};
pub(crate) use sections::Sections;

/// What is known before any page is read: the files, the theme, and the address of every page.
pub(crate) struct Ground<'a> {
    pub(crate) config: &'a SiteConfig,
    pub(crate) theme: &'a Theme,
    pub(crate) catalog: &'a Catalog,
    pub(crate) library: &'a Library<'a>,
    pub(crate) forms: &'a Forms,
    pub(crate) web_roots: &'a [Option<String>],
    pub(crate) drafts: bool,
}

/// The resolved site.
pub(crate) struct Model<'a> {
    pub(crate) ground: &'a Ground<'a>,
    pub(crate) facts: &'a dyn AllFacts,
    pub(crate) nav: &'a Nav,
    /// By table of contents, the locale that its names are written in.
    pub(crate) table_locales: Vec<LocaleId>,
    /// What sections are called, as far as it was asked for.
    pub(crate) sections: Sections,
}

/// A resolved site is the ground it stands on, and more.
impl<'a> Deref for Model<'a> {
    type Target = Ground<'a>;

    fn deref(&self) -> &Ground<'a> {
        self.ground
    }
}

/// A text, and its locale if that is not the reader's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) text: String,
    pub(crate) foreign: Option<LocaleId>,
}

impl Label {
    /// A text in the reader's language, or in none.
    pub(crate) fn plain(text: String) -> Self {
        Self { text, foreign: None }
    }
}

impl<'a> Ground<'a> {
    pub(crate) fn locales(&self) -> &'a LocaleSet {
        &self.config.locales
    }

    pub(crate) fn tag(&self, locale: LocaleId) -> &'a str {
        self.locales().get(locale).as_str()
    }

    /// The page's address in a locale.
    pub(crate) fn url(&self, page: PageId, locale: LocaleId) -> UrlPath {
        self.catalog.pages[page.0 as usize].urls[locale.index()].clone()
    }

    /// The address of its parallel view with a target locale.
    pub(crate) fn parallel_url(&self, page: PageId, locale: LocaleId) -> UrlPath {
        UrlPath::new([self.url(page, locale).as_str(), "parallel/"].concat())
    }

    pub(crate) fn home(&self, locale: LocaleId) -> UrlPath {
        UrlPath::new([self.tag(locale), "/"].concat())
    }

    pub(crate) fn contents(&self, locale: LocaleId) -> UrlPath {
        UrlPath::new(format!("{}/contents/", self.tag(locale)))
    }

    pub(crate) fn search(&self, locale: LocaleId) -> UrlPath {
        UrlPath::new(format!("{}/search/", self.tag(locale)))
    }

    pub(crate) fn site_title(&self, locale: LocaleId) -> Label {
        let (found, text) = self.config.title.get(locale).unwrap_or((locale, ""));
        Label { text: text.to_owned(), foreign: (found != locale).then_some(found) }
    }

    /// The whole address of what no page of this site is, on the web site that the docset was written for.
    pub(crate) fn on_web_site(&self, reference: &FileReference, locale: LocaleId) -> Option<String> {
        let mut address = self.web_roots[locale.index()].clone()?;
        crate::vpath::percent_encode_into(&reference.path, &mut address);
        address.push_str(&reference.query);
        if let Some(fragment) = &reference.fragment {
            address.push('#');
            address.push_str(fragment);
        }
        Some(address)
    }

    /// A whole address where the site's is known, else one relative to `from`.
    pub(crate) fn public(&self, from: &UrlPath, to: &UrlPath) -> String {
        match &self.config.base_url {
            Some(base) => {
                let mut address = String::with_capacity(base.as_str().len() + to.as_str().len());
                address.push_str(base.as_str());
                crate::vpath::percent_encode_into(to.as_str(), &mut address);
                address
            }
            None => from.relative_to(to),
        }
    }
}

impl<'a> Model<'a> {
    pub(crate) fn resolver(&self) -> Resolver<'a> {
        Resolver { ground: self.ground, known: Known::All(self.facts), seen: None }
    }

    /// The pages that are shown.
    pub(crate) fn pages(&self) -> impl Iterator<Item = PageId> + '_ {
        (0..self.facts.count()).map(|at| PageId(at as u32)).filter(|page| self.facts.is_shown(*page, self.drafts))
    }

    pub(crate) fn facts(&self, page: PageId) -> &'a Facts {
        self.facts.of(page).expect("every page of the catalog is known")
    }

    pub(crate) fn edition(&self, page: PageId, locale: LocaleId) -> Option<&'a Edition> {
        self.facts.of(page).filter(|facts| facts.is_shown(self.drafts))?.editions.get(locale.index())
    }

    /// The files that a page becomes.
    pub(crate) fn outputs(&self, page: PageId) -> impl Iterator<Item = OutputPath> + '_ {
        self.locales().ids().flat_map(move |locale| {
            let parallel = self.has_parallel(page, locale).then(|| self.parallel_url(page, locale).output());
            std::iter::once(self.url(page, locale).output()).chain(parallel)
        })
    }

    pub(crate) fn has_parallel(&self, page: PageId, locale: LocaleId) -> bool {
        self.config.parallel && self.facts(page).parallel.contains(&locale)
    }

    /// The start page of the docset, if it has one.
    pub(crate) fn start(&self) -> Option<PageId> {
        self.catalog.at("").filter(|page| self.facts.is_shown(*page, self.drafts))
    }

    /// Whether a file of the docset, published under its own path, would stand in the place of one that the site makes itself.
    pub(crate) fn is_taken(&self, file: &SourcePath) -> bool {
        let path = file.as_str();
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let own = matches!(first, "index.html" | "404.html" | "robots.txt" | super::extras::UNAVAILABLE)
            || (first.starts_with("sitemap") && first.ends_with(".xml"))
            || path == "assets"
            || self.theme.assets().iter().any(|asset| asset.path == path || asset.path.starts_with(&format!("{path}/")));
        if own || !self.locales().ids().any(|id| self.tag(id) == first) {
            return own;
        }
        if self.config.search && rest.starts_with("search/") {
            return true;
        }
        if super::print::is_wanted(self) && rest.rsplit('/').next() == Some(super::print::NAME) {
            return true;
        }
        let page = rest.strip_suffix("index.html").filter(|folder| folder.is_empty() || folder.ends_with('/'));
        let is_page =
            |address: &str| address.is_empty() || super::catalog::is_reserved(address) || self.catalog.at(address).is_some();
        let as_folder = format!("{rest}/");
        rest.is_empty()
            || page.is_some_and(is_page)
            || super::catalog::is_reserved(&as_folder)
            || self.catalog.is_folder(&as_folder)
    }

    /// What a page is called in lists.
    pub(crate) fn page_name(&self, page: PageId, locale: LocaleId) -> Option<Label> {
        let name = &self.edition(page, locale)?.name;
        Some(Label { text: name.text.clone(), foreign: (name.locale != locale).then_some(name.locale) })
    }

    /// What a node of the navigation is called: as the table of contents has it in this language, else as its page calls itself, or the section of
    /// it that the entry leads to, else the table's name, marked as what it is (FORMAT §2.5).
    pub(crate) fn node_name(&self, node: &Node, locale: LocaleId) -> Label {
        let own = |text: &str| Label::plain(printable(text.to_owned()));
        let written = self.table_locales.get(node.table as usize).copied().unwrap_or(self.locales().source());
        let recorded = node.name.in_locale(self.tag(locale)).map(str::to_owned);
        let recorded = recorded.or_else(|| node.name.source.clone().filter(|_| locale == self.locales().source()));
        if let Some(text) = recorded {
            return own(&text);
        }
        let page_name = || self.page_name(node.page()?, locale);
        let place_name = || match &node.target {
            NavTarget::Page(page, Some(place)) => self.section_name(*page, locale, place).map(Label::plain),
            _ => page_name(),
        };
        if node.name.text.is_empty() {
            return place_name().or_else(page_name).unwrap_or_else(|| own("–"));
        }
        if written == locale {
            return own(&node.name.text);
        }
        let table_name = Label { text: printable(node.name.text.clone()), foreign: Some(written) };
        place_name().filter(|name| name.foreign.is_none()).unwrap_or(table_name)
    }

    /// The address that a node leads to, relative to `from`; `None` for a section without a page.
    pub(crate) fn node_href(&self, node: &Node, from: &UrlPath, locale: LocaleId, parallel: bool) -> Option<String> {
        let own = || of_tag(&node.elsewhere, self.tag(locale)).map(str::to_owned);
        match &node.target {
            NavTarget::None => None,
            NavTarget::External(address) => own().or_else(|| Some(address.clone())),
            NavTarget::SiteAbsolute(_) if own().is_some() => own(),
            NavTarget::SiteAbsolute(address) => self.web_roots[locale.index()].as_ref().map(|root| format!("{root}{address}")),
            NavTarget::Page(page, fragment) => {
                self.edition(*page, locale)?;
                let url = if parallel && self.has_parallel(*page, locale) {
                    self.parallel_url(*page, locale)
                } else {
                    self.url(*page, locale)
                };
                Some(from.relative_to(&url) + &self.fragment(*page, locale, fragment.as_deref()))
            }
        }
    }

    /// A fragment with its `#`, if the page has the place in a locale.
    pub(crate) fn fragment(&self, page: PageId, locale: LocaleId, fragment: Option<&str>) -> String {
        let there = fragment.filter(|fragment| self.resolver().has(page, locale, Some(fragment)));
        there.map(|fragment| format!("#{fragment}")).unwrap_or_default()
    }

    /// Where a group without a page of its own leads: to the first page below it.
    pub(crate) fn first_below(&self, node: &Node, from: &UrlPath, locale: LocaleId, parallel: bool) -> Option<String> {
        // Recursion is bounded: tables of contents are cut at `toc::MAX_DEPTH`.
        self.nav.range(node.children.clone()).find_map(|(_, child)| {
            let href = self.node_href(child, from, locale, parallel).filter(|href| !href.contains("://"));
            href.or_else(|| self.first_below(child, from, locale, parallel))
        })
    }

    /// Whether a page has text of its own in a locale.
    pub(crate) fn is_own(&self, page: PageId, locale: LocaleId) -> bool {
        self.edition(page, locale).is_some_and(|edition| !matches!(edition.availability, Availability::Fallback(_)))
    }

    /// Whether search engines may list a page's own text in a locale.
    pub(crate) fn is_listed(&self, page: PageId, locale: LocaleId) -> bool {
        self.is_own(page, locale) && self.edition(page, locale).is_some_and(|edition| !edition.is_unlisted())
    }
}

/// The locale of each table of contents: the one in which most of its names are what their pages are called; where that does not tell, the
/// script of the names.
pub(crate) fn table_locales(nav: &Nav, facts: &dyn AllFacts, locales: &LocaleSet) -> Vec<LocaleId> {
    let mut votes = vec![vec![0_usize; locales.len()]; nav.tables().len()];
    let all = u32::try_from(nav.len()).unwrap_or(u32::MAX);
    for (_, node) in nav.range(0..all) {
        let Some(votes) = votes.get_mut(node.table as usize) else { continue };
        let editions = node.page().and_then(|page| facts.of(page)).map_or(&[][..], |facts| &facts.editions);
        for id in locales.ids() {
            let equal = editions
                .get(id.index())
                .is_some_and(|e| e.name.locale == id && (e.name.text == node.name.text || e.title.text == node.name.text));
            votes[id.index()] += 3 * usize::from(equal) + usize::from(is_in_script_of(&node.name.text, locales.get(id)));
        }
    }
    let best = |votes: &Vec<usize>| {
        let most = votes.iter().copied().max().unwrap_or(0);
        locales.ids().find(|id| votes[id.index()] == most && most > 0).unwrap_or(locales.source())
    };
    votes.iter().map(best).collect()
}

fn is_in_script_of(text: &str, locale: &crate::locale::Locale) -> bool {
    match locale.language() {
        "ja" | "zh" | "yue" => text.chars().any(super::markdown::cjk::is_cjk),
        "ko" => text.chars().any(super::markdown::cjk::is_cjk_or_hangul),
        _ => text.is_ascii(),
    }
}

/// What an address that starts with `/` begins with on the web site that existing docsets were written for, by locale.
///
/// Such docsets are published below one address for each language tag with a region (FORMAT §7.9).
pub(crate) fn web_roots(site: &SiteConfig) -> Vec<Option<String>> {
    let template = site.web_root.as_deref();
    site.locales.ids().map(|id| template.map(|template| template.replace("{tag}", &web_tag(site, id)))).collect()
}

/// The tag that a locale has in such an address: the whole one that the files name, else that with the region where its language is mostly
/// read. One that is known of neither way stays as it is.
fn web_tag(site: &SiteConfig, id: LocaleId) -> String {
    let locale = site.locales.get(id);
    let whole = site.whole_tags.get(&id).or(Some(locale).filter(|locale| locale.has_region()));
    let tag = whole.map(|whole| whole.as_str().to_ascii_lowercase());
    let tag = tag.or_else(|| locale.usual_region().map(str::to_owned)).unwrap_or_else(|| locale.as_str().to_ascii_lowercase());
    // The web site tells the scripts of Chinese by region alone.
    tag.replace("zh-hans-", "zh-").replace("zh-hant-", "zh-")
}

#[cfg(test)]
mod tests {
    use super::web_roots;
    use crate::config::Config;

    #[test]
    fn web_addresses_have_the_region_that_is_named_or_usual() {
        let of = |tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            let roots = web_roots(&Config::without_file(std::path::Path::new("/docs"), &tags).site);
            roots.iter().map(|root| root.as_ref().unwrap().rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of(&["pt-BR", "he-IL", "zh-TW"]), "he-il pt-br zh-tw en-us");
        assert_eq!(of(&["pt-PT", "en-GB"]), "pt-pt en-gb");
        assert_eq!(of(&["ja", "he", "uk", "nb", "zh"]), "he-il ja-jp nb-no uk-ua zh-cn en-us");
        assert_eq!(of(&["zh-Hant-TW", "sr-Latn", "bs-Latn-BA"]), "bs-latn-ba sr-latn-rs zh-tw en-us");
        assert_eq!(of(&["eo", "es-419"]), "eo es-419 en-us", "nothing is made up");
    }
}

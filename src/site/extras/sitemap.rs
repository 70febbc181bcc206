//! The sitemap (sitemaps.org protocol 0.9) with each page's other languages.

use std::fmt::Write as _;

use crate::locale::LocaleId;
use crate::site::html::escape;
use crate::site::nav::PageId;
use crate::site::render::{Rendered, Renderer};
use crate::site::threads;
use crate::theme::Rope;
use crate::vpath::UrlPath;

/// The most addresses of one file, by the protocol.
const MOST: usize = 50_000;
/// How many entries are written at once: that of ten thousand pages is megabytes, which all threads write and nobody copies twice.
const AT_ONCE: usize = 64;
/// About how long an entry is.
const ENTRY: usize = 512;

const INDEX: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
"#;
const URLSET: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">
"#;

type Entry = (PageId, LocaleId);

impl Renderer<'_> {
    /// The sitemap, in several files beyond [`MOST`] addresses. None where the site's own address is not known.
    pub(super) fn sitemap(&self) -> Vec<Rendered> {
        let Some(base) = &self.model.config.base_url else { return Vec::new() };
        let pages = self.model.pages().flat_map(|page| self.model.locales().ids().map(move |locale| (page, locale)));
        let own: Vec<Entry> = pages.filter(|(page, locale)| self.model.is_listed(*page, *locale)).collect();
        let file = |name: &str, xml: Rope| Rendered { path: UrlPath::new(name).output(), text: xml };
        if own.len() <= MOST {
            return vec![file("sitemap.xml", self.urlset(&own))];
        }
        let mut index = String::from(INDEX);
        let mut files = Vec::new();
        for (number, part) in own.chunks(MOST).enumerate() {
            let name = format!("sitemap-{}.xml", number + 1);
            let _ = writeln!(index, "<sitemap><loc>{}{name}</loc></sitemap>", base.as_str());
            files.push(file(&name, self.urlset(part)));
        }
        index.push_str("</sitemapindex>\n");
        files.push(file("sitemap.xml", index.into()));
        files
    }

    fn urlset(&self, own: &[Entry]) -> Rope {
        let parts: Vec<&[Entry]> = own.chunks(AT_ONCE).collect();
        let entries = threads::map(&parts, threads::ANY, |_, part| self.entries(part));
        [URLSET.to_owned()].into_iter().chain(entries).chain(["</urlset>\n".to_owned()]).collect()
    }

    /// Entries, those of a page beside each other: all of them name the same languages.
    fn entries(&self, own: &[Entry]) -> String {
        let mut entries = String::with_capacity(own.len() * ENTRY);
        for of_page in own.chunk_by(|(one, _), (next, _)| one == next) {
            let alternates = of_page.first().map_or_else(String::new, |own| self.links_to_alternates(*own));
            for (page, locale) in of_page {
                let here = self.model.url(*page, *locale);
                entries.push_str("<url><loc>");
                escape::text(&self.model.public(&here, &here), &mut entries);
                entries.extend(["</loc>", &alternates, "</url>\n"]);
            }
        }
        entries
    }

    fn links_to_alternates(&self, (page, locale): Entry) -> String {
        let mut links = String::new();
        for alternate in self.alternates(page, &self.model.url(page, locale)) {
            let _ = write!(links, "<xhtml:link rel=\"alternate\" hreflang=\"{}\" href=\"", alternate.tag);
            escape::attribute(&alternate.href, &mut links);
            links.push_str("\"/>");
        }
        links
    }
}

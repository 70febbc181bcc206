//! Translators' checks: what a person who reads a translation beside its source would ask about.
//!
//! Everything here compares the two sides of a page that was read, segment by segment, as its readers see them: after the repairs, with
//! included files in place. A check asks only for what is wrong in nearly every case, because a list that is mostly right is read.
//! [`page`] does one page and needs nothing but it; only [`variants`] knows of other pages.

mod inline;
mod number;
mod pair;
mod slip;
mod state;
mod term;
mod typography;
pub(crate) mod variants;
mod words;

use std::sync::Arc;

use super::page::{Page, Version};
use crate::config::SiteConfig;
use crate::diag::{Code, Diagnostic};
use crate::locale::{LocaleId, LocaleSet};
use pair::Pair;
use term::Glossary;
use variants::Variants;

/// What the checks of a site are made with.
pub(crate) struct Checks<'a> {
    locales: &'a LocaleSet,
    /// By locale.
    glossaries: Vec<Glossary<'a>>,
}

/// What came of one page.
#[derive(Debug, Default)]
pub(crate) struct PageChecked {
    /// What is wrong with its translations.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What its sentences are translated with, for the comparison with other pages.
    pub(crate) variants: Variants,
}

impl<'a> Checks<'a> {
    pub(crate) fn new(config: &'a SiteConfig) -> Self {
        let glossaries = config.locales.ids().map(|locale| Glossary::new(&config.glossary, locale)).collect();
        Self { locales: &config.locales, glossaries }
    }

    /// Checks all translations of a page. `found` is what else is known to be wrong with it: nothing is said twice.
    pub(crate) fn page(&self, page: &Page, found: &[Diagnostic]) -> PageChecked {
        let mut checked = PageChecked::default();
        for locale in self.locales.ids() {
            let version = page.versions.get(locale.index()).and_then(Option::as_ref);
            let source = page.original_of(locale, self.locales);
            if let (Some(version), Some(source)) = (version.filter(|version| version.document.target.is_some()), source) {
                self.version(locale, version, source, found, &mut checked);
            }
        }
        checked
    }

    fn version(&self, locale: LocaleId, target: &Version, source: &Version, found: &[Diagnostic], checked: &mut PageChecked) {
        let shown = |origin: &super::markdown::flow::Origin| {
            source.flow.origins.iter().any(|o| Arc::ptr_eq(&o.document, &origin.document))
        };
        // A file that is included twice stands there twice.
        let mut seen: Vec<*const super::unit::Document> = Vec::new();
        for origin in target.flow.origins.iter().filter(|origin| shown(origin)) {
            let document = &origin.document;
            if document.target_locale != Some(locale) || seen.contains(&Arc::as_ptr(document)) {
                continue;
            }
            seen.push(Arc::as_ptr(document));
            let (ours, theirs) = (words::of_segments(&source.flow, document), words::of_segments(&target.flow, document));
            for ((segment, source), target) in document.segments.iter().zip(&ours).zip(&theirs) {
                let Some(range) = &segment.target else { continue };
                let locales = [document.source_locale, locale].map(|id| self.locales.get(id));
                let pair = Pair { document, sides: [segment.source.clone(), range.clone()], source, target, locales };
                self.pair(&pair, locale, found, checked);
            }
        }
    }

    fn pair(&self, pair: &Pair<'_>, locale: LocaleId, found: &[Diagnostic], checked: &mut PageChecked) {
        let out = &mut checked.diagnostics;
        // What is not translated at all is like its source in everything else.
        if state::check(pair, out) {
            return;
        }
        number_differs(pair, out);
        inline::links(pair, out);
        inline::code(pair, out);
        inline::placeholders(pair, out);
        let lost = |d: &Diagnostic| d.code == Code::EmphasisLost && d.span == pair.target_span(pair.sides[1].clone());
        if pair.source.strong.len() != pair.target.strong.len() && !found.iter().any(lost) {
            inline::bold(pair, out);
        }
        self.glossaries[locale.index()].check(pair, out);
        typography::width(pair, out);
        typography::sentence_end(pair, out);
        slip::doubled(pair, out);
        slip::bracket(pair, out);
        checked.variants.add(pair, locale);
    }
}

/// Reports a number that only one side has. Which one is probably the other's counterpart is not guessed, but where each side has one, they are
/// shown together.
fn number_differs(pair: &Pair<'_>, out: &mut Vec<Diagnostic>) {
    let (source, target) = (&pair.source.text, &pair.target.text);
    let [ours, theirs] = [(source, 0), (target, 1)].map(|(text, side)| number::numbers(text, pair.decimal_comma(side)));
    if ours.is_empty() && theirs.is_empty() {
        return;
    }
    let joined = |numbers, text, side, others: &[number::Number]| {
        if pair.decimal_comma(side) { number::with_spaces(numbers, text, others) } else { numbers }
    };
    let theirs = joined(theirs, target, 1, &ours);
    let ours = joined(ours, source, 0, &theirs);
    let missing = ours.iter().find(|n| !number::is_said(n, source, target, &theirs));
    let extra = theirs.iter().find(|n| !number::is_said(n, target, source, &ours));
    let extra = extra.filter(|number| missing.is_some() || !number::is_count(number, target));
    let message = match (missing, extra) {
        (None, None) => return,
        (Some(n), Some(m)) => format!("the source says `{}`, the target `{}`", &source[n.at.clone()], &target[m.at.clone()]),
        (Some(n), None) => format!("the number `{}` of the source is not in the target", &source[n.at.clone()]),
        (None, Some(m)) => format!("the number `{}` is not in the source", &target[m.at.clone()]),
    };
    let at = pair.target_words(extra.map(|number| &number.at));
    let there = pair.source_words(missing.map(|number| &number.at));
    out.push(pair.diagnostic(Code::NumberDiffers, at, message, there, "write the number of the source"));
}

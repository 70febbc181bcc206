//! The same source text, translated in different ways within a docset.

use rustc_hash::{FxHashMap, FxHashSet};
use twox_hash::XxHash3_64;

use super::pair::Pair;
use super::words::OBJECT;
use crate::diag::{Code, Diagnostic, Span};
use crate::locale::LocaleId;
use crate::site::markdown::lex::span;
use crate::site::unit::Half;

/// Source texts with fewer words may well mean different things in different places.
const WORDS: usize = 5;

/// How the sentences of one page, or of many, are translated. Texts are held as hashes: only equality counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variants(Vec<Variant>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Variant {
    locale: LocaleId,
    source: u64,
    /// Whether the target ends as a sentence: a heading may well be worded in another way than a step.
    sentence: bool,
    target: u64,
    at: Span,
    there: Span,
}

impl Variants {
    pub(super) fn add(&mut self, pair: &Pair<'_>, locale: LocaleId) {
        if !is_sentence(&pair.source.text) {
            return;
        }
        let [source, target] = pair.markdown();
        let sentence = target.trim_end().ends_with(['。', '.', '！', '!', '？', '?']);
        let (source, target) = (hash(source), hash(target));
        let there = span(pair.document.side(Half::Source), pair.sides[0].clone());
        self.0.push(Variant { locale, source, sentence, target, at: pair.target_span(pair.sides[1].clone()), there });
    }

    /// Adds those of another page.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Reports each translation that is not the one used most often for its source text; of equally frequent ones, the one that comes first stays.
    pub(crate) fn diagnostics(mut self) -> Vec<Diagnostic> {
        self.0.sort_unstable();
        self.0.dedup();
        let groups = self.0.chunk_by(|a, b| (a.locale, a.source, a.sentence) == (b.locale, b.source, b.sentence));
        groups.flat_map(of_one_source).collect()
    }
}

/// A source text that is translated, as far as translations of it are compared.
pub(crate) type Translated = (LocaleId, u64, bool);

/// How the sentences of pages are translated that change: after a change, only the source texts that it touches are compared again.
#[derive(Default)]
pub(crate) struct Varied {
    /// By source text, the page by number and how it translates it.
    known: FxHashMap<Translated, Vec<(u32, Variant)>>,
    reports: FxHashMap<Translated, Vec<Diagnostic>>,
    /// What is to be compared again.
    touched: FxHashSet<Translated>,
}

impl Varied {
    /// Puts what a page has now in the place of what it had (`before`). Gives what is to be handed in the next time.
    pub(crate) fn put(&mut self, page: u32, before: &[Translated], now: Variants) -> Vec<Translated> {
        for source in before {
            if let Some(known) = self.known.get_mut(source) {
                known.retain(|(of, _)| *of != page);
            }
        }
        let mut sources: Vec<Translated> = now.0.iter().map(|v| (v.locale, v.source, v.sentence)).collect();
        for (source, variant) in sources.iter().zip(now.0) {
            self.known.entry(*source).or_default().push((page, variant));
        }
        sources.sort_unstable();
        sources.dedup();
        self.touched.extend(before.iter().chain(&sources));
        sources
    }

    /// Compares what has changed. Says whether something else is to be reported.
    pub(crate) fn compare(&mut self) -> bool {
        let touched = std::mem::take(&mut self.touched);
        // All of them, and not only up to the first that differs.
        touched.iter().filter(|source| self.compare_one(source)).count() > 0
    }

    fn compare_one(&mut self, source: &Translated) -> bool {
        let known = self.known.get(source).map(Vec::as_slice).unwrap_or_default();
        let mut all: Vec<Variant> = known.iter().map(|(_, variant)| variant.clone()).collect();
        if all.is_empty() {
            self.known.remove(source);
        }
        all.sort_unstable();
        all.dedup();
        let now = of_one_source(&all);
        let before = if now.is_empty() { self.reports.remove(source) } else { self.reports.insert(*source, now.clone()) };
        before.unwrap_or_default() != now
    }

    /// What is to be reported, in no order.
    pub(crate) fn reports(&self) -> impl Iterator<Item = &Diagnostic> {
        self.reports.values().flatten()
    }
}

fn of_one_source(all: &[Variant]) -> Vec<Diagnostic> {
    let mut counts: FxHashMap<u64, usize> = FxHashMap::default();
    all.iter().for_each(|variant| *counts.entry(variant.target).or_default() += 1);
    if counts.len() < 2 {
        return Vec::new();
    }
    let usual = all.iter().min_by_key(|variant| (std::cmp::Reverse(counts[&variant.target]), &variant.at));
    let Some(usual) = usual else { return Vec::new() };
    // One report for each other wording, at its first place.
    let mut first: FxHashMap<u64, &Variant> = FxHashMap::default();
    for variant in all.iter().filter(|variant| variant.target != usual.target) {
        let earlier = first.entry(variant.target).or_insert(variant);
        if variant.at < earlier.at {
            *earlier = variant;
        }
    }
    first.values().map(|variant| report(variant, usual, counts[&variant.target], counts[&usual.target])).collect()
}

fn report(variant: &Variant, usual: &Variant, times: usize, more: usize) -> Diagnostic {
    let message = format!("this source text is translated in another way elsewhere ({more} times; in this way {times})");
    Diagnostic::new(Code::TranslationVaries, variant.at.clone(), message)
        .help("translate it in one way, or allow it here if the meaning differs")
        .related(variant.there.clone(), "the source")
        .related(usual.at.clone(), "the other translation")
}

/// Whether a text is long enough to have one meaning.
fn is_sentence(text: &str) -> bool {
    let words = text.split(|c: char| c.is_whitespace() || c == OBJECT).filter(|word| word.contains(char::is_alphabetic));
    words.take(WORDS).count() == WORDS || text.chars().filter(|c| super::typography::is_cjk(*c)).take(16).count() == 16
}

/// A hash of a text's letters and digits: white space, punctuation and markup make no other wording.
fn hash(text: &str) -> u64 {
    let mut letters = String::with_capacity(text.len());
    letters.extend(text.chars().filter(|c| !is_set_apart(*c)).map(|c| c.to_ascii_lowercase()));
    XxHash3_64::oneshot(letters.as_bytes())
}

/// ASCII that is no letter and no digit, and the blocks of general, CJK and full-width punctuation. Told by range, since every character of a
/// docset is asked for.
fn is_set_apart(c: char) -> bool {
    match c {
        '\0'..='\x7f' => !c.is_ascii_alphanumeric(),
        '\u{80}'..='\u{BF}' | '\u{2000}'..='\u{206F}' | '\u{3000}'..='\u{303F}' | '\u{30FB}' => true,
        '\u{FF01}'..='\u{FF0F}' | '\u{FF1A}'..='\u{FF20}' | '\u{FF3B}'..='\u{FF40}' | '\u{FF5B}'..='\u{FF65}' => true,
        _ => false,
    }
}

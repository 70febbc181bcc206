//! Locales: BCP 47 language tags, and the ordered set of them that a site speaks.

mod languages;

use std::fmt;
use std::sync::Arc;

/// A BCP 47 language tag in canonical case (RFC 5646 §2.1.1): `ja`, `en-US`, `zh-Hans-CN`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locale(Arc<str>);

/// A tag that is not well-formed by RFC 5646 §2.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLocale(pub String);

impl fmt::Display for BadLocale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a language tag such as `ja` or `en-US`", self.0)
    }
}

impl std::error::Error for BadLocale {}

impl Locale {
    /// Parses a tag, in any case, with `-` or `_` between its parts.
    ///
    /// # Errors
    /// The tag has an empty part, a part over eight characters, or a language that is not two to eight letters.
    pub fn parse(tag: &str) -> Result<Self, BadLocale> {
        let bad = || BadLocale(tag.to_owned());
        let mut canonical = String::with_capacity(tag.len());
        for (index, part) in tag.split(['-', '_']).enumerate() {
            let letters = part.bytes().all(|b| b.is_ascii_alphabetic());
            let sound = (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
            if !sound || (index == 0 && !(letters && part.len() >= 2)) {
                return Err(bad());
            }
            if index > 0 {
                canonical.push('-');
            }
            canonical.push_str(&canonical_case(part, index, letters));
        }
        Ok(Self(canonical.into()))
    }

    /// The whole tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The primary language subtag: `ja` of `ja-JP`.
    pub fn language(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }

    /// Whether a part between the slashes of an address may name a language: `ja`, `en-us`, `zh-hans`.
    pub fn is_part_of_address(part: &str) -> bool {
        let (language, region) = part.split_once('-').unwrap_or((part, ""));
        language.len() == 2 && matches!(region.len(), 0 | 2 | 4) && Self::parse(part).is_ok()
    }

    /// Whether text of this locale is set without spaces between words, in han and kana.
    ///
    /// Such text takes no space from a line break (CSS Text 3 §4.1.3); Korean, which spaces its words, does.
    pub fn is_cjk(&self) -> bool {
        matches!(self.language(), "ja" | "zh" | "yue")
    }

    /// `rtl` for scripts written from right to left, else `ltr`: the value of HTML's `dir`.
    pub fn direction(&self) -> &'static str {
        if matches!(self.language(), "ar" | "he" | "fa" | "ur" | "ps" | "sd" | "ug" | "yi" | "dv") { "rtl" } else { "ltr" }
    }
}

fn canonical_case(part: &str, index: usize, letters: bool) -> String {
    let lower = part.to_ascii_lowercase();
    match (index, part.len(), letters) {
        (0, ..) => lower,
        (_, 2, true) => lower.to_ascii_uppercase(),
        (_, 4, true) => lower[..1].to_ascii_uppercase() + &lower[1..],
        _ => lower,
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Locale({})", self.0)
    }
}

/// The place of a locale in its site's [`LocaleSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocaleId(pub u8);

impl LocaleId {
    /// The place as an index.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The locales of a site, the default first; exactly one is the source locale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocaleSet {
    all: Vec<Locale>,
    source: LocaleId,
}

impl LocaleSet {
    /// A set from the locales in the order the site names them. The source locale is added last if it is not among them.
    pub fn new(locales: Vec<Locale>, source: Locale) -> Self {
        let mut all: Vec<Locale> = Vec::new();
        for locale in locales.into_iter().chain([source.clone()]) {
            if !all.contains(&locale) {
                all.push(locale);
            }
        }
        all.truncate(usize::from(u8::MAX));
        let at = all.iter().position(|l| *l == source).unwrap_or(0);
        Self { all, source: LocaleId(u8::try_from(at).unwrap_or(0)) }
    }

    /// The locale that content is translated from.
    pub fn source(&self) -> LocaleId {
        self.source
    }

    /// The locale shown to a reader who has chosen none.
    pub fn default_id(&self) -> LocaleId {
        LocaleId(0)
    }

    /// All places, in the site's order.
    pub fn ids(&self) -> impl Iterator<Item = LocaleId> + use<> {
        (0..u8::try_from(self.all.len()).unwrap_or(u8::MAX)).map(LocaleId)
    }

    /// All places but the source locale's.
    pub fn targets(&self) -> impl Iterator<Item = LocaleId> + use<> {
        let source = self.source;
        self.ids().filter(move |id| *id != source)
    }

    /// The locale at a place.
    pub fn get(&self, id: LocaleId) -> &Locale {
        &self.all[id.index()]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// A set is never empty: it holds at least its source locale.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The place of a tag: itself, else a locale of the set that is a prefix of it (`ja` for `ja-JP`), else the only one
    /// that it is a prefix of (`ja-JP` for `ja`): the look-up of RFC 4647 §3.4, in both directions.
    pub fn find(&self, tag: &str) -> Option<LocaleId> {
        let wanted = Locale::parse(tag).ok()?;
        let exact = self.ids().find(|id| *self.get(*id) == wanted);
        let shorter = || self.ids().filter(|id| has_prefix(&wanted, self.get(*id))).max_by_key(|id| self.get(*id).0.len());
        let longer = || {
            let mut found = self.ids().filter(|id| has_prefix(self.get(*id), &wanted));
            found.next().filter(|_| found.next().is_none())
        };
        exact.or_else(shorter).or_else(longer)
    }
}

fn has_prefix(tag: &Locale, prefix: &Locale) -> bool {
    tag.0.strip_prefix(&*prefix.0).is_some_and(|rest| rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(tags: &[&str], source: &str) -> LocaleSet {
        LocaleSet::new(tags.iter().map(|t| Locale::parse(t).unwrap()).collect(), Locale::parse(source).unwrap())
    }

    #[test]
    fn tags_take_their_canonical_case() {
        for (given, canonical) in [("JA-jp", "ja-JP"), ("zh_hans_cn", "zh-Hans-CN"), ("de", "de"), ("es-419", "es-419")] {
            assert_eq!(Locale::parse(given).unwrap().as_str(), canonical);
        }
        for bad in ["", "j", "日本", "en--US", "en-toolongpart", "1a"] {
            assert!(Locale::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_longer_or_shorter_tag_finds_its_locale() {
        let set = set(&["ja", "en", "zh-Hans"], "en");
        assert_eq!(set.find("ja-JP"), Some(LocaleId(0)));
        assert_eq!(set.find("EN_us"), Some(LocaleId(1)));
        assert_eq!(set.find("zh"), Some(LocaleId(2)));
        assert_eq!(set.find("de"), None);
    }

    #[test]
    fn the_source_locale_is_always_in_the_set() {
        let set = set(&["ja"], "en");
        assert_eq!(set.len(), 2);
        assert_eq!(set.targets().collect::<Vec<_>>(), [LocaleId(0)]);
    }
}

//! The locales of a site, named or discovered, and texts in them.

use super::{ConfigError, ConfigErrorKind, File, Given, Locale, LocaleMap, LocaleSet, RawSite, RawTexts};
use crate::config::setting::By;
use crate::locale::LocaleId;
use crate::ordered;
use crate::ordered::{Map, Set};

/// The most locales a site can have.
const MOST: usize = 64;

/// The source locale unless one is named.
pub(super) fn default_source() -> Locale {
    Locale::parse("en").unwrap_or_else(|_| unreachable!("`en` is a language tag"))
}

/// The locales of a site, and the whole tags that its files name for those that are shorter.
pub(super) type Found = (LocaleSet, Map<LocaleId, Locale>);

/// The locales that the file names, else those discovered.
pub(super) fn of_file(file: &File<'_>, raw: &RawSite, discover: impl FnOnce() -> Vec<String>) -> Result<Found, ConfigError> {
    let parse = |key: &str, given: &Given<String>| file.parse(key, given, |tag| locale(tag));
    let source = raw.source_locale.as_ref().map_or_else(|| Ok(default_source()), |given| parse("source_locale", given))?;
    let Some(named) = &raw.locales else { return Ok(discovered(&discover(), source)) };
    if named.value.is_empty() || named.value.len() > MOST {
        let message = format!("`locales` must name between 1 and {MOST} locales");
        return Err(file.error(&named.by, ConfigErrorKind::Value, message, "the first is the default"));
    }
    let mut locales = Vec::new();
    for given in &named.value {
        let locale = parse("locales", given)?;
        if locales.contains(&locale) {
            return Err(file.error(&given.by, ConfigErrorKind::Value, format!("`locales` names `{locale}` twice"), "remove one"));
        }
        locales.push(locale);
    }
    match among(&locales, &source) {
        Some(source) => Ok((LocaleSet::new(locales, source), Map::new())),
        None => Err(no_source(file, raw, &named.by, &source)),
    }
}

/// The locale named that the source's tag means: itself, else the only one that is longer or shorter (`en-US` for `en`).
fn among(locales: &[Locale], source: &Locale) -> Option<Locale> {
    let named = LocaleSet::new(locales.to_vec(), locales.first()?.clone());
    named.find(source.as_str()).map(|id| named.get(id).clone())
}

fn no_source(file: &File<'_>, raw: &RawSite, locales: &By, source: &Locale) -> ConfigError {
    let by = raw.source_locale.as_ref().map_or(locales, |given| &given.by);
    let default = if raw.source_locale.is_some() { "" } else { ", which is what it is unless it is set" };
    let message = format!("`source_locale` is `{source}`{default}, and `locales` does not name it");
    let help = format!("add `{source}` to `locales`, or set `source_locale` to the one of them that is translated from");
    file.error(by, ConfigErrorKind::Value, message, help)
}

fn locale(tag: &str) -> Result<Locale, String> {
    Locale::parse(tag).map_err(|_| format!("must be a language tag such as `ja` or `en-US`, not `{tag}`"))
}

/// The set that tags found in a docset make: each shortened while it stays unambiguous, in alphabetical order, the source
/// last. A tag of the source's own language is the source.
pub(super) fn discovered(tags: &[String], source: Locale) -> Found {
    let found = ordered::set(tags.iter().filter_map(|tag| Locale::parse(tag).ok()));
    let kin = |locale: &Locale| same_line(locale, &source);
    let targets = ordered::set(found.iter().filter(|tag| !kin(tag)).map(|tag| shortened(tag, &found)));
    let locales = LocaleSet::new(targets.into_iter().filter(|locale| !kin(locale)).take(MOST).collect(), source);
    let whole = ordered::map(locales.ids().filter_map(|id| Some((id, whole(locales.get(id), &found)?))));
    (locales, whole)
}

/// The tag with a region that the files name for a locale: of several the usual one, else the first.
fn whole(locale: &Locale, found: &Set<Locale>) -> Option<Locale> {
    let named = || found.iter().filter(|tag| tag.has_region() && extends(tag.as_str(), locale.as_str()));
    let usual = |tag: &&Locale| locale.usual_region().is_some_and(|usual| tag.as_str().eq_ignore_ascii_case(usual));
    named().find(usual).or_else(|| named().next()).cloned()
}

/// The shortest beginning of a tag that no other tag found continues, and that readers take to be in the same script: `zh` means simplified
/// characters, so `zh-TW` stays whole.
fn shortened(tag: &Locale, found: &Set<Locale>) -> Locale {
    let cuts = tag.as_str().match_indices('-').map(|(at, _)| &tag.as_str()[..at]).filter(|short| short.len() > 1);
    let alone = |short: &Locale| !found.iter().any(|other| continues(other.as_str(), short.as_str()) && !same_line(other, tag));
    let mut shorter = cuts.filter_map(|short| Locale::parse(short).ok());
    shorter.find(|short| short.script() == tag.script() && alone(short)).unwrap_or_else(|| tag.clone())
}

fn same_line(a: &Locale, b: &Locale) -> bool {
    extends(a.as_str(), b.as_str()) || extends(b.as_str(), a.as_str())
}

/// Whether `tag` is `short` or goes on with further subtags.
fn extends(tag: &str, short: &str) -> bool {
    tag == short || continues(tag, short)
}

fn continues(tag: &str, short: &str) -> bool {
    tag.strip_prefix(short).is_some_and(|rest| rest.starts_with('-'))
}

/// One text for every locale.
pub(super) fn everywhere(locales: &LocaleSet, text: &str) -> LocaleMap {
    LocaleMap { texts: ordered::map(locales.ids().map(|id| (id, text.to_owned()))), fallback: locales.source() }
}

/// Texts in the site's locales.
pub(super) fn texts(file: &File<'_>, key: &str, given: &Given<RawTexts>, locales: &LocaleSet) -> Result<LocaleMap, ConfigError> {
    let by_tag = match &given.value {
        RawTexts::One(text) => return Ok(everywhere(locales, text)),
        RawTexts::ByLocale(by_tag) => by_tag,
    };
    let mut texts = Map::new();
    for (tag, text) in by_tag.iter().filter(|(_, text)| !text.trim().is_empty()) {
        let id = locales.find(tag).ok_or_else(|| stranger(file, key, given, tag, locales))?;
        texts.insert(id, text.clone());
    }
    Ok(LocaleMap { texts, fallback: locales.source() })
}

fn stranger(file: &File<'_>, key: &str, given: &Given<RawTexts>, tag: &str, locales: &LocaleSet) -> ConfigError {
    let known: Vec<String> = locales.ids().map(|id| format!("`{}`", locales.get(id))).collect();
    let message = format!("`{key}` has a text for `{tag}`, which is no locale of the site");
    file.error(&given.by, ConfigErrorKind::Value, message, format!("the site's locales are {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(tags: &[&str]) -> String {
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let (set, _) = discovered(&tags, default_source());
        set.ids().map(|id| set.get(id).to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn discovered_tags_are_shortened_while_unambiguous_and_the_source_is_last() {
        assert_eq!(found(&["ja-JP"]), "ja en");
        assert_eq!(found(&["en-US", "ja-jp", "ja"]), "ja en");
        assert_eq!(found(&["zh-CN", "zh-TW", "de-DE"]), "de zh-CN zh-TW en");
        assert_eq!(found(&["zh-Hans-CN", "zh-Hant"]), "zh-Hans zh-Hant en");
        assert_eq!(found(&["zh-CN", "pt-BR", "he-IL"]), "he pt zh en");
        assert_eq!(found(&["en-US", "en-GB"]), "en");
        assert_eq!(found(&["", "not a tag", "日本"]), "en");
    }

    #[test]
    fn a_tag_keeps_what_its_script_depends_on() {
        for tag in ["zh-TW", "zh-HK", "zh-MO", "zh-Hant"] {
            assert_eq!(found(&[tag]), format!("{tag} en"));
        }
        assert_eq!(found(&["zh-Hant-TW", "sr-Latn-RS"]), "sr-Latn zh-Hant en");
        assert_eq!(found(&["bs-Latn-BA", "sr-RS"]), "bs sr en");
    }

    #[test]
    fn the_whole_tag_of_a_shorter_locale_is_kept() {
        let whole = |tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            let (_, whole) = discovered(&tags, default_source());
            whole.values().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(whole(&["pt-br", "he-IL", "zh-TW"]), "he-IL pt-BR zh-TW");
        assert_eq!(whole(&["en-GB", "en-US", "ja"]), "en-US", "of several the usual one");
        assert_eq!(whole(&["en-GB", "ja"]), "en-GB");
    }
}

//! What is known of languages by their tags: their own names, where they are mostly read, and the script that they are written in.

use super::Locale;

/// The languages that docsets come in: tag, the usual tag with a region as addresses have it, own name. Where a language is written in several
/// scripts, each is one. Sources: the languages of learn.microsoft.com; CLDR for names.
const LANGUAGES: [(&str, &str, &str); 68] = [
    ("ar", "ar-sa", "العربية"),
    ("az", "az-latn-az", "Azərbaycan"),
    ("bg", "bg-bg", "Български"),
    ("bs", "bs-latn-ba", "Bosanski"),
    ("ca", "ca-es", "Català"),
    ("cs", "cs-cz", "Čeština"),
    ("cy", "cy-gb", "Cymraeg"),
    ("da", "da-dk", "Dansk"),
    ("de", "de-de", "Deutsch"),
    ("el", "el-gr", "Ελληνικά"),
    ("en", "en-us", "English"),
    ("es", "es-es", "Español"),
    ("et", "et-ee", "Eesti"),
    ("eu", "eu-es", "Euskara"),
    ("fa", "fa-ir", "فارسی"),
    ("fi", "fi-fi", "Suomi"),
    ("fil", "fil-ph", "Filipino"),
    ("fr", "fr-fr", "Français"),
    ("ga", "ga-ie", "Gaeilge"),
    ("gl", "gl-es", "Galego"),
    ("he", "he-il", "עברית"),
    ("hi", "hi-in", "हिन्दी"),
    ("hr", "hr-hr", "Hrvatski"),
    ("hu", "hu-hu", "Magyar"),
    ("hy", "hy-am", "Հայերեն"),
    ("id", "id-id", "Indonesia"),
    ("is", "is-is", "Íslenska"),
    ("it", "it-it", "Italiano"),
    ("ja", "ja-jp", "日本語"),
    ("ka", "ka-ge", "ქართული"),
    ("kk", "kk-kz", "Қазақ тілі"),
    ("ko", "ko-kr", "한국어"),
    ("lb", "lb-lu", "Lëtzebuergesch"),
    ("lt", "lt-lt", "Lietuvių"),
    ("lv", "lv-lv", "Latviešu"),
    ("mk", "mk-mk", "Македонски"),
    ("ms", "ms-my", "Melayu"),
    ("mt", "mt-mt", "Malti"),
    ("nb", "nb-no", "Norsk bokmål"),
    ("nl", "nl-nl", "Nederlands"),
    ("nn", "nn-no", "Norsk nynorsk"),
    ("no", "nb-no", "Norsk"),
    ("pl", "pl-pl", "Polski"),
    ("pt", "pt-br", "Português"),
    ("pt-br", "pt-br", "Português (Brasil)"),
    ("pt-pt", "pt-pt", "Português (Portugal)"),
    ("ro", "ro-ro", "Română"),
    ("ru", "ru-ru", "Русский"),
    ("sk", "sk-sk", "Slovenčina"),
    ("sl", "sl-si", "Slovenščina"),
    ("sq", "sq-al", "Shqip"),
    ("sr", "sr-latn-rs", "Српски"),
    ("sr-latn", "sr-latn-rs", "Srpski (latinica)"),
    ("sv", "sv-se", "Svenska"),
    ("ta", "ta-in", "தமிழ்"),
    ("th", "th-th", "ไทย"),
    ("tr", "tr-tr", "Türkçe"),
    ("uk", "uk-ua", "Українська"),
    ("ur", "ur-pk", "اردو"),
    ("uz", "uz-latn-uz", "Oʻzbek"),
    ("vi", "vi-vn", "Tiếng Việt"),
    ("yue", "zh-hk", "粵語"),
    ("zh", "zh-cn", "简体中文"),
    ("zh-cn", "zh-cn", "简体中文"),
    ("zh-hant", "zh-tw", "繁體中文"),
    ("zh-hk", "zh-hk", "繁體中文（香港）"),
    ("zh-mo", "zh-mo", "繁體中文（澳門）"),
    ("zh-tw", "zh-tw", "繁體中文"),
];

/// The script of a tag that names none, where a language has several: of the language, and of those of its regions that write otherwise.
/// Source: CLDR, likely subtags.
const SCRIPTS: [(&str, &str); 16] = [
    ("az", "Latn"),
    ("az-IR", "Arab"),
    ("bs", "Latn"),
    ("kk", "Cyrl"),
    ("kk-CN", "Arab"),
    ("mn", "Cyrl"),
    ("pa", "Guru"),
    ("pa-PK", "Arab"),
    ("sr", "Cyrl"),
    ("sr-ME", "Latn"),
    ("uz", "Latn"),
    ("uz-AF", "Arab"),
    ("zh", "Hans"),
    ("zh-HK", "Hant"),
    ("zh-MO", "Hant"),
    ("zh-TW", "Hant"),
];

impl Locale {
    /// What the language calls itself, if that is known.
    pub fn own_name(&self) -> Option<&'static str> {
        self.known().map(|(.., name)| *name)
    }

    /// The tag with the region where the language is mostly read, in lower case, as web addresses have it, if that is known.
    pub fn usual_region(&self) -> Option<&'static str> {
        self.known().map(|(_, usual, _)| *usual)
    }

    /// Whether the tag names a region.
    pub fn has_region(&self) -> bool {
        self.region().is_some()
    }

    /// The script that the tag names or that its readers take for granted; `None` where neither is known.
    pub fn script(&self) -> Option<&str> {
        let known = |tag: &str| SCRIPTS.iter().find(|(one, _)| *one == tag).map(|(_, script)| *script);
        let named = self.0.split('-').skip(1).find(|part| part.len() == 4 && part.bytes().all(|b| b.is_ascii_alphabetic()));
        let of_region = || known(&format!("{}-{}", self.language(), self.region()?));
        named.or_else(of_region).or_else(|| known(self.language()))
    }

    fn region(&self) -> Option<&str> {
        let is_region = |part: &&str| part.len() == 2 || (part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit()));
        self.0.split('-').skip(1).take_while(|part| part.len() > 1).find(is_region)
    }

    /// What is known of the longest beginning of the tag.
    fn known(&self) -> Option<&'static (&'static str, &'static str, &'static str)> {
        let tag = self.0.to_ascii_lowercase();
        let begins = |known: &str| tag.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        LANGUAGES.iter().filter(|(known, ..)| begins(known)).max_by_key(|(known, ..)| known.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locale(tag: &str) -> Locale {
        Locale::parse(tag).unwrap()
    }

    #[test]
    fn a_language_calls_itself_by_its_own_name() {
        for (tag, name) in [
            ("fr", "Français"),
            ("fr-CA", "Français"),
            ("pt-BR", "Português (Brasil)"),
            ("zh-Hant-TW", "繁體中文"),
            ("zh-TW", "繁體中文"),
            ("zh-Hans-CN", "简体中文"),
            ("sr-Latn-RS", "Srpski (latinica)"),
        ] {
            assert_eq!(locale(tag).own_name(), Some(name), "{tag}");
        }
        assert_eq!(locale("tlh").own_name(), None);
    }

    #[test]
    fn the_usual_region_of_a_language_is_never_made_up() {
        for (tag, region) in [("he", "he-il"), ("nb", "nb-no"), ("sr-Latn", "sr-latn-rs"), ("uk", "uk-ua"), ("zh-Hant", "zh-tw")]
        {
            assert_eq!(locale(tag).usual_region(), Some(region), "{tag}");
        }
        assert_eq!(locale("eo").usual_region(), None);
    }

    #[test]
    fn the_script_is_the_one_that_readers_take_for_granted() {
        for (tag, script) in [
            ("zh", Some("Hans")),
            ("zh-CN", Some("Hans")),
            ("zh-HK", Some("Hant")),
            ("zh-Hans-HK", Some("Hans")),
            ("sr-Latn-RS", Some("Latn")),
            ("sr-RS", Some("Cyrl")),
            ("fr-CA", None),
        ] {
            assert_eq!(locale(tag).script(), script, "{tag}");
        }
        assert!(locale("es-419").has_region() && !locale("zh-Hant").has_region() && !locale("ja").has_region());
    }
}

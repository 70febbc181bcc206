//! Words whose letters come from scripts that do not go together, as look-alikes do: `pаypal` with a Cyrillic `а`.
//!
//! The rule is the level "highly restrictive" of UTS #39 §5.2: letters of one script, or Latin with those of Japanese, Chinese or
//! Korean. Nothing is refused for it; the desk is told.

use unicode_script::{Script, ScriptExtension, UnicodeScript};

/// What may stand beside Latin (UTS #39 §5.1 and §5.2: Jpan, Hanb, Kore).
const TOGETHER: [&[Script]; 3] = [
    &[Script::Latin, Script::Han, Script::Hiragana, Script::Katakana],
    &[Script::Latin, Script::Han, Script::Bopomofo],
    &[Script::Latin, Script::Han, Script::Hangul],
];

/// A word of letters that do not go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mixed {
    /// The word.
    pub(super) word: String,
    /// The letters in it that are not of its main script, each once.
    pub(super) odd: Vec<char>,
}

/// The mixed words of a line. Japanese letters end a word, for `β版` and `АБВ社` are words beside each other, and look like nothing else.
pub(super) fn in_line(text: &str) -> Vec<Mixed> {
    text.split(|c: char| is_japanese(c) || !is_part(c)).filter_map(mixed).collect()
}

/// The mixed labels of a domain, or parts of an address.
pub(super) fn in_address(text: &str) -> Vec<Mixed> {
    text.split(['@', '.']).filter_map(mixed).collect()
}

/// What is not seen inside a word does not end it: a soft hyphen, joiners, and spaces without width.
fn is_part(c: char) -> bool {
    let unseen = matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}');
    c.is_alphanumeric() || unseen || unicode_normalization::char::is_combining_mark(c)
}

fn is_japanese(c: char) -> bool {
    match c {
        // Most that is typed, without a look into the tables.
        '\0'..='\x7F' => false,
        '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | '\u{4E00}'..='\u{9FFF}' => true,
        c => is_listed_as_japanese(c),
    }
}

fn is_listed_as_japanese(c: char) -> bool {
    let scripts = c.script_extension();
    is_telling(c) && [Script::Han, Script::Hiragana, Script::Katakana].iter().any(|script| scripts.contains_script(*script))
}

/// Whether a character belongs to some scripts and not to others. μ and Ω do not tell: Japanese keyboards give the letters where the signs
/// of the units are meant (`500μs`, `10kΩ`), and they look like no letter of Latin.
fn is_telling(c: char) -> bool {
    let scripts = c.script_extension();
    let any = scripts.is_common() || scripts.is_inherited() || scripts.is_empty();
    !any && !matches!(c, 'μ' | 'Ω')
}

fn mixed(word: &str) -> Option<Mixed> {
    if word.is_ascii() {
        return None;
    }
    let letters = || word.chars().filter(|c| is_telling(*c));
    let common = letters().fold(ScriptExtension::default(), |all, c| all.intersection(c.script_extension()));
    let within =
        |scripts: &&[Script]| letters().all(|c| scripts.iter().any(|script| c.script_extension().contains_script(*script)));
    if !common.is_empty() || TOGETHER.iter().any(within) {
        return None;
    }
    // Who reads Latin takes the others for Latin. Without it, the first letter sets the script.
    let latin = letters().any(|c| c.script() == Script::Latin);
    let main = if latin { Script::Latin } else { letters().next()?.script() };
    let mut odd: Vec<char> = letters().filter(|c| !c.script_extension().contains_script(main) && !is_japanese(*c)).collect();
    odd.sort_unstable();
    odd.dedup();
    Some(Mixed { word: word.to_owned(), odd })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd(found: &[Mixed]) -> Vec<(&str, String)> {
        found.iter().map(|mixed| (mixed.word.as_str(), mixed.odd.iter().collect())).collect()
    }

    #[test]
    fn a_word_of_look_alikes_is_found_with_its_letters() {
        for (line, word, letters) in [
            ("Sign in at pаypal now", "pаypal", "а"),
            ("Μicrosoft", "Μicrosoft", "Μ"),
            ("東京Тest環境", "Тest", "Т"),
            ("аррӏе-Αpple", "Αpple", "Α"),
            ("Аαб", "Аαб", "α"),
            ("Ꭺdmin", "Ꭺdmin", "Ꭺ"),
            ("p\u{200B}а\u{AD}ypal", "p\u{200B}а\u{AD}ypal", "а"),
        ] {
            assert_eq!(odd(&in_line(line)), [(word, letters.to_owned())], "{line}");
        }
    }

    #[test]
    fn what_is_known_without_the_tables_is_what_they_say() {
        for c in '\0'..=char::MAX {
            assert_eq!(is_japanese(c), is_listed_as_japanese(c), "{c} U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn what_people_write_is_not() {
        for line in [
            "",
            "仮想マシンVM01が起動しません",
            "顧客㈱ABCのAzure環境（東日本）① Ⅲ ﾊﾟｿｺﾝ ＶＭ",
            "β版のα1テスト、500μs、10kΩ、25℃、Å",
            "Иванов Иван (Contoso)",
            "АБВ社のcontoso",
            "LG전자 Azure 오류",
            "微軟Azure ㄅㄆㄇ",
            "Müller naïve façade Łódź Straße",
            "か\u{3099}っこう Ἀθῆναι e\u{301}",
            "O365 👩‍👩‍👧 100% #1",
        ] {
            assert_eq!(in_line(line), [], "{line}");
        }
    }

    #[test]
    fn a_label_of_an_address_is_one_word() {
        assert_eq!(odd(&in_address("taro@exаmple.jp")), [("exаmple", "а".to_owned())]);
        assert_eq!(odd(&in_address("tаro@my-сontoso.example")), [("tаro", "а".to_owned()), ("my-сontoso", "с".to_owned())]);
        assert_eq!(odd(&in_address("日本а.example")), [("日本а", "а".to_owned())]);
        for sound in
            ["taro@example.co.jp", "窓口@日本-contoso.jp", "иван@пример.com", "a+b_c@例え.テスト", "contoso.onmschina.cn"]
        {
            assert_eq!(in_address(sound), [], "{sound}");
        }
    }
}

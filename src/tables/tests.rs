//! What is read, and what is complained of, is what serde makes of the same text.

use super::*;

table! {
    #[derive(Debug, PartialEq)]
    struct Whole {
        name: String,
        kind = "type": Option<Spanned<String>>,
        most: Option<u32>,
        on: bool,
        parts: Vec<Part>,
        named: BTreeMap<Spanned<String>, Part>,
    }
}

table! {
    #[derive(Debug, PartialEq)]
    struct Part {
        texts: Vec<String>,
    }
}

mod derived {
    use super::{BTreeMap, Spanned};

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Whole {
        pub(super) name: String,
        #[serde(rename = "type")]
        pub(super) kind: Option<Spanned<String>>,
        most: Option<u32>,
        #[serde(default)]
        on: bool,
        #[serde(default)]
        parts: Vec<Part>,
        #[serde(default)]
        pub(super) named: BTreeMap<Spanned<String>, Part>,
    }

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields, default)]
    pub(super) struct Part {
        texts: Vec<String>,
    }
}

fn theirs(text: &str) -> Result<derived::Whole, toml::de::Error> {
    toml::from_str(text)
}

#[test]
fn a_table_is_read_as_serde_reads_it() {
    let all =
        "name = 'a'\ntype = 'b'\nmost = 0x10\non = true\n[[parts]]\ntexts = ['c', \"d\"]\n[[parts]]\n[named.e]\n[named.f]\n";
    for text in ["name = 'a'", all] {
        let (ours, theirs) = (parse::<Whole>(text).unwrap(), theirs(text).unwrap());
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
        let span = |kind: &Option<Spanned<String>>| kind.as_ref().map(Spanned::span);
        assert_eq!(span(&ours.kind), span(&theirs.kind));
        assert!(ours.named.keys().map(Spanned::span).eq(theirs.named.keys().map(Spanned::span)));
    }
}

#[test]
fn complaints_are_those_of_serde_at_the_same_place() {
    for text in [
        "name = ",
        "name = 'a'\nname = 'b'",
        "",
        "on = true",
        "name = 3",
        "name = -3.5",
        "name = 1979-05-27",
        "name = []",
        "name = {}",
        "name = 'a'\non = 'yes'",
        "name = 'a'\nmost = -1",
        "name = 'a'\nmost = 4294967296",
        "name = 'a'\nmost = 1.0",
        "name = 'a'\nparts = true",
        "name = 'a'\nparts = [3]",
        "name = 'a'\nnamed = 'b'",
        "name = 'a'\n[named.b]\ntexts = ['c', 5]",
        "name = 'a'\n[[parts]]\ntexts = 'c'",
    ] {
        let (ours, theirs) = (parse::<Whole>(text).unwrap_err(), theirs(text).unwrap_err());
        let (What::Message(message) | What::Type(message)) = ours.what else { panic!("{text}") };
        assert_eq!((message.as_str(), ours.at), (theirs.message().lines().next().unwrap(), theirs.span()), "{text}");
    }
}

#[test]
fn a_key_that_is_not_known_is_told_with_those_that_are() {
    for (text, key, known) in [
        ("nmae = 'a'", "nmae", &["name", "type", "most", "on", "parts", "named"][..]),
        ("[[parts]]\n[[parts]]\ntext = 'a'", "text", &["texts"]),
    ] {
        let found = parse::<Whole>(text).unwrap_err();
        assert_eq!(found.what, What::Unknown(key.to_owned(), known));
        assert_eq!(found.at, theirs(text).unwrap_err().span());
    }
}

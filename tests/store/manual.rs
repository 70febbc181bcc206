//! Commands of the manual's page on the store, as they stand there.

/// The commands that stand in the manual under this mark.
pub(crate) fn of_the_manual(mark: &str) -> String {
    let page = |name: &str| {
        let file = format!("{}/content/manual/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(file).unwrap();
        let block = text.split(&format!("<!-- tested: {mark} -->\n```console\n")).nth(1).expect("the manual has the commands");
        block.split("```").next().unwrap().to_owned()
    };
    let english = page("store.md");
    assert_eq!(english, page("store.ja.md"), "both languages have the same commands");
    english
}

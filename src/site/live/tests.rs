use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use super::{Answer, Changes, Configure, Live};
use crate::config::{Environment, load};

/// A site of forty pages, of which the first names one, and the table of contents two more.
fn site() -> tempfile::TempDir {
    let site = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &[u8]| {
        let file = site.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    write("madoguchi.toml", b"[site]\nlocales = [\"en\"]\ncontent = \"content\"\n");
    write("content/index.md", b"# Start\n\n[Seven](page-7.md#words) [Named](xref:named) ![Plan](plan.svg)\n");
    write("content/plan.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    write(
        "content/TOC.yml",
        b"- name: Start\n  href: index.md\n- name: One\n  href: page-1.md\n- name: Two\n  href: page-2.md\n",
    );
    for number in 1..40 {
        write(&format!("content/page-{number}.md"), format!("# Page {number}\n\n## Words\n").as_bytes());
    }
    site
}

fn configure(site: &Path) -> Box<Configure> {
    let site = site.to_owned();
    Box::new(move || Ok((load(&site, &Environment::default(), |_| Vec::new())?, None)))
}

fn text(live: &Live, path: &str) -> String {
    match live.answer(path) {
        Answer::Found(content) => String::from_utf8(content.bytes.to_vec()).unwrap(),
        other => panic!("{path}: {other:?}"),
    }
}

fn known(live: &Live) -> usize {
    live.entries.iter().filter_map(OnceLock::get).count()
}

#[test]
fn a_page_is_shown_when_only_what_it_names_was_read() {
    let site = site();
    let mut live = Live::begin(configure(site.path())).unwrap();
    assert_eq!((known(&live), live.is_reading()), (0, true));
    let first = text(&live, "en/");
    assert!(first.contains("href=\"page-7/#words\"") && first.contains(">One<"), "{first}");
    text(&live, "plan.svg");
    assert_eq!(known(&live), 4, "the page, the one that it names, and two of the table of contents");
    fs::write(site.path().join("content/page-7.md"), "# Page 7\n\n## Other words\n").unwrap();
    fs::write(site.path().join("content/page-8.md"), "# Page 8\n\nNobody has asked for it.\n").unwrap();
    let content = fs::canonicalize(site.path().join("content")).unwrap();
    assert!(live.refresh(&Changes::Paths(["page-7.md", "page-8.md"].map(|name| content.join(name)).into())));
    assert_eq!(known(&live), 4);
    assert!(text(&live, "en/").contains("href=\"page-7/\""), "the place has gone");
    while live.read_more() {}
    assert!(!live.complete(), "nothing was supposed that is otherwise");
    assert_eq!((known(&live), live.is_reading()), (40, false));
    assert_eq!(text(&live, "en/page-8/"), text(&Live::start(configure(site.path())).unwrap(), "en/page-8/"));
}

#[test]
fn what_was_supposed_of_pages_that_were_not_read_is_made_good() {
    let site = site();
    fs::write(site.path().join("content/page-9.md"), "---\nuid: named\n---\n# Page 9\n").unwrap();
    fs::write(site.path().join("content/page-2.md"), b"# \x82\xa0 is not UTF-8\n").unwrap();
    let mut live = Live::begin(configure(site.path())).unwrap();
    assert!(!text(&live, "en/").contains("page-9/"), "nobody knows yet whose name it is");
    while live.read_more() {}
    assert!(live.complete());
    let all = Live::start(configure(site.path())).unwrap();
    for path in ["en/", "en/page-1/", "en/contents/"] {
        assert_eq!(text(&live, path), text(&all, path), "{path}");
    }
    assert!(text(&live, "en/").contains("page-9/") && matches!(live.answer("en/page-2/"), Answer::Failed(None)));
}

//! Sample docsets in folders of their own, built in this process or by the command itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use madoguchi::config::{self, Config, Environment};
use madoguchi::diag::{Code, Diagnostic};
use madoguchi::site::build::{self, BuildError, Observer, Options, Report};

/// A docset in `site`, with `out` beside it.
pub(crate) struct Docset {
    folder: tempfile::TempDir,
}

struct Quiet;

impl Observer for Quiet {
    fn phase(&self, _: &str, _: usize) {}
    fn step(&self) {}
}

/// Files below a folder with their bytes; of a symbolic link where it leads.
pub(crate) type Tree = BTreeMap<String, Vec<u8>>;

impl Docset {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let docset = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(docset.site()).unwrap();
        for (path, text) in files {
            docset.write(path, text);
        }
        docset
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn site(&self) -> PathBuf {
        self.folder().join("site")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder().join("out")
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let file = self.site().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.site().join(path)).unwrap();
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = config::load(&self.site(), &Environment::default(), build::discovered_tags).unwrap();
        config.site.out = self.out();
        config
    }

    pub(crate) fn try_build(&self) -> Result<Report, BuildError> {
        build::build(&self.config(), &Options::default(), &Quiet)
    }

    pub(crate) fn build(&self) -> Report {
        self.try_build().unwrap()
    }

    pub(crate) fn build_with(&self, change: impl FnOnce(&mut Config, &mut Options)) -> Result<Report, BuildError> {
        let (mut config, mut options) = (self.config(), Options::default());
        change(&mut config, &mut options);
        build::build(&config, &options, &Quiet)
    }

    pub(crate) fn check(&self) -> Report {
        build::check(&self.config(), &Options::default(), &Quiet).unwrap()
    }

    /// A file of the output.
    pub(crate) fn page(&self, path: &str) -> String {
        let file = self.out().join(path);
        fs::read_to_string(&file).unwrap_or_else(|why| panic!("{path}: {why}; there is {:#?}", tree(&self.out()).keys()))
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.out().join(path).exists()
    }

    /// The command, with the site and output folders named unless the arguments name others.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command();
        command.current_dir(self.folder()).args(arguments);
        if !arguments.contains(&"--site") {
            command.args(["--site", "site"]);
        }
        if arguments.first() == Some(&"build") && !arguments.contains(&"--out") {
            command.args(["--out", "out"]);
        }
        command
    }
}

/// The command with an environment of its own.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
    command.env_clear();
    command
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
        self
    }
}

/// All files below a folder, the cache and the time-stamped apart.
pub(crate) fn tree(folder: &Path) -> Tree {
    let (mut files, mut folders) = (Tree::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            if kind.is_symlink() {
                files.insert(name, fs::read_link(&path).unwrap().as_os_str().as_encoded_bytes().to_vec());
            } else if kind.is_dir() {
                folders.push(path);
            } else {
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[track_caller]
pub(crate) fn assert_same(left: &Tree, right: &Tree, why: &str) {
    let names = |a: &Tree, b: &Tree| a.keys().filter(|name| !b.contains_key(*name)).cloned().collect::<Vec<_>>();
    let differing: Vec<_> = left.iter().filter(|(name, bytes)| right.get(*name).is_some_and(|other| other != *bytes)).collect();
    let differing: Vec<String> = differing
        .iter()
        .map(|(name, bytes)| {
            let (a, b) = (String::from_utf8_lossy(bytes), String::from_utf8_lossy(&right[*name]));
            let at = a.lines().zip(b.lines()).find(|(a, b)| a != b);
            format!("{name}: {at:?}")
        })
        .collect();
    let (only_left, only_right) = (names(left, right), names(right, left));
    assert!(
        only_left.is_empty() && only_right.is_empty() && differing.is_empty(),
        "{why}: only left {only_left:?}, only right {only_right:?}, different {differing:#?}"
    );
}

/// A pair of segments as the format writes it.
pub(crate) fn pair(id: u32, target: &str, source: &str) -> String {
    format!(
        "<span data-ttu-id=\"0a1b2-{id}\">{target}</span><span class=\"sxs-lookup\"><span data-stu-id=\"0a1b2-{id}\">{source}</span></span>"
    )
}

/// A localized page with a heading and one paragraph of two segments.
pub(crate) fn localized(locale: &str, title: &str, heading: (&str, &str), text: &[(&str, &str)]) -> String {
    let mut page = format!("---\ntitle: {title}\nms.contentlocale: {locale}\n---\n# {}\n\n", pair(101, heading.0, heading.1));
    for (at, (target, source)) in text.iter().enumerate() {
        page.push_str(&pair(102 + at as u32, target, source));
        page.push_str("\n\n");
    }
    page
}

pub(crate) fn codes(diagnostics: &[Diagnostic]) -> Vec<Code> {
    diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[track_caller]
pub(crate) fn the(diagnostics: &[Diagnostic], code: Code) -> &Diagnostic {
    diagnostics.iter().find(|diagnostic| diagnostic.code == code).unwrap_or_else(|| panic!("no {code} in {diagnostics:#?}"))
}

/// A small docset of every kind of page, in Japanese and English.
pub(crate) fn mixed() -> Docset {
    let files = mixed_files();
    let docset = Docset::new(&[]);
    for (path, text) in files {
        docset.write(path, text);
    }
    docset
}

pub(crate) fn mixed_files() -> Vec<(&'static str, String)> {
    vec![
        (
            "madoguchi.toml",
            "[site]\ntitle = { ja = \"案内\", en = \"Guide\" }\nbase_url = \"https://docs.example.com/guide/\"\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\nedit_url = \"https://example.com/edit/{path}\"\n"
                .to_owned(),
        ),
        (
            "content/index.md",
            localized("ja-JP", "はじめに", ("はじめに", "Start here"), &[("読んでください。", "Please read."), ("[請求](billing.md#refunds)を参照。", "See [billing](billing.md#refunds).")]),
        ),
        (
            "content/billing.md",
            localized("ja-JP", "請求", ("請求", "Billing"), &[("請求書は毎月届きます。", "An invoice arrives every month.")])
                + &format!("## {}\n\n[!INCLUDE [x](includes/note.md)]\n\n![図](media/plan.svg)\n", pair(120, "返金", "Refunds")),
        ),
        ("content/support.md", "---\ntitle: Support\ndescription: How to get help.\nms.date: 03/04/2024\n---\n# Support\n\nWe help. Ask [us](index.md).\n".to_owned()),
        ("content/support.ja.md", "---\ntitle: サポート\n---\n# サポート\n\n助けます。[私たち](index.md)に尋ねてください。\n".to_owned()),
        ("content/notes.md", "---\ntitle: Notes\n---\n# Notes\n\nOnly in English.\n".to_owned()),
        ("content/includes/note.md", "Included words.\n".to_owned()),
        ("content/media/plan.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_owned()),
        (
            "content/TOC.yml",
            "- name: はじめに\n  href: index.md\n- name: 請求\n  href: billing.md\n  items:\n  - name: サポート\n    href: support.md\n- name: Notes\n  href: notes.md\n".to_owned(),
        ),
        (
            "content/.openpublishing.redirection.json",
            "{\"redirections\": [{\"source_path\": \"old.md\", \"redirect_url\": \"/billing\"}]}".to_owned(),
        ),
    ]
}

/// How many cases a property takes, in a short run and in a long one (`TEST_LONG`). `PROPTEST_CASES` is stronger than either.
pub(crate) fn cases(short: u32, long: u32) -> u32 {
    if is_long() { long } else { short }
}

/// Whether this is a long run.
pub(crate) fn is_long() -> bool {
    std::env::var_os("TEST_LONG").is_some()
}

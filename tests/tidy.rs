//! Holds up the walls of the house: who may import whom, and who may touch the world. Reads the source as text, so that a
//! wall holds with every set of features.
//!
//! `main → cli → { preview → site ; intake } → { config, theme, form } → foundation`

use std::fs;
use std::path::{Path, PathBuf};

/// Values and rules on them; they import each other only.
const FOUNDATION: &[&str] = &["locale", "vpath", "source", "diag", "redact", "ordered"];
/// What runs around the rooms that serve: they, `cli` and `main` may import it.
const PORCH: &[&str] = &["telemetry", "shutdown", "task"];
/// Each room, and the rooms that it may import beside itself and the foundation.
const ROOMS: &[(&str, &[&str])] = &[
    ("form", &[]),
    ("config", &[]),
    ("theme", &[]),
    ("site", &["form", "config", "theme"]),
    ("preview", &["form", "config", "theme", "site", "telemetry", "shutdown", "task"]),
    ("intake", &["form", "config", "theme", "telemetry", "shutdown", "task"]),
    ("cli", &["form", "config", "theme", "site", "preview", "intake", "telemetry", "shutdown", "task"]),
    ("main", &["cli", "telemetry", "shutdown", "task"]),
];
/// Where files, network, environment and clock may be touched. A folder's files are named by the folder.
const EDGES: &[&str] = &[
    "config/load",
    "theme/load",
    "site/discover",
    "site/read",
    "site/write",
    "preview/mail",
    "preview/watch",
    "preview/server",
    "preview/reload",
    "intake/authorities",
    "intake/crash",
    "intake/http",
    "intake/store",
    "intake/worker",
    "intake/mailer",
    "cli",
    "main",
    "telemetry",
    "shutdown",
    "task",
];
/// Paths that touch the world.
const EFFECTS: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net::TcpStream",
    "std::net::TcpListener",
    "std::net::UdpSocket",
    "std::process",
    "SystemTime",
    "Instant",
    "walkdir",
    "notify",
    "notify_debouncer_full",
    "tokio",
    "axum",
    "hyper",
    "hyper_util",
    "rusqlite",
    "tokio_postgres",
    "deadpool_postgres",
    "lettre::transport",
    "Timestamp::now",
    "Zoned::now",
];
/// Methods of `std::path::Path` that touch the world.
const EFFECT_METHODS: &[&str] = &["canonicalize", "read_dir", "symlink_metadata", "try_exists", "read_link"];
/// Parts of the counter that meet only in the store: importer, and what it must not import.
const APART: &[(&str, &[&str])] = &[
    ("intake/http", &["intake/worker", "intake/mailer"]),
    ("intake/worker", &["intake/http"]),
    ("intake/mailer", &["intake/http"]),
    ("intake/store", &["intake/http", "intake/worker", "intake/mailer"]),
];
const MOST_LINES: usize = 400;

#[test]
fn the_walls_stand() {
    let broken: Vec<String> = sources().iter().flat_map(|(path, text)| broken_rules(path, text)).collect();
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}

/// The Rust files below `src` by their path there, `/`-separated.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files): (Vec<PathBuf>, Vec<PathBuf>) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() { folders.push(entry) } else { files.push(entry) }
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    let name = |file: &Path| file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|file| (name(file), fs::read_to_string(file).unwrap())).collect()
}

/// What a file does that it must not, each with its line and the rule.
fn broken_rules(path: &str, text: &str) -> Vec<String> {
    let place = path.trim_end_matches(".rs");
    let mut broken = Vec::new();
    if path.ends_with("mod.rs") {
        broken.push(format!("src/{path}:1: a room `foo` is `foo.rs` beside `foo/`, not `foo/mod.rs`"));
    }
    let lines = text.lines().count();
    if lines > MOST_LINES {
        broken.push(format!("src/{path}:{lines}: a file has at most {MOST_LINES} lines"));
    }
    if is_test_file(place) || place == "lib" {
        return broken;
    }
    let mut seen: Vec<(usize, String)> = Vec::new();
    for (line, used) in Reader::new(text).paths() {
        let rule = broken_import(place, &used).or_else(|| broken_effect(place, &used));
        seen.extend(rule.map(|rule| (line, format!("src/{path}:{line}: `{}`: {rule}", used.join("::")))));
    }
    seen.sort();
    seen.dedup();
    broken.extend(seen.into_iter().map(|(_, message)| message));
    broken
}

fn is_test_file(place: &str) -> bool {
    place.split('/').any(|part| part == "tests")
}

fn broken_import(place: &str, used: &[String]) -> Option<String> {
    let target = resolved(place, used)?;
    let (from, to) = (room_of(place), target.first()?.as_str());
    let known = FOUNDATION.contains(&to) || PORCH.contains(&to) || ROOMS.iter().any(|(room, _)| *room == to);
    if !known {
        return Some(format!("`{to}` is no room of the house; a new one is added to tests/tidy.rs"));
    }
    let apart = APART.iter().filter(|(importer, _)| is_below(place, importer)).flat_map(|(_, never)| *never);
    if let Some(never) = apart.into_iter().find(|never| is_below(&target.join("/"), never)) {
        return Some(format!("{place} and {never} meet only in what lies below both"));
    }
    let beside = ROOMS.iter().find(|(room, _)| *room == from).map_or(&[][..], |(_, beside)| beside);
    let fine = from == to || (FOUNDATION.contains(&to) && from != "main") || beside.contains(&to);
    let may = if beside.is_empty() { String::new() } else { format!(", {}", beside.join(", ")) };
    let foundation = if from == "main" { "only itself" } else { "only itself, the foundation" };
    (!fine).then(|| format!("`{from}` may import {foundation}{may}; not `{to}`"))
}

fn broken_effect(place: &str, used: &[String]) -> Option<String> {
    if EDGES.iter().any(|edge| is_below(place, edge)) {
        return None;
    }
    let method = used.len() == 2 && used[0].is_empty() && EFFECT_METHODS.contains(&used[1].as_str());
    let touches = |effect: &&&str| {
        let effect: Vec<&str> = effect.split("::").collect();
        let whole = effect[0].chars().next().is_some_and(char::is_lowercase);
        let mut windows = used.windows(effect.len());
        if whole { used.len() >= effect.len() && used[..effect.len()] == effect[..] } else { windows.any(|part| part == effect) }
    };
    let found = EFFECTS.iter().find(touches);
    (method || found.is_some())
        .then(|| "files, network, environment and clock are touched only in the edges of a room".to_owned())
}

fn room_of(place: &str) -> &str {
    place.split('/').next().unwrap_or(place)
}

fn is_below(place: &str, folder: &str) -> bool {
    place.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path from the crate's root that is meant in a file; nothing if it leads elsewhere.
fn resolved(place: &str, used: &[String]) -> Option<Vec<String>> {
    let mut at: Vec<String> = place.split('/').map(str::to_owned).collect();
    let supers = used.iter().take_while(|part| *part == "super").count();
    let rest = match used[0].as_str() {
        "crate" | "madoguchi" => {
            at.clear();
            &used[1..]
        }
        "self" => &used[1..],
        "super" => {
            at.truncate(at.len().saturating_sub(supers));
            &used[supers..]
        }
        _ => return None,
    };
    at.extend(rest.iter().cloned());
    Some(at)
}

/// Reads the paths that code names, leaving out comments, literals, and what stands under `#[cfg(test)]`.
struct Reader {
    tokens: Vec<(usize, String)>,
}

impl Reader {
    fn new(text: &str) -> Self {
        Self { tokens: without_tests(tokens(text)) }
    }

    /// Every path with its line. A method call is a path from nothing: `["", "method"]`.
    fn paths(&self) -> Vec<(usize, Vec<String>)> {
        let mut all = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let before = at.checked_sub(1).map_or("", |before| self.text(before));
            if before == "." && self.text(at + 1) == "(" {
                all.push((self.tokens[at].0, vec![String::new(), self.text(at).to_owned()]));
            } else if is_name(self.text(at)) && before != "::" && (self.text(at + 1) == "::" || before == "use") {
                at = self.tree(at, &[], &mut all);
                continue;
            }
            at += 1;
        }
        all
    }

    /// Reads one path, or a tree of them, and says where it ends.
    fn tree(&self, mut at: usize, prefix: &[String], all: &mut Vec<(usize, Vec<String>)>) -> usize {
        let (line, mut path) = (self.tokens[at].0, prefix.to_vec());
        loop {
            match self.text(at) {
                "{" => return self.group(at + 1, &path, all),
                name if is_name(name) => path.push(name.to_owned()),
                _ => {}
            }
            if self.text(at + 1) != "::" {
                path.retain(|part| part != "self" || path_starts_with_self(prefix, part));
                all.push((line, path));
                return at + 1;
            }
            at += 2;
        }
    }

    fn group(&self, mut at: usize, prefix: &[String], all: &mut Vec<(usize, Vec<String>)>) -> usize {
        while at < self.tokens.len() && self.text(at) != "}" {
            at = match self.text(at) {
                "{" => self.tree(at, prefix, all),
                name if is_name(name) && name != "as" => self.tree(at, prefix, all),
                _ => at + 1,
            };
        }
        at + 1
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |(_, token)| token)
    }
}

/// `self` counts where a path begins with it; in `use a::{self}` it stands for `a`.
fn path_starts_with_self(prefix: &[String], part: &str) -> bool {
    prefix.is_empty() && part == "self"
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Names, `::`, and other single characters, with their lines.
fn tokens(text: &str) -> Vec<(usize, String)> {
    let (mut all, mut line, mut rest) = (Vec::new(), 1, text);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            'r' | 'b' | 'c' if raw_string(rest).is_some() => raw_string(rest).unwrap_or(1),
            '"' => string(rest),
            '\'' => character(rest),
            c if c.is_alphanumeric() || c == '_' => rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            c => c.len_utf8(),
        };
        let token = &rest[..length];
        if !token.starts_with(['"', '\'', '/']) && !token.contains('"') && !first.is_whitespace() {
            all.push((line, token.to_owned()));
        }
        line += token.matches('\n').count();
        rest = &rest[length..];
    }
    all
}

/// The length of a string literal.
fn string(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// The length of a raw string literal such as `r#"…"#` or `br"…"`.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.trim_start_matches(['b', 'c']).strip_prefix('r').filter(|_| text.len() > 1)?;
    let begin = text.len() - after.len();
    let marks = after.len() - after.trim_start_matches('#').len();
    let close = format!("\"{}", "#".repeat(marks));
    let inside = after[marks..].strip_prefix('"')?;
    Some(begin + marks + 1 + inside.find(&close).map_or(inside.len(), |at| at + close.len()))
}

/// The length of a character literal, or of the mark of a lifetime or label.
fn character(text: &str) -> usize {
    if text[1..].starts_with('\\') {
        return text.char_indices().skip(3).find(|(_, c)| *c == '\'').map_or(1, |(at, _)| at + 1);
    }
    let closing = text.char_indices().nth(2).filter(|(_, c)| *c == '\'');
    closing.map_or(1, |(at, _)| at + 1)
}

/// Leaves out each item under `#[cfg(test)]`.
fn without_tests(tokens: Vec<(usize, String)>) -> Vec<(usize, String)> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let marked = tokens[at..].iter().map(|(_, token)| token.as_str()).take(MARK.len()).eq(MARK);
        if marked {
            at = end_of_item(&tokens, at + MARK.len());
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

fn end_of_item(tokens: &[(usize, String)], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, (_, token)) in tokens.iter().enumerate().skip(from) {
        match token.as_str() {
            ";" if depth == 0 => return at + 1,
            "{" => depth += 1,
            "}" if depth <= 1 => return at + 1,
            "}" => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(path: &str, text: &str) -> String {
        broken_rules(path, text).join("\n")
    }

    #[test]
    fn a_wrong_import_is_named_with_its_line_and_its_rule() {
        let said = broken("site/link.rs", "use std::fmt;\nuse crate::{diag::Code, intake::{store, ids::Id}};\n");
        assert!(
            said.contains("src/site/link.rs:2: `crate::intake::store`: `site` may import only itself, the foundation, form"),
            "{said}"
        );
        assert!(said.contains("`crate::intake::ids::Id`") && !said.contains("diag::Code"), "{said}");
    }

    #[test]
    fn each_wall_is_seen() {
        for (path, text) in [
            ("diag.rs", "use crate::config::Config;"),
            ("form/spec.rs", "use super::super::theme::Theme;"),
            ("config/raw.rs", "type A = crate::site::Page;"),
            ("theme.rs", "use crate::form;"),
            ("intake/letter.rs", "use madoguchi::site::x;"),
            ("site/a/b.rs", "fn f() { super::super::super::preview::g() }"),
            ("site.rs", "use crate::cli::report;"),
            ("main.rs", "use madoguchi::site::build;"),
            ("intake/http/submit.rs", "use crate::intake::worker::wake;"),
            ("intake/worker.rs", "use super::http::answer;"),
            ("site/link.rs", "use crate::novelty::x;"),
            ("site/link.rs", "use std::{fmt, fs};"),
            ("site/link.rs", "fn f() { let x = std::env::var(\"A\"); }"),
            ("site/link.rs", "use std::time; fn f() { time::SystemTime::now(); }"),
            ("site/link.rs", "use walkdir::WalkDir;"),
            ("site/link.rs", "use std::net::{TcpStream};"),
            ("site/link.rs", "fn f(p: &Path) { p.canonicalize(); }"),
            ("locale.rs", "use std::fs::{self};"),
            ("site/mod.rs", ""),
        ] {
            assert!(!broken(path, text).is_empty(), "{path}: {text}");
        }
        assert!(broken("site/big.rs", &"\n".repeat(MOST_LINES + 1)).contains("at most 400 lines"));
    }

    #[test]
    fn what_is_allowed_is_left_alone() {
        for (path, text) in [
            ("site/link.rs", "use super::page::Page; use crate::{config::{self, Config}, vpath::*}; use self::inner::X;"),
            ("site/read.rs", "use std::fs; use walkdir::WalkDir;"),
            ("site/write/temp.rs", "use std::fs;"),
            (
                "site/link.rs",
                "// std::fs\n/* crate::intake */ const A: &str = \"crate::cli\"; const B: &str = r#\"\"std::fs\"#; const C: char = '\"';",
            ),
            ("site/link.rs", "fn f<'a>(x: &'a str) -> char { '\\'' }\n#[cfg(test)]\nmod tests { use std::fs; fn g() {} }"),
            ("site/link.rs", "use std::time::Duration; use std::net::IpAddr;"),
            ("config/tests.rs", "use std::fs;"),
            ("cli/build.rs", "use crate::{intake, site}; use super::failure::Failure;"),
            ("main.rs", "fn main() { madoguchi::cli::run() }"),
            ("intake/http.rs", "use super::store::Store; use axum::Router; use crate::telemetry;"),
        ] {
            assert_eq!(broken(path, text), "", "{path}: {text}");
        }
    }
}

//! Which entry of a parallel table names which entry of the table that it stands beside.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{TocEntry, TocTarget};
use crate::locale::Locale;
use crate::vpath::SourcePath;

/// Gives each entry the name of its counterpart on the same level, and its address where that leads elsewhere. The entries that are nobody's
/// counterpart come back.
// Recursion is bounded: tables are cut at `toc::MAX_DEPTH` when they are read.
pub(super) fn take_names<'t>(entries: &mut [TocEntry], others: &'t [TocEntry], tag: &str) -> Vec<&'t TocEntry> {
    let found = counterparts(entries, others, tag);
    let mut alone: Vec<&TocEntry> =
        others.iter().zip(taken(&found, others)).filter(|(_, taken)| !taken).map(|(o, _)| o).collect();
    for (entry, at) in entries.iter_mut().zip(found) {
        let Some(other) = at.and_then(|at| others.get(at)) else { continue };
        if !other.name.text.is_empty() {
            entry.name.tagged.insert(tag.to_owned(), other.name.text.clone());
        }
        if let (true, TocTarget::External(address)) = (leads_elsewhere(entry), &other.target) {
            entry.elsewhere.insert(tag.to_owned(), address.clone());
        }
        alone.extend(take_names(&mut entry.items, &other.items, tag));
    }
    alone
}

/// By entry, where its counterpart stands among the others: the next that leads to the same place; else the next that does but for the
/// language of the address; else, where both sides have as many that are left, the one in the same order.
fn counterparts(entries: &[TocEntry], others: &[TocEntry], tag: &str) -> Vec<Option<usize>> {
    let mut found = vec![None; entries.len()];
    by_key(&mut found, entries, others, &|entry| place(entry, tag));
    by_key(&mut found, entries, others, &|entry| without_language(entry));
    by_order(&mut found, entries, others, leads_elsewhere);
    by_order(&mut found, entries, others, is_section);
    found
}

fn by_key(found: &mut [Option<usize>], entries: &[TocEntry], others: &[TocEntry], key: &dyn Fn(&TocEntry) -> Option<String>) {
    let mut waiting: FxHashMap<String, VecDeque<usize>> = FxHashMap::default();
    let free = taken(found, others).into_iter().zip(others).enumerate().filter(|(_, (taken, _))| !taken);
    for (at, (_, other)) in free {
        if let Some(key) = key(other) {
            waiting.entry(key).or_default().push_back(at);
        }
    }
    for (found, entry) in found.iter_mut().zip(entries).filter(|(found, _)| found.is_none()) {
        *found = key(entry).and_then(|key| waiting.get_mut(&key)?.pop_front());
    }
}

fn by_order(found: &mut [Option<usize>], entries: &[TocEntry], others: &[TocEntry], is_kind: fn(&TocEntry) -> bool) {
    let taken = taken(found, others);
    let theirs: Vec<usize> = (0..others.len()).filter(|at| !taken[*at] && is_kind(&others[*at])).collect();
    let ours: Vec<usize> = (0..entries.len()).filter(|at| found[*at].is_none() && is_kind(&entries[*at])).collect();
    if ours.len() == theirs.len() {
        ours.into_iter().zip(theirs).for_each(|(our, their)| found[our] = Some(their));
    }
}

/// By other entry, whether it is somebody's counterpart.
fn taken(found: &[Option<usize>], others: &[TocEntry]) -> Vec<bool> {
    let taken: FxHashSet<usize> = found.iter().flatten().copied().collect();
    (0..others.len()).map(|at| taken.contains(&at)).collect()
}

/// What is equal for an entry and its counterpart: where it leads, and of a section where the first entry below it does.
fn place(entry: &TocEntry, tag: &str) -> Option<String> {
    let of_source = |path: &SourcePath| path.as_str().to_lowercase().replace(&format!(".{}.", tag.to_lowercase()), ".");
    let target = match &entry.target {
        TocTarget::Page(path, fragment) => format!("page {}#{}", of_source(path), fragment.as_deref().unwrap_or_default()),
        TocTarget::Uid(uid) => format!("uid {uid}"),
        TocTarget::External(address) | TocTarget::SiteAbsolute(address) => format!("elsewhere {address}"),
        TocTarget::None if entry.nested.is_some() => String::new(),
        TocTarget::None => return entry.items.iter().find_map(|item| place(item, tag)).map(|place| format!("above {place}")),
    };
    Some(target + " " + &entry.nested.as_ref().map(of_source).unwrap_or_default())
}

/// The address of an entry that leads elsewhere, without its language (`/en-us/`, `/ja-jp/`), which many sites leave out for one of them.
fn without_language(entry: &TocEntry) -> Option<String> {
    let (TocTarget::External(address) | TocTarget::SiteAbsolute(address)) = &entry.target else { return None };
    let parts: Vec<&str> = address.split('/').filter(|part| !Locale::is_part_of_address(part)).collect();
    Some(parts.join("/").trim_end_matches('/').to_owned())
}

fn leads_elsewhere(entry: &TocEntry) -> bool {
    matches!(entry.target, TocTarget::External(_) | TocTarget::SiteAbsolute(_))
}

fn is_section(entry: &TocEntry) -> bool {
    entry.target == TocTarget::None && entry.nested.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn toc(name: &str, text: &str) -> Vec<TocEntry> {
        let path = SourcePath::parse(name).unwrap();
        super::super::read(&Source { path, text: text.to_owned() }).value.entries
    }

    /// The names that the entries get, each with its address where that is its own, and the entries that name none.
    fn named(ours: &str, theirs: &str) -> (String, String) {
        let (mut entries, others) = (toc("TOC.md", ours), toc("TOC.ja.md", theirs));
        let alone = take_names(&mut entries, &others, "ja");
        let name = |entry: &TocEntry| {
            let own = entry.elsewhere.get("ja").filter(|own| entry.target != TocTarget::External((*own).clone()));
            format!("{}{}", entry.name.in_locale("ja").unwrap_or("–"), own.map(|own| format!("={own}")).unwrap_or_default())
        };
        let names: Vec<String> = entries.iter().map(name).collect();
        let alone: Vec<&str> = alone.iter().map(|entry| entry.name.text.as_str()).collect();
        (names.join(" "), alone.join(" "))
    }

    fn check(ours: &str, theirs: &str, names: &str, alone: &str) {
        assert_eq!(named(ours, theirs), (names.to_owned(), alone.to_owned()), "{ours} / {theirs}");
    }

    #[test]
    fn equal_addresses_come_first() {
        let ours = "# [Blog](https://blog.example)\n# [Status](https://status.example)\n";
        check(ours, "# [状態](https://status.example)\n", "– 状態", "");
        check(
            ours,
            "# [状態](https://status.example)\n# [ブログ](https://blog.example/ja)\n",
            "ブログ=https://blog.example/ja 状態",
            "",
        );
    }

    #[test]
    fn then_addresses_that_are_equal_but_for_their_language() {
        let ours = "# [A](https://x.example/en-us/a)\n# [B](https://x.example/b)\n# [C](https://x.example/c)\n";
        let theirs = "# [び](https://x.example/ja-jp/b/)\n# [あ](https://x.example/ja-jp/a)\n";
        check(ours, theirs, "あ=https://x.example/ja-jp/a び=https://x.example/ja-jp/b/ –", "");
    }

    #[test]
    fn then_the_order_where_as_many_are_left() {
        let ours = "# [Blog](https://blog.example)\n# [Status](https://status.example)\n";
        check(
            ours,
            "# [一](https://one.example)\n# [二](https://two.example)\n",
            "一=https://one.example 二=https://two.example",
            "",
        );
        check(ours, "# [一](https://one.example)\n", "– –", "一");
        check("# [A](a.md)\n", "# [あ](a.ja.md)\n# [い](b.md)\n", "あ", "い");
    }

    #[test]
    fn sections_are_known_by_what_stands_below_them() {
        let ours = "# One\n## [A](a.md)\n# Two\n## [B](b.md)\n# Three\n";
        check(ours, "# 二\n## [び](b.md)\n", "– 二 –", "");
        check(ours, "# 三\n# 二\n## [び](b.md)\n# 一\n", "三 二 一", "");
        check(ours, "# 何\n", "– – –", "何");
    }
}

//! What the addresses in a table of contents mean.

use crate::diag::{Code, Diagnostic, Span};
use crate::site::redirect::scheme;
use crate::vpath::{BadPath, SourcePath, percent_decode};

use super::{TocTarget, is_toc};

/// An address: a target, or another table of contents.
pub(super) enum Address {
    Target(TocTarget),
    Nested(SourcePath),
}

/// Reads an address in a file of the folder `folder`.
pub(super) fn read(folder: &str, address: &str, at: &Span) -> Result<Address, Diagnostic> {
    let address = address.trim();
    if address.is_empty() || address.starts_with('#') {
        return Ok(Address::Target(TocTarget::None));
    }
    match scheme(address).map(str::to_ascii_lowercase).as_deref() {
        Some("xref") => return Ok(Address::Target(TocTarget::Uid(uid(address)))),
        Some("http" | "https" | "mailto" | "tel") => return Ok(Address::Target(TocTarget::External(address.to_owned()))),
        Some(scheme) => return Err(refused(scheme, at)),
        None => {}
    }
    let slashed = address.replace('\\', "/");
    if slashed.starts_with("//") {
        return Ok(Address::Target(TocTarget::External(format!("https:{slashed}"))));
    }
    if slashed.starts_with('/') {
        return Ok(Address::Target(TocTarget::SiteAbsolute(slashed)));
    }
    local(folder, &slashed).map_err(|bad| damaged(address, bad, at))
}

fn local(folder: &str, address: &str) -> Result<Address, BadPath> {
    let (path, fragment) = address.split_once('#').map_or((address, None), |(path, fragment)| (path, Some(fragment)));
    let path = percent_decode(path.split('?').next().unwrap_or(path));
    // A folder stands for its table of contents.
    let path = if path.ends_with('/') { path + "TOC.yml" } else { path };
    let path = SourcePath::resolve(folder, &path)?;
    let fragment = fragment.filter(|fragment| !fragment.is_empty()).map(percent_decode);
    Ok(if is_toc(&path) { Address::Nested(path) } else { Address::Target(TocTarget::Page(path, fragment)) })
}

fn uid(address: &str) -> String {
    let (_, uid) = address.split_once(':').unwrap_or(("", address));
    percent_decode(uid.split(['?', '#']).next().unwrap_or(uid))
}

fn refused(scheme: &str, at: &Span) -> Diagnostic {
    let message = format!("an entry may not lead to a `{scheme}:` address");
    Diagnostic::new(Code::SchemeRefused, at.clone(), message).help("use http, https, mailto, tel, or a path")
}

fn damaged(address: &str, bad: BadPath, at: &Span) -> Diagnostic {
    let code = if bad == BadPath::Outside { Code::PathOutside } else { Code::TocDamaged };
    Diagnostic::new(code, at.clone(), format!("the entry's address `{}` cannot be followed: {bad}", address.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expected: &str) {
        let at = Span::file(SourcePath::parse("a/TOC.yml").unwrap());
        let shown = match read("a", address, &at) {
            Ok(Address::Target(TocTarget::Page(path, fragment))) => format!("page {path} {}", fragment.unwrap_or_default()),
            Ok(Address::Target(target)) => format!("{target:?}"),
            Ok(Address::Nested(path)) => format!("toc {path}"),
            Err(diagnostic) => diagnostic.code.to_string(),
        };
        assert_eq!(shown.trim_end(), expected, "{address}");
    }

    #[test]
    fn addresses() {
        check("b.md", "page a/b.md");
        check("..\\c%20d.md?view=x#e", "page c d.md e");
        check("~/c/d.md", "page c/d.md");
        check("/azure/x", "SiteAbsolute(\"/azure/x\")");
        check("https://example.com/x", "External(\"https://example.com/x\")");
        check("//example.com/x", "External(\"https://example.com/x\")");
        check("x/toc.md", "toc a/x/toc.md");
        check("x/", "toc a/x/TOC.yml");
        check("xref:A.B?displayProperty=name", "Uid(\"A.B\")");
        check("", "None");
        check("javascript:alert(1)", "scheme-refused");
        check("../../etc/passwd", "path-outside");
        check("a\u{7}.md", "toc-damaged");
    }
}

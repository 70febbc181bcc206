//! The headers that the pages of a site are served with: a policy that allows only what the pages use, and what browsers may keep.
//!
//! A server adds them; `madoguchi headers` writes them in the words of nginx, Caddy and static hosts.

use std::fmt::Write as _;

use crate::config::Config;
use crate::theme::Theme;

/// A way to write headers down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// One header a line, for any server.
    Plain,
    /// Lines for a `location` of nginx, to be included there.
    Nginx,
    /// Directives of Caddy, to be imported into a site or a `handle`.
    Caddy,
    /// A file `_headers` in the published folder, as Netlify and Cloudflare Pages read it.
    Static,
}

/// What never changes under its name: the theme's files have a digest in theirs.
const KEPT: &str = "public, max-age=31536000, immutable";
/// What is asked for again each time it is shown.
const ASKED: &str = "no-cache";

/// The policy of a site's pages (Content Security Policy Level 3): nothing is allowed but what the configuration and the theme use.
pub fn policy(config: &Config, theme: &Theme) -> String {
    let has = |endings: &[&str]| theme.assets().iter().any(|asset| endings.iter().any(|end| asset.name.ends_with(end)));
    let inlined = theme.assets().iter().any(|asset| asset.name.ends_with(".css") && holds(&asset.bytes, b"url(data:"));
    let scripts = has(&[".js", ".mjs"]);
    let fonts = has(&[".woff2", ".woff", ".ttf", ".otf"]);
    let ours = |used: bool| if used { "'self'" } else { "" };
    let (counter, search) = (counter(config), ours(config.site.search));
    let asked = if scripts { [search, &counter] } else { [""; 2] };
    let directives = [
        ("script-src", [ours(scripts), ""]),
        ("style-src", ["'self'", ""]),
        ("img-src", ["'self'", if inlined { "data:" } else { "" }]),
        ("font-src", [ours(fonts), ""]),
        ("connect-src", asked),
        ("form-action", [search, &counter]),
    ];
    let mut policy = String::from("default-src 'none'");
    for (name, sources) in directives {
        let mut sources: Vec<&str> = sources.into_iter().filter(|source| !source.is_empty()).collect();
        sources.dedup();
        if !sources.is_empty() {
            let _ = write!(policy, "; {name} {}", sources.join(" "));
        } else if name == "form-action" {
            // The default does not reach forms.
            policy.push_str("; form-action 'none'");
        }
    }
    policy + "; base-uri 'none'; frame-ancestors 'none'"
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The source of the counter, if pages send to one: the pages' own origin, or another.
fn counter(config: &Config) -> String {
    let (public, base) = (config.intake.public_url.as_ref(), config.site.base_url.as_ref());
    match public.map(|url| url.origin()) {
        _ if config.forms.is_empty() => String::new(),
        Some(origin) if base.is_none_or(|base| base.origin() != origin) => origin.as_str().to_owned(),
        _ => "'self'".to_owned(),
    }
}

/// All headers of a site, as a server reads them.
pub fn written(config: &Config, theme: &Theme, server: Server) -> String {
    let base = config.site.base_url.as_ref().map_or("/", |base| base.path());
    let all = [
        ("Content-Security-Policy", policy(config, theme)),
        ("X-Content-Type-Options", "nosniff".to_owned()),
        // With less than the origin browsers post `Origin: null`, and a form could not be sent.
        ("Referrer-Policy", "strict-origin-when-cross-origin".to_owned()),
    ];
    match server {
        Server::Plain => plain(&all),
        Server::Nginx => nginx(&all, base),
        Server::Caddy => caddy(&all, base),
        Server::Static => static_host(&all, base),
    }
}

type Header = (&'static str, String);

const AGAIN: &str = "Written by `madoguchi headers`; write it again when madoguchi.toml or the theme has changed.";

fn plain(all: &[Header]) -> String {
    all.iter().fold(String::new(), |out, (name, value)| out + name + ": " + value + "\n")
}

fn nginx(all: &[Header], base: &str) -> String {
    // A location that adds a header inherits none.
    let lines = |indent: &str, cache: &str| {
        let mut out = String::new();
        for (name, value) in all {
            let _ = writeln!(out, "{indent}add_header {name} \"{value}\" always;");
        }
        out + indent + "add_header Cache-Control \"" + cache + "\" always;\n"
    };
    let (pages, assets) = (lines("", ASKED), lines("    ", KEPT));
    // What is not there must not be kept.
    let assets = assets.replace(&format!("\"{KEPT}\" always"), &format!("\"{KEPT}\""));
    format!("# {AGAIN}\n{pages}location ^~ {base}assets/ {{\n{assets}}}\n")
}

fn caddy(all: &[Header], base: &str) -> String {
    let mut out = format!("# {AGAIN}\nheader {{\n");
    for (name, value) in all {
        let _ = writeln!(out, "\t{name} \"{value}\"");
    }
    // What is not there must not be kept. A folder is no file with an ending.
    let kept = format!("path_regexp ^{}assets/.+\\.[^/]+$\n\tfile {{path}}\n", base.replace('.', "\\."));
    let _ = write!(out, "}}\n@madoguchi_kept {{\n\t{kept}}}\n@madoguchi_asked not {{\n\t{kept}}}\n");
    let _ = writeln!(out, "header @madoguchi_kept Cache-Control \"{KEPT}\"\nheader @madoguchi_asked Cache-Control {ASKED}");
    out
}

fn static_host(all: &[Header], base: &str) -> String {
    let mut out = format!("# {AGAIN}\n{base}*\n");
    for (name, value) in all {
        let _ = writeln!(out, "  {name}: {value}");
    }
    // Such hosts let browsers ask for pages again anyway; a header named twice would hold both values.
    let _ = writeln!(out, "{base}assets/*\n  Cache-Control: {KEPT}");
    out
}

//! Static files, with a hash of their content in their names, so that a browser may keep them for ever.

use super::error::{Place, ThemeError, ThemeErrorKind};
use super::load::{File, Layers};
use crate::ordered;
use crate::ordered::Map;
use crate::source::Digest;

/// A static file of the theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Its name in the theme: `site.css`.
    pub name: String,
    /// Where it stands, relative to the site's root: `assets/site.0123456789.css`.
    pub path: String,
    /// Its content, with references to other static files led to their names.
    pub bytes: Vec<u8>,
}

/// All static files of a theme, by name.
#[derive(Debug, Clone, Default)]
pub struct Assets(Map<String, Asset>);

impl Assets {
    /// Names every file after its content; style sheets and scripts after the files that they name.
    pub(super) fn build(layers: &Layers) -> Result<Self, ThemeError> {
        let files = layers.below("static");
        let mut assets = Self::default();
        for name in files.keys() {
            assets.add(name, &files, &mut Vec::new())?;
        }
        Ok(assets)
    }

    /// Adds a file that is made, unless the theme has one of that name; gives its name in the output.
    pub(super) fn make(&mut self, name: String, text: String) -> &str {
        let made = || Asset {
            name: name.clone(),
            path: format!("assets/{}", hashed_name(&name, text.as_bytes())),
            bytes: text.into_bytes(),
        };
        let asset = self.0.entry(name.clone()).or_insert_with(made);
        asset.path.strip_prefix("assets/").unwrap_or(&asset.path)
    }

    /// The file of this name.
    pub fn get(&self, name: &str) -> Option<&Asset> {
        self.0.get(name)
    }

    /// All files, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Asset> {
        self.0.values()
    }

    /// Where each file stands, relative to the site's root.
    pub(super) fn urls(&self) -> Map<&str, &str> {
        ordered::map(self.iter().map(|asset| (asset.name.as_str(), asset.path.as_str())))
    }

    fn add<'a>(&mut self, name: &'a str, files: &Map<&'a str, &File>, open: &mut Vec<&'a str>) -> Result<(), ThemeError> {
        let Some(file) = files.get(name).filter(|_| !self.0.contains_key(name)) else { return Ok(()) };
        let references = match extension(name) {
            "css" => urls(file.text()?),
            "js" | "mjs" => imports(file.text()?),
            _ => Vec::new(),
        };
        open.push(name);
        let bytes = if references.is_empty() {
            file.bytes.to_vec()
        } else {
            self.with_hashed_names(name, file, &references, files, open)?.into_bytes()
        };
        open.pop();
        let path = format!("assets/{}", hashed_name(name, &bytes));
        self.0.insert(name.to_owned(), Asset { name: name.to_owned(), path, bytes });
        Ok(())
    }

    fn with_hashed_names<'a>(
        &mut self,
        name: &'a str,
        file: &File,
        references: &[(usize, &str)],
        files: &Map<&'a str, &File>,
        open: &mut Vec<&'a str>,
    ) -> Result<String, ThemeError> {
        let text = file.text()?;
        let mut out = String::with_capacity(text.len() + 64);
        let mut done = 0;
        for &(start, reference) in references {
            let target = resolve(name, reference);
            let at = || Place::new(&file.shown, text, start..start + reference.len());
            let Some((target, _)) = target.and_then(|target| files.get_indexed(files.find_index(target.as_str()).ok()?)) else {
                return Err(
                    ThemeError::new(ThemeErrorKind::Asset, format!("the theme has no static file `{reference}`")).at(at())
                );
            };
            if open.contains(target) {
                return Err(ThemeError::new(ThemeErrorKind::Asset, "files import each other in a circle").at(at()));
            }
            self.add(target, files, open)?;
            let hashed = self.get(target).and_then(|asset| asset.path.rsplit('/').next()).unwrap_or_default();
            out.push_str(&text[done..start]);
            out.push_str(&reference[..reference.rfind('/').map_or(0, |slash| slash + 1)]);
            out.push_str(hashed);
            done = start + reference.len();
        }
        out.push_str(&text[done..]);
        Ok(out)
    }
}

/// The relative references in a style sheet's `url(…)`, without quotation marks, and where they begin.
fn urls(css: &str) -> Vec<(usize, &str)> {
    let found = css.match_indices("url(").filter_map(|(at, opener)| {
        let inside = css[at + opener.len()..].split(')').next()?;
        let bare = inside.trim().trim_matches(['"', '\'']).trim();
        let relative = !bare.is_empty() && !bare.starts_with(['#', '/']) && !bare.contains(':');
        relative.then(|| (at + opener.len() + inside.find(bare).unwrap_or(0), bare))
    });
    found.collect()
}

/// The relative references of a script, and where they begin: `import { x } from "./other.js"`, `import("./other.js")` or
/// `new URL("./other.css", import.meta.url)`, each as the first text of a line. A statement's line begins with `import`, `export`, or the `}`
/// of such a statement.
fn imports(script: &str) -> Vec<(usize, &str)> {
    let mut line_start = 0;
    let mut found = Vec::new();
    for line in script.split_inclusive('\n') {
        found.extend(import(line).map(|(at, reference)| (line_start + at, reference)));
        line_start += line.len();
    }
    found
}

fn import(line: &str) -> Option<(usize, &str)> {
    let (before, quoted) = line.split_once(['"', '\''])?;
    let named = before.trim_end();
    let begins = ["import ", "export ", "}"].iter().any(|word| line.starts_with(word));
    let (reference, after) = quoted.split_once(['"', '\''])?;
    let is_import = named == "import" || named.ends_with("import(") || (begins && named.ends_with(" from"));
    let is_file = named.ends_with("new URL(") && after.starts_with(", import.meta.url)");
    ((is_import || is_file) && reference.starts_with('.')).then_some((before.len() + 1, reference))
}

/// The file that `reference` means in the file `name`; none if it leads out of the folder.
fn resolve(name: &str, reference: &str) -> Option<String> {
    let mut parts: Vec<&str> = name.split('/').collect();
    parts.pop();
    for part in reference.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// `fonts/x.woff2` is `fonts/x.0123456789.woff2`.
fn hashed_name(name: &str, bytes: &[u8]) -> String {
    let hash = &Digest::of(bytes).hex()[..10];
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && !extension.contains('/') => format!("{stem}.{hash}.{extension}"),
        _ => format!("{name}.{hash}"),
    }
}

//! Static files, with a hash of their content in their names, so that a browser may keep them for ever.

use std::collections::BTreeMap;

use super::error::{Place, ThemeError, ThemeErrorKind};
use super::load::{File, Layers};
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
pub struct Assets(BTreeMap<String, Asset>);

impl Assets {
    /// Names every file after its content; style sheets after the files that they name.
    pub(super) fn build(layers: &Layers) -> Result<Self, ThemeError> {
        let files = layers.below("static");
        let mut assets = Self::default();
        for name in files.keys() {
            assets.add(name, &files, &mut Vec::new())?;
        }
        Ok(assets)
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
    pub(super) fn urls(&self) -> BTreeMap<&str, &str> {
        self.iter().map(|asset| (asset.name.as_str(), asset.path.as_str())).collect()
    }

    fn add<'a>(&mut self, name: &'a str, files: &BTreeMap<&'a str, &File>, open: &mut Vec<&'a str>) -> Result<(), ThemeError> {
        let Some(file) = files.get(name).filter(|_| !self.0.contains_key(name)) else { return Ok(()) };
        let bytes = if extension(name) == "css" {
            open.push(name);
            let css = self.with_hashed_names(name, file, files, open)?;
            open.pop();
            css.into_bytes()
        } else {
            file.bytes.to_vec()
        };
        let path = format!("assets/{}", hashed_name(name, &bytes));
        self.0.insert(name.to_owned(), Asset { name: name.to_owned(), path, bytes });
        Ok(())
    }

    fn with_hashed_names<'a>(
        &mut self,
        name: &'a str,
        file: &File,
        files: &BTreeMap<&'a str, &File>,
        open: &mut Vec<&'a str>,
    ) -> Result<String, ThemeError> {
        let css = file.text()?;
        let mut out = String::with_capacity(css.len() + 64);
        let mut done = 0;
        for (start, reference) in references(css) {
            let target = resolve(name, reference);
            let at = || Place::new(&file.shown, css, start..start + reference.len());
            let Some((target, _)) = target.and_then(|target| files.get_key_value(target.as_str())) else {
                return Err(
                    ThemeError::new(ThemeErrorKind::Asset, format!("the theme has no static file `{reference}`")).at(at())
                );
            };
            if open.contains(target) {
                return Err(ThemeError::new(ThemeErrorKind::Asset, "style sheets import each other in a circle").at(at()));
            }
            self.add(target, files, open)?;
            let hashed = self.get(target).and_then(|asset| asset.path.rsplit('/').next()).unwrap_or_default();
            out.push_str(&css[done..start]);
            out.push_str(&reference[..reference.rfind('/').map_or(0, |slash| slash + 1)]);
            out.push_str(hashed);
            done = start + reference.len();
        }
        out.push_str(&css[done..]);
        Ok(out)
    }
}

/// The relative references in `url(…)`, without quotation marks, and where they begin.
fn references(css: &str) -> impl Iterator<Item = (usize, &str)> {
    css.match_indices("url(").filter_map(|(at, opener)| {
        let inside = css[at + opener.len()..].split(')').next()?;
        let bare = inside.trim().trim_matches(['"', '\'']).trim();
        let relative = !bare.is_empty() && !bare.starts_with(['#', '/']) && !bare.contains(':');
        relative.then(|| (at + opener.len() + inside.find(bare).unwrap_or(0), bare))
    })
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

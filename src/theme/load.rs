//! The files of a theme: those of the binary, and those of a site's own theme folder.
//!
//! An edge: the only file of the theme that touches the file system.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

use rust_embed::RustEmbed;

use super::error::{Place, ThemeError, ThemeErrorKind};
use super::slim::slimmed;
use crate::locale::LocaleSet;
use crate::ordered;
use crate::ordered::Map;
use crate::source::Digest;

#[derive(RustEmbed)]
#[folder = "themes/default"]
struct BuiltIn;

/// How deep the folders of a theme may be nested: a stop for symbolic links that lead in a circle.
const DEEPEST: usize = 12;

/// One file of a theme.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// The name to show for it.
    pub(super) shown: String,
    /// Its content.
    pub(super) bytes: Cow<'static, [u8]>,
}

impl File {
    /// The content as text.
    pub(super) fn text(&self) -> Result<&str, ThemeError> {
        std::str::from_utf8(&self.bytes).map_err(|error| {
            let valid = String::from_utf8_lossy(&self.bytes[..error.valid_up_to()]);
            ThemeError::new(ThemeErrorKind::NotUtf8, "the file is not UTF-8 from here on")
                .at(Place::new(&self.shown, &valid, valid.len()..valid.len()))
                .help("save the file as UTF-8")
        })
    }
}

/// Files by their path in the theme folder: `templates/page.html`.
pub(super) type Files = Map<String, File>;

/// The built-in theme and what lies over it.
#[derive(Debug, Clone, Default)]
pub(super) struct Layers {
    /// The files of the binary.
    pub(super) built_in: Files,
    /// The files of the site's own theme.
    pub(super) own: Files,
}

impl Layers {
    /// Reads both layers.
    pub(super) fn read(overlay: Option<&Path>) -> Result<Self, ThemeError> {
        let mut own = Files::new();
        if let Some(folder) = overlay {
            read_folder(folder, "", DEEPEST, &mut own)?;
        }
        let layers = Self { built_in: built_in(), own };
        layers.check_places()?;
        Ok(layers)
    }

    /// Whether a file of the site's own lies beside the folder that it is meant for, where it would do nothing.
    fn check_places(&self) -> Result<(), ThemeError> {
        for (path, file) in self.own.iter().filter(|(path, _)| !path.contains('/')) {
            if let Some(meant) = self.built_in.keys().find(|known| known.split('/').next_back() == Some(path)) {
                let message = format!("`{}` has no effect where it is", file.shown);
                return Err(
                    ThemeError::new(ThemeErrorKind::Misplaced, message).help(format!("move it to `{meant}` in the theme folder"))
                );
            }
        }
        Ok(())
    }

    /// The files below one folder by their path in it, the site's own before the built-in ones.
    pub(super) fn below<'a>(&'a self, folder: &'a str) -> Map<&'a str, &'a File> {
        let all = self.built_in.iter().chain(&self.own);
        ordered::map(all.filter_map(|(path, file)| Some((path.strip_prefix(folder)?.strip_prefix('/')?, file))))
    }

    /// A digest of every file, of the locales, and of the program's version.
    pub(super) fn digest(&self, locales: &LocaleSet) -> Digest {
        let mut all = String::from(env!("CARGO_PKG_VERSION"));
        for id in locales.ids() {
            let _ = write!(all, "\0{}", locales.get(id));
        }
        for (path, file) in self.built_in.iter().chain(&self.own) {
            let _ = write!(all, "\0{path}\0{:?}", Digest::of(&file.bytes));
        }
        Digest::of(all.as_bytes())
    }
}

fn built_in() -> Files {
    let named = |path: Cow<'static, str>| {
        let bytes = slimmed(&path, BuiltIn::get(&path)?.data);
        Some((path.to_string(), File { shown: format!("{path} (built in)"), bytes }))
    };
    ordered::map(BuiltIn::iter().filter_map(named))
}

fn read_folder(folder: &Path, prefix: &str, depth: usize, files: &mut Files) -> Result<(), ThemeError> {
    let unreadable = |error| unreadable(folder, &error);
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            if depth > 0 {
                read_folder(&path, &format!("{prefix}{name}/"), depth - 1, files)?;
            }
        } else {
            files.insert(format!("{prefix}{name}"), read_file(&path)?);
        }
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<File, ThemeError> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    Ok(File { shown: path.display().to_string(), bytes: bytes.into() })
}

fn unreadable(path: &Path, error: &std::io::Error) -> ThemeError {
    let message = format!("`{}` cannot be read: {error}", path.display());
    ThemeError::new(ThemeErrorKind::Unreadable, message).help("a site's own theme is the folder `themes/NAME` of the site")
}

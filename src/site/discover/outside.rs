//! A docset's own settings that stand above the content folder: nothing reads them there, which must not happen in silence.

use std::fs;
use std::path::Path;

use super::{is_docset_setting, shown};
use crate::diag::{Code, Diagnostic, Span};

/// Reports the settings files in the folders above the content folder, up to the site's own. Both have their symbolic links resolved.
pub(super) fn settings(root: &Path, folder: &Path) -> Vec<Diagnostic> {
    let above = folder.ancestors().skip(1).take_while(|above| above.starts_with(root));
    above.flat_map(|above| names(above).into_iter().map(|name| report(root, folder, above, &name))).collect()
}

/// Whether a path is that of a settings file above the content folder.
pub(crate) fn is_setting_above(path: &Path, folder: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    is_setting(&name) && path.parent().is_some_and(|above| above != folder && folder.starts_with(above))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().filter(|entry| entry.path().is_file());
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| is_setting(name));
    names.sort_unstable();
    names
}

fn is_setting(name: &str) -> bool {
    name.eq_ignore_ascii_case("docfx.json") || is_docset_setting(name)
}

/// The place is the content folder: paths count from it, and have no word for what lies above.
fn report(root: &Path, folder: &Path, above: &Path, name: &str) -> Diagnostic {
    let below_root = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
    let (content, above) = (below_root(folder), below_root(above));
    let (file, fitting) = if above.is_empty() { (name.to_owned(), ".") } else { (format!("{above}/{name}"), above.as_str()) };
    let message = format!("`{file}` is not read: it lies outside of the content folder `{content}`");
    let help = format!("write `content = \"{fitting}\"` in madoguchi.toml, or move the file into the content folder");
    Diagnostic::new(Code::SettingsDamaged, Span::file(shown(Path::new(&content))), message).help(help)
}

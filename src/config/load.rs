//! Reads the configuration: the only part of it that touches files and the environment.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::error::{ConfigError, ConfigErrorKind, Place};
pub use super::variable::Environment;
use super::variable::PREFIX;
use super::{Config, FILE_NAME, resolve};

impl Environment {
    /// The variables of this process.
    ///
    /// # Errors
    /// One of ours is not UTF-8.
    pub fn of_process() -> Result<Self, ConfigError> {
        let ours = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let pairs = ours.filter(|(name, _)| name.starts_with(PREFIX)).map(|(name, value)| match value.into_string() {
            Ok(value) => Ok((name, value)),
            Err(_) => Err(not_utf8(Place::Variable(name))),
        });
        pairs.collect()
    }
}

/// Reads `madoguchi.toml` in the folder `site`, if there is one, and what overrides it.
///
/// `discover` gives the language tags found in the content folder it is handed; it is asked only if no file names the
/// locales.
///
/// # Errors
/// The folder or the file cannot be read, or what they or the variables say is wrong: the first error found.
pub fn load(site: &Path, environment: &Environment, discover: impl FnOnce(&Path) -> Vec<String>) -> Result<Config, ConfigError> {
    let root = fs::canonicalize(site).map_err(|why| unreadable(site, &why))?;
    if !root.is_dir() {
        return Err(ConfigError { message: "this is not a folder".into(), ..unreadable(site, &ErrorKind::NotADirectory.into()) });
    }
    let environment = environment.clone().read_files(read_secret)?;
    let name = site.join(FILE_NAME);
    match fs::read(root.join(FILE_NAME)) {
        Ok(bytes) => {
            let shown = name.strip_prefix(".").unwrap_or(&name).display().to_string();
            let text = String::from_utf8(bytes).map_err(|_| not_utf8(Place::File { file: shown.clone(), at: None }))?;
            resolve::with_file(&root, &shown, &text, &environment, discover)
        }
        Err(why) if why.kind() == ErrorKind::NotFound => resolve::with_defaults(&root, &environment, discover),
        Err(why) => Err(unreadable(&name, &why)),
    }
}

/// Reads the file of a secret, which nobody but its owner and group may read.
fn read_secret(file: &str) -> Result<String, String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(file).map_err(|why| why.to_string())?.permissions().mode();
        if mode & 0o007 != 0 {
            return Err(format!(
                "everybody on this machine may read it (mode {:o}); take that away with `chmod o= {file}`",
                mode & 0o777
            ));
        }
    }
    fs::read_to_string(file).map_err(|why| why.to_string())
}

fn unreadable(path: &Path, why: &std::io::Error) -> ConfigError {
    let place = Place::File { file: path.display().to_string(), at: None };
    let help = "`--site` names the folder of the site or docset".into();
    ConfigError { kind: ConfigErrorKind::Unreadable, place, message: format!("cannot be read: {why}"), help }
}

fn not_utf8(place: Place) -> ConfigError {
    ConfigError { kind: ConfigErrorKind::Syntax, place, message: "the text is not UTF-8".into(), help: String::new() }
}

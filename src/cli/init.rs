//! `madoguchi init`.

mod existing;
mod starter;

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::press;
use crate::config::FILE_NAME;

#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// The folder of the new site, or one that holds Markdown already
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// A file to be written.
struct NewFile {
    /// Its path from the site's folder.
    path: &'static str,
    text: String,
    /// Whether one that is there already serves as well.
    optional: bool,
}

impl Init {
    pub(super) fn run(self) -> Result<(), Failure> {
        let folder = self.folder.as_path();
        if folder.symlink_metadata().is_ok() && !folder.is_dir() {
            let message = format!("{}: this is not a folder", folder.display());
            return Err(Failure::environment(message, "name a folder, or one that does not exist yet"));
        }
        if folder.join(FILE_NAME).symlink_metadata().is_ok() {
            let message = format!("{}: this is a site already, for it has a {FILE_NAME}; nothing was written", folder.display());
            return Err(Failure::environment(message, format!("show it with `{}`", command("serve", folder))));
        }
        let (files, told) = match folder.is_dir().then(|| press::survey(folder)).flatten() {
            Some(survey) => (existing::files(folder, &survey), existing::told(folder, &survey)),
            None => (starter::files(), starter::told(folder)),
        };
        let kept = write(folder, &files)?;
        // Standard error that cannot be written leaves nobody to tell.
        let _ = io::stderr().lock().write_all(said(folder, &files, &kept, &told).as_bytes());
        Ok(())
    }
}

/// A command of this program for a site in `folder`.
fn command(name: &str, folder: &Path) -> String {
    if folder == Path::new(".") { format!("madoguchi {name}") } else { format!("madoguchi {name} --site {}", folder.display()) }
}

/// Writes all files or, if one of them is in the way of the site, none. Gives the optional ones that were there.
fn write(folder: &Path, files: &[NewFile]) -> Result<Vec<&'static str>, Failure> {
    let (there, new): (Vec<&NewFile>, Vec<&NewFile>) = files.iter().partition(|file| is_taken(folder, file.path));
    let (kept, in_the_way): (Vec<&NewFile>, Vec<&NewFile>) = there.into_iter().partition(|file| file.optional);
    if !in_the_way.is_empty() {
        let names: String = in_the_way.iter().map(|file| format!("\n  {}", shown(folder, file.path))).collect();
        let message = format!("these are in the way of the new site, and nothing was written:{names}");
        return Err(Failure::environment(message, "move them away, or name another folder"));
    }
    for (at, file) in new.iter().enumerate() {
        create(&folder.join(file.path), &file.text).map_err(|why| unwritten(folder, file, &why, &new[..at]))?;
    }
    Ok(kept.iter().map(|file| file.path).collect())
}

/// Whether there is something where a file is to be written, or no folder where one is needed.
fn is_taken(folder: &Path, path: &str) -> bool {
    let file = folder.join(path);
    let above = file.ancestors().skip(1).take_while(|above| *above != folder);
    file.symlink_metadata().is_ok() || above.into_iter().any(|above| above.symlink_metadata().is_ok() && !above.is_dir())
}

fn create(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    // Should somebody else have made it since, theirs stays.
    OpenOptions::new().write(true).create_new(true).open(file)?.write_all(text.as_bytes())
}

fn unwritten(folder: &Path, file: &NewFile, why: &io::Error, done: &[&NewFile]) -> Failure {
    let message = format!("{}: cannot be written: {why}", shown(folder, file.path));
    let names: Vec<&str> = done.iter().map(|file| file.path).collect();
    let help = match (names.is_empty(), why.kind()) {
        (true, ErrorKind::PermissionDenied) => "choose a folder that you may write to".to_owned(),
        (true, _) => "nothing was written; mend this, then try again".to_owned(),
        (false, _) => format!("written so far: {}; remove these, mend this, then try again", names.join(", ")),
    };
    Failure::environment(message, help)
}

/// A path below the site's folder, as a person writes it.
fn shown(folder: &Path, path: &str) -> String {
    if folder == Path::new(".") { path.to_owned() } else { folder.join(path).display().to_string() }
}

/// What is said in the end: the files, and what to do next.
fn said(folder: &Path, files: &[NewFile], kept: &[&str], told: &Told) -> String {
    let mut out = format!("{}\n", told.made);
    for file in files.iter().filter(|file| !kept.contains(&file.path)) {
        out.push_str(&format!("  {}\n", shown(folder, file.path)));
    }
    for path in kept {
        out.push_str(&format!("left as it was: {}\n", shown(folder, path)));
    }
    for line in &told.next {
        out.push_str(&format!("{line}\n"));
    }
    out
}

/// What a person is told beside the names of files.
struct Told {
    /// What was made.
    made: String,
    /// What to do next, a line each.
    next: Vec<String>,
}

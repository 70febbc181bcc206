//! Mail as files in a folder, for trying it out.

use std::fs;
use std::future::Future;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::intake::outbox::Letter;
use crate::intake::retry::{Ending, Phase, Said};

/// Writes a mail as `REFERENCE.v1.eml`. It appears whole or not at all; a repeat takes the place of the first.
pub(super) async fn write(folder: &Path, letter: &Letter, before_dot: impl Future<Output = bool>) -> Ending {
    let (path, bytes) = (folder.join(name(letter)), letter.bytes.clone());
    if !before_dot.await {
        return Ending::Stopped;
    }
    let shown = folder.display().to_string();
    match tokio::task::spawn_blocking(move || replace(&path, &bytes)).await {
        Ok(Ok(())) => Ending::Sent { reply: format!("written to {shown}") },
        Ok(Err(error)) => not_now(format!("{shown} cannot be written to: {error}")),
        Err(_) => not_now(format!("{shown} was not written to: the program stops")),
    }
}

fn not_now(why: String) -> Ending {
    Ending::NotNow { phase: Phase::Connect, why, said: Said::Nothing }
}

/// The Message-ID's left part, of which nothing but letters, digits, `-` and `.` is kept.
fn name(letter: &Letter) -> String {
    let left = letter.message_id.trim_start_matches('<').split('@').next().unwrap_or_default();
    let kept: String = left.chars().map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' }).collect();
    format!("{}.eml", kept.trim_start_matches('.'))
}

fn replace(path: &PathBuf, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let temporary = path.with_extension("eml.tmp");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        // A mail holds what the store holds, which its owner alone can read.
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

//! A file for what finds no room in memory. Nobody else sees it: it has no name, and is gone with the process.

use std::fs::{self, File, OpenOptions};
use std::io;
#[cfg(unix)]
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// The file; none where it cannot be made, and none any more once it could not be written, so that it takes no space from the output.
pub(crate) struct Spill {
    file: RwLock<Option<File>>,
    end: AtomicU64,
}

impl Spill {
    /// Makes the file in a folder, which need not be there.
    pub(crate) fn make(folder: &Path) -> Self {
        Self { file: RwLock::new(make(folder).ok()), end: AtomicU64::new(0) }
    }

    /// Adds texts, one behind the other. Returns where they begin. Threads do not wait for each other: each has its own part of the file.
    ///
    /// # Errors
    /// The file cannot be written, or could not be before.
    pub(crate) fn put(&self, texts: &[&str]) -> io::Result<u64> {
        let from = self.end.fetch_add(texts.iter().map(|text| text.len() as u64).sum(), Ordering::Relaxed);
        let put = self.with(|file| {
            texts.iter().try_fold(from, |at, text| file.write_all_at(text.as_bytes(), at).map(|()| at + text.len() as u64))
        });
        if put.is_err() {
            *self.file.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        put.map(|_| from)
    }

    /// So many bytes from a place on.
    ///
    /// # Errors
    /// The file cannot be read, or not any more.
    pub(crate) fn take(&self, from: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.with(|file| file.read_exact_at(&mut bytes, from))?;
        Ok(bytes)
    }

    fn with<T>(&self, work: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
        let file = self.file.read().unwrap_or_else(PoisonError::into_inner);
        work(file.as_ref().ok_or(io::ErrorKind::NotFound)?)
    }
}

fn make(folder: &Path) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let name = folder.join(format!("text-{}", std::process::id()));
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(&name)?;
    fs::remove_file(&name)?;
    Ok(file)
}

/// Where a file has no place of its own for each thread, nothing is put into it, and pages that find no room are read again.
#[cfg(not(unix))]
trait FileExt {
    fn write_all_at(&self, _: &[u8], _: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn read_exact_at(&self, _: &mut [u8], _: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(not(unix))]
impl FileExt for File {}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_gets_its_space_back() {
        let folder = tempfile::tempdir().unwrap();
        let spill = Spill::make(folder.path());
        assert_eq!(spill.put(&["one", "two"]).unwrap(), 0);
        assert_eq!(spill.take(3, 3).unwrap(), b"two");
        *spill.file.write().unwrap() = OpenOptions::new().read(true).write(true).open("/dev/full").ok();
        assert_eq!(spill.put(&["three"]).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(spill.file.read().unwrap().is_none() && spill.take(0, 3).is_err() && spill.put(&["x"]).is_err());
    }
}

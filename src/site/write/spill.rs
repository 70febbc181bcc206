//! A file for what finds no room in memory. Nobody else sees it: it has no name, and is gone with the process.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The file; none where it cannot be made, and none any more once it could not be written, so that it takes no space from the output.
pub(crate) struct Spill(Mutex<Option<Open>>);

struct Open {
    file: File,
    end: u64,
}

impl Spill {
    /// Makes the file in a folder, which need not be there.
    pub(crate) fn make(folder: &Path) -> Self {
        Self(Mutex::new(Open::make(folder).ok()))
    }

    /// Adds texts, one behind the other. Returns where they begin.
    ///
    /// # Errors
    /// The file cannot be written, or could not be before.
    pub(crate) fn put<'t>(&self, texts: impl Iterator<Item = &'t str>) -> io::Result<u64> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let put = place.as_mut().ok_or(io::ErrorKind::NotFound)?.put(texts);
        if put.is_err() {
            *place = None;
        }
        put
    }

    /// So many bytes from a place on.
    ///
    /// # Errors
    /// The file cannot be read, or not any more.
    pub(crate) fn take(&self, from: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let file = &mut place.as_mut().ok_or(io::ErrorKind::NotFound)?.file;
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::with_capacity(length);
        file.take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Open {
    fn make(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let name = folder.join(format!("text-{}", std::process::id()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&name)?;
        fs::remove_file(&name)?;
        Ok(Self { file, end: 0 })
    }

    fn put<'t>(&mut self, texts: impl Iterator<Item = &'t str>) -> io::Result<u64> {
        let from = self.file.seek(SeekFrom::Start(self.end))?;
        for text in texts {
            self.file.write_all(text.as_bytes())?;
            self.end += text.len() as u64;
        }
        Ok(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_gets_its_space_back() {
        let folder = tempfile::tempdir().unwrap();
        let spill = Spill::make(folder.path());
        assert_eq!(spill.put(["one", "two"].into_iter()).unwrap(), 0);
        assert_eq!(spill.take(3, 3).unwrap(), b"two");
        spill.0.lock().unwrap().as_mut().unwrap().file = OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
        assert_eq!(spill.put(["three"].into_iter()).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(spill.0.lock().unwrap().is_none() && spill.take(0, 3).is_err() && spill.put(["x"].into_iter()).is_err());
    }
}

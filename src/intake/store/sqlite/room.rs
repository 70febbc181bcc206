//! How much of the disk may be written to.

use std::path::{Path, PathBuf};

use super::super::error::StoreError;

/// The disk on which a database stands, and how many bytes of it are kept in reserve for requests.
#[derive(Debug, Clone)]
pub(super) struct Room {
    file: PathBuf,
    reserve: u64,
}

impl Room {
    pub(super) fn new(file: PathBuf, reserve: u64) -> Self {
        Self { file, reserve }
    }

    /// That the reserve is free.
    pub(super) fn has_reserve(&self) -> Result<(), StoreError> {
        let (free, reserve) = (free(&self.file)?, self.reserve);
        if free >= reserve {
            return Ok(());
        }
        Err(StoreError::Unavailable(format!("{free} bytes are free on the disk, and {reserve} are kept in reserve")))
    }

    /// That a wipe may write so many bytes, and the reserve is still free.
    pub(super) fn has_for_wipe(&self, needed: u64) -> Result<(), StoreError> {
        let free = free(&self.file)?.saturating_sub(self.reserve);
        if free >= needed { Ok(()) } else { Err(StoreError::NoRoomToWipe { needed, free }) }
    }
}

fn free(file: &Path) -> Result<u64, StoreError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let disk = rustix::fs::statvfs(folder).map_err(|error| StoreError::Unavailable(format!("{}: {error}", folder.display())))?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

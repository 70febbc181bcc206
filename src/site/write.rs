//! The output folder. An edge: the only place of the press that writes.
//!
//! A new file is written directly, a changed one beside its old self and renamed, an equal one not at all. `OUT/.madoguchi` lists every file
//! with its digest: the proof that the folder is ours, and the only files that are ever removed.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, IoSlice, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::UNIX_EPOCH;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::source::Digest;
use crate::vpath::OutputPath;

pub(crate) mod spill;

/// The name of the list of all files, in the output folder.
pub const MANIFEST: &str = ".madoguchi";
const COMPLETE: &str = "madoguchi output 1, complete";
const INCOMPLETE: &str = "madoguchi output 1, incomplete";

/// Why the output could not be written.
#[derive(Debug)]
pub enum WriteError {
    /// The folder holds files, and none of them says that a build made it.
    NotOurs(PathBuf),
    /// The folder is, or holds, the site's own.
    HoldsSite(PathBuf),
    /// A folder of the output is a symbolic link or a file, so that writing would leave the output folder.
    NotAFolder(PathBuf),
    /// A file or folder could not be read, written or removed.
    Io(PathBuf, io::Error),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs(path) => write!(f, "{}: the folder is not empty, and no build made it", path.display()),
            Self::HoldsSite(path) => {
                write!(f, "{}: the folder holds what the site is made from, and would be written over", path.display())
            }
            Self::NotAFolder(path) => write!(f, "{}: this is no folder; nothing is written through it", path.display()),
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for WriteError {}

/// When and how large a file was when it was written: what tells without reading that it is still the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) len: u64,
    /// Nanoseconds since 1970.
    pub(crate) modified: u128,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self { len: metadata.len(), modified: modified.map_or(0, |since| since.as_nanos()) }
    }
}

/// The files of an output folder, as its manifest or the cache has them.
pub(crate) type Stamps = FxHashMap<OutputPath, Stamp>;

/// An output folder being written.
pub(crate) struct Output {
    root: PathBuf,
    before: BTreeMap<OutputPath, Digest>,
    /// What the cache knows of files written before; without it, files are compared by reading them.
    stamps: Stamps,
    /// The folder was empty, so that nothing needs to be compared.
    fresh: bool,
    /// The build before this one did not come to its end.
    interrupted: bool,
    folders: RwLock<FxHashSet<String>>,
    written: Mutex<Vec<(OutputPath, Digest, Stamp)>>,
    changed: AtomicUsize,
}

/// What a build did to the output folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// All files of the site.
    pub files: usize,
    /// Those that were new or different.
    pub changed: usize,
    /// Those of an earlier build that were removed.
    pub removed: usize,
}

impl Output {
    /// Takes an output folder, which is made if it does not exist.
    ///
    /// The files that are going to be written are named before they are, so that what a killed build leaves is known to be ours.
    pub(crate) fn open(root: &Path, stamps: Stamps, planned: impl IntoIterator<Item = OutputPath>) -> Result<Self, WriteError> {
        let failed = |error| WriteError::Io(root.to_owned(), error);
        fs::create_dir_all(root).map_err(failed)?;
        let root = fs::canonicalize(root).map_err(failed)?;
        let manifest = read_manifest(&root)?;
        let empty = manifest.is_none() && fs::read_dir(&root).map_err(failed)?.next().is_none();
        if manifest.is_none() && !empty {
            return Err(WriteError::NotOurs(root));
        }
        let (complete, before) = manifest.unwrap_or((true, BTreeMap::new()));
        let output = Self {
            root,
            before,
            stamps,
            fresh: empty,
            interrupted: !complete,
            folders: RwLock::default(),
            written: Mutex::default(),
            changed: AtomicUsize::new(0),
        };
        let (new, unwritten) = (planned.into_iter().filter(|path| !output.before.contains_key(path)), Digest([0; 16]));
        let new: Vec<OutputPath> = new.collect();
        output.write_manifest(INCOMPLETE, output.before.iter().chain(new.iter().map(|path| (path, &unwritten))))?;
        Ok(output)
    }

    /// Puts a file into the folder, whose bytes stand in pieces.
    pub(crate) fn put(&self, path: &OutputPath, pieces: &[&[u8]]) -> Result<(), WriteError> {
        let digest = Digest::of_pieces(pieces);
        let file = self.root.join(path.as_str());
        let stamp = match self.kept(path, &file, pieces, digest) {
            Some(stamp) => stamp,
            None => {
                self.make_folder(path)?;
                self.changed.fetch_add(1, Ordering::Relaxed);
                let written = if self.fresh { write_new(&file, pieces) } else { replace(&file, pieces) };
                written.map_err(|error| WriteError::Io(file, error))?
            }
        };
        self.written.lock().unwrap_or_else(PoisonError::into_inner).push((path.clone(), digest, stamp));
        Ok(())
    }

    /// The stamp of a file that already holds these bytes.
    fn kept(&self, path: &OutputPath, file: &Path, pieces: &[&[u8]], digest: Digest) -> Option<Stamp> {
        if self.fresh {
            return None;
        }
        let metadata = fs::symlink_metadata(file).ok().filter(Metadata::is_file)?;
        let stamp = Stamp::of(&metadata);
        if stamp.len != pieces.iter().map(|piece| piece.len() as u64).sum::<u64>() {
            return None;
        }
        let known = self.before.get(path) == Some(&digest) && self.stamps.get(path) == Some(&stamp);
        (known || fs::read(file).is_ok_and(|old| is_joined(&old, pieces))).then_some(stamp)
    }

    /// Makes the folder of a file, and refuses to go through anything that is no folder.
    fn make_folder(&self, path: &OutputPath) -> Result<(), WriteError> {
        let Some((folder, _)) = path.as_str().rsplit_once('/') else { return Ok(()) };
        if self.folders.read().unwrap_or_else(PoisonError::into_inner).contains(folder) {
            return Ok(());
        }
        let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
        for part in ends.map(|end| &folder[..end]) {
            if self.folders.read().unwrap_or_else(PoisonError::into_inner).contains(part) {
                continue;
            }
            let full = self.root.join(part);
            match fs::create_dir(&full) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if !fs::symlink_metadata(&full).is_ok_and(|m| m.is_dir()) {
                        return Err(WriteError::NotAFolder(full));
                    }
                }
                Err(error) => return Err(WriteError::Io(full, error)),
                Ok(()) => {}
            }
            self.folders.write().unwrap_or_else(PoisonError::into_inner).insert(part.to_owned());
        }
        Ok(())
    }

    /// The stamps of all files that were put into the folder.
    pub(crate) fn stamps(&self) -> Stamps {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.iter().map(|(path, _, stamp)| (path.clone(), *stamp)).collect()
    }

    /// Removes what earlier builds wrote and this one did not, and writes the manifest.
    pub(crate) fn finish(self) -> Result<Written, WriteError> {
        let written = std::mem::take(&mut *self.written.lock().unwrap_or_else(PoisonError::into_inner));
        let now: BTreeMap<OutputPath, Digest> = written.into_iter().map(|(path, digest, _)| (path, digest)).collect();
        let mut removed = 0;
        for path in self.before.keys().filter(|path| !now.contains_key(*path)) {
            removed += usize::from(self.remove(path)?);
        }
        if self.interrupted {
            let unfinished = self.before.keys().chain(now.keys()).filter(|path| !self.leads_outside(path));
            // Nearly none of them exists.
            unfinished.for_each(|path| drop(fs::remove_file(beside(&self.root.join(path.as_str())))));
        }
        self.write_manifest(COMPLETE, now.iter())?;
        Ok(Written { files: now.len(), changed: self.changed.load(Ordering::Relaxed), removed })
    }

    /// Leaves the folder as it is after a failure: the manifest names what stands there, and says that it is not all.
    pub(crate) fn abandon(self) {
        let written = std::mem::take(&mut *self.written.lock().unwrap_or_else(PoisonError::into_inner));
        let mut all = self.before.clone();
        all.extend(written.into_iter().map(|(path, digest, _)| (path, digest)));
        // The failure that led here is the one to report; a manifest that cannot be written now still says «incomplete».
        let _ = self.write_manifest(INCOMPLETE, all.iter());
    }

    fn remove(&self, path: &OutputPath) -> Result<bool, WriteError> {
        let file = self.root.join(path.as_str());
        if self.leads_outside(path) {
            return Ok(false);
        }
        match fs::remove_file(&file) {
            Ok(()) => {}
            // A list that was cut off may end in the name of a folder; only files are listed.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::IsADirectory) => return Ok(false),
            Err(error) => return Err(WriteError::Io(file, error)),
        }
        let mut folder = file.parent();
        while let Some(empty) = folder.filter(|folder| **folder != self.root && fs::remove_dir(folder).is_ok()) {
            folder = empty.parent();
        }
        Ok(true)
    }

    /// Whether a folder on the way has become a symbolic link.
    fn leads_outside(&self, path: &OutputPath) -> bool {
        let folders = path.as_str().match_indices('/').map(|(at, _)| self.root.join(&path.as_str()[..at]));
        folders.into_iter().any(|folder| fs::symlink_metadata(folder).is_ok_and(|m| m.file_type().is_symlink()))
    }

    fn write_manifest<'f>(
        &self,
        head: &str,
        files: impl Iterator<Item = (&'f OutputPath, &'f Digest)>,
    ) -> Result<(), WriteError> {
        let mut text = String::with_capacity(64 + files.size_hint().0 * 80);
        text.push_str(head);
        text.push('\n');
        for (path, digest) in files {
            digest.hex_into(&mut text);
            text.push(' ');
            text.push_str(path.as_str());
            text.push('\n');
        }
        let file = self.root.join(MANIFEST);
        replace(&file, &[text.as_bytes()]).map(|_| ()).map_err(|error| WriteError::Io(file, error))
    }
}

fn write_new(file: &Path, pieces: &[&[u8]]) -> io::Result<Stamp> {
    let mut handle = OpenOptions::new().write(true).create_new(true).open(file)?;
    let written = write_pieces(&mut handle, pieces).and_then(|()| handle.metadata());
    if written.is_err() {
        // Half a file must not be taken for a page.
        let _ = fs::remove_file(file);
    }
    written.map(|metadata| Stamp::of(&metadata))
}

/// Writes all pieces, in one call if the system takes them.
fn write_pieces(file: &mut File, pieces: &[&[u8]]) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
    let mut rest = slices.as_mut_slice();
    // An empty piece at the start would look like a file that takes no more.
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        match file.write_vectored(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether bytes are the pieces, one behind the other.
fn is_joined(bytes: &[u8], pieces: &[&[u8]]) -> bool {
    let rest = pieces.iter().try_fold(bytes, |rest, piece| rest.strip_prefix(*piece));
    rest.is_some_and(<[u8]>::is_empty)
}

/// Where a file is written that is to take the place of another.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".madoguchi-new");
    file.with_file_name(name)
}

fn replace(file: &Path, pieces: &[&[u8]]) -> io::Result<Stamp> {
    let beside = beside(file);
    let made = create_beside(&beside).and_then(|mut handle| {
        write_pieces(&mut handle, pieces)?;
        handle.metadata()
    });
    let moved = made.and_then(|metadata| fs::rename(&beside, file).map(|()| Stamp::of(&metadata)));
    if moved.is_err() {
        let _ = fs::remove_file(&beside);
    }
    moved
}

/// Makes a file that does not exist. What stands in its place is left of a build that was killed, or a link that leads elsewhere.
fn create_beside(file: &Path) -> io::Result<File> {
    let create = || OpenOptions::new().write(true).create_new(true).open(file);
    match create() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::remove_file(file).and_then(|()| create()),
        made => made,
    }
}

/// Refuses an output folder that is, or holds, one of the folders that the site is made from.
///
/// # Errors
/// [`WriteError::HoldsSite`].
pub(crate) fn keeps_clear_of(out: &Path, folders: &[&Path]) -> Result<(), WriteError> {
    // A folder that does not exist yet holds nothing.
    let Ok(out) = fs::canonicalize(out) else { return Ok(()) };
    let holds = |folder: &&Path| fs::canonicalize(folder).is_ok_and(|folder| folder.starts_with(&out));
    if folders.iter().any(holds) { Err(WriteError::HoldsSite(out)) } else { Ok(()) }
}

type Manifest = (bool, BTreeMap<OutputPath, Digest>);

/// The manifest of a folder, and whether it says that the output is complete; `None` where there is none.
fn read_manifest(root: &Path) -> Result<Option<Manifest>, WriteError> {
    let file = root.join(MANIFEST);
    let bytes = match fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(WriteError::Io(file, error)),
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines();
    let complete = lines.next() == Some(COMPLETE);
    let entries = lines.filter_map(|line| {
        let (digest, path) = line.split_once(' ')?;
        let mut bytes = [0; 16];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digest.get(2 * index..2 * index + 2)?, 16).ok()?;
        }
        Some((OutputPath::parse(path).ok()?, Digest(bytes)))
    });
    Ok(Some((complete, entries.collect())))
}

/// Whether a folder holds a complete output of which every file still has its stamp.
pub(crate) fn is_as_stamped(root: &Path, stamps: &Stamps) -> bool {
    let Ok(Some((true, files))) = read_manifest(root) else { return false };
    let same = |path: &OutputPath| {
        let now = fs::symlink_metadata(root.join(path.as_str())).ok().filter(Metadata::is_file);
        now.is_some_and(|metadata| stamps.get(path) == Some(&Stamp::of(&metadata)))
    };
    files.len() == stamps.len() && files.keys().all(same)
}

/// Writes a file of the site's own cache, with the two folders above it. Neither may be a link: content of others could hold one that
/// leads anywhere.
pub(crate) fn keep(file: &Path, pieces: &[&[u8]]) -> io::Result<()> {
    if file.ancestors().skip(1).take(2).any(Path::is_symlink) {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    file.parent().map_or(Ok(()), fs::create_dir_all)?;
    replace(file, pieces).map(|_| ())
}

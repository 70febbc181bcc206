//! Which files have changed: from the system's events, or by looking at them again and again.
//!
//! On Linux a folder is watched with each folder below it (inotify knows no others), so that what never matters can be left out: output
//! folders, `.git`, `node_modules`, caches. Elsewhere the system watches a whole tree.

mod poll;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecursiveMode};

use crate::site::discover;
use crate::site::live::Changes;
use poll::Poll;

/// After an event the changes that follow within this time are taken with it.
const QUIET: Duration = Duration::from_millis(1);
/// But not longer than this after the first.
const MOST: Duration = Duration::from_millis(5);
/// How deep folders may be nested: a stop for symbolic links that lead in a circle.
const DEEPEST: usize = 64;

/// Whether each folder is watched by itself.
const EACH_FOLDER: bool = cfg!(target_os = "linux");

/// Why files cannot be watched.
#[derive(Debug)]
pub struct WatchError {
    /// What, in a sentence without its full stop.
    pub message: String,
    /// What to do next.
    pub help: String,
}

impl fmt::Display for WatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WatchError {}

/// What a site is made from, to be watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// Folders with all that is in them.
    pub folders: Vec<PathBuf>,
    /// A folder of which only its own entries matter.
    pub root: PathBuf,
    /// Folders that are left out, with all that is in them.
    pub without: Vec<PathBuf>,
}

impl Sources {
    /// Whether a folder is left out.
    fn leaves_out(&self, folder: &Path) -> bool {
        discover::leaves_out(folder) || self.without.iter().any(|without| folder.starts_with(without))
    }

    /// The folders to be watched by themselves.
    fn all(&self) -> Vec<PathBuf> {
        let mut all = vec![self.root.clone()];
        for folder in &self.folders {
            // A folder that is not there yet may come with the one that it stands in.
            let above = folder.ancestors().skip(1).take_while(|above| above.starts_with(&self.root));
            all.extend(above.map(Path::to_owned));
            if folder.is_dir() {
                self.below(folder, 0, &mut all);
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// A folder and those below it, symbolic links followed: a file's link is watched by the folder that the file stands in.
    fn below(&self, folder: &Path, depth: usize, all: &mut Vec<PathBuf>) {
        all.push(folder.to_owned());
        let Ok(entries) = fs::read_dir(folder) else { return };
        for path in
            entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_file())).map(|entry| entry.path())
        {
            if depth < DEEPEST && path.is_dir() && !self.leaves_out(&path) {
                self.below(&path, depth + 1, all);
            }
            all.extend(self.behind(&path));
        }
    }

    /// The folder with the file that a symbolic link leads to; that must stand in the site's folder, as for who lists the content.
    fn behind(&self, link: &Path) -> Option<PathBuf> {
        let file = fs::canonicalize(link).ok().filter(|file| link.is_symlink() && file.is_file())?;
        let folder = file.parent()?;
        folder.starts_with(fs::canonicalize(&self.root).ok()?).then(|| folder.to_owned())
    }

    /// Whether a path stands in a folder that is watched with all that is in it.
    fn holds(&self, path: &Path) -> bool {
        self.folders.iter().any(|folder| path.starts_with(folder))
    }
}

/// Watches files.
pub struct Watch {
    sources: Sources,
    by: By,
    events: Receiver<notify::Result<Event>>,
}

enum By {
    Events(notify::RecommendedWatcher),
    Looking(Poll),
}

impl Watch {
    /// Begins to watch; by looking at the files if `poll`.
    ///
    /// # Errors
    /// The system gives no events for all folders.
    pub fn start(sources: Sources, poll: bool) -> Result<Self, WatchError> {
        let (sender, events) = mpsc::channel();
        let by = if poll { By::Looking(Poll::new(&sources)) } else { By::Events(backend(sender)?) };
        let mut watch = Self { sources, by, events };
        watch.all()?;
        Ok(watch)
    }

    /// Watches what the site is made from now.
    ///
    /// # Errors
    /// As [`Watch::start`].
    pub fn follow(&mut self, sources: Sources) -> Result<(), WatchError> {
        if self.sources == sources {
            return Ok(());
        }
        self.sources = sources;
        self.all()
    }

    fn all(&mut self) -> Result<(), WatchError> {
        let all = if EACH_FOLDER { self.sources.all() } else { Vec::new() };
        let By::Events(backend) = &mut self.by else { return Ok(()) };
        if !EACH_FOLDER {
            watch(backend, &self.sources.root, RecursiveMode::NonRecursive)?;
            return self
                .sources
                .folders
                .iter()
                .filter(|folder| folder.is_dir())
                .try_for_each(|folder| watch(backend, folder, RecursiveMode::Recursive));
        }
        all.iter().filter(|folder| folder.is_dir()).try_for_each(|folder| watch(backend, folder, RecursiveMode::NonRecursive))
    }

    /// Waits for changes, at most for a time; `None` if there were none.
    pub fn wait(&mut self, most: Duration) -> Option<Changes> {
        if let By::Looking(poll) = &mut self.by {
            return poll.wait(&self.sources, most);
        }
        let end = Instant::now() + most;
        loop {
            let first = match self.events.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(first) => first,
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => {
                    std::thread::sleep(end.saturating_duration_since(Instant::now()));
                    return None;
                }
            };
            let mut gathered = Gathered::default();
            gathered.add(first);
            if gathered.is_empty() {
                continue;
            }
            let deadline = Instant::now() + MOST;
            while let Ok(next) = self.events.recv_timeout(QUIET.min(deadline.saturating_duration_since(Instant::now()))) {
                gathered.add(next);
            }
            return Some(self.changes(gathered));
        }
    }

    /// Folders that have come are watched as well.
    fn changes(&mut self, gathered: Gathered) -> Changes {
        if gathered.lost {
            // Which folders have come since is not known either. What cannot be watched was said at the start.
            let _ = self.all();
            return Changes::All;
        }
        let is_above = |path: &PathBuf| self.sources.folders.iter().any(|folder| folder.starts_with(path));
        if gathered.paths.iter().any(is_above) {
            let _ = self.all();
        }
        if let (By::Events(backend), true) = (&mut self.by, EACH_FOLDER) {
            let mut fresh = Vec::new();
            for path in gathered.paths.iter().filter(|path| self.sources.holds(path)) {
                if path.is_dir() && !self.sources.leaves_out(path) {
                    self.sources.below(path, 0, &mut fresh);
                }
                fresh.extend(self.sources.behind(path));
            }
            for folder in fresh {
                let _ = watch(backend, &folder, RecursiveMode::NonRecursive);
            }
        }
        Changes::Paths(gathered.paths.into_iter().collect())
    }
}

/// What events have named.
#[derive(Default)]
struct Gathered {
    paths: BTreeSet<PathBuf>,
    /// Events were lost.
    lost: bool,
}

impl Gathered {
    fn add(&mut self, event: notify::Result<Event>) {
        match event {
            Ok(event) if event.need_rescan() => self.lost = true,
            Ok(event) if matters(&event.kind) => self.paths.extend(event.paths),
            Ok(_) => {}
            Err(_) => self.lost = true,
        }
    }

    fn is_empty(&self) -> bool {
        !self.lost && self.paths.is_empty()
    }
}

/// Whether an event may mean that something has changed: not, that a file was opened or read.
fn matters(kind: &EventKind) -> bool {
    match kind {
        EventKind::Access(access) => *access == AccessKind::Close(AccessMode::Write),
        EventKind::Modify(ModifyKind::Metadata(what)) => *what != notify::event::MetadataKind::AccessTime,
        _ => true,
    }
}

fn backend(sender: Sender<notify::Result<Event>>) -> Result<notify::RecommendedWatcher, WatchError> {
    notify::recommended_watcher(sender).map_err(|error| explained(&error, None))
}

fn watch(backend: &mut notify::RecommendedWatcher, folder: &Path, mode: RecursiveMode) -> Result<(), WatchError> {
    match notify::Watcher::watch(backend, folder, mode) {
        // A folder that has gone meanwhile is none to be watched.
        Err(error) if matches!(error.kind, notify::ErrorKind::PathNotFound) || !folder.exists() => Ok(()),
        watched => watched.map_err(|error| explained(&error, Some(folder))),
    }
}

/// What is wrong, and the cure.
fn explained(error: &notify::Error, folder: Option<&Path>) -> WatchError {
    let place = folder.map(|folder| format!("{}: ", folder.display())).unwrap_or_default();
    let is = |code: i32| matches!(&error.kind, notify::ErrorKind::Io(why) if why.raw_os_error() == Some(code));
    // ENOSPC of inotify_add_watch(2), and EMFILE of inotify_init(2).
    if matches!(error.kind, notify::ErrorKind::MaxFilesWatch) || (cfg!(target_os = "linux") && is(28)) {
        return WatchError {
            message: format!("{place}the system watches no more folders for this user"),
            help: "raise the limit with `sudo sysctl fs.inotify.max_user_watches=524288`, or serve with `--poll`".into(),
        };
    }
    if cfg!(target_os = "linux") && is(24) {
        return WatchError {
            message: format!("{place}the system has no more watchers for this user"),
            help: "raise the limit with `sudo sysctl fs.inotify.max_user_instances=1024`, or serve with `--poll`".into(),
        };
    }
    WatchError { message: format!("{place}files cannot be watched: {error}"), help: "serve with `--poll`".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_the_content_may_be_made_from_is_watched_and_nothing_else() {
        use std::os::unix::fs::symlink;
        let (site, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = fs::canonicalize(site.path()).unwrap();
        for folder in ["content/target", "content/made", "content/.git", "shared/deep", "var"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        for file in ["content/made/CACHEDIR.TAG", "shared/deep/a.md"] {
            fs::write(root.join(file), "").unwrap();
        }
        fs::write(elsewhere.path().join("b.md"), "").unwrap();
        symlink("../shared/deep/a.md", root.join("content/a.md")).unwrap();
        symlink(elsewhere.path().join("b.md"), root.join("content/b.md")).unwrap();
        let sources = Sources { folders: vec![root.join("content")], root: root.clone(), without: Vec::new() };
        let watched: Vec<PathBuf> = sources.all().iter().map(|path| path.strip_prefix(&root).unwrap().to_owned()).collect();
        assert_eq!(watched, ["", "content", "content/target", "shared/deep"].map(PathBuf::from));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_limit_of_the_system_is_told_with_its_cure() {
        let folder = Path::new("/site/content");
        let of = |code| explained(&notify::Error::io(std::io::Error::from_raw_os_error(code)), Some(folder));
        let error = explained(&notify::Error::new(notify::ErrorKind::MaxFilesWatch), Some(folder));
        assert!(error.message.starts_with("/site/content: ") && error.help.contains("fs.inotify.max_user_watches"), "{error:?}");
        assert!(of(28).help.contains("fs.inotify.max_user_watches") && of(24).help.contains("fs.inotify.max_user_instances"));
        assert!(of(13).help.contains("--poll"));
    }
}

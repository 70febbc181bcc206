//! Where a file system tells nothing: looking at all files again and again.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use super::Sources;
use crate::site::live::Changes;

/// The time between two looks; longer where a look takes long, so that at most a tenth of the time is spent on it.
const PAUSE: Duration = Duration::from_millis(200);

type Stamp = (u64, Option<SystemTime>);

/// What files were like when they were last looked at.
pub(super) struct Poll {
    seen: BTreeMap<PathBuf, Stamp>,
    next: Instant,
}

impl Poll {
    pub(super) fn new(sources: &Sources) -> Self {
        Self { seen: look(sources), next: Instant::now() + PAUSE }
    }

    /// Waits for changes, at most for a time.
    pub(super) fn wait(&mut self, sources: &Sources, most: Duration) -> Option<Changes> {
        let end = Instant::now() + most;
        loop {
            let until = self.next.min(end);
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
            if Instant::now() < self.next {
                return None;
            }
            let began = Instant::now();
            let now = look(sources);
            self.next = Instant::now() + PAUSE.max(began.elapsed() * 9);
            let differs = |(path, stamp): &(&PathBuf, &Stamp), other: &BTreeMap<PathBuf, Stamp>| other.get(*path) != Some(*stamp);
            let came = now.iter().filter(|seen| differs(seen, &self.seen)).map(|(path, _)| path.clone());
            let gone = self.seen.keys().filter(|path| !now.contains_key(*path)).cloned();
            let paths: Vec<PathBuf> = came.chain(gone).collect();
            self.seen = now;
            if !paths.is_empty() {
                return Some(Changes::Paths(paths));
            }
            if Instant::now() >= end {
                return None;
            }
        }
    }
}

/// Every file below what is watched, and of folders that they are there.
fn look(sources: &Sources) -> BTreeMap<PathBuf, Stamp> {
    let mut seen = BTreeMap::new();
    for folder in sources.all() {
        for path in fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let stamp = match fs::metadata(&path) {
                Ok(data) if data.is_dir() => (0, None),
                Ok(data) => (data.len(), data.modified().ok()),
                Err(_) => continue,
            };
            seen.insert(path, stamp);
        }
    }
    seen
}

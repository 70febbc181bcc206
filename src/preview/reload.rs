//! Keeps a live site up to date with its files: one thread that hears of changes, makes the site anew from them, counts revisions, and, when
//! nothing happens, finds what is wrong.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::watch::{Sources, Watch, WatchError};
use crate::diag::Severity;
use crate::shutdown::Shutdown;
use crate::site::live::{Audit, Auditor, Configure, Faults, Findings, Live, LiveError};

/// How long nothing must happen before what is wrong is looked for.
const PAUSE: Duration = Duration::from_millis(25);
/// How long a wait for changes takes at most, so that the end of the process is seen.
const TURN: Duration = Duration::from_millis(250);

/// A state of the site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Revision {
    /// Its number; only grows. 0 stands for a site that was not read yet.
    pub number: u64,
    /// How many errors are known.
    pub errors: usize,
    /// How many warnings are known.
    pub warnings: usize,
}

/// The site that all parts of the preview share.
pub struct Shared {
    live: OnceLock<RwLock<Live>>,
    findings: RwLock<Arc<Findings>>,
    revision: watch::Sender<Revision>,
    /// Tells one run of the server from another.
    pub session: String,
}

/// Hears what the keeper of the site has to tell.
pub trait Listener: Send + Sync {
    /// What is wrong is known, or is known to be something else.
    fn findings(&self, live: &Live, findings: &Findings);
    /// Files cannot be watched any more.
    fn unwatched(&self, error: &WatchError);
}

impl Default for Shared {
    fn default() -> Self {
        let session = RandomState::new().build_hasher().finish();
        let (revision, _) = watch::channel(Revision::default());
        Self { live: OnceLock::new(), findings: RwLock::default(), revision, session: format!("{session:016x}") }
    }
}

impl Shared {
    /// The site, once it was read.
    pub fn live(&self) -> Option<RwLockReadGuard<'_, Live>> {
        self.live.get().map(|live| live.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is wrong, as far as it is known.
    pub fn findings(&self) -> Arc<Findings> {
        Arc::clone(&self.findings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The revisions, as they come.
    pub fn revisions(&self) -> watch::Receiver<Revision> {
        self.revision.subscribe()
    }

    /// The revision that is shown now.
    pub fn revision(&self) -> Revision {
        *self.revision.borrow()
    }

    /// Counts a revision, with what is known to be wrong.
    fn count(&self) {
        let faults = self.live().map(|live| live.faults().clone()).unwrap_or_default();
        let (errors, warnings) = sums(&self.findings(), &faults);
        self.revision.send_modify(|revision| *revision = Revision { number: revision.number + 1, errors, warnings });
    }
}

/// How many errors and warnings there are.
fn sums(findings: &Findings, faults: &Faults) -> (usize, usize) {
    let errors = findings.diagnostics.iter().filter(|d| d.code.severity() == Severity::Error).count();
    let more = [faults.config.is_some(), faults.theme.is_some(), findings.template.is_some()];
    let warnings = findings.diagnostics.len() - errors;
    (errors + more.into_iter().filter(|fault| *fault).count(), warnings)
}

/// What a keeper needs.
pub struct Keeper {
    /// The site that others see.
    pub shared: Arc<Shared>,
    /// Who hears what is wrong.
    pub listener: Arc<dyn Listener>,
    /// Watches the sources already, so that nothing is missed while they are read.
    pub watch: Watch,
    /// When to end.
    pub shutdown: Shutdown,
}

impl Keeper {
    /// Reads the site, and keeps it up to date until the process is to end.
    ///
    /// # Errors
    /// The site cannot be read at all.
    pub fn run(mut self, configure: Box<Configure>) -> Result<(), LiveError> {
        let live = Live::begin(configure)?;
        let shared = Arc::clone(&self.shared);
        let live = shared.live.get_or_init(|| RwLock::new(live));
        shared.count();
        let (mut auditor, mut due, mut quiet, mut faults) = (Auditor::default(), true, Instant::now() + PAUSE, Faults::default());
        while !self.shutdown.is_requested() {
            let reading = live.read().unwrap_or_else(PoisonError::into_inner).is_reading();
            let wait = match () {
                () if reading => Duration::ZERO,
                () if due => quiet.saturating_duration_since(Instant::now()),
                () => TURN,
            };
            if let Some(changes) = self.watch.wait(wait) {
                if live.write().unwrap_or_else(PoisonError::into_inner).refresh(&changes) {
                    shared.count();
                    due = true;
                    self.follow(&live.read().unwrap_or_else(PoisonError::into_inner));
                }
                quiet = Instant::now() + PAUSE;
                continue;
            }
            if reading {
                read_on(live, &shared);
                continue;
            }
            if !due || Instant::now() < quiet {
                continue;
            }
            let audit = auditor.step(&live.read().unwrap_or_else(PoisonError::into_inner));
            if let Audit::Whole(rest) = audit {
                due = false;
                let news = auditor.has_news().then(|| auditor.findings(rest));
                self.tell(news, &mut faults);
            }
        }
        Ok(())
    }

    /// Tells others what is wrong, if it is something else than before; nothing stands for what is known already.
    fn tell(&self, news: Option<Findings>, faults: &mut Faults) {
        let Some(live) = self.shared.live() else { return };
        let known = self.shared.findings();
        let same = news.as_ref().is_none_or(|news| *news == *known) && live.faults() == faults;
        // What is told first tells as well that nothing is wrong.
        let first = self.shared.revision().number <= 1 && news.is_some();
        if same && !first {
            return;
        }
        *faults = live.faults().clone();
        let findings = news.map_or(known, Arc::new);
        self.listener.findings(&live, &findings);
        drop(live);
        *self.shared.findings.write().unwrap_or_else(PoisonError::into_inner) = findings;
        if !same {
            self.shared.count();
        }
    }

    fn follow(&mut self, live: &Live) {
        if let Err(error) = self.watch.follow(sources(live)) {
            self.listener.unwatched(&error);
        }
    }
}

/// Reads some more of the pages that nobody has asked for yet.
fn read_on(live: &RwLock<Live>, shared: &Shared) {
    if live.read().unwrap_or_else(PoisonError::into_inner).read_more() {
        return;
    }
    if live.write().unwrap_or_else(PoisonError::into_inner).complete() {
        shared.count();
    }
    live.read().unwrap_or_else(PoisonError::into_inner).keep();
}

/// What is to be watched of a site.
pub fn sources(live: &Live) -> Sources {
    of_config(live.config())
}

/// The same, before the site was read.
pub fn of_config(config: &crate::config::Config) -> Sources {
    let theme = (config.site.theme != "default").then(|| config.root.join("themes").join(&config.site.theme));
    let folders = std::iter::once(config.content_folder()).chain(theme).collect();
    Sources { folders, root: config.root.clone(), without: vec![config.site.out.clone(), config.root.join("var")] }
}

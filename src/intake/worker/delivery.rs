//! One try of one delivery.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tracing::{error, info, warn};

use super::{Carrier, Clock, Outbox};
use crate::intake::mailer::Carried;
use crate::intake::outbox::{HoldReason, Lease, Millis, Outcome, Purpose};
use crate::intake::retry::{self, Contact, Ending, UNKNOWN_WAIT};
use crate::telemetry::Alarm;

/// How often our own code may fail on a delivery before a person must look at it.
const MOST_PANICS: u32 = 3;
/// How long it waits before it tells the store the same thing again.
const PAUSE: Duration = Duration::from_millis(500);

/// A try that has not begun.
pub(super) struct Delivery<O, C, K> {
    pub(super) lease: Arc<Lease>,
    /// Whether its final dot goes out.
    pub(super) dotted: Arc<AtomicBool>,
    pub(super) outbox: Arc<O>,
    pub(super) carrier: Arc<C>,
    pub(super) clock: Arc<K>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) grace: Duration,
    /// How often our own code has failed on it.
    pub(super) panics: u32,
    /// How long the circuit would stay open if this probe failed as the last one did.
    pub(super) open_for: Option<Millis>,
}

/// A try that has ended.
pub(super) struct Done {
    pub(super) delivery: i64,
    /// How; nothing if it was stopped, or our own code failed.
    pub(super) ending: Option<Ending>,
    pub(super) panicked: bool,
}

impl<O: Outbox, C: Carrier, K: Clock> Delivery<O, C, K> {
    /// Hands the mail over and records how that ended.
    pub(super) async fn run(mut self) -> Done {
        let mut carrying = self.carry();
        let carried = tokio::select! {
            carried = &mut carrying => Some(carried),
            () = asked_to_stop(&mut self.stop) => self.stopped(carrying).await,
        };
        let dotted = self.dotted.load(Ordering::SeqCst);
        match carried {
            Some(Ok(carried)) => self.carried(carried).await,
            Some(Err(error)) if error.is_panic() => self.panicked(dotted).await,
            _ => self.cut_short(dotted).await,
        }
    }

    /// The try in a task of its own: what goes wrong there goes no further, and it can be cut short.
    fn carry(&self) -> JoinHandle<Carried> {
        let (lease, outbox, clock) = (self.lease.clone(), self.outbox.clone(), self.clock.clone());
        let (carrier, stop, dotted) = (self.carrier.clone(), self.stop.clone(), self.dotted.clone());
        tokio::spawn(async move {
            let before_dot = async {
                let now = clock.now();
                let why = "the final dot went out; no answer is recorded".to_owned();
                let outcome = Outcome::Unknown { due: now.saturating_add(UNKNOWN_WAIT), why };
                let is_ours = match outbox.record(&lease, outcome, now).await {
                    Ok(is_ours) => is_ours,
                    Err(why) => {
                        warn!(reference = %lease.reference, %why, "the outbox cannot be written; the mail is not sent");
                        false
                    }
                };
                let goes_on = is_ours && !*stop.borrow();
                dotted.store(goes_on, Ordering::SeqCst);
                goes_on
            };
            carrier.carry(&lease.letter, before_dot).await
        })
    }

    /// Before the dot the try is cut short; after it the answer is waited for, but not for long.
    async fn stopped(&self, mut carrying: JoinHandle<Carried>) -> Option<Result<Carried, tokio::task::JoinError>> {
        let grace = if self.dotted.load(Ordering::SeqCst) { self.grace } else { Duration::ZERO };
        if let Ok(carried) = timeout(grace, &mut carrying).await {
            return Some(carried);
        }
        carrying.abort();
        // It may still have ended by itself, and only now is it certain that it does nothing more.
        carrying.await.map_or_else(|error| error.is_panic().then_some(Err(error)), |carried| Some(Ok(carried)))
    }

    async fn carried(&self, carried: Carried) -> Done {
        let Carried { ending, goodbye } = carried;
        if ending == Ending::Stopped {
            return self.cut_short(false).await;
        }
        self.log(&ending);
        let tries = self.lease.attempts.saturating_add(1);
        if let Some(outcome) = retry::plan(&ending, tries, self.chance(), self.clock.now(), self.open_for(&ending)) {
            self.record(outcome).await;
        }
        if let Some(goodbye) = goodbye {
            tokio::spawn(goodbye);
        }
        Done { delivery: self.lease.delivery, ending: Some(ending), panicked: false }
    }

    /// Our own code failed.
    async fn panicked(&self, dotted: bool) -> Done {
        let (reference, panics) = (&self.lease.reference, self.panics + 1);
        error!(%reference, panics, alarm = Alarm::MailPanic.name(), "a fault in the program: a mail could not be handed over");
        let (now, tries) = (self.clock.now(), self.lease.attempts.saturating_add(1));
        let why = "a fault in the program".to_owned();
        let due = now.saturating_add(retry::wait(tries, self.chance()));
        if panics >= MOST_PANICS {
            self.record(Outcome::Held { reason: HoldReason::Poison, why }).await;
        } else if !dotted {
            self.record(Outcome::Deferred { due, why }).await;
        }
        Done { delivery: self.lease.delivery, ending: None, panicked: true }
    }

    /// We were stopped, or have lost the lease. After the dot nothing is known but what is recorded already.
    async fn cut_short(&self, dotted: bool) -> Done {
        if !dotted {
            // What is not given back is due again when the lease ends.
            if let Err(why) = self.outbox.release(&self.lease).await {
                warn!(reference = %self.lease.reference, %why, "a lease was not given back; the mail waits for its end");
            }
        }
        Done { delivery: self.lease.delivery, ending: None, panicked: false }
    }

    /// Tells the store until it is on disk, or until the delivery is due again anyway: an answer that is not recorded means a repeat.
    async fn record(&self, outcome: Outcome) {
        let began = Instant::now();
        loop {
            let why = match self.outbox.record(&self.lease, outcome.clone(), self.clock.now()).await {
                Ok(true) => return,
                Ok(false) => {
                    warn!(reference = %self.lease.reference, "the lease was lost; another worker has the mail");
                    return;
                }
                Err(why) => why,
            };
            warn!(reference = %self.lease.reference, %why, "the outbox cannot be written; it is tried again");
            let waited = Millis::try_from(began.elapsed().as_millis()).unwrap_or(Millis::MAX);
            if waited >= UNKNOWN_WAIT || *self.stop.borrow() {
                return;
            }
            sleep(PAUSE).await;
        }
    }

    /// A mail that did not reach the server is due with the next probe. The circuit waits a little longer each time, so that
    /// the mail is never later than the probe.
    fn open_for(&self, ending: &Ending) -> Option<Millis> {
        let failed = matches!(ending.contact(), Some(Contact::Silent | Contact::Fault));
        self.open_for.filter(|_| failed)
    }

    /// A number by which the waits of mails that failed together differ.
    fn chance(&self) -> u64 {
        let digest = blake3::hash(format!("{} {}", self.lease.letter.message_id, self.lease.attempts).as_bytes());
        digest.as_bytes().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// The reply is left out: it may name an address.
    fn log(&self, ending: &Ending) {
        let Lease { reference, form, attempts, may_repeat, letter, .. } = &*self.lease;
        let purpose = if letter.purpose == Purpose::Escalation { "escalation" } else { "confirmation" };
        let (ended, phase, tries) = (ending.name(), ending.phase().name(), attempts.saturating_add(1));
        match ending {
            Ending::Sent { .. } => info!(%reference, form, purpose, tries, may_repeat, "sent"),
            Ending::Refused { .. } => {
                let alarm = Alarm::MailHeld.name();
                error!(%reference, form, purpose, tries, phase, alarm, "refused; a person must look at it");
            }
            _ => warn!(%reference, form, purpose, tries, phase, ended, "not sent"),
        }
    }
}

async fn asked_to_stop(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone asks for it too.
    drop(stop.wait_for(|stop| *stop).await);
}

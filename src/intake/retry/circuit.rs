//! Whether the mail server is asked at all.

use crate::intake::outbox::Millis;

/// How many contacts in a row must fail before the server is taken for down.
const STREAK: u32 = 3;
/// The waits between probes of a server that is down. The last is also how late the first mail goes after it has come back.
const PROBES: [Millis; 3] = [15_000, 30_000, 60_000];
/// The waits between probes after a fault of the operator's: a server may lock an account that knocks too often.
const FAULT_PROBES: [Millis; 3] = [60_000, 300_000, 900_000];

/// What a try has said of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contact {
    /// It takes mails, or says what it has against this one.
    Reached,
    /// It was not there, or did not get as far as a mail.
    Silent,
    /// It does not let us in: login, TLS, a refusal at the door.
    Fault,
}

/// What the operator sees of a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    /// Mail flows.
    Closed,
    /// The server is down; one mail at a time is tried.
    Open,
    /// The operator must act; one mail at a time is tried.
    Fault,
}

/// The circuit of one server. All times are those of a clock that never jumps.
///
/// Open, it lets one mail through at a time, later and later. When that one gets through, two may go, then four, up to `most`.
///
/// A mail may wait ten minutes for the answer to its final dot. If it began before the circuit opened, it is not counted: it holds up
/// neither a probe nor what follows. Only an answer to it says something new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circuit {
    most: usize,
    allowed: usize,
    streak: u32,
    open: Option<Open>,
    openings: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    fault: bool,
    probes: usize,
    until: Millis,
}

impl Open {
    fn new(fault: bool, probes: usize, now: Millis) -> Self {
        let waits = if fault { FAULT_PROBES } else { PROBES };
        Self { fault, probes, until: now.saturating_add(waits[probes.min(waits.len() - 1)]) }
    }
}

impl Circuit {
    /// A closed circuit through which so many mails may go at once, at least one.
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), allowed: most.max(1), streak: 0, open: None, openings: 0 }
    }

    /// How often it has opened. A try that began when this was another number began before it last did.
    pub fn openings(&self) -> u64 {
        self.openings
    }

    /// How many tries may begin while so many are under way that began since it last opened.
    pub fn free(&self, now: Millis, under_way: usize) -> usize {
        match &self.open {
            None => self.allowed.saturating_sub(under_way),
            Some(open) => usize::from(under_way == 0 && now >= open.until),
        }
    }

    /// Takes in what a try has said of the server, if anything; `began` is what [`openings`](Self::openings) was when it began.
    pub fn heard(&mut self, contact: Option<Contact>, began: u64, now: Millis) {
        if self.knows(contact, began, now) {
            return;
        }
        match (contact, &self.open) {
            (None, None) => {}
            (Some(Contact::Reached), None) => (self.streak, self.allowed) = (0, (self.allowed * 2).min(self.most)),
            (Some(Contact::Reached), Some(_)) => (self.streak, self.allowed, self.open) = (0, 1, None),
            (_, Some(open)) => {
                // A probe that said nothing is followed by the next in its time, lest all mails be tried at once.
                let fault = contact.map_or(open.fault, |contact| contact == Contact::Fault);
                let probes = if open.fault == fault { open.probes + 1 } else { 0 };
                self.open = Some(Open::new(fault, probes, now));
            }
            (Some(contact), None) => {
                self.streak += 1;
                // On the way back up one failure is enough.
                if contact == Contact::Fault || self.streak >= STREAK || self.allowed < self.most {
                    self.openings += 1;
                    self.open = Some(Open::new(contact == Contact::Fault, 0, now));
                }
            }
        }
    }

    /// Whether a try tells nothing new: it began before the circuit last opened, or ends while the next probe waits anyway.
    fn knows(&self, contact: Option<Contact>, began: u64, now: Millis) -> bool {
        let is_old = began != self.openings;
        match (contact, &self.open) {
            (Some(Contact::Reached), _) => false,
            (Some(Contact::Fault), open) => open.as_ref().is_some_and(|open| open.fault && (is_old || now < open.until)),
            (None | Some(Contact::Silent), open) => is_old || open.as_ref().is_some_and(|open| now < open.until),
        }
    }

    /// How long it stays open before the next probe; nothing if it is closed.
    pub fn open_for(&self, now: Millis) -> Option<Millis> {
        self.open.as_ref().map(|open| open.until.saturating_sub(now).max(0))
    }

    /// Lets the next mail through at once: an operator has asked for it.
    pub fn reset(&mut self) {
        *self = Self { openings: self.openings, ..Self::new(self.most) };
    }

    /// What the operator sees.
    pub fn state(&self) -> CircuitState {
        match &self.open {
            None => CircuitState::Closed,
            Some(Open { fault: false, .. }) => CircuitState::Open,
            Some(Open { fault: true, .. }) => CircuitState::Fault,
        }
    }
}

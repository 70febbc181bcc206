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
/// A try counts until it writes its final dot: a mail may wait ten minutes for the answer, and must hold up neither a probe nor what
/// follows one. The answer is heard when it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circuit {
    most: usize,
    allowed: usize,
    streak: u32,
    open: Option<Open>,
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
        Self { most: most.max(1), allowed: most.max(1), streak: 0, open: None }
    }

    /// How many tries may begin while so many are under way to their dots.
    pub fn free(&self, now: Millis, under_way: usize) -> usize {
        match &self.open {
            None => self.allowed.saturating_sub(under_way),
            Some(open) => usize::from(under_way == 0 && now >= open.until),
        }
    }

    /// Takes in what a try has said of the server by its end; nothing if that says nothing, and when it writes its dot.
    pub fn heard(&mut self, contact: Option<Contact>, now: Millis) {
        match (contact, &self.open) {
            (None, None) => {}
            (Some(Contact::Reached), None) => (self.streak, self.allowed) = (0, (self.allowed * 2).min(self.most)),
            (Some(Contact::Reached), Some(_)) => (self.streak, self.allowed, self.open) = (0, 1, None),
            // One that began before the circuit opened tells nothing new.
            (None | Some(Contact::Silent), Some(open)) if now < open.until => {}
            (Some(Contact::Fault), Some(open)) if open.fault && now < open.until => {}
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
                    self.open = Some(Open::new(contact == Contact::Fault, 0, now));
                }
            }
        }
    }

    /// How long it stays open before the next probe; nothing if it is closed.
    pub fn open_for(&self, now: Millis) -> Option<Millis> {
        self.open.as_ref().map(|open| open.until.saturating_sub(now).max(0))
    }

    /// Lets the next mail through at once: an operator has asked for it.
    pub fn reset(&mut self) {
        *self = Self::new(self.most);
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

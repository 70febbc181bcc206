//! When a mail goes again, and when the server is let alone. Pure: times and chance are passed in.
//!
//! How a try ended is one of five ([`Ending`]); [`plan`] makes the [`Outcome`] for the store of it. What concerns the server as
//! a whole, and not this one mail, goes to the [`Circuit`].

mod circuit;

use std::fmt;

pub use circuit::{Circuit, CircuitState, Contact};

use super::outbox::{HoldReason, Millis, Outcome};

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;

/// The waits after the first tries; after them a mail goes once an hour, without end. Short at first, for most faults pass at
/// once; long then, so that a server that refuses for a day is not asked a thousand times.
const WAITS: [Millis; 5] = [15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE];
const HOUR: Millis = 60 * MINUTE;
/// The hour is this much shorter or longer, in hundredths, so that mails that failed together do not come back together.
const JITTER: Millis = 20;
/// The least wait after a greylisting server (RFC 6647) has said no: a try before that is often counted against the sender.
const GREYLIST: Millis = 5 * MINUTE;
/// How long an unanswered mail waits before the same bytes go again: as long as RFC 5321 §4.5.3.2.6 lets a server think.
pub const UNKNOWN_WAIT: Millis = 10 * MINUTE;
/// The longest wait there is. A delivery that is due later than this from now was planned by a clock that has been set back since.
pub const LONGEST_WAIT: Millis = HOUR + HOUR / 100 * JITTER;

/// A step of the SMTP dialogue (RFC 5321 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The connection is made; for a folder, the whole of it.
    Connect,
    /// The server speaks first.
    Greeting,
    /// `EHLO`, also the one after STARTTLS.
    Ehlo,
    /// `STARTTLS`.
    StartTls,
    /// The TLS handshake.
    Tls,
    /// `AUTH`.
    Auth,
    /// `MAIL FROM`.
    Mail,
    /// `RCPT TO`.
    Rcpt,
    /// `DATA`, up to the server's `354`.
    Data,
    /// The message, up to its final dot.
    Body,
    /// The final dot and the answer to it.
    Dot,
}

impl Phase {
    /// Whether the mail itself plays no part yet: what fails here fails for every mail.
    pub fn is_contact(self) -> bool {
        self <= Self::Auth
    }

    /// Its name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Ehlo => "ehlo",
            Self::StartTls => "starttls",
            Self::Tls => "tls",
            Self::Auth => "auth",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::Body => "body",
            Self::Dot => "dot",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a server said to a mail that it did not take for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Nothing of the mail: the dialogue broke off, or the server ended it (`421`, which any command may get).
    Nothing,
    /// That it may come later.
    Later,
    /// The same, as greylisting says it.
    Greylisted,
}

/// How a try ended. What it says is for the operator and stays in the store: a server's reply may name an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The server took the mail, with this reply.
    Sent {
        /// The reply, one line.
        reply: String,
    },
    /// The server did not take it for now, or was not there.
    NotNow {
        /// Where the dialogue ended.
        phase: Phase,
        /// Why.
        why: String,
        /// What the server said to the mail.
        said: Said,
    },
    /// Nothing can be sent before the operator has acted: login, TLS, a server that does not want us.
    Fault {
        /// Where the dialogue ended.
        phase: Phase,
        /// Why.
        why: String,
    },
    /// The server refused this mail or its mailbox for good, or we did.
    Refused {
        /// Where the dialogue ended; before the mail if we refused it ourselves and asked no server.
        phase: Phase,
        /// Why.
        why: String,
    },
    /// The final dot may have arrived; no answer did.
    Unanswered {
        /// Why.
        why: String,
    },
    /// We stopped of our own accord, before the final dot.
    Stopped,
}

impl Ending {
    /// What it is called in metrics and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sent { .. } => "sent",
            Self::NotNow { .. } => "not_now",
            Self::Fault { .. } => "fault",
            Self::Refused { .. } => "refused",
            Self::Unanswered { .. } => "unanswered",
            Self::Stopped => "stopped",
        }
    }

    /// Where the dialogue ended.
    pub fn phase(&self) -> Phase {
        match self {
            Self::NotNow { phase, .. } | Self::Fault { phase, .. } | Self::Refused { phase, .. } => *phase,
            Self::Sent { .. } | Self::Unanswered { .. } => Phase::Dot,
            Self::Stopped => Phase::Body,
        }
    }

    /// What it says of the server; nothing if we stopped ourselves, or the server left off in the middle of a mail.
    pub fn contact(&self) -> Option<Contact> {
        match self {
            Self::Sent { .. } => Some(Contact::Reached),
            Self::Fault { .. } => Some(Contact::Fault),
            Self::NotNow { phase, .. } if phase.is_contact() => Some(Contact::Silent),
            // The server was there a moment ago: no sign that it takes mail. Nor is it silence, or one mail at which a server breaks
            // down would stop all others. By a schedule of its own it lets them past.
            Self::NotNow { said: Said::Nothing, .. } => None,
            Self::NotNow { .. } => Some(Contact::Reached),
            Self::Refused { phase, .. } => (!phase.is_contact()).then_some(Contact::Reached),
            // The server may be up and slow with its answer, and three of these must not stop the mail; or it may have died minutes
            // ago, and is not back. The next mail shows which.
            Self::Unanswered { .. } | Self::Stopped => None,
        }
    }
}

/// What the store is told of a try.
///
/// `tries` counts this one, and of those before it the ones that counted; `chance` is any number, by which the hourly wait is
/// spread; `circuit` is how long the circuit stays open from now, if it is. A mail that did not get as far as the server, or was
/// not let in, had no try of its own ([`Outcome::Unreached`]): the circuit sees to it that the server is not asked too often, and
/// the mail is due when it is asked again, so that the oldest still goes first. Nothing if we stopped ourselves.
pub fn plan(ending: &Ending, tries: u32, chance: u64, now: Millis, circuit: Option<Millis>) -> Option<Outcome> {
    let wait = wait(tries, chance);
    let deferred = |wait, why: &String| Some(Outcome::Deferred { due: now.saturating_add(wait), why: why.clone() });
    let unreached = |why: &String| {
        let wait = circuit.unwrap_or(MINUTE).min(wait);
        Some(Outcome::Unreached { due: now.saturating_add(wait), why: why.clone() })
    };
    match ending {
        Ending::Stopped => None,
        Ending::Sent { reply } => Some(Outcome::Sent { reply: reply.clone() }),
        Ending::NotNow { phase, why, .. } if phase.is_contact() => unreached(why),
        Ending::Fault { why, .. } => unreached(why),
        Ending::NotNow { why, said: Said::Greylisted, .. } => deferred(wait.max(GREYLIST), why),
        Ending::NotNow { why, .. } => deferred(wait, why),
        Ending::Refused { why, .. } => Some(Outcome::Held { reason: HoldReason::Refused, why: why.clone() }),
        Ending::Unanswered { why } => {
            Some(Outcome::Unknown { due: now.saturating_add(wait.max(UNKNOWN_WAIT)), why: why.clone() })
        }
    }
}

/// The wait after so many tries.
pub fn wait(tries: u32, chance: u64) -> Millis {
    let index = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    WAITS.get(index).copied().unwrap_or_else(|| {
        let spread = i64::try_from(chance % 2_001).unwrap_or(0) - 1_000;
        HOUR + HOUR / 100 * JITTER * spread / 1_000
    })
}

#[cfg(test)]
mod tests;

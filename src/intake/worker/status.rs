//! What the worker knows, for metrics and alarms.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::intake::outbox::Millis;
use crate::intake::retry::{CircuitState, Contact, Phase};
use crate::ordered::Map;

/// How many tries ended at a step in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The step.
    pub phase: Phase,
    /// The way ([`Ending::name`](crate::intake::retry::Ending::name)).
    pub ending: &'static str,
    /// How many.
    pub tries: u64,
}

/// Counters and the state of the circuit; may be read at any time.
#[derive(Debug, Default)]
pub struct Status(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    counts: Map<(Phase, &'static str), u64>,
    circuit: Option<CircuitState>,
    reached_at: Option<Millis>,
}

impl Status {
    /// How the tries since the start ended.
    pub fn counts(&self) -> Vec<Count> {
        let known = self.known();
        known.counts.iter().map(|((phase, ending), tries)| Count { phase: *phase, ending, tries: *tries }).collect()
    }

    /// Whether mail flows.
    pub fn circuit(&self) -> CircuitState {
        self.known().circuit.unwrap_or(CircuitState::Closed)
    }

    /// When the server was last there, by the wall clock.
    pub fn reached_at(&self) -> Option<Millis> {
        self.known().reached_at
    }

    pub(super) fn count(&self, phase: Phase, ending: &'static str) {
        *self.known().counts.entry((phase, ending)).or_default() += 1;
    }

    pub(super) fn heard(&self, contact: Contact, circuit: CircuitState, now: Millis) {
        let mut known = self.known();
        known.circuit = Some(circuit);
        if contact == Contact::Reached {
            known.reached_at = Some(now);
        }
    }

    pub(super) fn reset(&self) {
        self.known().circuit = None;
    }

    /// Counters are whole after a panic elsewhere too.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

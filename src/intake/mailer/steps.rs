//! What a dialogue has done so far, for somebody who watches it.

use tokio::sync::mpsc::UnboundedSender;

use crate::intake::retry::Phase;

/// A step of a try that has gone well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub phase: Phase,
    /// The server's reply in one line; its address where the connection was made, and the version of TLS after the handshake.
    pub said: String,
}

/// Where the steps of each try are told; by default nowhere.
#[derive(Debug, Clone, Default)]
pub struct Steps(Option<UnboundedSender<Step>>);

impl Steps {
    /// Tells them here.
    pub fn to(steps: UnboundedSender<Step>) -> Self {
        Self(Some(steps))
    }

    /// A step has gone well. Where nobody listens, nothing is put into words.
    pub(super) fn done(&self, phase: Phase, said: impl FnOnce() -> String) {
        if let Some(steps) = &self.0 {
            // Whoever listened may have gone away.
            let _ = steps.send(Step { phase, said: said() });
        }
    }
}

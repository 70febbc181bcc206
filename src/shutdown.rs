//! How the process is asked to stop, and how its parts hear of it.

use std::io;

use tokio::sync::watch;

/// Asks all parts to stop. Dropping it asks as well.
#[derive(Debug)]
pub struct Trigger(watch::Sender<bool>);

/// Hears that the process is to stop. A clone hears the same.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<bool>);

/// The two ends.
pub fn channel() -> (Trigger, Shutdown) {
    let (sender, receiver) = watch::channel(false);
    (Trigger(sender), Shutdown(receiver))
}

impl Trigger {
    /// Asks all parts to stop.
    pub fn pull(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Returns when the process is to stop.
    pub async fn requested(&mut self) {
        // An error means that the trigger is gone, which asks as well.
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// The same as a plain channel: true once the process is to stop.
    pub fn receiver(&self) -> watch::Receiver<bool> {
        self.0.clone()
    }

    /// Whether the process is to stop.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }
}

/// Returns the name of the signal when the process gets SIGTERM or SIGINT.
///
/// # Errors
/// The signals cannot be listened to.
#[cfg(unix)]
pub async fn signal() -> io::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => Ok("SIGTERM"),
        _ = interrupt.recv() => Ok("SIGINT"),
    }
}

/// Returns when the process is interrupted from the keyboard.
///
/// # Errors
/// The signal cannot be listened to.
#[cfg(not(unix))]
pub async fn signal() -> io::Result<&'static str> {
    tokio::signal::ctrl_c().await.map(|()| "Ctrl-C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_part_hears_it_once_and_for_all() {
        let (trigger, shutdown) = channel();
        let (mut early, mut late) = (shutdown.clone(), shutdown);
        assert!(!early.is_requested());
        let waiting = tokio::spawn(async move { early.requested().await });
        trigger.pull();
        waiting.await.unwrap();
        late.requested().await;
        assert!(late.is_requested());
    }

    #[tokio::test]
    async fn a_trigger_that_is_gone_asks_as_well() {
        let (trigger, mut shutdown) = channel();
        drop(trigger);
        assert!(shutdown.is_requested());
        shutdown.requested().await;
    }
}

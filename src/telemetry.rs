//! What the process says of itself: log lines in JSON on standard error, and metrics.
//!
//! No line holds personal data, bodies or secrets at any level: nothing that a requester sent is ever passed to a log, what holds it is
//! [`Redacted`](crate::redact::Redacted) or not shown, and libraries, which know nothing of this, are heard from `warn` on only.

use tracing_subscriber::filter::{LevelFilter, LevelParseError, Targets};
use tracing_subscriber::prelude::*;

mod metrics;

pub use metrics::{Alarm, Metrics, Queue, Tally};

/// Starts the log. `level` is one of `off`, `error`, `warn`, `info`, `debug`, `trace`, and concerns our own lines.
///
/// A panic is one line with its place, and without its message, which may hold what was being worked on.
///
/// # Errors
/// The level is none of these.
pub fn start(level: &str) -> Result<(), LevelParseError> {
    let heard = Targets::new().with_default(LevelFilter::WARN).with_target("madoguchi", level.parse::<LevelFilter>()?);
    let lines =
        tracing_subscriber::fmt().json().with_max_level(LevelFilter::TRACE).with_writer(std::io::stderr).finish().with(heard);
    // A second start, as in tests, changes nothing.
    let _ = lines.try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a fault in the program was caught; please report the place");
    }));
    Ok(())
}

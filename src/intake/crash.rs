//! Named places at which the process can be made to end as if it were killed: tests crash the counter at each of them.
//!
//! The variable `TEST_CRASH_POINT` names a point, `NAME` or `NAME:N` for its Nth pass; there the process aborts, without unwinding
//! and without closing anything. Release builds have no such places, unless they are built with the feature `crash-points`.

/// Every point, in the order of a request's way. A point that is passed and not listed here fails in debug builds.
pub const POINTS: &[&str] = &[
    "http.parsed",
    "http.before-accept",
    "store.before-migration",
    "store.in-migration",
    "store.after-migration",
    "store.in-accept",
    "store.before-commit",
    "store.after-commit",
    "store.after-answer",
    "http.after-accept",
    "http.before-answer",
    "store.before-lease",
    "store.after-lease",
    "store.before-record",
    "store.after-record",
    "store.in-retry",
    "store.in-forget",
    "store.before-purge",
    "store.in-purge",
    "store.after-purge",
    "store.before-wipe",
];

/// Ends the process here if `TEST_CRASH_POINT` names this point.
#[inline]
pub fn point(name: &'static str) {
    #[cfg(any(debug_assertions, feature = "crash-points"))]
    armed::pass(name);
    #[cfg(not(any(debug_assertions, feature = "crash-points")))]
    let _ = name;
}

#[cfg(any(debug_assertions, feature = "crash-points"))]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Which point, at which of its passes, and how many passes there were.
    struct Armed {
        name: String,
        at: u64,
        passed: AtomicU64,
    }

    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

    pub(super) fn pass(name: &'static str) {
        debug_assert!(super::POINTS.contains(&name), "the crash point {name} is not listed");
        let Some(armed) = ARMED.get_or_init(|| parse(std::env::var_os("TEST_CRASH_POINT")?.to_str()?)) else { return };
        if armed.name == name && armed.passed.fetch_add(1, Ordering::SeqCst) + 1 == armed.at {
            std::process::abort();
        }
    }

    fn parse(text: &str) -> Option<Armed> {
        let (name, at) = text.split_once(':').unwrap_or((text, "1"));
        Some(Armed { name: name.to_owned(), at: at.parse().ok()?, passed: AtomicU64::new(0) })
    }
}

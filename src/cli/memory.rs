//! The memory of a process that holds requests and secrets stays its own.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};

/// From now on no core dump of this process is written. The limit keeps away files; on Linux the process is also no longer dumpable, so
/// that the kernel hands nothing to a program that collects dumps, for which the limit does not count (core(5)), and other processes of
/// the same user can neither trace it nor read its memory.
///
/// # Errors
/// The system does not allow it.
pub(super) fn keep() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    const ALONE: &str = "MADOGUCHI_TEST_ALONE";

    /// What a process has given up it does not get back; so the test runs once more, in a process of its own.
    #[test]
    fn the_process_can_be_dumped_no_more() {
        if std::env::var_os(ALONE).is_none() {
            let mut again = Command::new(std::env::current_exe().unwrap());
            let output =
                again.args(["--exact", "cli::memory::tests::the_process_can_be_dumped_no_more"]).env(ALONE, "1").output();
            let output = output.unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            return assert!(output.status.success() && said.contains("1 passed"), "{said}");
        }
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::Dumpable);
        super::keep().unwrap();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
    }
}

//! Opens an address in the user's browser.

use std::process::{Command, Stdio};

/// Asks the system to open an address. Where it cannot, the address stands in the terminal.
pub(super) fn open(address: &str) {
    let mut command = if cfg!(target_os = "macos") {
        Command::new("open")
    } else if cfg!(windows) {
        let mut command = Command::new("cmd");
        command.args(["/C", "start", ""]);
        command
    } else {
        Command::new("xdg-open")
    };
    let started = command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    if let Ok(mut child) = started {
        // Whoever starts a process hears of its end.
        std::thread::spawn(move || child.wait());
    }
}

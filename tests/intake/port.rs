//! Ports for servers.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// A free port below those from which the system serves outgoing connections (32768 to 60999 on Linux): before the server listens, and
/// while it is away, none of them takes its port, and none that looks for the server is connected to itself. Each is given once.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test programs that run at the same time look in different places.
    let first = std::process::id() as u16 % 20_000;
    loop {
        let port = 12_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

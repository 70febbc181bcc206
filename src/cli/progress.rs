//! Progress: one line for each phase with its count, and a moving count on a terminal after a second.

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::terminal;

/// A phase that takes longer shows how far it is.
const PATIENCE: Duration = Duration::from_secs(1);
/// The time between two moves of the count.
const TICK: Duration = Duration::from_millis(100);

/// Shows how far a command is. All methods may be called from any thread; a failing stream is not looked at.
pub struct Progress {
    lively: bool,
    steps: AtomicUsize,
    state: Mutex<State>,
}

struct State {
    out: Box<dyn Write + Send>,
    phase: Option<Phase>,
}

struct Phase {
    name: String,
    count: usize,
    began: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    /// Progress on standard error.
    pub fn on_stderr() -> Self {
        Self::on(Box::new(io::stderr()), terminal::is_lively(&io::stderr()))
    }

    /// Progress that shows nothing.
    pub fn silent() -> Self {
        Self::on(Box::new(io::sink()), false)
    }

    fn on(out: Box<dyn Write + Send>, lively: bool) -> Self {
        Self { lively, steps: AtomicUsize::new(0), state: Mutex::new(State { out, phase: None }) }
    }

    /// A phase begins, in which `count` things are to do; the one before has ended.
    pub fn phase(&self, name: &str, count: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.end_phase();
        self.steps.store(0, Ordering::Relaxed);
        state.phase = Some(Phase { name: name.to_owned(), count, began: Instant::now(), drawn: None });
    }

    /// One thing of the phase is done.
    pub fn step(&self) {
        let done = self.steps.fetch_add(1, Ordering::Relaxed) + 1;
        if self.lively
            && let Ok(mut state) = self.state.try_lock()
        {
            state.draw(done);
        }
    }

    /// The last phase has ended.
    pub fn done(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).end_phase();
    }
}

impl State {
    fn draw(&mut self, done: usize) {
        let Some(phase) = &mut self.phase else { return };
        let now = Instant::now();
        let due = phase.drawn.map_or(phase.began + PATIENCE, |drawn| drawn + TICK);
        if now >= due {
            phase.drawn = Some(now);
            let _ = write!(self.out, "\r\x1b[K{:>10} {} of {}", phase.name, grouped(done), grouped(phase.count));
            let _ = self.out.flush();
        }
    }

    fn end_phase(&mut self) {
        let Some(phase) = self.phase.take() else { return };
        let clear = if phase.drawn.is_some() { "\r\x1b[K" } else { "" };
        let _ = writeln!(self.out, "{clear}{:>10} {}", phase.name, grouped(phase.count));
    }
}

/// A number with its thousands set apart: `12,345`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, mpsc};

    struct Pipe(mpsc::Sender<String>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_phase_is_one_line_with_its_count() {
        let (sender, receiver) = mpsc::channel();
        let progress = Arc::new(Progress::on(Box::new(Pipe(sender)), true));
        progress.phase("read", 3945);
        progress.step();
        progress.phase("write", 12);
        progress.done();
        drop(progress);
        assert_eq!(receiver.iter().collect::<String>(), "      read 3,945\n     write 12\n");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}

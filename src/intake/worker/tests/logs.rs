//! What is written to the log, at every level.

use std::io::Write;
use std::sync::Mutex;

use tracing_subscriber::fmt::MakeWriter;

use super::*;

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Paper {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn no_address_and_no_word_of_a_mail_reaches_the_log() {
    let paper = Paper::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(paper.clone()).finish();
    // While there is one subscriber only, a line that another test's thread comes to first is switched off for all threads.
    let _second = tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(std::io::sink).finish());
    let _guard = tracing::subscriber::set_default(subscriber);
    let acts = |letter: &Letter| {
        let refusal = Act::say("550 <desk@example.com>: unknown user canary\r\n");
        match letter.message_id.as_bytes()[1] {
            b'1' => Some(Script::but("RCPT", refusal)),
            b'2' => Some(Script::but("dot", refusal)),
            b'3' => Some(Script::but("DATA", Act::say("451 canary desk@example.com\r\n"))),
            b'4' => Some(Script::but("greeting", Act::say("554 canary\r\n"))),
            b'5' => Some(silent_at("dot")),
            b'6' => None,
            b'7' => panic!("the mail said: {}", "nothing"),
            _ => Some(Script::good()),
        }
    };
    let counter = Counter::start(Memory::with(9), acts);
    minutes(60).await;
    counter.outbox.failures.store(5, Ordering::SeqCst);
    counter.outbox.add(9);
    minutes(60).await;
    counter.stop().await;
    let log = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    for said in ["refused; a person must look at it", "mail_fault", "not sent", "SR-", "mail_panic", "sent"] {
        assert!(log.contains(said), "{said} is not in\n{log}");
    }
    for secret in ["canary", "example.com", "Hello", "test 1", "MAIL FROM"] {
        assert!(!log.contains(secret), "{secret} is in\n{log}");
    }
}

mod dialogues;
pub(in crate::intake) mod model;
mod postfix;
mod servers;
mod tls;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::duplex;

use super::dialogue::{self, Session};
use super::tls::Security;
use super::{Carried, Deadlines, Steps};
use crate::config::SmtpLogin;
use crate::intake::outbox::{Letter, Purpose};
use crate::intake::retry::{Contact, Ending, Phase, Said};
use crate::redact::Secret;
use model::{Act, STEPS, Script, Seen, Shared, Then};

pub(in crate::intake) fn letter(n: usize) -> Letter {
    let bytes = format!("Message-ID: <{n}@example.com>\r\nSubject: test {n}\r\n\r\n.\r\nHello\r\n..\r\n.dot\r\n").into_bytes();
    Letter {
        purpose: Purpose::Escalation,
        mail_from: "guidance@example.com".into(),
        rcpt_to: "desk@example.com".into(),
        message_id: format!("<{n}@example.com>"),
        bytes,
    }
}

/// What a mail is handed over with.
fn session<'a>(security: &'a Security, login: Option<&'a SmtpLogin>) -> Session<'a> {
    Session { hello: "[127.0.0.1]".into(), security, login, deadlines: Deadlines::default(), steps: Steps::default() }
}

/// Hands a mail over to a model of a server.
pub(in crate::intake) async fn carry(
    script: Script,
    seen: Shared,
    letter: &Letter,
    before_dot: impl Future<Output = bool> + Send,
) -> Carried {
    let (ours, theirs) = duplex(1 << 16);
    tokio::spawn(model::serve(theirs, script, seen));
    let session = session(&Security::None, None);
    dialogue::run(Box::new(ours), &session, letter, before_dot).await
}

/// What came of one dialogue.
struct Held {
    carried: Carried,
    /// How often the future before the dot was awaited to its end.
    dots: usize,
    seen: Seen,
}

async fn hold_with(script: Script, letter: &Letter, security: &Security, login: Option<&SmtpLogin>, goes_on: bool) -> Held {
    let (ours, theirs) = duplex(1 << 16);
    let seen = Shared::default();
    let server = tokio::spawn(model::serve(theirs, script, seen.clone()));
    let session = session(security, login);
    let dots = Arc::new(AtomicUsize::new(0));
    let counted = dots.clone();
    let before_dot = async move {
        counted.fetch_add(1, Ordering::Relaxed);
        goes_on
    };
    let mut carried = dialogue::run(Box::new(ours), &session, letter, before_dot).await;
    if let Some(goodbye) = carried.goodbye.take() {
        goodbye.await;
    }
    server.await.unwrap();
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    Held { carried, dots: dots.load(Ordering::Relaxed), seen }
}

async fn hold(script: Script) -> Held {
    hold_with(script, &letter(1), &Security::None, None, true).await
}

async fn ending(step: &str, act: Act) -> Ending {
    hold(Script::but(step, act)).await.carried.ending
}

fn outcome(ending: &Ending) -> (&'static str, Phase) {
    (ending.name(), ending.phase())
}

const PHASES: [Phase; 6] = [Phase::Greeting, Phase::Ehlo, Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Dot];

#[tokio::test(start_paused = true)]
async fn a_good_server_takes_the_mail_once_and_as_it_is() {
    let held = hold(Script::good()).await;
    assert_eq!(held.carried.ending, Ending::Sent { reply: "250 2.0.0 Ok: queued as 4Z".into() });
    assert_eq!(held.seen.mailbox, [("desk@example.com".to_owned(), letter(1).bytes)]);
    let size = format!("MAIL FROM:<guidance@example.com> SIZE={}", letter(1).bytes.len());
    assert_eq!(held.seen.commands, ["EHLO [127.0.0.1]", &size, "RCPT TO:<desk@example.com>", "DATA", "QUIT"]);
    assert_eq!(held.dots, 1);
}

#[tokio::test(start_paused = true)]
async fn a_later_is_a_later_at_each_step() {
    for (step, phase) in STEPS.into_iter().zip(PHASES) {
        for code in ["421", "451", "452"] {
            let got = ending(step, Act::say(&format!("{code} later\r\n"))).await;
            assert_eq!(outcome(&got), ("not_now", phase), "{step} {code}");
            let said = match (code, step) {
                ("421", _) => Said::Nothing,
                ("451", "RCPT") => Said::Greylisted,
                _ => Said::Later,
            };
            assert!(matches!(got, Ending::NotNow { said: it, .. } if it == said), "{step} {code}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_no_is_the_operators_before_the_mail_and_the_mails_after() {
    for (step, phase) in STEPS.into_iter().zip(PHASES) {
        for code in ["550", "552", "554"] {
            let got = ending(step, Act::say(&format!("{code} no\r\n"))).await;
            assert_eq!(outcome(&got), (if phase.is_contact() { "fault" } else { "refused" }, phase), "{step} {code}");
        }
        for code in ["530", "535"] {
            assert_eq!(outcome(&ending(step, Act::say(&format!("{code} log in\r\n"))).await), ("fault", phase));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn silence_and_a_cut_are_unknown_after_the_dot_only() {
    for (step, phase) in STEPS.into_iter().zip(PHASES) {
        for then in [Then::FallSilent, Then::HangUp] {
            for part in ["", "2", "250", "250 Ok", "250 Ok\r", "250-Ok\r\n"] {
                let part = if step == "DATA" { part.replace("250", "35") } else { part.into() };
                let act = Act { bytes: part.clone().into_bytes(), pauses: Vec::new(), then };
                let want = if phase == Phase::Dot { "unanswered" } else { "not_now" };
                let got = ending(step, act).await;
                assert_eq!(outcome(&got), (want, phase), "{step} {part:?} {then:?}");
                assert!(!matches!(got.contact(), Some(Contact::Reached | Contact::Fault)), "{step} {part:?} {then:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_354_lets_the_message_out() {
    for reply in ["250 Ok\r\n", "200 Ok\r\n", "334 more\r\n", "399 x\r\n", "354 go\r\n250 queued\r\n"] {
        let held = hold(Script::but("DATA", Act::say(reply))).await;
        assert_eq!(held.carried.ending.name(), "not_now", "{reply}");
        assert!(held.seen.mailbox.is_empty());
        assert!(held.seen.commands.iter().all(|command| !command.contains("Subject")), "the message was sent as commands");
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_success_after_the_dot_is_one() {
    for reply in ["354 go on\r\n", "300 x\r\n", "garbage\r\n", "250 Ok\n", "250-a\r\n550 b\r\n", "2\r\n"] {
        let mut script = Script::but("dot", Act::say(reply));
        script.takes = false;
        assert_eq!(outcome(&hold(script).await.carried.ending), ("unanswered", Phase::Dot), "{reply}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_tarpit_and_ten_megabytes_are_cut_off() {
    for step in STEPS.into_iter().take(6) {
        let slow = (1..400).map(|at| (at, Duration::from_secs(2))).collect();
        let drop = Act { bytes: format!("250 {}\r\n", "z".repeat(400)).into_bytes(), pauses: slow, then: Then::Listen };
        let flood = Act::say(&("250-".to_owned() + &"x".repeat(10 << 20)));
        let lines = Act::say(&"250-x\r\n".repeat(1 << 20));
        for (n, act) in [drop, flood, lines].into_iter().enumerate() {
            let mut script = Script::but(step, act);
            script.takes = false;
            let name = hold(script).await.carried.ending.name();
            assert_eq!(name, if step == "dot" { "unanswered" } else { "not_now" }, "{step} {n}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn all_that_comes_before_the_dot_is_bounded() {
    let late = |bytes: &str| Act { bytes: bytes.into(), pauses: vec![(0, Duration::from_secs(119))], then: Then::Listen };
    let mut script = Script::good();
    for act in &mut script.acts[..5] {
        *act = late(std::str::from_utf8(&act.bytes).unwrap());
    }
    let began = tokio::time::Instant::now();
    assert_eq!(outcome(&hold(script).await.carried.ending), ("not_now", Phase::Data));
    assert!(began.elapsed() < Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn the_dot_is_not_written_against_the_callers_word() {
    let held = hold_with(Script::good(), &letter(1), &Security::None, None, false).await;
    assert_eq!((held.carried.ending, held.dots, held.seen.mailbox.len()), (Ending::Stopped, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_login_is_sent_in_a_way_that_the_server_knows() {
    let try_with = async |offer: &str, password: &str| {
        let login = SmtpLogin { user: "user".into(), password: Secret::new(password) };
        let script = Script::but("EHLO", Act::say(&format!("250-mx\r\n250 {offer}\r\n")));
        let held = hold_with(script, &letter(1), &Security::None, Some(&login), true).await;
        (outcome(&held.carried.ending), held.seen.mailbox.len())
    };
    assert_eq!(try_with("HELP", "pass").await, (("fault", Phase::Auth), 0));
    for offer in ["AUTH PLAIN LOGIN", "AUTH LOGIN"] {
        assert_eq!(try_with(offer, "pass").await, (("sent", Phase::Dot), 1), "{offer}");
        assert_eq!(try_with(offer, "wrong").await, (("fault", Phase::Auth), 0), "{offer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_the_server_cannot_hold_is_refused_before_it_is_sent() {
    let small = Script::but("EHLO", Act::say("250-mx\r\n250 SIZE 10\r\n"));
    assert_eq!(outcome(&hold(small).await.carried.ending), ("refused", Phase::Mail));
    let plain = Script::but("EHLO", Act::say("250-mx\r\n250 8BITMIME\r\n"));
    let mut letter = letter(1);
    letter.rcpt_to = "窓口@example.com".into();
    let held = hold_with(plain, &letter, &Security::None, None, true).await;
    assert_eq!(outcome(&held.carried.ending), ("refused", Phase::Mail));
    let held = hold_with(Script::good(), &letter, &Security::None, None, true).await;
    assert_eq!(held.carried.ending.name(), "sent");
    assert!(held.seen.commands[1].ends_with(" BODY=8BITMIME SMTPUTF8"), "{}", held.seen.commands[1]);
}

//! Many dialogues with a server that does anything at all. Short: 2,000; in full, with `TEST_LONG`: 100,000.

use std::time::Duration;

use super::model::{Act, Script, Then};
use super::{hold, letter};
use crate::intake::retry::Ending;

/// A small generator (splitmix64): the same dialogue for the same number.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

const REPLIES: [&str; 24] = [
    "220 x\r\n",
    "250 x\r\n",
    "251 x\r\n",
    "200\r\n",
    "299 x\r\n",
    "334 x\r\n",
    "354 x\r\n",
    "399 x\r\n",
    "421 x\r\n",
    "450 x\r\n",
    "451 x\r\n",
    "452 x\r\n",
    "500 x\r\n",
    "503 x\r\n",
    "530 x\r\n",
    "550 x\r\n",
    "552 x\r\n",
    "554 x\r\n",
    "hello\r\n",
    "250 x\n",
    "250-a\r\n251 b\r\n",
    "250-a\r\n250-b\r\n250 c\r\n",
    "2",
    "\0\r\n",
];
const PAUSES: [u64; 6] = [0, 1, 60, 119, 121, 600];

/// A script of which about half the steps go as they should.
fn script(chance: &mut Chance) -> Script {
    let mut script = Script::good();
    script.takes = chance.one_in(2);
    for step in 0..7 {
        let dot = step == 5;
        let mut act = script.acts[step].clone();
        // At the dot, a server that has not taken the mail says no success.
        if dot && !script.takes {
            act = Act::say(chance.of(&REPLIES).trim_start_matches(['2']));
        } else if !dot && chance.one_in(6) {
            act = Act::say(chance.of(&REPLIES));
        }
        if !dot && chance.one_in(8) {
            act.bytes.extend_from_slice(chance.of(&REPLIES).as_bytes());
        }
        if step == 1 && chance.one_in(3) {
            act = Act::say("250 no extension\r\n");
        }
        if chance.one_in(3000) {
            act.bytes.splice(0..0, b"250-".iter().copied().chain(vec![b'x'; 10 << 20]));
        }
        bend(&mut act, chance);
        script.acts[step] = act;
    }
    script
}

/// Cuts a reply, pauses within it, falls silent after it. It never pauses between the right reply and one too many: nobody
/// could tell the second from the answer to the next step.
fn bend(act: &mut Act, chance: &mut Chance) {
    if chance.one_in(12) {
        act.bytes.truncate(chance.below(act.bytes.len() + 1));
        act.then = chance.of(&[Then::HangUp, Then::FallSilent]);
    }
    if chance.one_in(4) {
        let ends: Vec<_> = act.bytes.windows(2).enumerate().filter(|(_, pair)| pair == b"\r\n").map(|(at, _)| at + 2).collect();
        let mut places: Vec<_> = (0..chance.below(4)).map(|_| chance.below(act.bytes.len() + 1)).collect();
        places.retain(|at| !ends.contains(at));
        places.sort_unstable();
        act.pauses = places.into_iter().map(|at| (at, Duration::from_secs(chance.of(&PAUSES)))).collect();
    }
}

fn dialogues() -> u64 {
    if std::env::vars_os().any(|(name, _)| name == "TEST_LONG") { 100_000 } else { 2_000 }
}

#[tokio::test(start_paused = true)]
async fn no_mail_is_called_sent_that_the_server_has_not() {
    let (mut sent, mut unanswered, mut taken_unanswered) = (0, 0, 0);
    for n in 0..dialogues() {
        let script = script(&mut Chance(n));
        let held = hold(script.clone()).await;
        let (ending, mailbox) = (&held.carried.ending, &held.seen.mailbox);
        let shown = || format!("dialogue {n}: {ending:?}, {} taken\n{:?}", mailbox.len(), held.seen.commands);
        assert!(mailbox.len() <= 1 && mailbox.iter().all(|(_, bytes)| *bytes == letter(1).bytes), "{}", shown());
        match ending {
            Ending::Sent { .. } => assert_eq!(mailbox.len(), 1, "called sent and is not: {}", shown()),
            Ending::Unanswered { .. } => unanswered += 1,
            _ => assert!(mailbox.is_empty(), "called not sent and is: {}", shown()),
        }
        // Whatever arrives was recorded as unknown before.
        assert!(held.dots == 1 || mailbox.is_empty(), "{}", shown());
        assert!(held.seen.commands.iter().all(|command| !command.contains("Hello")), "sent as a command: {}", shown());
        sent += u64::from(matches!(ending, Ending::Sent { .. }));
        taken_unanswered += u64::from(!mailbox.is_empty() && !matches!(ending, Ending::Sent { .. }));
    }
    assert!(
        sent > dialogues() / 50 && unanswered > dialogues() / 50 && taken_unanswered > 0,
        "{sent} {unanswered} {taken_unanswered}"
    );
}

use proptest::prelude::*;

use super::*;

fn not_now(phase: Phase) -> Ending {
    Ending::NotNow { phase, why: "no".into(), said: Said::Later }
}

/// Tells a circuit what a try has said.
fn hear(circuit: &mut Circuit, contact: Contact, now: Millis) {
    circuit.heard(Some(contact), now);
}

/// How long the mail waits, and in which state.
fn planned(ending: &Ending, tries: u32) -> (&'static str, Millis) {
    match plan(ending, tries, 1_000, 7, None).unwrap() {
        Outcome::Sent { .. } => ("sent", 0),
        Outcome::Deferred { due, .. } => ("deferred", due - 7),
        Outcome::Unreached { due, .. } => ("unreached", due - 7),
        Outcome::Unknown { due, .. } => ("unknown", due - 7),
        Outcome::Held { reason: HoldReason::Refused, .. } => ("held", 0),
        Outcome::Held { .. } => ("poison", 0),
    }
}

#[test]
fn the_waits_grow_to_an_hour_and_never_end() {
    let waits: Vec<_> = (1..=7).map(|tries| planned(&not_now(Phase::Mail), tries)).collect();
    let seconds = [15, 60, 300, 900, 1_800, 3_600, 3_600];
    assert_eq!(waits, seconds.map(|seconds| ("deferred", seconds * SECOND)));
    assert_eq!(planned(&not_now(Phase::Mail), u32::MAX), ("deferred", HOUR));
}

#[test]
fn each_ending_has_its_outcome() {
    let said = |phase| Ending::Refused { phase, why: "550".into() };
    assert_eq!(planned(&Ending::Sent { reply: "250".into() }, 1), ("sent", 0));
    for phase in [Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Dot] {
        assert_eq!(planned(&said(phase), 1), ("held", 0));
        assert_eq!(planned(&not_now(phase), 1), ("deferred", 15 * SECOND));
    }
    let grey = Ending::NotNow { phase: Phase::Rcpt, why: "451".into(), said: Said::Greylisted };
    assert_eq!([planned(&grey, 1), planned(&grey, 5)], [("deferred", 5 * MINUTE), ("deferred", 30 * MINUTE)]);
    let silent = Ending::Unanswered { why: "cut".into() };
    assert_eq!([planned(&silent, 1), planned(&silent, 9)], [("unknown", 10 * MINUTE), ("unknown", HOUR)]);
    assert_eq!(plan(&Ending::Stopped, 1, 0, 0, None), None);
}

#[test]
fn an_operators_fault_holds_no_mail() {
    for phase in [Phase::Greeting, Phase::StartTls, Phase::Tls, Phase::Auth, Phase::Mail] {
        let fault = Ending::Fault { phase, why: "535".into() };
        assert_eq!(planned(&fault, 1), ("unreached", 15 * SECOND));
        assert_eq!(fault.contact(), Some(Contact::Fault));
    }
}

#[test]
fn only_a_word_about_a_mail_shows_that_the_server_takes_mail() {
    let nothing = |phase| Ending::NotNow { phase, why: "gone".into(), said: Said::Nothing };
    let refused = |phase| Ending::Refused { phase, why: "550".into() };
    for phase in [Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Dot] {
        assert_eq!([not_now(phase), refused(phase)].map(|ending| ending.contact()), [Some(Contact::Reached); 2]);
        assert_eq!(nothing(phase).contact(), None);
    }
    for phase in [Phase::Connect, Phase::Greeting, Phase::Ehlo, Phase::Tls, Phase::Auth] {
        assert_eq!([not_now(phase), nothing(phase)].map(|ending| ending.contact()), [Some(Contact::Silent); 2]);
        assert_eq!(refused(phase).contact(), None, "by ourselves: a server's no is a fault here");
    }
    assert_eq!(Ending::Sent { reply: "250".into() }.contact(), Some(Contact::Reached));
    assert_eq!([Ending::Unanswered { why: "cut".into() }, Ending::Stopped].map(|ending| ending.contact()), [None; 2]);
}

#[test]
fn a_mail_that_did_not_reach_the_server_is_due_with_the_next_probe() {
    let due = |tries| match plan(&not_now(Phase::Connect), tries, 0, 0, Some(60_000)) {
        Some(Outcome::Unreached { due, .. }) => due,
        other => panic!("{other:?}"),
    };
    assert_eq!([due(1), due(9)], [15_000, 60_000]);
    assert_eq!(planned(&not_now(Phase::Connect), 9), ("unreached", MINUTE));
}

#[test]
fn three_failures_open_the_circuit_and_one_success_closes_it_slowly() {
    let mut circuit = Circuit::new(4);
    hear(&mut circuit, Contact::Silent, 0);
    hear(&mut circuit, Contact::Silent, 0);
    assert_eq!((circuit.state(), circuit.free(0, 1)), (CircuitState::Closed, 3));
    hear(&mut circuit, Contact::Silent, 0);
    assert_eq!((circuit.state(), circuit.free(0, 0), circuit.open_for(0)), (CircuitState::Open, 0, Some(15_000)));
    // The fourth was under way already.
    hear(&mut circuit, Contact::Silent, 1);
    assert_eq!((circuit.free(14_999, 0), circuit.free(15_000, 0), circuit.free(15_000, 1)), (0, 1, 0));
    hear(&mut circuit, Contact::Silent, 15_000);
    assert_eq!(circuit.open_for(15_000), Some(30_000));
    hear(&mut circuit, Contact::Reached, 45_000);
    let mut allowed = vec![circuit.free(45_000, 0)];
    for now in 45_001..45_004 {
        hear(&mut circuit, Contact::Reached, now);
        allowed.push(circuit.free(now, 0));
    }
    assert_eq!((allowed, circuit.state()), (vec![1, 2, 4, 4], CircuitState::Closed));
}

#[test]
fn on_the_way_back_one_failure_opens_again() {
    let mut circuit = Circuit::new(4);
    hear(&mut circuit, Contact::Fault, 0);
    assert_eq!((circuit.state(), circuit.open_for(0)), (CircuitState::Fault, Some(60_000)));
    hear(&mut circuit, Contact::Reached, 60_000);
    hear(&mut circuit, Contact::Silent, 60_001);
    assert_eq!((circuit.state(), circuit.open_for(60_001)), (CircuitState::Open, Some(15_000)));
    circuit.reset();
    assert_eq!((circuit.state(), circuit.free(60_001, 0)), (CircuitState::Closed, 4));
}

#[test]
fn a_try_that_says_nothing_neither_opens_nor_closes_the_circuit() {
    let mut circuit = Circuit::new(4);
    for _ in 0..9 {
        circuit.heard(None, 0);
    }
    assert_eq!((circuit.state(), circuit.free(0, 0)), (CircuitState::Closed, 4));
    for _ in 0..3 {
        hear(&mut circuit, Contact::Silent, 0);
    }
    // One from before: it keeps the probe waiting no longer.
    circuit.heard(None, 14_999);
    assert_eq!((circuit.free(14_999, 0), circuit.free(15_000, 0)), (0, 1));
    // The probe itself: another waits its turn.
    circuit.heard(None, 16_000);
    assert_eq!((circuit.state(), circuit.open_for(16_000)), (CircuitState::Open, Some(30_000)));
    // It was at its dot, and here is the answer.
    hear(&mut circuit, Contact::Reached, 17_000);
    assert_eq!((circuit.state(), circuit.free(17_000, 0)), (CircuitState::Closed, 1));
    circuit.heard(None, 17_001);
    assert_eq!((circuit.state(), circuit.free(17_001, 0)), (CircuitState::Closed, 1));
}

#[test]
fn probes_after_a_fault_are_rare() {
    let mut circuit = Circuit::new(1);
    let mut now = 0;
    let waits = [0; 5].map(|_| {
        hear(&mut circuit, Contact::Fault, now);
        let wait = circuit.open_for(now).unwrap();
        now += wait;
        wait
    });
    assert_eq!(waits, [60_000, 300_000, 900_000, 900_000, 900_000]);
}

proptest! {
    #[test]
    fn every_wait_is_within_its_bounds(tries: u32, chance: u64) {
        let wait = wait(tries, chance);
        prop_assert!((15 * SECOND..=LONGEST_WAIT).contains(&wait));
        prop_assert!(tries <= 5 || wait >= HOUR * 80 / 100);
    }

    #[test]
    fn a_circuit_never_stops_for_good(heard in prop::collection::vec((0..4_u8, 0..400_000_i64), 0..60)) {
        let (mut circuit, mut now) = (Circuit::new(4), 0);
        for (contact, later) in heard {
            now += later;
            let contact = [Contact::Reached, Contact::Silent, Contact::Fault].get(usize::from(contact)).copied();
            circuit.heard(contact, now);
            prop_assert!(circuit.free(now + circuit.open_for(now).unwrap_or(0), 0) >= 1);
            prop_assert!(circuit.open_for(now).unwrap_or(0) <= 900_000);
            prop_assert!(circuit.free(now, 0) <= 4);
        }
    }
}

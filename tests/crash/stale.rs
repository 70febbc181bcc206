//! A counter that sleeps longer than its lease, at the two worst moments.

use std::sync::Arc;

use crate::counter::{Counter, Site};
use crate::load::{Answered, Line};
use crate::mailbox::{Act, Fate, Gate, Step, until};
use crate::world::{World, with_postgres};
use crate::{laws, mailbox};

/// Two counters on one database, of which the first is in the middle of a mail, and sleeps.
struct Asleep {
    world: World,
    gate: Arc<Gate>,
    first: Counter,
    requests: Vec<Answered>,
}

impl Asleep {
    /// At this step of the mail. What the other counter's tries meet comes after it.
    fn at(server: Arc<crate::postgres::Server>, step: Step, then: Option<Fate>) -> Self {
        let mut world = World::postgres("a sleeping counter", server, 2);
        let mut first = start(&world.sites[0]);
        let line = Line::to(&[world.sites[0].address]);
        // A second request of one address brings no confirmation: there is one mail only.
        let sent = line.send("sleep", &mut world.chance);
        until("the first request is sent", || world.unsent() == 0);
        let gate = Arc::<Gate>::default();
        world.mailbox.script([Fate(step, Act::Hold(Arc::clone(&gate)))].into_iter().chain(then));
        let request = line.send("sleep+2", &mut world.chance);
        gate.wait_until_reached();
        assert!(first.lives());
        first.signal("STOP");
        world.ten_minutes_without(first.pid());
        Self { world, gate, first, requests: vec![sent, request] }
    }

    fn wake(&self) {
        self.gate.open();
        self.first.signal("CONT");
        self.gate.wait_until_passed();
    }

    /// The mail to the desk of the second request.
    fn delivery(&self) -> serde_json::Value {
        laws::rows(&self.world.sites[1])[&self.requests[1].reference]["deliveries"][0].clone()
    }

    fn copies(&self) -> Vec<mailbox::Copy> {
        let id = self.delivery()["message_id"].as_str().unwrap().to_owned();
        self.world.mailbox.mails().remove(&id).unwrap_or_default()
    }
}

fn start(site: &Site) -> Counter {
    let mut counter = site.spawn(None);
    assert!(counter.listens(), "{}", site.log());
    counter
}

/// Another counter has sent the mail meanwhile: the sleeper, which has not written its dot, sees that and does not.
#[test]
fn a_counter_that_slept_before_the_dot_does_not_send() {
    with_postgres("a_counter_that_slept_before_the_dot_does_not_send", |server| {
        let mut asleep = Asleep::at(server, Step::Data, None);
        let second = start(&asleep.world.sites[1]);
        until("the other counter has sent it", || asleep.delivery()["state"] == "sent");
        asleep.wake();
        let figures = asleep.world.end(&[&asleep.first, &second], &asleep.requests);
        assert_eq!((figures.repeats, figures.may_repeat), (0, 0), "the mail arrived once, and there was never a doubt");
    });
}

/// The sleeper hears `250` when the mail is no longer its own: its word does not count. The repeat is recorded.
#[test]
fn a_counter_that_slept_after_the_dot_cannot_mark_sent() {
    with_postgres("a_counter_that_slept_after_the_dot_cannot_mark_sent", |server| {
        let later = Fate(Step::Dot, Act::Say("451 4.3.0 Later\r\n"));
        let mut asleep = Asleep::at(server, Step::Dot, Some(later));
        let second = start(&asleep.world.sites[1]);
        until("the other counter has tried it", || asleep.delivery()["state"] == "deferred");
        asleep.wake();
        assert!(asleep.copies()[0].answered, "the sleeper was answered 250");
        until("the sleeper sees that it is late", || asleep.world.sites[0].log().contains("the lease was lost"));
        assert_eq!(asleep.delivery()["state"], "deferred", "the last word is the other counter's");
        let figures = asleep.world.end(&[&asleep.first, &second], &asleep.requests);
        assert_eq!((figures.repeats, figures.may_repeat), (1, 1));
    });
}

//! A death at every named point. One that is never reached fails.

use std::time::Duration;

use madoguchi::intake::crash::POINTS;

use crate::counter::{Counter, crashed};
use crate::laws;
use crate::load::Answered;
use crate::mailbox::until;
use crate::world::{World, with_postgres};

/// How long a point may take to be reached.
const PATIENCE: Duration = Duration::from_secs(30);
/// Points that a command of the operator reaches when all is calm: what is deleted must have been sent.
const ERASING: [&str; 2] = ["store.in-forget", "store.before-wipe"];

#[test]
fn a_death_at_every_point_on_sqlite_loses_nothing() {
    let proof = "points on SQLite";
    let mut world = World::sqlite(proof);
    let forgotten = die_everywhere(proof, &mut world);
    let written = |title: &str| {
        let files = std::fs::read_dir(world.site().database().parent().unwrap()).unwrap();
        files.filter_map(Result::ok).any(|file| contains(&std::fs::read(file.path()).unwrap(), title.as_bytes()))
    };
    assert!(written("株式会社サンプル") && !written(&forgotten.title), "what was to be forgotten is legible");
    laws::check_database(world.site());
}

#[test]
fn a_death_at_every_point_on_postgres_loses_nothing() {
    with_postgres("a_death_at_every_point_on_postgres_loses_nothing", |server| {
        let proof = "points on PostgreSQL";
        die_everywhere(proof, &mut World::postgres(proof, server, 1));
    });
}

/// Gives back a request that was forgotten.
fn die_everywhere(proof: &str, world: &mut World) -> Answered {
    let (load, operator) = world.begin();
    for point in in_order() {
        die_at(world, point);
    }
    let counter = start(world);
    let counts = load.counts.clone();
    let answered = load.stop();
    operator.stop();
    let figures = world.end(&[&counter], &answered);
    let forgotten = die_erasing(world, &answered);
    let unanswered = counts.unanswered.load(std::sync::atomic::Ordering::SeqCst);
    world.report(proof, &format!("{} points", POINTS.len()), unanswered, figures);
    forgotten
}

/// The schema is made once: its points come first, while there is none.
fn in_order() -> Vec<&'static str> {
    let mut points: Vec<_> = POINTS.iter().copied().filter(|point| !ERASING.contains(point)).collect();
    points.sort_by_key(|point| !point.ends_with("-migration"));
    points
}

fn start(world: &World) -> Counter {
    let mut counter = world.site().spawn(None);
    assert!(counter.listens(), "{}", world.site().log());
    counter
}

fn die_at(world: &mut World, point: &str) {
    if point == "store.in-retry" {
        return die_retrying(world, point);
    }
    // These are passed once or twice in a start; the others again and again.
    let once = point.ends_with("-migration") || point.ends_with("-purge");
    let pass = if once { 1 } else { 1 + world.chance.below(4) };
    let mut counter = world.site().spawn(Some(&format!("{point}:{pass}")));
    assert!(counter.crashes(PATIENCE), "{point} was not reached {pass} times, or not died at: {}", world.site().log());
    // Before the schema is made there are no leases.
    if !point.ends_with("-migration") {
        world.ten_minutes_without(counter.pid());
    }
}

/// The command dies, and the counter goes on. There is something to retry once a mail has failed.
fn die_retrying(world: &World, point: &str) {
    let mut counter = start(world);
    let waits = || !world.site().requests(&["list", "--state", "deferred", "--state", "unknown"], None).stdout.is_empty();
    until("`retry` dies with something to retry", || {
        waits() && crashed(&world.site().requests(&["retry", "--all"], Some(point)))
    });
    assert!(counter.lives(), "{}", world.site().log());
}

/// `forget` leaves a request whole, or nothing of it.
fn die_erasing(world: &World, answered: &[Answered]) -> Answered {
    let (kept, forgotten) = (&answered[0], &answered[1]);
    let forget = |request: &Answered, point| world.site().requests(&["forget", &request.reference], point);
    assert!(crashed(&forget(kept, Some(ERASING[0]))), "{} is not reached", ERASING[0]);
    laws::check(world.site(), &world.mailbox, answered);
    assert!(crashed(&forget(forgotten, Some(ERASING[1]))), "{} is not reached", ERASING[1]);
    let rows = laws::rows(world.site());
    assert!(!rows.contains_key(&forgotten.reference) && rows.len() == answered.len() - 1, "one is deleted, and no other");
    // The second time there is nothing to delete, and the wiping is done.
    assert_eq!(forget(forgotten, None).status.code(), Some(2));
    forgotten.clone()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

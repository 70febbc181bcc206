//! `kill -9` at random under load.

use crate::chance::times;
use crate::laws;
use crate::world::{World, with_postgres};

/// Kills by default; ten times as many by `TEST_LONG`.
const KILLS: usize = 20;

#[test]
fn random_kills_on_sqlite_lose_nothing() {
    let proof = "kills on SQLite";
    let mut world = World::sqlite(proof);
    kill_at_random(proof, &mut world);
    laws::check_database(world.site());
}

#[test]
fn random_kills_on_postgres_lose_nothing() {
    with_postgres("random_kills_on_postgres_lose_nothing", |server| {
        let proof = "kills on PostgreSQL";
        kill_at_random(proof, &mut World::postgres(proof, server, 1));
    });
}

fn kill_at_random(proof: &str, world: &mut World) {
    let (load, operator) = world.begin();
    let mut kills = 0;
    while kills < times(KILLS) {
        let mut counter = world.site().spawn(None);
        // Most are killed at work, some on the way to it.
        if world.chance.percent(85) {
            assert!(counter.listens(), "the counter starts again after every kill: {}", world.site().log());
        }
        std::thread::sleep(world.chance.millis(0, 1_200));
        assert!(counter.kill(), "the counter ended by itself: {}", world.site().log());
        world.ten_minutes_without(counter.pid());
        kills += 1;
    }
    let mut counter = world.site().spawn(None);
    assert!(counter.listens(), "{}", world.site().log());
    let counts = load.counts.clone();
    let answered = load.stop();
    operator.stop();
    let figures = world.end(&[&counter], &answered);
    assert!(figures.repeats > 0, "after so many kills some mail must have gone twice, or the proof proves nothing");
    world.report(proof, &format!("{kills} kills"), counts.unanswered.load(std::sync::atomic::Ordering::SeqCst), figures);
}

//! Three counters on one PostgreSQL: kills, pauses longer than a lease, and a database that crashes in the middle.

use std::sync::Arc;
use std::time::Duration;

use crate::chance::times;
use crate::counter::Counter;
use crate::load::{Answered, Line};
use crate::postgres::Server;
use crate::world::{World, with_postgres};

/// Kills and pauses by default, one after the other; ten times as many by `TEST_LONG`.
const BLOWS: usize = 20;
/// After so many of them the database crashes, and so on.
const UNTIL_DATABASE: usize = 10;

#[test]
fn three_counters_on_one_postgres_lose_nothing() {
    with_postgres("three_counters_on_one_postgres_lose_nothing", |_| {
        let proof = "three counters";
        let server = Arc::new(Server::start().unwrap());
        let mut world = World::postgres(proof, Arc::clone(&server), 3);
        let (load, operator) = world.begin();
        // All at once, on a database without a schema.
        let mut counters: Vec<Counter> = world.sites.iter().map(|site| site.spawn(None)).collect();
        let (mut blows, mut answered) = ([0, 0, 0], Vec::new());
        for number in 1..=times(BLOWS) {
            assert!(counters.iter_mut().all(Counter::listens), "{}", logs(&world));
            std::thread::sleep(world.chance.millis(100, 600));
            if number % UNTIL_DATABASE == UNTIL_DATABASE / 2 {
                answered.extend(crash_database(&mut world, &server, &mut counters, number));
                blows[2] += 1;
            }
            let victim = world.chance.below(3) as usize;
            if world.chance.percent(60) {
                kill(&world, &mut counters, victim);
                blows[0] += 1;
            } else {
                pause(&mut world, &counters[victim]);
                blows[1] += 1;
            }
        }
        assert!(counters.iter_mut().all(Counter::listens), "{}", logs(&world));
        let counts = load.counts.clone();
        answered.extend(load.stop());
        operator.stop();
        let figures = world.end(&counters.iter().collect::<Vec<_>>(), &answered);
        let what = format!("{} kills, {} pauses, {} crashes of the database", blows[0], blows[1], blows[2]);
        world.report(proof, &what, counts.unanswered.load(std::sync::atomic::Ordering::SeqCst), figures);
    });
}

fn kill(world: &World, counters: &mut [Counter], victim: usize) {
    assert!(counters[victim].kill(), "a counter ended by itself: {}", logs(world));
    world.ten_minutes_without(counters[victim].pid());
    counters[victim] = world.sites[victim].spawn(None);
}

/// The counter sleeps, and wakes when others have taken what it had.
fn pause(world: &mut World, counter: &Counter) {
    counter.signal("STOP");
    world.ten_minutes_without(counter.pid());
    std::thread::sleep(world.chance.millis(300, 2_000));
    counter.signal("CONT");
}

/// The counters live through it, and each takes requests again by itself.
fn crash_database(world: &mut World, server: &Server, counters: &mut [Counter], number: usize) -> Vec<Answered> {
    server.down("immediate");
    std::thread::sleep(Duration::from_millis(300));
    server.up().unwrap();
    assert!(counters.iter_mut().all(Counter::lives), "a counter died of its database: {}", logs(world));
    let sites = world.sites.clone();
    let send = |(index, site): (usize, &crate::counter::Site)| {
        Line::to(&[site.address]).send(&format!("crash-{number}-{index}"), &mut world.chance)
    };
    sites.iter().enumerate().map(send).collect()
}

fn logs(world: &World) -> String {
    world.sites.iter().map(crate::counter::Site::log).collect()
}

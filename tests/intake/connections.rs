//! Connections that are slow, silent or many, and the end of the process.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::support::{Counter, Request, Setup, free_port, parse, send, sound, with};

const FORM: &str = "/requests/service-request";

/// A connection from an address of its own: 127.x.y.z is all loopback.
fn connect_from(source: Ipv4Addr, to: SocketAddr) -> TcpStream {
    use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &SocketAddr::from((source, 0))).unwrap();
    connect(&socket, &to).unwrap();
    TcpStream::from(socket)
}

fn source(n: u32) -> Ipv4Addr {
    Ipv4Addr::from(Ipv4Addr::new(127, 1, 0, 1).to_bits() + n)
}

/// Until when the server has closed the connection; what it said before.
fn wait_for_end(mut stream: TcpStream, within: Duration) -> Option<Vec<u8>> {
    stream.set_read_timeout(Some(within)).unwrap();
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        Ok(_) => Some(all),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Some(all),
        Err(_) => None,
    }
}

/// How many of each kind: 500 in all, or 5,000 by `TEST_LONG`.
fn count() -> u32 {
    if std::env::var_os("TEST_LONG").is_some() { 1_667 } else { 167 }
}

/// As many open files as may be, for this process and those that it starts: a shell's 1,024 hold no 5,000 connections.
fn many_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let most = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most }).unwrap();
}

#[test]
fn offenders_are_gone_in_time_and_honest_requests_go_on() {
    many_open_files();
    let counter = Counter::start();
    let began = Instant::now();
    let mut open = Vec::new();
    for n in 0..count() {
        let silent = connect_from(source(3 * n), counter.address);
        let mut slow_header = connect_from(source(3 * n + 1), counter.address);
        slow_header.write_all(b"POST /requests/service-request HTTP/1.1\r\nHost: x\r\n").unwrap();
        let mut slow_body = connect_from(source(3 * n + 2), counter.address);
        let head = format!("POST {FORM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{");
        slow_body.write_all(head.as_bytes()).unwrap();
        open.extend([silent, slow_header, slow_body]);
    }
    let opened = began.elapsed();
    let mut worst = Duration::ZERO;
    while began.elapsed() < opened + Duration::from_secs(16) {
        let asked = Instant::now();
        let token = counter.token("service-request");
        assert_eq!(counter.post_json(FORM, &with(&sound(), &[("token", &token)])).status, 201);
        worst = worst.max(asked.elapsed());
        // They are not quite silent: a byte now and then must not help.
        for stream in open.iter_mut().skip(1).step_by(3) {
            let _ = stream.write_all(b"X");
        }
        for stream in open.iter_mut().skip(2).step_by(3) {
            let _ = stream.write_all(b" ");
        }
        std::thread::sleep(Duration::from_millis(400));
    }
    assert!(worst < Duration::from_secs(3), "an honest request took {worst:?}");
    let memory = most_resident_kib(counter.pid());
    assert!(memory <= 128 * 1024, "{memory} KiB");
    let left =
        open.into_iter().filter_map(|stream| wait_for_end(stream, Duration::from_millis(50)).is_none().then_some(())).count();
    assert_eq!(left, 0, "connections still open after 16 s");
}

/// The most resident memory that a process has ever had, in KiB (proc_pid_status(5)).
fn most_resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A client that is not given a core for five seconds between its connection and its request finds the connection ended. It must be able
/// to tell that from an answer that was cut off, and the operator must see how often it happens.
#[test]
fn a_request_that_comes_too_late_gets_no_answer_at_all_and_is_counted() {
    let admin = free_port();
    let counter = Counter::with(Setup { intake: format!("admin_listen = \"127.0.0.1:{admin}\""), ..Setup::default() });
    let silent = TcpStream::connect(counter.address).unwrap();
    let mut late = TcpStream::connect(counter.address).unwrap();
    assert_eq!(wait_for_end(silent, Duration::from_secs(30)), Some(Vec::new()), "it ends without a word");
    // On a busy machine the second one may have been taken much later, and its time ends later.
    let metrics = || send(([127, 0, 0, 1], admin).into(), &Request::new("GET", "/metrics")).text();
    let both = || metrics().lines().any(|line| line == "madoguchi_connections_timed_out_total 2");
    let began = Instant::now();
    while !both() && began.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(both(), "{}", metrics());
    // The system may take the bytes of this one; the counter has gone.
    let _ = late.write_all(&Request::new("GET", "/healthz").bytes());
    assert_eq!(wait_for_end(late, Duration::from_secs(30)), Some(Vec::new()));
}

#[test]
fn a_body_that_does_not_come_is_answered_408() {
    let counter = Counter::start();
    let mut stream = TcpStream::connect(counter.address).unwrap();
    let head = format!("POST {FORM} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let reply = parse(&wait_for_end(stream, Duration::from_secs(16)).unwrap());
    assert_eq!((reply.status, reply.code().as_str()), (408, "timeout"));
}

#[test]
fn one_client_has_so_many_connections_and_others_are_not_concerned() {
    let guard = "per_minute = 0\nconnections_per_client = 3".to_owned();
    let counter = Counter::with(Setup { guard, ..Setup::default() });
    let client = Ipv4Addr::new(127, 9, 9, 9);
    let _three: Vec<_> = (0..3).map(|_| connect_from(client, counter.address)).collect();
    std::thread::sleep(Duration::from_millis(100));
    let fourth = connect_from(client, counter.address);
    assert_eq!(wait_for_end(fourth, Duration::from_secs(2)).as_deref(), Some(&b""[..]), "closed at once");
    assert_eq!(counter.get("/healthz").status, 200);
}

#[test]
fn trusted_proxies_have_no_cap() {
    let guard = "per_minute = 0\nconnections_per_client = 3".to_owned();
    let counter = Counter::with(Setup { guard, intake: "trusted_proxies = [\"127.0.0.1\"]".into(), ..Setup::default() });
    let _open: Vec<_> = (0..10).map(|_| TcpStream::connect(counter.address).unwrap()).collect();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(counter.get("/healthz").status, 200);
}

#[test]
fn connections_in_all_are_bounded_and_those_that_wait_are_served() {
    let guard = "per_minute = 0\nconnections_per_client = 100\nconnections = 4".to_owned();
    let counter = Counter::with(Setup { guard, ..Setup::default() });
    let _silent: Vec<_> = (0..4).map(|_| TcpStream::connect(counter.address).unwrap()).collect();
    let asked = Instant::now();
    assert_eq!(counter.get("/healthz").status, 200);
    assert!(asked.elapsed() > Duration::from_secs(3) && asked.elapsed() < Duration::from_secs(8), "{:?}", asked.elapsed());
}

#[test]
fn idle_clients_do_not_keep_others_waiting() {
    let guard = "per_minute = 0\nconnections_per_client = 100\nconnections = 8".to_owned();
    let counter = Counter::with(Setup { guard, ..Setup::default() });
    let bytes = Request::new("GET", "/healthz").header("Connection", "keep-alive").bytes();
    let mut idle = Vec::new();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(counter.address).unwrap();
        stream.write_all(&bytes).unwrap();
        // Beyond the eighth they would wait for five seconds, until idle ones are closed.
        stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        let mut answer = [0; 1024];
        let length = stream.read(&mut answer).expect("it is answered while others idle");
        assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
        idle.push(stream);
    }
}

#[test]
fn more_than_can_be_done_is_refused_at_once_with_whom_to_call() {
    let guard = "per_minute = 0\nconnections_per_client = 5000\nin_flight = 1".to_owned();
    let counter = Counter::with(Setup { guard, ..Setup::default() });
    let token = counter.token("service-request");
    let bytes = Request::json(FORM, &with(&sound(), &[("token", &token), ("locale", "en")])).bytes();
    let replies: Vec<_> = std::thread::scope(|scope| {
        let posts: Vec<_> = (0..64).map(|_| scope.spawn(|| crate::support::raw(counter.address, &bytes))).collect();
        posts.into_iter().map(|post| post.join().unwrap()).collect()
    });
    assert!(replies.iter().any(|reply| reply.status == 201));
    let busy = replies.iter().find(|reply| reply.status == 503).expect("some found no place");
    assert!(busy.header("retry-after").is_some() && busy.code() == "busy");
    assert!(busy.json()["contact"].as_str().unwrap().contains("03-0000-0000"));
    assert_eq!(counter.rows(), 1);
    assert_eq!(crate::support::raw(counter.address, &bytes).status, 201, "a 503 has not burnt the token");
}

#[test]
fn a_signal_lets_open_requests_end_and_takes_no_more() {
    let mut counter = Counter::start();
    let token = counter.token("service-request");
    let bytes = Request::json(FORM, &with(&sound(), &[("token", &token)])).bytes();
    let (first, rest) = bytes.split_at(bytes.len() - 10);
    let mut open = TcpStream::connect(counter.address).unwrap();
    open.write_all(first).unwrap();
    let _silent = TcpStream::connect(counter.address).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    counter.terminate();
    std::thread::sleep(Duration::from_millis(300));
    assert!(TcpStream::connect(counter.address).is_err(), "no more are taken");
    open.write_all(rest).unwrap();
    let reply = parse(&wait_for_end(open, Duration::from_secs(9)).unwrap());
    assert_eq!(reply.status, 201, "{reply:?}");
    assert_eq!(counter.wait(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(counter.rows(), 1);
}

//! The site and the counter behind real proxies, and the other files for operators: the blocks of the manual are what runs here.

mod container;
mod manual;
#[path = "../intake/port.rs"]
mod port;
mod requests;
mod service;
mod site;
mod stand;
#[path = "../intake/support.rs"]
#[allow(dead_code, reason = "the tests of the counter itself use all of it")]
mod support;

/// Puts the program at a path: as another name of the file where that can be, for a debug build is large.
fn program_at(path: &std::path::Path) {
    let program = env!("CARGO_BIN_EXE_madoguchi");
    std::fs::hard_link(program, path).or_else(|_| std::fs::copy(program, path).map(drop)).unwrap();
}

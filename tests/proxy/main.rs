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

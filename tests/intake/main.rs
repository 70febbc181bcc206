//! The counter as its users meet it: the real program, real sockets, real files.

mod abuse;
mod backup;
#[path = "../store/certificates.rs"]
mod certificates;
mod connections;
mod disk;
mod disk_image;
mod flow;
mod input;
mod logs;
mod mailbox;
#[path = "../store/manual.rs"]
mod manual;
mod port;
mod probe;
mod requests;
mod room;
mod smtp;
mod start;
mod support;
mod texts;
mod themes;
mod threats;

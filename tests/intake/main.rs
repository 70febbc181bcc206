//! The counter as its users meet it: the real program, real sockets, real files.

mod abuse;
mod connections;
mod disk;
mod disk_image;
mod flow;
mod input;
mod logs;
mod requests;
mod start;
mod support;

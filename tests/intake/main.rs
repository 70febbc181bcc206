//! The counter as its users meet it: the real program, real sockets, real files.

mod flow;
mod input;
mod support;

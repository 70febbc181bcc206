//! The writers' preview: a live site over HTTP, which tells the browser when there is something new.
//!
//! `watch` hears which files have changed; `reload` keeps the [`Live`](crate::site::live::Live) site up to date with them, counts revisions
//! and finds what is wrong; `server` answers. A page is as a build writes it, but that the preview's own script and style sheet stand in its
//! head. The counter is handed over as a router by who joins the two: this room does not know it.

pub mod reload;
pub mod server;
pub mod watch;

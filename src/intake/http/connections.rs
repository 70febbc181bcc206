//! Caps on open connections: in all, and of one client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::client::{ClientPrefix, is_trusted};
use crate::config::IpPrefix;

/// Counts open connections by client. Trusted proxies, which speak for many clients, are not counted.
#[derive(Debug)]
pub(super) struct Clients {
    open: Mutex<HashMap<ClientPrefix, usize>>,
    most: usize,
    trusted: Vec<IpPrefix>,
}

/// A place of a client; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place(Option<(Arc<Clients>, ClientPrefix)>);

impl Clients {
    /// At most so many connections of one client.
    pub(super) fn new(most: usize, trusted: Vec<IpPrefix>) -> Arc<Self> {
        Arc::new(Self { open: Mutex::default(), most, trusted })
    }

    /// A place for a connection from this peer; nothing if the client has no more.
    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        if is_trusted(peer, &self.trusted) {
            return Some(Place(None));
        }
        let prefix = ClientPrefix::of(peer);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(prefix).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place(Some((Arc::clone(self), prefix))))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((clients, prefix)) = &self.0 else { return };
        let mut open = clients.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(prefix) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(open.remove(prefix)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_by_client_and_given_back() {
        let clients = Clients::new(2, vec![IpPrefix::parse("10.0.0.0/8").unwrap()]);
        let enter = |text: &str| clients.enter(text.parse().unwrap());
        let (one, two) = (enter("192.0.2.1"), enter("::ffff:192.0.2.1"));
        assert!(one.is_some() && two.is_some() && enter("192.0.2.1").is_none());
        assert!(enter("192.0.2.2").is_some(), "another client");
        drop(one);
        assert!(enter("192.0.2.1").is_some());
        let proxied: Vec<_> = (0..9).map(|_| enter("10.1.1.1")).collect();
        assert!(proxied.iter().all(Option::is_some), "a proxy speaks for many");
        drop((two, proxied));
        assert!(clients.open.lock().unwrap().is_empty(), "nothing is remembered of who has gone");
    }
}

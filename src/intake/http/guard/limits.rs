//! Limits of requests in time: of those who send, and of what would be stored.

use std::net::IpAddr;
use std::time::Duration;

use super::super::client::ClientPrefix;
use super::super::random;
use super::rate::Limit;

/// How many clients at their limit make the limit of their network.
///
/// A network of IPv6 is a /48: one customer may have it alone, with 65,536 prefixes that would all count as clients (RFC 6177), or a provider
/// may have parted it among 256 homes. So many at once are more than such homes send, and it takes twelve such networks to send as much as
/// all may.
const CLIENTS_IN_NETWORK: u32 = 4;
/// How many clients at their limit make the limit of all.
const CLIENTS_IN_ALL: u32 = 50;

/// Limits in time, each with a budget of its own.
#[derive(Debug)]
pub(in super::super) struct RateLimits {
    /// Of one client prefix.
    client: Limit,
    /// Of one network of IPv6.
    network: Limit,
    /// Of one requester's address.
    address: Limit,
    /// Of all requests together.
    all: Limit,
}

impl RateLimits {
    /// `per_minute` is the limit of one client.
    pub(in super::super) fn new(per_minute: u32) -> Result<Self, getrandom::Error> {
        let limit = |clients: u32| Ok(Limit::new(per_minute.saturating_mul(clients), random()?));
        Ok(Self { client: limit(1)?, network: limit(CLIENTS_IN_NETWORK)?, address: limit(1)?, all: limit(CLIENTS_IN_ALL)? })
    }

    /// Counts whatever was posted, before anything of it is looked at, for whom it came from and for nobody else: else junk, which costs
    /// nothing to send, would shut all others out. What is over its client's limit is not counted for its network.
    ///
    /// # Errors
    /// One more would be taken after this time.
    pub(in super::super) fn take_post(&self, client: IpAddr) -> Result<(), Duration> {
        let client = ClientPrefix::of(client);
        self.client.take(&client.bytes())?;
        client.network().map_or(Ok(()), |network| self.network.take(&network.bytes()))
    }

    /// Counts a request that is in order and has its token, for its requester and for all. Tokens themselves are free, and are not counted:
    /// nothing of them is kept until they come back with a request.
    ///
    /// # Errors
    /// One more would be taken after this time.
    pub(in super::super) fn take_request(&self, address: Option<[u8; 32]>) -> Result<(), Duration> {
        address.map_or(Ok(()), |address| self.address.take(&address))?;
        self.all.take(b"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(limits: &RateLimits, clients: impl Iterator<Item = String>) -> usize {
        clients.filter(|client| limits.take_post(client.parse().unwrap()).is_ok()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_has_the_budget_of_four_clients_and_those_over_their_own_take_nothing_of_it() {
        let limits = RateLimits::new(20).unwrap();
        let posts = |prefix: &'static str, client: usize| (0..100).map(move |n| format!("{prefix}:{client:x}::{n:x}"));
        assert_eq!(taken(&limits, posts("2001:db8:aa", 1)), 20, "a /64 is one client");
        assert_eq!(taken(&limits, (2..60).flat_map(|client| posts("2001:db8:aa", client))), 60);
        assert_eq!(taken(&limits, posts("2001:db8:ab", 1)), 20, "the network beside it");
        assert_eq!(taken(&limits, (0..100).map(|n| format!("203.0.113.{n}"))), 100, "neighbours of IPv4 have nothing in common");
    }

    #[tokio::test(start_paused = true)]
    async fn posts_count_for_their_senders_and_requests_for_all() {
        let limits = RateLimits::new(2).unwrap();
        assert_eq!(taken(&limits, (0..250).map(|n| format!("203.0.113.{n}"))), 250);
        let request = |n: u8| limits.take_request(Some([n; 32]));
        assert_eq!((0..9).filter(|_| request(200).is_ok()).count(), 2, "of one address");
        assert_eq!((0..150).filter(|n| request(*n).is_ok()).count(), 98, "those refused for their address are not counted");
        assert!(limits.take_request(None).is_err(), "nor does it help to have none");
    }
}

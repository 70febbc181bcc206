//! Who sends: the client's address behind proxies, and the prefix by which clients are counted.

use std::net::{IpAddr, Ipv6Addr};

use crate::config::IpPrefix;

/// The most hops that are looked at, from the right: more than any chain of proxies has.
const MOST_HOPS: usize = 32;

/// The addresses that one customer of a network has: an IPv4 address, or the /64 of an IPv6 address (RFC 6177).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ClientPrefix(IpAddr);

impl ClientPrefix {
    /// The prefix of an address.
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => first(64, v6),
            v4 @ IpAddr::V4(_) => v4,
        })
    }

    /// The network that it lies in: the /48 of an IPv6 address, the most that one site is given (RFC 6177). An IPv4 address has none, for
    /// those beside it belong to others.
    pub(super) fn network(self) -> Option<Self> {
        match self.0 {
            IpAddr::V6(v6) => Some(Self(first(48, v6))),
            IpAddr::V4(_) => None,
        }
    }

    /// The prefix as bytes, to be hashed.
    pub(super) fn bytes(self) -> [u8; 16] {
        match self.0 {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => v6.octets(),
        }
    }
}

/// An address of which only so many bits are left.
fn first(bits: u32, address: Ipv6Addr) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !(u128::MAX >> bits)))
}

/// Whether a peer's forwarded-for header is believed.
pub(super) fn is_trusted(peer: IpAddr, trusted: &[IpPrefix]) -> bool {
    trusted.iter().any(|prefix| prefix.contains(peer.to_canonical()))
}

/// The address of the client. From a trusted proxy it is the rightmost hop of `X-Forwarded-For` that is no trusted proxy itself:
/// what stands left of it was written by the client. A hop that is no address ends the search at the hop that wrote it.
pub(super) fn address<'a>(peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>, trusted: &[IpPrefix]) -> IpAddr {
    let mut client = peer.to_canonical();
    for hop in forwarded.rev().flat_map(|line| line.rsplit(',')).take(MOST_HOPS) {
        if !is_trusted(client, trusted) {
            break;
        }
        match hop_address(hop.trim()) {
            Some(address) => client = address,
            None => break,
        }
    }
    client
}

/// An address as proxies write it: also in brackets, and with a port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let plain = hop.parse().ok().or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok());
    let address = plain.or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(peer: &str, forwarded: &[&str]) -> String {
        let trusted = ["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"].map(|text| IpPrefix::parse(text).unwrap());
        address(peer.parse().unwrap(), forwarded.iter().copied(), &trusted).to_string()
    }

    #[test]
    fn the_rightmost_hop_that_is_no_proxy_of_ours_is_the_client() {
        for (peer, forwarded, client) in [
            ("192.0.2.1", &["198.51.100.1"][..], "192.0.2.1"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["6.6.6.6, 198.51.100.1, 10.0.0.7"], "198.51.100.1"),
            ("127.0.0.1", &["6.6.6.6", "198.51.100.1", "10.0.0.7"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("127.0.0.1", &["[2001:db8::1]:80"], "2001:db8::1"),
            ("fd00::1", &["2001:db8::1"], "2001:db8::1"),
            ("127.0.0.1", &["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, , 10.0.0.2"], "10.0.0.2"),
            ("127.0.0.1", &[""], "127.0.0.1"),
        ] {
            assert_eq!(found(peer, forwarded), client, "{peer} {forwarded:?}");
        }
        let many = vec!["10.0.0.1"; 1000].join(",");
        assert_eq!(found("127.0.0.1", &[&format!("6.6.6.6,{many}")]), "10.0.0.1");
    }

    #[test]
    fn clients_are_counted_by_address_or_by_slash_64() {
        let prefix = |text: &str| ClientPrefix::of(text.parse().unwrap());
        assert_eq!(prefix("2001:db8:1:2::1"), prefix("2001:db8:1:2:ffff::9"));
        assert_ne!(prefix("2001:db8:1:2::1"), prefix("2001:db8:1:3::1"));
        assert_ne!(prefix("192.0.2.1"), prefix("192.0.2.2"));
        assert_eq!(prefix("192.0.2.1"), prefix("::ffff:192.0.2.1"));
        assert_ne!(prefix("192.0.2.1").bytes(), prefix("192.0.2.2").bytes());
        assert_eq!(prefix("2001:db8:1:2::1").network(), prefix("2001:db8:1:ffff::").network());
        assert_ne!(prefix("2001:db8:1:2::1").network(), prefix("2001:db8:2:2::1").network());
        assert_eq!(prefix("::ffff:192.0.2.1").network(), None);
    }
}

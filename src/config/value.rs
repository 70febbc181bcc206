//! The kinds of value a setting can have, each parsed once. A parser's error is the end of a sentence: "must …".

use std::fmt;
use std::net::IpAddr;

/// An absolute `http` or `https` address that ends in `/`, without user, query or fragment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebAddress {
    text: String,
    path_at: usize,
}

impl WebAddress {
    /// Takes an address; a `/` is added where it does not end in one.
    ///
    /// # Errors
    /// It has another scheme, no host, a user, a query or a fragment, or a character that no address holds.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = split_scheme(text)?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if path.contains(['?', '#']) {
            return Err("must have no query and no fragment".into());
        }
        let origin = format!("{scheme}://{}", web_authority(scheme, authority)?);
        let end = if path.ends_with('/') { "" } else { "/" };
        Ok(Self { path_at: origin.len(), text: format!("{origin}{path}{end}") })
    }

    /// The address, ending in `/`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The path with the slashes around it: `/` or `/partner/`.
    pub fn path(&self) -> &str {
        &self.text[self.path_at..]
    }

    /// Whether what is sent there is encrypted, or does not leave this machine.
    pub fn is_safe(&self) -> bool {
        let host = |rest| host_and_port(rest, 80).is_ok_and(|(host, _)| is_loopback(&host));
        self.text[..self.path_at].strip_prefix("http://").is_none_or(host)
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> Origin {
        Origin(self.text[..self.path_at].to_owned())
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A web origin as browsers send it (RFC 6454 §6.2): scheme, host and port, lower-case, without a default port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

impl Origin {
    /// Takes an origin; a lone `/` at its end is cut.
    ///
    /// # Errors
    /// It is no web address, or has a path.
    pub fn parse(text: &str) -> Result<Self, String> {
        let address = WebAddress::parse(text)?;
        if address.path() == "/" { Ok(address.origin()) } else { Err("must have no path".into()) }
    }

    /// The origin.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `http` or `https`, and what follows `://`.
pub(super) fn split_scheme(text: &str) -> Result<(&'static str, &str), String> {
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || "\"<>\\^`|".contains(c)) {
        return Err("must hold no space and none of \" < > \\ ^ ` |".into());
    }
    let schemes = ["https", "http"].into_iter();
    let found = text.split_once("://").and_then(|(given, rest)| {
        let scheme = schemes.into_iter().find(|scheme| given.eq_ignore_ascii_case(scheme))?;
        Some((scheme, rest))
    });
    found.ok_or_else(|| "must begin with `https://` or `http://`".into())
}

fn web_authority(scheme: &str, authority: &str) -> Result<String, String> {
    if authority.contains('@') {
        return Err("must hold no user and no password".into());
    }
    let default = if scheme == "http" { 80 } else { 443 };
    let (host, port) = host_and_port(authority, default)?;
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    Ok(if port == default { host } else { format!("{host}:{port}") })
}

/// A host name or IP address in lower case, without brackets, and its port.
pub(super) fn host_and_port(authority: &str, default_port: u16) -> Result<(String, u16), String> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let port = port.map_or(Ok(default_port), str::parse).ok().filter(|port| *port > 0);
    let port = port.ok_or("must have a port between 1 and 65535 after the last `:`")?;
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let sound = match bracketed {
        Some(host) => host.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || "-._".contains(c)),
    };
    if sound { Ok((bracketed.unwrap_or(host).to_lowercase(), port)) } else { Err("must name a host".into()) }
}

/// Whether a host name or an IP address without brackets is this machine's own.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

impl Bytes {
    /// Takes a size: `256MiB`, `1 GiB` (1,024 each), `500MB` (1,000 each), `4096` or `4096B`.
    ///
    /// # Errors
    /// It is no whole number with one of these units, or over 2⁶⁴ − 1.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "must be a size such as `256MiB` or `1GB`".to_owned();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = text[..digits].parse().map_err(|_| wrong())?;
        let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            "tib" => 1 << 40,
            "kb" => 1_000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            "tb" => 1_000_000_000_000,
            _ => return Err(wrong()),
        };
        number.checked_mul(unit).map(Self).ok_or_else(wrong)
    }
}

/// A mail address with the name to show, if any: `Partner guidance <guidance@example.com>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The name to show.
    pub name: Option<String>,
    /// The address.
    pub address: String,
}

impl Mailbox {
    /// Takes `ADDRESS` or `NAME <ADDRESS>`; the name may stand in quotation marks.
    ///
    /// # Errors
    /// There is no single address of the form `local@domain`, or a character that a header must not hold.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.chars().any(char::is_control) {
            return Err("must hold no control character".into());
        }
        let named = text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<'));
        let (name, address) = named.unwrap_or(("", text.trim()));
        let name = name.trim().trim_matches('"').trim();
        if !is_address(address) {
            return Err("must be one mail address such as `desk@example.com` or `Name <desk@example.com>`".into());
        }
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), address: address.to_owned() })
    }
}

fn is_address(text: &str) -> bool {
    let unfit = |c: char| c.is_whitespace() || "<>()[],;:\\\"@".contains(c);
    let (local, domain) = text.split_once('@').unwrap_or_default();
    let labels = domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    !local.is_empty() && local.len() <= 64 && text.len() <= 254 && labels && !local.contains(unfit) && !domain.contains(unfit)
}

/// A range of IP addresses: `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpPrefix {
    bits: u128,
    length: u8,
    v6: bool,
}

impl IpPrefix {
    /// Takes an address, with or without a prefix length.
    ///
    /// # Errors
    /// It is no address, the length is too large for it, or bits below the prefix are set.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().map_err(|_| "must be an IP address or a range such as `10.0.0.0/8`")?;
        let (bits, v6) = widened(address);
        let most = if v6 { 128 } else { 32 };
        let length = length.map_or(Ok(most), str::parse).ok().filter(|length| *length <= most);
        let length = length.ok_or_else(|| format!("must have a prefix length of at most {most}"))?;
        let prefix = Self { bits, length, v6 };
        if bits & !prefix.mask() == 0 { Ok(prefix) } else { Err("must have no bit set below its prefix length".into()) }
    }

    /// Whether every address of its family lies in the range.
    pub fn is_everything(&self) -> bool {
        self.length == 0
    }

    /// Whether an address lies in the range. An IPv4 address mapped into IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (bits, v6) = widened(address.to_canonical());
        v6 == self.v6 && bits & self.mask() == self.bits
    }

    fn mask(&self) -> u128 {
        u128::MAX.checked_shl(128 - u32::from(self.length)).unwrap_or(0)
    }
}

/// The address's bits from the left.
fn widened(address: IpAddr) -> (u128, bool) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, false),
        IpAddr::V6(v6) => (v6.to_bits(), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_addresses_are_made_alike() {
        for (given, made) in [
            ("https://Docs.Example.com", "https://docs.example.com/"),
            ("HTTP://example.com:80/a/b", "http://example.com/a/b/"),
            ("https://[::1]:8443/a/", "https://[::1]:8443/a/"),
        ] {
            assert_eq!(WebAddress::parse(given).unwrap().as_str(), made);
        }
        for bad in [
            "ftp://a/",
            "example.com",
            "https://",
            "https:///a",
            "https://u:p@a/",
            "https://a/?q",
            "https://a b/",
            "https://a:0/",
        ] {
            assert!(WebAddress::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(WebAddress::parse("https://a.example:8443/x/").unwrap().origin().as_str(), "https://a.example:8443");
    }

    #[test]
    fn sizes_have_binary_and_decimal_units() {
        assert_eq!(Bytes::parse("256MiB"), Ok(Bytes(256 << 20)));
        assert_eq!(Bytes::parse("2 GB"), Ok(Bytes(2_000_000_000)));
        assert_eq!(Bytes::parse("4096"), Ok(Bytes(4096)));
        for bad in ["", "MiB", "-1", "1.5GB", "1 furlong", "99999999999999TiB"] {
            assert!(Bytes::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn mailboxes_have_one_address() {
        let named = Mailbox::parse("\"窓口\" <desk@example.com>").unwrap();
        assert_eq!((named.name.as_deref(), named.address.as_str()), (Some("窓口"), "desk@example.com"));
        assert_eq!(Mailbox::parse("a+b@example.com").unwrap().name, None);
        for bad in ["desk", "a@b@c", "a@b, c@d", "a@b\r\nBcc: c@d", "@b", "a@", "a@-b.c", "a@b..c"] {
            assert!(Mailbox::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ranges_hold_their_addresses_only() {
        let holds = |range: &str, address: &str| IpPrefix::parse(range).unwrap().contains(address.parse().unwrap());
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("127.0.0.1", "::ffff:127.0.0.1") && !holds("::/0", "127.0.0.1"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1") && holds("0.0.0.0/0", "1.2.3.4"));
        for bad in ["10.0.0.1/8", "10.0.0.0/33", "x", "10.0.0.0/"] {
            assert!(IpPrefix::parse(bad).is_err(), "{bad}");
        }
    }
}

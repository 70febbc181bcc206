//! Addresses as they stand in an envelope and in a header.

use lettre::Address;

/// An address as it goes over the wire: the domain in ASCII (`例え.jp` is `xn--r8jz45g.jp`). Nothing if it is none that lettre
/// and an envelope can hold, such as the `a..b@docomo.ne.jp` that Japanese carriers gave out until 2009.
pub fn wire(address: &str) -> Option<String> {
    parsed(address).map(|address| AsRef::<str>::as_ref(&address).to_owned())
}

/// The same as lettre has it.
pub(super) fn parsed(address: &str) -> Option<Address> {
    let (local, domain) = address.rsplit_once('@')?;
    let unfit = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"".contains(c);
    let domain = if domain.is_ascii() { domain.to_owned() } else { idna::domain_to_ascii(domain).ok()? };
    if local.contains(unfit) || domain.contains(unfit) {
        return None;
    }
    format!("{local}@{domain}").parse().ok()
}

/// The same for a header without SMTPUTF8 (RFC 6532): also the part before the `@` is ASCII. What looks like an encoded word is left
/// out: RFC 2047 §5 allows none in an address, and parsers that decode it read another address.
pub(super) fn plain(address: &str) -> Option<Address> {
    let sound = |text: &str| text.is_ascii() && !text.contains("=?");
    parsed(address).filter(|address| sound(address.as_ref()))
}

/// What stands beside an address for people to see who is really meant: its domain in ASCII, where that differs.
pub(super) fn punycode(address: &str) -> Option<String> {
    let domain = address.rsplit_once('@').map_or(address, |(_, domain)| domain);
    if domain.is_ascii() {
        return None;
    }
    idna::domain_to_ascii(domain).ok().filter(|ascii| !ascii.eq_ignore_ascii_case(domain))
}

/// The digest by which confirmations to one person are counted: lower-cased, without `+tag`, the domain in ASCII.
pub fn digest(address: &str) -> [u8; 32] {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let local = local.split_once('+').map_or(local, |(local, _)| local);
    let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned());
    *blake3::hash(format!("{local}@{domain}").to_lowercase().as_bytes()).as_bytes()
}

/// The part after the `@`, in ASCII.
pub(super) fn domain(wire: &str) -> &str {
    wire.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
}

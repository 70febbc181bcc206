//! Signed, single-use tokens: proof that a sender has seen the form, or its review page.
//!
//! A token is `scope.id.expiry.mac`, all but the scope in hexadecimal. The MAC is BLAKE3 keyed with the store's secret, so that all
//! counters on a store know each other's tokens, before and after a restart. It holds no personal data. That it is used once is
//! the store's matter: the token's id is written in the transaction of the request.

use crate::intake::outbox::{Millis, UsedToken};

/// How long a token is good: longer than anybody takes to fill in a form (WCAG 2.2.1 asks for 20 hours or no limit).
pub(in super::super) const LIFE: Millis = 24 * 60 * 60 * 1000;
const KEY_CONTEXT: &str = "madoguchi 2026-11-24 token of a form";

/// What a token is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Scope<'a> {
    /// A form, for whatever is sent by it.
    Form {
        /// The form's name.
        form: &'a str,
    },
    /// One submission on its review page, with its answers as they were reviewed.
    Review {
        /// The form's name.
        form: &'a str,
        /// Its idempotency key.
        submission_id: &'a str,
        /// The digest of its answers.
        fingerprint: &'a [u8; 32],
    },
}

impl Scope<'_> {
    fn mark(self) -> &'static str {
        match self {
            Self::Form { .. } => "f",
            Self::Review { .. } => "r",
        }
    }
}

/// A token that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Token {
    /// As it is sent.
    pub(in super::super) text: String,
    /// When it expires.
    pub(in super::super) expires_at: Millis,
}

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum BadToken {
    /// There is none.
    Absent,
    /// It is not ours, or is bound to something else.
    Invalid,
    /// It was ours, and is too old.
    Expired,
}

/// Issues and checks tokens.
pub(in super::super) struct Signer([u8; 32]);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(…)")
    }
}

impl Signer {
    /// Signs with a key made of this secret.
    pub(in super::super) fn new(secret: &[u8]) -> Self {
        Self(blake3::derive_key(KEY_CONTEXT, secret))
    }

    /// A token with this random id, good from now on.
    pub(in super::super) fn issue(&self, scope: Scope<'_>, id: [u8; 16], now: Millis) -> Token {
        let expires_at = now + LIFE;
        let mac = self.mac(scope, id, expires_at);
        let text = format!("{}.{}.{expires_at:x}.{}", scope.mark(), hex(&id), mac.to_hex());
        Token { text, expires_at }
    }

    /// Checks a token against each scope that it may be bound to.
    pub(in super::super) fn check(&self, text: &str, scopes: &[Scope<'_>], now: Millis) -> Result<UsedToken, BadToken> {
        if text.is_empty() {
            return Err(BadToken::Absent);
        }
        let read = Read::parse(text).ok_or(BadToken::Invalid)?;
        let bound = |scope: &&Scope<'_>| scope.mark() == read.mark && self.mac(**scope, read.id, read.expires_at) == read.mac;
        scopes.iter().find(bound).ok_or(BadToken::Invalid)?;
        if read.expires_at <= now { Err(BadToken::Expired) } else { Ok(UsedToken { id: read.id, expires_at: read.expires_at }) }
    }

    /// The comparison of two of them takes the same time wherever they differ.
    fn mac(&self, scope: Scope<'_>, id: [u8; 16], expires_at: Millis) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(scope.mark().as_bytes());
        part(&id);
        part(&expires_at.to_le_bytes());
        match scope {
            Scope::Form { form } => part(form.as_bytes()),
            Scope::Review { form, submission_id, fingerprint } => {
                part(form.as_bytes());
                part(submission_id.as_bytes());
                part(fingerprint);
            }
        }
        hasher.finalize()
    }
}

/// When a token was issued, as it says, unchecked; nothing if the text is no token.
pub(in super::super) fn issue(text: &str) -> Option<Millis> {
    Read::parse(text).map(|read| read.expires_at.saturating_sub(LIFE))
}

/// The idempotency key of a request that sends none: its token can be used once. It begins with the token's time, so that keys which come
/// together stand together in the store; nothing if the text is no token.
pub(in super::super) fn key(text: &str) -> Option<String> {
    Read::parse(text).map(|read| format!("token-{:x}-{}", read.expires_at, hex(&read.id)))
}

struct Read<'a> {
    mark: &'a str,
    id: [u8; 16],
    expires_at: Millis,
    mac: blake3::Hash,
}

impl<'a> Read<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split('.');
        let (mark, id, expiry, mac) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let canonical = expiry.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) && !expiry.starts_with('0');
        let expires_at = Millis::from_str_radix(expiry, 16).ok().filter(|_| canonical && parts.next().is_none())?;
        Some(Self { mark, id: unhex(id)?, expires_at, mac: blake3::Hash::from_bytes(unhex(mac)?) })
    }
}

/// Lower-case hexadecimal digits.
pub(in super::super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |four: u8| char::from(DIGITS[usize::from(four)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    (text.len() == 2 * N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Scope<'_> = Scope::Form { form: "a" };
    const NOW: Millis = 1_800_000_000_000;

    #[test]
    fn a_token_is_good_for_what_it_is_bound_to() {
        let signer = Signer::new(b"secret");
        let token = signer.issue(FORM, [9; 16], NOW);
        assert_eq!(signer.check(&token.text, &[FORM], NOW + LIFE - 1), Ok(UsedToken { id: [9; 16], expires_at: NOW + LIFE }));
        assert_eq!(signer.check(&token.text, &[FORM], NOW + LIFE), Err(BadToken::Expired));
        assert_eq!(signer.check(&token.text, &[Scope::Form { form: "b" }], NOW), Err(BadToken::Invalid));
        assert_eq!(Signer::new(b"other").check(&token.text, &[FORM], NOW), Err(BadToken::Invalid));
        assert_eq!(signer.check("", &[FORM], NOW), Err(BadToken::Absent));
        assert_eq!(issue(&token.text), Some(NOW));
        assert_eq!(key(&token.text), Some(format!("token-{:x}-{}", NOW + LIFE, "09".repeat(16))));
    }

    #[test]
    fn a_token_of_a_review_is_bound_to_what_was_reviewed() {
        let signer = Signer::new(b"secret");
        let scope = |submission_id, fingerprint| Scope::Review { form: "a", submission_id, fingerprint };
        let token = signer.issue(scope("x", &[1; 32]), [9; 16], NOW).text;
        assert!(signer.check(&token, &[FORM, scope("x", &[1; 32])], NOW).is_ok());
        for other in [scope("y", &[1; 32]), scope("x", &[2; 32]), FORM] {
            assert_eq!(signer.check(&token, &[other], NOW), Err(BadToken::Invalid));
        }
    }

    #[test]
    fn no_change_of_a_token_goes_unseen() {
        let signer = Signer::new(b"secret");
        let token = signer.issue(FORM, [9; 16], NOW).text;
        for at in 0..token.len() {
            for byte in b"0aF.rx " {
                let mut changed = token.clone().into_bytes();
                changed[at] = *byte;
                let changed = String::from_utf8(changed).unwrap();
                assert!(changed == token || signer.check(&changed, &[FORM], NOW) == Err(BadToken::Invalid), "{changed}");
            }
            assert!(signer.check(&token[..at], &[FORM], NOW).is_err());
        }
        for longer in [format!("{token}0"), format!("{token}."), format!(" {token}"), token.replacen(".1", ".01", 1)] {
            assert!(longer == token || signer.check(&longer, &[FORM], NOW).is_err(), "{longer}");
        }
    }
}

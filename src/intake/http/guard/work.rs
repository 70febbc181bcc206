//! Proof of work, for times of pressure: an answer to a token that takes a program some time to find.
//!
//! With a token comes a number of bits; the proof is a text such that SHA-256(token `:` proof) begins with so many zero bits. The
//! token is single-use and expires, and so does its proof. Browsers have SHA-256 built in (Web Cryptography), which is why it is
//! not BLAKE3. A page without script cannot work: there the token of the review page counts, once it is five seconds old, since
//! waiting costs a sender time as well, and a person nothing.

use sha2::{Digest, Sha256};

/// Leading zero bits asked for: 65,536 hashes on average, well under a second in a browser.
pub(in super::super) const BITS: u32 = 16;
/// The most characters of a proof.
const MOST: usize = 64;

/// Whether the proof answers the token.
pub(in super::super) fn proves(token: &str, proof: &str) -> bool {
    let hash = Sha256::new().chain_update(token).chain_update(":").chain_update(proof).finalize();
    let zeros = hash.iter().take_while(|byte| **byte == 0).count();
    let bits = zeros * 8 + hash.get(zeros).map_or(0, |byte| byte.leading_zeros() as usize);
    !proof.is_empty() && proof.len() <= MOST && bits >= BITS as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_work_finds_a_proof() {
        let found = (0..u32::MAX).map(|n| n.to_string()).find(|n| proves("token", n)).unwrap();
        assert!(!proves("another", &found) && !proves("token", "") && !proves("token", &format!("{found}{}", " ".repeat(64))));
        assert!((0..200).filter(|n| proves("fixed", &format!("x{n}"))).count() <= 1);
    }
}

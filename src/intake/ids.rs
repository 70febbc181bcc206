//! Names that cannot be guessed.

use std::fmt;

/// The number that the reader gets: `SR-` and 16 characters of Crockford base 32 (80 random bits), in groups of four.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(String);

/// The text is not a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadReference;

impl Reference {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// The reference for 80 random bits.
    pub fn from_random(bytes: [u8; 10]) -> Self {
        let bits = bytes.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let mut text = String::from("SR");
        for n in 0..16 {
            text.push_str(if n % 4 == 0 { "-" } else { "" });
            text.push(Self::DIGITS[(bits >> (75 - 5 * n)) as usize & 31] as char);
        }
        Self(text)
    }

    /// Reads a reference as people write it: in any case, with or without hyphens, `O` for zero, `I` and `L` for one (Crockford).
    ///
    /// # Errors
    /// The text is not a reference.
    pub fn parse(text: &str) -> Result<Self, BadReference> {
        let upper: String = text.trim().to_ascii_uppercase().chars().filter(|c| *c != '-').collect();
        let digits = upper.strip_prefix("SR").ok_or(BadReference)?;
        let mut bits = 0_u128;
        for c in digits.chars() {
            let c = match c {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            };
            let digit = Self::DIGITS.iter().position(|d| *d as char == c).ok_or(BadReference)?;
            bits = bits.checked_mul(32).ok_or(BadReference)? | digit as u128;
        }
        if digits.len() != 16 {
            return Err(BadReference);
        }
        let bytes = bits.to_be_bytes();
        Ok(Self::from_random(std::array::from_fn(|n| bytes[n + 6])))
    }

    /// The reference as text: `SR-XXXX-XXXX-XXXX-XXXX`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_people_write_it() {
        let reference = Reference::from_random([0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x00, 0xFF]);
        assert_eq!(reference.as_str(), "SR-04HM-ASW9-NF6Y-Y07Z");
        assert_eq!(Reference::parse("sr04hmasw9nf6yyO7z"), Ok(reference.clone()));
        assert_eq!(Reference::parse(" SR-04HM-ASW9-NF6Y-Y07Z "), Ok(reference));
        assert_eq!(Reference::parse("SR-04HM-ASW9-NF6Y-Y07"), Err(BadReference));
        assert_eq!(Reference::parse("SR-04HM-ASW9-NF6Y-Y07U"), Err(BadReference));
    }
}

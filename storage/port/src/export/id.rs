//! Names of exports: `export-` and 26 lower-case base32 characters (S1.67).

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// The alphabet of RFC 4648 that keeps the order of numbers ("extended hex"), in lower case.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

const PREFIX: &str = "export-";

/// 5 bits each: 128 bits, and two more that are 0.
const LENGTH: u32 = 26;

/// Names an export. Texts are in the order of the numbers behind them.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ExportId(pub Uuid);

/// A text that names no export.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not the name of an export")]
pub struct NoExportId;

impl fmt::Display for ExportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        for place in (0..LENGTH).rev() {
            let shift = place.saturating_mul(5);
            let digit = usize::try_from((self.0.as_u128() >> shift) & 31).unwrap_or_default();
            write!(f, "{}", char::from(ALPHABET.get(digit).copied().unwrap_or_default()))?;
        }
        Ok(())
    }
}

impl FromStr for ExportId {
    type Err = NoExportId;

    fn from_str(text: &str) -> Result<Self, NoExportId> {
        let digits = text.strip_prefix(PREFIX).ok_or(NoExportId)?.as_bytes();
        let mut number = 0_u128;
        for (place, digit) in digits.iter().enumerate() {
            let value = ALPHABET.iter().position(|known| known == digit).ok_or(NoExportId)?;
            // The first digit holds the three highest bits.
            if place == 0 && value > 7 {
                return Err(NoExportId);
            }
            number = (number << 5) | u128::try_from(value).map_err(|_| NoExportId)?;
        }
        let is_whole = u32::try_from(digits.len()) == Ok(LENGTH);
        is_whole.then_some(Self(Uuid::from_u128(number))).ok_or(NoExportId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_was_written() {
        for (number, digits) in [
            (0, "00000000000000000000000000"),
            (33, "00000000000000000000000011"),
            (u128::MAX, "7vvvvvvvvvvvvvvvvvvvvvvvvv"),
        ] {
            let id = ExportId(Uuid::from_u128(number));
            assert_eq!(id.to_string(), format!("export-{digits}"));
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for broken in [
            "",
            "export-",
            "export-0000000000000000000000000",
            "export-000000000000000000000000000",
            "export-80000000000000000000000000",
            "export-0000000000000000000000000A",
            "00000000000000000000000000",
        ] {
            assert_eq!(broken.parse::<ExportId>(), Err(NoExportId), "{broken}");
        }
    }
}

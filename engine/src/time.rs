//! Points in time as plain data; the engine never reads a clock.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const DAY: i64 = 86_400_000;

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z; RFC 3339 text in JSON.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Wraps milliseconds since the Unix epoch; years outside 1 to 9999 are clamped.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(-62_135_596_800_000, 253_402_300_799_999))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 text such as `2026-01-31T09:30:00Z` or `…T09:30:00.5+13:00`.
    ///
    /// `None` if it is not RFC 3339 or not a real date. Digits beyond milliseconds are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        // Nearly all times are written by this engine, or by a store that adds three zeros.
        if let Some(time) = text.strip_suffix('Z').and_then(Self::parse_own) {
            return Some(time);
        }
        let (date, rest) = text.split_at_checked(10)?;
        let (clock, zone) = rest.split_at_checked(rest.find(['Z', 'z', '+', '-'])?)?;
        let days = parse_date(date)?;
        let clock = clock.strip_prefix(['T', 't', ' '])?;
        let (hms, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
        let mut parts = hms.split(':');
        let (h, m, s) =
            (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
        if parts.next().is_some() || h > 23 || m > 59 || s > 59 || fraction.is_empty() {
            return None;
        }
        let mut millis = 0;
        for (i, c) in fraction.chars().enumerate() {
            let digit = i64::from(c.to_digit(10)?);
            millis = millis_digit(millis, digit, i);
        }
        let seconds = clock_seconds(h, m, s);
        let total = days.checked_mul(DAY)?.checked_add(seconds.checked_mul(1000)?)?;
        let total =
            total.checked_add(millis)?.checked_sub(offset_minutes(zone)?.checked_mul(60_000)?)?;
        Some(Self::from_millis(total))
    }
}

impl Timestamp {
    /// The form that [`Display`](fmt::Display) writes without its `Z`, `2026-01-31T09:30:00.000`, or with
    /// three digits more.
    fn parse_own(text: &str) -> Option<Self> {
        let (text, more) = text.as_bytes().split_first_chunk::<23>()?;
        if !more.is_empty() && number(<[u8; 3]>::try_from(more).ok()?).is_none() {
            return None;
        }
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', clock @ ..] = *text else {
            return None;
        };
        let [h1, h2, b':', n1, n2, b':', s1, s2, b'.', f1, f2, f3] = clock else {
            return None;
        };
        let (year, month, day) = (number([y1, y2, y3, y4])?, number([m1, m2])?, number([d1, d2])?);
        let (hours, minutes, seconds) = (number([h1, h2])?, number([n1, n2])?, number([s1, s2])?);
        let days = days_from_civil(year, month, day);
        let is_date = civil_from_days(days) == (year, month, day);
        if !is_date || hours > 23 || minutes > 59 || seconds > 59 {
            return None;
        }
        let of_day = clock_seconds(hours, minutes, seconds);
        let seconds = days.checked_mul(86_400)?.checked_add(of_day)?;
        let millis = seconds.checked_mul(1000)?.checked_add(number([f1, f2, f3])?)?;
        Some(Self::from_millis(millis))
    }
}

/// A number in decimal digits.
fn number<const N: usize>(digits: [u8; N]) -> Option<i64> {
    digits.into_iter().try_fold(0_i64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| i64::from(digit & 15))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

fn millis_digit(millis: i64, digit: i64, place: usize) -> i64 {
    let worth = match place {
        0 => 100,
        1 => 10,
        2 => 1,
        _ => 0,
    };
    millis.saturating_add(digit.saturating_mul(worth))
}

fn clock_seconds(h: i64, m: i64, s: i64) -> i64 {
    h.saturating_mul(3600).saturating_add(m.saturating_mul(60)).saturating_add(s)
}

/// `Z`, `+hh:mm` or `-hh:mm`, in minutes.
fn offset_minutes(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+')?),
    };
    let (h, m) = rest.split_once(':')?;
    let (h, m) = (digits(h, 2)?, digits(m, 2)?);
    (h < 24 && m < 60).then(|| h.saturating_mul(60).saturating_add(m).saturating_mul(sign))
}

/// `YYYY-MM-DD` as days since 1970-01-01; `None` if there is no such day.
pub(crate) fn parse_date(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (y, m, d) =
        (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let days = days_from_civil(y, m, d);
    (parts.next().is_none() && civil_from_days(days) == (y, m, d)).then_some(days)
}

fn digits(text: &str, count: usize) -> Option<i64> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
#[expect(clippy::arithmetic_side_effects, reason = "years are at most five digits")]
pub(crate) fn days_from_civil(y: i64, m: i64, d: i64) -> i64 {
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let year = y - era * 400;
    let day = (153 * (m + if m > 2 { -3 } else { 9 }) + 2) / 5 + d - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day - 719_468
}

/// Year, month and day of a number of days since 1970-01-01; the inverse of [`days_from_civil`].
#[expect(clippy::arithmetic_side_effects, reason = "days come from i64 milliseconds or seconds")]
pub(crate) fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z - era * 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let mp = (5 * of_year + 2) / 153;
    let m = if mp < 10 { mp + 3 } else { mp - 9 };
    (year + era * 400 + i64::from(m <= 2), m, of_year - (153 * mp + 2) / 5 + 1)
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds, e.g. `2026-01-31T09:30:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY));
        let ms = self.0.rem_euclid(DAY);
        let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        // Digits go where they belong, without the machinery of `write!`: sessions are full of times.
        let mut text = *b"0000-00-00T00:00:00.000Z";
        for (places, mut number) in [
            (0..4, year),
            (5..7, month),
            (8..10, day),
            (11..13, hours),
            (14..16, minutes),
            (17..19, seconds),
            (20..23, ms % 1000),
        ] {
            for place in text.get_mut(places).into_iter().flatten().rev() {
                *place = b'0' | u8::try_from(number % 10).unwrap_or(0);
                number /= 10;
            }
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Rfc3339)
    }
}

struct Rfc3339;

impl Visitor<'_> for Rfc3339 {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an RFC 3339 time")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Timestamp, E> {
        Timestamp::parse(text).ok_or_else(|| E::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn text_and_number_agree() {
        // R11.2.
        for (text, millis) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2026-01-31T09:30:00.250Z", 1_769_851_800_250),
            ("0001-01-01T00:00:00.000Z", -62_135_596_800_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] {
            assert_eq!(Timestamp::parse(text).map(Timestamp::as_millis), Some(millis), "{text}");
            assert_eq!(Timestamp::from_millis(millis).to_string(), text);
        }
    }

    #[test]
    fn offsets_and_fractions_are_read() {
        let utc = Timestamp::parse("2026-01-31T09:30:00.5Z");
        assert_eq!(Timestamp::parse("2026-01-31T22:30:00.500999+13:00"), utc);
        assert_eq!(Timestamp::parse("2026-01-31T09:30:00.500999Z"), utc);
        assert_eq!(Timestamp::parse("2026-01-31T09:30:00.5009Z"), utc);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "2026-02-29T00:00:00Z",
            "2026-01-01",
            "2026-01-01T24:00:00Z",
            "é026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-02-29T00:00:00.000Z",
            "2026-01-01T00:60:00.000Z",
            "2026-01-01T00:00:00.0:0Z",
            "2026-01-01T00:00:00.0000:0Z",
            "0000-00-00T00:00:00.000Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}

//! CEL's timestamps and durations: nanoseconds, years 1 to 9999, UTC and fixed offsets (F30).

use super::{error::Error, value::Value};
use crate::time::{civil_from_days, days_from_civil, parse_date};

const NANOS: i128 = 1_000_000_000;
const DAY: i64 = 86_400;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// CEL's bound of a duration: about 10,000 years.
const LONGEST: i128 = 315_576_000_000 * NANOS;

/// What the getters of a timestamp ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Field {
    FullYear,
    Month,
    Date,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

/// Seconds and nanoseconds as nanoseconds.
pub(super) fn total(seconds: i64, nanos: i64) -> i128 {
    i128::from(seconds).saturating_mul(NANOS).saturating_add(i128::from(nanos))
}

/// The timestamp at so many nanoseconds since 1970.
pub(super) fn timestamp<'a>(nanos: i128) -> Result<Value<'a>, Error> {
    let seconds = i64::try_from(nanos.div_euclid(NANOS)).ok().filter(|s| SECONDS.contains(s));
    match (seconds, u32::try_from(nanos.rem_euclid(NANOS))) {
        (Some(seconds), Ok(nanos)) => Ok(Value::Timestamp(seconds, nanos)),
        _ => Err(Error::range("timestamp out of range")),
    }
}

/// A duration of so many nanoseconds.
pub(super) fn duration<'a>(nanos: i128) -> Result<Value<'a>, Error> {
    let parts = (i64::try_from(nanos / NANOS), i32::try_from(nanos % NANOS));
    match parts {
        (Ok(seconds), Ok(rest)) if (-LONGEST..=LONGEST).contains(&nanos) => {
            Ok(Value::Duration(seconds, rest))
        }
        _ => Err(Error::range("duration out of range")),
    }
}

/// The result of arithmetic; CEL bounds it by what an `i64` of nanoseconds holds.
pub(super) fn span<'a>(nanos: i128) -> Result<Value<'a>, Error> {
    i64::try_from(nanos).map_err(|_| Error::range("duration out of range"))?;
    duration(nanos)
}

/// `+hh:mm`, `-hh:mm`, `hh:mm`, `Z` or `UTC`, in seconds. Zones with names need a table that the
/// engine does not carry (F30).
pub(super) fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z" | "UTC" | "") {
        return Some(0);
    }
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+').unwrap_or(zone)),
    };
    let (h, m) = rest.split_once(':')?;
    let (h, m) = (digits(h, 2)?, digits(m, 2)?);
    (h < 24 && m < 60).then(|| clock_seconds(h, m, 0).saturating_mul(sign))
}

fn clock_seconds(h: i64, m: i64, s: i64) -> i64 {
    h.saturating_mul(3600).saturating_add(m.saturating_mul(60)).saturating_add(s)
}

fn digits(text: &str, count: usize) -> Option<i64> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// RFC 3339 text as nanoseconds since 1970.
pub(super) fn parse_timestamp(text: &str) -> Option<i128> {
    let (date, time) = text.split_once(['T', 't'])?;
    let (clock, zone) = time.split_at_checked(time.find(['Z', 'z', '+', '-'])?)?;
    let (hms, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = hms.split(':');
    let (h, m, s) =
        (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() || h > 23 || m > 59 || s > 59 || !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let nanos = digits(&format!("{fraction:0<9}"), 9)?;
    let days = parse_date(date)?.checked_mul(DAY)?;
    let seconds = days.checked_add(clock_seconds(h, m, s))?.checked_sub(offset(zone)?)?;
    Some(total(seconds, nanos))
}

pub(super) fn format_timestamp(seconds: i64, nanos: u32) -> String {
    let (y, mo, d) = civil_from_days(seconds.div_euclid(DAY));
    let clock = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    let fraction = fraction(nanos);
    format!("{y:04}-{mo:02}-{d:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

pub(super) fn format_duration(seconds: i64, nanos: i32) -> String {
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    format!("{sign}{}{}s", seconds.unsigned_abs(), fraction(nanos.unsigned_abs()))
}

fn fraction(nanos: u32) -> String {
    if nanos == 0 {
        return String::new();
    }
    format!(".{}", format!("{nanos:09}").trim_end_matches('0'))
}

/// `1h30m`, `-2.5s`, `10ms`, `3us`, `4ns` as nanoseconds.
pub(super) fn parse_duration(text: &str) -> Option<i128> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut sum: i128 = 0;
    while !rest.is_empty() {
        let (part, after) = duration_part(rest)?;
        sum = sum.checked_add(part)?;
        rest = after;
    }
    sum.checked_mul(sign)
}

/// The first number with its unit, and what follows.
fn duration_part(text: &str) -> Option<(i128, &str)> {
    let not_digit = |c: char| !c.is_ascii_digit();
    let (whole, after) = text.split_at_checked(text.find(not_digit)?)?;
    let (fraction, after) = match after.strip_prefix('.') {
        Some(after) => after.split_at_checked(after.find(not_digit)?)?,
        None => ("", after),
    };
    let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
    let (unit, after) = after.split_at_checked(end)?;
    let scale: i128 = match unit {
        "h" => 3_600_000_000_000,
        "m" => 60_000_000_000,
        "s" => NANOS,
        "ms" => 1_000_000,
        "us" | "µs" => 1_000,
        "ns" => 1,
        _ => return None,
    };
    if (whole.is_empty() && fraction.is_empty()) || fraction.len() > 18 {
        return None;
    }
    let whole: i128 = format!("0{whole}").parse().ok()?;
    let tenths: i128 = format!("{fraction:0<18}").parse().ok()?;
    let part = tenths.checked_mul(scale)? / 1_000_000_000_000_000_000;
    Some((whole.checked_mul(scale)?.checked_add(part)?, after))
}

/// A field of a timestamp at an offset.
#[expect(clippy::arithmetic_side_effects, reason = "timestamps and offsets are bounded")]
pub(super) fn field(field: Field, seconds: i64, nanos: u32, offset: i64) -> i64 {
    let local = seconds + offset;
    let days = local.div_euclid(DAY);
    let (year, month, day) = civil_from_days(days);
    let clock = local.rem_euclid(DAY);
    match field {
        Field::FullYear => year,
        Field::Month => month - 1,
        Field::Date => day,
        Field::DayOfMonth => day - 1,
        Field::DayOfWeek => (days + 4).rem_euclid(7),
        Field::DayOfYear => days - days_from_civil(year, 1, 1),
        Field::Hours => clock / 3600,
        Field::Minutes => clock / 60 % 60,
        Field::Seconds => clock % 60,
        Field::Milliseconds => i64::from(nanos / 1_000_000),
    }
}

/// A field of a duration: its whole hours, minutes or seconds, or the rest in milliseconds.
pub(super) fn duration_field(field: Field, seconds: i64, nanos: i32) -> Option<i64> {
    match field {
        Field::Hours => Some(seconds / 3600),
        Field::Minutes => Some(seconds / 60),
        Field::Seconds => Some(seconds),
        Field::Milliseconds => Some(i64::from(nanos / 1_000_000)),
        Field::FullYear
        | Field::Month
        | Field::Date
        | Field::DayOfMonth
        | Field::DayOfWeek
        | Field::DayOfYear => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{format_duration, format_timestamp, offset, parse_duration, parse_timestamp};

    #[test]
    fn durations_are_read_to_the_nanosecond() {
        for (text, want) in [
            ("1h30m", Some(5_400_000_000_000)),
            ("-2.5s", Some(-2_500_000_000)),
            ("1.000000001s", Some(1_000_000_001)),
            ("10ms3us4ns", Some(10_003_004)),
            ("0", Some(0)),
            ("", None),
            ("-", None),
            ("5", None),
            ("1d", None),
            (".s", None),
            ("99999999999999999999999999999999999999999h", None),
        ] {
            assert_eq!(parse_duration(text), want, "{text}");
        }
        assert_eq!(format_duration(-2, -500_000_000), "-2.5s");
    }

    #[test]
    fn timestamps_are_read_with_offsets_and_written_in_utc() {
        let nanos = parse_timestamp("2026-01-31T22:30:00.5+13:00").unwrap();
        assert_eq!(nanos, 1_769_851_800_500_000_000);
        assert_eq!(format_timestamp(1_769_851_800, 500_000_000), "2026-01-31T09:30:00.5Z");
        for text in ["", "é", "2020-13-45T00:00:00Z", "2020-01-01T00:00:00.Z", "2020-01-01"] {
            assert_eq!(parse_timestamp(text), None, "{text}");
        }
        assert_eq!((offset("-02:30"), offset("+é:00"), offset("CET")), (Some(-9000), None, None));
    }
}

//! When to try again: pure functions, so that a host decides with its own clock and dice.

use std::time::Duration;

use chatflow::Timestamp;

use super::record::StoredEvent;

/// At so many failed attempts in a row deliveries pause (S6.46).
pub const CIRCUIT_OPENS_AT: u32 = 5;

/// At so many a subscription is disabled (S6.46).
pub const SUBSCRIPTION_ENDS_AT: u32 = 50;

/// Seconds from the first, second, … failure to the next try (S6.34).
const RETRIES: [u64; 4] = [60, 300, 900, 3600];

/// By how much a delay is changed, so that not all who wait come back at once: thousandths of the
/// delay, from -100 to 100.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Jitter(i16);

impl Jitter {
    /// None, for tests.
    pub const NONE: Self = Self(0);

    /// Takes any random number.
    pub fn from_random(random: u64) -> Self {
        let draw = random.checked_rem(201).and_then(|draw| i16::try_from(draw).ok());
        Self(draw.unwrap_or(100).saturating_sub(100))
    }

    fn apply(self, delay: Duration) -> Duration {
        let tenths = u32::from(self.0.unsigned_abs());
        let part = delay.saturating_mul(tenths).checked_div(1000).unwrap_or_default();
        if self.0 < 0 { delay.saturating_sub(part) } else { delay.saturating_add(part) }
    }
}

/// How long after its failure number `failures`, from 1, an event is tried again (S6.34).
pub fn retry_delay(failures: u32, jitter: Jitter) -> Duration {
    let index = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    let seconds = RETRIES.get(index).or(RETRIES.last()).copied().unwrap_or_default();
    jitter.apply(Duration::from_secs(seconds))
}

/// When a claimed event whose delivery has just failed is tried again; `None` if it has been tried
/// often enough and is dead (S6.34).
pub fn retry_at(event: &StoredEvent, at: Timestamp, jitter: Jitter) -> Option<Timestamp> {
    let failures = event.retry_count.saturating_add(1);
    (failures <= event.event.max_retries).then(|| later(at, retry_delay(failures, jitter)))
}

/// How long after its last failure a receiver is left alone that has failed so often in a row;
/// `None` if it is not (S6.46). Then one probe is let through.
pub fn circuit_pause(failures: u32) -> Option<Duration> {
    let beyond = failures.checked_sub(CIRCUIT_OPENS_AT)?;
    Some(doubled(Duration::from_mins(1), beyond, Duration::from_mins(15)))
}

/// How long to wait before connecting again, after so many failures in a row, from 1 (S6.28).
pub fn reconnect_delay(failures: u32, jitter: Jitter) -> Duration {
    let most = Duration::from_secs(30);
    jitter.apply(doubled(Duration::from_millis(500), failures.saturating_sub(1), most))
}

fn doubled(first: Duration, times: u32, most: Duration) -> Duration {
    let factor = 2_u32.checked_pow(times).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(most)
}

/// A moment after another.
pub(crate) fn later(at: Timestamp, delay: Duration) -> Timestamp {
    let millis = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(at.as_millis().saturating_add(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(delays: impl IntoIterator<Item = Duration>) -> Vec<u64> {
        delays.into_iter().map(|delay| delay.as_secs()).collect()
    }

    #[test]
    fn delays_between_tries_grow_to_an_hour() {
        // S6.34
        let delays = [1, 2, 3, 4, 5, 1000].map(|failures| retry_delay(failures, Jitter::NONE));
        assert_eq!(seconds(delays), [60, 300, 900, 3600, 3600, 3600]);
    }

    #[test]
    fn jitter_is_a_tenth_at_most() {
        let delays = [0, 100, 200, 201, u64::MAX].map(|n| retry_delay(1, Jitter::from_random(n)));
        let all = 54..=66;
        assert_eq!(seconds(delays.into_iter().take(4)), [54, 60, 66, 54]);
        assert!(delays.iter().all(|delay| all.contains(&delay.as_secs())));
    }

    #[test]
    fn the_pause_of_a_circuit_doubles_to_a_quarter_of_an_hour() {
        // S6.46
        assert_eq!(circuit_pause(4), None);
        let pauses = [5, 6, 7, 8, 9, 10, 49, u32::MAX].map(circuit_pause);
        assert_eq!(seconds(pauses.into_iter().flatten()), [60, 120, 240, 480, 900, 900, 900, 900]);
    }

    #[test]
    fn connecting_again_waits_up_to_half_a_minute() {
        // S6.28
        let delays = [1, 2, 3, 7, 100].map(|failures| reconnect_delay(failures, Jitter::NONE));
        assert_eq!(delays.map(|delay| delay.as_millis()), [500, 1000, 2000, 30_000, 30_000]);
    }
}

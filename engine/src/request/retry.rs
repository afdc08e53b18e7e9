//! When a failed request is sent again (R8.13 to R8.15).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{header, status_of};
use crate::from_json::FromJson;
use crate::protocol::Outcome;
use crate::time::Timestamp;

/// How often, and after which delays, a request is sent again.
///
/// ```
/// use chatflow::{Attempt, Backoff, Outcome, Retry, Timestamp};
///
/// let retry = Retry {
///     attempts: 3, delay_ms: 1000, backoff: Backoff::Exponential, max_delay_ms: 30_000, jitter: false,
/// };
/// let outcome = Outcome::Done { value: serde_json::json!({"status": 503, "headers": {}}) };
/// let after = |number| retry.delay_after(&Attempt {
///     number, method: "POST", outcome: &outcome, spent_ms: 0, total_ms: 300_000,
///     now: Timestamp::from_millis(0), draw: 0,
/// });
/// assert_eq!([after(1), after(2), after(3)], [Some(1000), Some(2000), None]);
/// ```
#[derive(Clone, Copy, Debug, Deserialize, Eq, FromJson, PartialEq, Serialize)]
pub struct Retry {
    /// How often it may be sent in all, from 1.
    pub attempts: u32,
    /// The first delay, in milliseconds.
    pub delay_ms: u64,
    /// How delays grow.
    pub backoff: Backoff,
    /// No delay is longer, in milliseconds.
    pub max_delay_ms: u64,
    /// Whether delays are varied by up to a fifth.
    pub jitter: bool,
}

/// How the delays between attempts grow.
#[derive(Clone, Copy, Debug, Deserialize, Eq, FromJson, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Backoff {
    /// Not at all.
    Fixed,
    /// By one delay each.
    Linear,
    /// Twofold each.
    Exponential,
}

/// An attempt that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// Which it was, from 1.
    pub number: u32,
    /// The request's method.
    pub method: &'a str,
    /// What came of it.
    pub outcome: &'a Outcome,
    /// Milliseconds since the first attempt began, delays included.
    pub spent_ms: u64,
    /// How many milliseconds all attempts may take together.
    pub total_ms: u64,
    /// The host's clock, for a `Retry-After` that names a time.
    pub now: Timestamp,
    /// Any random number; it varies the delay where that is wanted.
    pub draw: u32,
}

impl Retry {
    /// How many milliseconds to wait before the next attempt; `None` when there is to be none.
    pub fn delay_after(&self, attempt: &Attempt<'_>) -> Option<u64> {
        if attempt.number >= self.attempts || !is_retried(attempt.outcome, attempt.method) {
            return None;
        }
        let delay = match retry_after(attempt.outcome, attempt.now) {
            Some(asked) => asked,
            None => self.backed_off(attempt.number, attempt.draw),
        };
        let delay = delay.min(self.max_delay_ms);
        // Nothing would be left of the time for the attempt itself.
        (attempt.spent_ms.saturating_add(delay) < attempt.total_ms).then_some(delay)
    }

    fn backed_off(&self, number: u32, draw: u32) -> u64 {
        let factor = match self.backoff {
            Backoff::Fixed => 1,
            Backoff::Linear => u64::from(number),
            Backoff::Exponential => 1_u64.checked_shl(number.saturating_sub(1)).unwrap_or(u64::MAX),
        };
        let delay = self.delay_ms.saturating_mul(factor).min(self.max_delay_ms);
        if !self.jitter {
            return delay;
        }
        let per_mille = u64::from(draw.checked_rem(401).unwrap_or(0)).saturating_add(800);
        delay.saturating_mul(per_mille).checked_div(1000).unwrap_or(delay)
    }
}

/// R8.14.
fn is_retried(outcome: &Outcome, method: &str) -> bool {
    if let Outcome::Failed(failure) = outcome {
        return matches!(failure.code.as_str(), "network" | "timeout");
    }
    match status_of(outcome) {
        Some(429 | 502 | 503 | 504) => true,
        Some(500) => matches!(method, "GET" | "PUT" | "DELETE"),
        _ => false,
    }
}

/// What a server that is busy asks for, in milliseconds from `now`.
fn retry_after(outcome: &Outcome, now: Timestamp) -> Option<u64> {
    let (Outcome::Done { value }, Some(429 | 503)) = (outcome, status_of(outcome)) else {
        return None;
    };
    let asked = header(value.get("headers")?.as_object()?, "retry-after")?;
    let seconds = match asked {
        Value::String(text) => {
            let text = text.trim();
            if let Some(until) = http_date(text) {
                let wait = until.as_millis().saturating_sub(now.as_millis());
                return Some(u64::try_from(wait).unwrap_or(0));
            }
            text.parse().ok()?
        }
        Value::Number(number) => number.as_u64()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(seconds.saturating_mul(1000))
}

/// Reads e.g. `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7; the form that is sent).
fn http_date(text: &str) -> Option<Timestamp> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let mut words = text.split_once(", ")?.1.split(' ');
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let (clock, zone) = (words.next()?, words.next()?);
    let month = MONTHS.find(month).filter(|_| month.len() == 3)?.checked_div(3)?.checked_add(1)?;
    (zone == "GMT").then(|| Timestamp::parse(&format!("{year}-{month:02}-{day}T{clock}Z")))?
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Attempt, Backoff, Retry};
    use crate::protocol::Outcome;
    use crate::time::Timestamp;

    const RETRY: Retry = Retry {
        attempts: 10,
        delay_ms: 1000,
        backoff: Backoff::Fixed,
        max_delay_ms: 5000,
        jitter: false,
    };

    fn answer(status: u16, headers: &Value) -> Outcome {
        Outcome::Done { value: json!({"status": status, "headers": headers, "body": null}) }
    }

    fn attempt(outcome: &Outcome) -> Attempt<'_> {
        let now = Timestamp::parse("1994-11-06T08:49:35Z").unwrap();
        let (spent_ms, total_ms) = (0, 300_000);
        Attempt { number: 1, method: "POST", outcome, spent_ms, total_ms, now, draw: 0 }
    }

    #[test]
    fn delays_grow_as_the_back_off_says() {
        // R8.13.
        let outcome = answer(503, &json!({}));
        for (backoff, want) in [
            (Backoff::Fixed, [1000, 1000, 1000, 1000]),
            (Backoff::Linear, [1000, 2000, 3000, 5000]),
            (Backoff::Exponential, [1000, 2000, 4000, 5000]),
        ] {
            let retry = Retry { backoff, ..RETRY };
            let after =
                |number| retry.delay_after(&Attempt { number, ..attempt(&outcome) }).unwrap();
            assert_eq!([after(1), after(2), after(3), after(9)], want, "{backoff:?}");
        }
        let last = Attempt { number: 10, ..attempt(&outcome) };
        assert_eq!(RETRY.delay_after(&last), None);
        let varied = Retry { jitter: true, ..RETRY };
        let after = |draw| varied.delay_after(&Attempt { draw, ..attempt(&outcome) }).unwrap();
        assert_eq!([after(0), after(200), after(400), after(401)], [800, 1000, 1200, 800]);
        let at_most = Retry { delay_ms: 5000, ..varied };
        assert_eq!(at_most.delay_after(&Attempt { draw: 400, ..attempt(&outcome) }), Some(5000));
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        // R8.14.
        let tried = |method: &'static str, outcome: &Outcome| {
            RETRY.delay_after(&Attempt { method, ..attempt(outcome) }).is_some()
        };
        for status in [200, 301, 400, 404, 422, 501] {
            assert!(!tried("GET", &answer(status, &json!({}))), "{status}");
        }
        for status in [429, 502, 503, 504] {
            assert!(tried("POST", &answer(status, &json!({}))), "{status}");
        }
        let methods = ["GET", "PUT", "DELETE", "POST", "PATCH"];
        assert_eq!(
            methods.map(|method| tried(method, &answer(500, &json!({})))),
            [true, true, true, false, false]
        );
        for (code, want) in [
            ("network", true),
            ("timeout", true),
            ("url_forbidden", false),
            ("circuit_open", false),
            ("response_too_large", false),
            ("secret_unavailable", false),
        ] {
            assert_eq!(tried("POST", &Outcome::failed(code, "")), want, "{code}");
        }
    }

    #[test]
    fn a_busy_server_is_given_the_time_it_asks_for() {
        // R8.13.
        for (status, asked, want) in [
            (503, json!({"Retry-After": "2"}), 2000),
            (429, json!({"retry-after": 3}), 3000),
            (429, json!({"retry-after": "0"}), 0),
            (503, json!({"retry-after": "3600"}), 5000),
            (503, json!({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}), 2000),
            (503, json!({"retry-after": "Sun, 06 Nov 1994 08:49:30 GMT"}), 0),
            (503, json!({"retry-after": "soon"}), 1000),
            (502, json!({"retry-after": "2"}), 1000),
        ] {
            let outcome = answer(status, &asked);
            assert_eq!(RETRY.delay_after(&attempt(&outcome)), Some(want), "{status} {asked}");
        }
    }

    #[test]
    fn all_attempts_share_one_time() {
        // R8.15.
        let outcome = answer(503, &json!({}));
        let spent = |spent_ms| Attempt { spent_ms, total_ms: 10_000, ..attempt(&outcome) };
        assert_eq!(RETRY.delay_after(&spent(8999)), Some(1000));
        assert_eq!(RETRY.delay_after(&spent(9000)), None);
    }
}

//! Circuit breakers: what fails again and again is not asked for a while (R8.40 to R8.47).

use serde::{Deserialize, Serialize};

use super::status_of;
use crate::from_json::FromJson;
use crate::protocol::Outcome;
use crate::time::Timestamp;

/// After how long a probe of which nothing was heard counts as lost: no request takes longer (R8.15).
const PROBE_MS: i64 = 300_000;

/// Which breaker a request belongs to, and how it behaves.
#[derive(Clone, Debug, Deserialize, Eq, FromJson, PartialEq, Serialize)]
pub struct BreakerPolicy {
    /// Requests with the same key share a breaker: method, origin and path as authored, or
    /// `api:` and the endpoint. A host of several tenants puts the tenant in front (R8.41).
    pub key: String,
    /// After how many failures in a row it opens.
    pub failure_threshold: u32,
    /// After how many successes of probes it closes.
    pub success_threshold: u32,
    /// How many seconds after the last failure a probe may be made.
    pub timeout_s: u32,
}

/// Whether a breaker lets requests through.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, FromJson, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// It does.
    #[default]
    Closed,
    /// It does not.
    Open,
    /// One at a time.
    HalfOpen,
}

/// A breaker with its statistics. Plain data: hosts keep one for each key, in memory or in a store.
///
/// Ask [`Breaker::admit`] before a request, tell [`Breaker::record`] what came of it, once for all
/// its attempts.
///
/// ```
/// use chatflow::{Breaker, BreakerPolicy, BreakerState, Outcome, Timestamp};
///
/// let policy = BreakerPolicy {
///     key: "GET https://a.example/".into(), failure_threshold: 2, success_threshold: 1, timeout_s: 30,
/// };
/// let at = |s: i64| Timestamp::from_millis(s * 1000);
/// let (down, up) = (Outcome::failed("network", ""), serde_json::json!({"status": 200}));
/// let mut breaker = Breaker::default();
/// for s in [0, 1] {
///     assert!(breaker.admit(&policy, at(s)));
///     breaker.record(&down, at(s));
/// }
/// assert!(!breaker.admit(&policy, at(11)));
/// assert!(breaker.admit(&policy, at(32)));
/// breaker.record(&Outcome::Done { value: up }, at(32));
/// assert_eq!(breaker.state, BreakerState::Closed);
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, FromJson, PartialEq, Serialize)]
pub struct Breaker {
    /// Whether requests go through.
    pub state: BreakerState,
    /// Failures in a row.
    pub failure_count: u32,
    /// Successes of probes in a row.
    pub success_count: u32,
    /// Requests that went through, ever.
    pub total_calls: u64,
    /// How many of them failed.
    pub total_failures: u64,
    /// How many of them succeeded.
    pub total_successes: u64,
    /// When one failed last.
    pub last_failure_at: Option<Timestamp>,
    /// When one succeeded last.
    pub last_success_at: Option<Timestamp>,
    /// When the probe that is under way began.
    pub probing_since: Option<Timestamp>,
    failure_threshold: u32,
    success_threshold: u32,
    timeout_s: u32,
}

impl Breaker {
    /// Whether a request may be sent at `at`; if not, it has failed with `circuit_open`.
    ///
    /// What `policy` says holds from when nothing is counted: a change applies to what comes next.
    pub fn admit(&mut self, policy: &BreakerPolicy, at: Timestamp) -> bool {
        let since = |then: Timestamp| at.as_millis().saturating_sub(then.as_millis());
        let admitted = match self.state {
            BreakerState::Closed => {
                if self.failure_count == 0 {
                    self.failure_threshold = policy.failure_threshold.max(1);
                    self.success_threshold = policy.success_threshold.max(1);
                    self.timeout_s = policy.timeout_s;
                }
                true
            }
            BreakerState::Open => {
                let pause = i64::from(self.timeout_s).saturating_mul(1000);
                self.last_failure_at.is_none_or(|then| since(then) >= pause)
            }
            BreakerState::HalfOpen => self.probing_since.is_none_or(|then| since(then) >= PROBE_MS),
        };
        if !admitted {
            return false;
        }
        if self.state != BreakerState::Closed {
            self.state = BreakerState::HalfOpen;
            self.probing_since = Some(at);
        }
        self.total_calls = self.total_calls.saturating_add(1);
        true
    }

    /// Takes note of what came of a request, at `at`; of several attempts, the last.
    pub fn record(&mut self, outcome: &Outcome, at: Timestamp) {
        self.probing_since = None;
        match is_success(outcome) {
            Some(true) => self.succeeded(at),
            Some(false) => self.failed(at),
            None => {}
        }
    }

    /// Closes it and forgets what was counted.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    fn succeeded(&mut self, at: Timestamp) {
        self.total_successes = self.total_successes.saturating_add(1);
        self.last_success_at = Some(at);
        match self.state {
            BreakerState::Closed => self.failure_count = 0,
            // The answer to a request that was sent before it opened.
            BreakerState::Open => {}
            BreakerState::HalfOpen => {
                self.success_count = self.success_count.saturating_add(1);
                if self.success_count >= self.success_threshold {
                    (self.state, self.failure_count, self.success_count) =
                        (BreakerState::Closed, 0, 0);
                }
            }
        }
    }

    fn failed(&mut self, at: Timestamp) {
        self.total_failures = self.total_failures.saturating_add(1);
        self.failure_count = self.failure_count.saturating_add(1);
        self.last_failure_at = Some(at);
        self.success_count = 0;
        if self.state == BreakerState::HalfOpen || self.failure_count >= self.failure_threshold {
            self.state = BreakerState::Open;
        }
    }
}

/// R8.45; `None` counts as neither.
fn is_success(outcome: &Outcome) -> Option<bool> {
    match (outcome, status_of(outcome)) {
        (Outcome::Failed(failure), _) => {
            matches!(failure.code.as_str(), "network" | "timeout").then_some(false)
        }
        (Outcome::Done { .. }, Some(429 | 500..=599)) => Some(false),
        // A handler's answer has no status.
        (Outcome::Done { .. }, None | Some(200..=299)) => Some(true),
        (Outcome::Done { .. }, Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Breaker, BreakerPolicy, BreakerState};
    use crate::protocol::Outcome;
    use crate::time::Timestamp;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds.saturating_mul(1000))
    }

    fn policy(failures: u32, successes: u32, timeout_s: u32) -> BreakerPolicy {
        let (failure_threshold, success_threshold) = (failures, successes);
        BreakerPolicy { key: "k".to_owned(), failure_threshold, success_threshold, timeout_s }
    }

    fn status(status: u16) -> Outcome {
        Outcome::Done { value: json!({"status": status}) }
    }

    /// One request after the other: when, what came of it, and the state after it; a request that
    /// was not let through has no outcome.
    fn run(policy: &BreakerPolicy, calls: &[(i64, Option<u16>, BreakerState)]) -> Breaker {
        let mut breaker = Breaker::default();
        for (i, (when, answered, after)) in calls.iter().enumerate() {
            let admitted = breaker.admit(policy, at(*when));
            assert_eq!(admitted, answered.is_some(), "call {i}");
            if let Some(answered) = answered {
                breaker.record(&status(*answered), at(*when));
            }
            assert_eq!(breaker.state, *after, "call {i}");
        }
        breaker
    }

    use BreakerState::{Closed, HalfOpen, Open};

    #[test]
    fn failures_in_a_row_open_it_and_a_probe_closes_it() {
        // R8.42, R8.43, R8.44: the example of section 8.5.
        let breaker = run(
            &policy(2, 1, 30),
            &[
                (0, Some(503), Closed),
                (1, Some(503), Open),
                (11, None, Open),
                (30, None, Open),
                (32, Some(200), Closed),
            ],
        );
        assert_eq!((breaker.failure_count, breaker.success_count), (0, 0));
        // R8.47.
        let totals = (breaker.total_calls, breaker.total_failures, breaker.total_successes);
        assert_eq!(totals, (3, 2, 1));
        assert_eq!((breaker.last_failure_at, breaker.last_success_at), (Some(at(1)), Some(at(32))));
    }

    #[test]
    fn a_success_between_failures_starts_the_count_again() {
        // R8.42.
        let calls = [503, 200, 503].map(|status| (0, Some(status), Closed));
        run(&policy(2, 1, 30), &calls);
    }

    #[test]
    fn a_failed_probe_opens_it_again_and_starts_the_pause_again() {
        // R8.44.
        run(
            &policy(1, 2, 30),
            &[
                (0, Some(500), Open),
                (30, Some(200), HalfOpen),
                (31, Some(500), Open),
                (60, None, Open),
                (61, Some(200), HalfOpen),
                (62, Some(200), Closed),
            ],
        );
    }

    #[test]
    fn one_probe_is_made_at_a_time() {
        // R8.44.
        let policy = policy(1, 1, 30);
        let mut breaker = run(&policy, &[(0, Some(500), Open)]);
        assert!(breaker.admit(&policy, at(30)));
        assert!(!breaker.admit(&policy, at(31)));
        // The host that made it was never heard of again.
        assert!(breaker.admit(&policy, at(330)));
    }

    #[test]
    fn only_what_says_something_about_the_server_counts() {
        // R8.45.
        let policy = policy(1, 1, 30);
        for (outcome, opens) in [
            (status(429), true),
            (status(503), true),
            (Outcome::failed("network", ""), true),
            (Outcome::failed("timeout", ""), true),
            (status(404), false),
            (status(302), false),
            (Outcome::failed("url_forbidden", ""), false),
            (Outcome::failed("secret_unavailable", ""), false),
        ] {
            let mut breaker = Breaker::default();
            assert!(breaker.admit(&policy, at(0)));
            breaker.record(&outcome, at(0));
            assert_eq!(breaker.state == Open, opens, "{outcome:?}");
            assert_eq!(breaker.total_successes, 0, "{outcome:?}");
        }
        // A probe that says nothing leaves room for the next.
        let mut breaker = run(&policy, &[(0, Some(500), Open), (30, Some(404), HalfOpen)]);
        assert!(breaker.admit(&policy, at(31)));
    }

    #[test]
    fn thresholds_hold_until_nothing_is_counted() {
        // R8.41.
        let mut breaker = run(&policy(3, 1, 30), &[(0, Some(500), Closed)]);
        assert!(breaker.admit(&policy(1, 1, 30), at(1)));
        breaker.record(&status(500), at(1));
        assert_eq!(breaker.state, Closed);
        breaker.record(&status(200), at(2));
        assert!(breaker.admit(&policy(1, 1, 30), at(3)));
        breaker.record(&status(500), at(3));
        assert_eq!(breaker.state, Open);
    }

    #[test]
    fn it_can_be_reset_and_stored() {
        // R8.47.
        let policy = policy(1, 1, 30);
        let mut breaker = run(&policy, &[(0, Some(500), Open)]);
        let stored = serde_json::to_string(&breaker).unwrap();
        assert_eq!(serde_json::from_str::<Breaker>(&stored).unwrap(), breaker);
        breaker.reset();
        assert_eq!(breaker, Breaker::default());
        assert!(breaker.admit(&policy, at(0)));
    }
}

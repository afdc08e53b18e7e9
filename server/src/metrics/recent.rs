//! How conversations were answered in the last five minutes, by this process (S5.37).

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;

/// What happened longer ago is forgotten.
const WINDOW: Duration = Duration::from_mins(5);

/// Of more requests than this, the newest are known.
const MOST: usize = 50_000;

/// The answers of the last minutes.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<VecDeque<Answered>>);

#[derive(Clone, Copy, Debug)]
struct Answered {
    at: Instant,
    is_failure: bool,
    /// How long a turn took.
    turn: Option<Duration>,
}

/// How the service has been lately.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Lately {
    /// Half of the turns took no longer; `None` without any.
    pub(crate) median: Option<Duration>,
    pub(crate) requests: u64,
    pub(crate) failures: u64,
}

impl Recent {
    /// Notes an answer, if it is one of a conversation.
    pub(crate) fn note(&self, route: &str, status: StatusCode, took: Duration) {
        self.note_at(Instant::now(), route, status, took);
    }

    fn note_at(&self, at: Instant, route: &str, status: StatusCode, took: Duration) {
        if !route.starts_with("/v1/chat/") {
            return;
        }
        let turn = route.ends_with("/interact").then_some(took);
        let mut known = self.known(at);
        if known.len() >= MOST {
            known.pop_front();
        }
        known.push_back(Answered { at, is_failure: status.is_server_error(), turn });
    }

    /// How the service has been lately.
    pub(crate) fn lately(&self) -> Lately {
        self.lately_at(Instant::now())
    }

    fn lately_at(&self, at: Instant) -> Lately {
        let known = self.known(at);
        let mut turns: Vec<Duration> = known.iter().filter_map(|answered| answered.turn).collect();
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let failures = known.iter().filter(|answered| answered.is_failure).count();
        let (requests, failures) = (count(known.len()), count(failures));
        drop(known);
        turns.sort_unstable();
        let middle = turns.len().saturating_sub(1).checked_div(2).unwrap_or_default();
        Lately { median: turns.get(middle).copied(), requests, failures }
    }

    /// What is not forgotten at this moment.
    fn known(&self, at: Instant) -> MutexGuard<'_, VecDeque<Answered>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while known.front().is_some_and(|old| at.saturating_duration_since(old.at) > WINDOW) {
            known.pop_front();
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_of_conversations_count_and_only_for_five_minutes() {
        // S5.37
        let (recent, begin) = (Recent::default(), Instant::now());
        assert_eq!(recent.lately_at(begin), Lately::default());
        let interact = "/v1/chat/sessions/{session_token}/interact";
        let ms = Duration::from_millis;
        for (second, route, status, took) in [
            (0, interact, StatusCode::OK, 90),
            (100, interact, StatusCode::OK, 30),
            (100, interact, StatusCode::INTERNAL_SERVER_ERROR, 10),
            (200, "/v1/chat/start", StatusCode::CREATED, 500),
            (200, "/v1/cms/flows", StatusCode::INTERNAL_SERVER_ERROR, 700),
        ] {
            recent.note_at(begin + Duration::from_secs(second), route, status, ms(took));
        }
        let at = |second| recent.lately_at(begin + Duration::from_secs(second));
        let all = Lately { median: Some(ms(30)), requests: 4, failures: 1 };
        assert_eq!(at(300), all);
        assert_eq!(at(301), Lately { median: Some(ms(10)), requests: 3, failures: 1 });
        assert_eq!(at(401), Lately { median: None, requests: 1, failures: 0 });
        assert_eq!(at(900), Lately::default());
        for _ in 0..MOST + 5 {
            recent.note_at(begin + Duration::from_mins(15), interact, StatusCode::OK, ms(1));
        }
        assert_eq!(at(900).requests, 50_000);
    }
}

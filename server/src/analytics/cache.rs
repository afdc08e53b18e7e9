//! Answers that are repeated for a while (S5.7).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use crate::error::ApiError;

/// How many bytes of answers are kept at most.
const MOST_BYTES: usize = 32 << 20;

/// How many answers.
const MOST: usize = 500;

/// Answers by what was asked, and by whom.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<HashMap<String, Kept>>);

#[derive(Clone, Debug)]
struct Kept {
    since: Instant,
    body: Bytes,
}

impl Cache {
    /// The answer to a question that was answered less than `age` ago, or else what `compute` finds. A refusal is
    /// never kept.
    pub(crate) async fn answer<T: Serialize>(
        &self,
        age: Duration,
        question: String,
        compute: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<Response, ApiError> {
        if let Some(body) = self.recall(&question, age) {
            return Ok(response(body, "hit"));
        }
        let body = serde_json::to_vec(&compute.await?).map_err(ApiError::internal)?;
        let body = Bytes::from(body);
        if !age.is_zero() {
            self.keep(question, &body, age);
        }
        Ok(response(body, "miss"))
    }

    fn recall(&self, question: &str, age: Duration) -> Option<Bytes> {
        let known = self.known();
        let kept = known.get(question).filter(|kept| kept.since.elapsed() < age)?;
        Some(kept.body.clone())
    }

    fn keep(&self, question: String, body: &Bytes, age: Duration) {
        let mut known = self.known();
        known.retain(|_, kept| kept.since.elapsed() < age);
        let size = |question: &str, body: &Bytes| question.len().saturating_add(body.len());
        let sizes = known.iter().map(|(question, kept)| size(question, &kept.body));
        let bytes = sizes.fold(size(&question, body), usize::saturating_add);
        // What does not fit is computed again, which is as right.
        if known.len() < MOST && bytes <= MOST_BYTES {
            known.insert(question, Kept { since: Instant::now(), body: body.clone() });
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn response(body: Bytes, found: &'static str) -> Response {
    let json = HeaderValue::from_static("application/json");
    let name = HeaderName::from_static("x-cache");
    ([(header::CONTENT_TYPE, json), (name, HeaderValue::from_static(found))], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(cache: &Cache, age: Duration, question: &str, found: u32) -> (String, Bytes) {
        let computed = async { Ok(found) };
        let response = cache.answer(age, question.to_owned(), computed).await.unwrap();
        let said = response.headers()["x-cache"].to_str().unwrap().to_owned();
        let body = axum::body::to_bytes(response.into_body(), 99).await.unwrap();
        (said, body)
    }

    #[tokio::test]
    async fn an_answer_is_repeated_for_a_while() {
        // S5.7
        let (cache, hour) = (Cache::default(), Duration::from_hours(1));
        let is =
            |said: &str, body: &'static str| (said.to_owned(), Bytes::from_static(body.as_bytes()));
        assert_eq!(ask(&cache, hour, "a", 1).await, is("miss", "1"));
        assert_eq!(ask(&cache, hour, "a", 2).await, is("hit", "1"));
        assert_eq!(ask(&cache, hour, "b", 3).await, is("miss", "3"));
        assert_eq!(ask(&cache, Duration::ZERO, "a", 4).await, is("miss", "4"));
        assert_eq!(ask(&cache, hour, "a", 5).await, is("hit", "1"));
        let refused =
            cache.answer(hour, "c".to_owned(), async { Err::<u32, _>(ApiError::forbidden()) });
        assert!(refused.await.is_err());
        assert_eq!(ask(&cache, hour, "c", 6).await, is("miss", "6"));
    }

    #[tokio::test]
    async fn what_does_not_fit_is_computed_again() {
        let (cache, hour) = (Cache::default(), Duration::from_hours(1));
        let long = "x".repeat(MOST_BYTES);
        for _ in 0..2 {
            let answer = cache.answer(hour, "a".to_owned(), async { Ok(&long) }).await.unwrap();
            assert_eq!(answer.headers()["x-cache"], "miss");
        }
        for n in 0..MOST + 5 {
            ask(&cache, hour, &n.to_string(), 1).await;
        }
        assert_eq!(cache.known().len(), MOST);
    }
}

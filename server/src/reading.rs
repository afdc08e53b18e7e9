//! Books for readers, which somebody else knows about (S3.195, S3.200, S3.201).

mod query;
mod shelf;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use chatflow::{HandlerRequest, Outcome};
use serde_json::{Map, Value, json};

pub use query::BookQuery;
pub use shelf::{Shelf, ShelfError};

/// The endpoint of flows that asks for books.
pub(crate) const RECOMMEND: &str = "/v1/recommend";

/// Knows books and readers.
#[async_trait]
pub trait ReadingPlatform: fmt::Debug + Send + Sync {
    /// Books for a reader as JSON objects, the best first; of more than `query.limit` the rest is left out.
    ///
    /// # Errors
    /// [`ReadingError`] if it cannot tell at the moment.
    async fn recommend(&self, query: &BookQuery) -> Result<Vec<Value>, ReadingError>;
}

/// Why there are no books; for the log, not for readers.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ReadingError(pub String);

/// What is answered to a query.
pub(crate) async fn recommend(
    platform: &dyn ReadingPlatform,
    query: &BookQuery,
) -> Result<Value, ReadingError> {
    let mut books = platform.recommend(query).await?;
    books.truncate(usize::from(query.limit));
    Ok(json!({"count": books.len(), "query": query, "books": books}))
}

/// Answers a flow: without HTTP and without a token, so that anybody's session may ask.
pub(crate) async fn answer_flow(
    platform: &dyn ReadingPlatform,
    request: &HandlerRequest,
) -> Result<Value, Outcome> {
    if request.method != "POST" {
        return Err(Outcome::failed("no_handler", "books are asked for with POST"));
    }
    let nothing = Map::new();
    let body = match &request.body {
        Value::Null => &nothing,
        Value::Object(body) => body,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return Err(Outcome::failed("invalid_request", "the body must be an object"));
        }
    };
    let query = BookQuery::read(body, request.query.get("limit")).map_err(|found| {
        let told = found.first().map(|fault| fault.msg.clone()).unwrap_or_default();
        Outcome::failed("invalid_request", told)
    })?;
    let asked = recommend(platform, &query);
    let patience = Duration::from_millis(request.timeout_ms);
    match tokio::time::timeout(patience, asked).await {
        Ok(Ok(answer)) => {
            let size = u64::try_from(answer.to_string().len()).unwrap_or(u64::MAX);
            if size > request.policy.response_bytes {
                return Err(Outcome::failed("response_too_large", "there are too many books"));
            }
            Ok(answer)
        }
        Ok(Err(error)) => {
            crate::cli::log(format_args!("error: reading platform: {error}"));
            Err(Outcome::failed("unavailable", "books cannot be told at the moment"))
        }
        Err(_) => Err(Outcome::failed("timeout", "books took too long")),
    }
}

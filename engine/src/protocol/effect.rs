//! What only the host can do, and what came of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::content::ContentQuery;
use crate::id::{ContentId, EffectId, FlowRef};

/// Something the session needs from its host before it can go on.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Effect {
    /// Names this effect within its session.
    pub id: EffectId,
    /// What to do.
    #[serde(flatten)]
    pub kind: EffectKind,
}

/// The kinds of [`Effect`].
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EffectKind {
    /// Put this version into the catalog. The value of the outcome does not matter.
    LoadFlow {
        /// The version wanted.
        flow: FlowRef,
    },
    /// Fetch items of the library. The outcome is a list of items and nulls, in this order.
    FetchContent {
        /// The items wanted.
        ids: Vec<ContentId>,
    },
    /// List what may be drawn. The outcome is a list of ids, ascending.
    ListCandidates {
        /// What to list.
        query: ContentQuery,
    },
    /// Send an HTTP request. The outcome is `{"status", "headers", "body"}`.
    CallWebhook {
        /// The request, substituted.
        request: HttpRequest,
    },
    /// Call the handler that the host registered for an endpoint. The outcome is its answer.
    CallHandler {
        /// The endpoint as authored, without query; begins with `/`.
        endpoint: String,
        /// What is asked of it.
        request: HandlerRequest,
    },
}

impl EffectKind {
    /// Whether it reaches outside the host, so that repeating it could be noticed (ruling 3).
    pub fn is_outside(&self) -> bool {
        matches!(self, Self::CallWebhook { .. } | Self::CallHandler { .. })
    }
}

/// A request to a handler of the host.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct HandlerRequest {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// Query parameters, unresolved ones left out.
    pub query: Map<String, Value>,
    /// The body; null when there is none.
    pub body: Value,
    /// Repeats of this request carry the same key (R7.50); absent for `GET`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// How long the host may take, in milliseconds.
    pub timeout_ms: u64,
    /// `retry` and `circuit_breaker` as authored, when given; hosts apply them (F29).
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub policy: Map<String, Value>,
}

/// A request to the outside world.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct HttpRequest {
    /// Absolute https URL.
    pub url: String,
    /// Headers as authored.
    pub headers: Map<String, Value>,
    /// The rest, as for a handler.
    #[serde(flatten)]
    pub request: HandlerRequest,
}

/// What came of an effect.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcome {
    /// It worked.
    Done {
        /// What it returned.
        value: Value,
    },
    /// It did not; the flow goes on by its fallback or failure path.
    Failed(Failure),
}

/// Why an effect failed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Failure {
    /// A stable code, e.g. `timeout`, `no_handler`, `http_status` (R8.25).
    pub code: String,
    /// A short reason that an author can read; no secrets, no addresses.
    pub reason: String,
}

impl Outcome {
    /// A failure.
    pub fn failed(code: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Failed(Failure { code: code.into(), reason: reason.into() })
    }
}

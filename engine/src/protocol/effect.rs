//! What only the host can do, and what came of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::content::ContentQuery;
use crate::from_json::FromJson;
use crate::id::{ContentId, EffectId, FlowRef};
use crate::request::{BreakerPolicy, Placeholder, Retry};

/// Something the session needs from its host before it can go on.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct Effect {
    /// Names this effect within its session.
    pub id: EffectId,
    /// What to do.
    #[serde(flatten)]
    pub kind: EffectKind,
}

/// The kinds of [`Effect`].
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
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
    /// Send an HTTP request. The outcome is `{"status", "headers", "body"}`, as
    /// [`read_response`](crate::read_response) makes it, and may have the number of `attempts`.
    CallWebhook {
        /// The request, substituted.
        request: Box<HttpRequest>,
    },
    /// Call the handler that the host registered for an endpoint. The outcome is its answer.
    CallHandler {
        /// The endpoint as authored, without query; begins with `/`.
        endpoint: String,
        /// What is asked of it.
        request: Box<HandlerRequest>,
    },
}

impl EffectKind {
    /// Whether it reaches outside the host, so that repeating it could be noticed (ruling 3).
    pub fn is_outside(&self) -> bool {
        matches!(self, Self::CallWebhook { .. } | Self::CallHandler { .. })
    }
}

/// A request to a handler of the host.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct HandlerRequest {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// Query parameters: texts, and lists of texts for keys that repeat; unresolved ones are left
    /// out. Those of an [`HttpRequest`] are in its URL already.
    #[serde(default)]
    pub query: Map<String, Value>,
    /// Headers, each a text.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub headers: Map<String, Value>,
    /// The body; null when there is none.
    pub body: Value,
    /// Repeats of this request carry the same key (R7.50); absent for `GET`. It is sent as
    /// `Idempotency-Key`, unless there is such a header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// How long one attempt may take, in milliseconds.
    pub timeout_ms: u64,
    /// Retries, breaker and limits, which are the host's business (F29).
    pub policy: RequestPolicy,
    /// Credentials that are not plain headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// Where secrets belong; no other text is to be resolved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Placeholder>,
}

/// A request to the outside world.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct HttpRequest {
    /// Absolute URL with its query and without fragment, as [`AddressRules`](crate::AddressRules)
    /// give it; to be checked again when its secrets are known.
    pub url: String,
    /// The rest, as for a handler.
    #[serde(flatten)]
    pub request: HandlerRequest,
}

/// What a host does about failures and floods.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub struct RequestPolicy {
    /// How long all attempts may take together, delays included, in milliseconds (R8.15, F25).
    pub total_ms: u64,
    /// The largest response that is read, in bytes; a larger one is `response_too_large` (R8.17).
    pub response_bytes: u64,
    /// Whether up to three redirects are followed, each to an address that may be reached: method
    /// and body are kept for 307 and 308 only, credentials only within one origin (R8.16).
    #[serde(default, skip_serializing_if = "is_false")]
    pub follow_redirects: bool,
    /// When it is sent again; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// When it is not sent at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<BreakerPolicy>,
}

/// Credentials that only the host can make (R7.40). Those of `bearer` and `api_key` are headers.
#[derive(Clone, Debug, Deserialize, Eq, FromJson, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Auth {
    /// A short-lived credential for the session, where the host forwards to a service of its own.
    Internal,
    /// `Authorization: Basic` with the base64 of `username:password`, once their secrets are known.
    Basic {
        /// May hold placeholders, at `/auth/username`.
        username: String,
        /// May hold placeholders, at `/auth/password`.
        password: String,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// What came of an effect.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
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
#[derive(Clone, Debug, Deserialize, Eq, FromJson, PartialEq, Serialize)]
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

//! Requests of webhooks and `api_call` actions (R7.40, R8.1).

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::loose::Timeout;

/// Calls a URL.
#[derive(JsonSchema)]
pub(super) struct Webhook {
    /// The address, https; may refer to variables.
    url: Option<String>,
    /// The method.
    #[schemars(extend("default" = "POST"))]
    method: Option<Method>,
    /// The headers; scalars are written as text.
    #[schemars(extend("default" = {}))]
    headers: Option<Map<String, Value>>,
    /// What is sent, any JSON.
    #[schemars(extend("default" = {}))]
    body: Option<Value>,
    /// Same as `body`.
    #[schemars(extend("x-alias-of" = "body"))]
    payload: Option<Value>,
    /// What is added to the address.
    #[schemars(extend("default" = {}))]
    query_params: Option<Map<String, Value>>,
    /// How long to wait for the answer.
    #[schemars(extend("default" = 30))]
    timeout: Option<Timeout>,
    /// As `timeout`, in milliseconds; goes before it.
    #[schemars(range(min = 1, max = 300_000))]
    timeout_ms: Option<f64>,
    /// Whether and how to try again.
    retry: Option<Retry>,
    /// Variables and the parts of the answer that they get, e.g. `{"temp.name": "$.name"}`.
    #[schemars(extend("default" = {}))]
    response_mapping: Option<Map<String, Value>>,
    /// Whether the whole answer is kept in `webhook_responses`.
    #[schemars(extend("default" = false))]
    store_response: Option<bool>,
    /// The key under which it is kept.
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"), extend("default" = "webhook_response"))]
    response_key: Option<String>,
    /// What counts as the answer when the call fails.
    #[schemars(extend("default" = {}))]
    fallback_response: Option<Map<String, Value>>,
    /// Who calls.
    auth: Option<Auth>,
    /// Whether up to three redirects are followed.
    #[schemars(extend("default" = false))]
    follow_redirects: Option<bool>,
    /// When to stop calling an address that keeps failing.
    circuit_breaker: Option<CircuitBreaker>,
    /// Receives what went wrong.
    #[schemars(extend("default" = "temp.webhook_error"))]
    error_variable: Option<String>,
}

/// The request of an `api_call`.
#[derive(JsonSchema)]
pub(super) struct ApiCall {
    /// A path that a handler of the host answers, or an https URL.
    endpoint: Option<String>,
    /// Same as `endpoint`.
    #[schemars(extend("x-alias-of" = "endpoint"))]
    url: Option<String>,
    /// The method.
    #[schemars(extend("default" = "GET"))]
    method: Option<Method>,
    /// The headers.
    #[schemars(extend("default" = {}))]
    headers: Option<Map<String, Value>>,
    /// What is added to the address.
    #[schemars(extend("default" = {}))]
    query_params: Option<Map<String, Value>>,
    /// What is sent, any JSON.
    body: Option<Value>,
    /// Same as `body`.
    #[schemars(extend("x-alias-of" = "body"))]
    payload: Option<Value>,
    /// How long to wait for the answer.
    #[schemars(extend("default" = 30))]
    timeout: Option<Timeout>,
    /// As `timeout`, in milliseconds; goes before it.
    #[schemars(range(min = 1, max = 300_000))]
    timeout_ms: Option<f64>,
    /// How the call proves who it is; `internal` for paths, `none` for URLs.
    auth_type: Option<AuthType>,
    /// The token, key or name that `auth_type` needs.
    auth_config: Option<Auth>,
    /// Parts of the answer and the variables that get them, e.g. `{"$.name": "temp.name"}`.
    #[schemars(extend("default" = {}))]
    response_mapping: Option<Map<String, Value>>,
    /// Whether the whole answer is stored; true when `response_variable` is given.
    #[schemars(extend("default" = false))]
    store_full_response: Option<bool>,
    /// Where the whole answer goes.
    #[schemars(extend("default" = "temp.api_response"))]
    response_variable: Option<String>,
    /// Receives what went wrong.
    #[schemars(extend("default" = "temp.api_error"))]
    error_variable: Option<String>,
    /// Whether up to three redirects are followed.
    #[schemars(extend("default" = false))]
    follow_redirects: Option<bool>,
    /// When to stop calling an address that keeps failing.
    circuit_breaker: Option<CircuitBreaker>,
    /// Whether and how to try again.
    retry: Option<Retry>,
    /// What counts as the answer when the call fails, any JSON.
    fallback_response: Option<Value>,
}

/// A method, in any case.
#[derive(JsonSchema)]
#[schemars(transparent)]
struct Method(
    #[schemars(regex(pattern = r"^([Gg][Ee][Tt]|[Pp][Oo][Ss][Tt]|[Pp][Uu][Tt]|[Pp][Aa][Tt][Cc][Hh]|[Dd][Ee][Ll][Ee][Tt][Ee])$"), extend("examples" = ["GET", "POST", "PUT", "PATCH", "DELETE"]))]
     String,
);

/// How a call proves who it is.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum AuthType {
    /// As the host itself; for paths.
    Internal,
    /// By a token.
    Bearer,
    /// By a key in a header.
    ApiKey,
    /// By name and password.
    Basic,
    /// Not at all.
    None,
}

/// Who calls. Secrets are named, never written down: `{{secret:KEY}}`.
#[derive(JsonSchema)]
struct Auth {
    /// How the call proves who it is.
    #[schemars(extend("default" = "none"))]
    r#type: Option<AuthType>,
    /// For `bearer`.
    token: Option<String>,
    /// For `api_key`: the header.
    #[schemars(extend("default" = "X-API-Key"))]
    header: Option<String>,
    /// For `api_key`: the key.
    key: Option<String>,
    /// For `basic`.
    username: Option<String>,
    /// For `basic`.
    password: Option<String>,
}

/// Whether and how to try again.
#[derive(JsonSchema)]
struct Retry {
    /// How often in all, the first time included.
    #[schemars(range(min = 1, max = 10))]
    attempts: Option<u64>,
    /// Same as `attempts`.
    #[schemars(extend("x-alias-of" = "attempts"))]
    max_attempts: Option<u64>,
    /// How often beside the first time.
    max_retries: Option<u64>,
    /// The first pause, in milliseconds.
    #[schemars(extend("default" = 1000))]
    delay: Option<f64>,
    /// How pauses grow: `fixed`, `linear` or `exponential`.
    #[schemars(extend("default" = "fixed", "examples" = ["fixed", "linear", "exponential"]))]
    backoff: Option<String>,
    /// The longest pause, in milliseconds.
    #[schemars(extend("default" = 30000))]
    max_delay: Option<f64>,
    /// Whether pauses vary a little.
    #[schemars(extend("default" = true))]
    jitter: Option<bool>,
}

/// When to stop calling an address that keeps failing.
#[derive(JsonSchema)]
struct CircuitBreaker {
    /// After how many failures in a row.
    #[schemars(extend("default" = 5))]
    failure_threshold: Option<u64>,
    /// How many successes end it.
    #[schemars(extend("default" = 3))]
    success_threshold: Option<u64>,
    /// For how long, in seconds.
    #[schemars(extend("default" = 60))]
    timeout: Option<f64>,
}

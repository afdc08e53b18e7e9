//! What all requests share, and the router.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, patch, post};
use chatflow::{Engine, Handlers, Limits, Masker, Options};
use chatflow_storage::AsyncStore;

use crate::body;
use crate::error::{ApiError, complete};
use crate::flows::FlowCache;
use crate::routes::{history, interact, listing, page, session, start};
use crate::token::random_id;

/// How the service behaves.
#[derive(Clone, Debug, Default)]
pub struct ServiceOptions {
    /// Answers the requests of flows.
    pub handlers: Handlers,
    /// Cookies without `Secure`, for plain HTTP while developing (S4.4).
    pub development: bool,
    /// What a session may use.
    pub limits: Limits,
    /// What the engine does for all sessions.
    pub engine: Options,
    /// Masks what traces and analyses keep; if there is none, by a key of this process alone
    /// (S7.15).
    pub masker: Option<Masker>,
}

/// The service over a store.
pub(crate) struct App<S> {
    pub(crate) store: S,
    pub(crate) options: ServiceOptions,
    pub(crate) engine: Engine,
    pub(crate) flows: FlowCache,
    pub(crate) masker: Masker,
}

/// The shared state of all handlers.
pub(crate) type Shared<S> = axum::extract::State<Arc<App<S>>>;

/// The service's routes over a store; embedders may nest or serve them.
pub fn router<S: AsyncStore + 'static>(store: S, options: ServiceOptions) -> Router {
    let engine = Engine::with_options(options.limits, options.engine.clone());
    // Without randomness no session starts either, and nothing is masked.
    let key = || random_id().unwrap_or_default();
    let masker = options.masker.clone().unwrap_or_else(|| Masker::new(key().as_bytes()));
    let app = Arc::new(App { store, options, engine, flows: FlowCache::default(), masker });
    Router::new()
        .route("/", get(page::index))
        .route("/chat.css", get(page::style))
        .route("/chat.js", get(page::script))
        .route("/v1/chat/flows", get(listing::flows::<S>))
        .route("/v1/chat/start", post(start::start::<S>))
        .route("/v1/chat/sessions/{session_token}", get(session::read::<S>))
        .route("/v1/chat/sessions/{session_token}/interact", post(interact::interact::<S>))
        .route("/v1/chat/sessions/{session_token}/history", get(history::history::<S>))
        .route("/v1/chat/sessions/{session_token}/state", patch(session::patch_state::<S>))
        .route("/v1/chat/sessions/{session_token}/end", post(session::end::<S>))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(label))
        .with_state(app)
}

async fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address")
}

async fn method_not_allowed() -> ApiError {
    let detail = "This address does not take this method";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// Gives every answer a request id and the headers of S12.9.
async fn label(request: Request, next: Next) -> Response {
    let name = HeaderName::from_static("x-request-id");
    let given = request.headers().get(&name).filter(|id| is_request_id(id)).cloned();
    let id = given.or_else(|| HeaderValue::from_str(&random_id().ok()?.simple().to_string()).ok());
    let (parts, body) = request.into_parts();
    let response = match body::receive(body).await {
        Ok(body) => next.run(Request::from_parts(parts, body)).await,
        Err(error) => error.into_response(),
    };
    let mut response = complete(response, id.as_ref());
    let headers = response.headers_mut();
    if let Some(id) = id {
        headers.insert(name, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn is_request_id(id: &HeaderValue) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    (1..=64).contains(&id.len()) && id.as_bytes().iter().all(plain)
}

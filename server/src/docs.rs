//! The description of the interface as a page for people, at `/v1/docs`.
//!
//! The page is ours: made once from the description, it needs no script to be read, takes nothing from elsewhere and keeps
//! to a policy that the usual viewers need exceptions from.

mod html;
mod operation;
mod page;
mod schema;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::openapi::Description;

/// Nothing runs, shows or is asked for that does not come from here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// The description, and the page once somebody has read it.
struct Docs {
    description: Description,
    page: OnceLock<String>,
}

/// The page of a description, with its style and script.
pub(crate) fn routes(description: Description) -> Router {
    Router::new()
        .route("/v1/docs", get(page))
        .with_state(Arc::new(Docs { description, page: OnceLock::new() }))
        .route("/v1/docs/docs.css", get(style))
        .route("/v1/docs/docs.js", get(script))
}

async fn page(State(docs): State<Arc<Docs>>) -> Response {
    let page = docs.page.get_or_init(|| page::write(docs.description.document()));
    let mut response = asset("text/html; charset=utf-8", page.clone());
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

async fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("../assets/docs/docs.css"))
}

async fn script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("../assets/docs/docs.js"))
}

fn asset(kind: &'static str, text: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}

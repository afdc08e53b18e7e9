//! The chat page, embedded in the program.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

const POLICY: &str = "default-src 'self'; img-src 'self' https: data:; style-src 'self'; \
                      object-src 'none'; base-uri 'none'; frame-ancestors 'self'";

pub(crate) async fn index() -> Response {
    let mut response =
        asset("text/html; charset=utf-8", include_str!("../../assets/chat/index.html"));
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

pub(crate) async fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("../../assets/chat/chat.css"))
}

pub(crate) async fn script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("../../assets/chat/chat.js"))
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")];
    (headers, text).into_response()
}

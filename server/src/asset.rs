//! A file of a page as it is served: with its kind, a policy, and a tag by which browsers keep it.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::token::digest;

/// Is asked for at each load, and sent only when it has changed.
pub(crate) const ASKS: &str = "no-cache";

/// A file that does not change while the service runs.
#[derive(Debug)]
pub(crate) struct Asset {
    kind: &'static str,
    body: Bytes,
    tag: HeaderValue,
    policy: &'static str,
    pub(crate) cache: &'static str,
}

impl Asset {
    /// A file of a kind, such as `text/css`, a `Content-Security-Policy` and a `Cache-Control`.
    pub(crate) fn new(
        kind: &'static str,
        body: Bytes,
        policy: &'static str,
        cache: &'static str,
    ) -> Self {
        let tag: String = digest(&body).chars().take(32).collect();
        let tag = HeaderValue::from_str(&format!("\"{tag}\""));
        let tag = tag.unwrap_or(HeaderValue::from_static("\"\""));
        Self { kind, body, tag, policy, cache }
    }

    /// The file, or that the browser has it as it is.
    pub(crate) fn answer(&self, asked: &HeaderMap) -> Response {
        let known = asked.get_all(header::IF_NONE_MATCH).iter();
        let tag = self.tag.to_str().unwrap_or_default();
        let is_known = known
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .any(|given| given.trim().trim_start_matches("W/") == tag);
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(header::CONTENT_TYPE, self.content_type())], self.body.clone()).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.tag.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(self.policy));
        response
    }

    fn content_type(&self) -> String {
        if self.kind.starts_with("text/") {
            format!("{}; charset=utf-8", self.kind)
        } else {
            self.kind.to_owned()
        }
    }
}

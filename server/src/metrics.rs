//! Numbers for those who watch the service (S3.189).

mod recent;

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use subtle::ConstantTimeEq as _;

use crate::app::Shared;
use crate::error::ApiError;
use recent::Recent;

/// Upper ends of the classes of durations, in seconds.
const CLASSES: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0];

/// What is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram>,
    /// Sessions whose variables were not those that their hash was made of (S4.22).
    pub(crate) state_hash_mismatches: Counter,
    kept_sessions: Family<KeptLabels, Counter>,
    /// How conversations were answered lately.
    pub(crate) recent: Recent,
}

/// Routes are named by their templates, so that no token gets into a label (S12.7).
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct KeptLabels {
    current: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("chatflow");
        let requests = Family::default();
        let durations =
            Family::new_with_constructor((|| Histogram::new(CLASSES)) as fn() -> Histogram);
        registry.register("http_requests", "Requests that were answered", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "How long answers took",
            durations.clone(),
        );
        let state_hash_mismatches = Counter::default();
        registry.register(
            "state_hash_mismatch",
            "Sessions that were loaded with other variables than were stored",
            state_hash_mismatches.clone(),
        );
        let kept_sessions = Family::default();
        registry.register(
            "kept_sessions",
            "Sessions that were kept between turns, by whether they were up to date",
            kept_sessions.clone(),
        );
        let recent = Recent::default();
        Self { registry, requests, durations, state_hash_mismatches, kept_sessions, recent }
    }
}

impl Metrics {
    /// Counts a session that was kept between turns.
    pub(crate) fn kept_session(&self, was_current: bool) {
        let current = if was_current { "true" } else { "false" };
        self.kept_sessions.get_or_create(&KeptLabels { current }).inc();
    }

    /// Counts an answer.
    pub(crate) fn count(&self, method: &str, route: &str, status: StatusCode, took: Duration) {
        let labels = RequestLabels {
            method: method.to_owned(),
            route: route.to_owned(),
            status: status.as_u16(),
        };
        self.requests.get_or_create(&labels).inc();
        self.recent.note(route, status, took);
        let labels = RouteLabels { route: route.to_owned() };
        self.durations.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

/// The numbers, in the text format of Prometheus: for callers on the same machine, or with the token of
/// the configuration.
#[utoipa::path(get, path = "/metrics", tag = "service",
    responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
pub(crate) async fn serve(State(app): Shared, request: Request) -> Result<Response, ApiError> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let is_near = peer.is_some_and(|peer| peer.0.ip().is_loopback());
    let given = request.headers().get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let wanted = app.options.metrics_token.as_ref().map(|token| format!("Bearer {token}"));
    let may = match (wanted, given) {
        (Some(wanted), Some(given)) => wanted.as_bytes().ct_eq(given).into(),
        (Some(_), None) => false,
        (None, _) => is_near,
    };
    if !may {
        return Err(ApiError::forbidden());
    }
    let mut text = String::new();
    encode(&mut text, &app.metrics.registry).map_err(ApiError::internal)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

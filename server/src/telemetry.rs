//! Traces of requests, for an operator who collects them (OTLP over HTTP).
//!
//! A span says which route was called, what came of it and how long it took: no paths, which may hold
//! tokens of sessions, and nothing of who called.

use std::fmt;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use axum::http::{HeaderValue, Method, StatusCode};
use chatflow::{AddressError, AddressRules};
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, Request, Response};
use opentelemetry_otlp::{
    ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use tokio::runtime::Handle;

use crate::outbound::{EgressRules, Excess, Outbound, OutboundError, Outgoing};

/// The header that says of which trace a request is a part.
pub(crate) const PARENT: &str = "traceparent";

/// How long a collector may take for a batch.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the last batch may take when the service ends.
const LAST_PATIENCE: Duration = Duration::from_secs(5);
/// How much is read of what a collector answers.
const MOST_BYTES: usize = 64 * 1024;

/// Tells a collector of requests, in batches. Clones are one.
#[derive(Clone)]
pub struct Telemetry {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// Why nobody is told of requests.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// There can be no collector.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// The exporter cannot be set up, such as by a variable `OTEL_…` that means nothing.
    #[error(transparent)]
    Exporter(#[from] ExporterBuildError),
}

/// A request that has been answered.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) method: &'a Method,
    /// The pattern of the path.
    pub(crate) route: &'a str,
    pub(crate) status: StatusCode,
    pub(crate) request_id: Option<&'a str>,
    /// The caller's [`PARENT`].
    pub(crate) parent: Option<&'a HeaderValue>,
    pub(crate) took: Duration,
}

impl Telemetry {
    /// Tells the collector at `endpoint`, such as `http://localhost:4318`; to be called in a runtime,
    /// which sends. `authorities` are certificates beside the public ones, as PEM.
    ///
    /// The collector is the operator's choice, so it may be private and listen at any port; nothing
    /// else may be reached, and flows may reach no more by it.
    ///
    /// # Errors
    /// [`TelemetryError`].
    pub fn new(endpoint: &str, service: &str, authorities: &[u8]) -> Result<Self, TelemetryError> {
        let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        let address = AddressRules::development().check(&url)?;
        let addresses = AddressRules {
            allow_http: !address.secure,
            allowed_hosts: vec![address.host],
            ..AddressRules::default()
        };
        let (ports, authorities) = (vec![address.port], authorities.to_vec());
        let rules = EgressRules { addresses, ports, authorities, loopback: false };
        let sender = Sender { outbound: Outbound::new(rules)?, runtime: Handle::current() };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(sender)
            .with_endpoint(address.url)
            .with_timeout(PATIENCE)
            .build()?;
        let resource = Resource::builder()
            .with_service_name(service.to_owned())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            // Who calls does not decide what is told.
            .with_sampler(Sampler::AlwaysOn)
            .with_resource(resource)
            .with_batch_exporter(exporter)
            .build();
        let tracer = provider.tracer("chatflow");
        Ok(Self { provider, tracer })
    }

    /// Takes note of a request; it is sent later.
    pub(crate) fn tell(&self, answered: &Answered<'_>) {
        let ended = SystemTime::now();
        let began = ended.checked_sub(answered.took).unwrap_or(ended);
        let method = known(answered.method);
        let mut attributes = vec![
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.route", answered.route.to_owned()),
            KeyValue::new("http.response.status_code", i64::from(answered.status.as_u16())),
        ];
        if let Some(id) = answered.request_id {
            attributes.push(KeyValue::new("chatflow.request_id", id.to_owned()));
        }
        let failed = answered.status.is_server_error();
        if failed {
            attributes.push(KeyValue::new("error.type", answered.status.as_str().to_owned()));
        }
        let parent = TraceContextPropagator::new()
            .extract_with_context(&Context::new(), &ParentOnly(answered.parent));
        let building = self
            .tracer
            .span_builder(format!("{method} {}", answered.route))
            .with_kind(SpanKind::Server)
            .with_start_time(began)
            .with_attributes(attributes);
        let mut span = self.tracer.build_with_context(building, &parent);
        if failed {
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(ended);
    }

    /// Sends what has not been sent.
    pub(crate) async fn finish(self) {
        let provider = self.provider;
        // It waits for the sender, which needs the runtime.
        let ended = move || provider.shutdown_with_timeout(LAST_PATIENCE);
        if let Ok(Err(error)) = tokio::task::spawn_blocking(ended).await {
            crate::cli::log(format_args!("error: otel.endpoint: {error}"));
        }
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Telemetry(…)")
    }
}

/// What a caller may invent becomes one word.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}

/// Of a caller's trace only its ids are taken; `tracestate` may hold anything.
struct ParentOnly<'a>(Option<&'a HeaderValue>);

impl Extractor for ParentOnly<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.filter(|_| key == PARENT)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        vec![PARENT]
    }
}

/// Sends batches by the runtime; the exporter waits on a thread that has none.
#[derive(Debug)]
struct Sender {
    outbound: Outbound,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Box<dyn std::error::Error + Send + Sync>> {
        let (parts, body) = request.into_parts();
        let headers = parts.headers.iter().filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        let outgoing = Outgoing {
            method: parts.method.to_string(),
            url: parts.uri.to_string(),
            headers: headers.collect(),
            body: Some(body.to_vec()),
            private_headers: Vec::new(),
            is_body_private: false,
            follows: false,
            timeout: PATIENCE,
            most_bytes: MOST_BYTES,
            excess: Excess::IsCut,
        };
        let outbound = self.outbound.clone();
        let sent = self.runtime.spawn(async move { outbound.send(&outgoing).await }).await?;
        let answer = sent.inspect_err(|error| {
            crate::cli::log(format_args!("error: otel.endpoint: {error}"));
        })?;
        if !(200..300).contains(&answer.status) {
            let status = answer.status;
            crate::cli::log(format_args!("error: otel.endpoint: the answer had status {status}"));
        }
        Ok(Response::builder().status(answer.status).body(Bytes::from(answer.body))?)
    }
}

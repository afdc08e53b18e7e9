//! What all requests share, and the router.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use chatflow::{Engine, Handlers, Limits, Masker, Options};
use chatflow_storage::AnyStore;

use crate::analytics::{AnalyticsOptions, Cache, EnglishWords, SentimentScorer};
use crate::cookies::Cookies;
use crate::cors::Origins;
use crate::delivery::SecretsKey;
use crate::error::ApiError;
use crate::events::{Emitter, SessionEvents, Wakes};
use crate::exports::Exports;
use crate::flows::FlowCache;
use crate::identity::{IdentityProvider, NobodySignsIn};
use crate::input::Schemas;
use crate::internal::InternalApi;
use crate::kept::KeptSessions;
use crate::limit::{Limiter, RateLimits, limit};
use crate::metrics::Metrics;
use crate::openapi::Description;
use crate::outbound::Outbound;
use crate::reading::ReadingPlatform;
use crate::refused::Refusals;
use crate::routes::Reads;
use crate::studio::{self, Studio};
use crate::telemetry::Telemetry;
use crate::token::random_id;
use crate::{docs, edge, openapi, routes};

/// How the service behaves.
#[expect(clippy::struct_excessive_bools, reason = "they are settings, independent of each other")]
#[derive(Clone, Debug, Default)]
pub struct ServiceOptions {
    /// Answers the requests of flows.
    pub handlers: Handlers,
    /// Sends the requests of flows that no handler answers; if there is none, they fail.
    pub outbound: Option<Outbound>,
    /// Where relative endpoints of flows go that nothing else answers (F13).
    pub internal: Option<InternalApi>,
    /// Answers flows, and `/v1/recommend`, that ask for books (S3.200).
    pub reading: Option<Arc<dyn ReadingPlatform>>,
    /// Seals and opens the secrets of subscriptions; without it there can be none (S1.65).
    pub secrets_key: Option<SecretsKey>,
    /// Which turns of sessions are told of.
    pub session_events: SessionEvents,
    /// How the service is called in events and to receivers; `chatflow` if nothing else is said.
    pub service_name: Option<String>,
    /// Becomes true when the service is to end: streams of events end then.
    pub stopping: Option<tokio::sync::watch::Receiver<bool>>,
    /// How numbers are computed and kept.
    pub analytics: AnalyticsOptions,
    /// Says how answers sound; if there is none, [`EnglishWords`] does (S5.26).
    pub sentiment: Option<Arc<dyn SentimentScorer>>,
    /// Cookies without `Secure`, for plain HTTP while developing (S4.4).
    pub development: bool,
    /// The cookies of conversations.
    pub cookies: Cookies,
    /// Whether a session whose variables are not those that were stored is refused, instead of noted
    /// (S4.22).
    pub strict_state_hash: bool,
    /// What a session may use.
    pub limits: Limits,
    /// What the engine does for all sessions.
    pub engine: Options,
    /// Masks what traces and analyses keep; if there is none, by a key of this process alone
    /// (S7.15).
    pub masker: Option<Masker>,
    /// Tells who sends a request; if there is none, nobody signs in.
    pub identity: Option<Arc<dyn IdentityProvider>>,
    /// How a token that is not valid is refused.
    pub invalid_tokens: InvalidTokens,
    /// Who may manage.
    pub access: AccessMode,
    /// How often one client may call; without, as often as it likes.
    pub rates: Option<RateLimits>,
    /// Those whose `X-Forwarded-For` is believed: limits and the audit log then know who calls.
    pub trusted_proxies: Vec<IpAddr>,
    /// Pages of which other origins may call.
    pub origins: Origins,
    /// The token with which the numbers are read from other machines.
    pub metrics_token: Option<String>,
    /// Whether browsers reach the service by TLS, and are to stay with it (S12.9).
    pub tls_terminated: bool,
    /// How long a client may take to send, and to take, its part; ten seconds if nothing else is
    /// said.
    pub client_patience: Option<Duration>,
    /// Tells a collector of each request.
    pub telemetry: Option<Telemetry>,
    /// Whether each request is written to stderr, as a line of JSON without anything personal.
    pub log_requests: bool,
    /// The first version of a flow gets its author's label as it is, instead of a raised one (S3.88).
    pub keep_first_version: bool,
    /// Where files of analytics are kept; without it none are made.
    pub exports: Option<Exports>,
    /// What is served under `/studio`; if there is none, there is nothing.
    pub studio: Option<Studio>,
}

impl ServiceOptions {
    /// What says how answers sound.
    pub(crate) fn scorer(&self) -> &dyn SentimentScorer {
        self.sentiment.as_deref().unwrap_or(&EnglishWords)
    }
}

/// Who may manage content, flows and all the rest (S2.21).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum AccessMode {
    /// Each by the rules of its role and school.
    #[default]
    Rules,
    /// Only those who run the platform, as in the service that this one replaces.
    AdminOnly,
}

/// The status with which a token that is not valid is refused (S2.9).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum InvalidTokens {
    /// 401.
    #[default]
    Unauthorized,
    /// 403, as in the service that this one replaces.
    Forbidden,
}

/// The service over a store.
pub(crate) struct App {
    pub(crate) store: AnyStore,
    pub(crate) options: ServiceOptions,
    pub(crate) engine: Engine,
    pub(crate) flows: FlowCache,
    pub(crate) kept: KeptSessions,
    pub(crate) masker: Masker,
    pub(crate) identity: Arc<dyn IdentityProvider>,
    pub(crate) schemas: Schemas,
    pub(crate) limiter: Option<Limiter>,
    pub(crate) refusals: Refusals,
    pub(crate) metrics: Metrics,
    pub(crate) emitter: Emitter,
    pub(crate) wakes: Wakes,
    pub(crate) reads: Reads,
    /// Answers with numbers, which may be repeated for a while.
    pub(crate) analytics: Cache,
}

/// The shared state of all handlers.
pub(crate) type Shared = axum::extract::State<Arc<App>>;

/// The service's routes over a store; embedders may nest or serve them.
pub fn router(store: AnyStore, options: ServiceOptions) -> Router {
    let engine = Engine::with_options(options.limits, options.engine.clone());
    // Without randomness no session starts either, and nothing is masked.
    let key = || random_id().unwrap_or_default();
    let masker = options.masker.clone().unwrap_or_else(|| Masker::new(key().as_bytes()));
    let identity = options.identity.clone().unwrap_or_else(|| Arc::new(NobodySignsIn));
    let addresses = options.outbound.as_ref().map(|outbound| outbound.rules().for_flows());
    let service = options.service_name.as_deref().unwrap_or("chatflow");
    let limiter = options.rates.map(Limiter::new);
    let cors = options.origins.layer();
    let studio = studio::routes(options.studio.clone());
    let app = Arc::new(App {
        emitter: Emitter::new(&store, service, options.session_events),
        wakes: Wakes::new(&store),
        reads: Reads::default(),
        analytics: Cache::default(),
        store,
        options,
        engine,
        flows: FlowCache::new(addresses.unwrap_or_default()),
        kept: KeptSessions::default(),
        masker,
        identity,
        schemas: Schemas::default(),
        limiter,
        refusals: Refusals::default(),
        metrics: Metrics::default(),
    });
    let (described, describe) = routes::all().split();
    let description = Description::new(describe);
    let router = described
        .merge(routes::pages())
        .layer(from_fn_with_state(Arc::clone(&app), limit))
        .with_state(Arc::clone(&app))
        .route("/v1/openapi.json", get(openapi::serve).with_state(description.clone()))
        .merge(docs::routes(description))
        .merge(studio)
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(app, edge::frame));
    match cors {
        Some(cors) => router.layer(cors),
        None => router,
    }
}

pub(crate) async fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address")
}

async fn method_not_allowed() -> ApiError {
    let detail = "This address does not take this method";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

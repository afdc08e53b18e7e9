//! What operators set: a TOML file and environment variables (appendix A).
//!
//! `auth.secret` of the file is `FLOW_AUTH__SECRET` in the environment, which wins. What nobody knows is
//! refused, so that a slip is noticed.

mod analytics;
mod auth;
mod chat;
mod exports;
mod internal;
mod retention;

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chatflow_storage::StoreError;
use figment::Figment;
use figment::providers::{Env, Format as _, Toml};
use serde::Deserialize;

use analytics::AnalyticsConfig;
use auth::{AuthConfig, Secret};
pub(crate) use auth::{settled_masker, settled_secret};
use chat::ChatConfig;
use exports::ExportsConfig;
use internal::InternalConfig;
use retention::{AuditConfig, JobsConfig, OutboxConfig};

use crate::app::{AccessMode, ServiceOptions};
use crate::cors::{NoOrigin, Origins};
use crate::identity::{IdentityProvider, KeyError};
use crate::internal::InternalApiError;
use crate::limit::{Rate, RateLimits};
use crate::listen::ListenOptions;
use crate::studio::{Studio, StudioError};
use crate::telemetry::{Telemetry, TelemetryError};
use crate::token::NoEntropy;

/// Variables that stand for options of the command, or hold the secrets of flows.
const OPTIONS: [&str; 6] =
    ["egress__", "outbox__session_events", "secret_", "secrets__", "service_name", "webhooks__"];

/// Why the service cannot run as configured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("the configuration cannot be read: {0}")]
    Unreadable(#[from] Box<figment::Error>),
    #[error("cannot read `{path}`", path = path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("auth: {0}")]
    Key(#[from] KeyError),
    #[error("auth.mode `{0}` needs auth.public_key_file or auth.jwks_url")]
    NoKey(String),
    #[error("set one of auth.secret, auth.secret_file, auth.public_key_file and auth.jwks_url")]
    TwoKeys,
    #[error("auth.jwks_url: {0} (help: what may be reached is said by the options `--egress-…`)")]
    KeysAddress(chatflow::AddressError),
    #[error("auth.invalid_token_status is 401 or 403, not {0}")]
    TokenStatus(u16),
    #[error(
        "auth.identity = \"none\" lets everyone run the service: use it with --env development only"
    )]
    Open,
    #[error(
        "auth.identity = \"claims\" needs a key: set auth.secret_file, auth.public_key_file or auth.jwks_url"
    )]
    NoClaims,
    #[error("otel.endpoint: {0}")]
    Telemetry(#[from] TelemetryError),
    #[error(transparent)]
    Origin(#[from] NoOrigin),
    #[error("analytics.ab_confidence must be at least 0.5 and less than 1")]
    Confidence,
    #[error("{0} must be at least 1")]
    TooShort(&'static str),
    #[error(transparent)]
    Internal(#[from] InternalApiError),
    #[error(
        "internal.api_base needs auth.secret or auth.secret_file, with which its credentials are signed"
    )]
    NoInternalSecret,
    #[error("internal.allow_paths needs internal.api_base")]
    NoInternalBase,
    #[error("studio.dir: {0}")]
    Studio(#[from] StudioError),
    #[error("a secret of the service cannot be kept")]
    Store(#[from] StoreError),
    #[error("a secret of the service cannot be drawn")]
    NoEntropy(#[from] NoEntropy),
}

/// Everything that can be set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) env: Option<Environment>,
    pub(crate) server: ServerConfig,
    pub(crate) database: DatabaseConfig,
    pub(crate) auth: AuthConfig,
    pub(crate) access: AccessConfig,
    pub(crate) rate: RateConfig,
    pub(crate) jobs: JobsConfig,
    internal: InternalConfig,
    chat: ChatConfig,
    analytics: AnalyticsConfig,
    outbox: OutboxConfig,
    audit: AuditConfig,
    cors: CorsConfig,
    metrics: MetricsConfig,
    log: LogConfig,
    otel: OtelConfig,
    exports: ExportsConfig,
    studio: StudioConfig,
    pub(crate) pg: PgConfig,
}

/// What is served under `/studio`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StudioConfig {
    /// The folder of a built studio.
    dir: Option<PathBuf>,
}

/// How the database is reached; where it is, `--db` says.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DatabaseConfig {
    /// Connections to Postgres at a time.
    pub(crate) max_connections: NonZeroU32,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { max_connections: NonZeroU32::new(20).unwrap_or(NonZeroU32::MIN) }
    }
}

/// Pages of which other origins may call (S12.8).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CorsConfig {
    origins: Vec<String>,
    origin_patterns: Vec<String>,
}

/// Who reads the numbers (S3.189).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MetricsConfig {
    token: Option<Secret>,
}

/// What is done on Postgres only.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PgConfig {
    /// Switches notices of sessions on or off; without it they stay as they are (S1.53, F17).
    pub(crate) session_notify: Option<bool>,
}

/// Who collects traces of requests.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OtelConfig {
    endpoint: Option<String>,
}

/// What is written to stderr (S12.7).
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LogConfig {
    requests: bool,
}

/// How often one client may call, a minute (S4.40, F23).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RateConfig {
    enabled: bool,
    start_per_address: u32,
    chat_per_address: u32,
    per_session: u32,
    failures_per_address: u32,
    writes_per_account: u32,
    evaluations_per_account: u32,
    /// An hour.
    exports_per_account: u32,
}

impl Default for RateConfig {
    fn default() -> Self {
        let usual = RateLimits::default();
        Self {
            enabled: true,
            start_per_address: usual.start.per_minute,
            chat_per_address: usual.chat.per_minute,
            per_session: usual.session.per_minute,
            failures_per_address: usual.failure.per_minute,
            writes_per_account: usual.write.per_minute,
            evaluations_per_account: usual.evaluate.per_minute,
            exports_per_account: usual.exports_per_hour,
        }
    }
}

/// Where the service runs.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Environment {
    #[default]
    Production,
    Development,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServerConfig {
    pub(crate) listen: Option<SocketAddr>,
    /// Whose `X-Forwarded-For` is believed.
    trusted_proxies: Vec<IpAddr>,
    /// Whether browsers reach the service by TLS; so they do in production unless told otherwise.
    tls_terminated: Option<bool>,
    /// How many connections there may be at the same time.
    max_connections: Option<usize>,
    /// How long a client may take for its part, in seconds.
    client_patience_seconds: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AccessConfig {
    mode: Mode,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    #[default]
    Rules,
    AdminOnly,
}

impl Config {
    /// Reads the file, if one is named, and the environment.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, ConfigError> {
        let file = file.map(Toml::file_exact);
        let figment = file.map_or_else(Figment::new, Figment::from);
        let own = Env::prefixed("FLOW_");
        let own = own.filter(|key| !OPTIONS.iter().any(|option| key.starts_with(option)));
        let figment = figment.merge(own.split("__"));
        Ok(figment.extract().map_err(Box::new)?)
    }

    const fn access_mode(&self) -> AccessMode {
        match self.access.mode {
            Mode::Rules => AccessMode::Rules,
            Mode::AdminOnly => AccessMode::AdminOnly,
        }
    }

    /// Tells the collector of each request, if there is one; to be called in a runtime.
    pub(crate) fn telemetry(
        &self,
        service: &str,
        authorities: &[u8],
    ) -> Result<Option<Telemetry>, ConfigError> {
        let endpoint = self.otel.endpoint.as_deref();
        let telemetry = endpoint.map(|endpoint| Telemetry::new(endpoint, service, authorities));
        Ok(telemetry.transpose()?)
    }

    /// What the service does, as far as it is set here.
    pub(crate) fn options(
        &self,
        environment: Environment,
        identity: Arc<dyn IdentityProvider>,
    ) -> Result<ServiceOptions, ConfigError> {
        let development = environment == Environment::Development;
        let origins = self.cors.origins.iter().chain(&self.cors.origin_patterns);
        Ok(ServiceOptions {
            development,
            analytics: self.analytics()?,
            identity: Some(identity),
            invalid_tokens: self.auth.invalid_tokens()?,
            access: self.access_mode(),
            rates: self.rates(),
            trusted_proxies: self.server.trusted_proxies.clone(),
            origins: Origins::read(origins.map(String::as_str))?,
            metrics_token: self.metrics.token.as_ref().map(|token| token.0.clone()),
            tls_terminated: self.server.tls_terminated.unwrap_or(!development),
            client_patience: Some(self.listening()?.client_patience),
            log_requests: self.log.requests,
            cookies: self.chat.cookies(),
            strict_state_hash: self.chat.is_strict(),
            studio: self.studio.dir.as_deref().map(Studio::open).transpose()?,
            ..ServiceOptions::default()
        })
    }

    /// How connections are treated.
    pub(crate) fn listening(&self) -> Result<ListenOptions, ConfigError> {
        let ServerConfig { max_connections, client_patience_seconds, .. } = self.server;
        if max_connections == Some(0) {
            return Err(ConfigError::TooShort("server.max_connections"));
        }
        let client_patience = match client_patience_seconds {
            Some(0) => return Err(ConfigError::TooShort("server.client_patience_seconds")),
            Some(seconds) => Duration::from_secs(seconds),
            None => ListenOptions::default().client_patience,
        };
        Ok(ListenOptions { max_connections, client_patience })
    }

    /// How often one client may call, unless that is switched off.
    fn rates(&self) -> Option<RateLimits> {
        let RateConfig { enabled: true, .. } = self.rate else { return None };
        // Of what a minute allows, as large a part may come at once as usual.
        let rate = |usual: Rate, per_minute: u32| {
            let burst = u64::from(usual.burst).saturating_mul(per_minute.into());
            let burst = burst.div_ceil(usual.per_minute.max(1).into());
            Rate { per_minute, burst: u32::try_from(burst).unwrap_or(u32::MAX) }
        };
        let usual = RateLimits::default();
        Some(RateLimits {
            start: rate(usual.start, self.rate.start_per_address),
            chat: rate(usual.chat, self.rate.chat_per_address),
            session: rate(usual.session, self.rate.per_session),
            failure: rate(usual.failure, self.rate.failures_per_address),
            write: rate(usual.write, self.rate.writes_per_account),
            evaluate: rate(usual.evaluate, self.rate.evaluations_per_account),
            exports_per_hour: self.rate.exports_per_account,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cookies::{Cookies, SameSite};
    use crate::jobs::JobSettings;

    #[test]
    fn a_slip_is_refused_and_secrets_are_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatflow.toml");
        fs::write(
            &path,
            "env = \"development\"\n[auth]\nsecret = \"a secret of thirty-two bytes or so\"\n",
        )
        .unwrap();
        let config = Config::read(Some(&path)).unwrap();
        assert_eq!(config.env, Some(Environment::Development));
        assert!(!format!("{config:?}").contains("thirty-two"));
        fs::write(&path, "[auth]\nsecrets = \"x\"\n").unwrap();
        let error = Config::read(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("secrets"), "{error}");
        assert!(Config::read(Some(&folder.path().join("none.toml"))).is_err());
    }

    #[test]
    fn conversations_are_set_by_the_names_in_the_appendix() {
        // S4.4, S4.8, S4.22, appendix A
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatflow.toml");
        let options = |text: &str| {
            fs::write(&path, text).unwrap();
            let config = Config::read(Some(&path)).unwrap();
            config
                .options(Environment::Production, Arc::new(crate::identity::NobodySignsIn))
                .unwrap()
        };
        let usual = options("");
        assert_eq!((usual.cookies, usual.strict_state_hash), (Cookies::default(), false));
        let set = options(
            "[chat]\nset_cookies = false\ncookie_samesite = \"strict\"\ncookie_partitioned = true\n\
             csrf_header_only = true\nverify_state_hash = \"strict\"\n",
        );
        let same_site = Some(SameSite::Strict);
        let cookies = Cookies { sent: false, same_site, partitioned: true };
        assert_eq!((set.cookies, set.strict_state_hash), (cookies, true));
        fs::write(&path, "chat.cookie_samesite = \"some\"").unwrap();
        assert!(Config::read(Some(&path)).is_err());
    }

    #[test]
    fn ages_are_set_by_their_names_in_the_appendix() {
        // Appendix A
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatflow.toml");
        let read = |text: &str| {
            fs::write(&path, text).unwrap();
            Config::read(Some(&path)).unwrap()
        };
        assert_eq!(read("").jobs().unwrap(), JobSettings::default());
        assert!(read("").jobs.enabled);
        let config = read(
            "jobs.enabled = false\n[chat]\nabandon_after_hours = 2\nretention_days = 90\n\
             [analytics]\nevents_retention_days = 100\n[outbox]\npublished_days = 1\n\
             dead_days = 2\n[audit]\nretention_days = 3\n",
        );
        assert!(!config.jobs.enabled);
        let expected = JobSettings {
            abandon_after_hours: 2,
            sessions: 90,
            content_events: 100,
            published_events: 1,
            dead_events: 2,
            audit: 3,
            ..JobSettings::default()
        };
        assert_eq!(config.jobs().unwrap(), expected);
        let error = read("audit.retention_days = 0").jobs().unwrap_err().to_string();
        assert_eq!(error, "audit.retention_days must be at least 1");
        fs::write(&path, "chat.retention_day = 1").unwrap();
        assert!(Config::read(Some(&path)).is_err());
    }
}

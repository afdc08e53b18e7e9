//! One request and its answer.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chatflow::{AddressError, Timestamp};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, Url};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;

use super::call::Breakers;
use super::names::{CheckedNames, NameLookup, Refused, SystemNames};
use super::redirect;
use super::rules::EgressRules;
use super::secret::{NoSecrets, SecretResolver};
use crate::host::now;

/// How long a connection may take to be made (S6.45).
const CONNECT: Duration = Duration::from_secs(10);
/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(30);
/// Headers that are the connection's business.
const OWN: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Sends the service's own requests. Clones share connections and breakers.
#[derive(Clone)]
pub struct Outbound {
    client: reqwest::Client,
    rules: Arc<EgressRules>,
    pub(super) secrets: Arc<dyn SecretResolver>,
    pub(super) breakers: Arc<Breakers>,
    pub(super) clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up outgoing connections")]
pub struct OutboundError(#[source] Box<dyn Error + Send + Sync>);

/// A document cannot be read. The text names no address.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct FetchError {
    code: &'static str,
    reason: String,
}

/// A request, ready to be sent.
#[derive(Clone)]
pub(crate) struct Outgoing {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
    /// Headers that are for this origin alone, in lower case: they hold secrets.
    pub(crate) private_headers: Vec<String>,
    /// Whether the body is for this origin alone.
    pub(crate) is_body_private: bool,
    /// Whether up to three redirects are followed (R8.16).
    pub(crate) follows: bool,
    /// How long it may take, from the look-up to the last byte.
    pub(crate) timeout: Duration,
    /// How much of the answer is read.
    pub(crate) most_bytes: usize,
    /// What becomes of an answer that is longer.
    pub(crate) excess: Excess,
}

/// What becomes of an answer that is longer than wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Excess {
    /// It is a failure.
    Fails,
    /// The rest is not read.
    IsCut,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer. None of it names an address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum SendError {
    #[error(transparent)]
    Address(AddressError),
    #[error("the request took too long")]
    Timeout,
    #[error("the host could not be reached")]
    Network,
    #[error("the response is too large")]
    TooLarge,
    #[error("a redirect would take a secret to another host")]
    SecretLeaves,
}

impl SendError {
    /// The failure's code (R8.25).
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Address(error) => error.code(),
            Self::Timeout => "timeout",
            Self::Network => "network",
            Self::TooLarge => "response_too_large",
            Self::SecretLeaves => "secret_unavailable",
        }
    }
}

impl Outbound {
    /// A client by these rules.
    ///
    /// # Errors
    /// [`OutboundError`] if TLS cannot be set up.
    pub fn new(rules: EgressRules) -> Result<Self, OutboundError> {
        Self::with_names(rules, Arc::new(SystemNames))
    }

    /// As [`Outbound::new`], with another way to look up hosts.
    ///
    /// # Errors
    /// As [`Outbound::new`].
    pub fn with_names(
        rules: EgressRules,
        names: Arc<dyn NameLookup>,
    ) -> Result<Self, OutboundError> {
        let rules = Arc::new(rules);
        let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        for certificate in CertificateDer::pem_slice_iter(&rules.authorities) {
            let certificate = certificate.map_err(|error| OutboundError(error.into()))?;
            roots.add(certificate).map_err(|error| OutboundError(error.into()))?;
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| OutboundError(error.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(CheckedNames { names, rules: Arc::clone(&rules) })
            // A proxy would be the one to look up names.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("chatflow/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| OutboundError(error.into()))?;
        let (secrets, breakers) = (Arc::new(NoSecrets), Arc::default());
        Ok(Self { client, rules, secrets, breakers, clock: Arc::new(now) })
    }

    /// Another client by other rules, with the same secrets and clock.
    pub(crate) fn by(&self, rules: EgressRules) -> Result<Self, OutboundError> {
        let (secrets, clock) = (Arc::clone(&self.secrets), Arc::clone(&self.clock));
        Ok(Self { secrets, clock, ..Self::new(rules)? })
    }

    /// Takes secrets from here.
    #[must_use]
    pub fn with_secrets(mut self, secrets: Arc<dyn SecretResolver>) -> Self {
        self.secrets = secrets;
        self
    }

    /// Reads the time here, for breakers and for what servers ask to wait.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The present, by its clock.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Where requests may go.
    pub fn rules(&self) -> &EgressRules {
        &self.rules
    }

    /// Where secrets come from.
    pub(crate) fn secrets(&self) -> &dyn SecretResolver {
        &*self.secrets
    }

    /// Reads a JSON document of at most 1 MiB, such as a set of keys, within ten seconds.
    ///
    /// # Errors
    /// [`FetchError`] if it may not be read, or is not there.
    pub async fn get_json(&self, url: &str) -> Result<Value, FetchError> {
        let request = Outgoing {
            method: "GET".to_owned(),
            url: url.to_owned(),
            headers: vec![("Accept".to_owned(), "application/json".to_owned())],
            body: None,
            private_headers: Vec::new(),
            is_body_private: false,
            follows: false,
            timeout: CONNECT,
            most_bytes: 1024 * 1024,
            excess: Excess::Fails,
        };
        let refused = |code, reason: String| FetchError { code, reason };
        let answer = self.send(&request).await;
        let answer = answer.map_err(|error| refused(error.code(), error.to_string()))?;
        if answer.status != 200 {
            return Err(refused("http_status", format!("the answer had status {}", answer.status)));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|_| refused("not_json", "the answer is not JSON".to_owned()))
    }

    /// Sends a request, and follows redirects where that is wanted.
    pub(crate) async fn send(&self, request: &Outgoing) -> Result<Received, SendError> {
        let sent = redirect::send(self, request);
        tokio::time::timeout(request.timeout, sent).await.unwrap_or(Err(SendError::Timeout))
    }

    /// Sends a request to where it says, and nowhere else.
    pub(super) async fn exchange(&self, request: &Outgoing) -> Result<Received, SendError> {
        let url = self.url(&request.url)?;
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| SendError::Address(AddressError::Invalid("the method is none")))?;
        let mut building = self.client.request(method, url);
        for (name, value) in &request.headers {
            let lower = name.to_ascii_lowercase();
            if OWN.contains(&lower.as_str()) || lower.starts_with("proxy-") {
                continue;
            }
            // What cannot be a header is left out, as the checker of flows has said.
            let pair = (HeaderName::from_bytes(lower.as_bytes()), HeaderValue::from_str(value));
            if let (Ok(name), Ok(value)) = pair {
                building = building.header(name, value);
            }
        }
        if let Some(body) = &request.body {
            building = building.body(body.clone());
        }
        let mut response = building.send().await.map_err(|error| reason(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let headers = headers.collect();
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| reason(&error))? {
            let room = request.most_bytes.saturating_sub(body.len());
            body.extend_from_slice(part.get(..room).unwrap_or(&part));
            if part.len() > room {
                match request.excess {
                    Excess::Fails => return Err(SendError::TooLarge),
                    Excess::IsCut => break,
                }
            }
        }
        Ok(Received { status, headers, body })
    }

    /// A checked URL, which the client understands as it was checked.
    fn url(&self, text: &str) -> Result<Url, SendError> {
        let address = self.rules.check(text).map_err(SendError::Address)?;
        let invalid =
            || SendError::Address(AddressError::Invalid("the URL can be read in two ways"));
        let url = Url::parse(&address.url).map_err(|_| invalid())?;
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let ip = |host: &str| host.parse::<IpAddr>().ok();
        // There is more than one way to write an address.
        let is_same = (host == address.host
            || (ip(host).is_some() && ip(host) == ip(&address.host)))
            && url.port_or_known_default() == Some(address.port)
            && (url.scheme() == "https") == address.secure
            && url.username().is_empty()
            && url.password().is_none();
        if !is_same {
            return Err(invalid());
        }
        // An address is not looked up, so nobody else looks at it.
        match address.host.parse() {
            Ok(ip) if !self.rules.allows(&address.host, ip) => {
                Err(SendError::Address(AddressError::Forbidden("the host is not a public one")))
            }
            _ => Ok(url),
        }
    }
}

/// What an error of the client comes to.
fn reason(error: &reqwest::Error) -> SendError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<Refused>() {
            return SendError::Address(AddressError::Forbidden("the host is not a public one"));
        }
        cause = inner.source();
    }
    if error.is_timeout() { SendError::Timeout } else { SendError::Network }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rest may hold secrets.
        f.debug_struct("Outgoing").field("method", &self.method).finish_non_exhaustive()
    }
}

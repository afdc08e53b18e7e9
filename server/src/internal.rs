//! A service of the operator's own that flows may call by relative endpoints (F13, R7.41).
//!
//! An author decides what is asked, so the operator decides where that may go: only to listed paths of
//! one base, only from flows of no school, and with a credential that is good for nothing else.

use std::fmt;

use chatflow::{
    AddressError, AddressRules, Auth, HandlerRequest, HttpRequest, SessionId, Timestamp,
};
use chatflow_storage::UserId;
use serde_json::Value;

use crate::identity::{KeyError, sign_flow_call};
use crate::outbound::{EgressRules, Outbound, OutboundError};

/// What is never forwarded: what manages such a service as this one.
const NEVER: [&str; 2] = ["/v1/cms", "/internal"];

/// Where relative endpoints that no handler answers are forwarded to.
#[derive(Clone)]
pub struct InternalApi {
    base: String,
    /// The path of the base.
    within: String,
    paths: Vec<String>,
    outbound: Outbound,
    secret: Vec<u8>,
    prefix: String,
}

/// Why endpoints cannot be forwarded as wanted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InternalApiError {
    /// The base is no address.
    #[error("internal.api_base: {0}")]
    Base(AddressError),
    /// The base has more than a path.
    #[error("internal.api_base has a query")]
    Query,
    /// A path cannot be listed.
    #[error(
        "internal.allow_paths: `{0}` is not a plain path, or is one that is never forwarded (help: list prefixes such as `/v1/books`)"
    )]
    Path(String),
    /// Credentials cannot be signed.
    #[error("internal.api_base: {0}")]
    Key(#[from] KeyError),
    /// There is no client.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
}

impl InternalApi {
    /// Forwards what lies under one of `paths` to `base`, with credentials signed with `secret` (HS256) in
    /// which `prefix` stands in front of the session. Secrets and authorities are those of `outbound`; the
    /// client's rules allow the base and nothing else.
    ///
    /// # Errors
    /// [`InternalApiError`].
    pub fn new(
        base: &str,
        paths: &[String],
        (secret, prefix): (&[u8], &str),
        outbound: &Outbound,
    ) -> Result<Self, InternalApiError> {
        let any = AddressRules { allow_http: true, allow_private: true, ..AddressRules::default() };
        let address = any.check(base).map_err(InternalApiError::Base)?;
        if address.url.contains('?') {
            return Err(InternalApiError::Query);
        }
        let addresses = AddressRules {
            allow_http: !address.secure,
            allow_private: false,
            allowed_hosts: vec![address.host],
            denied_hosts: Vec::new(),
        };
        let authorities = outbound.rules().authorities.clone();
        let ports = vec![address.port];
        let rules = EgressRules { addresses, ports, authorities, loopback: false };
        let base = address.url.trim_end_matches('/').to_owned();
        let rest = base.split_once("://").map_or("", |(_, rest)| rest);
        let within = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default().to_owned();
        for path in paths {
            if !is_plain(path) || path.ends_with('/') || is_never(path) {
                return Err(InternalApiError::Path(path.clone()));
            }
        }
        // A secret that can be guessed is noticed now.
        sign_flow_call(secret, prefix, SessionId(uuid::Uuid::nil()), None, Timestamp::default())?;
        Ok(Self {
            base,
            within,
            paths: paths.to_vec(),
            outbound: outbound.by(rules)?,
            secret: secret.to_vec(),
            prefix: prefix.to_owned(),
        })
    }

    /// Whether an endpoint lies under a listed path, however it is read.
    pub(crate) fn forwards(&self, endpoint: &str) -> bool {
        is_plain(endpoint)
            && self.paths.iter().any(|path| is_under(endpoint, path))
            && !is_never(endpoint)
            && !is_never(&format!("{}{endpoint}", self.within))
    }

    pub(crate) fn outbound(&self) -> &Outbound {
        &self.outbound
    }

    /// The request as it is sent, and the credential in it, if the flow asks for one.
    pub(crate) fn request(
        &self,
        endpoint: &str,
        request: &HandlerRequest,
        (session, user): (SessionId, Option<UserId>),
        at: Timestamp,
    ) -> Result<(HttpRequest, Option<String>), KeyError> {
        let mut sent = HttpRequest::forwarded(&self.base, endpoint, request);
        // It would carry what it holds to another place.
        sent.request.policy.follow_redirects = false;
        if request.auth != Some(Auth::Internal) {
            return Ok((sent, None));
        }
        let token = sign_flow_call(&self.secret, &self.prefix, session, user, at)?;
        let headers = &mut sent.request.headers;
        headers.retain(|name, _| !name.eq_ignore_ascii_case("authorization"));
        sent.request.secrets.retain(|place| {
            let header = place.at.strip_prefix("/headers/");
            !header.is_some_and(|name| name.eq_ignore_ascii_case("authorization"))
        });
        headers.insert("Authorization".to_owned(), Value::from(format!("Bearer {token}")));
        Ok((sent, Some(token)))
    }
}

/// Whether everybody reads a path the same way: no empty segments, no dots that lead elsewhere, no
/// encodings, no parameters of segments.
fn is_plain(path: &str) -> bool {
    let is_plain = |segment: &str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@:,!$'()*+=&".contains(&byte);
        !segment.is_empty() && ![".", ".."].contains(&segment) && segment.bytes().all(known)
    };
    path.strip_prefix('/').is_some_and(|path| path.split('/').all(is_plain))
}

fn is_never(path: &str) -> bool {
    // A service may take either letter case.
    let path = path.to_ascii_lowercase();
    NEVER.iter().any(|never| is_under(&path, never))
}

fn is_under(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl fmt::Debug for InternalApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InternalApi").field("paths", &self.paths).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"a secret of thirty-two bytes or so";

    fn api(base: &str, paths: &[&str]) -> Result<InternalApi, InternalApiError> {
        let outbound = Outbound::new(EgressRules::default()).unwrap();
        let paths: Vec<_> = paths.iter().map(|path| (*path).to_owned()).collect();
        InternalApi::new(base, &paths, (KEY, "wriveted"), &outbound)
    }

    #[test]
    fn only_what_lies_under_a_listed_path_is_forwarded() {
        // F13
        let api = api("http://10.0.0.7:8080", &["/v1", "/books/new"]).unwrap();
        for endpoint in ["/v1", "/v1/books", "/v1/cmsx", "/books/new", "/books/new/7@x"] {
            assert!(api.forwards(endpoint), "{endpoint}");
        }
        for endpoint in [
            "/v10",
            "/books",
            "/books/newer",
            "/other",
            "/v1/cms",
            "/v1/cms/flows",
            "/V1/CMS",
            "/v1/CmS/flows",
            "/internal",
            "/v1//cms",
            "/v1/./cms",
            "/v1/x/../cms",
            "/v1/x/..",
            "/v1/%2e%2e/internal",
            "/v1%2Fcms",
            "/v1/c%6ds",
            "/v1/x/..;/cms",
            "/v1/cms;x=1",
            "/v1/cms?x",
            "/v1\\cms",
            "v1",
            "",
            "/v1/é",
        ] {
            assert!(!api.forwards(endpoint), "{endpoint}");
        }
    }

    #[test]
    fn the_base_cannot_bring_back_what_is_never_forwarded() {
        let v1 = api("https://svc.example/v1/", &["/cms", "/books"]).unwrap();
        assert!(v1.forwards("/books/7") && !v1.forwards("/cms/flows"));
        let rules = v1.outbound().rules();
        assert!(rules.check("https://svc.example/v1/books").is_ok());
        for other in
            ["http://svc.example/v1", "https://other.example/", "https://svc.example:8443/"]
        {
            assert!(rules.check(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_slip_of_the_operator_is_refused() {
        for base in ["books.example", "ftp://a.example", "https://a:b@c.example", "https://a/?x=1"]
        {
            assert!(api(base, &["/v1"]).is_err(), "{base}");
        }
        for path in ["", "/", "v1", "/v1/", "/v1/cms", "/V1/cms/flows", "/internal/x", "/a/../b"] {
            let refused = api("https://a.example", &[path]).unwrap_err();
            assert!(matches!(refused, InternalApiError::Path(_)), "{path}");
        }
        let outbound = Outbound::new(EgressRules::default()).unwrap();
        let short = InternalApi::new("https://a.example", &[], (b"short", "w"), &outbound);
        assert!(matches!(short, Err(InternalApiError::Key(_))));
    }
}

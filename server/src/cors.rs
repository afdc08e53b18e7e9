//! Which pages of other origins may call (S12.8).

use std::fmt;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Origins whose pages may call with credentials.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Origins {
    /// Written out: `https://school.example`.
    exact: Vec<String>,
    /// Schemes and suffixes of hosts: `https://*.school.example`.
    suffixes: Vec<(String, String)>,
}

/// What is no origin.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct NoOrigin(String);

impl fmt::Display for NoOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        write!(
            f,
            "cors: `{text}` is not an origin: write https://host, or https://*.host for all hosts below"
        )
    }
}

impl Origins {
    /// Reads origins such as `https://school.example` and patterns such as `https://*.school.example`.
    ///
    /// # Errors
    /// [`NoOrigin`] for anything else; `*` alone is refused, because requests carry credentials.
    pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, NoOrigin> {
        let mut origins = Self::default();
        for text in texts {
            let refuse = || NoOrigin(text.to_owned());
            let (scheme, host) = text.split_once("://").ok_or_else(refuse)?;
            let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
            let suffix = host.strip_prefix("*.");
            let host = suffix.unwrap_or(host);
            if !matches!(scheme, "http" | "https") || host.is_empty() || !host.chars().all(plain) {
                return Err(refuse());
            }
            match suffix {
                Some(host) => {
                    let host = host.to_ascii_lowercase();
                    origins.suffixes.push((format!("{scheme}://"), format!(".{host}")));
                }
                None => origins.exact.push(text.to_ascii_lowercase()),
            }
        }
        Ok(origins)
    }

    fn allow(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        let origin = origin.to_ascii_lowercase();
        self.exact.contains(&origin)
            || self.suffixes.iter().any(|(scheme, suffix)| {
                origin
                    .strip_prefix(scheme.as_str())
                    .is_some_and(|host| host.ends_with(suffix.as_str()))
            })
    }

    /// The layer that answers browsers; none if no other origin may call.
    pub(crate) fn layer(&self) -> Option<CorsLayer> {
        if *self == Self::default() {
            return None;
        }
        let origins = self.clone();
        let name = HeaderName::from_static;
        Some(
            CorsLayer::new()
                .allow_origin(AllowOrigin::predicate(move |origin, _| origins.allow(origin)))
                .allow_credentials(true)
                .allow_methods([
                    Method::GET,
                    Method::POST,
                    Method::PUT,
                    Method::PATCH,
                    Method::DELETE,
                ])
                .allow_headers([
                    header::AUTHORIZATION,
                    header::CONTENT_TYPE,
                    header::IF_MATCH,
                    name("x-csrf-token"),
                    name("idempotency-key"),
                    name("last-event-id"),
                ])
                .expose_headers([
                    header::ETAG,
                    header::LOCATION,
                    header::RETRY_AFTER,
                    name("x-request-id"),
                    name("x-ratelimit-limit"),
                    name("x-ratelimit-remaining"),
                    name("x-ratelimit-reset"),
                ])
                .max_age(Duration::from_mins(10)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(origins: &[&str], origin: &str) -> bool {
        let origins = Origins::read(origins.iter().copied()).unwrap();
        origins.allow(&HeaderValue::from_str(origin).unwrap())
    }

    #[test]
    fn patterns_match_hosts_below_and_nothing_else() {
        let both = ["https://school.example", "https://*.school.example"];
        for origin in
            ["https://school.example", "https://a.school.example", "https://A.School.example"]
        {
            assert!(allows(&both, origin), "{origin}");
        }
        for origin in [
            "http://school.example",
            "https://school.example.evil.test",
            "https://evilschool.example",
            "https://school.example:8443",
            "null",
        ] {
            assert!(!allows(&both, origin), "{origin}");
        }
        assert!(!allows(&["https://*.school.example"], "https://school.example"));
    }

    #[test]
    fn everyone_at_once_is_no_origin() {
        // S12.14
        for text in ["*", "https://*", "school.example", "ftp://school.example", "https://a b"] {
            assert!(Origins::read([text]).is_err(), "{text}");
        }
    }
}

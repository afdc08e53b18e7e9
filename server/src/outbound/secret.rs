//! Secrets of requests, and where they may go (S12.5, R8.33, F12, F47).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use chatflow::{Failure, Placeholder, TenantId};
use serde::Deserialize;

/// A secret, and what it may be used for.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret {
    /// The value.
    pub value: String,
    /// The hosts that it may be sent to, in lower case; `*.example.org` is every host below.
    pub hosts: Vec<String>,
    /// The schools whose flows may use it; if there are none, flows of no school may.
    pub schools: Vec<TenantId>,
    /// Whether it may stand in a URL, which ends up in logs of servers.
    pub in_url: bool,
}

/// Secrets cannot be had at the moment. The text is for the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SecretError(pub String);

/// Knows secrets. They are asked for right before a request is sent, and never kept.
#[async_trait]
pub trait SecretResolver: fmt::Debug + Send + Sync {
    /// The secret of this key, if there is one.
    ///
    /// # Errors
    /// [`SecretError`] if nobody can tell.
    async fn secret(&self, key: &str) -> Result<Option<Secret>, SecretError>;
}

/// Knows none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSecrets;

#[async_trait]
impl SecretResolver for NoSecrets {
    async fn secret(&self, _key: &str) -> Result<Option<Secret>, SecretError> {
        Ok(None)
    }
}

/// Secrets that a file lists by key, each with its hosts:
///
/// `{"crm": {"hosts": ["api.crm.example"], "file": "/run/secrets/crm"}}`
///
/// The value is in `value`, in the `file` named, or in the environment variable `env`, which is
/// `FLOW_SECRET_` and the key if there is none of these. `schools` lists the schools whose flows may
/// use it, and `in_url` lets it stand in a URL. Files and variables are read when it is needed.
#[derive(Clone, Default)]
pub struct SecretBook(BTreeMap<String, Entry>);

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    hosts: Vec<String>,
    #[serde(default)]
    schools: Vec<TenantId>,
    #[serde(default)]
    in_url: bool,
    value: Option<String>,
    file: Option<PathBuf>,
    env: Option<String>,
}

/// Why a list of secrets cannot be used. It never quotes the list.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretBookError {
    /// It cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not what it should be.
    #[error("line {line}: not a list of secrets by key, each with `hosts`")]
    Form {
        /// Where.
        line: usize,
    },
    /// An entry breaks a rule.
    #[error("secret `{key}`: {problem}")]
    Entry {
        /// Which.
        key: String,
        /// The rule.
        problem: &'static str,
    },
}

impl SecretBook {
    /// Reads a file.
    ///
    /// # Errors
    /// [`SecretBookError`].
    pub fn open(path: &Path) -> Result<Self, SecretBookError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SecretBookError::Read { path: path.to_owned(), source })?;
        Self::read(&text)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// [`SecretBookError`].
    pub fn read(text: &str) -> Result<Self, SecretBookError> {
        let entries: BTreeMap<String, Entry> = serde_json::from_str(text)
            .map_err(|error| SecretBookError::Form { line: error.line() })?;
        let mut book = BTreeMap::new();
        for (key, mut entry) in entries {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
            let sources = [entry.value.is_some(), entry.file.is_some(), entry.env.is_some()];
            let problem = if !(1..=64).contains(&key.len()) || !key.bytes().all(known) {
                Some("a key has 1 to 64 letters, digits, `_`, `.` and `-`")
            } else if entry.hosts.is_empty() {
                Some("name at least one host that it may be sent to")
            } else if sources.into_iter().filter(|given| *given).count() > 1 {
                Some("give one of `value`, `file` and `env`")
            } else {
                None
            };
            if let Some(problem) = problem {
                return Err(SecretBookError::Entry { key, problem });
            }
            entry.hosts.iter_mut().for_each(|host| host.make_ascii_lowercase());
            book.insert(key, entry);
        }
        Ok(Self(book))
    }
}

#[async_trait]
impl SecretResolver for SecretBook {
    async fn secret(&self, key: &str) -> Result<Option<Secret>, SecretError> {
        let Some(entry) = self.0.get(key) else { return Ok(None) };
        let value = match (&entry.value, &entry.file) {
            (Some(value), _) => value.clone(),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path);
                let text = text.map_err(|error| SecretError(format!("secret `{key}`: {error}")))?;
                // As editors end a file.
                text.trim_end_matches(['\r', '\n']).to_owned()
            }
            (None, None) => {
                let usual = format!("FLOW_SECRET_{key}");
                let name = entry.env.as_deref().unwrap_or(&usual);
                let Ok(value) = std::env::var(name) else {
                    return Err(SecretError(format!("secret `{key}`: no variable `{name}`")));
                };
                value
            }
        };
        let (hosts, schools, in_url) = (entry.hosts.clone(), entry.schools.clone(), entry.in_url);
        Ok(Some(Secret { value, hosts, schools, in_url }))
    }
}

impl Secret {
    fn may_go_to(&self, host: &str) -> bool {
        let below = |listed: &str| {
            let suffix = listed.strip_prefix('*').filter(|rest| rest.starts_with('.'));
            suffix.is_some_and(|suffix| host.len() > suffix.len() && host.ends_with(suffix))
        };
        self.hosts.iter().any(|listed| listed == host || below(listed))
    }

    /// A secret without schools is the platform's, and one with schools is theirs alone.
    fn may_be_used_by(&self, owner: Option<TenantId>) -> bool {
        owner.map_or(self.schools.is_empty(), |school| self.schools.contains(&school))
    }
}

/// The values for these placeholders, if all of them may be used by `owner` and sent to `host`.
///
/// # Errors
/// [`Failure`] `secret_unavailable`, which does not tell why: authors may be asking for what is not
/// theirs.
pub(crate) async fn gather(
    resolver: &dyn SecretResolver,
    placeholders: &[Placeholder],
    owner: Option<TenantId>,
    host: &str,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut values = BTreeMap::new();
    let keys: BTreeSet<&str> = placeholders.iter().map(|place| place.key.as_str()).collect();
    for key in keys {
        let unavailable = || Failure {
            code: "secret_unavailable".to_owned(),
            reason: format!("the secret `{key}` is not available"),
        };
        let found = resolver.secret(key).await.map_err(|error| {
            crate::cli::log(format_args!("error: {error}"));
            unavailable()
        })?;
        let secret = found.ok_or_else(unavailable)?;
        let in_url = placeholders.iter().any(|place| place.key == key && place.at == "/url");
        let fits = secret.may_go_to(host)
            && secret.may_be_used_by(owner)
            && (secret.in_url || !in_url)
            && !secret.value.is_empty();
        if !fits {
            return Err(unavailable());
        }
        values.insert(key.to_owned(), secret.value);
    }
    Ok(values)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl fmt::Debug for SecretBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

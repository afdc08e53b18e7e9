//! The keys of an identity provider, fetched from where it publishes them (S2.7).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chatflow::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

use super::IdentityError;
use crate::outbound::Outbound;

/// How long keys count as fresh, in milliseconds.
const FRESH_MS: i64 = 10 * 60 * 1000;
/// How long nobody asks the provider again, in milliseconds: tokens that name keys nobody has must not
/// become requests to it.
const PAUSE_MS: i64 = 10 * 1000;
/// How long a request waits for fresh keys while there is an old one that fits.
const PATIENCE: Duration = Duration::from_secs(2);
/// More keys than a provider has; a token without a name of a key is held against each.
const MOST_KEYS: usize = 32;
/// The shortest modulus of RSA, in bytes.
const SHORTEST_MODULUS: usize = 256;

/// The keys at an address. Clones share them.
#[derive(Clone)]
pub(super) struct KeySet(Arc<Shared>);

struct Shared {
    url: String,
    outbound: Outbound,
    algorithm: Algorithm,
    held: Mutex<Held>,
    /// Held by whoever fetches, so that one does.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    keys: Vec<NamedKey>,
    /// When the keys came.
    fetched: Option<Timestamp>,
    /// When they were last asked for, and whether that failed.
    tried: Option<(Timestamp, bool)>,
}

#[derive(Clone)]
struct NamedKey {
    name: Option<String>,
    key: DecodingKey,
}

/// What is known at a moment.
struct Look {
    keys: Vec<DecodingKey>,
    is_fresh: bool,
    /// Whether the provider may be asked now.
    may_ask: bool,
    /// Whether it did not answer when it was last asked.
    failed: bool,
}

impl KeySet {
    pub(super) fn new(url: String, outbound: Outbound, algorithm: Algorithm) -> Self {
        let (held, fetching) = (Mutex::default(), tokio::sync::Mutex::default());
        Self(Arc::new(Shared { url, outbound, algorithm, held, fetching }))
    }

    /// The keys that a token may be signed with: the one it names, else all.
    ///
    /// # Errors
    /// [`IdentityError::InvalidToken`] if the provider has no such key,
    /// [`IdentityError::KeysUnavailable`] if it cannot be asked.
    pub(super) async fn keys(&self, name: Option<&str>) -> Result<Vec<DecodingKey>, IdentityError> {
        let look = self.0.look(name);
        // Somebody who asks already does so for all.
        let is_asked = || self.0.fetching.try_lock().is_err();
        if !look.keys.is_empty() && (look.is_fresh || !look.may_ask || is_asked()) {
            return Ok(look.keys);
        }
        if look.may_ask {
            // A task of its own: a request that is given up does not take the keys from the others.
            let shared = Arc::clone(&self.0);
            let fetched = tokio::spawn(async move { shared.refresh().await });
            if look.keys.is_empty() {
                drop(fetched.await);
            } else {
                // A provider that is slow must not stop those whose key is known.
                drop(tokio::time::timeout(PATIENCE, fetched).await);
            }
        }
        match self.0.look(name) {
            Look { keys, .. } if !keys.is_empty() => Ok(keys),
            Look { failed: true, .. } => Err(IdentityError::KeysUnavailable),
            Look { .. } => Err(IdentityError::InvalidToken),
        }
    }
}

impl Shared {
    fn look(&self, name: Option<&str>) -> Look {
        let at = self.outbound.now();
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was put back makes keys old, not young for ever.
        let within = |since: Timestamp, most: i64| {
            (0..most).contains(&at.as_millis().saturating_sub(since.as_millis()))
        };
        let fits = |key: &&NamedKey| name.is_none() || key.name.as_deref() == name;
        Look {
            keys: held.keys.iter().filter(fits).map(|key| key.key.clone()).collect(),
            is_fresh: held.fetched.is_some_and(|since| within(since, FRESH_MS)),
            may_ask: held.tried.is_none_or(|(since, _)| !within(since, PAUSE_MS)),
            failed: held.tried.is_some_and(|(_, failed)| failed),
        }
    }

    /// Asks the provider, unless somebody else just did.
    async fn refresh(&self) {
        let _alone = self.fetching.lock().await;
        if !self.look(None).may_ask {
            return;
        }
        let answer = self.outbound.get_json(&self.url).await;
        let keys = answer.map_err(|error| error.to_string()).and_then(|document| {
            let keys = read(&document, self.algorithm);
            if keys.is_empty() { Err("it has no key that fits".to_owned()) } else { Ok(keys) }
        });
        let at = self.outbound.now();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.tried = Some((at, keys.is_err()));
        match keys {
            Ok(keys) => (held.keys, held.fetched) = (keys, Some(at)),
            // What is known goes on being believed: an outage of the provider is not one of ours.
            Err(error) => crate::cli::log(format_args!("error: auth.jwks_url: {error}")),
        }
    }
}

/// The keys of a document that verify tokens of this algorithm. Others are passed over: one that
/// nobody here understands must not hide the rest.
fn read(document: &Value, algorithm: Algorithm) -> Vec<NamedKey> {
    let keys = document.get("keys").and_then(Value::as_array).into_iter().flatten();
    let named = keys.filter_map(|key| {
        let key: Jwk = serde_json::from_value(key.clone()).ok()?;
        if !fits(&key, algorithm) {
            return None;
        }
        let decoding = DecodingKey::from_jwk(&key).ok()?;
        Some(NamedKey { name: key.common.key_id, key: decoding })
    });
    named.take(MOST_KEYS).collect()
}

/// Whether a key is for signatures of this algorithm; a shared secret never is.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let common = &key.common;
    let signs = common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature);
    let verifies = common.key_operations.as_ref();
    let verifies = verifies.is_none_or(|all| all.contains(&KeyOperations::Verify));
    let named = common.key_algorithm.is_none_or(|of| of == algorithm.into());
    let kind = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(key), Algorithm::RS256) => {
            // Of base64, four characters stand for three bytes.
            key.n.len().saturating_mul(3) / 4 >= SHORTEST_MODULUS
        }
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => {
            key.curve == EllipticCurve::P256
        }
        (AlgorithmParameters::OctetKeyPair(key), Algorithm::EdDSA) => {
            key.curve == EllipticCurve::Ed25519
        }
        _ => false,
    };
    signs && verifies && named && kind
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeySet").field(&self.0.url).finish()
    }
}

#[cfg(test)]
mod tests;

//! The secrets of subscriptions, encrypted at rest (S1.65).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use chatflow::Timestamp;
use chatflow_storage::{SealedSecret, SubscriptionId};
use serde::{Deserialize, Serialize};

/// The first byte of what is stored, so that another way of sealing can follow.
const VERSION: u8 = 1;
const NONCE: usize = 24;
/// How long the secret before a rotation is still signed with, in milliseconds (S6.43).
const ROTATION_MS: i64 = 24 * 60 * 60 * 1000;

/// The key under which secrets are stored: 32 bytes.
#[derive(Clone)]
pub struct SecretsKey([u8; 32]);

/// A text is no key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the key of secrets must be 32 bytes, in base64 or hexadecimal")]
pub struct SecretsKeyError;

/// A secret cannot be sealed or opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum SealError {
    /// There are no random bytes.
    #[error("cannot read random bytes from the system")]
    NoEntropy,
    /// It was sealed with another key, for another subscription, or is damaged.
    #[error("the secret cannot be opened with this key")]
    Closed,
}

/// What signs the events of a subscription.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct SubscriptionSecrets {
    pub(crate) current: String,
    /// The one before the last rotation, and until when it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<(String, Timestamp)>,
}

impl SubscriptionSecrets {
    pub(crate) fn new(current: String) -> Self {
        Self { current, previous: None }
    }

    /// A new secret; the one so far counts for another day.
    pub(crate) fn rotated(self, current: String, at: Timestamp) -> Self {
        let until = Timestamp::from_millis(at.as_millis().saturating_add(ROTATION_MS));
        Self { current, previous: Some((self.current, until)) }
    }

    /// The secrets that count at a moment, the newest first.
    pub(crate) fn at(&self, at: Timestamp) -> impl Iterator<Item = &str> {
        let previous = self.previous.as_ref().filter(move |(_, until)| at < *until);
        std::iter::once(self.current.as_str()).chain(previous.map(|(secret, _)| secret.as_str()))
    }
}

impl SecretsKey {
    /// Reads a key: base64 with or without padding, or hexadecimal.
    ///
    /// # Errors
    /// [`SecretsKeyError`].
    pub fn read(text: &str) -> Result<Self, SecretsKeyError> {
        let text = text.trim();
        let bytes = if text.len() == 64 {
            let digit = |pair: &[u8]| {
                let pair = std::str::from_utf8(pair).ok()?;
                u8::from_str_radix(pair, 16).ok().filter(|_| !pair.starts_with('+'))
            };
            text.as_bytes().chunks(2).map(digit).collect()
        } else {
            STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()
        };
        let key = bytes.and_then(|bytes: Vec<u8>| <[u8; 32]>::try_from(bytes).ok());
        key.map(Self).ok_or(SecretsKeyError)
    }

    /// The key itself, for others to be derived from.
    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Seals the secrets of a subscription; they can be opened for this one only.
    pub(crate) fn seal(
        &self,
        id: SubscriptionId,
        secrets: &SubscriptionSecrets,
    ) -> Result<SealedSecret, SealError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| SealError::NoEntropy)?;
        let text = serde_json::to_vec(secrets).map_err(|_| SealError::Closed)?;
        let payload = Payload { msg: &text, aad: id.0.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| SealError::Closed)?;
        Ok(SealedSecret([&[VERSION][..], &nonce, &sealed].concat()))
    }

    /// Opens what [`SecretsKey::seal`] made.
    pub(crate) fn open(
        &self,
        id: SubscriptionId,
        sealed: &SealedSecret,
    ) -> Result<SubscriptionSecrets, SealError> {
        let (version, rest) = sealed.0.split_first().ok_or(SealError::Closed)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Closed)?;
        if *version != VERSION {
            return Err(SealError::Closed);
        }
        let payload = Payload { msg: sealed, aad: id.0.as_bytes() };
        let text = self.cipher().decrypt(&XNonce::from(*nonce), payload);
        let text = text.map_err(|_| SealError::Closed)?;
        serde_json::from_slice(&text).map_err(|_| SealError::Closed)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

impl fmt::Debug for SecretsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretsKey(…)")
    }
}

impl fmt::Debug for SubscriptionSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubscriptionSecrets(…)")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_key_has_32_bytes_however_it_is_written() {
        let hex = "00ff".repeat(16);
        let bytes: Vec<u8> = [0, 255].repeat(16);
        for text in [hex, STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes) + "\n"] {
            assert_eq!(SecretsKey::read(&text).unwrap().0.to_vec(), bytes, "{text}");
        }
        let short = STANDARD.encode([1; 31]);
        for text in ["", "secret", &short, &"0".repeat(63), &"+1".repeat(32), &"é".repeat(32)] {
            assert!(SecretsKey::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_sealed_secret_opens_for_its_subscription_and_key_only() {
        // S1.65
        let key = SecretsKey::read(&"07".repeat(32)).unwrap();
        let (id, other) = (SubscriptionId(Uuid::from_u128(1)), SubscriptionId(Uuid::from_u128(2)));
        let secrets = SubscriptionSecrets::new("whsec-planted-value".to_owned());
        let sealed = key.seal(id, &secrets).unwrap();
        assert!(key.open(id, &sealed).unwrap() == secrets);
        assert!(!String::from_utf8_lossy(&sealed.0).contains("planted"));
        assert_ne!(key.seal(id, &secrets).unwrap(), sealed, "a nonce of its own");
        let wrong = SecretsKey::read(&"08".repeat(32)).unwrap();
        assert_eq!(wrong.open(id, &sealed), Err(SealError::Closed));
        assert_eq!(key.open(other, &sealed), Err(SealError::Closed));
        for at in 0..sealed.0.len() {
            let mut bent = sealed.clone();
            bent.0[at] ^= 1;
            assert_eq!(key.open(id, &bent), Err(SealError::Closed), "byte {at}");
        }
        assert_eq!(key.open(id, &SealedSecret(Vec::new())), Err(SealError::Closed));
    }

    #[test]
    fn the_secret_before_a_rotation_counts_for_a_day() {
        // S6.43
        let at = Timestamp::from_millis;
        let secrets = SubscriptionSecrets::new("one".to_owned()).rotated("two".to_owned(), at(0));
        let counting = |when| secrets.at(at(when)).collect::<Vec<_>>();
        assert_eq!(counting(ROTATION_MS - 1), ["two", "one"]);
        assert_eq!(counting(ROTATION_MS), ["two"]);
        let again = secrets.rotated("three".to_owned(), at(5));
        assert_eq!(again.at(at(6)).collect::<Vec<_>>(), ["three", "two"]);
    }
}

//! Requests that leave, none of which is repeated once its answer is recorded (S1.59, F11).

use std::fmt::Write as _;

use chatflow::{EffectKind, HttpRequest, NodeId, Outcome, Revision, SessionId, Timestamp, clean};
use chatflow_storage::prelude::*;
use chatflow_storage::{Claim, EffectClaim, other_request_key};
use sha2::{Digest, Sha256};

use super::{TurnHost, busy, now};
use crate::error::{ApiError, chain};
use crate::outbound::Outbound;

/// How long the record of a request is kept, in milliseconds (S9.8).
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// The longest key of a record (S9.1).
const KEY_CHARS: usize = 255;

/// A request that may be sent, under this key.
struct Claimed {
    key: String,
    attempt: u32,
}

impl TurnHost<'_> {
    /// What sends a request for real: no handler stands for its URL.
    pub(super) fn goes_out(&self, kind: &EffectKind) -> Option<&Outbound> {
        self.outbound.filter(|_| !self.handlers.knows(kind))
    }

    /// Sends a request, unless it was sent before.
    pub(super) async fn send(&self, outbound: &Outbound, request: &HttpRequest) -> Outcome {
        let Some(key) = &request.request.idempotency_key else {
            // What only reads may be read again.
            return if self.may_reach_out().await {
                self.call(outbound, request).await
            } else {
                busy()
            };
        };
        let key = short_key(self.turn.session, key);
        let claimed = match self.claim(key, &digest(request)).await {
            Ok(claimed) => claimed,
            Err(outcome) => return outcome,
        };
        let mut request = request.clone();
        request.request.idempotency_key = Some(claimed.key.clone());
        let outcome = self.call(outbound, &request).await;
        self.record(&claimed, &outcome).await;
        outcome
    }

    /// What came of a request, as it is recorded (F28).
    async fn call(&self, outbound: &Outbound, request: &HttpRequest) -> Outcome {
        let mut outcome = outbound.call(self.turn.owner, request).await;
        if let Outcome::Done { value } = &mut outcome {
            let _ = clean(value);
        }
        outcome
    }

    /// The right to send a request, or what it came to already.
    async fn claim(&self, key: String, request_hash: &str) -> Result<Claimed, Outcome> {
        let mut key = key;
        // The second key is the request's own.
        for _ in 0..2 {
            let lease = self.lease_request().map_err(|()| busy())?;
            let at = now();
            let claim = EffectClaim {
                key: key.clone(),
                request_hash: request_hash.to_owned(),
                session: self.turn.session,
                node_id: node_of(&key, self.turn.session, self.turn.revision.unwrap_or_default()),
                revision: self.turn.revision.unwrap_or_default(),
                at,
                // Whoever may take the turn over may take its requests over, too.
                until: self.lease_end(at),
                expires_at: Timestamp::from_millis(at.as_millis().saturating_add(KEPT_MS)),
                lease,
            };
            let answer = self.store.claim_effect(&claim).await;
            // The lease stands whatever the claim comes to.
            if let (Some(request), Ok(_)) = (lease, &answer) {
                self.leased(request.token, Ok(()));
            }
            match answer {
                Ok(Claim::Run { attempt }) => return Ok(Claimed { key, attempt }),
                Ok(Claim::Done { result }) => return Err(recalled(result.as_deref())),
                Ok(Claim::OtherRequest) => key = other_request_key(&key, request_hash),
                Ok(Claim::InProgress { .. }) => return Err(busy()),
                Err(error) if lease.is_none() => {
                    // The turn goes on with what it holds; what is not recorded is not sent.
                    crate::cli::log(format_args!("error: store: {}", chain(&error)));
                    return Err(Outcome::failed("store", "the request could not be recorded"));
                }
                Err(error) => {
                    let token = chatflow_storage::LeaseToken(uuid::Uuid::nil());
                    self.leased(token, Err(ApiError::from(error)));
                    return Err(busy());
                }
            }
        }
        Err(busy())
    }

    /// Writes down what came of a request, before anything else is done with it.
    async fn record(&self, claimed: &Claimed, outcome: &Outcome) {
        let Claimed { key, attempt } = claimed;
        let written = match outcome {
            Outcome::Done { value } if is_success(value) => {
                let result = value.to_string();
                self.store.complete_effect(key, *attempt, now(), Some(&result)).await
            }
            Outcome::Done { .. } => self.store.fail_effect(key, *attempt, "http_status").await,
            Outcome::Failed(failure) => self.store.fail_effect(key, *attempt, &failure.code).await,
        };
        if let Err(error) = written {
            // The turn knows the answer; only its repetition would not.
            crate::cli::log(format_args!("error: store: {}", chain(&error)));
        }
    }
}

/// R7.46.
fn is_success(value: &serde_json::Value) -> bool {
    let status = value.get("status").and_then(serde_json::Value::as_u64);
    status.is_some_and(|status| (200..300).contains(&status))
}

/// The outcome of a request that was sent in another attempt at this turn.
fn recalled(result: Option<&str>) -> Outcome {
    let value = result.and_then(|text| serde_json::from_str(text).ok());
    value.map_or_else(busy, |value| Outcome::Done { value })
}

/// Method, URL and body, the placeholders of secrets unresolved (F11).
fn digest(request: &HttpRequest) -> String {
    let mut hash = Sha256::new();
    for part in [&request.request.method, &request.url, &request.request.body.to_string()] {
        // Lengths in front, so that no two requests look the same.
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A key that fits: of one that is too long, what stands behind the session becomes its hash (S9.1).
fn short_key(session: SessionId, key: &str) -> String {
    if key.chars().count() <= KEY_CHARS {
        return key.to_owned();
    }
    format!("{session}:{}", hex(&Sha256::digest(key.as_bytes())))
}

/// The node that a key names, for people who look at the records.
fn node_of(key: &str, session: SessionId, revision: Revision) -> NodeId {
    let rest = key.strip_prefix(&format!("{session}:")).unwrap_or(key);
    let node = rest.rfind(&format!(":{revision}")).and_then(|end| rest.get(..end)).unwrap_or(rest);
    NodeId::from(node)
}

#[cfg(test)]
mod tests {
    use chatflow::{Revision, SessionId};

    use super::{node_of, short_key};

    #[test]
    fn a_key_fits_and_names_its_node() {
        // S9.1, R7.50
        let session = SessionId(uuid::Uuid::from_u128(7));
        let key = format!("{session}:ask:me:3:1#2");
        assert_eq!(short_key(session, &key), key);
        assert_eq!(node_of(&key, session, Revision(3)).as_str(), "ask:me");
        let long = |end: &str| format!("{session}:{}:3{end}", "n".repeat(255));
        let (one, other) = (short_key(session, &long("")), short_key(session, &long(":1")));
        assert!(one.len() <= 255 && one != other && one.starts_with(&session.to_string()));
    }
}

//! Sending one event to one subscription (S6.42 to S6.45).

use std::time::Duration;

use chatflow::{Masker, Placeholder, SecretContext, Timestamp, redact};
use chatflow_storage::SubscriptionRecord;
use serde_json::{Map, Value};
use tokio::time::Instant;
use uuid::Uuid;

use super::seal::{SecretsKey, SubscriptionSecrets};
use super::sign::signatures;
use crate::outbound::{Excess, Outbound, Outgoing, gather};

/// So much of an answer is read (S6.45).
const ANSWER_BYTES: usize = 64 * 1024;
/// So much of it is kept (S1.66).
const PREVIEW_CHARS: usize = 500;

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Post<'a> {
    pub(crate) event_type: &'a str,
    /// Stable over all attempts.
    pub(crate) event: Uuid,
    pub(crate) correlation: &'a str,
    /// Byte for byte.
    pub(crate) payload: &'a str,
    /// From 1.
    pub(crate) attempt: u32,
    pub(crate) at: Timestamp,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) status: Option<u16>,
    pub(crate) duration_ms: u64,
    /// What went wrong; none for a status from 200 to 299.
    pub(crate) error: Option<String>,
    /// How the answer begins, masked.
    pub(crate) preview: Option<String>,
}

/// Nothing was sent, and the receiver is not to blame.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSent {
    /// The operator has given no key.
    #[error("the secret of subscription {0} cannot be opened: there is no key of secrets")]
    NoKey(Uuid),
    /// It is another key.
    #[error("the secret of subscription {0} cannot be opened with the key of secrets")]
    WrongKey(Uuid),
}

/// Sends events to subscriptions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender<'a> {
    pub(crate) outbound: &'a Outbound,
    pub(crate) key: Option<&'a SecretsKey>,
    pub(crate) masker: &'a Masker,
    pub(crate) service_name: &'a str,
}

/// Whether a header is the service's own, so that a subscription may not set it (S6.44).
pub(crate) fn is_own_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["host", "content-length", "content-type", "transfer-encoding", "connection"]
        .contains(&name.as_str())
        || ["x-webhook-", "x-event-"].iter().any(|begin| name.starts_with(begin))
}

impl Sender<'_> {
    /// Sends an event, whatever comes of it.
    pub(crate) async fn post(
        &self,
        subscription: &SubscriptionRecord,
        post: Post<'_>,
    ) -> Result<Posted, NotSent> {
        let secrets = self.secrets(subscription)?;
        let begun = Instant::now();
        let failed = |error: String| Posted {
            status: None,
            duration_ms: millis(begun),
            error: Some(error),
            preview: None,
        };
        let (mut headers, values) = match self.custom_headers(subscription).await {
            Ok(headers) => headers,
            Err(error) => return Ok(failed(error)),
        };
        let seconds = post.at.as_millis().div_euclid(1000);
        let own = [
            ("Content-Type", "application/json"),
            ("User-Agent", &format!("{}-webhooks/1.0", self.service_name)),
            ("X-Event-Type", post.event_type),
            ("X-Event-ID", &post.event.to_string()),
            ("X-Correlation-ID", post.correlation),
            ("X-Webhook-Timestamp", &seconds.to_string()),
            ("X-Webhook-Attempt", &post.attempt.to_string()),
        ];
        headers.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        if let Some(secrets) = &secrets {
            headers.extend(signatures(secrets.at(post.at), seconds, post.payload));
        }
        let request = Outgoing {
            method: subscription.method.as_str().to_owned(),
            url: subscription.url.clone(),
            headers,
            body: Some(post.payload.as_bytes().to_vec()),
            private_headers: Vec::new(),
            is_body_private: true,
            follows: false,
            timeout: Duration::from_secs(subscription.timeout_seconds.into()),
            most_bytes: ANSWER_BYTES,
            excess: Excess::IsCut,
        };
        let answer = match self.outbound.send(&request).await {
            Ok(answer) => answer,
            Err(error) => return Ok(failed(format!("{}: {error}", error.code()))),
        };
        let text = redact(&String::from_utf8_lossy(&answer.body), &values);
        let preview = self.masker.mask_text(&text).chars().take(PREVIEW_CHARS).collect();
        let went_well = (200..300).contains(&answer.status);
        Ok(Posted {
            status: Some(answer.status),
            duration_ms: millis(begun),
            error: (!went_well).then(|| format!("the receiver answered {}", answer.status)),
            preview: Some(preview),
        })
    }

    fn secrets(
        &self,
        subscription: &SubscriptionRecord,
    ) -> Result<Option<SubscriptionSecrets>, NotSent> {
        let Some(sealed) = &subscription.secret else { return Ok(None) };
        let id = subscription.id;
        let key = self.key.ok_or(NotSent::NoKey(id.0))?;
        key.open(id, sealed).map(Some).map_err(|_| NotSent::WrongKey(id.0))
    }

    /// The subscription's headers with their secrets, and the values of those.
    async fn custom_headers(
        &self,
        subscription: &SubscriptionRecord,
    ) -> Result<(Vec<(String, String)>, std::collections::BTreeMap<String, String>), String> {
        let headers: Map<String, Value> =
            serde_json::from_str(&subscription.headers).unwrap_or_default();
        let texts = || headers.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        let placeholders: Vec<Placeholder> =
            texts().flat_map(|(name, text)| keys(text).map(move |key| place(name, key))).collect();
        let address = self.outbound.rules().check(&subscription.url);
        let host = address.map_err(|error| format!("{}: {error}", error.code()))?.host;
        let owner = subscription.school_id;
        let values = gather(self.outbound.secrets(), &placeholders, owner, &host)
            .await
            .map_err(|failure| format!("{}: {}", failure.code, failure.reason))?;
        let mut filled = Vec::new();
        for (name, text) in texts().filter(|(name, _)| !is_own_header(name)) {
            let mut value = String::new();
            let mut rest = text;
            while let Some((before, key, after)) = split_at_secret(rest) {
                value.push_str(before);
                value.push_str(values.get(key).map_or("", String::as_str));
                rest = after;
            }
            value.push_str(rest);
            filled.push((name.clone(), value));
        }
        Ok((filled, values))
    }
}

fn place(name: &str, key: &str) -> Placeholder {
    let at = format!("/headers/{}", name.replace('~', "~0").replace('/', "~1"));
    Placeholder { key: key.to_owned(), at, nth: 0, context: SecretContext::Header }
}

/// The keys of secrets in a text.
fn keys(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, key, after) = split_at_secret(rest)?;
        rest = after;
        Some(key)
    })
}

/// What stands before the first `{{secret:KEY}}`, the key, and what stands behind.
fn split_at_secret(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{secret:")?;
    let (key, after) = rest.split_once("}}")?;
    Some((before, key, after))
}

fn millis(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

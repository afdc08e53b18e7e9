//! Requests of flows: secrets, breaker, attempts (R8.10 to R8.17, R8.40 to R8.47).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chatflow::{
    Attempt, Breaker, BreakerPolicy, Failure, HttpRequest, Outcome, ResolvedRequest, SecretContext,
    TenantId, read_response, redact_outcome,
};
use serde_json::Value;
use tokio::time::Instant;

use super::client::{Excess, Outbound, Outgoing, SendError};
use super::secret::gather;

/// More breakers than flows of one service have; beyond it those that are closed are forgotten.
const MOST_BREAKERS: usize = 10_000;

/// The breakers of this process, by tenant and key (R8.41).
#[derive(Debug, Default)]
pub(super) struct Breakers(Mutex<HashMap<String, Breaker>>);

impl Outbound {
    /// Sends a request for a flow of `owner`, as often as its policy says. What comes back holds no
    /// value of a secret (F12).
    pub(crate) async fn call(&self, owner: Option<TenantId>, request: &HttpRequest) -> Outcome {
        let (outgoing, values) = match self.prepare(owner, request).await {
            Ok(prepared) => prepared,
            Err(failure) => return Outcome::Failed(failure),
        };
        let policy = &request.request.policy;
        let key = policy.breaker.as_ref().map(|policy| {
            let tenant = owner.map(|owner| owner.to_string()).unwrap_or_default();
            format!("{tenant}:{}", policy.key)
        });
        let breaker = key.as_deref().zip(policy.breaker.as_ref());
        if let Some((key, policy)) = breaker
            && !self.breakers.admits(key, policy, (self.clock)())
        {
            let why = "it failed too often; it is not asked for a while";
            return Outcome::failed("circuit_open", why);
        }
        // A turn that is given up while it waits must not leave a probe behind for ever; that one
        // of which nothing is heard counts as lost after a while.
        let (mut outcome, attempts) = self.attempts(&outgoing, request).await;
        if let Some((key, _)) = breaker {
            self.breakers.record(key, &outcome, (self.clock)());
        }
        if let (Outcome::Done { value: Value::Object(map) }, true) = (&mut outcome, attempts > 1) {
            map.insert("attempts".to_owned(), Value::from(attempts));
        }
        redact_outcome(&mut outcome, &values);
        outcome
    }

    /// The request as it is sent, and the secrets in it.
    async fn prepare(
        &self,
        owner: Option<TenantId>,
        request: &HttpRequest,
    ) -> Result<(Outgoing, BTreeMap<String, String>), Failure> {
        let secrets = &request.request.secrets;
        let failed = |error: chatflow::AddressError| {
            let (code, reason) = (error.code().to_owned(), error.to_string());
            Failure { code, reason }
        };
        // A secret never decides where a request goes.
        let host = self.rules().check(&request.url).map_err(failed)?.host;
        let values = gather(self.secrets(), secrets, owner, &host).await?;
        let ResolvedRequest { method, url, headers, body } = request.resolve(&values)?;
        if self.rules().check(&url).map_err(failed)?.host != host {
            let reason = "a secret must not change the host".to_owned();
            return Err(Failure { code: "url_forbidden".to_owned(), reason });
        }
        let named = secrets.iter().filter(|place| place.context == SecretContext::Header);
        let mut private_headers: Vec<String> = named
            .filter_map(|place| place.at.strip_prefix("/headers/"))
            .map(|name| name.replace("~1", "/").replace("~0", "~").to_ascii_lowercase())
            .collect();
        private_headers.push("idempotency-key".to_owned());
        let outgoing = Outgoing {
            method,
            url,
            headers: headers.into_iter().collect(),
            body: body.map(String::into_bytes),
            private_headers,
            is_body_private: secrets.iter().any(|place| place.at.starts_with("/body")),
            follows: request.request.policy.follow_redirects,
            timeout: Duration::ZERO,
            most_bytes: usize::try_from(request.request.policy.response_bytes)
                .unwrap_or(usize::MAX),
            excess: Excess::Fails,
        };
        Ok((outgoing, values))
    }

    /// What came of the last attempt, and which it was.
    async fn attempts(&self, outgoing: &Outgoing, request: &HttpRequest) -> (Outcome, u32) {
        let policy = &request.request.policy;
        let begun = Instant::now();
        let mut number = 1_u32;
        loop {
            let spent_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            let left = policy.total_ms.saturating_sub(spent_ms);
            let timeout = Duration::from_millis(request.request.timeout_ms.min(left));
            let answer = self.send(&Outgoing { timeout, ..outgoing.clone() }).await;
            let outcome = match answer {
                Ok(answer) => read_response(answer.status, &answer.headers, &answer.body),
                Err(error) => failure(error),
            };
            let attempt = Attempt {
                number,
                method: &request.request.method,
                outcome: &outcome,
                spent_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
                total_ms: policy.total_ms,
                now: (self.clock)(),
                // Without randomness all wait equally long.
                draw: getrandom::u32().unwrap_or(200),
            };
            let delay = policy.retry.and_then(|retry| retry.delay_after(&attempt));
            let Some(delay) = delay else { return (outcome, number) };
            tokio::time::sleep(Duration::from_millis(delay)).await;
            number = number.saturating_add(1);
        }
    }
}

fn failure(error: SendError) -> Outcome {
    Outcome::failed(error.code(), error.to_string())
}

impl Breakers {
    fn admits(&self, key: &str, policy: &BreakerPolicy, at: chatflow::Timestamp) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_BREAKERS && !all.contains_key(key) {
            all.retain(|_, breaker| breaker.state != chatflow::BreakerState::Closed);
        }
        all.entry(key.to_owned()).or_default().admit(policy, at)
    }

    fn record(&self, key: &str, outcome: &Outcome, at: chatflow::Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(breaker) = all.get_mut(key) {
            breaker.record(outcome, at);
        }
    }
}

//! What hosts need so that all of them perform requests alike: where a request may go, when it is
//! repeated, when it is not sent at all, and how secrets get into it and stay out of what comes back.
//! All of it is pure; the host brings the clock, the draws and the network.

mod address;
mod breaker;
mod endpoint;
mod network;
mod redact;
mod response;
mod retry;
mod secret;

pub use address::{Address, AddressError, AddressRules};
pub use breaker::{Breaker, BreakerPolicy, BreakerState};
pub use endpoint::EndpointPattern;
pub(crate) use endpoint::percent_decode;
pub use network::is_public_address;
pub use redact::{redact, redact_outcome};
pub(crate) use response::public_header;
pub use response::read_response;
pub use retry::{Attempt, Backoff, Retry};
pub(crate) use secret::is_secret_key;
pub use secret::{Placeholder, ResolvedRequest, SecretContext};

use serde_json::{Map, Value};

use crate::protocol::Outcome;

/// The largest body that is sent, in bytes (R8.1).
pub(crate) const BODY_BYTES: usize = 256 * 1024;
/// The largest response that is read, in bytes (R8.17).
pub(crate) const RESPONSE_BYTES: u64 = 1024 * 1024;

/// The HTTP status of an outcome, where there was an answer.
pub(crate) fn status_of(outcome: &Outcome) -> Option<u16> {
    let Outcome::Done { value } = outcome else { return None };
    value.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok())
}

/// A header whatever the case of its name.
pub(crate) fn header<'a>(headers: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    headers.get(name).or_else(|| {
        headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

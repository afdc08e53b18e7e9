//! How often one client may call (S4.40, F23). Each process counts for itself.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::app::App;
use crate::error::ApiError;
use crate::peer::Peer;
use crate::refused;
use crate::token::{digest, session_of};

/// After so many requests, what has not been seen for long is forgotten.
const SWEEP_EVERY: u32 = 10_000;

/// So many a minute, and so many at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    /// A minute.
    pub per_minute: u32,
    /// At once.
    pub burst: u32,
}

/// The rates of everything that is limited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RateLimits {
    /// Starts of conversations, by address.
    pub start: Rate,
    /// Answers, changes and ends, by session.
    pub session: Rate,
    /// All of chat, by address. A school may stand behind one.
    pub chat: Rate,
    /// Evaluations and checks, by token.
    pub evaluate: Rate,
    /// Writes of management, by token.
    pub write: Rate,
    /// Requests whose token is wrong, by address.
    pub failure: Rate,
    /// Files of analytics, by token: so many an hour, all of which may come at once.
    pub exports_per_hour: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        let rate = |per_minute, burst| Rate { per_minute, burst };
        Self {
            start: rate(600, 120),
            session: rate(60, 15),
            chat: rate(6000, 600),
            evaluate: rate(120, 30),
            write: rate(600, 100),
            failure: rate(60, 60),
            exports_per_hour: 10,
        }
    }
}

/// Counts requests.
pub(crate) struct Limiter {
    start: One<IpAddr>,
    session: One<uuid::Uuid>,
    chat: One<IpAddr>,
    evaluate: One<String>,
    write: One<String>,
    failure: One<IpAddr>,
    export: One<String>,
    seen: AtomicU32,
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Limiter(…)")
    }
}

/// The counter of one kind.
struct One<K: std::hash::Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    /// How many there may be, as refusals tell it.
    most: u32,
}

impl<K: std::hash::Hash + Eq + Clone> One<K> {
    fn new(rate: Rate) -> Self {
        let quota = Quota::per_minute(at_least_one(rate.per_minute));
        let quota = quota.allow_burst(at_least_one(rate.burst));
        Self { limiter: DefaultKeyedRateLimiter::keyed(quota), most: rate.per_minute }
    }

    /// So many an hour.
    fn hourly(most: u32) -> Self {
        let quota = Quota::per_hour(at_least_one(most));
        Self { limiter: DefaultKeyedRateLimiter::keyed(quota), most }
    }

    /// Counts one request, or refuses it.
    fn count(&self, key: &K) -> Result<(), Box<Response>> {
        self.limiter.check_key(key).map_err(|early| {
            let wait = early.wait_time_from(DefaultClock::default().now());
            Box::new(refuse(self.most, wait.as_secs().saturating_add(1)))
        })
    }
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

impl Limiter {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self {
            start: One::new(limits.start),
            session: One::new(limits.session),
            chat: One::new(limits.chat),
            evaluate: One::new(limits.evaluate),
            write: One::new(limits.write),
            failure: One::new(limits.failure),
            export: One::hourly(limits.exports_per_hour),
            seen: AtomicU32::new(0),
        }
    }

    fn check(&self, request: &Request, address: Option<IpAddr>) -> Result<(), Box<Response>> {
        let (path, method) = (request.uri().path(), request.method());
        let writes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        if let Some(rest) = path.strip_prefix("/v1/chat/") {
            if let Some(address) = &address {
                self.chat.count(address)?;
                if rest == "start" && writes {
                    self.start.count(address)?;
                }
            }
            let token = rest.strip_prefix("sessions/").and_then(|rest| rest.split('/').next());
            if let (true, Some(session)) = (writes, token.and_then(session_of)) {
                self.session.count(&session.0)?;
            }
            return Ok(());
        }
        let Some(account) = request.headers().get(header::AUTHORIZATION) else { return Ok(()) };
        let account = digest(account.as_bytes());
        // Those that are read by GET begin one as well (S5.42).
        if path.ends_with("/analytics/export") {
            self.export.count(&account)?;
        }
        if path.ends_with("/evaluate-cel") || path.ends_with("/validate") {
            self.evaluate.count(&account)
        } else if writes {
            self.write.count(&account)
        } else {
            Ok(())
        }
    }

    /// Counts an answer that says that a token was wrong; too many of them look like all others that
    /// are refused for their number, so that guessing teaches nothing.
    fn count_failure(
        &self,
        response: Response,
        address: Option<IpAddr>,
        is_session: bool,
    ) -> Response {
        // Such an answer says how to do better, whatever its status.
        let failed = response.headers().contains_key(header::WWW_AUTHENTICATE)
            || (is_session && response.status() == StatusCode::NOT_FOUND);
        match address {
            Some(address) if failed => {
                self.failure.count(&address).map_or_else(|refused| *refused, |()| response)
            }
            _ => response,
        }
    }

    fn sweep(&self) {
        if self.seen.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY.saturating_sub(1)
        {
            self.start.limiter.retain_recent();
            self.session.limiter.retain_recent();
            self.chat.limiter.retain_recent();
            self.evaluate.limiter.retain_recent();
            self.write.limiter.retain_recent();
            self.failure.limiter.retain_recent();
            self.export.limiter.retain_recent();
        }
    }
}

/// Counts a request before it is answered, and has it noted if it is refused.
pub(crate) async fn limit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let Some(limiter) = &app.limiter else { return refused::note(&app, request, next).await };
    limiter.sweep();
    let address = request.extensions().get::<Peer>().map(|Peer(address)| network(*address));
    let is_session = request.uri().path().starts_with("/v1/chat/sessions/");
    if let Err(refused) = limiter.check(&request, address) {
        return *refused;
    }
    let response = refused::note(&app, request, next).await;
    limiter.count_failure(response, address, is_session)
}

/// A household has a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => IpAddr::V4(address),
            None => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        },
    }
}

fn refuse(most: u32, seconds: u64) -> Response {
    let detail = "Too many requests; try again later";
    let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
    let mut response = error.into_response();
    let headers = response.headers_mut();
    let number = |number: u64| HeaderValue::from(number);
    headers.insert(header::RETRY_AFTER, number(seconds));
    let more = |name: &'static str| HeaderName::from_static(name);
    headers.insert(more("x-ratelimit-limit"), number(most.into()));
    headers.insert(more("x-ratelimit-remaining"), number(0));
    headers.insert(more("x-ratelimit-reset"), number(seconds));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn what_is_too_much_is_told_when_to_come_again() {
        let one = One::new(Rate { per_minute: 60, burst: 2 });
        assert!(one.count(&1).is_ok() && one.count(&1).is_ok());
        let refused = one.count(&1).unwrap_err();
        assert_eq!(refused.status(), 429);
        assert_eq!(refused.headers()["retry-after"], "1");
        assert!(one.count(&2).is_ok());
        // S4.40: exports are counted by the hour.
        let hourly = One::hourly(2);
        assert!(hourly.count(&1).is_ok() && hourly.count(&1).is_ok());
        let refused = hourly.count(&1).unwrap_err();
        let told = |name: &str| refused.headers()[name].to_str().unwrap().to_owned();
        assert_eq!((told("retry-after"), told("x-ratelimit-limit")), ("1800".into(), "2".into()));
    }
}

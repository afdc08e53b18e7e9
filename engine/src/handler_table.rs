//! Handlers of a host for the requests of its flows (R7.41).

use std::collections::BTreeMap;
use std::fmt;

use crate::drive::Resolver;
use crate::protocol::{Effect, EffectKind, HandlerRequest, Outcome};
use crate::request::EndpointPattern;
use crate::time::Timestamp;

/// The `:name` segments of a pattern, with what stands there in the endpoint.
pub type PathParameters = BTreeMap<String, String>;

type Handler = Box<dyn Fn(&PathParameters, &HandlerRequest) -> Outcome + Send + Sync>;

/// Closures that answer the requests of flows to relative endpoints.
///
/// Endpoints are compared segment by segment, see [`EndpointPattern`]; a segment `:name` of a
/// pattern takes any one. Patterns without such segments go before the others; of each kind, the
/// first that fits wins.
///
/// ```
/// use chatflow::{HandlerTable, Outcome, Resolver, Timestamp};
/// use serde_json::json;
///
/// let mut handlers = HandlerTable::default();
/// handlers.add("/books/:id", |parameters, _| Outcome::Done { value: json!(parameters["id"]) });
/// let now = Timestamp::from_millis(1_767_225_600_000);
/// let mut host = handlers.resolver(|| now);
/// assert_eq!(host.now(), now);
/// let effect = serde_json::from_value(json!({"id": 0, "type": "call_handler",
///     "endpoint": "/books/7/", "request": {"method": "GET", "query": {}, "body": null,
///     "timeout_ms": 1000, "policy": {"total_ms": 45000, "response_bytes": 1000, "breaker":
///     {"key": "k", "failure_threshold": 5, "success_threshold": 3, "timeout_s": 60}}}}))?;
/// assert_eq!(host.resolve(&effect), Outcome::Done { value: json!("7") });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Default)]
pub struct HandlerTable {
    routes: Vec<(EndpointPattern, Handler)>,
}

impl HandlerTable {
    /// Adds a handler for the endpoints of a pattern.
    pub fn add(
        &mut self,
        pattern: &str,
        handler: impl Fn(&PathParameters, &HandlerRequest) -> Outcome + Send + Sync + 'static,
    ) -> &mut Self {
        self.routes.push((EndpointPattern::new(pattern), Box::new(handler)));
        self
    }

    /// Answers a request to a relative endpoint; anything else fails with `no_handler`.
    pub fn resolve(&self, effect: &EffectKind) -> Outcome {
        if let EffectKind::CallHandler { endpoint, request } = effect {
            for plain in [true, false] {
                for (pattern, handler) in &self.routes {
                    if pattern.is_plain() == plain
                        && let Some(parameters) = pattern.matches(endpoint)
                    {
                        return handler(&parameters, request);
                    }
                }
            }
        }
        Outcome::failed("no_handler", "no handler answers this request")
    }

    /// A host that has these handlers and a clock.
    pub fn resolver(&self, clock: impl FnMut() -> Timestamp) -> impl Resolver {
        Host { table: self, clock }
    }
}

struct Host<'a, C> {
    table: &'a HandlerTable,
    clock: C,
}

impl<C: FnMut() -> Timestamp> Resolver for Host<'_, C> {
    fn now(&mut self) -> Timestamp {
        (self.clock)()
    }

    fn resolve(&mut self, effect: &Effect) -> Outcome {
        self.table.resolve(&effect.kind)
    }
}

impl fmt::Debug for HandlerTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.routes.iter().map(|(pattern, _)| pattern)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::HandlerTable;
    use crate::protocol::{EffectKind, Outcome};
    use serde_json::json;

    #[test]
    fn a_plain_pattern_goes_before_one_with_parameters() {
        // R7.41.
        let mut handlers = HandlerTable::default();
        handlers
            .add("/books/:id", |parameters, _| Outcome::Done { value: json!(parameters["id"]) })
            .add("/books/:other", |_, _| Outcome::Done { value: json!("never") })
            .add("/books/new", |_, _| Outcome::Done { value: json!("plain") });
        let answer = |endpoint: &str| {
            let request = json!({"method": "GET", "query": {}, "body": null, "timeout_ms": 1000,
                "policy": {"total_ms": 45000, "response_bytes": 1000, "breaker": {"key": "k",
                "failure_threshold": 5, "success_threshold": 3, "timeout_s": 60}}});
            let effect: EffectKind = serde_json::from_value(
                json!({"type": "call_handler", "endpoint": endpoint, "request": request}),
            )
            .unwrap();
            handlers.resolve(&effect)
        };
        assert_eq!(answer("/books/new/"), Outcome::Done { value: json!("plain") });
        assert_eq!(answer("/books/dune%201?x=1"), Outcome::Done { value: json!("dune 1") });
        assert!(matches!(answer("/books"), Outcome::Failed { .. }));
    }
}

//! Handlers whose answers are written down.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::from_json::FromJson;
use crate::protocol::{EffectKind, HandlerRequest, Outcome};
use crate::request::{AddressRules, Attempt, Breaker, EndpointPattern, status_of};
use crate::table::Table;
use crate::time::Timestamp;

/// Answers for endpoints and URLs, as authors write them: `{"ENDPOINT": RULE or [RULE…]}`, a rule
/// being one of these, each with an optional `"when": {body subset}`:
///
/// - `{"answer": JSON}`: the request succeeds.
/// - `{"status": 503, "body": JSON, "headers": {…}}`: it is answered with that HTTP status; `body`
///   and `headers` may be left out.
/// - `{"fail": "timeout"}`: it fails with that code.
/// - `{"sequence": [RULE, …]}`: the first time the first of these, without `when`, then the next;
///   the last from then on.
///
/// The first rule whose `when` is contained in the request's body wins; when none does, the request
/// fails with `no_handler`. An endpoint may have `:param` segments (R7.41). A URL without a query
/// answers for all queries.
///
/// ```
/// use chatflow::Handlers;
///
/// let rules = serde_json::json!({"/v1/recommend": [
///     {"when": {"fallback": true}, "answer": {"count": 0, "books": []}},
///     {"sequence": [{"status": 503}, {"answer": {"count": 1, "books": [{"title": "Dune"}]}}]}
/// ]});
/// assert!(Handlers::read(&rules).is_ok());
/// assert!(Handlers::read(&serde_json::json!({"/x": {"reply": 1}})).is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Handlers(Table<String, Vec<Rule>>);

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    when: Map<String, Value>,
    /// One after the other; never empty.
    then: Vec<Answer>,
}

/// An answer: an HTTP response, or the code of a failure.
type Answer = Result<Value, String>;

/// How far a conversation has come with its [`Handlers`]: their sequences and the breakers.
#[derive(Clone, Debug, Default, Deserialize, FromJson, PartialEq, Serialize)]
pub struct HandlerProgress {
    /// How often each rule was used: by endpoint, in the order of the rules.
    used: BTreeMap<String, Vec<usize>>,
    breakers: BTreeMap<String, Breaker>,
    sent: u64,
}

impl HandlerProgress {
    /// How many requests were sent, repeated ones included.
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// The breaker of a key (R8.41), once there was a request of it.
    pub fn breaker(&self, key: &str) -> Option<&Breaker> {
        self.breakers.get(key)
    }
}

/// Why handlers cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("handler at `{at}`: {why}")]
pub struct HandlersError {
    /// A JSON pointer into the document.
    pub at: String,
    /// What is wrong there, and what to write instead.
    pub why: &'static str,
}

impl Handlers {
    /// Reads the document.
    ///
    /// # Errors
    ///
    /// [`HandlersError`] for the first thing that is not in the form above.
    pub fn read(document: &Value) -> Result<Self, HandlersError> {
        let refuse = |at: String, why| Err(HandlersError { at, why });
        let Some(endpoints) = document.as_object() else {
            return refuse(String::new(), "write an object of endpoints and rules");
        };
        let mut handlers = Table::new();
        for (endpoint, rules) in endpoints {
            let at = format!("/{}", endpoint.replace('~', "~0").replace('/', "~1"));
            let rules = match rules.as_array() {
                Some(rules) => {
                    let rule = |(i, rule)| Rule::read(rule, &format!("{at}/{i}"));
                    rules.iter().enumerate().map(rule).collect::<Result<_, _>>()?
                }
                None => vec![Rule::read(rules, &at)?],
            };
            // As requests name it.
            let url = AddressRules::development().check(endpoint).map(|address| address.url);
            let endpoint = url.as_deref().unwrap_or(endpoint);
            handlers.insert(endpoint.trim_end_matches('/').to_owned(), rules);
        }
        Ok(Self(handlers))
    }

    /// Answers an effect as if nothing had been before; `None` for effects that are no requests.
    pub fn resolve(&self, effect: &EffectKind) -> Option<Outcome> {
        self.perform(effect, &mut HandlerProgress::default(), Timestamp::default())
    }

    /// Answers an effect as a host does that keeps to the request's policy: it is repeated, without
    /// waiting, and not sent while its breaker is open. `None` for effects that are no requests.
    pub fn perform(
        &self,
        effect: &EffectKind,
        progress: &mut HandlerProgress,
        now: Timestamp,
    ) -> Option<Outcome> {
        match effect {
            EffectKind::CallHandler { endpoint, request } => {
                let outcome = self.attempts(endpoint, request, progress, now);
                Some(handler_outcome(outcome))
            }
            EffectKind::CallWebhook { request } => {
                Some(self.attempts(&request.url, &request.request, progress, now))
            }
            EffectKind::LoadFlow { .. }
            | EffectKind::FetchContent { .. }
            | EffectKind::ListCandidates { .. } => None,
        }
    }

    /// The outcome of a request, as one of HTTP.
    fn attempts(
        &self,
        endpoint: &str,
        request: &HandlerRequest,
        progress: &mut HandlerProgress,
        now: Timestamp,
    ) -> Outcome {
        let breaker = request.policy.breaker.as_ref();
        if let Some(policy) = breaker {
            let breaker = progress.breakers.entry(policy.key.clone()).or_default();
            if !breaker.admit(policy, now) {
                return Outcome::failed(
                    "circuit_open",
                    "it failed too often; it is not asked for a while",
                );
            }
        }
        let (mut number, mut spent_ms) = (1_u32, 0_u64);
        let mut outcome = loop {
            let outcome = self.answer(endpoint, request, progress);
            let attempt = Attempt {
                number,
                method: &request.method,
                outcome: &outcome,
                spent_ms,
                total_ms: request.policy.total_ms,
                now,
                // Neither shorter nor longer.
                draw: 200,
            };
            let delay = request.policy.retry.and_then(|retry| retry.delay_after(&attempt));
            let Some(delay) = delay else { break outcome };
            spent_ms = spent_ms.saturating_add(delay);
            number = number.saturating_add(1);
        };
        if let Some(breaker) = breaker.and_then(|policy| progress.breakers.get_mut(&policy.key)) {
            breaker.record(&outcome, now);
        }
        if let (Outcome::Done { value: Value::Object(map) }, true) = (&mut outcome, number > 1) {
            map.insert("attempts".to_owned(), Value::from(number));
        }
        outcome
    }

    fn answer(
        &self,
        endpoint: &str,
        request: &HandlerRequest,
        progress: &mut HandlerProgress,
    ) -> Outcome {
        progress.sent = progress.sent.saturating_add(1);
        let found = self.rules(endpoint).and_then(|(key, rules)| {
            let holds = |(_, rule): &(usize, &Rule)| contains_all(&rule.when, &request.body);
            let (i, rule) = rules.iter().enumerate().find(holds)?;
            let used = progress.used.entry(key.to_owned()).or_default();
            used.resize(used.len().max(i.saturating_add(1)), 0);
            let used = used.get_mut(i)?;
            let answer = rule.then.get(*used).or_else(|| rule.then.last());
            *used = used.saturating_add(1);
            answer
        });
        match found {
            Some(Ok(response)) => Outcome::Done { value: response.clone() },
            Some(Err(code)) => Outcome::failed(code, format!("the handler failed with `{code}`")),
            None => Outcome::failed("no_handler", "no handler answers this request"),
        }
    }

    /// As [`Handlers::resolve`], by the rules that are written under `name` instead of the endpoint or
    /// URL; `None` if there are none, or the effect is no request.
    pub fn resolve_named(&self, name: &str, effect: &EffectKind) -> Option<Outcome> {
        self.0.get(name)?;
        let mut progress = HandlerProgress::default();
        let now = Timestamp::default();
        match effect {
            EffectKind::CallHandler { request, .. } => {
                Some(handler_outcome(self.attempts(name, request, &mut progress, now)))
            }
            EffectKind::CallWebhook { request } => {
                Some(self.attempts(name, &request.request, &mut progress, now))
            }
            EffectKind::LoadFlow { .. }
            | EffectKind::FetchContent { .. }
            | EffectKind::ListCandidates { .. } => None,
        }
    }

    /// Whether there are answers for the endpoint or URL of a request, whatever its body.
    pub fn knows(&self, effect: &EffectKind) -> bool {
        match effect {
            EffectKind::CallHandler { endpoint, .. } => self.rules(endpoint).is_some(),
            EffectKind::CallWebhook { request } => self.rules(&request.url).is_some(),
            EffectKind::LoadFlow { .. }
            | EffectKind::FetchContent { .. }
            | EffectKind::ListCandidates { .. } => false,
        }
    }

    /// The rules of an endpoint or URL: as written, without query, else by pattern.
    fn rules(&self, endpoint: &str) -> Option<(&String, &Vec<Rule>)> {
        let plain = |text: &str| self.0.get_key_value(text.trim_end_matches('/'));
        let pathway = endpoint.split_once('?').map_or(endpoint, |(before, _)| before);
        plain(endpoint).or_else(|| plain(pathway)).or_else(|| {
            let fits = |(key, _): &(&String, &Vec<Rule>)| {
                let pattern = EndpointPattern::new(key);
                key.starts_with('/') && !pattern.is_plain() && pattern.matches(endpoint).is_some()
            };
            self.0.iter().find(fits)
        })
    }
}

/// What a handler answered, or that it did not.
fn handler_outcome(outcome: Outcome) -> Outcome {
    match (status_of(&outcome), outcome) {
        (Some(200..=299), Outcome::Done { mut value }) => {
            let body = value.get_mut("body").map(Value::take);
            Outcome::Done { value: body.unwrap_or_default() }
        }
        (Some(status), Outcome::Done { .. }) => {
            Outcome::failed("http_status", format!("the answer had status {status}"))
        }
        (_, outcome) => outcome,
    }
}

impl Rule {
    fn read(rule: &Value, at: &str) -> Result<Self, HandlersError> {
        let refuse = |why| Err(HandlersError { at: at.to_owned(), why });
        let Some(map) = rule.as_object() else {
            return refuse("write `{\"answer\": …}` or `{\"fail\": \"timeout\"}`");
        };
        let when = match map.get("when") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(when)) => when.clone(),
            Some(_) => return refuse("`when` must be an object, a part of the body"),
        };
        let then = match map.get("sequence") {
            None => vec![read_answer(map, at)?],
            Some(_) if map.keys().any(|key| !["when", "sequence"].contains(&key.as_str())) => {
                return refuse("a rule with a `sequence` has nothing else but `when`");
            }
            Some(Value::Array(items)) if !items.is_empty() => {
                let read = |(i, item): (usize, &Value)| {
                    let at = format!("{at}/sequence/{i}");
                    match item.as_object() {
                        Some(map) if !map.contains_key("when") => read_answer(map, &at),
                        _ => Err(HandlersError { at, why: "write a rule without `when`" }),
                    }
                };
                items.iter().enumerate().map(read).collect::<Result<_, _>>()?
            }
            Some(_) => return refuse("`sequence` must be a list of rules"),
        };
        Ok(Self { when, then })
    }
}

/// What a rule answers.
fn read_answer(map: &Map<String, Value>, at: &str) -> Result<Answer, HandlersError> {
    let refuse = |why| Err(HandlersError { at: at.to_owned(), why });
    let known = ["when", "answer", "fail", "status", "body", "headers"];
    if map.keys().any(|key| !known.contains(&key.as_str())) {
        return refuse(
            "a rule has the keys `when`, `answer`, `fail`, `status`, `body`, `headers` and `sequence` only",
        );
    }
    let response = |status: u64, headers: Value, body: &Value| {
        Ok(Ok(json!({"status": status, "headers": headers, "body": body})))
    };
    let of_status = ["body", "headers"].iter().any(|key| map.contains_key(*key));
    match (map.get("answer"), map.get("fail"), map.get("status")) {
        (Some(answer), None, None) if !of_status => response(200, json!({}), answer),
        (None, Some(Value::String(code)), None) if !of_status => Ok(Err(code.clone())),
        (None, Some(_), None) => refuse("`fail` must be a text such as \"timeout\""),
        (None, None, Some(status)) => {
            let Some(status) = status.as_u64().filter(|status| (100..600).contains(status)) else {
                return refuse("`status` must be an HTTP status such as 503");
            };
            let headers = match map.get("headers") {
                None => json!({}),
                Some(headers @ Value::Object(_)) => headers.clone(),
                Some(_) => return refuse("`headers` must be an object"),
            };
            response(status, headers, map.get("body").unwrap_or(&Value::Null))
        }
        _ => refuse("give one of `answer`, `fail`, `status` and `sequence`"),
    }
}

fn contains_all(when: &Map<String, Value>, body: &Value) -> bool {
    when.iter().all(|(key, want)| body.get(key).is_some_and(|have| contains(want, have)))
}

/// Objects are contained key by key; everything else must be equal.
fn contains(want: &Value, have: &Value) -> bool {
    match want.as_object() {
        Some(want) => have.is_object() && contains_all(want, have),
        None => want == have,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{HandlerProgress, Handlers};
    use crate::protocol::{EffectKind, Outcome};
    use crate::request::BreakerState;
    use crate::time::Timestamp;

    fn read(rules: &Value) -> Handlers {
        Handlers::read(rules).unwrap()
    }

    fn effect(kind: &str, target: &str, retry: &Value) -> EffectKind {
        let (field, place) = match kind {
            "call_webhook" => ("url", "request"),
            _ => ("endpoint", ""),
        };
        let mut request = json!({"method": "GET", "query": {}, "body": {"q": 1}, "timeout_ms": 1,
            "policy": {"total_ms": 9000, "response_bytes": 1, "retry": retry,
                "breaker": {"key": "k", "failure_threshold": 2, "success_threshold": 1, "timeout_s": 2}}});
        let mut effect = json!({"type": kind});
        let holder = if place.is_empty() { &mut effect } else { &mut request };
        holder[field] = json!(target);
        effect["request"] = request;
        serde_json::from_value(effect).unwrap()
    }

    fn answer(rules: &Value, kind: &str, target: &str) -> Outcome {
        read(rules).resolve(&effect(kind, target, &Value::Null)).unwrap()
    }

    #[test]
    fn rules_are_found_by_path_pattern_and_url() {
        // R7.41.
        let rules = json!({
            "/v1/books/": {"answer": "all"}, "/v1/books/:id": {"answer": "one"},
            "https://A.example/x": {"answer": "plain"}, "https://a.example/x?q=1": {"answer": "asked"},
        });
        for (kind, target, want) in [
            ("call_handler", "/v1/books", Some("all")),
            ("call_handler", "/v1/books/7", Some("one")),
            ("call_handler", "/v1/books/7/8", None),
            ("call_webhook", "https://a.example/x", Some("plain")),
            ("call_webhook", "https://a.example/x?q=2", Some("plain")),
            ("call_webhook", "https://a.example/x?q=1", Some("asked")),
        ] {
            let body = match answer(&rules, kind, target) {
                Outcome::Done { value } if kind == "call_webhook" => Some(value["body"].clone()),
                Outcome::Done { value } => Some(value),
                Outcome::Failed(failure) => {
                    assert_eq!(failure.code, "no_handler");
                    None
                }
            };
            assert_eq!(body, want.map(Value::from), "{target}");
            let knows = read(&rules).knows(&effect(kind, target, &Value::Null));
            assert_eq!(knows, want.is_some(), "{target}");
        }
    }

    #[test]
    fn rules_may_stand_under_a_name() {
        // F69
        let rules = read(&json!({"look_up": {"status": 201, "body": 7}, "/x": {"answer": 1}}));
        let handler = effect("call_handler", "/x", &Value::Null);
        let webhook = effect("call_webhook", "https://a.example/x", &Value::Null);
        let done = |value: Value| Some(Outcome::Done { value });
        assert_eq!(rules.resolve_named("look_up", &handler), done(json!(7)));
        let response = json!({"status": 201, "headers": {}, "body": 7});
        assert_eq!(rules.resolve_named("look_up", &webhook), done(response));
        assert_eq!(rules.resolve_named("look", &handler), None);
        let none = EffectKind::FetchContent { ids: Vec::new() };
        assert_eq!(rules.resolve_named("look_up", &none), None);
    }

    #[test]
    fn a_status_is_an_answer_of_http_and_a_failure_of_a_handler() {
        let rules = json!({
            "/x": {"status": 503}, "/y": {"status": 201, "body": 7},
            "https://a.example": {"status": 503, "headers": {"retry-after": "1"}, "body": "busy"},
        });
        let response = json!({"status": 503, "headers": {"retry-after": "1"}, "body": "busy"});
        let webhook = answer(&rules, "call_webhook", "https://a.example");
        assert_eq!(webhook, Outcome::Done { value: response });
        assert_eq!(answer(&rules, "call_handler", "/y"), Outcome::Done { value: json!(7) });
        let failed = answer(&rules, "call_handler", "/x");
        assert_eq!(failed, Outcome::failed("http_status", "the answer had status 503"));
    }

    #[test]
    fn a_sequence_goes_on_with_each_attempt_until_the_breaker_opens() {
        // Example G6; R8.13, R8.43, R8.46.
        let busy = json!({"status": 503});
        let rules = read(&json!({"https://a.example": {"sequence": [
            busy, {"answer": "x"}, busy, busy, {"fail": "timeout"}, busy, {"answer": "y"}]}}));
        let retry = json!({"attempts": 2, "delay_ms": 10, "backoff": "fixed", "max_delay_ms": 10, "jitter": true});
        let effect = effect("call_webhook", "https://a.example", &retry);
        let mut progress = HandlerProgress::default();
        let mut call = |seconds: i64| {
            let now = Timestamp::from_millis(seconds.saturating_mul(1000));
            let outcome = rules.perform(&effect, &mut progress, now).unwrap();
            let state = progress.breaker("k").unwrap().state;
            (json!(outcome), progress.sent(), state)
        };
        let (first, sent, _) = call(0);
        assert_eq!(
            (&first["value"]["body"], &first["value"]["attempts"], sent),
            (&json!("x"), &json!(2), 2)
        );
        let (second, sent, state) = call(1);
        assert_eq!(
            (&second["value"]["status"], sent, state),
            (&json!(503), 4, BreakerState::Closed)
        );
        let (_, sent, state) = call(2);
        assert_eq!((sent, state), (6, BreakerState::Open));
        let (fourth, sent, _) = call(3);
        assert_eq!((&fourth["code"], sent), (&json!("circuit_open"), 6));
        let (fifth, sent, state) = call(4);
        assert_eq!((&fifth["value"]["body"], sent, state), (&json!("y"), 7, BreakerState::Closed));
        assert_eq!(fifth["value"].get("attempts"), None);
    }

    #[test]
    fn what_is_no_rule_is_refused_where_it_is() {
        for (rule, at) in [
            (json!({"status": 99}), "/~1x"),
            (json!({"status": 200, "answer": 1}), "/~1x"),
            (json!({"answer": 1, "body": 2}), "/~1x"),
            (json!({"status": 200, "headers": 1}), "/~1x"),
            (json!({"sequence": []}), "/~1x"),
            (json!({"sequence": [{"answer": 1}], "answer": 1}), "/~1x"),
            (json!({"sequence": [{"when": {}, "answer": 1}]}), "/~1x/sequence/0"),
            (
                json!([{"answer": 1}, {"sequence": [{"answer": 1}, {"sequence": []}]}]),
                "/~1x/1/sequence/1",
            ),
        ] {
            let refused = Handlers::read(&json!({"/x": rule})).unwrap_err();
            assert_eq!(refused.at, at, "{rule}");
        }
    }
}

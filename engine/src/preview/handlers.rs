//! Handlers whose answers are written down.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::protocol::{EffectKind, Failure, HandlerRequest, Outcome};

/// Answers for endpoints and URLs, as authors write them:
/// `{"ENDPOINT": RULE or [RULE…]}`, a rule being
/// `{"when": {body subset}?, "answer": JSON}` or `{"when": …?, "fail": "timeout"}`.
///
/// The first rule whose `when` is contained in the request's body wins; when none does, the request
/// fails with `no_handler`.
///
/// ```
/// use chatflow::Handlers;
///
/// let rules = serde_json::json!({"/v1/recommend": [
///     {"when": {"fallback": true}, "answer": {"count": 0, "books": []}},
///     {"answer": {"count": 1, "books": [{"title": "Dune"}]}}
/// ]});
/// assert!(Handlers::read(&rules).is_ok());
/// assert!(Handlers::read(&serde_json::json!({"/x": {"reply": 1}})).is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Handlers(BTreeMap<String, Vec<Rule>>);

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    when: Map<String, Value>,
    then: Result<Value, String>,
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
        let mut handlers = BTreeMap::new();
        for (endpoint, rules) in endpoints {
            let at = format!("/{}", endpoint.replace('~', "~0").replace('/', "~1"));
            let rules = match rules.as_array() {
                Some(rules) => {
                    let rule = |(i, rule)| Rule::read(rule, &format!("{at}/{i}"));
                    rules.iter().enumerate().map(rule).collect::<Result<_, _>>()?
                }
                None => vec![Rule::read(rules, &at)?],
            };
            handlers.insert(endpoint.trim_end_matches('/').to_owned(), rules);
        }
        Ok(Self(handlers))
    }

    /// Answers an effect; `None` for effects that are no requests.
    pub fn resolve(&self, effect: &EffectKind) -> Option<Outcome> {
        match effect {
            EffectKind::CallHandler { endpoint, request } => Some(self.answer(endpoint, request)),
            EffectKind::CallWebhook { request } => {
                Some(match self.answer(&request.url, &request.request) {
                    Outcome::Done { value } => Outcome::Done {
                        value: json!({"status": 200, "headers": {}, "body": value}),
                    },
                    failed @ Outcome::Failed(_) => failed,
                })
            }
            EffectKind::LoadFlow { .. }
            | EffectKind::FetchContent { .. }
            | EffectKind::ListCandidates { .. } => None,
        }
    }

    fn answer(&self, endpoint: &str, request: &HandlerRequest) -> Outcome {
        let rules = self.0.get(endpoint.trim_end_matches('/'));
        let holds = |rule: &&Rule| contains_all(&rule.when, &request.body);
        match rules.into_iter().flatten().find(holds).map(|rule| &rule.then) {
            Some(Ok(answer)) => Outcome::Done { value: answer.clone() },
            Some(Err(code)) => Outcome::Failed(Failure {
                code: code.clone(),
                reason: format!("the handler failed with `{code}`"),
            }),
            None => Outcome::failed("no_handler", "no handler answers this request"),
        }
    }
}

impl Rule {
    fn read(rule: &Value, at: &str) -> Result<Self, HandlersError> {
        let refuse = |why| Err(HandlersError { at: at.to_owned(), why });
        let Some(map) = rule.as_object() else {
            return refuse("write `{\"answer\": …}` or `{\"fail\": \"timeout\"}`");
        };
        let known = ["when", "answer", "fail"];
        if map.keys().any(|key| !known.contains(&key.as_str())) {
            return refuse("a rule has the keys `when`, `answer` and `fail` only");
        }
        let when = match map.get("when") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(when)) => when.clone(),
            Some(_) => return refuse("`when` must be an object, a part of the body"),
        };
        match (map.get("answer"), map.get("fail")) {
            (Some(answer), None) => Ok(Self { when, then: Ok(answer.clone()) }),
            (None, Some(Value::String(code))) => Ok(Self { when, then: Err(code.clone()) }),
            (None, Some(_)) => refuse("`fail` must be a text such as \"timeout\""),
            (Some(_), Some(_)) | (None, None) => refuse("give either `answer` or `fail`"),
        }
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

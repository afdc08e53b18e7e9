//! Requests of `api_call` actions and webhook nodes (section 7.4, section 8, F11, F25).

use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::action::{ActionError, Done};
use super::scope::Scope;
use super::write::once_each;
use super::{Move, Run};
use crate::flow::ConnectionType;
use crate::flow::graph::Node;
use crate::flow::node::request::{ApiCall, Request, ResponsePath, Webhook};
use crate::flow::target::Target;
use crate::protocol::{EffectKind, Event, Failure, HandlerRequest, HttpRequest, Outcome};
use crate::session::Resume;
use crate::time::Timestamp;
use crate::value::canonical_len;
use crate::value::display::data;
use crate::value::path::get_in;
use crate::value::shape::{Purpose, Shape};
use crate::value::template::Missing;

/// The largest body that is sent (R8.1).
const BODY_BYTES: usize = 256 * 1024;

/// An answer, taken apart: an HTTP status and headers only where there was HTTP.
struct Answer {
    status: Option<u16>,
    headers: Map<String, Value>,
    body: Value,
}

impl<'a> Run<'a> {
    /// Opens the effect of an `api_call`; `place` is the node and which of its requests this is.
    pub(super) fn start_api_call(
        &mut self,
        call: &'a ApiCall,
        place: (&'a Node, usize),
        resume: Resume,
    ) -> Result<Done, ActionError> {
        match self.effect(&call.request, place) {
            Ok(kind) => Ok(Done::Waits(self.open(kind, resume))),
            Err(failure) => self.settle_api_call(call, Err(failure)).map(Done::Wrote),
        }
    }

    pub(super) fn finish_api_call(
        &mut self,
        call: &'a ApiCall,
        outcome: Outcome,
    ) -> Result<Vec<Arc<str>>, ActionError> {
        let answer = answer_of(outcome, call.request.is_absolute(self));
        self.settle_api_call(call, answer)
    }

    /// R7.46, R7.47: maps the answer, else the fallback, else fails.
    fn settle_api_call(
        &mut self,
        call: &'a ApiCall,
        answer: Result<Answer, (Failure, Option<u16>)>,
    ) -> Result<Vec<Arc<str>>, ActionError> {
        let answer = match (answer, &call.request.fallback) {
            (Ok(answer), _) => answer,
            (Err((failure, _)), Some(fallback)) => {
                self.warn("fallback_used", failure.code);
                Answer { status: None, headers: Map::new(), body: fallback.clone() }
            }
            (Err((failure, status)), None) => {
                self.tell_error(&call.request, &failure.reason, status);
                return Err(ActionError::new("api_call_failed", failure.reason));
            }
        };
        let status = answer.status;
        let written: Result<_, ActionError> = self.all_or_nothing(|run| {
            let mut written = run.map_answer(&call.request, &answer)?;
            if let Some(target) = &call.store {
                run.put(target, answer.body)?;
                written.push(run.name_of(target));
            }
            Ok(written)
        });
        if let Err(error) = &written {
            self.tell_error(&call.request, &error.reason, status);
        }
        written
    }

    /// What is written by `write` is taken back if it fails (R7.7).
    pub(super) fn all_or_nothing<T, E>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let (state, bytes) = (self.session.state.clone(), self.session.engine.bytes);
        let frame = self.session.engine.frames.last().cloned();
        let written = write(self);
        if written.is_err() {
            self.session.state = state;
            self.session.engine.bytes = bytes;
            if let (Some(now), Some(then)) = (self.session.engine.frames.last_mut(), frame) {
                *now = then;
            }
        }
        written
    }

    pub(super) fn enter_webhook(&mut self, node: &'a Node, webhook: &'a Webhook) -> Move {
        match self.effect(&webhook.request, (node, 0)) {
            Ok(kind) => {
                let sent_at = self.turn().now;
                self.open(kind, Resume::Webhook { sent_at })
            }
            Err(failure) => self.settle_webhook(node, webhook, Err(failure), 0),
        }
    }

    pub(super) fn resume_webhook(
        &mut self,
        node: &'a Node,
        webhook: &'a Webhook,
        sent_at: Timestamp,
        outcome: Outcome,
    ) -> Move {
        let took = self.turn().now.as_millis().saturating_sub(sent_at.as_millis());
        self.settle_webhook(node, webhook, answer_of(outcome, true), took)
    }

    /// R8.20 to R8.24: maps the answer, else the fallback, else fails.
    fn settle_webhook(
        &mut self,
        node: &'a Node,
        webhook: &'a Webhook,
        answer: Result<Answer, (Failure, Option<u16>)>,
        duration_ms: i64,
    ) -> Move {
        let request = &webhook.request;
        let (status, fallback_used, written) = match answer {
            Ok(answer) => {
                let written = self.all_or_nothing(|run| run.map_answer(request, &answer));
                let written = written.map_err(|error| failure(error.code, &error.reason));
                self.keep_answer(webhook, &answer);
                (answer.status, false, written)
            }
            Err((failed, status)) => {
                if let Some(fallback) = &request.fallback {
                    self.warn("fallback_used", failed.code);
                    let written = self.all_or_nothing(|run| run.apply_fallback(request, fallback));
                    let written = written.map_err(|error| failure(error.code, &error.reason));
                    (status, true, written)
                } else {
                    (status, false, Err(failed))
                }
            }
        };
        if let Err(failed) = &written {
            self.tell_error(request, &failed.reason, status);
            self.record_failure(failed.code.as_str(), failed.reason.clone());
        }
        let success = written.is_ok();
        let here = self.here();
        self.events.push(Event::Called {
            node: here,
            success,
            status,
            fallback_used,
            variables: once_each(written.unwrap_or_default()),
            duration_ms,
        });
        match (success, fallback_used) {
            (true, false) => self.leave(node, &[ConnectionType::Success]),
            (true, true) => self.leave(node, &[ConnectionType::Fallback, ConnectionType::Success]),
            (false, _) => self.after_failure(node, &[]),
        }
    }

    /// The effect of a request, unless it cannot or must not be sent.
    fn effect(
        &mut self,
        request: &'a Request,
        (node, index): (&'a Node, usize),
    ) -> Result<EffectKind, (Failure, Option<u16>)> {
        let mut missing = Missing::default();
        let scope = Scope::of(self.session);
        let url = request.endpoint.url(&scope, &mut missing);
        let query = present(request.query.fill(&scope, Purpose::Send, &mut missing));
        let headers = present(request.headers.fill(&scope, Purpose::Send, &mut missing));
        let headers = headers.into_iter().map(|(name, value)| (name, header(&value))).collect();
        let sends_body = request.method != "GET"
            && (request.method != "DELETE"
                || !matches!(request.body, Shape::Constant(Value::Null)));
        let body = if sends_body {
            request.body.fill(&scope, Purpose::Send, &mut missing)
        } else {
            Value::Null
        };
        self.warn_missing(missing);
        let Some(url) = url else {
            return Err((
                failure("unresolved_reference", "the address has an unresolved reference"),
                None,
            ));
        };
        let timeout_ms = request.timeout_ms.min(self.budget_left());
        if timeout_ms == 0 {
            return Err((failure("timeout", "the turn has no time left"), None));
        }
        let idempotency_key = (request.method != "GET").then(|| self.idempotency_key(node, index));
        let method = request.method.to_owned();
        let asked = HandlerRequest {
            method,
            query,
            body,
            idempotency_key,
            timeout_ms,
            policy: request.policy.clone(),
        };
        if url.starts_with('/') {
            let endpoint = url.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(&url);
            if endpoint.contains("..") || endpoint.contains("//") || endpoint.contains("://") {
                return Err((failure("url_invalid", "the endpoint is not a plain path"), None));
            }
            return Ok(EffectKind::CallHandler { endpoint: endpoint.to_owned(), request: asked });
        }
        if !is_https(&url) {
            return Err((failure("url_invalid", "the address is not an https URL"), None));
        }
        if canonical_len(&asked.body) > BODY_BYTES {
            return Err((failure("payload_too_large", "the body is larger than 256 KiB"), None));
        }
        Ok(EffectKind::CallWebhook { request: HttpRequest { url, headers, request: asked } })
    }

    /// R7.50: the same for every repeat of the same request, and for no other.
    fn idempotency_key(&mut self, node: &Node, index: usize) -> String {
        let engine = &self.session.engine;
        let flow = self.flow.version.id;
        let prefix = if flow == engine.flow.id { String::new() } else { format!("{flow}/") };
        let mut key = format!("{}:{prefix}{}:{}", engine.id, node.id, engine.revision);
        let place = format!("{prefix}{}#{index}", node.id);
        let repeats = self.turn().repeats.entry(place).or_insert(0);
        if *repeats > 0 {
            let _ = write!(key, ":{repeats}");
        }
        *repeats = repeats.saturating_add(1);
        if index > 0 {
            let _ = write!(key, "#{index}");
        }
        key
    }

    fn map_answer(
        &mut self,
        request: &'a Request,
        answer: &Answer,
    ) -> Result<Vec<Arc<str>>, ActionError> {
        let mut written = Vec::new();
        for (path, target) in &request.mapping {
            let Some(value) = path.find(answer).filter(|value| !value.is_null()) else { continue };
            self.put(target, value)?;
            written.push(self.name_of(target));
        }
        Ok(written)
    }

    /// R8.22: the whole answer under `webhook_responses`, where no author writes.
    fn keep_answer(&mut self, webhook: &'a Webhook, answer: &Answer) {
        let Some(key) = &webhook.store else { return };
        let at = self.turn().now;
        let kept = json!({"status_code": answer.status, "response": answer.body, "timestamp": at});
        let Some(target) = Target::webhook_response(key) else { return };
        if let Err(error) = self.write(&target, kept) {
            self.warn("not_written", error.to_string());
        }
    }

    /// R8.23: a fallback that looks like a response is mapped, else its keys are variables.
    fn apply_fallback(
        &mut self,
        request: &'a Request,
        fallback: &Value,
    ) -> Result<Vec<Arc<str>>, ActionError> {
        let answer = Answer { status: None, headers: Map::new(), body: fallback.clone() };
        if request.mapping.iter().any(|(path, _)| path.find(&answer).is_some()) {
            return self.map_answer(request, &answer);
        }
        let mut written = Vec::new();
        for (name, value) in fallback.as_object().into_iter().flatten() {
            let Some(target) = Target::quiet(name) else {
                self.warn("not_written", name.as_str());
                continue;
            };
            self.put(&target, value.clone())?;
            written.push(self.name_of(&target));
        }
        Ok(written)
    }

    fn tell_error(&mut self, request: &'a Request, reason: &str, status: Option<u16>) {
        let Some(target) = &request.error_variable else { return };
        let at = self.turn().now;
        let error = json!({"error": reason, "status_code": status, "timestamp": at, "fallback_used": false});
        if let Err(error) = self.write(target, error) {
            self.warn("not_written", format!("{}: {error}", target.text()));
        }
    }
}

impl Request {
    /// Whether the answer is an HTTP response.
    fn is_absolute(&self, run: &Run<'_>) -> bool {
        let scope = Scope::of(run.session);
        self.endpoint.url(&scope, &mut Missing::default()).is_some_and(|url| !url.starts_with('/'))
    }
}

impl ResponsePath {
    fn find(&self, answer: &Answer) -> Option<Value> {
        match self {
            Self::Whole => Some(answer.body.clone()),
            Self::Status => answer.status.map(Value::from),
            Self::Header(name) => {
                answer.headers.get(&**name).filter(|_| &**name != "set-cookie").cloned()
            }
            Self::Part(path) => get_in(&answer.body, path.segments()).cloned(),
        }
    }
}

/// Takes an outcome apart; a status outside 2xx is a failure (R8.16).
fn answer_of(outcome: Outcome, http: bool) -> Result<Answer, (Failure, Option<u16>)> {
    let value = match outcome {
        Outcome::Failed(failure) => return Err((failure, None)),
        Outcome::Done { value } => value,
    };
    if !http {
        return Ok(Answer { status: None, headers: Map::new(), body: value });
    }
    let status = value.get("status").and_then(Value::as_u64).and_then(|n| u16::try_from(n).ok());
    let Some(status) = status else {
        return Err((failure("network", "the host gave no HTTP status"), None));
    };
    if !(200..300).contains(&status) {
        return Err((
            failure("http_status", &format!("the answer had status {status}")),
            Some(status),
        ));
    }
    let headers = value.get("headers").and_then(Value::as_object).cloned().unwrap_or_default();
    Ok(Answer {
        status: Some(status),
        headers,
        body: value.get("body").cloned().unwrap_or_default(),
    })
}

fn failure(code: &str, reason: &str) -> Failure {
    Failure { code: code.to_owned(), reason: reason.to_owned() }
}

/// Without what is null: an unresolved parameter or header is left out (R7.43, R7.44).
fn present(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { return Map::new() };
    map.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// A header's value: text, without what could end it (R5.42, R8.1).
fn header(value: &Value) -> Value {
    let mut text = String::new();
    data(value, &mut text);
    text.retain(|c| !matches!(c, '\r' | '\n' | '\0'));
    Value::String(text)
}

fn is_https(url: &str) -> bool {
    let authority = url
        .strip_prefix("https://")
        .map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    authority.is_some_and(|host| !host.is_empty() && !host.contains('@')) && url.len() <= 4096
}

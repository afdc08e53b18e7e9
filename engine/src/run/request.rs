//! Requests of `api_call` actions and webhook nodes (section 7.4, section 8, F11, F25).

mod send;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::action::{ActionError, Done};
use super::write::once_each;
use super::{Move, Run};
use crate::flow::ConnectionType;
use crate::flow::graph::Node;
use crate::flow::node::request::{ApiCall, Request, ResponsePath, Webhook};
use crate::flow::target::Target;
use crate::protocol::{Event, Failure, Outcome};
use crate::request::public_header;
use crate::session::Resume;
use crate::time::Timestamp;
use crate::value::path::{Path, get_in};

/// Scopes that nothing may be written to (R5.1, R5.6).
const READ_ONLY: [&str; 4] = ["env", "input", "secret", "system"];

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
        match self.effect(&call.request, place, "unresolved_reference") {
            Ok(kind) => Ok(Done::Waits(self.open(kind, resume))),
            Err(failure) => self.settle_api_call(call, Err((failure, None))).map(Done::Wrote),
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
                return Err(ActionError::new(failure.code, failure.reason));
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
        let mark = self.events.len();
        let written = write(self);
        if written.is_err() {
            self.trace_taken_back(mark);
            self.session.state = state;
            self.session.engine.bytes = bytes;
            if let (Some(now), Some(then)) = (self.session.engine.frames.last_mut(), frame) {
                *now = then;
            }
        }
        written
    }

    pub(super) fn enter_webhook(&mut self, node: &'a Node, webhook: &'a Webhook) -> Move {
        let effect = self.effect(&webhook.request, (node, 0), "url_unresolved");
        self.trace_request(&webhook.request, effect.as_ref().ok());
        match effect {
            Ok(kind) => {
                let sent_at = self.turn().now;
                self.open(kind, Resume::Webhook { sent_at })
            }
            Err(failure) => self.settle_webhook(node, webhook, Err((failure, None)), (0, None)),
        }
    }

    pub(super) fn resume_webhook(
        &mut self,
        node: &'a Node,
        webhook: &'a Webhook,
        sent_at: Timestamp,
        outcome: Outcome,
    ) -> Move {
        self.trace_outcome(&outcome);
        let took = self.turn().now.as_millis().saturating_sub(sent_at.as_millis());
        let attempts = attempts_of(&outcome);
        self.settle_webhook(node, webhook, answer_of(outcome, true), (took, attempts))
    }

    /// R8.20 to R8.24: maps the answer, else the fallback, else fails.
    fn settle_webhook(
        &mut self,
        node: &'a Node,
        webhook: &'a Webhook,
        answer: Result<Answer, (Failure, Option<u16>)>,
        (duration_ms, attempts): (i64, Option<u64>),
    ) -> Move {
        let request = &webhook.request;
        let (status, fallback_used, written) = match answer {
            Ok(answer) => {
                let written = self.all_or_nothing(|run| run.map_answer(request, &answer));
                let written = written.map_err(|error| failure(&error.code, &error.reason));
                self.keep_answer(webhook, &answer);
                (answer.status, false, written)
            }
            Err((failed, status)) => {
                if let Some(fallback) = &request.fallback {
                    self.warn("fallback_used", failed.code);
                    let written = self.all_or_nothing(|run| run.apply_fallback(request, fallback));
                    let written = written.map_err(|error| failure(&error.code, &error.reason));
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
            attempts,
        });
        match (success, fallback_used) {
            (true, false) => self.leave(node, &[ConnectionType::Success]),
            (true, true) => self.leave(node, &[ConnectionType::Fallback, ConnectionType::Success]),
            (false, _) => self.after_failure(node, &[]),
        }
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
                let path = Path::parse(name).ok();
                if path.is_some_and(|path| READ_ONLY.contains(&path.head())) {
                    return Err(ActionError::new(
                        "read_only_scope",
                        format!("{name} is read-only"),
                    ));
                }
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

impl ResponsePath {
    fn find(&self, answer: &Answer) -> Option<Value> {
        match self {
            Self::Whole => Some(answer.body.clone()),
            Self::Status => answer.status.map(Value::from),
            Self::Header(name) => public_header(&answer.headers, name).cloned(),
            Self::Part(path) => get_in(&answer.body, path.segments()).cloned(),
        }
    }
}

fn attempts_of(outcome: &Outcome) -> Option<u64> {
    let Outcome::Done { value } = outcome else { return None };
    value.get("attempts").and_then(Value::as_u64)
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

//! The visitor's answer to a question (R2.45 to R2.48, R3.10 to R3.15).

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Value, json};

use super::question::target_of;
use super::route::lone;
use super::scope::Scope;
use super::write::code_of;
use super::{Move, Run};
use crate::answer::{Accepted, InputType, OnMaxRetries, Refusal, Today};
use crate::check::{Pointer, Report};
use crate::flow::ConnectionType;
use crate::flow::graph::{Edge, Node};
use crate::flow::node::NodeKind;
use crate::flow::node::question::Question;
use crate::protocol::{EndReason, Event, Next, Prompt, Refused};
use crate::session::Phase;
use crate::time::Timestamp;
use crate::value::Lookup;
use crate::value::path::{Path, get_in};
use crate::value::template::Template;

/// The raw input and what the client took it for.
type Reply = (Value, InputType);

impl<'a> Run<'a> {
    pub(super) fn answer(
        &mut self,
        node: &'a Node,
        prompt: Arc<Prompt>,
        attempts: u32,
        asked_at: Timestamp,
        (value, hint): Reply,
    ) -> Move {
        let NodeKind::Question(question) = &node.kind else {
            return self.end(EndReason::Error, Some("resume_mismatch"));
        };
        // A client that has nothing to send says `continue` (R3.50).
        let value = if hint == InputType::Continue { Value::Null } else { value };
        let today = self.today();
        match question.rules.accept(&value, &prompt.options, today) {
            Ok(Accepted::Empty) => {
                let stored = question.rules.default_value().cloned().unwrap_or(Value::Null);
                self.take_answer(node, question, &prompt, (value, hint), (stored, None))
            }
            Ok(Accepted::Answer { value: stored, option }) => {
                self.take_answer(node, question, &prompt, (value, hint), (stored, option))
            }
            Err(refusal) => {
                self.refuse(node, question, (prompt, attempts, asked_at), (value, hint), &refusal)
            }
        }
    }

    fn today(&mut self) -> Today {
        let turn = self.turn();
        Today::new(turn.at, i32::from(turn.utc_offset_minutes))
    }

    fn take_answer(
        &mut self,
        node: &'a Node,
        question: &'a Question,
        prompt: &Prompt,
        (input, hint): Reply,
        (stored, option): (Value, Option<usize>),
    ) -> Move {
        if let Some(target) = target_of(question, prompt)
            && let Err(error) = self.write(&target, stored.clone())
        {
            return self.fail(node, code_of(error), &error.to_string());
        }
        if let Some(target) = &question.append_to {
            let mut list = match self.read(target) {
                Some(Value::Array(items)) => items.clone(),
                _ => Vec::new(),
            };
            list.push(stored.clone());
            if let Err(error) = self.write(target, Value::Array(list)) {
                self.warn("not_written", format!("{}: {error}", target.text()));
            }
        }
        let hide = |value: Value| if question.sensitive { json!("[REDACTED]") } else { value };
        let here = self.here();
        self.events.push(Event::Answered {
            node: here,
            input: hide(input),
            hint,
            value: hide(stored),
            variable: prompt.variable.clone(),
            content_id: prompt.content_id,
        });
        let edge = self.route_answer(node, option);
        self.take(node, edge)
    }

    /// R2.45, steps 5 to 7.
    fn route_answer(&mut self, node: &'a Node, option: Option<usize>) -> Option<&'a Edge> {
        if let Some(number) = option.and_then(|index| u8::try_from(index).ok()) {
            let kind = ConnectionType::Option(number);
            let mut of_option = node.edges.iter().filter(|edge| edge.kind == kind);
            let first = of_option.clone().next();
            // The match itself is the condition; predicates only choose among several (R2.45).
            if let Some(first) = first {
                return Some(of_option.find(|edge| self.applies(edge)).unwrap_or(first));
            }
        }
        // Connections of other options never serve this one (F40).
        let serves = |edge: &&'a Edge| {
            edge.predicate.is_some()
                && !edge.kind.is_failure()
                && !matches!(edge.kind, ConnectionType::Option(_))
        };
        let conditional: Vec<&'a Edge> = node.edges.iter().filter(serves).collect();
        if let Some(edge) = conditional.into_iter().find(|edge| self.applies(edge)) {
            return Some(edge);
        }
        self.unconditional_default(node)
    }

    fn unconditional_default(&self, node: &'a Node) -> Option<&'a Edge> {
        let plain =
            |edge: &&'a Edge| edge.kind == ConnectionType::Default && edge.predicate.is_none();
        node.edges.iter().find(plain).or_else(|| lone(node))
    }

    fn refuse(
        &mut self,
        node: &'a Node,
        question: &'a Question,
        (prompt, attempts, asked_at): (Arc<Prompt>, u32, Timestamp),
        (input, hint): Reply,
        refusal: &Refusal,
    ) -> Move {
        let attempt = attempts.saturating_add(1);
        let max_retries = question.rules.max_retries();
        let exhausted = max_retries.is_some_and(|max| attempt > max);
        let way_out = if exhausted { self.way_out(node, question) } else { None };
        let message = self.message(question, &prompt, &input, attempt, refusal);
        let shown = if question.sensitive { json!("[REDACTED]") } else { input.clone() };
        let here = self.here();
        self.events.push(Event::Refused(Refused {
            node: here,
            input: shown,
            hint,
            code: refusal.code.as_str().into(),
            message,
            field: prompt.variable.clone(),
            attempt,
            max_retries,
            asked_again: way_out.is_none(),
        }));
        let Some(way_out) = way_out else {
            self.session.engine.phase =
                Phase::Asking { prompt: Arc::clone(&prompt), attempts: attempt, asked_at };
            return Move::Stop(Next::Ask(prompt));
        };
        match way_out {
            OnMaxRetries::Fail => self.fail(node, "max_retries", "too many invalid answers"),
            OnMaxRetries::End => Move::Finish(EndReason::Error, Some("max_retries")),
            OnMaxRetries::Default | OnMaxRetries::Skip => {
                let default =
                    question.rules.default_value().filter(|_| way_out == OnMaxRetries::Default);
                let stored = default.cloned().unwrap_or(Value::Null);
                if let Some(target) = target_of(question, &prompt)
                    && let Err(error) = self.write(&target, stored)
                {
                    return self.fail(node, code_of(error), &error.to_string());
                }
                let edge = self.unconditional_default(node);
                self.take(node, edge)
            }
        }
    }

    /// What happens when no repeats are left; `None` keeps asking (R3.13).
    fn way_out(&self, node: &Node, question: &Question) -> Option<OnMaxRetries> {
        if let Some(chosen) = question.rules.on_max_retries() {
            return Some(chosen);
        }
        let serves =
            |edge: &Edge| matches!(edge.kind, ConnectionType::Failure | ConnectionType::Error);
        if node.edges.iter().any(serves) {
            Some(OnMaxRetries::Fail)
        } else if question.rules.default_value().is_some() {
            Some(OnMaxRetries::Default)
        } else if !question.rules.required() {
            Some(OnMaxRetries::Skip)
        } else {
            None
        }
    }

    /// What the visitor is told (R3.11).
    fn message(
        &mut self,
        question: &Question,
        prompt: &Prompt,
        input: &Value,
        attempt: u32,
        refusal: &Refusal,
    ) -> String {
        let rules = &question.rules;
        let retry = rules.retry_message().filter(|_| attempt >= 2);
        let authored = retry.or_else(|| rules.error_message()).or_else(|| rules.retry_message());
        let Some(authored) = authored else { return refusal.message.clone() };
        let template = Template::compile(authored, &Pointer::root(), &mut Report::default());
        let seen = Seen {
            scope: Scope::of(self.session),
            input,
            validation: prompt.more.get("validation"),
        };
        template.show(&seen, &mut Vec::new())
    }
}

/// What an error message may refer to, beside the variables.
struct Seen<'a> {
    scope: Scope<'a>,
    input: &'a Value,
    validation: Option<&'a Value>,
}

impl Lookup for Seen<'_> {
    fn get(&self, path: &Path) -> Option<Cow<'_, Value>> {
        match (path.head(), path.rest()) {
            ("input", []) => Some(Cow::Borrowed(self.input)),
            ("validation", rest) => get_in(self.validation?, rest).map(Cow::Borrowed),
            _ => Lookup::get(&self.scope, path),
        }
    }
}

//! The visitor's answer to a question (R2.45 to R2.48, R3.10 to R3.15).

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Value, json};

use super::item_rules::rules_of_prompt;
use super::question::target_of;
use super::route::lone;
use super::scope::Scope;
use super::write::code_of;
use super::{Move, Run};
use crate::answer::{Accepted, AnswerRules, InputType, OnMaxRetries, Refusal, Today};
use crate::check::{Pointer, Report};
use crate::flow::ConnectionType;
use crate::flow::graph::{Edge, Node};
use crate::flow::node::NodeKind;
use crate::flow::node::question::Question;
use crate::flow::target::Target;
use crate::protocol::{EndReason, Event, Next, Prompt, Refused};
use crate::session::Phase;
use crate::time::Timestamp;
use crate::value::Lookup;
use crate::value::path::{Path, get_in};
use crate::value::template::{Missing, Template};

/// A question that is open, as the session keeps it.
pub(super) struct Open {
    pub(super) prompt: Arc<Prompt>,
    pub(super) attempts: u32,
    pub(super) asked_at: Timestamp,
}

/// A reply to an open question.
struct Reply<'a> {
    node: &'a Node,
    question: &'a Question,
    rules: Cow<'a, AnswerRules>,
    open: Open,
    /// The raw input.
    value: Value,
    /// What the client took it for.
    hint: InputType,
}

impl<'a> Run<'a> {
    pub(super) fn answer(
        &mut self,
        node: &'a Node,
        open: Open,
        value: Value,
        hint: InputType,
    ) -> Move {
        let NodeKind::Question(question) = &node.kind else {
            return self.end(EndReason::Error, Some("resume_mismatch"));
        };
        // A client that has nothing to send says `continue` (R3.50).
        let value = if hint == InputType::Continue { Value::Null } else { value };
        let waited = self.turn().now.as_millis().saturating_sub(open.asked_at.as_millis());
        let attempt = open.attempts.saturating_add(1);
        self.trace_question(question, &open.prompt, Some(waited), attempt);
        let rules = rules_of_prompt(question, &open.prompt);
        let reply = Reply { node, question, rules, open, value, hint };
        let today = self.today();
        match reply.rules.accept(&reply.value, &reply.open.prompt.options, today) {
            Ok(Accepted::Empty) => {
                let stored = reply.rules.default_value().cloned().unwrap_or(Value::Null);
                self.take_answer(reply, stored, None)
            }
            Ok(Accepted::Answer { value: stored, option }) => {
                self.take_answer(reply, stored, option)
            }
            Err(refusal) => self.refuse(reply, &refusal),
        }
    }

    fn today(&mut self) -> Today {
        let turn = self.turn();
        Today::new(turn.at, i32::from(turn.utc_offset_minutes))
    }

    fn take_answer(&mut self, reply: Reply<'a>, stored: Value, option: Option<usize>) -> Move {
        let Reply { node, question, open, value, hint, .. } = reply;
        let here = self.here();
        if !self.session.engine.shown.is_empty() {
            self.note_engaged(&hidden(question, stored.clone()));
        }
        self.events.push(Event::Answered {
            node: here,
            input: hidden(question, value),
            hint,
            value: hidden(question, stored.clone()),
            variable: open.prompt.variable.clone(),
            content_id: open.prompt.content_id,
        });
        match target_of(question, &open.prompt) {
            Some(target) => {
                if let Err(error) = self.write(&target, stored.clone()) {
                    return self.fail(node, code_of(error), &error.to_string());
                }
            }
            None if open.prompt.variable.is_empty() => {}
            None => self.warn("not_written", &*open.prompt.variable),
        }
        if let Some(target) = &question.append_to {
            self.append_answer(target, stored);
        }
        let edge = self.route_answer(node, option);
        self.take(node, edge)
    }

    /// The answer has its own place: what stands in the way of the list is told, never overwritten.
    fn append_answer(&mut self, target: &Target, stored: Value) {
        let mut list = match self.read(target) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items.clone(),
            Some(_) => return self.warn("not_a_list", &**target.text()),
        };
        list.push(stored);
        if let Err(error) = self.write(target, Value::Array(list)) {
            self.warn("not_written", format!("{}: {error}", target.text()));
        }
    }

    /// R2.45, steps 5 to 7.
    pub(super) fn route_answer(
        &mut self,
        node: &'a Node,
        option: Option<usize>,
    ) -> Option<&'a Edge> {
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
        unconditional_default(node)
    }

    fn refuse(&mut self, reply: Reply<'a>, refusal: &Refusal) -> Move {
        let Reply { node, question, open, .. } = &reply;
        let attempt = open.attempts.saturating_add(1);
        self.note_refused();
        let rules = &reply.rules;
        let max_retries = rules.max_retries();
        let exhausted = max_retries.is_some_and(|max| attempt > max);
        let way_out = if exhausted { way_out(node, rules) } else { None };
        let message = self.message(&reply, attempt, refusal);
        let here = self.here();
        self.events.push(Event::Refused(Refused {
            node: here,
            input: hidden(question, reply.value.clone()),
            hint: reply.hint,
            code: refusal.code.as_str().into(),
            message,
            field: open.prompt.variable.clone(),
            content_id: open.prompt.content_id,
            attempt,
            max_retries,
            asked_again: way_out.is_none(),
        }));
        match way_out {
            None => {
                let Open { prompt, asked_at, .. } = reply.open;
                let next = Next::Ask(Arc::clone(&prompt));
                self.session.engine.phase = Phase::Asking { prompt, attempts: attempt, asked_at };
                Move::Stop(next)
            }
            Some(OnMaxRetries::Fail) => self.fail(node, "max_retries", "too many invalid answers"),
            Some(OnMaxRetries::End) => self.end(EndReason::Error, Some("max_retries")),
            Some(OnMaxRetries::Default) => {
                let default = reply.rules.default_value().cloned().unwrap_or(Value::Null);
                self.pass_over(&reply, default, |run, node| {
                    run.take(node, unconditional_default(node))
                })
            }
            Some(OnMaxRetries::Skip) => self.pass_over(&reply, Value::Null, |run, node| {
                run.leave(node, &[ConnectionType::Default])
            }),
        }
    }

    /// Stores what stands for an answer that was not given, and leaves the node (R3.13).
    fn pass_over(
        &mut self,
        reply: &Reply<'a>,
        stored: Value,
        leave: impl FnOnce(&mut Self, &'a Node) -> Move,
    ) -> Move {
        if let Some(target) = target_of(reply.question, &reply.open.prompt)
            && let Err(error) = self.write(&target, stored)
        {
            return self.fail(reply.node, code_of(error), &error.to_string());
        }
        leave(self, reply.node)
    }

    /// What the visitor is told (R3.11).
    fn message(&mut self, reply: &Reply<'a>, attempt: u32, refusal: &Refusal) -> String {
        let rules = &reply.rules;
        let retry = rules.retry_message().filter(|_| attempt >= 2);
        let authored = retry.or_else(|| rules.error_message()).or_else(|| rules.retry_message());
        let Some(authored) = authored else { return refusal.message.clone() };
        let template = Template::compile(authored, &Pointer::root(), &mut Report::default());
        let input = hidden(reply.question, reply.value.clone());
        let validation = reply.open.prompt.more.get("validation").unwrap_or(&Value::Null);
        let seen = Seen { scope: Scope::of(self.session), input: &input, validation };
        template.show(&seen, &mut Missing::default())
    }
}

fn unconditional_default(node: &Node) -> Option<&Edge> {
    let plain = |edge: &&Edge| edge.kind == ConnectionType::Default && edge.predicate.is_none();
    node.edges.iter().find(plain).or_else(|| lone(node))
}

/// What happens when no repeats are left; `None` keeps asking (R3.13).
fn way_out(node: &Node, rules: &AnswerRules) -> Option<OnMaxRetries> {
    if let Some(chosen) = rules.on_max_retries() {
        return Some(chosen);
    }
    let serves = |edge: &Edge| matches!(edge.kind, ConnectionType::Failure | ConnectionType::Error);
    if node.edges.iter().any(serves) {
        Some(OnMaxRetries::Fail)
    } else if rules.default_value().is_some() {
        Some(OnMaxRetries::Default)
    } else if !rules.required() {
        Some(OnMaxRetries::Skip)
    } else {
        None
    }
}

/// The answer to a sensitive question is kept in its variable only.
fn hidden(question: &Question, value: Value) -> Value {
    if question.sensitive { json!("[REDACTED]") } else { value }
}

/// What an error message may refer to, beside the variables.
struct Seen<'a> {
    scope: Scope<'a>,
    input: &'a Value,
    validation: &'a Value,
}

impl Lookup for Seen<'_> {
    fn get(&self, path: &Path) -> Option<Cow<'_, Value>> {
        match (path.head(), path.rest()) {
            ("input", []) => Some(Cow::Borrowed(self.input)),
            ("validation", rest) => get_in(self.validation, rest).map(Cow::Borrowed),
            _ => Lookup::get(&self.scope, path),
        }
    }
}

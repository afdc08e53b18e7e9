//! Nodes of a type that the host registered.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::scope::Scope;
use super::write::{code_of, once_each};
use super::{Move, Run};
use crate::extend::{CustomOutcome, Performed, View};
use crate::flow::ConnectionType;
use crate::flow::graph::Node;
use crate::flow::node::custom::Custom;
use crate::flow::node::media::{is_allowed_url, needs_url};
use crate::flow::target::Target;
use crate::protocol::{Content, Event, Item};
use crate::value::clean;
use crate::value::shape::Purpose;
use crate::value::template::Missing;

impl<'a> Run<'a> {
    pub(super) fn enter_custom(&mut self, node: &'a Node, custom: &'a Custom) -> Move {
        let kind: Arc<str> = custom.node.name().into();
        let mut missing = Missing::default();
        let scope = Scope::of(self.session);
        let content = custom.content.fill(&scope, Purpose::Store, &mut missing);
        let performed = custom.node.perform(&content, &View::new(&scope));
        self.warn_missing(missing);
        let Some(Performed { messages, writes, outcome }) = performed else {
            return self.fail(node, "no_handler", &format!("nothing runs the node type `{kind}`"));
        };
        self.show(node, messages);
        let (variables, wrong) = self.write_all(writes);
        let outcome = match wrong {
            Some((code, reason)) => CustomOutcome::Failure { code: code.to_owned(), reason },
            None => outcome,
        };
        let success = !matches!(outcome, CustomOutcome::Failure { .. });
        let here = self.here();
        self.events.push(Event::Performed { node: here, kind, variables, success });
        match outcome {
            CustomOutcome::Success => self.leave(node, &[ConnectionType::Success]),
            CustomOutcome::Failure { code, reason } => self.fail(node, &code, &reason),
            CustomOutcome::Connection(connection) => self.leave(node, &[connection]),
        }
    }

    fn show(&mut self, node: &Node, messages: Vec<(String, Map<String, Value>)>) {
        let mut items = Vec::with_capacity(messages.len());
        for (kind, body) in messages {
            let mut body = Value::Object(body);
            let _ = clean(&mut body);
            let Value::Object(body) = body else { continue };
            let url = body.get("url").and_then(Value::as_str);
            if needs_url(&kind) && !url.is_some_and(is_allowed_url) {
                self.warn("media_url", kind);
                continue;
            }
            let content = match body.get("text") {
                Some(Value::String(text)) if body.len() == 1 => Content::Text(text.clone()),
                _ => Content::Object { body, text: None },
            };
            items.push(Item::new(kind.into(), content, node.id.clone()));
        }
        if !items.is_empty() {
            self.keep_within_limit(&mut items);
            let here = self.here();
            self.events.push(Event::Said { node: here, items, typing: None });
        }
    }

    /// Writes until something cannot be written: the paths, and why it stopped.
    fn write_all(
        &mut self,
        writes: Vec<(String, Value)>,
    ) -> (Vec<Arc<str>>, Option<(&'static str, String)>) {
        let mut variables = Vec::with_capacity(writes.len());
        for (variable, mut value) in writes {
            let _ = clean(&mut value);
            let Some(target) = Target::quiet(&variable) else {
                let wrong = ("invalid_path", format!("`{variable}` cannot be written"));
                return (once_each(variables), Some(wrong));
            };
            if let Err(error) = self.write(&target, value) {
                let wrong = (code_of(error), format!("{variable}: {error}"));
                return (once_each(variables), Some(wrong));
            }
            variables.push(target.text().clone());
        }
        (once_each(variables), None)
    }
}

//! Message nodes (R2.20 to R2.32).

use std::sync::Arc;

use super::item::{Notes, nested_ids, render};
use super::scope::Scope;
use super::{Move, Run, value_of};
use crate::flow::ConnectionType;
use crate::flow::graph::Node;
use crate::flow::node::message::Message;
use crate::id::ContentId;
use crate::protocol::{Event, Item, Next, Outcome, Prompt};
use crate::session::{Gathered, Phase};

impl<'a> Run<'a> {
    pub(super) fn enter_message(&mut self, node: &'a Node, message: &'a Message) -> Move {
        let mut ids: Vec<ContentId> = Vec::new();
        for id in message.items.iter().filter_map(|config| config.content_id) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        if ids.is_empty() {
            return self.say(node, message, &Gathered::default());
        }
        self.fetch(Gathered::default(), ids)
    }

    pub(super) fn resume_message(
        &mut self,
        node: &'a Node,
        message: &'a Message,
        mut gathered: Gathered,
        outcome: Outcome,
    ) -> Move {
        match value_of(outcome) {
            Ok(value) => {
                self.receive_items(&mut gathered, value);
                let nested = nested(message, &gathered);
                if !nested.is_empty() {
                    return self.fetch(gathered, nested);
                }
            }
            Err(failure) => self.warn("content_unavailable", failure.reason),
        }
        self.say(node, message, &gathered)
    }

    fn say(&mut self, node: &'a Node, message: &'a Message, gathered: &Gathered) -> Move {
        let scope = Scope::of(self.session);
        let mut notes = Notes::default();
        let mut items: Vec<Item> = Vec::new();
        let room = usize::try_from(self.limits.items_per_turn).unwrap_or(usize::MAX);
        for config in &message.items {
            let rendered = render(config, gathered, &node.id, &scope, &mut notes);
            // Mostly there is one entry, whose list then serves as it is.
            if items.is_empty() {
                items = rendered;
            } else {
                items.extend(rendered);
            }
            // More would be dropped, so it is not made.
            if items.len() > room {
                break;
            }
        }
        if items.is_empty()
            && let Some(text) = &message.text
        {
            items.push(Item::text(text.show(&scope, &mut notes.missing), node.id.clone()));
        }
        self.warn_notes(notes);
        self.keep_within_limit(&mut items);
        let here = self.here();
        self.events.push(Event::Said { node: here, items, typing: message.typing });
        if message.wait && self.goes_on(node) {
            let prompt = Arc::new(Prompt::acknowledge(node.id.clone(), self.flow.version.id));
            self.session.engine.phase = Phase::Acknowledging { prompt: Arc::clone(&prompt) };
            return Move::Stop(Next::Acknowledge(prompt));
        }
        self.leave(node, &[ConnectionType::Default])
    }

    pub(super) fn warn_notes(&mut self, notes: Notes) {
        self.warn_missing(notes.missing);
        for (code, about) in notes.warnings {
            self.warn(code, about);
        }
    }

    /// R11.28: what exceeds the turn's limit is dropped.
    pub(super) fn keep_within_limit(&mut self, items: &mut Vec<Item>) {
        let limit = self.limits.items_per_turn;
        let turn = self.turn();
        let room = usize::try_from(limit.saturating_sub(turn.items)).unwrap_or(usize::MAX);
        let dropped = items.len() > room;
        items.truncate(room);
        turn.items = turn.items.saturating_add(u32::try_from(items.len()).unwrap_or(u32::MAX));
        if dropped {
            self.warn("message_limit", format!("{limit} items a turn"));
        }
    }

    /// Whether anything could follow: here, or after any of the flows that entered this one (R2.30).
    fn goes_on(&self, node: &Node) -> bool {
        if !node.edges.is_empty() {
            return true;
        }
        let frames = &self.session.engine.frames;
        frames.iter().zip(frames.iter().skip(1)).any(|(below, frame)| {
            let composite = self.catalog.get(below.flow).zip(frame.entered_from.as_ref());
            composite
                .and_then(|(flow, id)| flow.find(id))
                .is_some_and(|composite| !composite.edges.is_empty())
        })
    }
}

/// The items that the node's own items name, before those are fetched (R2.24).
fn nested(message: &Message, gathered: &Gathered) -> Vec<ContentId> {
    let named = |id: ContentId| message.items.iter().any(|config| config.content_id == Some(id));
    let mut ids: Vec<ContentId> = Vec::new();
    if gathered.fetched.iter().all(|id| named(*id)) {
        for id in gathered.items.iter().flat_map(nested_ids) {
            if !ids.contains(&id) && !gathered.fetched.contains(&id) {
                ids.push(id);
            }
        }
    }
    ids
}

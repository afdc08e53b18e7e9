//! Message nodes (R2.20 to R2.32).

use std::sync::Arc;

use serde_json::{Value, json};

use super::gather::Gather;
use super::item::{Notes, nested_ids, render, render_rich};
use super::scope::Scope;
use super::write::code_of;
use super::{Move, Run, value_of};
use crate::answer::{Accepted, InputType, choice};
use crate::flow::ConnectionType;
use crate::flow::graph::Node;
use crate::flow::node::NodeKind;
use crate::flow::node::message::Message;
use crate::id::ContentId;
use crate::protocol::{Content, EndReason, Event, Item, Next, Outcome, Prompt};
use crate::session::{Asked, Gathered, Phase};

impl<'a> Run<'a> {
    pub(super) fn enter_message(&mut self, node: &'a Node, message: &'a Message) -> Move {
        self.gather(node, message, Gathered::default())
    }

    /// Asks for what is still to be had: draws first, then all items at once, then what those name.
    fn gather(&mut self, node: &'a Node, message: &'a Message, gathered: Gathered) -> Move {
        let mut draws = message.items.iter().filter_map(|config| config.random.as_deref());
        if let Some(random) = draws.nth(gathered.drawn.len()) {
            return self.list(random, gathered, true);
        }
        let mut ids: Vec<ContentId> = Vec::new();
        let named = message.items.iter().filter_map(|config| config.content_id);
        for id in named.chain(gathered.drawn.iter().copied().flatten()) {
            if !ids.contains(&id) && !gathered.fetched.contains(&id) {
                ids.push(id);
            }
        }
        if ids.is_empty() {
            return self.say(node, message, &gathered);
        }
        self.fetch(gathered, ids)
    }

    pub(super) fn resume_message(
        &mut self,
        node: &'a Node,
        message: &'a Message,
        mut gathered: Gathered,
        outcome: Outcome,
    ) -> Move {
        let value = match value_of(outcome) {
            Ok(value) => value,
            Err(failure) => {
                self.warn("content_unavailable", failure.reason);
                json!([])
            }
        };
        match gathered.asked {
            Asked::Fresh | Asked::Any => self.resume_draw(node, message, gathered, value),
            Asked::Items | Asked::Nothing => {
                let first = gathered.items.is_empty();
                self.receive_items(&mut gathered, value);
                let nested = if first { nested(&gathered) } else { Vec::new() };
                if nested.is_empty() {
                    return self.say(node, message, &gathered);
                }
                self.fetch(gathered, nested)
            }
        }
    }

    /// Draws for the next entry that wants it (R4.16); nothing is a result too.
    fn resume_draw(
        &mut self,
        node: &'a Node,
        message: &'a Message,
        mut gathered: Gathered,
        value: Value,
    ) -> Move {
        let candidates = self.candidates(value);
        let mut wanting = message.items.iter().filter(|config| config.random.is_some());
        let config = wanting.nth(gathered.drawn.len());
        let Some((config, random)) = config.and_then(|one| Some((one, one.random.as_deref()?)))
        else {
            return self.end(EndReason::Error, Some("resume_mismatch"));
        };
        let drawn = if gathered.asked == Asked::Any {
            self.oldest(random, &candidates)
        } else {
            // What the entry says itself goes before a repeat (R4.14).
            if candidates.is_empty() && config.body.is_none() && self.is_reusable(random) {
                return self.list(random, gathered, false);
            }
            self.draw(&candidates)
        };
        match drawn {
            // Noted at once, so that the next entry does not draw the same.
            Some(id) => self.track(random, id),
            None => self.warn("content_exhausted", &*random.kind),
        }
        gathered.drawn.push(drawn);
        self.gather(node, message, gathered)
    }

    fn say(&mut self, node: &'a Node, message: &'a Message, gathered: &Gathered) -> Move {
        let scope = Scope::of(self.session);
        let mut notes = Notes::default();
        let mut items: Vec<Item> = Vec::new();
        let room = usize::try_from(self.limits.items_per_turn).unwrap_or(usize::MAX);
        let mut drawn = gathered.drawn.iter();
        for config in &message.items {
            let id = config.random.as_ref().and_then(|_| drawn.next().copied().flatten());
            let source = (config.content_id.or(id), gathered);
            let rendered = render(config, source, &node.id, &scope, &mut notes);
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
            && let Some(content) = own_text(message, &scope, &mut notes)
        {
            items.push(Item::new("text".into(), content, node.id.clone()));
        }
        self.warn_notes(notes);
        self.keep_within_limit(&mut items);
        let shown = if gathered.items.is_empty() {
            Vec::new()
        } else {
            self.name_variants(&mut items, gathered)
        };
        let here = self.here();
        self.trace_message(message);
        self.events.push(Event::Said { node: here, items, typing: message.typing });
        for (id, variant) in shown {
            self.note_shown(id, variant, false);
        }
        let replies = message.replies.as_deref();
        // A reply that is kept is worth waiting for, even if nothing follows.
        let waits = match replies {
            Some(replies) => replies.variable.is_some() || self.goes_on(node),
            None => message.wait && self.goes_on(node),
        };
        if waits {
            let mut notes = Notes::default();
            let options = replies.map(|replies| self.fill_options(&replies.options, &mut notes));
            self.warn_notes(notes);
            let variable = replies.map_or_else(|| "".into(), |one| Arc::clone(&one.written));
            let (id, flow) = (node.id.clone(), self.flow.version.id);
            let options = options.unwrap_or_default();
            let prompt = Arc::new(Prompt::acknowledge(id, flow, variable, options));
            self.session.engine.phase = Phase::Acknowledging { prompt: Arc::clone(&prompt) };
            return Move::Stop(Next::Acknowledge(prompt));
        }
        self.leave(node, &[ConnectionType::Default])
    }

    /// Tells in each item which variant it is of, and returns what was shown, each once.
    fn name_variants(
        &self,
        items: &mut [Item],
        gathered: &Gathered,
    ) -> Vec<(ContentId, Option<Arc<str>>)> {
        let mut shown: Vec<(ContentId, Option<Arc<str>>)> = Vec::new();
        for item in items {
            let Some(found) = item.source.as_ref().and_then(|(id, _)| gathered.item(*id)) else {
                continue;
            };
            item.variant_key = self.variant_of(found);
            if shown.last().is_none_or(|(last, _)| *last != found.id) {
                shown.push((found.id, item.variant_key.clone()));
            }
        }
        shown
    }

    /// The visitor acknowledged a message, or took one of its replies (R2.30, R2.31).
    pub(super) fn acknowledge(
        &mut self,
        node: &'a Node,
        prompt: &Prompt,
        value: Value,
        hint: InputType,
    ) -> Move {
        let replies = match &node.kind {
            NodeKind::Message(message) => message.replies.as_deref(),
            NodeKind::Question(_)
            | NodeKind::Condition(_)
            | NodeKind::Action(_)
            | NodeKind::Webhook(_)
            | NodeKind::Composite(_)
            | NodeKind::Script(_)
            | NodeKind::Custom(_)
            | NodeKind::Broken => None,
        };
        let taken = replies.filter(|_| !value.is_null()).and_then(|replies| {
            match choice::one(&value, &prompt.options, false).ok()? {
                Accepted::Answer { value, option: Some(option) } => Some((replies, value, option)),
                Accepted::Answer { .. } | Accepted::Empty => None,
            }
        });
        let here = self.here();
        let Some((replies, stored, option)) = taken else {
            self.note_engaged(&value);
            // A client that has nothing to send says `continue` (R3.50).
            let nothing = hint == InputType::Continue && prompt.options.is_empty();
            let input = if nothing { Value::Null } else { value };
            self.events.push(Event::Acknowledged { node: here, input, hint });
            return self.leave(node, &[ConnectionType::Default]);
        };
        self.note_engaged(&stored);
        self.events.push(Event::Answered {
            node: here,
            input: value,
            hint,
            value: stored.clone(),
            variable: Arc::clone(&prompt.variable),
            content_id: None,
        });
        if let Some(target) = &replies.variable
            && let Err(error) = self.write(target, stored)
        {
            return self.fail(node, code_of(error), &error.to_string());
        }
        let edge = self.route_answer(node, Some(option));
        self.take(node, edge)
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

/// What is said when no entry yields anything (R2.27).
fn own_text(message: &Message, scope: &Scope<'_>, notes: &mut Notes) -> Option<Content> {
    if let Some(rich) = &message.rich {
        return Some(render_rich(rich, scope, notes));
    }
    message.text.as_ref().map(|text| Content::Text(text.show(scope, &mut notes.missing)))
}

/// The items that the fetched items name (R2.24).
fn nested(gathered: &Gathered) -> Vec<ContentId> {
    let mut ids: Vec<ContentId> = Vec::new();
    for id in gathered.items.iter().flat_map(nested_ids) {
        if !ids.contains(&id) && !gathered.fetched.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

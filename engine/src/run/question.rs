//! Presenting a question (R2.41 to R2.44, R4.10 to R4.14).

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::gather::Gather;
use super::item::{Notes, filled};
use super::scope::Scope;
use super::{Move, Run, value_of};
use crate::answer::InputType;
use crate::answer::options::{client_view, normalise};
use crate::check::{Pointer, Report};
use crate::content::ContentItem;
use crate::flow::ConnectionType;
use crate::flow::graph::Node;
use crate::flow::node::question::{Options, Question, StateOptions};
use crate::flow::node::random::{Exhausted, Random};
use crate::flow::target::Target;
use crate::id::ContentId;
use crate::protocol::{Event, Next, Outcome, Prompt};
use crate::session::{Asked, Gathered, Phase};
use crate::value::Lookup;
use crate::value::shape::{Purpose, Shape};
use crate::value::template::Missing;

impl<'a> Run<'a> {
    pub(super) fn enter_question(&mut self, node: &'a Node, question: &'a Question) -> Move {
        if let Some(random) = &question.random {
            return self.list(random, Gathered::default(), true);
        }
        match question.content_id {
            Some(id) => self.fetch(Gathered::default(), vec![id]),
            None => self.ask(node, question, None),
        }
    }

    pub(super) fn resume_question(
        &mut self,
        node: &'a Node,
        question: &'a Question,
        mut gathered: Gathered,
        outcome: Outcome,
    ) -> Move {
        let value = value_of(outcome).unwrap_or_else(|failure| {
            self.warn("content_unavailable", failure.reason);
            json!([])
        });
        let drawn = match gathered.asked {
            Asked::Fresh => {
                let candidates = self.candidates(value);
                if let (true, Some(random)) = (candidates.is_empty(), self.reusable(question)) {
                    return self.list(random, gathered, false);
                }
                self.draw(&candidates)
            }
            Asked::Any => {
                // Shown longest ago goes first (F8).
                let candidates = self.candidates(value);
                let shown = question.random.as_ref().map(|random| self.shown(random));
                shown.into_iter().flatten().find(|id| candidates.contains(id))
            }
            Asked::Items | Asked::Nothing => {
                self.receive_items(&mut gathered, value);
                let found = gathered.fetched.last().and_then(|id| gathered.item(*id)).cloned();
                return match (found, &question.random) {
                    (None, Some(random)) => self.exhausted(node, question, random),
                    (found, _) => self.ask(node, question, found.as_ref()),
                };
            }
        };
        match (drawn, &question.random) {
            (Some(id), _) => self.fetch(gathered, vec![id]),
            (None, Some(random)) => self.exhausted(node, question, random),
            (None, None) => self.ask(node, question, None),
        }
    }

    /// The random source, if an empty pool may be due to its exclusions and those may be lifted.
    fn reusable(&self, question: &'a Question) -> Option<&'a Random> {
        // Its own prompt goes before a repeat (R4.14).
        let random = question.random.as_ref().filter(|_| question.text.is_none())?;
        (random.exhausted == Exhausted::Reuse && !self.shown(random).is_empty()).then_some(random)
    }

    /// Nothing to draw (R4.14): the node's own prompt, else skip or fail.
    fn exhausted(&mut self, node: &'a Node, question: &'a Question, random: &'a Random) -> Move {
        if question.text.is_some() {
            return self.ask(node, question, None);
        }
        self.forget_answer(question, None);
        if random.exhausted == Exhausted::Skip {
            return self.leave(node, &[ConnectionType::Default]);
        }
        self.fail(node, "content_exhausted", "there is no content left to draw")
    }

    /// Nothing to ask with (R4.14): a drawn item without a prompt is like none.
    fn no_prompt(
        &mut self,
        node: &'a Node,
        question: &'a Question,
        found: Option<&ContentItem>,
    ) -> Move {
        self.forget_answer(question, found);
        if question.random.as_ref().is_some_and(|random| random.exhausted == Exhausted::Skip) {
            return self.leave(node, &[ConnectionType::Default]);
        }
        self.fail(node, "no_prompt", "the question has neither a prompt nor content")
    }

    /// A stale answer must never be read in place of one that a drawn question did not get (F8).
    fn forget_answer(&mut self, question: &Question, found: Option<&ContentItem>) {
        if question.random.is_none() {
            return;
        }
        let target = match &question.variable {
            Some(target) => Some(target.clone()),
            None => Target::quiet(&variable_of(question, found)),
        };
        if let Some(target) = target {
            self.store(&target, Value::Null);
        }
    }

    /// Presents the question, with the prompt of `found` if there is one.
    fn ask(&mut self, node: &'a Node, question: &'a Question, found: Option<&ContentItem>) -> Move {
        let scope = Scope::of(self.session);
        let mut notes = Notes::default();
        let body = found.map(|found| filled(found, &scope, &mut notes));
        let options = self.options(question, found, &mut notes.missing);
        let prompt_text = text_of_prompt(question, body.as_ref(), &scope, &mut notes.missing);
        // A question may consist of its options only (R2.41, R4.14).
        let Some(prompt_text) = prompt_text.or_else(|| (!options.is_empty()).then(String::new))
        else {
            self.warn_notes(notes);
            return self.no_prompt(node, question, found);
        };
        let mut presented = Map::from_iter([("text".to_owned(), Value::from(prompt_text))]);
        if let (Some(found), Some(body)) = (found, body) {
            presented.insert("id".to_owned(), json!(found.id));
            presented.insert("type".to_owned(), json!(found.kind));
            // The body holds the options with what their author keeps private (R3.9).
            presented.insert("content".to_owned(), client_view(&Value::Object(body)));
        }
        if question.input_type.takes_options()
            && question.input_type != InputType::Boolean
            && options.is_empty()
        {
            self.warn_notes(notes);
            self.forget_answer(question, found);
            return self.fail(node, "no_options", "the question has no options");
        }
        let scope = Scope::of(self.session);
        let mut more = Arc::clone(&question.extras.constant);
        for (name, template) in [
            ("placeholder", &question.extras.placeholder),
            ("help_text", &question.extras.help_text),
        ] {
            if let Some(template) = template {
                Arc::make_mut(&mut more).insert(
                    name.to_owned(),
                    Value::from(template.show(&scope, &mut notes.missing)),
                );
            }
        }
        let prompt = Arc::new(Prompt {
            node: node.id.clone(),
            flow: self.flow.version.id,
            input_type: question.input_type,
            variable: variable_of(question, found),
            question: presented,
            options,
            content_id: found.map(|found| found.id),
            more,
        });
        self.warn_notes(notes);
        if let (Some(random), Some(found)) = (&question.random, found) {
            self.track(random, found.id);
        }
        let asked_at = self.turn().at;
        self.session.engine.phase =
            Phase::Asking { prompt: Arc::clone(&prompt), attempts: 0, asked_at };
        self.events.push(Event::Asked { prompt: Arc::clone(&prompt) });
        Move::Stop(Next::Ask(prompt))
    }

    /// The options as presented (R3.5 to R3.8, R4.11, F4): the node's own, else the item's.
    fn options(
        &self,
        question: &Question,
        found: Option<&ContentItem>,
        missing: &mut Missing,
    ) -> Arc<[Value]> {
        let scope = Scope::of(self.session);
        match &question.options {
            Options::Constant(options) if !options.is_empty() => Arc::clone(options),
            Options::Shaped(shapes) => {
                let filled = shapes.iter().map(|shape| shape.fill(&scope, Purpose::Store, missing));
                filled.filter_map(|option| normalise(&option)).collect()
            }
            Options::State(state) => from_state(state, &scope),
            Options::Constant(_) => {
                found.map_or_else(Arc::default, |found| from_content(found, &scope, missing))
            }
        }
    }

    /// Remembers what was shown (R4.10); a reused item moves to the end (F8).
    fn track(&mut self, random: &Random, id: ContentId) {
        let Some(target) = &random.track_in else { return };
        let id = Value::from(id.to_string());
        let mut shown = match self.read(target) {
            Some(Value::Array(items)) => items.clone(),
            _ => Vec::new(),
        };
        shown.retain(|item| *item != id);
        shown.push(id);
        self.store(target, Value::Array(shown));
    }

    /// Writes what the engine itself keeps; a full state is only a warning.
    fn store(&mut self, target: &Target, value: Value) {
        if let Err(error) = self.write(target, value) {
            self.warn("not_written", format!("{}: {error}", target.text()));
        }
    }
}

/// R2.41; an empty text is a prompt too, when there are options to choose from.
fn text_of_prompt(
    question: &Question,
    body: Option<&Map<String, Value>>,
    scope: &Scope<'_>,
    missing: &mut Missing,
) -> Option<String> {
    let of_item = |body: &Map<String, Value>| {
        let inner = body.get("question").and_then(|inner| inner.get("text"));
        let text = body.get("text").or_else(|| body.get("question_text")).or(inner);
        text.and_then(Value::as_str).map(str::to_owned)
    };
    body.and_then(of_item).or_else(|| question.text.as_ref().map(|text| text.show(scope, missing)))
}

/// The node's variable, else the item's (R2.44).
fn variable_of(question: &Question, found: Option<&ContentItem>) -> Arc<str> {
    if !question.written.is_empty() {
        return Arc::clone(&question.written);
    }
    found
        .and_then(|found| found.content.get("variable"))
        .and_then(Value::as_str)
        .map_or_else(|| "".into(), Into::into)
}

/// The target of a prompt's variable when the node names none.
pub(super) fn target_of<'a>(question: &'a Question, prompt: &Prompt) -> Option<Cow<'a, Target>> {
    match &question.variable {
        Some(target) => Some(Cow::Borrowed(target)),
        None if prompt.variable.is_empty() => None,
        None => Target::quiet(&prompt.variable).map(Cow::Owned),
    }
}

fn from_content(found: &ContentItem, scope: &Scope<'_>, missing: &mut Missing) -> Arc<[Value]> {
    let nested = found.content.get("question").and_then(|inner| inner.get("options"));
    let is_filled = |list: &&Value| list.as_array().is_some_and(|items| !items.is_empty());
    let listed = ["answers", "options"].into_iter().filter_map(|key| found.content.get(key));
    let list = listed.chain(nested).find(is_filled);
    let options = list.and_then(Value::as_array).into_iter().flatten();
    options
        .filter_map(|option| {
            let shape = Shape::compile(option, &Pointer::root(), &mut Report::default());
            normalise(&shape.fill(scope, Purpose::Store, missing))
        })
        .collect()
}

/// R3.8: elements of a list become options that keep all their fields.
fn from_state(state: &StateOptions, scope: &Scope<'_>) -> Arc<[Value]> {
    const DEFAULTS: [(&str, &[&str]); 4] = [
        ("value", &["value", "id", "key", "isbn"]),
        ("label", &["label", "display_title", "title", "name", "text"]),
        ("image_url", &["image_url", "cover_url", "image"]),
        ("description", &["description"]),
    ];
    let found = Lookup::get(scope, &state.source);
    let items = found.as_deref().and_then(Value::as_array).into_iter().flatten();
    let option = |item: &Value| {
        let Value::Object(fields) = item else { return normalise(item) };
        let mut option = fields.clone();
        for ((name, defaults), named) in DEFAULTS.iter().zip(&state.fields) {
            let value = match named {
                Some(field) => fields.get(&**field),
                None => defaults.iter().find_map(|field| fields.get(*field)),
            };
            option.extend(value.map(|value| ((*name).to_owned(), value.clone())));
        }
        normalise(&Value::Object(option))
    };
    items.take(state.limit).filter_map(option).collect()
}

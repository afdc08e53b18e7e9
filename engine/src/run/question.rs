//! Presenting a question (R2.41 to R2.44, R4.10 to R4.14).

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::gather::Gather;
use super::item::{Notes, filled};
use super::item_rules::rules_of_item;
use super::scope::Scope;
use super::{Move, Run, value_of};
use crate::answer::AnswerOption;
use crate::answer::options::{client_view, normalise};
use crate::check::{Pointer, Report};
use crate::content::ContentItem;
use crate::flow::ConnectionType;
use crate::flow::graph::Node;
use crate::flow::node::media::is_allowed_url;
use crate::flow::node::options::{Options, StateOptions};
use crate::flow::node::question::Question;
use crate::flow::node::random::{Exhausted, Random};
use crate::flow::target::Target;
use crate::protocol::{Event, Next, Outcome, Prompt};
use crate::session::{Asked, Gathered, Phase};
use crate::table::object;
use crate::value::Lookup;
use crate::value::shape::{Purpose, Shape};

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
                question.random.as_ref().and_then(|random| self.oldest(random, &candidates))
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
        self.is_reusable(random).then_some(random)
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
        let options = self.options(question, found, &mut notes);
        let presented = present(question, body.as_ref(), !options.is_empty(), &scope, &mut notes);
        let Some(mut presented) = presented else {
            self.warn_notes(notes);
            return self.no_prompt(node, question, found);
        };
        if let (Some(found), Some(body)) = (found, body) {
            presented.insert("id".to_owned(), json!(found.id));
            presented.insert("type".to_owned(), json!(found.kind));
            // The body holds the options with what their author keeps private (R3.9).
            presented.insert("content".to_owned(), client_view(&Value::Object(body)));
        }
        let variant = found.and_then(|found| self.variant_of(found));
        if let Some(key) = &variant {
            presented.insert("variant_key".to_owned(), json!(key));
        }
        let theirs = found.and_then(|found| rules_of_item(question, found, !options.is_empty()));
        let (input_type, mut more) =
            theirs.unwrap_or_else(|| (question.input_type, Arc::clone(&question.extras.constant)));
        if input_type.takes_options() && options.is_empty() {
            self.warn_notes(notes);
            self.forget_answer(question, found);
            return self.fail(node, "no_options", "the question has no options");
        }
        for (name, template) in [
            ("placeholder", &question.extras.placeholder),
            ("help_text", &question.extras.help_text),
        ] {
            if let Some(template) = template {
                Arc::make_mut(&mut more).insert(
                    name.to_owned(),
                    Value::from(template.show(&Scope::of(self.session), &mut notes.missing)),
                );
            }
        }
        let prompt = Arc::new(Prompt {
            node: node.id.clone(),
            flow: self.flow.version.id,
            input_type,
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
        self.trace_asked(question, &prompt);
        self.events.push(Event::Asked { prompt: Arc::clone(&prompt) });
        if let Some(found) = found {
            self.note_shown(found.id, variant, true);
        }
        Move::Stop(Next::Ask(prompt))
    }

    /// The options as presented (R3.5 to R3.8, R4.11, F4): the node's own, else the item's.
    fn options(
        &self,
        question: &Question,
        found: Option<&ContentItem>,
        notes: &mut Notes,
    ) -> Arc<[AnswerOption]> {
        if question.options.is_empty() {
            let scope = Scope::of(self.session);
            return found.map_or_else(Arc::default, |found| from_content(found, &scope, notes));
        }
        self.fill_options(&question.options, notes)
    }

    /// An author's options with their references replaced.
    pub(super) fn fill_options(&self, options: &Options, notes: &mut Notes) -> Arc<[AnswerOption]> {
        let scope = Scope::of(self.session);
        match options {
            Options::Constant(options) => Arc::clone(options),
            Options::Shaped(shapes) => {
                let fill = |shape: &Shape| shape.fill(&scope, Purpose::Store, &mut notes.missing);
                let filled: Vec<Value> = shapes.iter().map(fill).collect();
                usable(&filled, notes)
            }
            Options::State(state) => usable(&from_state(state, &scope), notes),
        }
    }
}

/// The options that can be chosen; how many cannot is told (R3.5). What an author wrote without
/// references is told by the checker instead.
fn usable(options: &[Value], notes: &mut Notes) -> Arc<[AnswerOption]> {
    let usable: Arc<[AnswerOption]> =
        options.iter().filter_map(normalise).map(AnswerOption::new).collect();
    let dropped = options.len().saturating_sub(usable.len());
    if dropped > 0 {
        notes.warnings.push(("option_dropped", dropped.to_string().into()));
    }
    usable
}

/// The question object (R2.41, R2.42), without what names its content item; `None` without a prompt.
fn present(
    question: &Question,
    body: Option<&Map<String, Value>>,
    has_options: bool,
    scope: &Scope<'_>,
    notes: &mut Notes,
) -> Option<Map<String, Value>> {
    let of_item = body.and_then(text_of_item);
    let (rich, media) = match (&of_item, body) {
        (Some(_), Some(body)) => (body.get("rich_text").cloned(), body.get("media").cloned()),
        _ => (
            question.rich.as_ref().map(|rich| rich.html(scope, &mut notes.missing).into()),
            question
                .media
                .as_ref()
                .map(|media| media.fill(scope, Purpose::Show, &mut notes.missing)),
        ),
    };
    let own = || question.text.as_ref().map(|text| text.show(scope, &mut notes.missing));
    // A question may consist of its options only (R2.41, R4.14).
    let text = of_item.or_else(own).or_else(|| has_options.then(String::new))?;
    let mut presented = object([("text".to_owned(), Value::from(text))]);
    presented.extend(rich.filter(Value::is_string).map(|rich| ("rich_text".to_owned(), rich)));
    if let Some(media) = media {
        let url = media.get("url").and_then(Value::as_str).unwrap_or_default();
        if is_allowed_url(url) {
            presented.insert("media".to_owned(), media);
        } else {
            notes.warnings.push(("media_url", url.chars().take(200).collect::<String>().into()));
        }
    }
    Some(presented)
}

/// The prompt of a content item (R2.41); markup is a prompt too.
fn text_of_item(body: &Map<String, Value>) -> Option<String> {
    let inner = body.get("question").and_then(|inner| inner.get("text"));
    let text = body.get("text").or_else(|| body.get("question_text")).or(inner);
    let rich = || body.get("rich_text").map(|_| String::new());
    text.and_then(Value::as_str).map(str::to_owned).or_else(rich)
}

/// The node's variable, else the item's (R2.44).
fn variable_of(question: &Question, found: Option<&ContentItem>) -> Arc<str> {
    if !question.written.is_empty() {
        return Arc::clone(&question.written);
    }
    let nested = |content: &Map<String, Value>| content.get("question")?.get("variable").cloned();
    let named = found.and_then(|found| {
        let own = found.content.get("variable").cloned();
        own.or_else(|| nested(&found.content))
    });
    named.as_ref().and_then(Value::as_str).map_or_else(|| "".into(), Into::into)
}

/// The target of a prompt's variable when the node names none.
pub(super) fn target_of<'a>(question: &'a Question, prompt: &Prompt) -> Option<Cow<'a, Target>> {
    match &question.variable {
        Some(target) => Some(Cow::Borrowed(target)),
        None if prompt.variable.is_empty() => None,
        None => Target::quiet(&prompt.variable).map(Cow::Owned),
    }
}

fn from_content(found: &ContentItem, scope: &Scope<'_>, notes: &mut Notes) -> Arc<[AnswerOption]> {
    let nested = found.content.get("question").and_then(|inner| inner.get("options"));
    let is_filled = |list: &&Value| list.as_array().is_some_and(|items| !items.is_empty());
    let listed = ["answers", "options"].into_iter().filter_map(|key| found.content.get(key));
    let list = listed.chain(nested).find(is_filled);
    let options = list.and_then(Value::as_array).into_iter().flatten();
    let fill = |option: &Value| {
        let shape = Shape::compile(option, &Pointer::root(), &mut Report::default());
        shape.fill(scope, Purpose::Store, &mut notes.missing)
    };
    let filled: Vec<Value> = options.map(fill).collect();
    usable(&filled, notes)
}

/// R3.8: elements of a list become options that keep all their fields.
fn from_state(state: &StateOptions, scope: &Scope<'_>) -> Vec<Value> {
    const DEFAULTS: [(&str, &[&str]); 4] = [
        ("value", &["value", "id", "key", "isbn"]),
        ("label", &["label", "display_title", "title", "name", "text"]),
        ("image_url", &["image_url", "cover_url", "image"]),
        ("description", &["description"]),
    ];
    let found = Lookup::get(scope, &state.source);
    let items = found.as_deref().and_then(Value::as_array).into_iter().flatten();
    let option = |item: &Value| {
        let Value::Object(fields) = item else { return item.clone() };
        let mut option = fields.clone();
        for ((name, defaults), named) in DEFAULTS.iter().zip(&state.fields) {
            let value = match named {
                Some(field) => fields.get(&**field),
                None => defaults.iter().find_map(|field| fields.get(*field)),
            };
            option.extend(value.map(|value| ((*name).to_owned(), value.clone())));
        }
        Value::Object(option)
    };
    items.take(state.limit).map(option).collect()
}

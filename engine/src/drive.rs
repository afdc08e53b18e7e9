//! Loops that resolve effects until the session waits for the visitor or ends.

use std::sync::Arc;

use serde_json::Value;

use crate::flow::{Catalog, FlowDefinition};
use crate::id::FlowRef;
use crate::protocol::{Effect, EffectKind, Event, Input, InputKind, Next, Outcome, Turn, Visited};
use crate::run::{Engine, StepError};
use crate::session::Session;
use crate::time::Timestamp;

/// Resolves effects on the calling thread.
pub trait Resolver {
    /// The host's clock.
    fn now(&mut self) -> Timestamp;
    /// Does what the effect asks. For [`EffectKind::LoadFlow`] the value is the flow document.
    fn resolve(&mut self, effect: &Effect) -> Outcome;
}

/// Resolves effects without blocking.
pub trait AsyncResolver {
    /// The host's clock.
    fn now(&self) -> Timestamp;
    /// Does what the effect asks. For [`EffectKind::LoadFlow`] the value is the flow document.
    fn resolve(&self, effect: &Effect) -> impl Future<Output = Outcome> + Send;
    /// As [`AsyncResolver::resolve`], for the node that waits for the effect. A host to whom it matters
    /// which node that is implements this as well.
    fn resolve_for(
        &self,
        node: Option<&Visited>,
        effect: &Effect,
    ) -> impl Future<Output = Outcome> + Send {
        let _ = node;
        self.resolve(effect)
    }
}

/// What a driver hands back: the turn, and the inputs that led to it, for the journal.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a turn holds what to show and to store"]
pub struct Driven {
    /// What happened.
    pub turn: Turn,
    /// The input given, then one per effect; replaying them gives the same turn.
    pub inputs: Vec<Input>,
    /// The effects that were resolved, in order: one for each input after the first.
    pub opened: Vec<Opened>,
}

/// An effect of a turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// What was asked of the host.
    pub effect: Effect,
    /// How many events of the turn came before it.
    pub events: usize,
}

/// Steps until the visitor is needed or the session is over.
///
/// # Errors
///
/// As [`Engine::step`]; the session is then as it was before the step that failed.
pub fn drive<R: Resolver>(
    engine: &Engine,
    catalog: &mut Catalog,
    session: &mut Session,
    input: Input,
    host: &mut R,
) -> Result<Driven, StepError> {
    let mut journal = Gathering::begin(session, input.at);
    let mut input = input;
    loop {
        journal.inputs.push(input.clone());
        let step = engine.step(catalog, session, input)?;
        journal.add(step.events);
        let Next::Resolve(effect) = step.next else {
            return Ok(journal.finish(session, step.next));
        };
        let outcome = host.resolve(&effect);
        input = resolved(catalog, &effect, outcome, host.now());
        journal.open(effect);
    }
}

/// [`drive`], without blocking.
///
/// # Errors
///
/// As [`drive`].
pub async fn drive_async<R: AsyncResolver>(
    engine: &Engine,
    catalog: &mut Catalog,
    session: &mut Session,
    input: Input,
    host: &R,
) -> Result<Driven, StepError> {
    let mut journal = Gathering::begin(session, input.at);
    let mut input = input;
    loop {
        journal.inputs.push(input.clone());
        let step = engine.step(catalog, session, input)?;
        journal.add(step.events);
        let Next::Resolve(effect) = step.next else {
            return Ok(journal.finish(session, step.next));
        };
        let outcome = host.resolve_for(session.position().as_ref(), &effect).await;
        input = resolved(catalog, &effect, outcome, host.now());
        journal.open(effect);
    }
}

/// What the steps of one turn leave behind.
struct Gathering {
    at: Timestamp,
    from: Option<Visited>,
    events: Vec<Event>,
    inputs: Vec<Input>,
    opened: Vec<Opened>,
}

impl Gathering {
    fn begin(session: &Session, at: Timestamp) -> Self {
        let from = session.position();
        let inputs = Vec::with_capacity(1);
        Self { at, from, events: Vec::new(), inputs, opened: Vec::new() }
    }

    fn open(&mut self, effect: Effect) {
        self.opened.push(Opened { effect, events: self.events.len() });
    }

    /// Appends the events of a step; those of the first step are not copied.
    fn add(&mut self, mut events: Vec<Event>) {
        if self.events.is_empty() {
            self.events = events;
        } else {
            self.events.append(&mut events);
        }
    }

    fn finish(self, session: &Session, next: Next) -> Driven {
        let revision = session.revision();
        let turn = Turn { at: self.at, revision, from: self.from, events: self.events, next };
        Driven { turn, inputs: self.inputs, opened: self.opened }
    }
}

/// The input that tells what came of an effect. A flow that was loaded goes into the catalog, and
/// the engine learns its digest only, so that a replay notices another graph.
fn resolved(catalog: &mut Catalog, effect: &Effect, outcome: Outcome, at: Timestamp) -> Input {
    let outcome = match (&effect.kind, outcome) {
        (EffectKind::LoadFlow { flow }, Outcome::Done { value }) => load(catalog, *flow, &value),
        (_, outcome) => outcome,
    };
    Input::new(at, InputKind::Resolved { effect: effect.id, outcome })
}

fn load(catalog: &mut Catalog, version: FlowRef, document: &Value) -> Outcome {
    let (definition, report) = FlowDefinition::read(document);
    let Some(mut definition) = definition.filter(|_| !report.has_errors()) else {
        return Outcome::failed(
            "flow_invalid",
            format!("the document of flow `{version}` has errors"),
        );
    };
    definition.id = Some(version.id);
    match catalog.compiler().compile(&definition, version.seq).flow {
        Some(flow) => {
            let digest = Value::from(flow.digest());
            catalog.insert(Arc::clone(&flow));
            Outcome::Done { value: digest }
        }
        None => Outcome::failed("flow_invalid", format!("flow `{version}` does not compile")),
    }
}

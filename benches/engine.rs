//! STD-1 and its longer and wider kin played by the engine.

use std::sync::Arc;

use chatflow::{
    Catalog, Content, Driven, Effect, Engine, Event, Flow, FlowDefinition, FlowRef, Input,
    InputKind, InputType, NewSession, Next, Outcome, Resolver, Seed, Session, SessionId,
    SessionTexts, Timestamp, TraceLevel, Turn, drive,
};
use serde_json::{Map, Value};

use crate::std1::{ANSWERS, flow_doc, initial_state};

/// A host that is never asked: STD-1 needs nothing from outside.
struct Host;

impl Resolver for Host {
    fn now(&mut self) -> Timestamp {
        Timestamp::default()
    }

    fn resolve(&mut self, effect: &Effect) -> Outcome {
        panic!("nothing to resolve, but {effect:?}")
    }
}

/// A compiled flow and what its conversations start from.
#[derive(Debug)]
pub struct Talk {
    engine: Engine,
    catalog: Catalog,
    flow: FlowRef,
    id: SessionId,
    state: Arc<Map<String, Value>>,
    /// The session after its start.
    stored: Option<SessionTexts>,
}

/// Reads the text of a published flow and makes it runnable: all that a host does before the first session.
pub fn load(text: &str) -> Arc<Flow> {
    let (definition, report) = FlowDefinition::read_json(text);
    let compiled = Flow::load(&definition.unwrap_or_else(|| panic!("{report:?}")), 1);
    compiled.flow.unwrap_or_else(|| panic!("{:?}", compiled.report))
}

impl Talk {
    /// STD-1.
    pub fn std1() -> Self {
        Self::of(&flow_doc(5, false))
    }

    /// A talk through any flow, from the state of STD-1.
    pub fn of(document: &Value) -> Self {
        Self::of_state(document, &initial_state())
    }

    /// A talk through any flow, from any state.
    pub fn of_state(document: &Value, state: &Value) -> Self {
        let flow = load(&document.to_string());
        let version = flow.version();
        let mut state = state.clone();
        let state = state.as_object_mut().expect("an object");
        // The hand-written bound keeps its place in `system`; the engine keeps its own.
        state.remove("system");
        let mut talk = Self {
            engine: Engine::default(),
            catalog: Catalog::from_iter([flow]),
            flow: version,
            id: SessionId::derived("std1"),
            state: Arc::new(std::mem::take(state)),
            stored: None,
        };
        let mut session = talk.session();
        drop(talk.start(&mut session));
        talk.stored = Some(session.texts());
        talk
    }

    /// A session that has not started.
    pub fn session(&self) -> Session {
        Session::new(NewSession {
            id: self.id,
            flow: self.flow,
            pins: std::collections::BTreeMap::new(),
            seed: Seed(7),
            user_id: None,
            tenant: None,
            trace: TraceLevel::Off,
        })
    }

    /// The first turn.
    pub fn start(&mut self, session: &mut Session) -> Turn {
        let state = Arc::clone(&self.state);
        self.feed(session, InputKind::Start { state })
    }

    /// One turn.
    pub fn answer(&mut self, session: &mut Session, answer: &str) -> Turn {
        self.feed(session, InputKind::Reply { value: Value::from(answer), hint: InputType::Choice })
    }

    fn feed(&mut self, session: &mut Session, kind: InputKind) -> Turn {
        let input = Input::new(Timestamp::from_millis(1_767_225_600_000), kind);
        let driven = drive(&self.engine, &mut self.catalog, session, input, &mut Host);
        let Driven { turn, inputs, .. } = driven.expect("STD-1 is played by its rules");
        drop(inputs);
        turn
    }

    /// A start and five turns in memory; each turn goes to `show`, as a host would send it.
    pub fn in_memory(&mut self, mut show: impl FnMut(Turn)) -> Session {
        let mut session = self.session();
        show(self.start(&mut session));
        for answer in ANSWERS {
            show(self.answer(&mut session, std::hint::black_box(answer)));
        }
        session
    }

    /// Five turns, each from the stored texts to the stored texts and the hash.
    pub fn persisted(&mut self, mut show: impl FnMut(Turn)) -> SessionTexts {
        let mut stored = self.stored.clone().expect("it has started");
        for answer in ANSWERS {
            let restored = Session::restore(&stored.engine, &stored.state);
            let mut session = restored.expect("it was written so");
            show(self.answer(&mut session, std::hint::black_box(answer)));
            stored = session.texts();
        }
        stored
    }
}

/// Appends what a visitor saw in a turn: messages and questions.
pub fn read(turn: &Turn, said: &mut Vec<String>) {
    for event in &turn.events {
        let Event::Said { items, .. } = event else { continue };
        for item in items {
            let Content::Text(text) = &item.content else { panic!("{item:?}") };
            said.push(text.clone());
        }
    }
    if let Next::Ask(prompt) = &turn.next {
        said.push(prompt.question["text"].as_str().expect("a text").to_owned());
    }
}

/// Drops a turn unread.
pub fn unread(turn: Turn) {
    drop(std::hint::black_box(turn));
}

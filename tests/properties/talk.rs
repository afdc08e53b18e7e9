//! A session that is stepped by hand.

use chatflow::{
    Catalog, Effect, EffectKind, Engine, FlowRef, Input, InputKind, InputType, Limits, NewSession,
    Next, Outcome, Phase, Seed, Session, SessionId, Step, StepError, Timestamp, TraceLevel, clean,
};
use chatflow_tests::conversation::World;
use serde_json::{Map, Value};

/// A session of the flow `main`, with everything that was fed and came of it.
#[derive(Clone)]
pub(super) struct Talk<'a> {
    pub(super) engine: Engine,
    pub(super) catalog: Catalog,
    pub(super) session: Session,
    pub(super) world: &'a World,
    pub(super) inputs: Vec<Input>,
    pub(super) steps: Vec<Step>,
}

impl<'a> Talk<'a> {
    /// A session that has not started; only its own flow is in the catalog.
    ///
    /// `None` if the flow does not compile.
    pub(super) fn new(world: &'a World, limits: Limits) -> Option<Self> {
        let flow = FlowRef { id: world.library.find("main")?, seq: 0 };
        let session = Session::new(NewSession {
            id: SessionId::derived("talk"),
            flow,
            pins: world.library.pins(flow.id),
            seed: Seed(7),
            user_id: None,
            tenant: None,
            trace: TraceLevel::Off,
        });
        let mut catalog = Catalog::default();
        catalog.insert(world.library.catalog().get(flow)?.clone());
        let engine = Engine::new(limits);
        Some(Self { engine, catalog, session, world, inputs: Vec::new(), steps: Vec::new() })
    }

    /// The same, traced.
    pub(super) fn at_level(mut self, trace: TraceLevel) -> Self {
        let flow = self.session.flow();
        self.session = Session::new(NewSession {
            id: self.session.id(),
            flow,
            pins: self.world.library.pins(flow.id),
            seed: Seed(7),
            user_id: None,
            tenant: None,
            trace,
        });
        self
    }

    /// Starts with these variables.
    pub(super) fn start(&mut self, state: Value) -> Result<(), StepError> {
        let Value::Object(state) = state else { panic!("{state} is no state") };
        self.feed(InputKind::Start { state: state.into() })
    }

    /// Answers as a client that knows the prompt; `false` when the session is over.
    pub(super) fn reply(&mut self, mut value: Value) -> bool {
        let _ = clean(&mut value);
        let hint = match self.session.phase() {
            Phase::Asking { prompt, .. } => prompt.input_type,
            Phase::Acknowledging { .. } => InputType::Continue,
            Phase::Scripting { .. } => {
                let result = value;
                return self.feed(InputKind::ScriptResult { result }).is_ok();
            }
            _ => return false,
        };
        self.feed(InputKind::Reply { value, hint }).is_ok()
    }

    /// Feeds an input and resolves effects until the visitor is needed.
    pub(super) fn feed(&mut self, kind: InputKind) -> Result<(), StepError> {
        self.feed_and(kind, |_| {})
    }

    /// As [`Talk::feed`], with something done to the session after every step.
    pub(super) fn feed_and(
        &mut self,
        kind: InputKind,
        mut after_step: impl FnMut(&mut Session),
    ) -> Result<(), StepError> {
        let mut input = Input::new(self.now(), kind);
        loop {
            self.inputs.push(input.clone());
            let step = self.engine.step(&self.catalog, &mut self.session, input)?;
            after_step(&mut self.session);
            let next = step.next.clone();
            self.steps.push(step);
            let Next::Resolve(effect) = next else { return Ok(()) };
            let outcome = self.resolve(&effect);
            input = Input::new(self.now(), InputKind::Resolved { effect: effect.id, outcome });
        }
    }

    /// Answers an effect; a flow that is asked for goes into the catalog.
    pub(super) fn resolve(&mut self, effect: &Effect) -> Outcome {
        let EffectKind::LoadFlow { flow } = &effect.kind else {
            return self.world.library.resolve(&effect.kind, None);
        };
        let all = self.world.library.catalog();
        let found = all.get(*flow).expect("a pinned flow is in the library");
        self.catalog.insert(found.clone());
        Outcome::Done { value: Value::from(found.digest()) }
    }

    fn now(&self) -> Timestamp {
        let fed = i64::try_from(self.inputs.len()).unwrap();
        Timestamp::from_millis(1_767_225_600_000 + fed)
    }
}

/// Variables to start with that generated flows know.
pub(super) fn some_state() -> Value {
    let state = serde_json::json!({
        "user": {"age": 9, "name": "Ada"},
        "temp": {"n": 1, "list": ["a"], "map": {"a": 1.5}, "shown": []},
    });
    assert!(state.as_object().is_some_and(|map: &Map<_, _>| map.len() == 2));
    state
}

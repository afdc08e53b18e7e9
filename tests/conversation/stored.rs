//! A conversation through a store: what a server does, in the fewest words.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use chatflow::{
    Catalog, Driven, Effect, EffectKind, Engine, Flow, FlowDefinition, FlowId, FlowRef,
    HandlerProgress, HandlerRequest, Input, InputKind, InputType, NewSession, Next, Outcome, Phase,
    Resolver, Seed, Session, SessionId, StepError, Timestamp, TraceLevel, Transcript,
    TranscriptTurn, Turn, clean,
};
use chatflow_storage::{
    AccessScope, Commit, FlowStore, HistoryQuery, NewHistoryRow, SessionStore, Store, VersionRecord,
};
use serde_json::{Value, json};

use super::records::{head, rows, snapshot};
use super::{Opening, Played, Visitor, World, path_of};

/// Plays conversations through a store, as a server would.
///
/// Nothing but the store's rows is kept from one turn to the next. Compiled flows are kept if
/// asked for: servers keep them, a process that has just started has none.
#[derive(Debug)]
pub struct StoredHost<'a> {
    world: &'a World,
    keeps_flows: bool,
    catalog: Catalog,
}

/// One conversation.
struct Talk<'a, F> {
    open: F,
    world: &'a World,
    scope: AccessScope,
    flow: FlowId,
    id: SessionId,
    now: Timestamp,
    requests: Vec<HandlerRequest>,
    progress: HandlerProgress,
}

impl<'a> StoredHost<'a> {
    /// A host on a store into which `world` has been published.
    pub fn new(world: &'a World, keeps_flows: bool) -> Self {
        Self { world, keeps_flows, catalog: Catalog::default() }
    }

    /// Plays a conversation; `open` opens the store and is called once a turn.
    pub fn play<S: Deref<Target: Store + Sized>>(
        &mut self,
        open: impl Fn() -> S,
        opening: &Opening,
        visitor: &mut impl Visitor,
    ) -> Played {
        let root = find(&*open(), &opening.flow);
        let flow = root.flow.id;
        let id = SessionId::derived(&format!("{flow}:{}:{}", opening.seed, opening.at));
        let scope = AccessScope::conversation(root.school_id, None);
        let world = self.world;
        let mut talk = Talk {
            open,
            world,
            scope,
            flow,
            id,
            now: opening.at,
            requests: Vec::new(),
            progress: HandlerProgress::default(),
        };
        let (mut session, driven) = talk.start(self.catalog(), &root, opening);
        let (mut turns, mut path) = (Vec::new(), Vec::new());
        let mut input = Value::Null;
        let mut turn = driven.turn;
        loop {
            let told = turn.to_value(&session);
            path.extend(path_of(&turn));
            turns.push(TranscriptTurn { input, turn: told.clone() });
            if matches!(turn.next, Next::Ended(_)) {
                break;
            }
            let Some(answer) = visitor.answer(&told) else { break };
            (session, turn) = talk.reply(self.catalog(), answer.clone());
            let continues = turns.last().is_some_and(|last| waits_for_acknowledgement(&last.turn));
            input = if continues { Value::Null } else { answer };
        }
        let ended =
            if let Next::Ended(end) = &turn.next { Some(end.reason.as_str()) } else { None };
        let transcript = Transcript {
            format: 1,
            flow: opening.flow.clone(),
            seed: opening.seed.clone(),
            turns,
            state: Value::Object(session.state().clone()),
            state_hash: session.state_hash(),
            ended,
            refused: None,
        };
        Played { transcript, history: talk.history(&turn), path, requests: talk.requests }
    }

    fn catalog(&mut self) -> &mut Catalog {
        if !self.keeps_flows {
            self.catalog = Catalog::default();
        }
        &mut self.catalog
    }
}

fn find(store: &impl Store, name: &str) -> VersionRecord {
    let scope = AccessScope::system();
    let id = match store.flow_by_seed_key(&scope, name).unwrap() {
        Some(flow) => flow.id,
        None => serde_json::from_value(json!(name)).unwrap_or_else(|_| panic!("no flow `{name}`")),
    };
    store.newest_version(&scope, id).unwrap().expect("the flow is published").version
}

fn waits_for_acknowledgement(told: &Value) -> bool {
    // A message that offers replies may be given one.
    let options = told.pointer("/input_request/options").and_then(Value::as_array);
    told.get("wait_for_acknowledgment") == Some(&Value::Bool(true))
        && options.is_none_or(Vec::is_empty)
}

impl<S: Deref<Target: Store + Sized>, F: Fn() -> S> Talk<'_, F> {
    fn start(
        &mut self,
        catalog: &mut Catalog,
        root: &VersionRecord,
        opening: &Opening,
    ) -> (Session, Driven) {
        let store = (self.open)();
        let pins = store.pins(&self.scope, root.flow).unwrap();
        let pins: BTreeMap<Arc<str>, FlowRef> =
            pins.into_iter().map(|pin| (pin.link.into(), pin.flow)).collect();
        let mut session = Session::new(NewSession {
            id: self.id,
            flow: root.flow,
            pins,
            seed: Seed::from_text(&opening.seed),
            user_id: None,
            tenant: None,
            trace: TraceLevel::Off,
        });
        let start = InputKind::Start { state: opening.state.clone().into() };
        let driven = self.drive(&*store, catalog, &mut session, start);
        let new = chatflow_storage::NewSession {
            head: head(self.id, root, self.now),
            snapshot: snapshot(&session, &driven.turn),
            turn: rows(self.flow, &driven.turn),
            preview: None,
        };
        store.create_session(&new).unwrap();
        (session, driven)
    }

    /// Loads the session, answers, commits.
    fn reply(&mut self, catalog: &mut Catalog, mut value: Value) -> (Session, Turn) {
        let store = (self.open)();
        let stored = store.load_session(self.id).unwrap().expect("the session was stored");
        let snapshot_then = stored.snapshot;
        let mut session = Session::restore(&snapshot_then.engine, &snapshot_then.state).unwrap();
        assert_eq!(session.revision(), stored.revision, "store and engine count alike");
        let hint = match session.phase() {
            Phase::Asking { prompt, .. } | Phase::Acknowledging { prompt } => prompt.input_type,
            Phase::Scripting { .. } => InputType::ScriptResult,
            phase => panic!("the stored session is {phase:?}"),
        };
        let _ = clean(&mut value);
        self.now = Timestamp::from_millis(self.now.as_millis() + 1000);
        let kind = if hint == InputType::ScriptResult {
            InputKind::ScriptResult { result: value }
        } else {
            InputKind::Reply { value, hint }
        };
        let turn = self.drive(&*store, catalog, &mut session, kind).turn;
        if !turn.commits() {
            return (session, turn);
        }
        let commit = Commit {
            session: self.id,
            expected: stored.revision,
            lease: None,
            at: self.now,
            snapshot: snapshot(&session, &turn),
            turn: rows(self.flow, &turn),
            mark: None,
        };
        assert_eq!(store.commit(&commit).unwrap().revision, turn.revision);
        (session, turn)
    }

    fn drive(
        &mut self,
        store: &impl Store,
        catalog: &mut Catalog,
        session: &mut Session,
        kind: InputKind,
    ) -> Driven {
        let engine = Engine::default();
        let input = Input::new(self.now, kind);
        loop {
            let scope = &self.scope;
            let mut host = Host {
                store,
                scope,
                world: self.world,
                now: self.now,
                asked: Vec::new(),
                progress: &mut self.progress,
            };
            let driven = chatflow::drive(&engine, catalog, session, input.clone(), &mut host);
            self.requests.append(&mut host.asked);
            match driven {
                Ok(driven) => return driven,
                // A process that has just started: flows are loaded as they are missed.
                Err(StepError::FlowNotLoaded { flow }) => {
                    let document = host.document(flow).expect("a pinned version stays");
                    catalog.insert(compile(&document, flow));
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The history as the store has it after the last turn.
    fn history(&self, last: &Turn) -> Vec<Value> {
        let store = (self.open)();
        let stored = store.load_session(self.id).unwrap().expect("the session was stored");
        assert_eq!(stored.revision, last.revision);
        let query =
            HistoryQuery { session: self.id, after_seq: 0, kinds: None, skip: 0, limit: 10_000 };
        let page = store.history(query).unwrap();
        assert_eq!(page.total, page.rows.len() as u64);
        let row = |row: &NewHistoryRow| {
            let content: Value = serde_json::from_str(&row.content).unwrap();
            json!({"flow": row.flow_id, "node": row.node_id, "type": row.kind, "content": content})
        };
        page.rows.iter().map(|stored| row(&stored.row)).collect()
    }
}

fn compile(document: &Value, version: FlowRef) -> Arc<Flow> {
    let (definition, report) = FlowDefinition::read(document);
    let mut definition = definition.unwrap_or_else(|| panic!("{report:?}"));
    definition.id = Some(version.id);
    let compiled = Flow::compile(&definition, version.seq);
    compiled.flow.unwrap_or_else(|| panic!("{:?}", compiled.report))
}

/// Answers effects from a store, and requests from the world's handlers.
struct Host<'a, S> {
    store: &'a S,
    scope: &'a AccessScope,
    world: &'a World,
    now: Timestamp,
    asked: Vec<HandlerRequest>,
    progress: &'a mut HandlerProgress,
}

impl<S: Store> Host<'_, S> {
    fn document(&self, flow: FlowRef) -> Option<Value> {
        let version = self.store.flow_version(self.scope, flow).unwrap()?;
        Some(serde_json::from_str(&version.document).unwrap())
    }
}

impl<S: Store> Resolver for Host<'_, S> {
    fn now(&mut self) -> Timestamp {
        self.now
    }

    fn resolve(&mut self, effect: &Effect) -> Outcome {
        let mut outcome = match &effect.kind {
            EffectKind::LoadFlow { flow } => match self.document(*flow) {
                Some(value) => Outcome::Done { value },
                None => Outcome::failed("flow_not_found", "no such version"),
            },
            EffectKind::FetchContent { ids } => {
                Outcome::Done { value: json!(self.store.contents(self.scope, ids).unwrap()) }
            }
            EffectKind::ListCandidates { query } => {
                Outcome::Done { value: json!(self.store.candidates(self.scope, query).unwrap()) }
            }
            request => {
                if let EffectKind::CallHandler { request, .. } = request {
                    self.asked.push((**request).clone());
                }
                let handlers = &self.world.library.handlers;
                handlers.perform(request, self.progress, self.now).expect("a request is answered")
            }
        };
        if let Outcome::Done { value } = &mut outcome {
            let _ = clean(value);
        }
        outcome
    }
}

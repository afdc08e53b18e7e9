//! A conversation in a store, for programs that talk to one visitor at a time.

use std::time::{SystemTime, UNIX_EPOCH};

use chatflow::{
    Catalog, Effect, Engine, FlowId, FlowRef, Input, InputKind, InputType, Library, Masker,
    Outcome, Phase, Prompt, Resolver, RestoreError, Revision, Seed, Session, SessionId,
    StateHashMismatch, StepError, TenantId, Timestamp, Turn, clean, drive,
};
use chatflow_storage::{
    Commit, CommitError, CreateError, NewSession, SessionHead, SessionStore, StoreError,
};
use serde_json::{Map, Value};

use crate::{Recorder, stored_level};

/// A conversation with a flow that the program brings itself, in a [`Library`].
///
/// Every turn is stored before it is answered; a turn that fails leaves the conversation as it
/// was. The library answers the flow's effects, so nothing outside the program is touched and no
/// lease is taken; of two programs that continue one conversation at the same moment, one is
/// refused.
#[derive(Debug)]
pub struct Talk<'a, S> {
    store: &'a S,
    library: &'a Library,
    engine: Engine,
    catalog: Catalog,
    session: Session,
    revision: Revision,
    info: Map<String, Value>,
    /// The hash of the last turn, which the next one continues.
    chain: String,
    masker: Masker,
}

/// Why a conversation could not begin or go on; then it is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TalkError {
    /// The library has no such flow, or it has errors.
    #[error("there is no runnable flow `{flow}`")]
    NoFlow {
        /// The flow asked for.
        flow: FlowId,
    },
    /// The store could not be read.
    #[error("cannot look for the conversation")]
    Load(#[from] StoreError),
    /// What is stored cannot be read by this engine.
    #[error("cannot continue the conversation")]
    Restore(#[from] RestoreError),
    /// Somebody changed what is stored.
    #[error("cannot continue the conversation")]
    Changed(#[from] StateHashMismatch),
    /// The engine refused the input.
    #[error("cannot take the turn")]
    Step(#[from] StepError),
    /// The first turn was not stored.
    #[error("cannot store the conversation")]
    Create(#[from] CreateError),
    /// The turn was not stored.
    #[error("cannot store the turn")]
    Commit(#[from] CommitError),
}

impl<'a, S: SessionStore> Talk<'a, S> {
    /// Continues the conversation `id`, or begins it with `flow`; then there is a first turn.
    ///
    /// # Errors
    /// [`TalkError`].
    pub fn open(
        store: &'a S,
        library: &'a Library,
        flow: FlowId,
        id: SessionId,
    ) -> Result<(Self, Option<Turn>), TalkError> {
        let catalog = library.catalog();
        let engine = Engine::default();
        // Whoever can read the file can read the variables as well; the key is for comparing only.
        let masker = Masker::new(id.to_string().as_bytes());
        if let Some(stored) = store.load_session(id)? {
            let kept = stored.snapshot;
            let session = Session::restore(&kept.engine, &kept.state)?;
            kept.state_hash.map_or(Ok(()), |hash| session.verify_restored(&kept.state, &hash))?;
            let info = serde_json::from_str(&kept.info).unwrap_or_default();
            let (revision, chain) = (stored.revision, kept.turn_hash.unwrap_or_default());
            let talk =
                Self { store, library, engine, catalog, session, revision, info, chain, masker };
            return Ok((talk, None));
        }
        let version = FlowRef { id: flow, seq: 0 };
        let Some(tracing) = catalog.get(version).map(|flow| flow.tracing()) else {
            return Err(TalkError::NoFlow { flow });
        };
        let session = Session::new(chatflow::NewSession {
            id,
            flow: version,
            pins: library.pins(flow),
            seed: Seed::from_text(&format!("{id}:{}", now())),
            user_id: None,
            tenant: library.owner(flow),
            trace: tracing.of_session(id),
        });
        let (revision, info, chain) = (Revision(1), Map::new(), String::new());
        let mut talk =
            Self { store, library, engine, catalog, session, revision, info, chain, masker };
        let first = talk.begin()?;
        Ok((talk, Some(first)))
    }

    /// Answers the open prompt, acknowledges, or tells the result of the script; `U+0000` is
    /// dropped.
    ///
    /// # Errors
    /// [`TalkError`]; nothing of the turn is stored.
    pub fn reply(&mut self, mut value: Value) -> Result<Turn, TalkError> {
        let _ = clean(&mut value);
        let hint = self.prompt().map_or(InputType::Text, |prompt| prompt.input_type);
        let kind = if matches!(self.session.phase(), Phase::Scripting { .. }) {
            InputKind::ScriptResult { result: value }
        } else {
            InputKind::Reply { value, hint }
        };
        let (previous, masker) = (self.chain.clone(), self.masker.clone());
        let recorder = Recorder::new(&self.session, self.info.clone(), &previous, &masker);
        let (session, driven) = self.drive(kind)?;
        if driven.turn.commits() {
            let (snapshot, turn) = recorder.record(&driven, &session);
            let info = serde_json::from_str(&snapshot.info).unwrap_or_default();
            let chain = snapshot.turn_hash.clone().unwrap_or_default();
            let (expected, at) = (self.revision, driven.turn.at);
            let commit = Commit {
                session: session.id(),
                expected,
                lease: None,
                at,
                snapshot,
                turn,
                mark: None,
            };
            self.revision = self.store.commit(&commit)?.revision;
            (self.chain, self.info) = (chain, info);
        }
        self.session = session;
        Ok(driven.turn)
    }

    /// What the conversation asks; `None` while a script runs, and once it is over.
    pub fn prompt(&self) -> Option<&Prompt> {
        match self.session.phase() {
            Phase::Asking { prompt, .. } | Phase::Acknowledging { prompt } => Some(prompt),
            Phase::New | Phase::Scripting { .. } | Phase::Resolving { .. } | Phase::Ended(_) => {
                None
            }
        }
    }

    /// What masks what is kept of the conversation for those who look later.
    pub fn masker(&self) -> &Masker {
        &self.masker
    }

    /// The session as it is stored.
    pub fn session(&self) -> &Session {
        &self.session
    }

    fn begin(&mut self) -> Result<Turn, TalkError> {
        let masker = self.masker.clone();
        let recorder = Recorder::new(&self.session, Map::new(), "", &masker);
        let (session, driven) = self.drive(InputKind::Start { state: Map::new().into() })?;
        let (snapshot, turn) = recorder.record(&driven, &session);
        let trace_level = stored_level(session.trace_level());
        self.info = serde_json::from_str(&snapshot.info).unwrap_or_default();
        self.chain = snapshot.turn_hash.clone().unwrap_or_default();
        let head = SessionHead {
            id: session.id(),
            user_id: None,
            flow: session.flow(),
            flow_version: None,
            // No token has an empty digest: nobody reaches the session over HTTP.
            token_digest: String::new(),
            token_hint: String::new(),
            csrf_digest: String::new(),
            school_id: self.library.owner(session.flow().id),
            theme_id: None,
            trace_enabled: trace_level.is_some(),
            trace_level,
            started_at: driven.turn.at,
        };
        self.store.create_session(&NewSession { head, snapshot, turn, preview: None })?;
        self.session = session;
        Ok(driven.turn)
    }

    /// Feeds a copy of the session, which takes the original's place once it is stored.
    fn drive(&mut self, kind: InputKind) -> Result<(Session, chatflow::Driven), TalkError> {
        let mut session = self.session.clone();
        let tenant = self.library.owner(session.flow().id);
        let mut host = Host { library: self.library, tenant };
        let input = Input::new(now(), kind);
        let driven = drive(&self.engine, &mut self.catalog, &mut session, input, &mut host)?;
        Ok((session, driven))
    }
}

/// Answers effects from the library.
struct Host<'a> {
    library: &'a Library,
    tenant: Option<TenantId>,
}

impl Resolver for Host<'_> {
    fn now(&mut self) -> Timestamp {
        now()
    }

    fn resolve(&mut self, effect: &Effect) -> Outcome {
        let mut outcome = self.library.resolve(&effect.kind, self.tenant);
        if let Outcome::Done { value } = &mut outcome {
            // Outcomes pass the same cleaning as input (F28).
            let _ = clean(value);
        }
        outcome
    }
}

/// The present, by the system's clock.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

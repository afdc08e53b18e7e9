//! The state of one conversation, as plain data.

mod frame;
mod phase;

pub(crate) use frame::Frame;
pub(crate) use phase::Asked;
pub use phase::{Acting, Gathered, Phase, Resume};

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::draw::Seed;
use crate::from_json::{Fields, FromJson};
use crate::id::{ContentId, FlowRef, NodeId, Revision, SessionId, TenantId};
use crate::protocol::{Shown, Visited};
use crate::time::Timestamp;
use crate::trace::TraceLevel;
use crate::value::{SettledMap, canonical, state_hash, state_hash_of_canonical};

/// The version of the session's JSON form; a session of another version is refused.
const FORMAT: u32 = 1;

/// One conversation. It can be serialised after any step and resumed elsewhere.
///
/// Stores keep it as two texts: the author's variables ([`Session::state`]) and the engine's own
/// part ([`Session::engine_json`]); [`Session::restore`] joins them again.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Session {
    #[serde(deserialize_with = "EngineState::read")]
    pub(crate) engine: EngineState,
    pub(crate) state: Map<String, Value>,
}

/// A session as stores keep it; [`Session::restore`] reads the first two.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionTexts {
    /// As [`Session::engine_json`].
    pub engine: String,
    /// As [`Session::state_json`].
    pub state: String,
    /// As [`Session::state_hash`].
    pub state_hash: String,
}

/// What a session starts from.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// The version it runs to its end.
    pub flow: FlowRef,
    /// The versions that its sub-flows are pinned to, by link (F20); see `Flow::links`.
    pub pins: BTreeMap<Arc<str>, FlowRef>,
    /// Seeds its draws.
    pub seed: Seed,
    /// The signed-in user, if any; read as `session.user_id`.
    pub user_id: Option<String>,
    /// The tenant that it belongs to, by its credential, else by its flow (F14); conditions of
    /// content variants ask for it.
    pub tenant: Option<TenantId>,
    /// How much of it is traced, sub-flows included; see [`Tracing::of_session`](crate::Tracing).
    pub trace: TraceLevel,
}

/// Everything but the author's variables.
#[derive(Clone, Debug, Deserialize, FromJson, PartialEq, Serialize)]
pub(crate) struct EngineState {
    format: u32,
    pub(crate) id: SessionId,
    pub(crate) flow: FlowRef,
    /// The label of the flow's version, known once the session has started.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub(crate) version: Arc<str>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) pins: BTreeMap<Arc<str>, FlowRef>,
    pub(crate) seed: Seed,
    /// Draws made so far: the index of the next one.
    pub(crate) draws: u64,
    /// Effects opened so far: the id of the next one.
    pub(crate) effects: u32,
    pub(crate) revision: Revision,
    pub(crate) started_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<TenantId>,
    /// The variants that this session has seen, so that it keeps them (R13.21).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) variants: Vec<(ContentId, Arc<str>)>,
    /// Content that was shown since the visitor last spoke (S5.22).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) shown: Vec<Shown>,
    /// The root flow and the sub-flows entered since, innermost last.
    #[serde(default, skip_serializing_if = "is_bare")]
    pub(crate) frames: Vec<Frame>,
    /// The node last entered, in the flow of the last frame.
    pub(crate) position: Option<NodeId>,
    pub(crate) phase: Phase,
    /// The length of the canonical text of `state`.
    pub(crate) bytes: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_error: Option<Value>,
    #[serde(default, skip_serializing_if = "TraceLevel::is_off")]
    pub(crate) trace: TraceLevel,
    /// Variables that hold answers to sensitive questions, while the session is traced (R11.67).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) sensitive: Vec<Arc<str>>,
    /// What is counted per visitor turn; absent between turns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) turn: Option<TurnState>,
}

/// What must survive the effects of one visitor turn.
#[derive(Clone, Debug, Default, Deserialize, FromJson, PartialEq, Serialize)]
pub(crate) struct TurnState {
    pub(crate) at: Timestamp,
    pub(crate) utc_offset_minutes: i16,
    /// When the last input of this turn arrived.
    pub(crate) now: Timestamp,
    /// Nodes entered since the visitor last spoke, so that a loop of effects ends too.
    pub(crate) visits: u32,
    pub(crate) effects: u32,
    pub(crate) items: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) actions: u32,
    /// Content items shown in this turn: the ordinal of the next impression (F32).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) impressions: u32,
    /// How often each side effect of this turn was requested, for its idempotency key (R7.50).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) repeats: BTreeMap<String, u32>,
}

impl EngineState {
    /// With the root frame, which is not written when it has nothing of its own.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer).map(Self::with_root)
    }

    fn with_root(mut self) -> Self {
        if self.frames.is_empty() {
            self.frames.push(Frame::root(self.flow));
        }
        self
    }
}

impl FromJson for Session {
    fn from_json(value: Value) -> Result<Self, serde_json::Error> {
        let mut fields = Fields::of(value, "struct Session")?;
        let engine = fields.take::<EngineState>("engine")?.with_root();
        Ok(Self { engine, state: fields.take("state")? })
    }
}

/// Whether there is nothing but the root frame as every session has it at first.
fn is_bare(frames: &[Frame]) -> bool {
    matches!(frames, [root] if root.is_bare())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Why a stored session cannot be resumed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// One of the two texts is not what a session stores.
    #[error("cannot read the stored session")]
    Json(#[source] serde_json::Error),
    /// It was stored by another version of the engine.
    #[error("the stored session has format {found}, this engine reads format {FORMAT}")]
    Format {
        /// The stored format.
        found: u32,
    },
}

/// The variables of a stored session are not those that its hash was made of (R11.24).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the variables have the hash `{found}`, but `{stored}` was stored")]
pub struct StateHashMismatch {
    /// The hash that was stored.
    pub stored: String,
    /// The hash of the variables.
    pub found: String,
}

impl Session {
    /// Makes a session that has not started.
    pub fn new(new: NewSession) -> Self {
        let engine = EngineState {
            format: FORMAT,
            id: new.id,
            flow: new.flow,
            version: "".into(),
            pins: new.pins,
            seed: new.seed,
            draws: 0,
            effects: 0,
            revision: Revision(0),
            started_at: Timestamp::default(),
            user_id: new.user_id,
            tenant: new.tenant,
            variants: Vec::new(),
            shown: Vec::new(),
            frames: vec![Frame::root(new.flow)],
            position: None,
            phase: Phase::New,
            bytes: 2,
            last_error: None,
            trace: new.trace,
            sensitive: Vec::new(),
            turn: None,
        };
        Self { engine, state: Map::new() }
    }

    /// Joins the two texts that [`Session::engine_json`] and [`Session::state_json`] gave.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] if they are not a session of this format.
    pub fn restore(engine: &str, state: &str) -> Result<Self, RestoreError> {
        let mut reader = serde_json::Deserializer::from_str(engine);
        let engine =
            EngineState::read(&mut reader).and_then(|engine| reader.end().map(|()| engine));
        let engine = engine.map_err(RestoreError::Json)?;
        if engine.format != FORMAT {
            return Err(RestoreError::Format { found: engine.format });
        }
        // Canonical JSON writes 2⁶³ as an integer; it was a double and is one again (F22).
        let SettledMap(state) = serde_json::from_str(state).map_err(RestoreError::Json)?;
        Ok(Self { engine, state })
    }

    /// The session's id.
    pub fn id(&self) -> SessionId {
        self.engine.id
    }

    /// The version of the flow it runs.
    pub fn flow(&self) -> FlowRef {
        self.engine.flow
    }

    /// Turns committed so far, the running one not counted.
    pub fn revision(&self) -> Revision {
        self.engine.revision
    }

    /// Where the session stands.
    pub fn phase(&self) -> &Phase {
        &self.engine.phase
    }

    /// Where it waits or ended: the flow that owns the node, and the node.
    pub fn position(&self) -> Option<Visited> {
        let flow = self.engine.frames.last()?.flow.id;
        Some(Visited { flow, node: self.engine.position.clone()? })
    }

    /// How much of it is traced; decided at its start.
    pub fn trace_level(&self) -> TraceLevel {
        self.engine.trace
    }

    /// How many flows are entered: 1 in the root flow.
    pub fn depth(&self) -> usize {
        self.engine.frames.len()
    }

    /// The author's variables.
    pub fn state(&self) -> &Map<String, Value> {
        &self.state
    }

    /// The variables without what is not for clients: keys that begin with `_` at any depth, and
    /// the engine's own scopes (F24).
    pub fn public_state(&self) -> Value {
        crate::protocol::public_state(&self.state)
    }

    /// The variables as canonical JSON (R11.22).
    pub fn state_json(&self) -> String {
        canonical(&self.state)
    }

    /// Everything but the variables, as JSON.
    pub fn engine_json(&self) -> String {
        let mut text = Vec::with_capacity(1024);
        let written = serde_json::to_writer(&mut text, &self.engine);
        written.ok().and_then(|()| String::from_utf8(text).ok()).unwrap_or_default()
    }

    /// Base64 of SHA-256 over the canonical JSON of the variables (R11.21).
    pub fn state_hash(&self) -> String {
        state_hash(&self.state)
    }

    /// Compares the hash that was stored with the variables (R11.24). A host that is strict about it
    /// refuses the session, any other makes a note and goes on.
    ///
    /// # Errors
    ///
    /// [`StateHashMismatch`] if somebody changed the variables, or the hash.
    pub fn verify_state(&self, stored: &str) -> Result<(), StateHashMismatch> {
        let found = self.state_hash();
        if found == stored {
            Ok(())
        } else {
            Err(StateHashMismatch { stored: stored.to_owned(), found })
        }
    }

    /// [`Session::verify_state`] of a session that was just restored from `text`. A store that keeps texts as they were gives
    /// back the very one that the hash was made of, and then the variables need not be written again.
    ///
    /// # Errors
    ///
    /// [`StateHashMismatch`] if somebody changed the variables, or the hash.
    pub fn verify_restored(&self, text: &str, stored: &str) -> Result<(), StateHashMismatch> {
        if state_hash_of_canonical(text) == stored { Ok(()) } else { self.verify_state(stored) }
    }

    /// The versions that its sub-flows are pinned to.
    pub fn pins(&self) -> impl Iterator<Item = FlowRef> {
        self.engine.pins.values().copied()
    }

    /// All that a store keeps, with the variables written once for their text and their hash.
    pub fn texts(&self) -> SessionTexts {
        let state = self.state_json();
        let state_hash = state_hash_of_canonical(&state);
        SessionTexts { engine: self.engine_json(), state, state_hash }
    }

    /// The frame of the flow that runs now.
    pub(crate) fn frame(&self) -> Option<&Frame> {
        self.engine.frames.last()
    }
}

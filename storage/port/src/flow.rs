//! Flows, as visitors find and conversations load them.

use chatflow::{FlowId, FlowRef, SessionId, TenantId, Timestamp, Visibility, is_traced};

use crate::error::StoreError;
use crate::id::ThemeId;
use crate::library::ThemeRecord;
use crate::role::role;
use crate::scope::AccessScope;
use crate::session::TraceLevel;

/// A flow without its graph.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlowSummary {
    /// The flow.
    pub id: FlowId,
    /// The author's stable key.
    pub seed_key: Option<String>,
    /// Its name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// The label of the draft.
    pub version: String,
    /// Who may see it.
    pub visibility: Visibility,
    /// The owning tenant.
    pub school_id: Option<TenantId>,
    /// Whether visitors who are not signed in may start it (`info.allow_anonymous`).
    pub allow_anonymous: bool,
    /// The theme it asks for.
    pub theme_id: Option<ThemeId>,
    /// Free metadata: a JSON object.
    pub info: String,
    /// Whether new sessions may start.
    pub is_published: bool,
    /// False once it is deleted.
    pub is_active: bool,
    /// When its newest version was published; `None` while it is not published.
    pub published_at: Option<Timestamp>,
    /// How its sessions are traced.
    pub tracing: FlowTracing,
    /// Days that traces are kept.
    pub retention_days: u32,
    /// The newest published version, if there ever was one.
    pub newest: Option<FlowRef>,
    /// Grows by one with every change of the flow or its graph.
    pub row_version: u64,
}

/// One published version of a flow; immutable and never deleted (F20).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VersionRecord {
    /// Which version.
    pub flow: FlowRef,
    /// The author's label; labels may repeat.
    pub label: String,
    /// The flow's name at that time.
    pub name: String,
    /// The flow document in canonical form: JSON, opaque to the store.
    pub document: String,
    /// SHA-256 of the canonical graph, in hex.
    pub graph_hash: String,
    /// The flows it refers to: `id:<uuid>` (lower case) or `key:<seed_key>`.
    pub links: Vec<String>,
    /// The theme at that time.
    pub theme_id: Option<ThemeId>,
    /// The owner at that time.
    pub school_id: Option<TenantId>,
    /// The visibility at that time.
    pub visibility: Visibility,
    /// [`FlowSummary::allow_anonymous`] at that time.
    pub allow_anonymous: bool,
    /// When it was published.
    pub published_at: Timestamp,
}

/// The version that new sessions of a flow run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LiveVersion {
    /// As it was published.
    pub version: VersionRecord,
    /// How they are traced: what the flow says now, not what its document said (S7.1, S7.22).
    pub tracing: FlowTracing,
}

/// How a flow's sessions are traced (S7.22).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FlowTracing {
    /// Whether they are at all.
    pub enabled: bool,
    /// How much of them.
    pub level: TraceLevel,
    /// How many of them, in percent.
    pub sample_rate: u32,
}

impl FlowTracing {
    /// How much of a session that starts now is traced; the same for a session each time (S7.1).
    pub fn of_session(self, session: SessionId) -> chatflow::TraceLevel {
        if !self.enabled || !is_traced(session, f64::from(self.sample_rate)) {
            return chatflow::TraceLevel::Off;
        }
        match self.level {
            TraceLevel::Minimal => chatflow::TraceLevel::Minimal,
            TraceLevel::Standard => chatflow::TraceLevel::Standard,
            TraceLevel::Verbose => chatflow::TraceLevel::Verbose,
        }
    }
}

/// What one link of a flow, or of a flow it leads to, stands for (F20).
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Pin {
    /// As in [`VersionRecord::links`].
    pub link: String,
    /// The version a session runs.
    pub flow: FlowRef,
}

role! {
    /// Finds flows and loads their published versions.
    FlowStore, async AsyncFlowStore, dyn DynFlowStore {
        /// A flow, draft or not, if the scope sees it.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn flow(&self, scope: &AccessScope, id: FlowId) -> Result<Option<FlowSummary>, StoreError>;

        /// The active flow with this seed key that the scope sees.
        ///
        /// Of several, a published one goes first, then one of no school, then the lowest id.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn flow_by_seed_key(
            &self, scope: &AccessScope, seed_key: &str
        ) -> Result<Option<FlowSummary>, StoreError>;

        /// The active, published flows that the scope sees, by name, then id.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn startable_flows(&self, scope: &AccessScope) -> Result<Vec<FlowSummary>, StoreError>;

        /// One published version, even of a flow that was withdrawn since, if the scope sees it.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn flow_version(
            &self, scope: &AccessScope, flow: FlowRef
        ) -> Result<Option<VersionRecord>, StoreError>;

        /// The newest published version of an active, published flow, if the scope sees it, and
        /// what the flow says of its sessions today.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn newest_version(
            &self, scope: &AccessScope, id: FlowId
        ) -> Result<Option<LiveVersion>, StoreError>;

        /// An active theme, if it is everyone's or of one of the scope's tenants.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn theme(
            &self, scope: &AccessScope, id: ThemeId
        ) -> Result<Option<ThemeRecord>, StoreError>;

        /// Everything that `root` may come to run, by link: the transitive closure (F20).
        ///
        /// A link stands for the newest version of the active, published flow with that id or seed
        /// key, or with `id@<label>:` and `key@<label>:` for the newest one with that label (R9.35);
        /// a key is looked for in the root's school, then among flows of no school. A flow may
        /// refer to flows of its own school and to `public` and `wriveted` ones (S2.27). Links that
        /// stand for nothing are absent; so is everything if the scope does not see the root.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn pins(&self, scope: &AccessScope, root: FlowRef) -> Result<Vec<Pin>, StoreError>;
    }
}

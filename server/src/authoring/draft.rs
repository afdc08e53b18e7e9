//! A flow that is being changed.

use chatflow::{FlowDefinition, FlowId, NodeId};
use chatflow_storage::{FlowDraft, FlowRecord, ThemeId, UserId};
use serde_json::{Map, Value, json};

use super::bump::Part;
use super::graph::Graph;
use super::record::{self, Standing};
use crate::error::ApiError;

/// A flow as it is to be: its document, which the engine will read again, and what stands beside it.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) id: FlowId,
    /// The envelope, with the graph under `flow_data`.
    pub(crate) document: Map<String, Value>,
    pub(crate) created_by: Option<UserId>,
    pub(crate) is_active: bool,
    pub(crate) is_published: bool,
    /// Whether it is to be published or withdrawn.
    pub(crate) publishing: Option<Publishing>,
    /// Whether what it embeds is published before it, where that is not published (F36).
    pub(crate) cascades: bool,
    /// What its author should know.
    pub(crate) warnings: Vec<String>,
    /// What is told instead of `flow_created` or `flow_updated`: the type, and what goes beside the name.
    pub(crate) event: Option<(&'static str, Map<String, Value>)>,
    /// What the audit log calls it.
    pub(crate) action: &'static str,
}

/// What becomes of a flow in the eyes of its visitors.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Publishing {
    /// It is published.
    Publish {
        /// The label, as it is to be.
        label: Option<String>,
        /// Which number of the label is raised, if it is not given.
        part: Option<Part>,
        /// What is said of it.
        note: Option<String>,
    },
    /// New sessions are not started any more.
    Withdraw,
}

impl Draft {
    /// A flow that does not exist yet.
    pub(crate) fn new(id: FlowId, created_by: Option<UserId>) -> Self {
        Self {
            id,
            document: Map::new(),
            created_by,
            is_active: true,
            is_published: false,
            publishing: None,
            cascades: false,
            warnings: Vec::new(),
            event: None,
            action: "flow.create",
        }
    }

    /// A flow as it is stored.
    pub(crate) fn of(stored: &FlowDraft) -> Result<Self, ApiError> {
        let record = &stored.stored.record;
        let mut draft = Self::new(record.id, record.created_by);
        (draft.is_active, draft.is_published) = (record.is_active, record.is_published);
        draft.action = "flow.update";
        draft.set_definition(&record::definition(record)?);
        Ok(draft)
    }

    /// Takes over another document.
    pub(crate) fn set_definition(&mut self, definition: &FlowDefinition) {
        if let Value::Object(document) = definition.to_value() {
            self.document = document;
        }
    }

    /// How it stands beside its document; what is deleted is not published, unless that is what is asked.
    pub(super) fn standing(&self, theme_id: Option<ThemeId>) -> Standing {
        Standing {
            id: self.id,
            created_by: self.created_by,
            is_published: self.is_published && (self.is_active || self.publishing.is_some()),
            is_active: self.is_active,
            theme_id,
        }
    }

    /// Takes the graph from its rows (R1.24).
    pub(crate) fn regenerate(&mut self, record: &FlowRecord) -> Result<(), ApiError> {
        self.set_definition(&record::definition_by_rows(record)?);
        Ok(())
    }

    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.document.insert(key.to_owned(), value.into());
    }

    pub(crate) fn object(&self, key: &str) -> Map<String, Value> {
        self.document.get(key).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    pub(crate) fn graph(&self) -> Graph {
        Graph::of(&self.object("flow_data"))
    }

    pub(crate) fn set_graph(&mut self, graph: Graph) {
        self.set("flow_data", graph.into_data());
    }

    /// Where sessions start.
    pub(crate) fn entry(&self) -> Option<&str> {
        self.document.get("entry_node_id").and_then(Value::as_str)
    }

    pub(crate) fn set_entry(&mut self, entry: Option<&NodeId>) {
        self.set("entry_node_id", json!(entry));
    }

    /// Replaces what authors keep under `flow_data`; without `nodes` the graph stays (S1.48, S1.50).
    pub(crate) fn set_data(&mut self, mut data: Map<String, Value>, entry_is_given: bool) {
        if data.contains_key("nodes") {
            // An entry within the graph counts unless there is one beside it (R1.6).
            let inner = data.get("entry_node_id").is_some_and(|entry| !entry.is_null());
            if inner && !entry_is_given {
                self.document.remove("entry_node_id");
            }
        } else {
            let old = self.object("flow_data");
            data.remove("edges");
            for key in ["nodes", "connections"] {
                data.insert(key.to_owned(), old.get(key).cloned().unwrap_or_else(|| json!([])));
            }
        }
        self.set("flow_data", data);
    }

    /// Replaces `info` and the contract as S3.83 has it; the outer option says whether a key was sent.
    #[expect(clippy::option_option, reason = "null and absent differ")]
    pub(crate) fn set_info(
        &mut self,
        info: Option<Map<String, Value>>,
        contract: Option<Option<Map<String, Value>>>,
    ) {
        let inner = info.as_ref().and_then(|info| info.get("contract").cloned());
        if let Some(mut info) = info {
            info.remove("contract");
            if let Some(key) = info.get("seed_key").filter(|key| key.as_str() != Some("")).cloned()
            {
                self.set("seed_key", key);
            }
            self.set("info", info);
        }
        match (contract, inner) {
            (Some(contract), _) => {
                self.set("contract", contract.map_or(Value::Null, Value::Object));
            }
            (None, Some(inner)) => self.set("contract", inner),
            (None, None) => {}
        }
    }
}

//! Changes of a flow's graph, one at a time, on its document.

use axum::http::StatusCode;
use chatflow::ConnectionType;
use serde_json::{Map, Value, json};

use crate::error::ApiError;

/// The graph of a document in canonical form, open for changes.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    nodes: Vec<Map<String, Value>>,
    connections: Vec<Map<String, Value>>,
    /// What else stands beside them.
    keys: Map<String, Value>,
}

/// What names a connection within its flow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Ends {
    pub(crate) source: String,
    pub(crate) target: String,
    /// In canonical spelling.
    pub(crate) kind: String,
}

impl Graph {
    /// Takes a document's `flow_data` apart.
    pub(crate) fn of(data: &Map<String, Value>) -> Self {
        let mut keys = data.clone();
        let mut take = |key: &str| match keys.remove(key) {
            Some(Value::Array(list)) => list
                .into_iter()
                .filter_map(|entry| if let Value::Object(map) = entry { Some(map) } else { None })
                .collect(),
            Some(_) | None => Vec::new(),
        };
        let (nodes, connections) = (take("nodes"), take("connections"));
        Self { nodes, connections, keys }
    }

    /// Puts it together again.
    pub(crate) fn into_data(self) -> Map<String, Value> {
        let mut data = self.keys;
        data.insert("nodes".to_owned(), self.nodes.into());
        data.insert("connections".to_owned(), self.connections.into());
        data
    }

    pub(crate) fn has_node(&self, id: &str) -> bool {
        self.nodes.iter().any(|node| is_node(node, id))
    }

    /// Adds a node under an id that is not taken.
    pub(crate) fn add_node(
        &mut self,
        id: &str,
        mut node: Map<String, Value>,
    ) -> Result<(), ApiError> {
        if self.has_node(id) {
            return Err(node_exists(id));
        }
        node.insert("id".to_owned(), json!(id));
        self.nodes.push(node);
        Ok(())
    }

    /// Lays fields over a node; connections follow if its id changes (S3.111).
    pub(crate) fn update_node(
        &mut self,
        id: &str,
        patch: Map<String, Value>,
    ) -> Result<(), ApiError> {
        let new_id = patch.get("id").and_then(Value::as_str).map(str::to_owned);
        if let Some(new_id) = new_id.as_deref().filter(|new_id| *new_id != id) {
            if self.has_node(new_id) {
                return Err(node_exists(new_id));
            }
            for connection in &mut self.connections {
                for end in ["source", "target"] {
                    if connection.get(end).is_some_and(|name| name == id) {
                        connection.insert(end.to_owned(), json!(new_id));
                    }
                }
            }
        }
        let node = self.nodes.iter_mut().find(|node| is_node(node, id));
        node.ok_or_else(ApiError::node_not_found)?.extend(patch);
        Ok(())
    }

    /// Removes a node and what is connected with it (S3.112).
    pub(crate) fn remove_node(&mut self, id: &str) -> Result<(), ApiError> {
        if !self.has_node(id) {
            return Err(ApiError::node_not_found());
        }
        self.nodes.retain(|node| !is_node(node, id));
        let touches = |connection: &Map<String, Value>| {
            ["source", "target"]
                .iter()
                .any(|end| connection.get(*end).is_some_and(|name| name == id))
        };
        self.connections.retain(|connection| !touches(connection));
        Ok(())
    }

    /// Connects two nodes that are not connected so (S3.120).
    pub(crate) fn connect(
        &mut self,
        ends: &Ends,
        mut fields: Map<String, Value>,
    ) -> Result<(), ApiError> {
        for id in [&ends.source, &ends.target] {
            if !self.has_node(id) {
                let detail = format!("There is no node '{id}' in this flow");
                return Err(ApiError::new(StatusCode::BAD_REQUEST, "node_not_in_flow", detail));
            }
        }
        if self.connections.iter().any(|connection| ends.name(connection)) {
            return Err(connection_exists());
        }
        fields.extend(ends.fields());
        self.connections.push(fields);
        Ok(())
    }

    /// Lays fields over a connection; `kind` is its type from now on.
    pub(crate) fn update_connection(
        &mut self,
        ends: &Ends,
        kind: &str,
        patch: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        let new = Ends { kind: kind.to_owned(), ..ends.clone() };
        if new != *ends && self.connections.iter().any(|connection| new.name(connection)) {
            return Err(connection_exists());
        }
        let mut found = false;
        for connection in self.connections.iter_mut().filter(|connection| ends.name(connection)) {
            connection.extend(patch.clone());
            connection.extend(new.fields());
            found = true;
        }
        if found { Ok(()) } else { Err(ApiError::connection_not_found()) }
    }

    /// Takes a connection away.
    pub(crate) fn disconnect(&mut self, ends: &Ends) -> Result<(), ApiError> {
        let before = self.connections.len();
        self.connections.retain(|connection| !ends.name(connection));
        if self.connections.len() == before {
            return Err(ApiError::connection_not_found());
        }
        Ok(())
    }

    /// Moves nodes; extra keys of a position are kept. Answers with the ids that name no node (S3.113).
    pub(crate) fn move_nodes(&mut self, positions: &Map<String, Value>) -> Vec<String> {
        let mut unknown = Vec::new();
        for (id, to) in positions {
            let Some(node) = self.nodes.iter_mut().find(|node| is_node(node, id)) else {
                unknown.push(id.clone());
                continue;
            };
            let position = node.entry("position").or_insert_with(|| json!({}));
            if let (Some(position), Some(to)) = (position.as_object_mut(), to.as_object()) {
                position.extend(to.clone());
            }
        }
        unknown
    }
}

impl Ends {
    /// Reads the type in any accepted spelling.
    pub(crate) fn new(source: &str, target: &str, kind: &str) -> Result<Self, ApiError> {
        let kind = connection_kind(kind)?;
        Ok(Self { source: source.to_owned(), target: target.to_owned(), kind })
    }

    /// Whether it is this connection's.
    fn name(&self, connection: &Map<String, Value>) -> bool {
        // Under `connection_type` stand types that would be taken for looks under `type` (R1.18).
        let kind = connection.get("connection_type").or_else(|| connection.get("type"));
        connection.get("source").is_some_and(|source| *source == self.source)
            && connection.get("target").is_some_and(|target| *target == self.target)
            && kind.is_some_and(|kind| *kind == self.kind)
    }

    fn fields(&self) -> Map<String, Value> {
        let Self { source, target, kind } = self;
        let fields = [("source", source), ("target", target), ("connection_type", kind)];
        let fields = fields.into_iter().chain([("type", kind)]);
        fields.map(|(key, value)| (key.to_owned(), json!(value))).collect()
    }
}

/// A type of connection in canonical spelling (R1.18, F1).
pub(crate) fn connection_kind(kind: &str) -> Result<String, ApiError> {
    ConnectionType::parse(kind).map(|kind| kind.to_string()).ok_or_else(|| {
        let message = "must be `default`, `$0` to `$99`, `success`, `failure` or a name";
        ApiError::field(&["body", "connection_type"], "value_error", message)
    })
}

fn is_node(node: &Map<String, Value>, id: &str) -> bool {
    node.get("id").is_some_and(|own| own == id)
}

fn node_exists(id: &str) -> ApiError {
    let detail = format!("There is a node '{id}' in this flow already");
    ApiError::new(StatusCode::CONFLICT, "node_exists", detail)
}

fn connection_exists() -> ApiError {
    let detail = "These nodes are connected so already";
    ApiError::new(StatusCode::CONFLICT, "connection_exists", detail)
}

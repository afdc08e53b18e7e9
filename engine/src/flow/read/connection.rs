//! Connections (R1.16 to R1.23).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Map, Value};

use super::fields::{Fields, Found, id_text, into_object, is_empty, kind_of, place_of};
use crate::check::{Code, Patch, Pointer, Report, Severity};
use crate::flow::connection_type::ConnectionType;
use crate::flow::definition::{ConnectionDefinition, NodeDefinition, NodeType};
use crate::id::NodeId;
use crate::table::{Table, sort_by_key};
use crate::unicode::lowercase;
use crate::value::canonical_value;

const SOURCE: &[&str] = &["source", "source_node_id", "from"];
const TARGET: &[&str] = &["target", "target_node_id", "to"];
const KIND: &[&str] = &["connection_type", "data.connection_type", "type", "data.type"];
const CONDITIONS: &[&str] = &["conditions", "data.conditions", "condition", "data.condition"];

/// The names under which a predicate's text may stand (R1.19).
const PREDICATE: [&str; 3] = ["if", "expression", "cel"];

/// Source, target, type and, as text, the predicate, which is empty when there is none.
type Key = (NodeId, NodeId, ConnectionType, String);

/// Gathers the connections of one graph.
pub(super) struct Reader<'a> {
    kinds: Table<NodeId, NodeType>,
    /// What was seen, and where it stands in `connections`.
    seen: BTreeMap<Key, usize>,
    connections: Vec<ConnectionDefinition>,
    report: &'a mut Report,
}

impl<'a> Reader<'a> {
    pub(super) fn new(nodes: &[NodeDefinition], report: &'a mut Report) -> Self {
        let mut kinds = Table::new();
        for node in nodes {
            kinds.or_insert_with(node.id.clone(), || node.kind.clone());
        }
        Self { kinds, seen: BTreeMap::new(), connections: Vec::new(), report }
    }

    pub(super) fn report(&mut self) -> &mut Report {
        self.report
    }

    pub(super) fn finish(self) -> Vec<ConnectionDefinition> {
        for connection in self.connections.iter().filter(|found| !found.copies.is_empty()) {
            // Only now it is known what else has to go.
            self.report.refit(Code::ConnectionDuplicate, &connection.at, &connection.removal());
        }
        self.connections
    }

    /// Reads an entry of the graph's list.
    pub(super) fn entry(&mut self, value: Value, at: &Pointer) {
        let map = match into_object(value) {
            Ok(map) => map,
            Err(other) => {
                let message = format!("this connection is {}, not an object", kind_of(&other));
                self.report.add(Code::ConnectionShape, at, message).help(SHAPE);
                return;
            }
        };
        let mut fields = Fields::new(map);
        let source = self.endpoint(&mut fields, "source", SOURCE, at);
        let target = self.endpoint(&mut fields, "target", TARGET, at);
        let (Some((source, source_name)), Some((target, target_name))) = (source, target) else {
            return;
        };
        let mut info = self.info(&mut fields, at);
        let kind = self.kind(&mut fields, &source, &mut info, at);
        let (predicate, remarks) = fields
            .take(CONDITIONS)
            .map_or_else(Default::default, |found| predicate_of(found.value));
        let mut extra = fields.rest();
        if !remarks.is_empty() {
            extra.insert("conditions".into(), remarks.into());
        }
        let (at, copies) = (at.clone(), Vec::new());
        let connection =
            ConnectionDefinition { source, target, kind, predicate, info, extra, at, copies };
        self.add(connection, [source_name, target_name]);
    }

    /// Reads the connections that a node carries itself (R1.21).
    pub(super) fn inline(&mut self, source: &NodeId, own: Map<String, Value>, at: &Pointer) {
        let mut found = Vec::new();
        for (token, target) in own {
            let at = at.push(&token);
            let Some(target) = id_text(&target).map(NodeId::from) else {
                let message = format!(
                    "`{token}` of node `{source}` leads to {}, not to a node id",
                    kind_of(&target)
                );
                self.report
                    .add(Code::ConnectionShape, &at, message)
                    .help("write `\"<type>\": \"<node id>\"`");
                continue;
            };
            let mut info = Map::new();
            let kind = self
                .parse(&token, source)
                .unwrap_or_else(|| self.unknown_kind(token.as_str().into(), &mut info, &at, None));
            let extra = Map::new();
            let source = source.clone();
            found.push(ConnectionDefinition {
                source,
                target,
                kind,
                predicate: None,
                info,
                extra,
                at,
                copies: Vec::new(),
            });
        }
        sort_by_key(&mut found, |connection| (rank(&connection.kind), connection.kind.to_string()));
        for connection in found {
            self.add(connection, [""; 2]);
        }
    }

    /// An id, and under what name it stands.
    fn endpoint(
        &mut self,
        fields: &mut Fields,
        role: &str,
        names: &[&'static str],
        at: &Pointer,
    ) -> Option<(NodeId, &'static str)> {
        let found = fields.take(names);
        let id = found.as_ref().and_then(|found| {
            let known = found.value.as_str().and_then(|text| self.kinds.get_key_value(text));
            let id = match known {
                Some((id, _)) => id.clone(),
                None => id_text(&found.value)?.into(),
            };
            Some((id, found.name))
        });
        if id.is_none() {
            let (message, at) = found.map_or_else(
                || (format!("the connection has no {role}"), at.clone()),
                |found| {
                    (
                        format!(
                            "the connection's {role} is {}, not a node id",
                            kind_of(&found.value)
                        ),
                        found.at(at),
                    )
                },
            );
            self.report.add(Code::ConnectionShape, &at, message).help(SHAPE);
        }
        id
    }

    fn info(&mut self, fields: &mut Fields, at: &Pointer) -> Map<String, Value> {
        match fields.take(&["info", "data.info"]) {
            Some(Found { value: Value::Object(map), .. }) => map,
            Some(found) => {
                let message = format!(
                    "the connection's `info` is {}, not an object; it is ignored",
                    kind_of(&found.value)
                );
                let at = found.at(at);
                self.report
                    .add_as(Code::ConnectionShape, Severity::Warning, &at, message)
                    .help("write `\"info\": {…}`, or remove it")
                    .fix(Patch::remove(&at));
                Map::new()
            }
            None => Map::new(),
        }
    }

    /// The type, from the first source that has one (R1.17, R1.18).
    fn kind(
        &mut self,
        fields: &mut Fields,
        source: &NodeId,
        info: &mut Map<String, Value>,
        at: &Pointer,
    ) -> ConnectionType {
        for found in fields.take_all(KIND) {
            let token = found.value.as_str().unwrap_or_default();
            if matches!(found.name, "type" | "data.type") && is_edge_style(token) {
                info.entry("edge_style").or_insert(found.value);
                continue;
            }
            if found.value.is_string()
                && let Some(kind) = self.parse(token, source)
            {
                return kind;
            }
            let at = found.at(at);
            return self.unknown_kind(found.value, info, &at, Some(Patch::replace(&at, "default")));
        }
        // A handle stays with the connection: editors need it to draw the edge.
        ["sourceHandle", "source_handle"]
            .into_iter()
            .filter_map(|name| fields.get(name)?.as_str())
            .filter(|token| !token.trim().is_empty())
            .filter_map(|token| self.parse(token, source))
            .find(|kind| !matches!(kind, ConnectionType::Named(_)))
            .unwrap_or(ConnectionType::Default)
    }

    fn parse(&self, token: &str, source: &NodeId) -> Option<ConnectionType> {
        match self.kinds.get(source) {
            Some(kind) => ConnectionType::parse_from(token, kind),
            None => ConnectionType::parse(token),
        }
    }

    fn unknown_kind(
        &mut self,
        token: Value,
        info: &mut Map<String, Value>,
        at: &Pointer,
        fix: Option<Patch>,
    ) -> ConnectionType {
        let message = format!("{token} is not a connection type; `default` is used");
        self.report
            .add(Code::ConnectionUnknownType, at, message)
            .help("use `default`, `$0` to `$99`, `success`, `failure` or a name such as `retry`")
            .fix(fix);
        info.insert("original_type".into(), token);
        ConnectionType::Default
    }

    /// `names` are those under which source and target stand in it; empty if it is itself their place.
    fn add(&mut self, connection: ConnectionDefinition, names: [&'static str; 2]) {
        let ConnectionDefinition { source, target, kind, predicate, at, .. } = &connection;
        // The paths of a condition may rely on a connection, wherever it leads.
        let is_of_condition = self.kinds.get(source) == Some(&NodeType::Condition);
        let is_dangling = |id: &NodeId| !self.kinds.contains_key(id);
        let fix = (!is_of_condition && (is_dangling(source) || is_dangling(target)))
            .then(|| Patch::remove(at));
        for ((role, id), name) in [("source", source), ("target", target)].into_iter().zip(names) {
            if !self.kinds.contains_key(id) {
                let message = format!(
                    "the {role} of the connection `{source}` → `{target}` does not exist: there is no node `{id}`"
                );
                self.report
                    .add(Code::ConnectionDangling, &place_of(name, at), message)
                    .help("correct the id, or remove the connection")
                    .fix(fix.clone());
            }
        }
        let mut key: Key = (source.clone(), target.clone(), kind.clone(), String::new());
        // The one without a predicate comes first among its like.
        let like = self.seen.range(&key..).next().map(|(like, _)| like);
        let like = like.filter(|like| (&like.0, &like.1, &like.2) == (source, target, kind));
        let (is_first, covers) = (like.is_none(), like.is_some_and(|like| like.3.is_empty()));
        key.3 = predicate.as_ref().map(canonical_value).unwrap_or_default();
        match self.seen.entry(key) {
            Entry::Vacant(place) => {
                place.insert(self.connections.len());
            }
            Entry::Occupied(place) => {
                if let Some(first) = self.connections.get_mut(*place.get()) {
                    first.copies.push(at.clone());
                }
                return;
            }
        }
        if !is_first {
            let message = format!(
                "`{source}` → `{target}` has more than one `{kind}` connection, under different conditions"
            );
            // After one that is always taken, another to the same node is never missed.
            let is_plain = connection.info.get("priority").is_none();
            let covered = is_plain && covers;
            self.report
                .add(Code::ConnectionDuplicate, at, message)
                .help("join the conditions with `||` in one connection")
                .fix(covered.then(|| Patch::remove(at)));
        }
        self.connections.push(connection);
    }
}

/// The predicate in what stands under `conditions`, and what else stands there (R1.19).
///
/// An object without any of the accepted keys is a JSON condition as it is.
fn predicate_of(value: Value) -> (Option<Value>, Map<String, Value>) {
    if PREDICATE.iter().all(|key| value.get(key).is_none()) {
        return (Some(value).filter(|value| !is_blank(value)), Map::new());
    }
    let mut map = into_object(value).unwrap_or_default();
    let found: Vec<Value> = PREDICATE.iter().filter_map(|key| map.remove(*key)).collect();
    (found.into_iter().find(|value| !is_blank(value)), map)
}

fn is_blank(value: &Value) -> bool {
    is_empty(value) || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// The looks of an edge in React Flow, which stand where other documents have the type (R1.18).
pub(in crate::flow) fn is_edge_style(token: &str) -> bool {
    let token = lowercase(token.trim());
    matches!(token.as_str(), "smoothstep" | "bezier" | "straight" | "step" | "simplebezier")
}

/// `default`, then options by number, then the others by name (R1.21).
fn rank(kind: &ConnectionType) -> (u8, u8) {
    match kind {
        ConnectionType::Default => (0, 0),
        ConnectionType::Option(number) => (1, *number),
        ConnectionType::Success
        | ConnectionType::Failure
        | ConnectionType::Error
        | ConnectionType::Fallback
        | ConnectionType::Timeout
        | ConnectionType::Named(_) => (2, 0),
    }
}

const SHAPE: &str = "write it as `{\"source\": \"<node id>\", \"target\": \"<node id>\"}`";

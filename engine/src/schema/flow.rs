//! Flow documents, nodes and connections (section 1).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::loose::{Id, Predicate};

/// A flow document: an envelope with `flow_data`, or with the graph beside the name.
#[derive(JsonSchema)]
pub(super) struct Flow {
    /// Its id.
    #[schemars(extend("format" = "uuid"))]
    id: Option<String>,
    /// A key that stays the same wherever the flow is imported.
    seed_key: Option<String>,
    /// What people call it.
    #[schemars(length(max = 255), extend("default" = "Untitled flow"))]
    name: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// A label of this state of it.
    #[schemars(extend("default" = "1.0.0"))]
    version: Option<Id>,
    /// The node at which sessions start.
    entry_node_id: Option<Id>,
    /// Who may see and embed it: `private`, `school`, `public`, or `wriveted` for everyone.
    #[schemars(extend("default" = "wriveted", "examples" = ["private", "school", "public", "wriveted"]))]
    visibility: Option<String>,
    /// Who owns it.
    #[schemars(extend("format" = "uuid"))]
    school_id: Option<String>,
    /// Metadata, free but for a few keys.
    #[schemars(extend("default" = {}))]
    info: Option<Info>,
    /// What the flow needs at entry and leaves behind.
    contract: Option<Contract>,
    /// Whether sessions are traced.
    #[schemars(extend("default" = false))]
    trace_enabled: Option<bool>,
    /// The graph.
    flow_data: Option<Box<Graph>>,
    /// The graph, in a document without `flow_data`.
    #[schemars(flatten)]
    graph: Graph,
}

/// Nodes, connections and declared variables.
#[derive(JsonSchema)]
struct Graph {
    /// The nodes.
    #[schemars(length(max = 2_000))]
    nodes: Option<Vec<Node>>,
    /// The connections.
    #[schemars(length(max = 10_000))]
    connections: Option<Vec<Connection>>,
    /// Same as `connections`.
    #[schemars(length(max = 10_000), extend("x-alias-of" = "connections"))]
    edges: Option<Vec<Connection>>,
    /// Declared variables: `{"temp": {"score": 0}}`, or a list of names with defaults.
    variables: Option<Variables>,
}

/// Declared variables.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Variables {
    /// By scope and name: the default, or an object with `type`, `default` and `description`.
    Scopes(Map<String, Value>),
    /// One by one.
    List(Vec<Variable>),
}

/// A declared variable.
#[derive(JsonSchema)]
struct Variable {
    /// Its path, e.g. `temp.score`.
    name: String,
    /// What it is at first.
    default: Option<Value>,
}

/// What a flow needs at entry and leaves behind.
#[derive(JsonSchema)]
struct Contract {
    /// What it needs.
    entry_requirements: Option<EntryRequirements>,
    /// The variables that it leaves behind, e.g. `["temp.score"]`.
    #[schemars(extend("default" = []))]
    return_state: Option<Vec<String>>,
    /// Whether a session does not start without what is needed.
    #[schemars(extend("default" = false))]
    strict: Option<bool>,
}

/// What a flow needs at entry.
#[derive(JsonSchema)]
struct EntryRequirements {
    /// The variables, e.g. `["user.name"]`.
    #[schemars(extend("default" = []))]
    variables: Option<Vec<String>>,
}

/// Metadata of a flow.
#[derive(JsonSchema)]
struct Info {
    /// Diagnostics that are meant that way.
    waivers: Option<Vec<Waiver>>,
}

/// A warning or a note that is meant that way. With neither node nor connection, of the whole flow.
#[derive(JsonSchema)]
struct Waiver {
    /// Its code.
    code: String,
    /// The node that it is about.
    node: Option<String>,
    /// The connection that it is about.
    connection: Option<WaivedConnection>,
    /// Why.
    note: Option<String>,
}

/// A connection that a waiver is about.
#[derive(JsonSchema)]
struct WaivedConnection {
    /// The node it leaves.
    source: String,
    /// The node it enters.
    target: String,
    /// Its type, if there are several.
    r#type: Option<String>,
}

/// A node; what its content holds depends on its type.
pub(super) struct Node;

/// The fields of a node beside its content.
#[derive(JsonSchema)]
#[schemars(rename = "Node")]
struct NodeFields {
    /// Unique within the flow.
    id: Option<Id>,
    /// Same as `id`.
    #[schemars(extend("x-alias-of" = "id"))]
    node_id: Option<Id>,
    /// Same as `id`.
    #[schemars(extend("x-alias-of" = "id"))]
    node_key: Option<Id>,
    /// What it does.
    #[schemars(extend("examples" = ["message", "question", "condition", "action", "webhook", "composite", "script"]))]
    r#type: Option<String>,
    /// Same as `type`.
    #[schemars(extend("x-alias-of" = "type"))]
    node_type: Option<String>,
    /// What its type needs.
    content: Option<Value>,
    /// A name for people; else the id.
    #[schemars(length(max = 120))]
    name: Option<String>,
    /// The name of a template, for editors.
    template: Option<String>,
    /// Where editors draw it.
    position: Option<Position>,
    /// Metadata, free.
    info: Option<Map<String, Value>>,
    /// Where it may run: `frontend`, `backend` or `mixed`.
    #[schemars(extend("examples" = ["frontend", "backend", "mixed"]))]
    execution_context: Option<String>,
    /// Connections that leave it, by type: `{"default": "<node id>"}`.
    connections: Option<Map<String, Value>>,
}

/// A place on the canvas.
#[derive(JsonSchema)]
struct Position {
    /// From the left.
    #[schemars(extend("default" = 0))]
    x: Option<f64>,
    /// From the top.
    #[schemars(extend("default" = 0))]
    y: Option<f64>,
}

/// A connection from one node to another.
#[derive(JsonSchema)]
pub(super) struct Connection {
    /// The node it leaves.
    source: Option<Id>,
    /// Same as `source`.
    #[schemars(extend("x-alias-of" = "source"))]
    source_node_id: Option<Id>,
    /// Same as `source`.
    #[schemars(extend("x-alias-of" = "source"))]
    from: Option<Id>,
    /// The node it enters.
    target: Option<Id>,
    /// Same as `target`.
    #[schemars(extend("x-alias-of" = "target"))]
    target_node_id: Option<Id>,
    /// Same as `target`.
    #[schemars(extend("x-alias-of" = "target"))]
    to: Option<Id>,
    /// The outcome that it serves: `default`, `$0` to `$99`, `success`, `failure`, or a name.
    #[schemars(extend("default" = "default"))]
    connection_type: Option<String>,
    /// Same as `connection_type`.
    #[schemars(extend("x-alias-of" = "connection_type"))]
    r#type: Option<String>,
    /// What must hold for it to be taken: `{"if": …}`, or the condition itself.
    conditions: Option<Predicate>,
    /// Same as `conditions`.
    #[schemars(extend("x-alias-of" = "conditions"))]
    condition: Option<Predicate>,
    /// A name for people.
    #[schemars(length(max = 120))]
    name: Option<String>,
    /// Metadata; the connection with the least `priority` is tried first.
    info: Option<ConnectionInfo>,
}

/// Metadata of a connection.
#[derive(JsonSchema)]
struct ConnectionInfo {
    /// Connections are tried in ascending order of it, then in document order.
    #[schemars(extend("default" = 0))]
    priority: Option<i64>,
}

impl JsonSchema for Node {
    fn schema_name() -> Cow<'static, str> {
        "Node".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let contents = [
            (&["message", "text"][..], generator.subschema_for::<super::message::Message>()),
            (
                &["question", "input", "buttons"],
                generator.subschema_for::<super::question::Question>(),
            ),
            (&["condition", "branch"], generator.subschema_for::<super::condition::Condition>()),
            (&["action"], generator.subschema_for::<super::action::Action>()),
            (&["webhook"], generator.subschema_for::<super::request::Webhook>()),
            (&["composite"], generator.subschema_for::<super::composite::Composite>()),
            (&["script"], generator.subschema_for::<super::script::Script>()),
        ];
        let rules: Vec<Value> = contents
            .into_iter()
            .map(|(names, content)| {
                let is =
                    |key: &str| json!({"properties": {key: {"enum": names}}, "required": [key]});
                json!({
                    "if": {"anyOf": [is("node_type"), is("type")]},
                    "then": {"properties": {"content": {"anyOf": [content, {"type": "null"}]}}},
                })
            })
            .collect();
        let mut schema = NodeFields::json_schema(generator);
        schema.insert(
            "description".to_owned(),
            "A node; what its content holds depends on its type.".into(),
        );
        schema.insert("allOf".to_owned(), rules.into());
        schema
    }
}

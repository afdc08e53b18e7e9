//! From a definition to a flow that may be run.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::alike::Alike;
use super::children::{Children, writes_output};
use super::contract::Contract;
use super::definition::{
    ConnectionDefinition, ExecutionContext, FlowDefinition, NodeDefinition, NodeType,
};
use super::graph::{Edge, Flow, Node};
use super::node::NodeKind;
use super::node::action::Action;
use super::node::composite::{Body, Composite};
use super::node::condition::Condition;
use super::node::custom::Custom;
use super::node::fields::Fields;
use super::node::message::Message;
use super::node::question::Question;
use super::node::request::Webhook;
use super::node::script::Script;
use super::predicate::Predicate;
use super::read::KNOWN_TYPES;
use super::variables::{declared_scopes, defaults};
use crate::check::{Code, NodeReport, Patch, Pointer, Report, Rules, Severity, check_flow};
use crate::extend::Extensions;
use crate::id::{FlowId, FlowRef, NodeId};
use crate::request::AddressRules;
use crate::table::{Set, Table, sort_by_key};
use crate::trace::Tracing;
use crate::unicode::lowercase;
use crate::value::{MAX_DEPTH, is_deeper_than};

/// A compiled flow, and everything its author should know about it.
#[derive(Debug)]
pub struct Compiled {
    /// `None` exactly when the report has an error.
    pub flow: Option<Arc<Flow>>,
    /// What was found.
    pub report: Report,
}

impl Flow {
    /// Checks a definition and makes it runnable as the version `seq` of its flow.
    ///
    /// A definition without an id gets one that its seed key, else its content, stands for.
    ///
    /// ```
    /// use chatflow::{Flow, FlowDefinition};
    ///
    /// let (definition, report) = FlowDefinition::read_json(r#"{
    ///     "nodes": [{"id": "hi", "type": "message", "content": {"text": "Hello!"}}]
    /// }"#);
    /// assert!(!report.has_errors());
    /// let compiled = Flow::compile(&definition.ok_or("not a flow")?, 1);
    /// assert!(compiled.flow.is_some());
    /// # Ok::<(), &'static str>(())
    /// ```
    pub fn compile(definition: &FlowDefinition, seq: u32) -> Compiled {
        Compiler::default().compile(definition, seq)
    }

    /// Makes a definition runnable that was checked when it was published: as [`Flow::compile`], without what is said
    /// of the flow as a whole and of business rules.
    ///
    /// Hosts load stored versions with it. It takes about half the time, and a version that sessions are pinned to
    /// goes on running when the rules have been tightened since.
    ///
    /// ```
    /// use chatflow::{Flow, FlowDefinition};
    ///
    /// let (definition, _) = FlowDefinition::read_json(r#"{"nodes": [
    ///     {"id": "ask", "type": "question", "content": {"question": "Tea?", "input_type": "boolean", "variable": "temp.tea"}},
    ///     {"id": "lost", "type": "message", "content": {"text": "Nobody comes here."}}
    /// ], "entry_node_id": "ask"}"#);
    /// let definition = definition.ok_or("not a flow")?;
    /// let compiled = Flow::compile(&definition, 1);
    /// assert!(compiled.report.iter().any(|found| found.id() == "node.orphan"));
    /// let loaded = Flow::load(&definition, 1);
    /// assert!(loaded.report.is_empty());
    /// assert_eq!(loaded.flow.map(|flow| flow.version()), compiled.flow.map(|flow| flow.version()));
    /// # Ok::<(), &'static str>(())
    /// ```
    pub fn load(definition: &FlowDefinition, seq: u32) -> Compiled {
        Compiler::default().load(definition, seq)
    }
}

/// What flows are compiled with: the rules they must keep, and what a host adds to the language.
#[derive(Clone, Debug, Default)]
pub struct Compiler {
    /// The business rules that flows are held against.
    pub rules: Rules,
    /// Functions and node types of the host.
    pub extensions: Extensions,
    /// The hosts that scripts may load code from (R10.5); `cdn.jsdelivr.net`, `unpkg.com` and
    /// `cdnjs.cloudflare.com` when there is no list.
    pub script_cdns: Option<Vec<String>>,
    /// Which URLs webhooks and `api_call` may name (R8.30, R8.31).
    pub addresses: Arc<AddressRules>,
}

impl Compiler {
    /// As [`Flow::compile`], by these rules and extensions.
    pub fn compile(&self, definition: &FlowDefinition, seq: u32) -> Compiled {
        self.build(definition, seq, false)
    }

    /// As [`Flow::load`], with these extensions.
    pub fn load(&self, definition: &FlowDefinition, seq: u32) -> Compiled {
        self.build(definition, seq, true)
    }

    fn build(&self, definition: &FlowDefinition, seq: u32, was_checked: bool) -> Compiled {
        let mut report = Report::with_scopes(declared_scopes(definition));
        if !was_checked {
            check_flow(definition, &self.extensions, &mut report);
        }
        let contract = Contract::compile(definition, &mut report);
        let mut graph = Graph::new(self);
        graph.add(&definition.nodes, &definition.connections, false, &mut report);
        let Graph { index, nodes, .. } = graph;
        if !was_checked {
            self.rules.check(definition, &mut report);
        }
        let entry = definition.entry.as_ref().and_then(|entry| index.get(entry)).copied();
        let links: Set<Arc<str>> = nodes.iter().filter_map(|(_, kind, _)| link(kind)).collect();
        let defaults = defaults(definition, &mut report);
        let flow = entry.filter(|_| !report.has_errors()).map(|entry| {
            let digest = definition.graph_hash();
            // As `own_id`, without hashing again.
            let id = definition.id.unwrap_or_else(|| {
                FlowId::derived(definition.seed_key.as_deref().unwrap_or(&digest))
            });
            Arc::new(Flow {
                version: FlowRef { id, seq },
                label: definition.version.as_str().into(),
                name: definition.name.as_str().into(),
                entry,
                nodes: nodes.into_iter().map(finish).collect(),
                index,
                defaults: defaults.into(),
                links: links.into_iter().collect(),
                contract,
                digest,
                tracing: Tracing {
                    enabled: definition.trace_enabled,
                    level: definition.trace_level,
                    sample_rate: definition.trace_sample_rate,
                    retention_days: definition.retention_days,
                },
            })
        });
        Compiled { flow, report }
    }

    /// As [`validate_node`], by these rules and extensions.
    pub fn validate_node(&self, kind: &str, content: &Value) -> NodeReport {
        let mut report = Report::default();
        let known = NodeType::parse(&lowercase(kind.trim()));
        let node = NodeDefinition {
            id: "".into(),
            kind: known.unwrap_or_else(|| NodeType::Unknown(kind.to_owned())),
            content: Value::Null,
            template: None,
            position: Map::new(),
            info: Map::new(),
            execution_context: ExecutionContext::default(),
            extra: Map::new(),
            at: Pointer::root(),
        };
        if let NodeType::Unknown(name) = &node.kind {
            let message = format!("`{name}` is not a type of node");
            report.add(Code::NodeUnknownType, &node.at.push("type"), message).help(KNOWN_TYPES);
        }
        if is_deeper_than(content, MAX_DEPTH) {
            let message = format!("arrays and objects are nested more than {MAX_DEPTH} deep");
            report
                .add(Code::FlowTooLarge, &node.at.push("content"), message)
                .help("flatten the content");
        } else {
            // The null of no content is that of an empty one (R12.7).
            let content = if content.is_null() { Map::new().into() } else { content.clone() };
            let node = NodeDefinition { content, ..node.clone() };
            let mut graph = Graph::new(self);
            graph.add(&[node], &[], false, &mut report);
        }
        NodeReport::of_content(&node, &report)
    }
}

/// Checks the content of one node by itself, as an editor does while it is typed.
///
/// Places in the report are below the content. The fixes of it are patches to an object that has
/// the content under `content`. Nothing is said about the node's place in a graph.
///
/// ```
/// use chatflow::validate_node;
/// use serde_json::json;
///
/// let report = validate_node("question", &json!({"text": "How old are you?", "input_type": "nmuber"}));
/// assert!(!report.is_valid);
/// assert_eq!(report.results[0].field_path.as_deref(), Some("input_type"));
/// ```
pub fn validate_node(kind: &str, content: &Value) -> NodeReport {
    Compiler::default().validate_node(kind, content)
}

/// The nodes compiled so far, those inside composites among them.
struct Graph<'a> {
    compiler: &'a Compiler,
    index: Table<NodeId, usize>,
    nodes: Vec<Compiling>,
    alike: Alike,
}

impl<'a> Graph<'a> {
    fn new(compiler: &'a Compiler) -> Self {
        Self { compiler, index: Table::new(), nodes: Vec::new(), alike: Alike::default() }
    }
}

/// A node, and its connections with their priorities.
type Compiling = (NodeId, NodeKind, Vec<(i64, Edge)>);

impl Graph<'_> {
    /// Adds nodes with what they hold, then their connections. Of nodes that share an id, the
    /// first counts (R1.14). No deeper than documents are nested.
    fn add(
        &mut self,
        nodes: &[NodeDefinition],
        connections: &[ConnectionDefinition],
        are_children: bool,
        report: &mut Report,
    ) {
        for node in nodes {
            if self.index.contains_key(&node.id) {
                continue;
            }
            let before = report.len();
            let index = self.nodes.len();
            self.index.insert(node.id.clone(), index);
            let mut kind = compile_node(node, self.compiler, report);
            if let NodeKind::Question(question) = &mut kind {
                self.alike.share(question);
            }
            self.nodes.push((node.id.clone(), kind, Vec::new()));
            self.add_children(node, index, report);
            let mut found = report.iter().skip(before);
            if are_children && found.any(|found| found.severity == Severity::Error) {
                report
                    .add(
                        Code::CompositeChildInvalid,
                        &node.at,
                        format!("the node `{}` inside a composite has errors", node.id),
                    )
                    .help("correct them");
            }
        }
        for connection in connections {
            if let Some(edge) =
                compile_edge(connection, &self.index, &self.compiler.extensions, report)
            {
                self.connect(&connection.source, edge);
            }
        }
    }

    fn connect(&mut self, source: &NodeId, edge: (i64, Edge)) {
        let source = self.index.get(source).and_then(|at| self.nodes.get_mut(*at));
        if let Some((_, _, edges)) = source {
            edges.push(edge);
        }
    }

    /// The nodes of an inline composite (R9.10 to R9.14).
    fn add_children(&mut self, node: &NodeDefinition, index: usize, report: &mut Report) {
        let inline = |kind: &NodeKind| matches!(kind, NodeKind::Composite(composite) if composite.link().is_none());
        let compiled = self.nodes.get(index).filter(|(_, kind, _)| inline(kind));
        let (Some(_), Some(content)) = (compiled, node.content.as_object()) else { return };
        let at = node.at.push("content");
        let children = Children::read(content, &at, &node.id, report);
        if children.nodes.is_empty() {
            report
                .add(Code::CompositeEmpty, &at.push("nodes"), "the composite holds no nodes")
                .help("add nodes to it, or remove it");
        }
        self.add(&children.nodes, &children.connections, true, report);
        for jump in &children.jumps {
            if let Some((priority, edge)) =
                compile_edge(jump, &self.index, &self.compiler.extensions, report)
            {
                // Never taken by its type, only by the name of its target.
                let predicate = Some(Predicate::Constant(false));
                self.connect(&jump.source, (priority, Edge { predicate, ..edge }));
            }
        }
        let entry = children.entry.as_ref().and_then(|entry| self.index.get(entry)).copied();
        let Some((_, NodeKind::Composite(composite), _)) = self.nodes.get_mut(index) else {
            return;
        };
        composite.body = Body::Inline(entry);
        for (name, _) in &composite.outputs {
            if !writes_output(&children.nodes, name) {
                report
                    .add(
                        Code::CompositeOutputNeverSet,
                        &at.push("outputs").push(name),
                        format!("no node of `{}` writes `output.{name}`", node.id),
                    )
                    .help(format!("write it in one of its nodes, or remove `{name}`"));
            }
        }
    }
}

impl FlowDefinition {
    /// The flow's id; one without gets an id that its seed key, else its content, stands for.
    pub(crate) fn own_id(&self) -> FlowId {
        self.id.unwrap_or_else(|| {
            let key = self.seed_key.clone().unwrap_or_else(|| self.graph_hash());
            FlowId::derived(&key)
        })
    }
}

fn link(kind: &NodeKind) -> Option<Arc<str>> {
    if let NodeKind::Composite(composite) = kind { composite.link().cloned() } else { None }
}

/// Orders the edges as they are tried: by `info.priority`, then in document order (R1.22).
fn finish((id, kind, mut edges): Compiling) -> Node {
    sort_by_key(&mut edges, |(priority, _)| *priority);
    Node { id, kind, edges: edges.into_iter().map(|(_, edge)| edge).collect() }
}

fn compile_edge(
    connection: &ConnectionDefinition,
    index: &Table<NodeId, usize>,
    extensions: &Extensions,
    report: &mut Report,
) -> Option<(i64, Edge)> {
    let target = *index.get(&connection.target)?;
    let at = connection.at.push("conditions");
    let predicate = connection
        .predicate
        .as_ref()
        .map(|value| Predicate::compile(value, extensions, &at, Code::ConnectionPredicate, report));
    let priority = connection.info.get("priority").and_then(Value::as_i64).unwrap_or(0);
    Some((priority, Edge { kind: connection.kind.clone(), target, predicate }))
}

fn compile_node(node: &NodeDefinition, compiler: &Compiler, report: &mut Report) -> NodeKind {
    let at = node.at.push("content");
    let Some(map) = node.content.as_object() else {
        report
            .add(
                Code::NodeContentType,
                &at,
                format!("the content of `{}` must be an object", node.id),
            )
            .help("write `\"content\": {…}`");
        return NodeKind::Broken;
    };
    if map.is_empty() && !matches!(node.kind, NodeType::Unknown(_) | NodeType::Custom(_)) {
        report
            .add(Code::NodeContentEmpty, &at, format!("the content of `{}` is empty", node.id))
            .help(format!("say what this {} does", node.kind.as_str()));
        return NodeKind::Broken;
    }
    // Content of nothing but nulls would become empty, which is an error.
    let says_something = map.values().any(|value| !value.is_null());
    for (name, _) in map.iter().filter(|(_, value)| value.is_null()) {
        report
            .add(Code::NodeNullField, &at.push(name), format!("the field `{name}` is null"))
            .help(format!("give `{name}` a value, or remove it"))
            .fix(says_something.then(|| Patch::remove(&at.push(name))));
    }
    let fields = Fields { map, at: &at };
    match &node.kind {
        NodeType::Message => NodeKind::Message(Box::new(Message::compile(&fields, report))),
        NodeType::Question => NodeKind::Question(Box::new(Question::compile(&fields, report))),
        NodeType::Condition => {
            NodeKind::Condition(Box::new(Condition::compile(&fields, &compiler.extensions, report)))
        }
        NodeType::Action => NodeKind::Action(Box::new(Action::compile(&fields, compiler, report))),
        NodeType::Webhook => Webhook::compile(&fields, &compiler.addresses, report)
            .map_or(NodeKind::Broken, |hook| NodeKind::Webhook(Box::new(hook))),
        NodeType::Composite => Composite::compile(&fields, report)
            .map_or(NodeKind::Broken, |composite| NodeKind::Composite(Box::new(composite))),
        NodeType::Script => {
            let cdns = compiler.script_cdns.as_deref();
            Script::compile(&fields, node.execution_context, cdns, report)
                .map_or(NodeKind::Broken, |script| NodeKind::Script(Box::new(script)))
        }
        NodeType::Custom(name) => {
            if let Some(custom) = compiler.extensions.nodes.get(name) {
                return NodeKind::Custom(Box::new(Custom::compile(custom, &fields, report)));
            }
            let message = format!("nobody registered the node type `{name}`");
            report
                .add(Code::NodeUnknownType, &node.at, message)
                .help("register it with the compiler's extensions, or use another type");
            NodeKind::Broken
        }
        // Reported when the document was read.
        NodeType::Unknown(_) => NodeKind::Broken,
    }
}

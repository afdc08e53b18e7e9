//! Reports as hosts hand them on (R12.2 to R12.5).

use std::borrow::Cow;

use serde::Serialize;

use super::patch::Patch;
use super::place::Places;
use super::report::{Diagnostic, Report, Severity};
use crate::flow::{FlowDefinition, NodeDefinition};
use crate::id::NodeId;

/// The rule of the one note of a node about which there is nothing to tell.
const NOTHING_FOUND: &str = "schema.ok";

/// One diagnostic on the wire (R12.2).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// Whether it is no error.
    pub is_valid: bool,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Keys and indexes joined by dots, e.g. `options.1.value`: below the node's content, else below
    /// the node, the connection or the document. None for the whole of it.
    pub field_path: Option<String>,
    /// What to do about it.
    pub suggested_fix: Option<String>,
    /// The code, or the id of the business rule.
    pub rule_id: Cow<'static, str>,
    /// The node that it is about.
    pub node_id: Option<NodeId>,
    /// The place of the connection that it is about in the document's list.
    pub connection_index: Option<usize>,
    /// What cures it, in the document as it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Patch>,
    /// The author's note on why it is meant that way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

/// What was found within one node (R12.3).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct NodeReport {
    /// The node; none when a content was checked by itself.
    pub node_id: Option<NodeId>,
    /// Its type, canonical; what was written for an unknown one.
    pub node_type: String,
    /// Whether there is no error.
    pub is_valid: bool,
    /// What was found, in the order of the rules; one note if nothing was.
    pub results: Vec<Finding>,
}

/// What was found in a flow (R12.4).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FlowReport {
    /// Whether there is no error.
    pub is_valid: bool,
    /// The messages of all errors: of the graph, then of the nodes in document order.
    pub validation_errors: Vec<String>,
    /// The messages of all warnings that are not waived, in the same order.
    pub validation_warnings: Vec<String>,
    /// How many nodes were read.
    pub nodes_count: usize,
    /// How many connections were read.
    pub connections_count: usize,
    /// Where sessions start.
    pub entry_node_id: Option<NodeId>,
    /// What was found about the graph.
    pub results: Vec<Finding>,
    /// What was found within each node, in document order.
    pub nodes: Vec<NodeReport>,
    /// How much was found.
    pub summary: Summary,
}

/// How many diagnostics there are; those that are waived count only as such.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Summary {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub infos: usize,
    /// Warnings and notes that the author waived.
    pub waived: usize,
}

impl Summary {
    /// Counts one more.
    pub fn count(&mut self, diagnostic: &Diagnostic) {
        let counter = match diagnostic.severity {
            _ if diagnostic.waived.is_some() => &mut self.waived,
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
            Severity::Info => &mut self.infos,
        };
        *counter = counter.saturating_add(1);
    }
}

impl FlowReport {
    /// Sorts the diagnostics of a flow into those of its graph and of its nodes.
    ///
    /// `report` is all that reading and compiling `definition` told, after [`Report::waive`].
    ///
    /// ```
    /// use chatflow::{Flow, FlowDefinition, FlowReport};
    ///
    /// let (definition, mut report) = FlowDefinition::read_json(r#"{
    ///     "nodes": [{"id": "hi", "type": "message", "content": {"messages": [{}]}}]
    /// }"#);
    /// let definition = definition.ok_or("not a flow")?;
    /// report.append(Flow::compile(&definition, 1).report);
    /// let report = FlowReport::of(&report, &definition);
    /// let found = &report.nodes[0].results[0];
    /// assert_eq!(found.field_path.as_deref(), Some("messages.0"));
    /// assert!(report.validation_errors[0].starts_with("Node 'hi': "));
    /// # Ok::<(), &'static str>(())
    /// ```
    pub fn of(report: &Report, definition: &FlowDefinition) -> Self {
        let places = Places::of(definition);
        let mut summary = Summary::default();
        let mut results = Vec::new();
        let mut within: Vec<Vec<Finding>> = definition.nodes.iter().map(|_| Vec::new()).collect();
        for diagnostic in report {
            summary.count(diagnostic);
            let place = places.of_pointer(&diagnostic.at);
            let mut finding = Finding::of(diagnostic, &place.field);
            finding.node_id = place.node.map(|(_, node)| node.id.clone());
            finding.connection_index = place.connection_index;
            let of_node = place.node.filter(|_| !is_of_the_graph(diagnostic.code.as_str()));
            match of_node.and_then(|(index, _)| within.get_mut(index)) {
                Some(within) => within.push(finding),
                None => results.push(finding),
            }
        }
        let nodes = definition.nodes.iter().zip(within);
        let nodes: Vec<_> = nodes.map(|(node, found)| NodeReport::of(node, found)).collect();
        Self {
            is_valid: summary.errors == 0,
            validation_errors: messages(&results, &nodes, Severity::Error),
            validation_warnings: messages(&results, &nodes, Severity::Warning),
            nodes_count: definition.nodes.len(),
            connections_count: definition.connections.len(),
            entry_node_id: definition.entry.clone(),
            results,
            nodes,
            summary,
        }
    }

    /// The report of a document that is no flow at all.
    pub fn of_no_flow(report: &Report) -> Self {
        let mut summary = Summary::default();
        let root = super::report::Pointer::root();
        let mut results = Vec::new();
        for diagnostic in report {
            summary.count(diagnostic);
            let field = root.steps_to(&diagnostic.at).unwrap_or_default();
            results.push(Finding::of(diagnostic, &field));
        }
        Self {
            is_valid: false,
            validation_errors: messages(&results, &[], Severity::Error),
            validation_warnings: messages(&results, &[], Severity::Warning),
            nodes_count: 0,
            connections_count: 0,
            entry_node_id: None,
            results,
            nodes: Vec::new(),
            summary,
        }
    }
}

impl NodeReport {
    /// The errors among the results.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.results.iter().filter(|found| found.severity == Severity::Error)
    }

    /// The warnings among the results that are not waived.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        let is_warning = |found: &&Finding| found.severity == Severity::Warning;
        self.results.iter().filter(is_warning).filter(|found| found.waived.is_none())
    }

    fn of(node: &NodeDefinition, mut results: Vec<Finding>) -> Self {
        if results.is_empty() {
            results.push(Finding::nothing(&node.id));
        }
        Self {
            node_id: Some(node.id.clone()),
            node_type: node.kind.as_str().to_owned(),
            is_valid: results.iter().all(|found| found.is_valid),
            results,
        }
    }

    /// The report of a content that was compiled by itself, as the node's at `/content`.
    pub(crate) fn of_content(node: &NodeDefinition, report: &Report) -> Self {
        let content_at = node.at.push("content");
        let found = report.iter().map(|diagnostic| {
            let below = content_at.steps_to(&diagnostic.at);
            let below = below.or_else(|| node.at.steps_to(&diagnostic.at));
            Finding::of(diagnostic, &below.unwrap_or_default())
        });
        let mut report = Self::of(node, found.collect());
        report.node_id = None;
        for found in &mut report.results {
            found.node_id = None;
        }
        report
    }
}

impl Finding {
    fn of(diagnostic: &Diagnostic, field: &[String]) -> Self {
        Self {
            is_valid: diagnostic.severity != Severity::Error,
            severity: diagnostic.severity,
            message: diagnostic.message.clone(),
            field_path: Some(field.join(".")).filter(|path| !path.is_empty()),
            suggested_fix: diagnostic.help.clone(),
            rule_id: diagnostic.id().to_owned().into(),
            node_id: None,
            connection_index: None,
            fix: diagnostic.fix.clone(),
            waived: diagnostic.waived.clone(),
        }
    }

    fn nothing(node: &NodeId) -> Self {
        Self {
            is_valid: true,
            severity: Severity::Info,
            message: "Content is valid".to_owned(),
            field_path: None,
            suggested_fix: None,
            rule_id: NOTHING_FOUND.into(),
            node_id: Some(node.clone()),
            connection_index: None,
            fix: None,
            waived: None,
        }
    }
}

/// The messages of one severity, the graph's first.
fn messages(graph: &[Finding], nodes: &[NodeReport], severity: Severity) -> Vec<String> {
    let counts = |found: &&Finding| found.severity == severity && found.waived.is_none();
    let of_graph = graph.iter().filter(counts).map(|found| found.message.clone());
    let of_nodes = nodes.iter().flat_map(|node| {
        let id = node.node_id.as_ref().map_or("", NodeId::as_str);
        let found = node.results.iter().filter(counts);
        found.map(move |found| format!("Node '{id}': {}", found.message))
    });
    of_graph.chain(of_nodes).collect()
}

/// Whether a rule is about a node's place in the graph rather than its content (R12.60 to R12.90).
fn is_of_the_graph(code: &str) -> bool {
    let Some((family, rule)) = code.split_once('.') else { return true };
    match family {
        "flow" | "connection" | "variable" | "contract" => true,
        "node" => matches!(
            rule,
            "id_missing"
                | "id_invalid"
                | "duplicate_id"
                | "unknown_type"
                | "unreachable"
                | "orphan"
                | "dead_end"
        ),
        "condition" => {
            matches!(rule, "no_default" | "path_without_connection" | "connection_unused")
        }
        "question" => matches!(
            rule,
            "option_without_path" | "path_without_option" | "no_default" | "retry_exit"
        ),
        "webhook" | "action" => rule == "no_failure_path",
        "composite" => matches!(
            rule,
            "not_found"
                | "not_published"
                | "forbidden"
                | "not_embeddable"
                | "self_reference"
                | "cycle"
                | "version_unsatisfied"
                | "contract_input"
                | "contract_output"
        ),
        _ => code == "content.missing",
    }
}

#[cfg(test)]
mod tests;

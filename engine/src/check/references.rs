//! What the nodes of a flow name that lies beside it: other flows, and content items.

use std::collections::BTreeSet;

use serde_json::Value;

use super::composites::{each_node, link};
use super::report::Pointer;
use crate::flow::{FlowDefinition, NodeDefinition, NodeType};
use crate::id::{ContentId, NodeId};

/// Something beside a flow that one of its nodes names.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct NodeReference {
    /// The node; one within an inline composite has its own id.
    pub node: NodeId,
    /// What it names.
    pub target: ReferenceTarget,
}

/// What a node may name.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum ReferenceTarget {
    /// A content item.
    Content(ContentId),
    /// A flow that is embedded: `id:<uuid>` (lower case) or `key:<seed key>`, whatever its version.
    Flow(String),
}

impl FlowDefinition {
    /// The flows that its composites embed and the content items that its nodes show, by id.
    ///
    /// Items that are drawn by type and tags are not among them: which those are is not in the flow.
    ///
    /// ```
    /// use chatflow::{FlowDefinition, ReferenceTarget};
    ///
    /// let (definition, _) = FlowDefinition::read_json(r#"{"nodes": [
    ///     {"id": "a", "type": "composite", "content": {"composite_flow_seed_key": "tea"}}
    /// ]}"#);
    /// let references = definition.ok_or("not a flow")?.references();
    /// let first = references.first().ok_or("nothing found")?;
    /// assert_eq!(first.node.as_str(), "a");
    /// assert_eq!(first.target, ReferenceTarget::Flow("key:tea".to_owned()));
    /// # Ok::<(), &'static str>(())
    /// ```
    pub fn references(&self) -> BTreeSet<NodeReference> {
        let mut found = BTreeSet::new();
        each_node(self, &mut |node, _| {
            let flow = link(node).map(|(link, _)| ReferenceTarget::Flow(link));
            let shown = named_content(node).into_iter().filter_map(|(id, _)| content_id(id));
            let targets = flow.into_iter().chain(shown.map(ReferenceTarget::Content));
            found.extend(targets.map(|target| NodeReference { node: node.id.clone(), target }));
        });
        found
    }
}

/// The fields of a node that name a content item, with their places.
pub(super) fn named_content(node: &NodeDefinition) -> Vec<(&Value, Pointer)> {
    let at = node.at.push("content");
    match node.kind {
        NodeType::Message => {
            let items = node.content.get("messages").and_then(Value::as_array);
            let named = items.into_iter().flatten().enumerate().filter_map(|(i, item)| {
                let at = at.push("messages").push(i).push("content_id");
                item.get("content_id").map(|id| (id, at))
            });
            named.collect()
        }
        NodeType::Question => {
            let id = node.content.pointer("/question/content_id");
            id.map(|id| (id, at.push("question").push("content_id"))).into_iter().collect()
        }
        NodeType::Condition
        | NodeType::Action
        | NodeType::Webhook
        | NodeType::Composite
        | NodeType::Script
        | NodeType::Custom(_)
        | NodeType::Unknown(_) => Vec::new(),
    }
}

pub(super) fn content_id(value: &Value) -> Option<ContentId> {
    value.as_str()?.parse().ok().map(ContentId)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACT: &str = "0193A0B0-0000-7000-8000-00000000000A";

    fn references(nodes: &Value) -> Vec<(String, ReferenceTarget)> {
        let document = serde_json::json!({ "nodes": nodes });
        let (definition, report) = FlowDefinition::read(&document);
        let found = definition.unwrap_or_else(|| panic!("{report:?}")).references();
        found.into_iter().map(|found| (found.node.to_string(), found.target)).collect()
    }

    #[test]
    fn what_nodes_name_is_found_even_in_inline_composites() {
        let fact = ReferenceTarget::Content(ContentId(FACT.parse().unwrap()));
        let flow = |link: &str| ReferenceTarget::Flow(link.to_owned());
        let found = references(&serde_json::json!([
            {"id": "say", "type": "message", "content": {"messages": [
                {"content_id": FACT}, {"text": "and"}, {"content_id": FACT}]}},
            {"id": "ask", "type": "question", "content": {"question": {"content_id": FACT}}},
            {"id": "tea", "type": "composite", "content": {"composite_flow_seed_key": "tea"}},
            {"id": "id", "type": "composite", "content": {"composite_flow_id": FACT}},
            {"id": "in", "type": "composite", "content": {"nodes": [
                {"id": "deep", "type": "message", "content": {"messages": [{"content_id": FACT}]}}]}},
            {"id": "odd", "type": "message", "content": {"messages": [{"content_id": "no id"}]}}
        ]));
        let expected = [
            ("ask", fact.clone()),
            ("deep", fact.clone()),
            ("id", flow(&format!("id:{}", FACT.to_lowercase()))),
            ("say", fact),
            ("tea", flow("key:tea")),
        ];
        assert_eq!(found, expected.map(|(node, target)| (node.to_owned(), target)));
    }
}

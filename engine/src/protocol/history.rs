//! The rows that a turn leaves in a session's history (R11.30, F45).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::event::{Event, Visited};
use super::script::ScriptRequest;
use super::turn::Turn;
use crate::flow::ConnectionType;
use crate::from_json::FromJson;
use crate::id::{ContentId, FlowId, NodeId};
use crate::mask::Masker;

/// The three kinds of history row.
#[derive(Clone, Copy, Debug, Deserialize, Eq, FromJson, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InteractionType {
    /// The flow said or asked something.
    Message,
    /// The visitor answered.
    Input,
    /// The flow did something.
    Action,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryEntry {
    /// The flow that owns the node.
    pub flow: FlowId,
    /// The node.
    pub node: NodeId,
    /// The kind of row.
    pub interaction_type: InteractionType,
    /// What is stored; always has `timestamp` and `turn`.
    pub content: Map<String, Value>,
}

impl HistoryEntry {
    /// Masks the summary of an `action` row (S7.13). What was said and what was answered stay as
    /// the visitor saw and gave them; answers to sensitive questions are redacted in any case.
    pub fn mask(&mut self, masker: &Masker) {
        if self.interaction_type == InteractionType::Action {
            for value in self.content.values_mut() {
                *value = masker.mask(value);
            }
        }
    }
}

impl Turn {
    /// The history rows of this turn, in order. `root` is the session's own flow.
    pub fn history(&self, root: FlowId) -> Vec<HistoryEntry> {
        self.events
            .iter()
            .filter_map(|event| {
                let (node, interaction_type, content) = row(event)?;
                let Value::Object(mut content) = content else { return None };
                content.insert("timestamp".to_owned(), json!(self.at));
                content.insert("turn".to_owned(), json!(self.revision));
                if node.flow != root {
                    // A sub-flow row names the flow that was entered under this key.
                    content.entry("flow_id").or_insert_with(|| json!(node.flow));
                }
                Some(HistoryEntry { flow: node.flow, node: node.node, interaction_type, content })
            })
            .collect()
    }

    /// The nodes of this turn, in order (F45): `[flow, node, connection or null]` for a visit.
    ///
    /// A node that this turn left but had visited earlier, where the session had waited or a
    /// sub-flow had been entered, has a fourth element, `"left"`, and counts as no visit.
    pub fn path(&self) -> Value {
        let mut path: Vec<(&Visited, Option<&ConnectionType>, bool)> = Vec::new();
        path.extend(self.from.as_ref().map(|from| (from, None, false)));
        // The place in `path` whose connection the next `Left` tells.
        let mut at = 0_usize;
        for event in &self.events {
            if let Event::Entered(node) = event {
                at = path.len();
                path.push((node, None, true));
            } else if let Event::SubflowReturned { node, .. } = event {
                let entered = path
                    .iter()
                    .rposition(|(seen, edge, visit)| *seen == node && edge.is_none() && *visit);
                at = entered.unwrap_or(path.len());
                if entered.is_none() {
                    path.push((node, None, false));
                }
            } else if let (Event::Left { connection }, Some((_, edge, _))) =
                (event, path.get_mut(at))
            {
                *edge = Some(connection);
            }
        }
        let entry = |(node, edge, visit): (&Visited, Option<&ConnectionType>, bool)| {
            let edge = edge.map(ToString::to_string);
            if visit {
                json!([node.flow, node.node, edge])
            } else {
                json!([node.flow, node.node, edge, "left"])
            }
        };
        path.into_iter().map(entry).collect()
    }
}

fn row(event: &Event) -> Option<(Visited, InteractionType, Value)> {
    use InteractionType::{Action, Input, Message};
    Some(match event {
        Event::Said { node, items, .. } => (node.clone(), Message, json!({"messages": items})),
        Event::Asked { prompt } => {
            let node = Visited { flow: prompt.flow, node: prompt.node.clone() };
            let mut content = json!({
                "question": prompt.question,
                "content_id": prompt.content_id,
                "input_type": prompt.input_type,
            });
            if let Value::Object(content) = &mut content {
                // Moved into place: `json!` would copy them once more.
                content.insert("options".to_owned(), prompt.public_options());
            }
            (node, Message, content)
        }
        Event::Answered { node, input, hint, value, variable, content_id } => {
            let content = json!({
                "input": input, "input_type": hint, "value": value, "variable": variable,
            });
            (node.clone(), Input, with_content(content, *content_id))
        }
        Event::Refused(refused) => {
            let content = json!({
                "input": refused.input, "input_type": refused.hint, "variable": refused.field,
                "valid": false, "code": refused.code,
            });
            (refused.node.clone(), Input, with_content(content, refused.content_id))
        }
        Event::Acknowledged { node, input, hint } => {
            (node.clone(), Input, json!({"input": input, "input_type": hint, "variable": null}))
        }
        Event::ScriptFinished { node, variables, error, execution_time_ms, .. } => {
            let content = json!({
                "input_type": "script_result", "outputs": variables, "error": error,
                "execution_time_ms": execution_time_ms,
            });
            (node.clone(), Input, content)
        }
        Event::ScriptRequested { request } => script(request),
        Event::Acted { .. }
        | Event::Called { .. }
        | Event::Performed { .. }
        | Event::SubflowEntered { .. }
        | Event::SubflowReturned { .. }
        | Event::Patched { .. }
        | Event::Entered(_)
        | Event::Left { .. }
        | Event::Failed { .. }
        | Event::Warned { .. }
        | Event::Impression(_)
        | Event::Engagement { .. }
        | Event::Traced(_) => {
            let (node, content) = action(event)?;
            (node.clone(), Action, content)
        }
    })
}

/// A script was handed out: told without its code, which is the flow's, and its inputs, which are
/// variables (R10.10).
fn script(request: &ScriptRequest) -> (Visited, InteractionType, Value) {
    let node = Visited { flow: request.flow, node: request.node.clone() };
    let told = |key| request.config.get(key).cloned().unwrap_or_default();
    let content = json!({
        "type": "script_request", "language": told("language"), "sandbox": told("sandbox"),
        "outputs": told("outputs"), "timeout": told("timeout"),
    });
    (node, InteractionType::Action, content)
}

/// Names the content item that asked (R4.12).
fn with_content(mut content: Value, id: Option<ContentId>) -> Value {
    if let (Value::Object(map), Some(id)) = (&mut content, id) {
        map.insert("content_id".to_owned(), json!(id));
    }
    content
}

/// The content of an `action` row; it always has a `type`.
fn action(event: &Event) -> Option<(&Visited, Value)> {
    if let Event::Acted { node, actions, variables, errors, success } = event {
        let content = json!({
            "type": "action_execution", "actions_count": actions, "variables_updated": variables,
            "success": success, "errors": errors, "processed_async": false,
        });
        return Some((node, content));
    }
    if let Event::Called { node, success, status, fallback_used, variables, duration_ms, .. } =
        event
    {
        let content = json!({
            "type": "webhook", "success": success, "status": status, "fallback_used": fallback_used,
            "variables_updated": variables, "duration_ms": duration_ms,
        });
        return Some((node, content));
    }
    if let Event::Performed { node, kind, variables, success } = event {
        let content = json!({"type": kind, "variables_updated": variables, "success": success});
        return Some((node, content));
    }
    if let Event::SubflowEntered { node, target, version } = event {
        let content = json!({"type": "subflow_enter", "flow_id": target.id, "version": version});
        return Some((node, content));
    }
    if let Event::SubflowReturned { node, target, success, .. } = event {
        let content = json!({"type": "subflow_return", "flow_id": target.id, "success": success});
        return Some((node, content));
    }
    let Event::Patched { node, keys } = event else { return None };
    Some((node, json!({"type": "state_patch", "keys": keys})))
}

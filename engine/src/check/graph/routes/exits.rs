//! Whether the connections of a node are those that its type takes (R12.76 to R12.79).

use serde_json::Value;

use super::Vertex;
use crate::check::{Code, Report};
use crate::flow::{ConnectionDefinition, ConnectionType, NodeType};
use crate::unicode::lowercase;

/// Connections of a type that the node never takes (R12.79).
pub(super) fn check(vertex: &Vertex<'_>, report: &mut Report) {
    for connection in connections(vertex) {
        if fits(vertex, connection) {
            continue;
        }
        let (id, kind) = (&vertex.node.id, &connection.kind);
        let node = vertex.node.kind.as_str();
        let message = format!("`{id}` is a {node}: a connection of type `{kind}` does not fit it");
        report
            .add(Code::ConnectionTypeMismatch, &connection.at, message)
            .help("make it a `default` connection, or remove it");
    }
}

fn connections<'a>(vertex: &Vertex<'a>) -> impl Iterator<Item = &'a ConnectionDefinition> {
    vertex.out.iter().map(|edge| edge.connection)
}

/// Whether a node may leave by this connection (R2.8, R2.10, R2.45).
fn fits(vertex: &Vertex<'_>, connection: &ConnectionDefinition) -> bool {
    use ConnectionType::{Default, Error, Failure, Fallback, Option, Success, Timeout};
    match (&vertex.node.kind, &connection.kind) {
        (_, Default)
        // A node of the host may name any type.
        | (NodeType::Condition | NodeType::Custom(_) | NodeType::Unknown(_), _)
        | (NodeType::Question, Option(_))
        | (NodeType::Message, Failure | Error) => true,
        // Replies are chosen like options (R2.31).
        (NodeType::Message, Option(_)) => has_replies(vertex),
        (NodeType::Message, _) => has_replies(vertex) && connection.predicate.is_some(),
        (NodeType::Question, Failure | Error) => may_fail(vertex),
        (NodeType::Question, Timeout) => vertex.node.content.get("timeout_seconds").is_some(),
        // Under a condition, a question takes a connection of any type (R2.45).
        (NodeType::Question, _) => connection.predicate.is_some(),
        (NodeType::Webhook, kind) => matches!(kind, Success | Failure | Error | Fallback),
        (NodeType::Script, kind) => matches!(kind, Success | Failure | Error | Timeout),
        (NodeType::Action | NodeType::Composite, kind) => {
            matches!(kind, Success | Failure | Error)
        }
    }
}

fn has_replies(vertex: &Vertex<'_>) -> bool {
    let replies = vertex.node.content.get("quick_replies").and_then(Value::as_array);
    replies.is_some_and(|replies| !replies.is_empty())
}

/// Whether a question can fail: its retries may be used up, or what it asks may not be there.
fn may_fail(vertex: &Vertex<'_>) -> bool {
    let content = &vertex.node.content;
    let is_named = |at: &str| content.pointer(at).is_some_and(|value| !value.is_null());
    let places = [
        "/validation/max_retries",
        "/max_retries",
        "/source",
        "/question/content_id",
        "/options_source",
        "/items_source",
    ];
    places.into_iter().any(is_named)
}

/// What only questions have: options, and conditions on all ways out.
pub(super) fn check_question(vertex: &Vertex<'_>, report: &mut Report) {
    let id = &vertex.node.id;
    if let Some(count) = option_count(vertex) {
        for connection in connections(vertex) {
            let ConnectionType::Option(number) = connection.kind else { continue };
            if usize::from(number) >= count {
                let message = format!(
                    "`{id}` has {count} options; none of them is `${number}` (they begin at `$0`)"
                );
                report
                    .add(Code::QuestionPathWithoutOption, &connection.at, message)
                    .help("add the option, or correct the connection's type");
            }
        }
    }
    let mut onward = connections(vertex).filter(|connection| !connection.kind.is_failure());
    let serves_options = |kind: &ConnectionType| matches!(kind, ConnectionType::Option(_));
    let mut only_conditional = onward.next().is_some();
    for connection in connections(vertex).filter(|connection| !connection.kind.is_failure()) {
        only_conditional &= connection.predicate.is_some() && !serves_options(&connection.kind);
    }
    if only_conditional {
        let message =
            format!("when no condition on the connections of `{id}` holds, the conversation ends");
        report
            .add(Code::QuestionNoDefault, &vertex.node.at, message)
            .help("add a `default` connection without a condition");
    }
    check_retries(vertex, report);
}

/// Retries that lead nowhere when they are used up.
fn check_retries(vertex: &Vertex<'_>, report: &mut Report) {
    let content = &vertex.node.content;
    let found = ["/validation/max_retries", "/max_retries"]
        .into_iter()
        .find(|at| content.pointer(at).is_some_and(|value| !value.is_null()));
    let Some(found) = found else { return };
    let leads_on = connections(vertex).any(|connection| {
        let kind = &connection.kind;
        matches!(kind, ConnectionType::Failure | ConnectionType::Error | ConnectionType::Default)
    });
    if !leads_on {
        let at =
            found.split('/').skip(1).fold(vertex.node.at.push("content"), |at, key| at.push(key));
        let message = format!("after the last try at `{}` the conversation ends", vertex.node.id);
        report
            .add(Code::QuestionRetryExit, &at, message)
            .help("add a `failure` or a `default` connection");
    }
}

/// How many options a question has for sure; `None` when its document does not tell, or when its
/// only connection is taken whatever its number is (R2.9).
fn option_count(vertex: &Vertex<'_>) -> Option<usize> {
    let content = &vertex.node.content;
    let is_set = |key: &str| content.get(key).is_some_and(|value| !value.is_null());
    if ["options_source", "items_source"].into_iter().any(is_set) {
        return None;
    }
    let options = content.get("options").and_then(Value::as_array).map_or(0, Vec::len);
    let is_drawn =
        is_set("source") || content.pointer("/question/content_id").is_some_and(|id| !id.is_null());
    if options == 0 && is_drawn {
        return None;
    }
    let kind = content.get("input_type").and_then(Value::as_str).map(lowercase);
    match kind.as_deref() {
        Some("boolean" | "confirm" | "yes_no") => Some(2),
        Some("choice" | "button" | "image_choice" | "carousel") => Some(options),
        None if options > 0 => Some(options),
        Some(_) | None => {
            let is_lone = vertex.out.len() == 1;
            (!is_lone).then_some(0)
        }
    }
}

/// Calls that can fail although nothing serves that (R12.78).
pub(super) fn check_failure(vertex: &Vertex<'_>, report: &mut Report) {
    let serves = |connection: &ConnectionDefinition| {
        matches!(connection.kind, ConnectionType::Failure | ConnectionType::Error)
    };
    if connections(vertex).any(serves) {
        return;
    }
    let content = &vertex.node.content;
    let (code, what, has_fallback) = if vertex.node.kind == NodeType::Webhook {
        (Code::WebhookNoFailurePath, "webhook", has_fallback(content))
    } else {
        (Code::ActionNoFailurePath, "action", calls(content).all(is_covered))
    };
    if !has_fallback {
        let message =
            format!("when the call of the {what} `{}` fails, nothing serves that", vertex.node.id);
        report
            .add(code, &vertex.node.at, message)
            .help("add a `failure` connection, or a `fallback_response`");
    }
}

fn has_fallback(fields: &Value) -> bool {
    fields.get("fallback_response").is_some_and(|fallback| match fallback {
        Value::Null => false,
        Value::Object(map) => !map.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => true,
    })
}

/// The `api_call`s of an action node.
fn calls(content: &Value) -> impl Iterator<Item = &Value> {
    let list = content.get("actions").and_then(Value::as_array);
    let alone = std::iter::once(content).filter(move |_| list.is_none());
    let all = list.into_iter().flatten().chain(alone);
    all.filter(|action| action.get("type").is_some_and(|kind| kind == "api_call"))
}

/// Whether a call has an answer of its own for failures, or may fail without consequence (R7.6).
fn is_covered(call: &Value) -> bool {
    let places = ["", "/config", "/params", "/params/config"];
    call.get("on_error").is_some_and(|value| value == "continue")
        || places.into_iter().filter_map(|at| call.pointer(at)).any(has_fallback)
}

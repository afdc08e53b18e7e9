//! Condition nodes (R2.60 to R2.62).

use serde_json::Value;

use super::fields::Fields;
use crate::check::{Code, Pointer, Report};
use crate::extend::Extensions;
use crate::flow::connection_type::ConnectionType;
use crate::flow::definition::NodeType;
use crate::flow::predicate::Predicate;

/// Chooses a connection.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) entries: Box<[Entry]>,
    pub(crate) otherwise: Destination,
}

/// One of the `conditions`.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) predicate: Predicate,
    pub(crate) destination: Destination,
    /// The condition as written: the expression, or JSON.
    pub(crate) written: Box<str>,
}

/// What a `then` or the default path names; resolved among the node's connections.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    /// The connection type that the path is; `default` when it is empty or no type.
    pub(crate) kind: ConnectionType,
    /// The path as written, which may also be a node's id.
    pub(crate) written: Box<str>,
}

impl Destination {
    /// `at` is the place of `path`; a number is the id of a node (R1.15).
    fn compile(path: Option<&Value>, at: &Pointer, report: &mut Report) -> Self {
        let written: Box<str> = match path {
            None | Some(Value::Null) => "".into(),
            Some(Value::String(text)) => text.trim().into(),
            Some(Value::Number(id)) => id.to_string().into(),
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                report
                    .add(Code::NodeField, at, "a path must be a text")
                    .help("name a connection type such as `$0`, or a node");
                "".into()
            }
        };
        let kind = ConnectionType::parse_from(&written, &NodeType::Condition)
            .unwrap_or(ConnectionType::Default);
        Self { kind, written }
    }
}

impl Condition {
    pub(crate) fn compile(
        fields: &Fields<'_>,
        extensions: &Extensions,
        report: &mut Report,
    ) -> Self {
        let list = fields.list(&["conditions"], report);
        if list.is_none_or(Vec::is_empty) {
            report
                .add(
                    Code::ConditionMissing,
                    &fields.at.push("conditions"),
                    "the condition has no entries",
                )
                .help("add entries such as `{\"if\": \"temp.age >= 8\", \"then\": \"$0\"}`");
        }
        let entries = list.into_iter().flatten().enumerate().filter_map(|(i, entry)| {
            let at = fields.at.push("conditions").push(i);
            entry_of(entry, &at, extensions, report)
        });
        let entries = entries.collect();
        let otherwise = match fields.first(&["default_path", "else", "default"]) {
            Some((name, path)) => Destination::compile(Some(path), &fields.at.push(name), report),
            None => Destination::compile(None, fields.at, report),
        };
        Self { entries, otherwise }
    }
}

fn entry_of(
    entry: &Value,
    at: &Pointer,
    extensions: &Extensions,
    report: &mut Report,
) -> Option<Entry> {
    let Some(map) = entry.as_object() else {
        report
            .add(Code::ConditionEntry, at, "an entry of a condition must be an object")
            .help("write `{\"if\": …, \"then\": …}`");
        return None;
    };
    let fields = Fields { map, at };
    let Some((name, predicate)) = fields.first(&["if", "expression", "condition"]) else {
        report
            .add(Code::ConditionIfMissing, at, "an entry of a condition needs `if`")
            .help("write `{\"if\": …, \"then\": …}`");
        return None;
    };
    let written = predicate.as_str().map_or_else(|| predicate.to_string().into(), Into::into);
    let predicate =
        Predicate::compile(predicate, extensions, &at.push(name), Code::ConditionSyntax, report);
    if map.get("then").is_none_or(Value::is_null) {
        report
            .add(Code::ConditionThenMissing, at, "an entry of a condition needs `then`")
            .help("name a connection type such as `$0`, a node, or `default`");
    }
    let destination = Destination::compile(map.get("then"), &at.push("then"), report);
    Some(Entry { predicate, destination, written })
}

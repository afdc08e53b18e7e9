//! Warnings that an author has looked at and means that way.

use serde_json::Value;

use super::place::{Place, Places};
use super::report::Report;
use crate::flow::FlowDefinition;
use crate::table::Table;

/// The most waivers of a flow that count.
const LIMIT: usize = 1_000;

impl Report {
    /// Marks the warnings and notes that the flow's `info.waivers` name, each with its note.
    ///
    /// A waiver is `{"code": "node.dead_end", "node": "bye", "note": "the end"}`; for a connection it
    /// has `"connection": {"source": …, "target": …}`, with a `type` if there are several; with
    /// neither, it is about the flow as a whole. Errors cannot be waived. Waivers are for people:
    /// they are no part of what the flow does, nor of its hash.
    pub fn waive(&mut self, definition: &FlowDefinition) {
        let Some(list) = definition.info.get("waivers").and_then(Value::as_array) else { return };
        let mut waivers: Table<&str, Vec<&Value>> = Table::new();
        for waiver in list.iter().take(LIMIT) {
            if let Some(code) = waiver.get("code").and_then(Value::as_str) {
                waivers.or_default(code).push(waiver);
            }
        }
        let places = Places::of(definition);
        for diagnostic in self.harmless_mut() {
            let Some(waivers) = waivers.get(diagnostic.id()) else { continue };
            let place = places.of_pointer(&diagnostic.at);
            let note = waivers.iter().find(|waiver| is_about(waiver, &place));
            diagnostic.waived = note.map(|waiver| text(waiver, "note").unwrap_or_default().into());
        }
    }
}

fn is_about(waiver: &Value, place: &Place<'_>) -> bool {
    let connection = waiver.get("connection").filter(|value| !value.is_null());
    match (text(waiver, "node"), connection) {
        (Some(id), None) => place.node.is_some_and(|(_, node)| node.id.as_str() == id),
        (None, Some(named)) => place.connection.is_some_and(|found| {
            text(named, "source") == Some(found.source.as_str())
                && text(named, "target") == Some(found.target.as_str())
                && text(named, "type").is_none_or(|kind| kind == found.kind.to_string())
        }),
        (None, None) => place.node.is_none() && place.connection_index.is_none(),
        (Some(_), Some(_)) => false,
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

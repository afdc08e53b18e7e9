//! Which variables can have been set where they are used (R12.81 to R12.83, R12.86, R12.90).

mod network;
mod settled;
mod touch;
mod variables;
mod walk;

pub use variables::FlowVariable;

use std::collections::BTreeSet;

use serde_json::Value;

use super::code::Code;
use super::contract;
use super::report::{Pointer, Report, Severity};
use crate::extend::Extensions;
use crate::flow::{FlowDefinition, NodeDefinition};
use crate::table::Set;
use network::Network;
use touch::{Frame, Touch, overlaps};

/// A variable that the flow of a composite needs to have been set.
#[derive(Debug)]
pub(super) struct Requirement {
    /// The variable's path.
    pub(super) path: String,
    /// Where the composite names the flow.
    pub(super) at: Pointer,
    pub(super) severity: Severity,
}

/// What is known of the flow of a composite.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) requires: Vec<Requirement>,
    /// The variables that it and what it embeds may set; none when it may be any.
    pub(super) sets: Option<BTreeSet<String>>,
}

/// Reports what is used before it can have been set, set and never used, or promised and never set.
///
/// Takes time in proportion to the size of the graph, for each 4,096 variables.
pub(super) fn check(definition: &FlowDefinition, extensions: &Extensions, report: &mut Report) {
    let network = Network::of(definition, &|_, _| Known::default(), extensions, report);
    let mut told = Set::new();
    settled::unset(&network, |touch| {
        let Touch::Read { variable, at, .. } = touch else { return };
        if told.insert((at, &variable.text)) {
            tell_unset(&variable.text, at, report);
        }
    });
    check_unused(definition, &network, report);
    check_promises(definition, &network, report);
}

fn tell_unset(text: &str, at: &Pointer, report: &mut Report) {
    report
        .add(
            Code::VariableUsedBeforeSet,
            at,
            format!("`{text}` is used here, but nothing can have set it before"),
        )
        .help("set it on the way here, declare it under `variables`, or require it in `contract`");
}

/// Reports what only knowing the embedded flows can tell: their requirements that cannot have been
/// met (R12.85), and uses of variables that they do not set.
pub(super) fn check_known(
    definition: &FlowDefinition,
    known: &dyn Fn(&NodeDefinition, &Pointer) -> Known,
    report: &mut Report,
) {
    // What functions of the host are given was told with the document.
    let extensions = &Extensions::default();
    let network =
        Network::of(definition, &|_, _| Known::default(), extensions, &mut Report::default());
    let mut told = Set::new();
    settled::unset(&network, |touch| {
        if let Touch::Read { variable, at, .. } = touch {
            told.insert((at.clone(), variable.text.clone()));
        }
    });
    let network = Network::of(definition, known, extensions, &mut Report::default());
    settled::unset(&network, |touch| match touch {
        Touch::Read { variable, at, .. } => {
            if told.insert((at.clone(), variable.text.clone())) {
                tell_unset(&variable.text, at, report);
            }
        }
        Touch::Require { requirement, .. } => {
            let path = &requirement.path;
            report
                .add_as(
                    Code::CompositeContractInput,
                    requirement.severity,
                    &requirement.at,
                    format!("the embedded flow needs `{path}`, and nothing can have set it before"),
                )
                .help("set it on the way here, or require it in this flow's `contract` as well");
        }
        Touch::Given { .. } | Touch::Write { .. } | Touch::Everything => {}
    });
}

/// The variables that a flow itself may set and share; none when it may be any.
pub(super) fn sets(definition: &FlowDefinition) -> Option<BTreeSet<String>> {
    // What embedded flows set is asked of them.
    let nothing =
        |_: &NodeDefinition, _: &Pointer| Known { sets: Some(BTreeSet::new()), ..Known::default() };
    let network = Network::of(definition, &nothing, &Extensions::default(), &mut Report::default());
    // The first point stands for what is given.
    let touches = || network.points.iter().skip(1).flat_map(|point| &point.touches);
    if touches().any(|touch| matches!(touch, Touch::Everything)) {
        return None;
    }
    let text = |touch: &Touch| match touch {
        Touch::Write { text, .. } if text.contains('.') => Some(text.clone()),
        Touch::Write { text, .. } => Some(format!("temp.{text}")),
        Touch::Read { .. } | Touch::Given { .. } | Touch::Require { .. } | Touch::Everything => {
            None
        }
    };
    let is_shared = |text: &String| !text.starts_with("output.") && !text.starts_with("local.");
    let mut sets = BTreeSet::new();
    for text in touches().filter_map(text).chain(declared(definition)).filter(is_shared) {
        sets.insert(text);
    }
    Some(sets)
}

fn check_unused(definition: &FlowDefinition, network: &Network, report: &mut Report) {
    let touches = || network.points.iter().flat_map(|point| &point.touches);
    if touches().any(|touch| matches!(touch, Touch::Everything)) {
        return;
    }
    let mut read: Set<&str> = Set::new();
    for touch in touches() {
        if let Touch::Read { variable, .. } = touch {
            read.extend(variable.keys.iter().map(String::as_str));
        }
    }
    let promised: Vec<_> = contract::entries(definition, contract::RETURN_STATE)
        .filter_map(|(_, entry)| Frame::top().written(entry.as_str()?))
        .flatten()
        .collect();
    read.extend(promised.iter().map(String::as_str));
    let mut told = Set::new();
    for touch in touches() {
        let Touch::Write { keys, at, text, by_action: true } = touch else { continue };
        let is_kept = |key: &String| !key.starts_with("temp\u{1}") && !key.starts_with("local#");
        if keys.iter().any(|key| is_kept(key) || overlaps(&read, key)) || !told.insert(text) {
            continue;
        }
        report
            .add(Code::VariableNeverUsed, at, format!("nothing in this flow reads `{text}`"))
            .help("remove the action, or name the variable in the contract's `return_state`");
    }
}

fn check_promises(definition: &FlowDefinition, network: &Network, report: &mut Report) {
    let touches = || network.points.iter().flat_map(|point| &point.touches);
    if touches().any(|touch| matches!(touch, Touch::Everything)) {
        return;
    }
    let mut written: Set<&str> = Set::new();
    for touch in touches() {
        if let Touch::Write { keys, .. } = touch {
            written.extend(keys.iter().map(String::as_str));
        }
    }
    for (at, entry) in contract::entries(definition, contract::RETURN_STATE) {
        let Some(keys) = entry.as_str().and_then(|text| Frame::top().written(text)) else {
            continue;
        };
        let is_given = ["context\u{1}", "session\u{1}"];
        let is_given = |key: &String| is_given.iter().any(|scope| key.starts_with(scope));
        if !keys.iter().any(|key| is_given(key) || overlaps(&written, key)) {
            let text = entry.as_str().unwrap_or_default();
            report
                .add(
                    Code::CompositeContractOutput,
                    &at,
                    format!("the contract promises `{text}`, but no node sets it"),
                )
                .help("set it in a node, or take it out of `return_state`");
        }
    }
}

/// The names under `variables`, as paths (R1.7).
fn declared(definition: &FlowDefinition) -> Vec<String> {
    match definition.data_keys.get("variables") {
        Some(Value::Array(list)) => {
            let name = |entry: &Value| entry.get("name").and_then(Value::as_str).map(Into::into);
            list.iter().filter_map(name).collect()
        }
        Some(Value::Object(scopes)) => scopes
            .iter()
            .filter_map(|(scope, names)| Some((scope, names.as_object()?)))
            .flat_map(|(scope, names)| names.keys().map(move |name| format!("{scope}.{name}")))
            .collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests;

//! Contracts: what a flow needs at its entry and leaves behind (R9.33, R12.87).

use serde_json::{Map, Value};

use super::code::Code;
use super::report::{Pointer, Report};
use crate::flow::FlowDefinition;
use crate::value::path::Path;

/// The keys that lead to the variables that must be there at the entry.
pub(super) const ENTRY: &[&str] = &["entry_requirements", "variables"];
/// The key of the variables that are left behind.
pub(super) const RETURN_STATE: &[&str] = &["return_state"];

/// Reports entries of the contract that are no paths of variables.
pub(super) fn check(definition: &FlowDefinition, report: &mut Report) {
    for (at, entry) in entries(definition, ENTRY).chain(entries(definition, RETURN_STATE)) {
        let path = entry.as_str().map(Path::parse);
        if !matches!(path, Some(Ok(path)) if path.is_declarable()) {
            report
                .add(Code::ContractPath, &at, format!("{entry} is not the path of a variable"))
                .help("write a path such as `user.name`");
        }
    }
}

/// The entries of the list at `keys` of the contract, with their places.
pub(super) fn entries<'a>(
    definition: &'a FlowDefinition,
    keys: &[&str],
) -> impl Iterator<Item = (Pointer, &'a Value)> {
    let list = definition.contract.as_ref().and_then(|contract| at_keys(contract, keys));
    let at = list.map_or_else(Pointer::root, |list| place(definition, keys, list));
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.enumerate().map(move |(i, entry)| (at.push(i), entry))
}

/// Whether the contract is to be enforced (R9.34).
pub(super) fn is_strict(contract: &Map<String, Value>) -> bool {
    contract.get("strict") == Some(&Value::Bool(true))
}

pub(super) fn at_keys<'a>(contract: &'a Map<String, Value>, keys: &[&str]) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    rest.iter().try_fold(contract.get(*first)?, |value, key| value.get(key))
}

/// Where the document has a list of the contract: a part of it may stand in `info` (R1.1, F53).
fn place(definition: &FlowDefinition, keys: &[&str], list: &Value) -> Pointer {
    let envelope = definition.data_at.outside("flow_data");
    let info = &definition.info;
    let within = info.get("contract").and_then(Value::as_object);
    let base = if within.and_then(|contract| at_keys(contract, keys)) == Some(list) {
        envelope.push("info").push("contract")
    } else if keys == RETURN_STATE && info.get("return_state") == Some(list) {
        envelope.push("info")
    } else {
        envelope.push("contract")
    };
    keys.iter().fold(base, |at, key| at.push(key))
}

//! What a flow needs at its entry and leaves behind (R9.33, F53).

use serde_json::{Map, Value};

use super::definition::FlowDefinition;
use crate::check::{Code, Pointer, Report};
use crate::value::path::Path;

/// The promises of a flow that can be checked while it runs.
#[derive(Debug)]
pub(crate) struct Contract {
    /// What must be there at entry, and not null.
    pub(crate) required: Box<[Path]>,
    /// What must be there at return, and not null.
    pub(crate) returned: Box<[Path]>,
    /// Whether a sub-flow whose requirements are not met fails (R9.34).
    pub(crate) strict: bool,
}

impl Contract {
    /// `None` when there is nothing to check.
    pub(crate) fn compile(definition: &FlowDefinition, report: &mut Report) -> Option<Box<Self>> {
        let contract = definition.contract.as_ref()?;
        let at = Pointer::root().push("contract");
        let entry = contract.get("entry_requirements").and_then(Value::as_object);
        let empty = Map::new();
        let entry_at = at.push("entry_requirements");
        let required = paths(entry.unwrap_or(&empty), "variables", &entry_at, report);
        let returned = paths(contract, "return_state", &at, report);
        let strict = contract.get("strict") == Some(&Value::Bool(true));
        let is_empty = required.is_empty() && returned.is_empty();
        (!is_empty).then(|| Box::new(Self { required, returned, strict }))
    }
}

fn paths(map: &Map<String, Value>, key: &str, at: &Pointer, report: &mut Report) -> Box<[Path]> {
    let at = at.push(key);
    let tell = |at: &Pointer, value: &Value, report: &mut Report| {
        report
            .add(Code::FlowField, at, format!("{value} is not a list of paths; it is ignored"))
            .help("write a list of variables, e.g. `[\"user.name\"]`");
    };
    let list = match map.get(key) {
        None | Some(Value::Null) => return Box::default(),
        Some(Value::Array(list)) => list,
        Some(other) => {
            tell(&at, other, report);
            return Box::default();
        }
    };
    let path = |(i, value): (usize, &Value)| {
        let path = value.as_str().and_then(|text| Path::parse(text).ok());
        if path.is_none() {
            tell(&at.push(i), value, report);
        }
        path
    };
    list.iter().enumerate().filter_map(path).collect()
}

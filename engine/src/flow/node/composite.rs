//! Composite nodes that refer to another flow (R9.1 to R9.4).

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::fields::Fields;
use crate::check::{Code, Pointer, Report};
use crate::flow::target::Target;
use crate::value::path::Path;
use crate::value::shape::Shape;

/// Runs another flow.
#[derive(Debug)]
pub(crate) struct Composite {
    /// `id:<uuid>` or `key:<seed key>`.
    pub(crate) link: Arc<str>,
    pub(crate) inputs: Box<[(Box<str>, Source)]>,
    pub(crate) outputs: Box<[(Box<str>, Target)]>,
}

/// Where an input of a composite comes from (R9.3).
#[derive(Debug)]
pub(crate) enum Source {
    Path(Path),
    Shape(Shape),
}

impl Composite {
    /// `None` after a report.
    pub(crate) fn compile(fields: &Fields<'_>, report: &mut Report) -> Option<Self> {
        fields.not_built(&["isolate", "snapshot", "version", "version_constraint"], report);
        let Some(link) = link(fields, report) else {
            if fields.is_set("nodes") {
                fields.not_built(&["nodes"], report);
            } else {
                report
                    .add(Code::CompositeNothing, fields.at, "the composite names no flow")
                    .help("set `composite_flow_id` or `composite_flow_seed_key`");
            }
            return None;
        };
        let inputs_at = fields.at.push("inputs");
        let inputs = fields.object(&["inputs"], report).into_iter().flatten();
        let inputs = inputs.map(|(name, source)| {
            (name.as_str().into(), Source::compile(source, &inputs_at.push(name), report))
        });
        Some(Self { link, inputs: inputs.collect(), outputs: outputs(fields, report) })
    }
}

/// The reference, by id or key; the seed key wins, since ids are filled in by imports (S11.13).
fn link(fields: &Fields<'_>, report: &mut Report) -> Option<Arc<str>> {
    let reference = fields.map.get("flow_ref").and_then(Value::as_object);
    let at = fields.at.push("flow_ref");
    let empty = Map::new();
    let inner = Fields { map: reference.unwrap_or(&empty), at: &at };
    inner.not_built(&["version"], report);
    if let Some(key) = fields
        .text(&["composite_flow_seed_key", "composite_flow_key"], report)
        .or_else(|| inner.text(&["key"], report))
    {
        return Some(format!("key:{key}").into());
    }
    let (name, _) =
        fields.first(&["composite_flow_id", "flow_id"]).or_else(|| inner.first(&["id"]))?;
    let text = fields
        .text(&["composite_flow_id", "flow_id"], report)
        .or_else(|| inner.text(&["id"], report))?;
    if let Ok(id) = text.parse::<Uuid>() {
        Some(format!("id:{id}").into())
    } else {
        report
            .add(Code::CompositeNothing, &fields.at.push(name), format!("`{text}` is not a UUID"))
            .help("give the flow's id, or name it by `composite_flow_seed_key`");
        None
    }
}

impl Source {
    fn compile(source: &Value, at: &Pointer, report: &mut Report) -> Self {
        if let Some(text) = source.as_str().filter(|text| !text.contains("{{")) {
            let braced = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let path = braced.filter(|inside| !inside.contains(['{', '}'])).unwrap_or(text);
            if let Ok(path) = Path::parse(path) {
                return Self::Path(path);
            }
        }
        let literal =
            source.as_object().filter(|map| map.len() == 1).and_then(|map| map.get("value"));
        match literal {
            Some(value) => Self::Shape(Shape::Constant(value.clone())),
            None => Self::Shape(Shape::compile(source, at, report)),
        }
    }
}

fn outputs(fields: &Fields<'_>, report: &mut Report) -> Box<[(Box<str>, Target)]> {
    let at = fields.at.push("outputs");
    let pair = |name: &str, target: &str, report: &mut Report| {
        let target = Target::compile(target, &at.push(name), Code::CompositeMapping, report)?;
        let name = name.strip_prefix("output.").unwrap_or(name);
        Some((name.into(), target))
    };
    match fields.map.get("outputs") {
        None | Some(Value::Null) => Box::default(),
        Some(Value::Object(map)) => map
            .iter()
            .filter_map(|(name, target)| pair(name, target.as_str().unwrap_or_default(), report))
            .collect(),
        Some(Value::Array(names)) => {
            names.iter().filter_map(|name| pair(name.as_str()?, name.as_str()?, report)).collect()
        }
        Some(_) => {
            report
                .add(Code::CompositeMapping, &at, "`outputs` must be an object of names and paths")
                .help("write e.g. `{\"output.score\": \"temp.score\"}`");
            Box::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Source;
    use crate::check::{Pointer, Report};
    use serde_json::json;

    #[test]
    fn sources_are_paths_templates_or_literals() {
        let read = |source| Source::compile(&source, &Pointer::root(), &mut Report::default());
        assert!(matches!(read(json!("user.age")), Source::Path(_)));
        assert!(matches!(read(json!("user")), Source::Path(_)));
        assert!(matches!(read(json!("{user.age}")), Source::Path(_)));
        assert!(matches!(read(json!("{{user.age}}")), Source::Shape(_)));
        assert!(matches!(read(json!({"value": "user.age"})), Source::Shape(_)));
        assert!(matches!(read(json!(5)), Source::Shape(_)));
    }
}

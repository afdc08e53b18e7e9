//! Composite nodes (R9.1 to R9.4, R9.35).

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::fields::Fields;
use super::script::is_identifier;
use crate::check::{Code, Pointer, Report, Severity};
use crate::flow::target::Target;
use crate::value::path::Path;
use crate::value::shape::Shape;

/// Runs another flow, or nodes of its own.
#[derive(Debug)]
pub(crate) struct Composite {
    pub(crate) body: Body,
    pub(crate) inputs: Box<[(Box<str>, Source)]>,
    pub(crate) outputs: Box<[(Box<str>, Target)]>,
}

/// What a composite runs (R9.1).
#[derive(Debug)]
pub(crate) enum Body {
    /// The flow that this link stands for: `id:<uuid>` or `key:<seed key>`, and with a version
    /// `id@<label>:<uuid>` or `key@<label>:<seed key>` (R9.35).
    Flow(Arc<str>),
    /// Nodes of its own flow, from this index; none when it holds no nodes.
    Inline(Option<usize>),
}

/// Where an input of a composite comes from (R9.3).
#[derive(Debug)]
pub(crate) enum Source {
    Path(Path),
    Shape(Shape),
}

impl Composite {
    /// `None` after a report. The nodes of an inline composite are not read here.
    pub(crate) fn compile(fields: &Fields<'_>, report: &mut Report) -> Option<Self> {
        fields.not_built(&["isolate"], report);
        let before = report.len();
        let body = match link(fields, report) {
            Some(link) => {
                // It would be a copy of what is run instead.
                fields.not_built_yet(&["snapshot"], report);
                Body::Flow(link)
            }
            None if report.iter().skip(before).any(|found| found.severity == Severity::Error) => {
                return None;
            }
            None if fields.map.contains_key("nodes") => {
                fields.not_built_yet(&["snapshot"], report);
                Body::Inline(None)
            }
            None => {
                fields.not_built(&["snapshot"], report);
                report
                    .add(Code::CompositeNothing, fields.at, "the composite names no flow")
                    .help("set `composite_flow_id` or `composite_flow_seed_key`, or give `nodes`");
                return None;
            }
        };
        Some(Self { body, inputs: inputs(fields, report), outputs: outputs(fields, report) })
    }

    /// The link of a reference.
    pub(crate) fn link(&self) -> Option<&Arc<str>> {
        if let Body::Flow(link) = &self.body { Some(link) } else { None }
    }

    /// Whether `output.<name>` is mapped out.
    pub(crate) fn declares(&self, name: &str) -> bool {
        self.outputs.iter().any(|(output, _)| &**output == name)
    }
}

/// The reference, by id or key; the seed key wins, since ids are filled in by imports (S11.13).
fn link(fields: &Fields<'_>, report: &mut Report) -> Option<Arc<str>> {
    let reference = fields.map.get("flow_ref").and_then(Value::as_object);
    let at = fields.at.push("flow_ref");
    let empty = Map::new();
    let inner = Fields { map: reference.unwrap_or(&empty), at: &at };
    let key = written(fields, &["composite_flow_seed_key", "composite_flow_key"], report)
        .or_else(|| written(&inner, &["key"], report));
    if let Some((_, key)) = key {
        return Some(linked("key", key, fields, &inner, report));
    }
    let (name, text) = written(fields, &["composite_flow_id", "flow_id"], report)
        .or_else(|| written(&inner, &["id"], report))?;
    if let Ok(id) = text.parse::<Uuid>() {
        return Some(linked("id", &id.to_string(), fields, &inner, report));
    }
    report
        .add(Code::CompositeRefFormat, &fields.at.push(name), format!("`{text}` is not a UUID"))
        .help("give the flow's id, or name it by `composite_flow_seed_key`");
    None
}

/// The text of the first of `names` that is set.
fn written<'a>(
    fields: &Fields<'a>,
    names: &[&'static str],
    report: &mut Report,
) -> Option<(&'static str, &'a str)> {
    let set = names.iter().find(|name| fields.is_set(name))?;
    let (name, value) = fields.first(&[*set])?;
    if value.as_str().is_none() {
        report
            .add(
                Code::CompositeRefFormat,
                &fields.at.push(name),
                format!("`{name}` must be a text"),
            )
            .help("give the flow's id, or its seed key");
    }
    Some((name, value.as_str()?.trim()))
}

/// The link text; with a version it differs from the one without, so that each has a pin of its own.
fn linked(
    kind: &str,
    name: &str,
    fields: &Fields<'_>,
    inner: &Fields<'_>,
    report: &mut Report,
) -> Arc<str> {
    let label = label(fields, &["version"], report)
        .or_else(|| label(inner, &["version"], report))
        .or_else(|| label(fields, &["version_constraint"], report));
    match label {
        Some(label) => format!("{kind}@{label}:{name}").into(),
        None => format!("{kind}:{name}").into(),
    }
}

/// An exact version label (R9.35); ranges are told and passed over.
fn label<'a>(fields: &Fields<'a>, names: &[&'static str], report: &mut Report) -> Option<&'a str> {
    let (name, value) = fields.first(names).filter(|(name, _)| fields.is_set(name))?;
    let label = value.as_str().map(str::trim).filter(|label| {
        label.chars().count() <= 50 && !label.contains(|c: char| c == ':' || c.is_control())
    });
    let Some(label) = label else {
        report
            .add(
                Code::CompositeVersion,
                &fields.at.push(name),
                format!("{value} is no version of a flow"),
            )
            .help("write the version's label, e.g. `\"1.2.0\"`");
        return None;
    };
    let is_wild = |part: &str| matches!(part, "x" | "X" | "*");
    let is_range = label.contains(['^', '~', '<', '>', '=', '*', '|', ','])
        || label.split('.').any(is_wild)
        || label.contains(" - ");
    if is_range {
        fields.not_built_yet(&[name], report);
        return None;
    }
    Some(label)
}

fn inputs(fields: &Fields<'_>, report: &mut Report) -> Box<[(Box<str>, Source)]> {
    let at = fields.at.push("inputs");
    let map = match fields.map.get("inputs") {
        None | Some(Value::Null) => return Box::default(),
        Some(Value::Object(map)) => map,
        Some(_) => {
            report
                .add(Code::CompositeInputs, &at, "`inputs` must be an object of names and sources")
                .help("write e.g. `{\"age\": \"user.age\"}`");
            return Box::default();
        }
    };
    let mut inputs = Vec::new();
    for (name, source) in map {
        let at = at.push(name);
        if is_identifier(name) {
            inputs.push((name.as_str().into(), Source::compile(source, &at, report)));
        } else {
            report
                .add(Code::CompositeInputs, &at, format!("`{name}` is no name of an input"))
                .help("use letters, digits and `_`, and begin with none of the digits");
        }
    }
    inputs.into()
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
    let pair = |name: &str, target: &str, at: &Pointer, report: &mut Report| {
        let name = name.strip_prefix("output.").unwrap_or(name);
        if !is_identifier(name) {
            report
                .add(Code::CompositeOutputs, at, format!("`{name}` is no name of an output"))
                .help("use letters, digits and `_`, and begin with none of the digits");
            return None;
        }
        let target = Target::compile(target, at, Code::CompositeOutputs, report)?;
        Some((name.into(), target))
    };
    match fields.map.get("outputs") {
        None | Some(Value::Null) => Box::default(),
        Some(Value::Object(map)) => map
            .iter()
            .filter_map(|(name, target)| {
                pair(name, target.as_str().unwrap_or_default(), &at.push(name), report)
            })
            .collect(),
        Some(Value::Array(names)) => names
            .iter()
            .enumerate()
            .filter_map(|(i, name)| {
                let name = name.as_str().unwrap_or_default();
                let bare = name.strip_prefix("output.").unwrap_or(name);
                pair(name, &format!("temp.{bare}"), &at.push(i), report)
            })
            .collect(),
        Some(_) => {
            report
                .add(Code::CompositeOutputs, &at, "`outputs` must be an object of names and paths")
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

//! Random sources of questions and messages (R4.1 to R4.16).

use serde_json::Value;

use super::fields::Fields;
use crate::check::{Code, Patch, Pointer, Report, Severity, near_miss};
use crate::flow::predicate::compile_path;
use crate::flow::target::Target;
use crate::unicode::lowercase;
use crate::value::path::Path;

/// Draws one item of the library.
#[derive(Debug)]
pub(crate) struct Random {
    pub(crate) kind: Box<str>,
    pub(crate) tags: Value,
    pub(crate) tags_all: Value,
    pub(crate) filters: Box<[(Box<str>, Value)]>,
    pub(crate) exclude_from: Option<Path>,
    pub(crate) track_in: Option<Target>,
    pub(crate) exhausted: Exhausted,
}

/// What happens when nothing is left to draw (R4.14, F8).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exhausted {
    /// Shows again what was shown longest ago; fails when there was never anything.
    Reuse,
    /// Passes the question over.
    Skip,
    /// The node fails.
    Fail,
}

const TYPES: [&str; 6] = ["joke", "fact", "question", "quote", "message", "prompt"];

impl Random {
    /// `fields` is the node's content, whose `source` is `random`.
    pub(crate) fn compile(fields: &Fields<'_>, report: &mut Report) -> Self {
        let at = fields.at.push("source_config");
        let empty = serde_json::Map::new();
        let map = fields.object(&["source_config"], report).unwrap_or(&empty);
        let config = Fields { map, at: &at };
        let kind = lowercase(config.text(&["type"], report).unwrap_or("question"));
        if !TYPES.contains(&kind.as_str()) {
            let message = format!("`{kind}` is not a content type");
            let at = at.push("type");
            report
                .add(Code::QuestionSourceConfig, &at, message)
                .help(format!("use one of {}", TYPES.join(", ")))
                .fix(near_miss(&kind, &TYPES).map(|name| Patch::replace(&at, name)));
        }
        let track_at = fields.at.push("track_shown_in");
        let track_in = fields
            .text(&["track_shown_in"], report)
            .and_then(|text| Target::compile(text, &track_at, Code::QuestionVariable, report));
        check_repeats(&config, fields, report);
        let filters = config.object(&["info_filters"], report).into_iter().flatten();
        Self {
            kind: kind.into(),
            tags: tags(&config, "tags", report),
            tags_all: tags(&config, "tags_all", report),
            filters: filters.map(|(key, value)| (key.as_str().into(), value.clone())).collect(),
            exclude_from: config.text(&["exclude_from"], report).and_then(|text| {
                let at = at.push("exclude_from");
                compile_path(
                    reference(text).unwrap_or(text),
                    &at,
                    Code::QuestionSourceConfig,
                    report,
                )
            }),
            track_in,
            exhausted: exhausted(&config, report),
        }
    }
}

/// What is worth knowing about a draw that runs (R4.13, R12.22).
fn check_repeats(config: &Fields<'_>, fields: &Fields<'_>, report: &mut Report) {
    if config.map.get("count").and_then(Value::as_f64).is_some_and(|count| count > 1.0) {
        let at = config.at.push("count");
        report
            .add_as(Code::QuestionSourceConfig, Severity::Info, &at, "one item is drawn at a time")
            .help("remove `count`; draw again by a loop, or by another entry")
            .fix(Patch::remove(&at));
    }
    let (excludes, tracks) = (config.is_set("exclude_from"), fields.is_set("track_shown_in"));
    if excludes != tracks {
        let message = if excludes {
            "what is shown is not noted: add `track_shown_in`"
        } else {
            "what was shown may come again: add `exclude_from`"
        };
        report
            .add(Code::QuestionRandomRepeat, fields.at, message)
            .help("name the same variable under `exclude_from` and `track_shown_in`");
    }
}

fn tags(config: &Fields<'_>, name: &'static str, report: &mut Report) -> Value {
    match config.map.get(name) {
        None | Some(Value::Null) => Value::Array(Vec::new()),
        Some(one @ Value::String(_)) => match one.as_str().and_then(reference) {
            Some(_) => one.clone(),
            None => Value::Array(vec![one.clone()]),
        },
        Some(list @ Value::Array(items)) if items.iter().all(Value::is_string) => list.clone(),
        Some(_) => {
            report
                .add(
                    Code::QuestionSourceConfig,
                    &config.at.push(name),
                    format!("`{name}` must be a list of texts"),
                )
                .help("write e.g. `[\"riddle\"]`, or a reference such as `{{temp.tags}}`");
            Value::Array(Vec::new())
        }
    }
}

fn exhausted(config: &Fields<'_>, report: &mut Report) -> Exhausted {
    match config.text(&["on_exhausted"], report) {
        None | Some("reuse") => Exhausted::Reuse,
        Some("skip") => Exhausted::Skip,
        Some("fail") => Exhausted::Fail,
        Some(other) => {
            let at = config.at.push("on_exhausted");
            report
                .add(Code::QuestionSourceConfig, &at, format!("`{other}` is not known"))
                .help("use `reuse`, `skip` or `fail`")
                .fix(near_miss(other, &["reuse", "skip", "fail"]).map(|n| Patch::replace(&at, n)));
            Exhausted::Reuse
        }
    }
}

/// The path of a text of the exact form `${path}` or `{{path}}` (R4.4).
pub(crate) fn reference(text: &str) -> Option<&str> {
    let text = text.trim();
    let inside = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")))?;
    Some(inside.trim()).filter(|path| !path.contains(['{', '}']))
}

/// Where a random source stands, for reports of what it needs.
pub(crate) fn is_random(fields: &Fields<'_>, at: &Pointer, report: &mut Report) -> bool {
    match fields.map.get("source") {
        None | Some(Value::Null) => false,
        Some(Value::String(source)) if source == "random" => true,
        Some(other) => {
            report
                .add(Code::QuestionSource, &at.push("source"), format!("`source` is {other}"))
                .help("the only source is `random`");
            false
        }
    }
}

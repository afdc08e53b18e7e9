//! Options of questions and quick replies (R3.5 to R3.8).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::answer::options::normalise;
use crate::answer::{AnswerOption, InputType};
use crate::check::{Code, Pointer, Report};
use crate::flow::predicate::compile_path;
use crate::table::Set;
use crate::value::option::plain_text;
use crate::value::path::Path;
use crate::value::shape::{Shape, is_plain};

/// The node's own options.
#[derive(Debug)]
pub(crate) enum Options {
    /// Nothing to substitute: shared by all prompts of this node.
    Constant(Arc<[AnswerOption]>),
    /// With references; normalised after they are filled.
    Shaped(Box<[Shape]>),
    /// From a list in the state (R3.8).
    State(Box<StateOptions>),
}

/// Options made from the elements of a list (R3.8).
#[derive(Debug)]
pub(crate) struct StateOptions {
    pub(crate) source: Path,
    pub(crate) limit: usize,
    /// Author-named fields for value, label, image and description.
    pub(crate) fields: [Option<Box<str>>; 4],
}

impl Options {
    /// The options of a question of type `kind`.
    pub(crate) fn compile(kind: InputType, fields: &Fields<'_>, report: &mut Report) -> Self {
        let own = Self::compile_list("options", kind, fields, report);
        if own.is_empty()
            && let Some(state) = StateOptions::compile(fields, report)
        {
            return Self::State(Box::new(state));
        }
        own
    }

    /// The options that are listed under `name`.
    pub(crate) fn compile_list(
        name: &'static str,
        kind: InputType,
        fields: &Fields<'_>,
        report: &mut Report,
    ) -> Self {
        let list = fields.list(&[name], report);
        let at = fields.at.push(name);
        // Without a reference in any, what the check makes of them is normalised for good.
        let is_ready = list.into_iter().flatten().all(is_plain);
        let (mut ready, mut shapes, mut seen) = (Vec::new(), Vec::new(), Set::new());
        for (i, option) in list.into_iter().flatten().enumerate() {
            let at = at.push(i);
            let usable = check_option(option, kind, &mut seen, &at, report);
            if usable.is_some() && !is_ready {
                shapes.push(Shape::compile(option, &at, report));
            } else {
                ready.extend(usable.map(AnswerOption::new));
            }
        }
        if is_ready {
            return Self::Constant(ready.into());
        }
        if shapes.iter().all(Shape::is_constant) {
            let constant = |shape: &Shape| {
                if let Shape::Constant(value) = shape { normalise(value) } else { None }
            };
            return Self::Constant(
                shapes.iter().filter_map(constant).map(AnswerOption::new).collect(),
            );
        }
        Self::Shaped(shapes.into())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count() == Some(0)
    }

    /// How many there are, when that is known.
    pub(crate) fn count(&self) -> Option<usize> {
        match self {
            Self::Constant(options) => Some(options.len()),
            Self::Shaped(shapes) => Some(shapes.len()),
            Self::State(_) => None,
        }
    }
}

/// The option normalised, if it can be chosen (R12.22). `seen` holds the values and labels before it.
fn check_option(
    option: &Value,
    kind: InputType,
    seen: &mut Set<(usize, String)>,
    at: &Pointer,
    report: &mut Report,
) -> Option<Map<String, Value>> {
    let Some(usable) = normalise(option) else {
        let (code, message) = match option {
            Value::Object(_) => {
                (Code::QuestionOptionValue, "the option has no value, label or text")
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => {
                (Code::QuestionOptionType, "an option must be an object or a plain value")
            }
        };
        report.add(code, at, message).help("write `{\"label\": \"Yes\", \"value\": \"yes\"}`");
        return None;
    };
    let mut fresh = true;
    for (place, key) in [(0, "value"), (1, "label")] {
        let text = usable.get(key).map(plain_text).unwrap_or_default();
        fresh &= text.contains("{{") || seen.insert((place, text.into_owned()));
    }
    if !fresh {
        report
            .add(
                Code::QuestionOptionDuplicate,
                at,
                "an option before it has the same value or label",
            )
            .help("give each option a value and a label of its own; the first is meant otherwise");
    }
    let has_image =
        usable.get("image_url").and_then(Value::as_str).is_some_and(|url| !url.is_empty());
    if kind == InputType::ImageChoice && !has_image {
        report
            .add(Code::QuestionImageMissing, at, "the option has no picture")
            .help("add `image_url`, or ask by `choice`");
    }
    Some(usable)
}

impl StateOptions {
    fn compile(fields: &Fields<'_>, report: &mut Report) -> Option<Self> {
        let (name, _) = fields.first(&["options_source", "items_source"])?;
        let text = fields.text(&["options_source", "items_source"], report)?;
        let source = compile_path(text, &fields.at.push(name), Code::QuestionSourceConfig, report)?;
        let mut field = |name: &'static str| fields.text(&[name], report).map(Into::into);
        let mapped = [
            field("option_value"),
            field("option_label"),
            field("option_image"),
            field("option_description"),
        ];
        let limit = fields.map.get("options_limit").and_then(Value::as_u64).unwrap_or(50);
        Some(Self { source, limit: usize::try_from(limit).unwrap_or(50), fields: mapped })
    }
}

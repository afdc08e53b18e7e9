//! Question nodes (R2.40 to R2.48).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::fields::Fields;
use super::message::content_id;
use super::random::{Random, is_random};
use crate::answer::options::normalise;
use crate::answer::{AnswerRules, InputType};
use crate::check::{Code, Pointer, Report};
use crate::flow::predicate::compile_path;
use crate::flow::target::Target;
use crate::id::ContentId;
use crate::value::path::Path;
use crate::value::shape::Shape;
use crate::value::template::Template;

/// Asks something.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) random: Option<Random>,
    pub(crate) content_id: Option<ContentId>,
    /// The node's own prompt, used without a content item.
    pub(crate) text: Option<Template>,
    pub(crate) input_type: InputType,
    pub(crate) options: Options,
    pub(crate) rules: AnswerRules,
    pub(crate) variable: Option<Target>,
    /// The variable as the author wrote it, for clients.
    pub(crate) written: Arc<str>,
    pub(crate) append_to: Option<Target>,
    pub(crate) sensitive: bool,
    pub(crate) extras: Extras,
}

/// The node's own options.
#[derive(Debug)]
pub(crate) enum Options {
    /// Nothing to substitute: shared by all prompts of this node.
    Constant(Arc<[Value]>),
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

/// What is passed on to clients (R3.1).
#[derive(Debug, Default)]
pub(crate) struct Extras {
    pub(crate) constant: Arc<Map<String, Value>>,
    pub(crate) placeholder: Option<Template>,
    pub(crate) help_text: Option<Template>,
}

impl Question {
    pub(crate) fn compile(fields: &Fields<'_>, report: &mut Report) -> Self {
        fields.not_built(&["rich_text", "timeout_seconds"], report);
        let random = is_random(fields, fields.at, report).then(|| Random::compile(fields, report));
        let empty = Map::new();
        let inner_at = fields.at.push("question");
        let inner = Fields {
            map: fields.map.get("question").and_then(Value::as_object).unwrap_or(&empty),
            at: &inner_at,
        };
        inner.not_built(&["rich_text", "media"], report);
        // A text of its own goes before a content item (R2.41).
        let own_text = inner.is_set("text");
        let content_id = content_id(&inner, report).filter(|_| !own_text);
        let text = prompt_text(fields, &inner, report);
        let has_prompt = random.is_some() || content_id.is_some() || text.is_some();
        if !has_prompt {
            report
                .add(Code::QuestionPromptMissing, fields.at, "the question has no prompt")
                .help("add `question` with a `text`, or `source: \"random\"`");
        }
        let input_type = input_type(fields, report);
        let options = Options::compile(fields, report);
        let sourced = random.is_some() || content_id.is_some();
        if input_type.takes_options() && options.is_empty() && !sourced {
            report
                .add(
                    Code::QuestionOptionsMissing,
                    fields.at,
                    format!("a `{input_type}` question needs options"),
                )
                .help("add `options`, e.g. `[{\"label\": \"Yes\", \"value\": \"yes\"}]`");
        }
        let (variable, written) = variable(fields, &["variable", "result_variable"], report);
        let rules = AnswerRules::compile(input_type, fields.map, fields.at, report);
        Self {
            random,
            content_id,
            text,
            input_type,
            options,
            variable,
            written,
            append_to: variable_of(fields, "append_to", report),
            sensitive: fields.flag(&["sensitive", "pii"], report).unwrap_or(false),
            extras: Extras::compile(fields, &rules, report),
            rules,
        }
    }
}

fn prompt_text(fields: &Fields<'_>, inner: &Fields<'_>, report: &mut Report) -> Option<Template> {
    let (text, at) = match fields.map.get("question") {
        Some(Value::String(text)) if !text.is_empty() => {
            (text.as_str(), fields.at.push("question"))
        }
        written => match inner.text(&["text", "question"], report) {
            Some(text) => (text, inner.at.push("text")),
            None => match (fields.text(&["text"], report), written) {
                (Some(text), _) => (text, fields.at.push("text")),
                // A question may consist of its options only.
                (None, Some(Value::String(_))) => ("", fields.at.push("question")),
                (None, _) => return None,
            },
        },
    };
    Some(Template::compile(text, &at, report))
}

fn input_type(fields: &Fields<'_>, report: &mut Report) -> InputType {
    let has_options = ["options", "options_source", "items_source"];
    let has_options = has_options.iter().any(|name| fields.is_set(name));
    let guess = if has_options { InputType::Choice } else { InputType::Text };
    let Some(text) = fields.text(&["input_type"], report) else { return guess };
    match InputType::parse(text) {
        Some(kind) if !matches!(kind, InputType::Continue | InputType::ScriptResult) => kind,
        _ => {
            report
                .add(Code::QuestionInputType, &fields.at.push("input_type"), format!("`{text}` is not an input type"))
                .help("use text, choice, multiple_choice, number, email, phone, url, date, slider, image_choice, carousel, boolean or file");
            guess
        }
    }
}

fn variable(
    fields: &Fields<'_>,
    names: &[&'static str],
    report: &mut Report,
) -> (Option<Target>, Arc<str>) {
    let Some((name, _)) = fields.first(names) else { return (None, "".into()) };
    let written = fields.text(names, report).unwrap_or_default();
    if written.is_empty() {
        return (None, "".into());
    }
    let target = Target::compile(written, &fields.at.push(name), Code::QuestionVariable, report);
    (target, written.into())
}

fn variable_of(fields: &Fields<'_>, name: &'static str, report: &mut Report) -> Option<Target> {
    variable(fields, &[name], report).0
}

impl Options {
    fn compile(fields: &Fields<'_>, report: &mut Report) -> Self {
        let list = fields.list(&["options"], report);
        if list.is_none_or(Vec::is_empty)
            && let Some(state) = StateOptions::compile(fields, report)
        {
            return Self::State(Box::new(state));
        }
        let at = fields.at.push("options");
        let mut shapes = Vec::new();
        for (i, option) in list.into_iter().flatten().enumerate() {
            if check_option(option, &at.push(i), report) {
                shapes.push(Shape::compile(option, &at.push(i), report));
            }
        }
        if shapes.iter().all(Shape::is_constant) {
            let constant = |shape: &Shape| {
                if let Shape::Constant(value) = shape { normalise(value) } else { None }
            };
            return Self::Constant(shapes.iter().filter_map(constant).collect());
        }
        Self::Shaped(shapes.into())
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Constant(options) => options.is_empty(),
            Self::Shaped(shapes) => shapes.is_empty(),
            Self::State(_) => false,
        }
    }
}

fn check_option(option: &Value, at: &Pointer, report: &mut Report) -> bool {
    let usable = normalise(option).is_some();
    if !usable {
        report
            .add(Code::QuestionOption, at, "the option has no value, label or text")
            .help("write `{\"label\": \"Yes\", \"value\": \"yes\"}`");
    }
    usable
}

impl StateOptions {
    fn compile(fields: &Fields<'_>, report: &mut Report) -> Option<Self> {
        let (name, _) = fields.first(&["options_source", "items_source"])?;
        let text = fields.text(&["options_source", "items_source"], report)?;
        let source = compile_path(text, &fields.at.push(name), Code::QuestionSource, report)?;
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

impl Extras {
    fn compile(fields: &Fields<'_>, rules: &AnswerRules, report: &mut Report) -> Self {
        let mut constant = Map::new();
        let validation = rules.effective();
        if validation.as_object().is_some_and(|map| !map.is_empty()) {
            constant.insert("validation".to_owned(), validation.clone());
        }
        for name in ["slider_config", "carousel_config", "default_value", "allow_other"] {
            if let Some((name, value)) = fields.first(&[name]) {
                constant.insert(name.to_owned(), value.clone());
            }
        }
        let mut template = |name: &'static str| {
            fields
                .text(&[name], report)
                .map(|text| Template::compile(text, &fields.at.push(name), report))
        };
        let (placeholder, help_text) = (template("placeholder"), template("help_text"));
        Self { constant: Arc::new(constant), placeholder, help_text }
    }
}

//! Question nodes (R2.40 to R2.48).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::fields::Fields;
use super::media::check_media;
use super::message::content_id;
use super::options::Options;
use super::random::{Random, is_random};
use crate::answer::{AnswerRules, InputType};
use crate::check::{Code, Patch, Pointer, Report, Severity, near_miss};
use crate::flow::target::Target;
use crate::id::ContentId;
use crate::table::object;
use crate::value::shape::Shape;
use crate::value::template::Template;

/// Asks something.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) random: Option<Box<Random>>,
    pub(crate) content_id: Option<ContentId>,
    /// The node's own prompt, used without a content item.
    pub(crate) text: Option<Template>,
    pub(crate) rich: Option<Template>,
    /// A picture, film or sound beside the prompt.
    pub(crate) media: Option<Shape>,
    pub(crate) input_type: InputType,
    /// Whether the author gave the type; else a content item may (R13.2).
    pub(crate) typed: bool,
    /// What the node says of its answers, for joining with a content item; empty without one.
    pub(crate) rules_of_node: Map<String, Value>,
    pub(crate) options: Options,
    pub(crate) rules: AnswerRules,
    pub(crate) variable: Option<Target>,
    /// The variable as the author wrote it, for clients.
    pub(crate) written: Arc<str>,
    pub(crate) append_to: Option<Target>,
    pub(crate) sensitive: bool,
    pub(crate) extras: Extras,
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
        if fields.is_set("timeout_seconds") {
            let at = fields.at.push("timeout_seconds");
            let message = "this version passes `timeout_seconds` on and does not act on it";
            report
                .add_as(Code::NodeNotBuilt, Severity::Warning, &at, message)
                .help("clients may act on it");
        }
        let random =
            is_random(fields, fields.at, report).then(|| Box::new(Random::compile(fields, report)));
        let empty = Map::new();
        let inner_at = fields.at.push("question");
        let inner = Fields {
            map: fields.map.get("question").and_then(Value::as_object).unwrap_or(&empty),
            at: &inner_at,
        };
        // A text of its own goes before a content item (R2.41).
        let own_text = inner.is_set("text");
        let content_id = content_id(&inner, report).filter(|_| !own_text);
        let rich = rich_text(&inner, report).or_else(|| rich_text(fields, report));
        let text = prompt_text(fields, &inner, report);
        let sourced = random.is_some() || content_id.is_some();
        let (input_type, typed) = input_type(fields, sourced, report);
        let options = Options::compile(input_type, fields, report);
        if !sourced && rich.is_none() {
            check_prompt(text.as_ref(), &options, fields.at, report);
        }
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
        if written.is_empty() && !sourced {
            report
                .add(Code::QuestionVariableMissing, fields.at, "the answer is kept nowhere")
                .help("add a `variable`, e.g. `temp.answer`");
        }
        let (rules, validation) = AnswerRules::compile(input_type, fields.map, fields.at, report);
        check_selections(&validation, &options, fields.at, report);
        Self {
            media: media(&inner, report),
            rules_of_node: if sourced { rule_keys(fields.map) } else { Map::new() },
            extras: Extras::compile(fields, validation, report),
            append_to: variable_of(fields, "append_to", report),
            sensitive: fields.flag(&["sensitive", "pii"], report).unwrap_or(false),
            random,
            content_id,
            // Markup is a prompt too.
            text: text.or_else(|| rich.is_some().then(|| Template::plain(""))),
            rich,
            input_type,
            typed,
            options,
            variable,
            written,
            rules,
        }
    }

    /// Whether its `$n` connections serve options only (R2.9).
    pub(crate) fn chooses(&self) -> bool {
        let sourced = self.random.is_some() || self.content_id.is_some();
        self.input_type.is_choice() || self.input_type.takes_options() || (sourced && !self.typed)
    }
}

/// Reports a question of its node's own that asks nothing.
fn check_prompt(text: Option<&Template>, options: &Options, at: &Pointer, report: &mut Report) {
    match text {
        None => {
            report
                .add(Code::QuestionPromptMissing, at, "the question has no prompt")
                .help("add `question` with a `text`, or `source: \"random\"`");
        }
        Some(text) if options.is_empty() && text.constant() == Some("") => {
            report
                .add(Code::QuestionPromptEmpty, at, "the question shows nothing")
                .help("write what is asked");
        }
        Some(_) => {}
    }
}

/// R12.22: nobody can choose more options than there are.
fn check_selections(
    validation: &Map<String, Value>,
    options: &Options,
    at: &Pointer,
    report: &mut Report,
) {
    let Some(count) = options.count().filter(|count| *count > 0) else { return };
    let least = validation.get("min_selections").and_then(Value::as_u64).unwrap_or(0);
    if least > count as u64 {
        let at = at.push("validation").push("min_selections");
        let message = format!("`min_selections` is above the number of options, {count}");
        report
            .add(Code::QuestionValidationRange, &at, message)
            .help("add options, or ask for fewer");
    }
}

/// What of a question's content says how it is answered.
const RULE_KEYS: [&str; 12] = [
    "validation",
    "slider_config",
    "carousel_config",
    "default_value",
    "allow_other",
    "timeout_seconds",
    "required",
    "max_retries",
    "on_max_retries",
    "retry_message",
    "error_message",
    "retry",
];

fn rule_keys(content: &Map<String, Value>) -> Map<String, Value> {
    let is_rule =
        |(key, value): &(&String, &Value)| RULE_KEYS.contains(&key.as_str()) && !value.is_null();
    object(content.iter().filter(is_rule).map(|(key, value)| (key.clone(), value.clone())))
}

fn rich_text(fields: &Fields<'_>, report: &mut Report) -> Option<Template> {
    let markup = fields.template("rich_text", report)?;
    markup.check_html(&fields.at.push("rich_text"), report);
    Some(markup)
}

fn media(inner: &Fields<'_>, report: &mut Report) -> Option<Shape> {
    let media = inner.object(&["media"], report)?;
    let at = inner.at.push("media");
    check_media("image", media, &at, report);
    Some(Shape::compile(&Value::Object(media.clone()), &at, report))
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

/// The type, and whether the author gave it.
fn input_type(fields: &Fields<'_>, sourced: bool, report: &mut Report) -> (InputType, bool) {
    let has_options = ["options", "options_source", "items_source"];
    let has_options = has_options.iter().any(|name| fields.is_set(name));
    let guess = if has_options { InputType::Choice } else { InputType::Text };
    let Some(text) = fields.text(&["input_type"], report) else {
        if !sourced {
            let message = format!("`input_type` is missing; `{guess}` is taken");
            report
                .add(Code::QuestionInputTypeMissing, fields.at, message)
                .help(format!("write `\"input_type\": \"{guess}\"`"))
                .fix(Patch::add(&fields.at.push("input_type"), guess.as_str()));
        }
        return (guess, false);
    };
    let Some(kind) = InputType::parse(text).filter(|kind| kind.is_question()) else {
        let at = fields.at.push("input_type");
        let names = InputType::ALL.map(InputType::as_str);
        // All but the last two may be asked for.
        let meant = near_miss(text, names.get(..names.len().saturating_sub(2)).unwrap_or_default());
        report
            .add(Code::QuestionInputType, &at, format!("`{text}` is not an input type"))
            .help("use text, choice, multiple_choice, number, email, phone, url, date, slider, image_choice, carousel, boolean or file")
            .fix(meant.map(|name| Patch::replace(&at, name)));
        return (guess, true);
    };
    (kind, true)
}

/// The first of the variables `names`, and how it was written.
pub(super) fn variable(
    fields: &Fields<'_>,
    names: &[&'static str],
    report: &mut Report,
) -> (Option<Target>, Arc<str>) {
    let Some((name, _)) = fields.first(names) else { return (None, "".into()) };
    let written = fields.text(names, report).unwrap_or_default();
    if written.is_empty() {
        return (None, "".into());
    }
    let at = fields.at.push(name);
    let target = Target::compile(written, &at, Code::QuestionVariable, report);
    if target.is_some() && !written.contains('.') {
        report
            .add(
                Code::QuestionVariableUnscoped,
                &at,
                format!("`{written}` goes to `temp.{written}`"),
            )
            .help(format!("write `temp.{written}`"))
            .fix(Patch::replace(&at, format!("temp.{}", written.trim())));
    }
    (target, written.into())
}

fn variable_of(fields: &Fields<'_>, name: &'static str, report: &mut Report) -> Option<Target> {
    variable(fields, &[name], report).0
}

impl Extras {
    fn compile(fields: &Fields<'_>, validation: Map<String, Value>, report: &mut Report) -> Self {
        let carousel = fields.map.get("carousel_config").filter(|config| !config.is_null());
        let per_view = carousel.and_then(|config| config.get("items_per_view"));
        if carousel.is_some_and(|config| !config.is_object())
            || per_view.is_some_and(|count| count.as_u64().is_none_or(|count| count == 0))
        {
            let at = fields.at.push("carousel_config").push("items_per_view");
            report
                .add(
                    Code::QuestionCarouselConfig,
                    &at,
                    "`items_per_view` must be a whole number above 0",
                )
                .help("write e.g. `{\"items_per_view\": 1}`");
        }
        Self {
            constant: Arc::new(constant_extras(fields.map, validation)),
            placeholder: fields.template("placeholder", report),
            help_text: fields.template("help_text", report),
        }
    }
}

/// What clients are told of how a question is answered (R3.1), whoever wrote it: `validation` as [`AnswerRules`] made it
/// of the content, and the content's own keys.
pub(crate) fn constant_extras(
    content: &Map<String, Value>,
    validation: Map<String, Value>,
) -> Map<String, Value> {
    let mut extras = Map::new();
    if !validation.is_empty() {
        extras.insert("validation".to_owned(), validation.into());
    }
    let names =
        ["slider_config", "carousel_config", "default_value", "allow_other", "timeout_seconds"];
    for name in names {
        if let Some(value) = content.get(name).filter(|value| !value.is_null()) {
            extras.insert(name.to_owned(), value.clone());
        }
    }
    extras
}

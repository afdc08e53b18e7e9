//! The rules of one question, read once (R3.2), and how a reply is held against them.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::choice::{self, Selections};
use super::contact;
use super::date::DateRules;
use super::field::{ANY, COUNT, FLAG, Fields, Reader, TEXT};
use super::file::FileRules;
use super::measure::{Measure, Slider};
use super::text::{TextRules, clean};
use super::{Accepted, AnswerOption, InputType, Refusal, RefusalCode, Today};
use crate::check::{Pointer, Report};

/// What happens when the last retry was in vain (R3.13).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OnMaxRetries {
    /// The node fails with `max_retries`.
    Fail,
    /// The default value is stored.
    Default,
    /// Null is stored.
    Skip,
    /// The session ends.
    End,
}

/// The effective validation of one question.
#[derive(Clone, Debug)]
pub(crate) struct AnswerRules {
    required: bool,
    allow_other: bool,
    default_value: Option<Value>,
    retries: Retries,
    check: Check,
}

#[derive(Clone, Debug, Default)]
struct Retries {
    max: Option<u32>,
    on_max: Option<OnMaxRetries>,
    error_message: Option<String>,
    retry_message: Option<String>,
}

/// What a reply that is not empty must be.
#[derive(Clone, Debug)]
enum Check {
    Text(TextRules),
    Email(TextRules),
    Phone(TextRules),
    Url(TextRules),
    Measure(Measure),
    Date(DateRules),
    OneOption,
    Options(Selections),
    Boolean,
    File(FileRules),
}

const RETRY_COUNT: Reader<u32> = Reader {
    expected: "a whole number of at least 0",
    read: |value| (COUNT.read)(value)?.try_into().ok(),
};

const ON_MAX_RETRIES: Reader<OnMaxRetries> = Reader {
    expected: "`fail`, `default`, `skip` or `end`",
    read: |value| match value.as_str()? {
        "fail" => Some(OnMaxRetries::Fail),
        "default" => Some(OnMaxRetries::Default),
        "skip" => Some(OnMaxRetries::Skip),
        "end" => Some(OnMaxRetries::End),
        _ => None,
    },
};

/// Keys that may also stand beside `validation` or in `retry` (R3.2).
const SHARED: [&str; 5] =
    ["required", "max_retries", "on_max_retries", "retry_message", "error_message"];

/// Other spellings of keys.
const ALIASES: [(&str, &str); 2] = [("minLength", "min_length"), ("maxLength", "max_length")];

impl AnswerRules {
    /// Reads the rules from a question's content; what is wrong is reported and left out.
    ///
    /// Beside the rules comes the `validation` object that clients get: as authored, with `required` and the keys that
    /// stood elsewhere filled in.
    pub(crate) fn compile(
        kind: InputType,
        content: &Map<String, Value>,
        at: &Pointer,
        report: &mut Report,
    ) -> (Self, Map<String, Value>) {
        let node = Fields::whole(content, at);
        let (validation, retry) = (node.part("validation", report), node.part("retry", report));
        let slider = (kind == InputType::Slider)
            .then(|| Slider::compile(&node.part("slider_config", report), &validation, report));
        let layers = [&validation, &node, &retry];
        let required = layered(layers, "required", &FLAG, report).unwrap_or(true);
        let retries = Retries {
            max: layered(layers, "max_retries", &RETRY_COUNT, report),
            on_max: layered(layers, "on_max_retries", &ON_MAX_RETRIES, report),
            error_message: layered(layers, "error_message", &TEXT, report),
            retry_message: layered(layers, "retry_message", &TEXT, report),
        };
        let default_value = node.read(&["default_value"], &ANY, report);
        let slider_default = slider.as_ref().and_then(|slider| slider.default.clone());
        let validation_of_clients = effective(layers, required, slider.as_ref());
        let rules = Self {
            required,
            allow_other: node.read(&["allow_other"], &FLAG, report).unwrap_or(false),
            default_value: default_value.or(slider_default),
            retries,
            check: Check::compile(kind, slider, &validation, report),
        };
        (rules, validation_of_clients)
    }

    /// Whether an empty reply is refused.
    pub(crate) fn required(&self) -> bool {
        self.required
    }

    /// What an empty reply stores; never null.
    pub(crate) fn default_value(&self) -> Option<&Value> {
        self.default_value.as_ref()
    }

    /// How many invalid replies are asked again; `None` is without limit.
    pub(crate) fn max_retries(&self) -> Option<u32> {
        self.retries.max
    }

    /// What happens after them, if the author says so.
    pub(crate) fn on_max_retries(&self) -> Option<OnMaxRetries> {
        self.retries.on_max
    }

    /// The template for invalid replies (R3.11).
    pub(crate) fn error_message(&self) -> Option<&str> {
        self.retries.error_message.as_deref()
    }

    /// The template from the second invalid reply on (R3.11).
    pub(crate) fn retry_message(&self) -> Option<&str> {
        self.retries.retry_message.as_deref()
    }

    /// Takes or refuses a reply. The options are normalised, in the order they were presented.
    pub(crate) fn accept(
        &self,
        raw: &Value,
        options: &[AnswerOption],
        today: Today,
    ) -> Result<Accepted, Refusal> {
        let raw = match raw {
            Value::String(text) => match clean(text) {
                Cow::Borrowed(_) => Cow::Borrowed(raw),
                Cow::Owned(text) => Cow::Owned(Value::String(text)),
            },
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => Cow::Borrowed(raw),
        };
        if self.check.is_empty(&raw) {
            if !self.required || self.default_value.is_some() {
                return Ok(Accepted::Empty);
            }
            if !self.is_acknowledged(options) {
                return Err(self.check.missing());
            }
        }
        match &self.check {
            Check::Text(rules) => rules.accept(&raw),
            Check::Email(rules) => contact::email(&raw, rules),
            Check::Phone(rules) => contact::phone(&raw, rules),
            Check::Url(rules) => contact::url(&raw, rules),
            Check::Measure(measure) => measure.accept(&raw),
            Check::Date(rules) => rules.accept(&raw, today),
            Check::OneOption if self.is_acknowledged(options) => Ok(choice::chosen(options, 0)),
            Check::OneOption => choice::one(&raw, options, self.allow_other),
            Check::Options(limits) => limits.accept(&raw, options, self.allow_other),
            Check::Boolean => choice::boolean(&raw),
            Check::File(rules) => rules.accept(&raw),
        }
    }

    /// A choice of one thing is not a choice: any reply takes it (F39).
    fn is_acknowledged(&self, options: &[AnswerOption]) -> bool {
        matches!(self.check, Check::OneOption) && options.len() == 1 && !self.allow_other
    }
}

impl Check {
    fn compile(
        kind: InputType,
        slider: Option<Slider>,
        validation: &Fields<'_>,
        report: &mut Report,
    ) -> Self {
        match kind {
            InputType::Text | InputType::Continue | InputType::ScriptResult => {
                Self::compile_text(validation, report)
            }
            InputType::Email => Self::Email(TextRules::compile(validation, report)),
            InputType::Phone => Self::Phone(TextRules::compile(validation, report)),
            InputType::Url => Self::Url(TextRules::compile(validation, report)),
            InputType::Number => Self::Measure(Measure::compile(validation, report)),
            InputType::Slider => Self::Measure(slider.map(|s| s.measure).unwrap_or_default()),
            InputType::Date => Self::Date(DateRules::compile(validation, report)),
            InputType::Choice
            | InputType::Button
            | InputType::ImageChoice
            | InputType::Carousel => Self::OneOption,
            InputType::MultipleChoice => Self::Options(Selections::compile(validation, report)),
            InputType::Boolean => Self::Boolean,
            InputType::File => Self::File(FileRules::compile(validation, report)),
        }
    }

    /// A text question may ask for a number or for yes or no by `validation.type`.
    fn compile_text(validation: &Fields<'_>, report: &mut Report) -> Self {
        match validation.read(&["type"], &TEXT, report).as_deref() {
            Some("number") => Self::Measure(Measure::compile(validation, report)),
            Some("integer") => Self::Measure(Measure::compile(validation, report).whole()),
            Some("boolean") => Self::Boolean,
            _ => Self::Text(TextRules::compile(validation, report)),
        }
    }

    /// R3.14. Blank text is no answer to any question.
    fn is_empty(&self, raw: &Value) -> bool {
        match (raw, self) {
            (Value::Null, _) => true,
            (Value::String(text), Self::Options(_)) => {
                let list = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                list.unwrap_or(text).trim().is_empty()
            }
            (Value::String(text), _) => text.trim().is_empty(),
            (Value::Array(items), _) => items.is_empty() && !self.is_text(),
            (Value::Bool(_) | Value::Number(_) | Value::Object(_), _) => false,
        }
    }

    fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Email(_) | Self::Phone(_) | Self::Url(_))
    }

    fn missing(&self) -> Refusal {
        let message = match self {
            Self::Text(_) => "Please type an answer.",
            Self::Email(_) => "Please enter your email address.",
            Self::Phone(_) => "Please enter your phone number.",
            Self::Url(_) => "Please enter a web address.",
            Self::Measure(_) => "Please enter a number.",
            Self::Date(_) => "Please enter a date.",
            Self::OneOption => "Please choose one of the options.",
            Self::Options(_) => "Please choose at least one of the options.",
            Self::Boolean => "Please answer yes or no.",
            Self::File(_) => "Please choose a file.",
        };
        Refusal::new(RefusalCode::Required, message)
    }
}

/// The value of the first layer that has the key; the other layers are checked as well.
fn layered<T>(
    layers: [&Fields<'_>; 3],
    key: &str,
    reader: &Reader<T>,
    report: &mut Report,
) -> Option<T> {
    let [first, second, third] = layers.map(|layer| layer.read(&[key], reader, report));
    first.or(second).or(third)
}

fn effective(
    layers: [&Fields<'_>; 3],
    required: bool,
    slider: Option<&Slider>,
) -> Map<String, Value> {
    let [validation, node, retry] = layers.map(|layer| layer.object);
    let mut keys = validation.cloned().unwrap_or_default();
    let is_free = |keys: &Map<String, Value>, key: &str| keys.get(key).is_none_or(Value::is_null);
    for (alias, name) in ALIASES {
        if let Some(value) = keys.remove(alias).filter(|_| is_free(&keys, name)) {
            keys.insert(name.to_owned(), value);
        }
    }
    for key in SHARED {
        let mut elsewhere = [node, retry].into_iter().flatten().filter_map(|layer| layer.get(key));
        if let Some(value) = elsewhere.find(|v| !v.is_null()).filter(|_| is_free(&keys, key)) {
            keys.insert(key.to_owned(), value.clone());
        }
    }
    keys.insert("required".to_owned(), json!(required));
    if let Some((min, max)) = slider.and_then(|slider| slider.measure.range()) {
        keys.insert("min".to_owned(), min);
        keys.insert("max".to_owned(), max);
    }
    keys
}

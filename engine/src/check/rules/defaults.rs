//! The rules of the engine (R12.44), in code instead of CEL.

mod address;

use serde_json::Value;

use super::{Check, Rule};
use crate::check::report::Severity;
use crate::flow::node::request::policy::timeout_of;
use crate::unicode::lowercase;
use crate::value::canonical_len;
use crate::value::path::Path;

/// Tells from a node's content how severely it breaks the rule, if it does.
pub(super) type Native = fn(&Value) -> Option<Severity>;

use Severity::{Error, Info, Warning};

/// Id, name, node type (empty for all), severity, check, message, suggested fix.
type Row = (&'static str, &'static str, &'static str, Severity, Native, &'static str, &'static str);

const ROWS: [Row; 15] = [
    (
        "webhook_no_credentials_in_url",
        "Credentials",
        "webhook",
        Error,
        |content| broken(address::has_credentials(url(content)), Error),
        "the URL holds a user name or a password",
        "put the authentication into headers",
    ),
    (
        "webhook_no_localhost",
        "Address",
        "webhook",
        Warning,
        |content| broken(address::is_internal(url(content)), Warning),
        "the URL leads to an internal address",
        "use an address that can be reached from outside",
    ),
    (
        "question_max_choices",
        "Number of options",
        "question",
        Warning,
        |content| broken(has_options_type(content) && options(content).len() > 10, Warning),
        "more than 10 options are hard to choose from",
        "offer fewer options, or let the visitor write",
    ),
    (
        "question_min_choices",
        "Number of options",
        "question",
        Error,
        too_few_options,
        "a choice needs something to choose from",
        "offer at least 2 options, or use a message with `wait_for_ack`",
    ),
    (
        "condition_always_true_unreachable",
        "Order of entries",
        "condition",
        Warning,
        hides_later_entries,
        "an entry always holds, so that later ones are never reached",
        "move it to the end, or make it the default path",
    ),
    (
        "action_unsafe_calculation",
        "Calculation",
        "action",
        Warning,
        |content| broken(actions(content).any(looks_unsafe), Warning),
        "a calculation looks like program code",
        "use arithmetic only",
    ),
    (
        "action_variable_naming",
        "Names of variables",
        "action",
        Error,
        |content| broken(actions(content).any(is_misnamed), Error),
        "a variable's name has other characters than letters, digits, `_` and `.`",
        "rename it, e.g. `temp.user_input`",
    ),
    (
        "webhook_reasonable_timeout",
        "Timeout",
        "webhook",
        Warning,
        |content| {
            let ms = timeout_of(content);
            broken(ms.is_some_and(|ms| !(1_000.0..=120_000.0).contains(&ms)), Warning)
        },
        "a timeout should lie between 1 and 120 seconds",
        "use 1 to 120 seconds; 30 are usual",
    ),
    (
        "message_empty_content",
        "Content",
        "message",
        Warning,
        |content| {
            let messages = content.get("messages").and_then(Value::as_array);
            broken(messages.is_some_and(Vec::is_empty), Warning)
        },
        "`messages` is empty",
        "add a message",
    ),
    (
        "webhook_secure_headers",
        "Authentication",
        "webhook",
        Info,
        |content| broken(!is_authenticated(content), Info),
        "the request carries no authentication",
        "consider an `Authorization` header or `auth`",
    ),
    (
        "question_accessible_images",
        "Pictures",
        "question",
        Info,
        |content| broken(has_silent_picture(content), Info),
        "a picture to choose has neither a label nor an alternative text",
        "add `label` or `alt` to each option",
    ),
    (
        "question_options_long",
        "Length of options",
        "question",
        Info,
        |content| {
            let label = |option: &Value| {
                let text = option.get("label").or_else(|| option.get("text")).unwrap_or(option);
                text.as_str().is_some_and(|text| text.chars().count() > 60)
            };
            broken(options(content).iter().any(label), Info)
        },
        "an option has more than 60 characters",
        "shorten its label",
    ),
    (
        "message_long_text",
        "Length of texts",
        "message",
        Info,
        |content| broken(texts(content).any(|text| text.chars().count() > 640), Info),
        "a text has more than 640 characters",
        "split it into several messages",
    ),
    (
        "node_content_large",
        "Size",
        "",
        Warning,
        |content| broken(canonical_len(content) > 65_536, Warning),
        "the node's content has more than 65,536 bytes",
        "split the node",
    ),
    (
        "image_alt_text",
        "Pictures",
        "message",
        Info,
        |content| broken(items(content).iter().any(lacks_alt), Info),
        "a picture has no alternative text",
        "say in `alt` what it shows",
    ),
];

/// The rules in the order in which they are tried.
pub(super) fn rules() -> Vec<Rule> {
    let rule = |(id, name, kind, severity, check, message, fix): Row| Rule {
        id: id.into(),
        name: name.into(),
        description: message.into(),
        message: message.into(),
        suggested_fix: Some(fix.into()),
        node_types: (!kind.is_empty()).then(|| vec![kind.into()]),
        severity,
        is_severity_set: false,
        enabled: true,
        check: Check::Native(check),
    };
    ROWS.into_iter().map(rule).collect()
}

fn broken(is_broken: bool, severity: Severity) -> Option<Severity> {
    is_broken.then_some(severity)
}

fn url(content: &Value) -> &str {
    content.get("url").and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(content: &'a Value, key: &str) -> &'a [Value] {
    content.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn options(content: &Value) -> &[Value] {
    list(content, "options")
}

fn items(content: &Value) -> &[Value] {
    list(content, "messages")
}

fn input_type(content: &Value) -> Option<String> {
    content.get("input_type").and_then(Value::as_str).map(|text| lowercase(text.trim()))
}

/// Whether the visitor chooses among options.
fn has_options_type(content: &Value) -> bool {
    match input_type(content).as_deref() {
        Some("choice" | "button" | "multiple_choice" | "image_choice" | "carousel") => true,
        Some(_) => false,
        None => !options(content).is_empty(),
    }
}

fn too_few_options(content: &Value) -> Option<Severity> {
    let is_set = |key: &str| content.get(key).is_some_and(|value| !value.is_null());
    let comes_from_elsewhere = ["source", "options_source", "items_source"].into_iter().any(is_set)
        || content.pointer("/question/content_id").is_some_and(|id| !id.is_null());
    if !has_options_type(content) {
        return None;
    }
    match options(content).len() {
        0 => broken(!comes_from_elsewhere, Error),
        1 => Some(Warning),
        _ => None,
    }
}

fn hides_later_entries(content: &Value) -> Option<Severity> {
    let always = |entry: &Value| {
        let found = ["if", "expression", "condition"].into_iter().find_map(|key| entry.get(key));
        found.is_some_and(|predicate| match predicate {
            Value::Bool(holds) => *holds,
            Value::String(text) => text.trim() == "true",
            Value::Number(number) => number.as_f64() == Some(1.0),
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        })
    };
    let (_, earlier) = list(content, "conditions").split_last()?;
    broken(earlier.iter().any(always), Warning)
}

fn actions(content: &Value) -> impl Iterator<Item = &Value> {
    let listed = content.get("actions").is_some();
    list(content, "actions").iter().chain(std::iter::once(content).filter(move |_| !listed))
}

/// A field of an action, in `params` or beside its type (R7.1).
fn field<'a>(action: &'a Value, key: &str) -> Option<&'a str> {
    let inner = action.get("params").and_then(|params| params.get(key));
    inner.or_else(|| action.get(key)).and_then(Value::as_str)
}

fn looks_unsafe(action: &Value) -> bool {
    let words = ["__", "import", "exec", "eval", "open", "subprocess"];
    field(action, "type") == Some("calculate")
        && field(action, "expression")
            .is_some_and(|source| words.iter().any(|word| source.contains(word)))
}

fn is_misnamed(action: &Value) -> bool {
    let names = ["variable", "target", "result_variable", "response_variable", "error_variable"];
    let is_bad = |text: &str| !Path::parse(text).is_ok_and(|path| path.is_declarable());
    names.into_iter().filter_map(|name| field(action, name)).any(is_bad)
}

fn is_authenticated(content: &Value) -> bool {
    let known = ["authorization", "x-api-key", "x-auth-token"];
    let headers = content.get("headers").and_then(Value::as_object);
    let has_header = headers
        .into_iter()
        .flatten()
        .any(|(name, _)| known.iter().any(|known| name.eq_ignore_ascii_case(known)));
    has_header || content.get("auth").is_some_and(|auth| !auth.is_null())
}

fn has_silent_picture(content: &Value) -> bool {
    let pictures = matches!(input_type(content).as_deref(), Some("image_choice" | "carousel"));
    let is_silent = |option: &Value| {
        option.is_object()
            && ["label", "text", "title", "alt"]
                .into_iter()
                .all(|key| option.get(key).and_then(Value::as_str).is_none_or(str::is_empty))
    };
    pictures && options(content).iter().any(is_silent)
}

fn texts(content: &Value) -> impl Iterator<Item = &str> {
    let own = content.get("text").and_then(Value::as_str);
    own.into_iter().chain(items(content).iter().flat_map(|item| {
        let places = ["", "/text", "/content", "/content/text"];
        places.into_iter().filter_map(|at| item.pointer(at)?.as_str())
    }))
}

fn lacks_alt(item: &Value) -> bool {
    let is_picture = item
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(|kind| matches!(kind, "image" | "gif"));
    let places = ["/alt", "/content/alt", "/media/alt"];
    let has_alt =
        |at: &str| item.pointer(at).and_then(Value::as_str).is_some_and(|alt| !alt.is_empty());
    let comes_from_library = item.get("content_id").is_some_and(|id| !id.is_null());
    is_picture && !comes_from_library && !places.into_iter().any(has_alt)
}

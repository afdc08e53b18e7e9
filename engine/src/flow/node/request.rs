//! Requests of `api_call` actions and webhook nodes (R7.40, R8.1).

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::check::{Code, Pointer, Report, Severity};
use crate::flow::target::Target;
use crate::value::path::Path;
use crate::value::shape::Shape;
use crate::value::template::Template;

/// What is sent, and what becomes of the answer.
#[derive(Debug)]
pub(crate) struct Request {
    /// A relative endpoint or an absolute URL.
    pub(crate) endpoint: Template,
    pub(crate) method: &'static str,
    pub(crate) headers: Shape,
    pub(crate) query: Shape,
    pub(crate) body: Shape,
    pub(crate) timeout_ms: u64,
    /// `retry` and `circuit_breaker` as authored; they are the host's business (F29).
    pub(crate) policy: Map<String, Value>,
    pub(crate) mapping: Box<[(ResponsePath, Target)]>,
    pub(crate) error_variable: Option<Target>,
    pub(crate) fallback: Option<Value>,
}

/// An `api_call` action.
#[derive(Debug)]
pub(crate) struct ApiCall {
    pub(crate) request: Request,
    /// Where the whole answer goes.
    pub(crate) store: Option<Target>,
}

/// A webhook node.
#[derive(Debug)]
pub(crate) struct Webhook {
    pub(crate) request: Request,
    /// The key in `webhook_responses` under which the whole answer is kept (R8.22).
    pub(crate) store: Option<Box<str>>,
}

/// A place in a response (R7.48, R8.21).
#[derive(Clone, Debug)]
pub(crate) enum ResponsePath {
    /// All of the body.
    Whole,
    /// The HTTP status.
    Status,
    /// A header, in lower case.
    Header(Box<str>),
    /// A part of the body.
    Part(Path),
}

/// Which side of a mapping is the response path when no `$` tells (R7.49).
#[derive(Clone, Copy, Debug)]
enum Direction {
    ResponseFirst,
    VariableFirst,
}

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// The scopes that a reference in single braces may begin with (R5.27).
const SCOPES: [&str; 8] =
    ["user", "temp", "context", "session", "input", "output", "local", "system"];
const DEFAULT_TIMEOUT_MS: u64 = 30_000;

impl ApiCall {
    /// `fields` is the action, or its `params`; the request may lie in `config` or beside it.
    pub(crate) fn compile(fields: &Fields<'_>, report: &mut Report) -> Option<Self> {
        let at = fields.at.push("config");
        let config = fields.map.get("config").and_then(Value::as_object);
        let fields = match config {
            Some(map) => &Fields { map, at: &at },
            None => fields,
        };
        let auth = fields.text(&["auth_type"], report);
        if auth.is_some_and(|kind| !matches!(kind, "internal" | "none")) {
            fields.not_built(&["auth_type"], report);
        }
        let Some(endpoint) = fields.text(&["endpoint", "url"], report) else {
            report
                .add(Code::ActionEndpoint, fields.at, "the api_call has no `endpoint`")
                .help("e.g. `\"endpoint\": \"/v1/recommend\"`");
            return None;
        };
        let relative = endpoint.starts_with('/') && !endpoint.starts_with("//");
        if !relative && !endpoint.starts_with("https://") && !endpoint.starts_with('{') {
            report
                .add(
                    Code::ActionEndpoint,
                    &fields.at.push("endpoint"),
                    format!("`{endpoint}` is not an endpoint"),
                )
                .help("write a path that begins with `/`, or an https URL");
        }
        let store = fields.text(&["response_variable"], report);
        let full = fields.flag(&["store_full_response"], report).unwrap_or_else(|| store.is_some());
        let store_at = fields.at.push("response_variable");
        let store = full
            .then(|| {
                Target::compile(
                    store.unwrap_or("temp.api_response"),
                    &store_at,
                    Code::ActionVariable,
                    report,
                )
            })
            .flatten();
        let request = Request::compile(fields, endpoint, Direction::ResponseFirst, report)?;
        Some(Self { request, store })
    }
}

impl Webhook {
    pub(crate) fn compile(fields: &Fields<'_>, report: &mut Report) -> Option<Self> {
        fields.not_built(&["auth", "follow_redirects"], report);
        if Value::Object(fields.map.clone()).to_string().contains("{{secret:") {
            report
                .add(Code::NodeNotBuilt, fields.at, "this version does not resolve secrets yet")
                .help("call a handler of the host by `api_call`; it knows its own secrets");
            return None;
        }
        let url = fields.text(&["url"], report).unwrap_or_default();
        if !url.starts_with("https://") && !url.starts_with('{') {
            report
                .add(
                    Code::WebhookUrl,
                    &fields.at.push("url"),
                    format!("`{url}` is not an https URL"),
                )
                .help("write an absolute URL such as `https://api.example.org/v1/hits`");
        }
        let request = Request::compile(fields, url, Direction::VariableFirst, report)?;
        let key = fields.text(&["response_key"], report).unwrap_or("webhook_response");
        let keep = fields.flag(&["store_response"], report).unwrap_or(false);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !key.chars().all(is_name)
            || key.starts_with(|c: char| c.is_ascii_digit())
            || key.is_empty()
        {
            let at = fields.at.push("response_key");
            report
                .add(Code::NodeField, &at, format!("`{key}` is not a name"))
                .help("use letters, digits and `_`");
        }
        Some(Self { request, store: keep.then(|| key.into()) })
    }
}

impl Request {
    fn compile(
        fields: &Fields<'_>,
        endpoint: &str,
        direction: Direction,
        report: &mut Report,
    ) -> Option<Self> {
        let webhook = matches!(direction, Direction::VariableFirst);
        let method =
            fields.text(&["method"], report).unwrap_or(if webhook { "POST" } else { "GET" });
        let Some(method) = METHODS.into_iter().find(|known| known.eq_ignore_ascii_case(method))
        else {
            report
                .add(
                    Code::NodeField,
                    &fields.at.push("method"),
                    format!("`{method}` is not a method"),
                )
                .help(format!("use one of {}", METHODS.join(", ")));
            return None;
        };
        // Reported if they are no objects: such could not be sent.
        let _ = (fields.object(&["headers"], report), fields.object(&["query_params"], report));
        let shape = |name: &str, report: &mut Report| {
            let at = fields.at.push(name);
            let value = fields.map.get(name).unwrap_or(&Value::Null);
            Shape::compile(&double_braced(value, &at, report), &at, report)
        };
        let body = if fields.is_set("body") || !fields.map.contains_key("payload") {
            "body"
        } else {
            "payload"
        };
        // A webhook without a body sends an empty one (R8.1).
        let body = if webhook && !fields.map.contains_key(body) {
            Shape::Constant(Value::Object(Map::new()))
        } else {
            shape(body, report)
        };
        let endpoint_at = fields.at.push(if webhook { "url" } else { "endpoint" });
        let endpoint = double_braced(&Value::from(endpoint), &endpoint_at, report);
        let policy = ["retry", "circuit_breaker"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), fields.first(&[name])?.1.clone())));
        let error_default = if webhook { "temp.webhook_error" } else { "temp.api_error" };
        let error_at = fields.at.push("error_variable");
        let error = fields.text(&["error_variable"], report).unwrap_or(error_default);
        let fallback = fields.map.get("fallback_response").filter(|value| !value.is_null());
        let fallback = fallback
            .filter(|value| !webhook || value.as_object().is_some_and(|map| !map.is_empty()));
        Some(Self {
            endpoint: Template::compile(
                endpoint.as_str().unwrap_or_default(),
                &endpoint_at,
                report,
            ),
            method,
            headers: shape("headers", report),
            query: shape("query_params", report),
            body,
            timeout_ms: timeout(fields, report),
            policy: policy.collect(),
            mapping: mapping(fields, direction, report),
            error_variable: Target::compile(error, &error_at, Code::ActionVariable, report),
            fallback: fallback.cloned(),
        })
    }
}

/// Strings that are `{scope.path}` as a whole, with the braces that references have (R5.27).
fn double_braced(value: &Value, at: &Pointer, report: &mut Report) -> Value {
    match value {
        Value::String(text) => {
            if text.replace("{{", "").contains("{secret:") {
                report.add(Code::NodeNotBuilt, at, "this version does not resolve secrets yet");
            }
            let inside = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let scoped = |path: &&str| {
                let scope = path.split_once('.').map(|(scope, _)| scope.trim());
                scope.is_some_and(|scope| SCOPES.contains(&scope)) && !path.contains(['{', '}'])
            };
            inside
                .filter(scoped)
                .map_or_else(|| value.clone(), |path| format!("{{{{{path}}}}}").into())
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, item)| double_braced(item, &at.push(i), report))
            .collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| (key.clone(), double_braced(item, &at.push(key), report)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// R8.12: 1 to 300 are seconds, 1,000 to 300,000 milliseconds; `30s`, `1500ms`, `2m` are explicit.
fn timeout(fields: &Fields<'_>, report: &mut Report) -> u64 {
    let Some((name, value)) = fields.first(&["timeout_ms", "timeout"]) else {
        return DEFAULT_TIMEOUT_MS;
    };
    let ms = match value {
        Value::Number(n) => n.as_f64().and_then(|n| match name {
            "timeout_ms" => Some(n),
            _ if (1.0..=300.0).contains(&n) => Some(n * 1000.0),
            _ if (1000.0..=300_000.0).contains(&n) => Some(n),
            _ => None,
        }),
        Value::String(text) => explicit(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let Some(ms) = ms.filter(|ms| (1.0..=300_000.0).contains(ms)) else {
        report
            .add(Code::ActionTimeout, &fields.at.push(name), format!("`{value}` is not a timeout"))
            .help("write 1 to 300 seconds, or 1000 to 300000 milliseconds");
        return DEFAULT_TIMEOUT_MS;
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 300000")]
    let whole = ms as u64;
    whole
}

fn explicit(text: &str) -> Option<f64> {
    let units = [("ms", 1.0), ("s", 1000.0), ("m", 60_000.0)];
    let (number, factor) =
        units.into_iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    number.trim().parse::<f64>().ok().map(|n| n * factor)
}

fn mapping(
    fields: &Fields<'_>,
    direction: Direction,
    report: &mut Report,
) -> Box<[(ResponsePath, Target)]> {
    let at = fields.at.push("response_mapping");
    let Some(map) = fields.object(&["response_mapping"], report) else { return Box::default() };
    let pair = |(key, value): (&String, &Value)| {
        let at = at.push(key);
        let Some(value) = value.as_str() else {
            report
                .add(Code::NodeField, &at, "a mapping must be a text")
                .help("write a variable and a response path, e.g. `\"temp.name\": \"$.name\"`");
            return None;
        };
        let response_first = match (key.starts_with('$'), value.starts_with('$')) {
            (true, false) => true,
            (false, true) => false,
            _ => matches!(direction, Direction::ResponseFirst),
        };
        let (path, variable) =
            if response_first { (key.as_str(), value) } else { (value, key.as_str()) };
        let target = Target::compile(variable, &at, Code::ActionVariable, report)?;
        Some((ResponsePath::compile(path, &at, report)?, target))
    };
    map.iter().filter_map(pair).collect()
}

impl ResponsePath {
    fn compile(text: &str, at: &Pointer, report: &mut Report) -> Option<Self> {
        let text = text.trim();
        let path = match text {
            "" | "$" => return Some(Self::Whole),
            "$status" => return Some(Self::Status),
            _ => text.strip_prefix("$.").or_else(|| text.strip_prefix('$')).unwrap_or(text),
        };
        if let Some(header) = path.strip_prefix("headers.").filter(|_| text.starts_with("$headers"))
        {
            return Some(Self::Header(header.to_lowercase().into()));
        }
        // `$[0].name` addresses a list at the top; paths begin with a key.
        let path = path
            .strip_prefix('[')
            .map_or_else(|| path.to_owned(), |rest| rest.replacen(']', "", 1));
        match Path::parse(&path) {
            Ok(path) => Some(Self::Part(path)),
            Err(error) => {
                report
                    .add_as(
                        Code::NodeField,
                        Severity::Error,
                        at,
                        format!("`{text}` is not a response path: {error}"),
                    )
                    .help("write e.g. `$.items.0.name`, `$status` or `$`");
                None
            }
        }
    }
}

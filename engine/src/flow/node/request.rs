//! Requests of `api_call` actions and webhook nodes (R7.40, R8.1).

mod headers;
mod mapping;
pub(crate) mod policy;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::check::{Code, Patch, Pointer, Report, near_miss};
use crate::flow::target::Target;
use crate::request::{AddressError, AddressRules, BODY_BYTES, Retry};
use crate::value::canonical_len;
use crate::value::shape::Shape;
use crate::value::template::Template;

pub(crate) use headers::Credentials;
use headers::Header;
pub(crate) use mapping::ResponsePath;
pub(crate) use policy::Thresholds;

/// What is sent, and what becomes of the answer.
#[derive(Debug)]
pub(crate) struct Request {
    /// A relative endpoint or an absolute URL.
    pub(crate) endpoint: Template,
    pub(crate) method: &'static str,
    pub(crate) headers: Box<[Header]>,
    pub(crate) credentials: Credentials,
    pub(crate) query: Shape,
    pub(crate) body: Shape,
    pub(crate) timeout_ms: u64,
    pub(crate) retry: Option<Retry>,
    pub(crate) breaker: Thresholds,
    /// Which requests share a breaker (R8.41).
    pub(crate) breaker_key: Box<str>,
    pub(crate) follow_redirects: bool,
    /// Which URLs may be reached.
    pub(crate) addresses: Arc<AddressRules>,
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

/// What a request belongs to: fields and codes differ.
#[derive(Clone, Copy, Debug)]
enum Kind {
    ApiCall,
    Webhook,
}

impl Kind {
    fn pick<T>(self, api_call: T, webhook: T) -> T {
        match self {
            Self::ApiCall => api_call,
            Self::Webhook => webhook,
        }
    }
}

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

impl ApiCall {
    /// `fields` is the action, or its `params`; the request may lie in `config` or beside it.
    pub(crate) fn compile(
        fields: &Fields<'_>,
        addresses: &Arc<AddressRules>,
        report: &mut Report,
    ) -> Option<Self> {
        let at = fields.at.push("config");
        let config = fields.map.get("config").and_then(Value::as_object);
        let fields = match config {
            Some(map) => &Fields { map, at: &at },
            None => fields,
        };
        let Some((name, value)) = fields.first(&["endpoint", "url"]) else {
            report
                .add(Code::ActionField, &fields.at.push("endpoint"), "`api_call` needs `endpoint`")
                .help("e.g. `\"endpoint\": \"/v1/recommend\"`");
            return None;
        };
        let at = fields.at.push(name);
        let Some(text) = value.as_str() else {
            report
                .add(Code::ActionEndpoint, &at, "the endpoint must be a text")
                .help("write a path that begins with `/`, or an https URL");
            return None;
        };
        let endpoint = Template::of_request(text, &at, &url_place(), report);
        let relative = check_endpoint(&endpoint, &at, addresses, report);
        let store = fields.text(&["response_variable"], report);
        let full = fields.flag(&["store_full_response"], report).unwrap_or_else(|| store.is_some());
        let store_at = fields.at.push("response_variable");
        let store = store.unwrap_or("temp.api_response");
        let store =
            full.then(|| Target::compile(store, &store_at, Code::ActionVariable, report)).flatten();
        let endpoint = Endpoint { template: endpoint, relative, addresses };
        let request = Request::compile(fields, endpoint, Kind::ApiCall, report)?;
        Some(Self { request, store })
    }
}

impl Webhook {
    pub(crate) fn compile(
        fields: &Fields<'_>,
        addresses: &Arc<AddressRules>,
        report: &mut Report,
    ) -> Option<Self> {
        let at = fields.at.push("url");
        let url = fields.map.get("url").filter(|value| !value.is_null());
        let text = url.map_or(Some(""), Value::as_str);
        if text.is_some_and(|text| text.trim().is_empty()) {
            report
                .add(Code::WebhookUrlMissing, &at, "the webhook has no `url`")
                .help("write an absolute URL such as `https://api.example.org/v1/hits`");
            return None;
        }
        let Some(text) = text else {
            report
                .add(Code::WebhookUrl, &at, "the URL must be a text")
                .help("write an absolute URL such as `https://api.example.org/v1/hits`");
            return None;
        };
        let template = Template::of_request(text, &at, &url_place(), report);
        check_url(&template, &at, (Code::WebhookUrl, Code::WebhookHttps), addresses, report);
        let endpoint = Endpoint { template, relative: false, addresses };
        let request = Request::compile(fields, endpoint, Kind::Webhook, report)?;
        let key_at = fields.at.push("response_key");
        let key = fields.map.get("response_key").filter(|value| !value.is_null());
        let key = key.map_or(Some("webhook_response"), Value::as_str);
        let is_name = |key: &&str| {
            !key.is_empty()
                && !key.starts_with(|c: char| c.is_ascii_digit())
                && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let key = key.filter(is_name);
        if key.is_none() {
            report
                .add(Code::WebhookResponseKey, &key_at, "`response_key` is not a name")
                .help("use letters, digits and `_`");
        }
        let keep = fields.flag(&["store_response"], report).unwrap_or(false);
        Some(Self { request, store: key.filter(|_| keep).map(Into::into) })
    }
}

/// Where a request goes.
struct Endpoint<'a> {
    template: Template,
    relative: bool,
    addresses: &'a Arc<AddressRules>,
}

impl Request {
    fn compile(
        fields: &Fields<'_>,
        endpoint: Endpoint<'_>,
        kind: Kind,
        report: &mut Report,
    ) -> Option<Self> {
        let method = method(fields, kind, report)?;
        let mut headers = headers::headers(fields, report);
        let credentials =
            headers::credentials(fields, kind, endpoint.relative, &mut headers, report);
        let error_at = fields.at.push("error_variable");
        let error = kind.pick("temp.api_error", "temp.webhook_error");
        let error = fields.text(&["error_variable"], report).unwrap_or(error);
        let error_code = kind.pick(Code::ActionVariable, Code::NodeField);
        let template = endpoint.template;
        let path = template.origin_and_path();
        let breaker_key = kind.pick(format!("api:{path}"), format!("{method} {path}"));
        Some(Self {
            method,
            headers: headers.into(),
            credentials,
            query: query(fields, report),
            body: body(fields, kind, report),
            timeout_ms: policy::timeout(fields, kind, report),
            retry: policy::retry(fields, report),
            breaker: policy::thresholds(fields, report),
            breaker_key: breaker_key.into(),
            follow_redirects: fields.flag(&["follow_redirects"], report).unwrap_or(false),
            addresses: Arc::clone(endpoint.addresses),
            mapping: mapping::mapping(fields, kind, report),
            error_variable: Target::compile(error, &error_at, error_code, report),
            fallback: fallback(fields, kind, report),
            endpoint: template,
        })
    }
}

fn url_place() -> Pointer {
    Pointer::root().push("url")
}

fn method(fields: &Fields<'_>, kind: Kind, report: &mut Report) -> Option<&'static str> {
    let Some((name, written)) = fields.first(&["method"]) else {
        return Some(kind.pick("GET", "POST"));
    };
    let text = written.as_str().unwrap_or_default();
    let method = METHODS.into_iter().find(|known| known.eq_ignore_ascii_case(text));
    if method.is_none() {
        let code = kind.pick(Code::ActionMethod, Code::WebhookMethod);
        let at = fields.at.push(name);
        report
            .add(code, &at, format!("{written} is not a method"))
            .help(format!("use one of {}", METHODS.join(", ")))
            .fix(near_miss(text, &METHODS).map(|name| Patch::replace(&at, name)));
    }
    method
}

/// R7.42: a relative endpoint, or a URL; says which.
fn check_endpoint(
    endpoint: &Template,
    at: &Pointer,
    addresses: &AddressRules,
    report: &mut Report,
) -> bool {
    let sample = endpoint.sample();
    let relative = sample.as_ref().is_some_and(|(text, _)| text.starts_with('/'));
    if !relative {
        check_url(endpoint, at, (Code::ActionEndpoint, Code::ActionEndpoint), addresses, report);
    } else if endpoint.has_secret() {
        report
            .add(Code::ActionEndpoint, at, "a relative endpoint cannot hold a secret")
            .help("handlers are part of the host and know its secrets");
    } else if !sample.is_some_and(|(text, _)| is_plain_path(&text)) {
        report
            .add(Code::ActionEndpoint, at, "a relative endpoint has no `..`, `//` or scheme")
            .help("write a path such as `/v1/recommend`");
    }
    relative
}

/// Whether a relative endpoint is one (R7.42); its query may hold anything.
pub(crate) fn is_plain_path(endpoint: &str) -> bool {
    let path = endpoint.split(['?', '#']).next().unwrap_or_default();
    path.starts_with('/') && !["..", "//", "://", "\\"].iter().any(|part| path.contains(part))
}

/// R8.30 and R8.31, as far as the template tells (R12.25).
fn check_url(
    url: &Template,
    at: &Pointer,
    (format, https): (Code, Code),
    addresses: &AddressRules,
    report: &mut Report,
) {
    let Some((sample, open)) = url.sample() else {
        report
            .add(format, at, "a secret cannot be the host of a URL")
            .help("write the host, and keep a secret for the path or a header");
        return;
    };
    if url.has_secret() {
        report
            .add(Code::WebhookSecretInUrl, at, "a secret in a URL is kept by logs and servers")
            .help("send it in a header such as `Authorization`");
    }
    // What begins with a reference may become any URL.
    if open && !sample.contains("://") {
        return;
    }
    let refused = match addresses.check(&sample) {
        // A host that is not known yet is checked when it is.
        Err(AddressError::Forbidden(_)) if open => return,
        Ok(_) => return,
        Err(error) => error,
    };
    let code = if refused == AddressError::NotHttps { https } else { format };
    let is_safe = with_https(&sample).is_some_and(|safe| open || addresses.check(&safe).is_ok());
    let safe = with_https(&url.written()).filter(|_| is_safe);
    report
        .add(code, at, format!("this is not a URL to send to: {refused}"))
        .help("write an absolute URL such as `https://api.example.org/v1/hits`")
        .fix(safe.map(|url| Patch::replace(at, url)));
}

/// The same address, encrypted.
pub(crate) fn with_https(url: &str) -> Option<String> {
    url.strip_prefix("http://").map(|rest| format!("https://{rest}"))
}

/// The body as a shape; a webhook without one sends an empty object (R8.1).
fn body(fields: &Fields<'_>, kind: Kind, report: &mut Report) -> Shape {
    let written = |name: &&str| fields.map.get(*name).is_some_and(|value| !value.is_null());
    let both = ["body", "payload"].iter().all(written);
    if both {
        let at = fields.at.push("payload");
        report
            .add(Code::WebhookBodyAndPayload, &at, "`payload` is passed over: there is a `body`")
            .help("remove `payload`")
            .fix(Patch::remove(&at));
    }
    let names = if written(&"body") { ["body", "payload"] } else { ["payload", "body"] };
    let Some(name) = names.into_iter().find(|name| fields.map.contains_key(*name)) else {
        return Shape::Constant(kind.pick(Value::Null, Value::Object(Map::new())));
    };
    let value = fields.map.get(name).unwrap_or(&Value::Null);
    let at = fields.at.push(name);
    let shape = Shape::of_request(value, &at, &Pointer::root().push("body"), report);
    if let Shape::Constant(value) = &shape
        && canonical_len(value) > BODY_BYTES
    {
        report.add(Code::WebhookBody, &at, "the body is larger than 256 KiB").help("send less");
    }
    shape
}

/// R7.43: each parameter is a scalar or a list of them.
fn query(fields: &Fields<'_>, report: &mut Report) -> Shape {
    let at = fields.at.push("query_params");
    let Some(map) = fields.object(&["query_params"], report) else {
        return Shape::Constant(Value::Null);
    };
    for (name, value) in map {
        let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        if items.iter().any(|item| item.is_object() || item.is_array()) {
            report
                .add(
                    Code::NodeField,
                    &at.push(name),
                    "a query parameter is a text, a number or a list of them",
                )
                .help("send objects in the body");
        }
    }
    let value = Value::Object(map.clone());
    Shape::of_request(&value, &at, &Pointer::root().push("query"), report)
}

/// R7.47, R8.23: for a webhook an object that is not empty.
fn fallback(fields: &Fields<'_>, kind: Kind, report: &mut Report) -> Option<Value> {
    let (name, value) = fields.first(&["fallback_response"])?;
    match (kind, value.as_object()) {
        (Kind::ApiCall, _) => Some(value.clone()),
        (Kind::Webhook, Some(map)) => (!map.is_empty()).then(|| value.clone()),
        (Kind::Webhook, None) => {
            report
                .add(Code::WebhookFallback, &fields.at.push(name), "the fallback must be an object")
                .help("write variables and their values, e.g. `{\"temp.found\": false}`");
            None
        }
    }
}

//! What a request is when all that is known has been filled in (R7.43, R7.44, R8.11).

use std::fmt::Write;

use serde_json::{Map, Value};

use super::super::Run;
use super::super::scope::Scope;
use super::failure;
use crate::flow::graph::Node;
use crate::flow::node::request::{Credentials, Request, is_plain_path};
use crate::protocol::{Auth, EffectKind, Failure, HandlerRequest, HttpRequest, RequestPolicy};
use crate::request::{
    BODY_BYTES, BreakerPolicy, Placeholder, RESPONSE_BYTES, SecretContext, header,
};
use crate::table::object;
use crate::value::canonical_len;
use crate::value::display::{data, percent_encode};
use crate::value::shape::{Purpose, Shape};
use crate::value::template::Missing;

/// All attempts of a request take no longer together (R8.15).
const TOTAL_MS: u64 = 300_000;
/// The largest header, in bytes (R8.1).
const HEADER_BYTES: usize = 8 * 1024;

impl<'a> Run<'a> {
    /// The effect of a request, unless it cannot or must not be sent; `place` is the node and which
    /// of its requests this is, `unresolved` the code for an address with an unresolved reference.
    pub(super) fn effect(
        &mut self,
        request: &'a Request,
        (node, index): (&'a Node, usize),
        unresolved: &str,
    ) -> Result<EffectKind, Failure> {
        let mut missing = Missing::default();
        let scope = Scope::of(self.session);
        let url = request.endpoint.url(&scope, &mut missing);
        let query = query(&request.query, &scope, &mut missing);
        let headers = headers(request, &scope, &mut missing);
        let sends_body = request.method != "GET"
            && (request.method != "DELETE"
                || !matches!(request.body, Shape::Constant(Value::Null)));
        let body = if sends_body {
            request.body.fill(&scope, Purpose::Send, &mut missing)
        } else {
            Value::Null
        };
        let auth = auth(request, &scope, &mut missing);
        let secrets = std::mem::take(&mut missing.secrets);
        self.warn_missing(missing);
        let url =
            url.ok_or_else(|| failure(unresolved, "the address has an unresolved reference"))?;
        let auth = auth.ok_or_else(|| {
            failure("unresolved_reference", "the credentials have an unresolved reference")
        })?;
        let total_ms = TOTAL_MS.min(self.budget_left());
        if total_ms == 0 {
            return Err(failure("timeout", "the turn has no time left"));
        }
        check_sizes(&headers, &body)?;
        let mut asked = HandlerRequest {
            method: request.method.to_owned(),
            query,
            headers,
            body,
            idempotency_key: None,
            timeout_ms: request.timeout_ms.min(total_ms),
            policy: policy(request, total_ms),
            auth,
            secrets,
        };
        if url.starts_with('/') {
            let endpoint = handler_endpoint(&url, &mut asked)?;
            asked.idempotency_key = self.key_of(request, node, index);
            return Ok(EffectKind::CallHandler { endpoint, request: Box::new(asked) });
        }
        let url = with_query(&url, &mut asked);
        let address = request
            .addresses
            .check(&url)
            .map_err(|error| failure(error.code(), &error.to_string()))?;
        if asked.auth == Some(Auth::Internal) {
            asked.auth = None;
        }
        add_default(&mut asked.headers, "Accept");
        if !asked.body.is_null() {
            add_default(&mut asked.headers, "Content-Type");
        }
        asked.idempotency_key = self.key_of(request, node, index);
        let request = Box::new(HttpRequest { url: address.url, request: asked });
        Ok(EffectKind::CallWebhook { request })
    }

    fn key_of(&mut self, request: &Request, node: &Node, index: usize) -> Option<String> {
        (request.method != "GET").then(|| self.idempotency_key(node, index))
    }

    /// R7.50: the same for every repeat of the same request, and for no other.
    fn idempotency_key(&mut self, node: &Node, index: usize) -> String {
        let engine = &self.session.engine;
        let flow = self.flow.version.id;
        let prefix = if flow == engine.flow.id { String::new() } else { format!("{flow}/") };
        let mut key = format!("{}:{prefix}{}:{}", engine.id, node.id, engine.revision);
        let place = format!("{prefix}{}#{index}", node.id);
        let repeats = self.turn().repeats.entry(place).or_insert(0);
        if *repeats > 0 {
            let _ = write!(key, ":{repeats}");
        }
        *repeats = repeats.saturating_add(1);
        if index > 0 {
            let _ = write!(key, "#{index}");
        }
        key
    }
}

impl HttpRequest {
    /// A request to a relative endpoint as one to a service of the host's own at `base`, an absolute URL
    /// without `/` at its end (R7.41). What [`Auth::Internal`] asks for is the host's to add.
    pub fn forwarded(base: &str, endpoint: &str, request: &HandlerRequest) -> Self {
        let mut asked = request.clone();
        let url = with_query(&format!("{base}{endpoint}"), &mut asked);
        if asked.auth == Some(Auth::Internal) {
            asked.auth = None;
        }
        add_default(&mut asked.headers, "Accept");
        if !asked.body.is_null() {
            add_default(&mut asked.headers, "Content-Type");
        }
        Self { url, request: asked }
    }
}

impl Request {
    /// Whether the answer is an HTTP response.
    pub(super) fn is_absolute(&self, run: &Run<'_>) -> bool {
        let scope = Scope::of(run.session);
        self.endpoint.url(&scope, &mut Missing::default()).is_some_and(|url| !url.starts_with('/'))
    }
}

/// R8.1.
fn check_sizes(headers: &Map<String, Value>, body: &Value) -> Result<(), Failure> {
    let too_large = |value: &Value| value.as_str().is_some_and(|text| text.len() > HEADER_BYTES);
    if headers.values().any(too_large) {
        return Err(failure("payload_too_large", "a header is larger than 8 KiB"));
    }
    if canonical_len(body) > BODY_BYTES {
        return Err(failure("payload_too_large", "the body is larger than 256 KiB"));
    }
    Ok(())
}

fn policy(request: &Request, total_ms: u64) -> RequestPolicy {
    RequestPolicy {
        total_ms,
        response_bytes: RESPONSE_BYTES,
        follow_redirects: request.follow_redirects,
        retry: request.retry,
        breaker: Some(BreakerPolicy {
            key: request.breaker_key.to_string(),
            failure_threshold: request.breaker.failures,
            success_threshold: request.breaker.successes,
            timeout_s: request.breaker.timeout_s,
        }),
    }
}

/// R7.44: a header with an unresolved reference is left out, as is an empty one.
fn headers(request: &Request, scope: &Scope<'_>, missing: &mut Missing) -> Map<String, Value> {
    let fill = |(name, template): &(Box<str>, crate::value::template::Template)| {
        let text = template.header(scope, missing).filter(|text| !text.is_empty())?;
        Some((name.to_string(), Value::String(text)))
    };
    object(request.headers.iter().filter_map(fill))
}

/// `None` if a reference found nothing.
#[expect(clippy::option_option, reason = "no credentials are not the same as unresolved ones")]
fn auth(request: &Request, scope: &Scope<'_>, missing: &mut Missing) -> Option<Option<Auth>> {
    match &request.credentials {
        Credentials::None => Some(None),
        Credentials::Internal => Some(Some(Auth::Internal)),
        Credentials::Basic(pair) => {
            let username = pair.0.header(scope, missing)?;
            let password = pair.1.header(scope, missing)?;
            Some(Some(Auth::Basic { username, password }))
        }
    }
}

fn add_default(headers: &mut Map<String, Value>, name: &str) {
    if header(headers, name).is_none() {
        headers.insert(name.to_owned(), Value::from("application/json"));
    }
}

/// R7.43: texts, and lists of texts for keys that repeat; null is left out.
fn query(shape: &Shape, scope: &Scope<'_>, missing: &mut Missing) -> Map<String, Value> {
    let mut query = Map::new();
    if let Shape::Constant(Value::Object(map)) = shape {
        let texts = |(name, value): (&String, &Value)| Some((name.clone(), texts(value)?));
        query.extend(map.iter().filter_map(texts));
    }
    let Shape::Object(entries) = shape else { return query };
    for (name, item) in entries {
        let value = if let Shape::List(items) = item {
            Value::Array(list(name, items, scope, missing))
        } else {
            item.fill(scope, Purpose::Send, missing)
        };
        query.extend(texts(&value).map(|value| (name.to_string(), value)));
    }
    query
}

/// The elements that are not null; their secrets stand where they are then.
fn list(name: &str, items: &[Shape], scope: &Scope<'_>, missing: &mut Missing) -> Vec<Value> {
    let at = crate::check::Pointer::root().push("query").push(name);
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        let before = missing.secrets.len();
        let value = item.fill(scope, Purpose::Send, missing);
        for secret in missing.secrets.iter_mut().skip(before) {
            at.push(values.len()).as_str().clone_into(&mut secret.at);
        }
        if !value.is_null() {
            values.push(value);
        }
    }
    values
}

fn texts(value: &Value) -> Option<Value> {
    let text = |value: &Value| {
        let mut text = String::new();
        data(value, &mut text);
        Value::String(text)
    };
    match value {
        Value::Null => None,
        Value::Array(items) => {
            let items: Vec<_> = items.iter().filter(|item| !item.is_null()).map(text).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Some(text(value))
        }
    }
}

/// A relative endpoint without `/` at its end (R7.41, R7.42); its query goes to the parameters.
fn handler_endpoint(url: &str, asked: &mut HandlerRequest) -> Result<String, Failure> {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let (path, written) = url.split_once('?').unwrap_or((url, ""));
    let endpoint = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
    if !is_plain_path(path) || asked.secrets.iter().any(|secret| secret.at == "/url") {
        return Err(failure("url_invalid", "the endpoint is not a plain path"));
    }
    for pair in written.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = Value::String(crate::request::percent_decode(value));
        asked.query.entry(crate::request::percent_decode(name)).or_insert(value);
    }
    Ok(endpoint.to_owned())
}

/// The URL without fragment, with the parameters; secrets keep their places.
fn with_query(url: &str, asked: &mut HandlerRequest) -> String {
    let mut url = url.split_once('#').map_or(url, |(before, _)| before).to_owned();
    let query = std::mem::take(&mut asked.query);
    let (in_query, mut secrets): (Vec<_>, Vec<_>) =
        std::mem::take(&mut asked.secrets).into_iter().partition(|s| s.at.starts_with("/query/"));
    // What stood in the fragment is not sent.
    secrets.retain(|s| s.at != "/url" || url.match_indices(&written(s)).nth(nth(s)).is_some());
    for (name, value) in &query {
        let at = crate::check::Pointer::root().push("query").push(name);
        let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        for (i, item) in items.iter().enumerate() {
            let at = if value.is_array() { at.push(i) } else { at.clone() };
            let last = url.chars().next_back();
            url.push_str(match last {
                Some('?' | '&') => "",
                _ if url.contains('?') => "&",
                _ => "?",
            });
            percent_encode(name, &mut url);
            url.push('=');
            let here: Vec<_> = in_query.iter().filter(|s| s.at == at.as_str()).collect();
            encode_around(item.as_str().unwrap_or_default(), &here, &mut url, &mut secrets);
        }
    }
    asked.secrets = secrets;
    url
}

/// Appends a text, percent-encoded but for its placeholders.
fn encode_around(
    text: &str,
    placeholders: &[&Placeholder],
    url: &mut String,
    secrets: &mut Vec<Placeholder>,
) {
    let mut rest = text;
    // They come in the order in which they stand.
    for placeholder in placeholders {
        let written = written(placeholder);
        let done = text.len().saturating_sub(rest.len());
        let found = text.match_indices(&written).nth(nth(placeholder));
        let Some((at, _)) = found.filter(|(at, _)| *at >= done) else { continue };
        percent_encode(text.get(done..at).unwrap_or_default(), url);
        secrets.push(Placeholder {
            key: placeholder.key.clone(),
            at: "/url".to_owned(),
            nth: u32::try_from(url.matches(&*written).count()).unwrap_or(u32::MAX),
            context: SecretContext::Url,
        });
        url.push_str(&written);
        rest = text.get(at.saturating_add(written.len())..).unwrap_or_default();
    }
    percent_encode(rest, url);
}

fn written(placeholder: &Placeholder) -> String {
    format!("{{{{secret:{}}}}}", placeholder.key)
}

fn nth(placeholder: &Placeholder) -> usize {
    usize::try_from(placeholder.nth).unwrap_or(usize::MAX)
}

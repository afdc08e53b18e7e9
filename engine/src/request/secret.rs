//! Secrets: where they belong in a request, and how they get there (R8.33, F12).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base64;
use crate::from_json::FromJson;
use crate::protocol::{Auth, Failure, HandlerRequest, HttpRequest};
use crate::table::sort_by_key;
use crate::value::display::percent_encode;

/// Where a secret belongs in a request.
///
/// The text there is `{{secret:KEY}}`, but not every such text is a placeholder: a visitor may have
/// typed it. Only what is listed may be resolved.
#[derive(Clone, Debug, Deserialize, Eq, FromJson, PartialEq, Serialize)]
pub struct Placeholder {
    /// Names the secret: `^[A-Za-z0-9_.-]{1,64}$` (F47).
    pub key: String,
    /// A JSON pointer to the string that it stands in, e.g. `/url`, `/headers/Authorization`,
    /// `/body/user/0`, `/query/q`, `/auth/password`.
    pub at: String,
    /// Which of the occurrences of its text in that string it is, from 0; others are data.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub nth: u32,
    /// How the value is to be written there.
    pub context: SecretContext,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(nth: &u32) -> bool {
    *nth == 0
}

/// How the value of a secret is written.
#[derive(Clone, Copy, Debug, Deserialize, Eq, FromJson, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretContext {
    /// Percent-encoded as one component of a URL.
    Url,
    /// As it is, in a header or a credential; a line break or NUL in it is refused.
    Header,
    /// As it is, in a JSON string.
    Body,
}

/// A request as it goes over the wire. It holds secrets: keep it in memory, and only until it is sent.
#[derive(Clone, Eq, PartialEq)]
pub struct ResolvedRequest {
    /// The method.
    pub method: String,
    /// The URL; still to be checked by [`AddressRules`](crate::AddressRules).
    pub url: String,
    /// The headers; `User-Agent` and what the connection needs are the host's.
    pub headers: BTreeMap<String, String>,
    /// The body, JSON text; absent when there is none.
    pub body: Option<String>,
}

impl fmt::Debug for ResolvedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolvedRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// Whether a secret may have this name (F47).
pub(crate) fn is_secret_key(key: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (1..=64).contains(&key.len()) && key.bytes().all(known)
}

impl HttpRequest {
    /// The request with the values of its secrets, its credentials and its idempotency key (R7.52).
    ///
    /// `values` are the secrets by key. A host that binds secrets to hosts or forbids them in URLs
    /// looks through [`HandlerRequest::secrets`] first.
    ///
    /// ```
    /// use chatflow::HttpRequest;
    /// use serde_json::json;
    ///
    /// let request: HttpRequest = serde_json::from_value(json!({
    ///     "url": "https://a.example/v1/{{secret:k}}", "method": "POST", "query": {},
    ///     "headers": {"X-Said": "{{secret:k}}"}, "body": {"n": 1}, "timeout_ms": 30000,
    ///     "policy": {"total_ms": 45000, "response_bytes": 1048576},
    ///     "secrets": [{"key": "k", "at": "/url", "context": "url"}],
    /// }))?;
    /// let values = [("k".to_owned(), "a/b".to_owned())].into();
    /// let sent = request.resolve(&values).map_err(|failure| failure.reason)?;
    /// assert_eq!(sent.url, "https://a.example/v1/a%2Fb");
    /// assert_eq!(sent.headers["X-Said"], "{{secret:k}}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A [`Failure`] with `secret_unavailable` to answer the effect with; nothing may be sent.
    pub fn resolve(&self, values: &BTreeMap<String, String>) -> Result<ResolvedRequest, Failure> {
        let request = self.request.resolve(values)?;
        let url = fill(&self.url, "/url", &self.request.secrets, values)?;
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => value.to_string(),
        };
        let mut headers: BTreeMap<String, String> =
            request.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        let has = |headers: &BTreeMap<String, String>, name: &str| {
            headers.keys().any(|key| key.eq_ignore_ascii_case(name))
        };
        if let Some(Auth::Basic { username, password }) = request.auth
            && !has(&headers, "authorization")
        {
            let pair = base64::encode(format!("{username}:{password}").as_bytes());
            headers.insert("Authorization".to_owned(), format!("Basic {pair}"));
        }
        if let Some(key) = request.idempotency_key
            && !has(&headers, "idempotency-key")
        {
            headers.insert("Idempotency-Key".to_owned(), key);
        }
        let body = (!request.body.is_null()).then(|| request.body.to_string());
        Ok(ResolvedRequest { method: request.method, url, headers, body })
    }
}

impl HandlerRequest {
    /// The request with the values of its secrets, by key.
    ///
    /// # Errors
    ///
    /// As [`HttpRequest::resolve`].
    pub fn resolve(&self, values: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let mut request = self.clone();
        for (i, Placeholder { at, .. }) in self.secrets.iter().enumerate() {
            // All that stand in one string are resolved together; the URL is not part of this.
            let first = self.secrets.iter().position(|other| other.at == *at);
            if first != Some(i) || at == "/url" {
                continue;
            }
            let inside = at.strip_prefix('/').unwrap_or_default();
            let end = inside.find('/').unwrap_or(inside.len());
            let (field, rest) = inside.split_at_checked(end).unwrap_or_default();
            let slot = match field {
                "body" => request.body.pointer_mut(rest),
                "query" => one_of(&mut request.query, rest),
                "headers" => one_of(&mut request.headers, rest),
                _ => None,
            };
            if let Some(Value::String(text)) = slot {
                *text = fill(text, at, &self.secrets, values)?;
            } else if let (Some(Auth::Basic { username, password }), "auth") =
                (&mut request.auth, field)
            {
                let text = if rest == "/username" { username } else { password };
                *text = fill(text, at, &self.secrets, values)?;
            } else {
                return Err(unavailable("a placeholder names no text of the request"));
            }
        }
        request.secrets.clear();
        Ok(request)
    }
}

/// The value at a pointer below an object.
fn one_of<'a>(map: &'a mut serde_json::Map<String, Value>, rest: &str) -> Option<&'a mut Value> {
    let rest = rest.strip_prefix('/')?;
    let (key, below) =
        rest.find('/').and_then(|end| rest.split_at_checked(end)).unwrap_or((rest, ""));
    map.get_mut(&key.replace("~1", "/").replace("~0", "~"))?.pointer_mut(below)
}

/// `text`, which stands at `at`, with the values of its placeholders.
fn fill(
    text: &str,
    at: &str,
    placeholders: &[Placeholder],
    values: &BTreeMap<String, String>,
) -> Result<String, Failure> {
    let mut places = Vec::new();
    for placeholder in placeholders.iter().filter(|placeholder| placeholder.at == at) {
        let Placeholder { key, nth, context, .. } = placeholder;
        let written = format!("{{{{secret:{key}}}}}");
        let nth = usize::try_from(*nth).unwrap_or(usize::MAX);
        let Some((start, _)) = text.match_indices(&written).nth(nth) else {
            return Err(unavailable("a placeholder names no text of the request"));
        };
        let value = values
            .get(key)
            .ok_or_else(|| unavailable(&format!("the secret `{key}` is not available")))?;
        if *context == SecretContext::Header && value.contains(['\r', '\n', '\0']) {
            return Err(unavailable(&format!("the secret `{key}` holds a line break")));
        }
        places.push((start, start.saturating_add(written.len()), value, *context));
    }
    sort_by_key(&mut places, |(start, ..)| *start);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (start, end, value, context) in places {
        out.push_str(text.get(done..start).unwrap_or_default());
        match context {
            SecretContext::Url => percent_encode(value, &mut out),
            SecretContext::Header | SecretContext::Body => out.push_str(value),
        }
        done = end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Ok(out)
}

fn unavailable(reason: &str) -> Failure {
    Failure { code: "secret_unavailable".to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::is_secret_key;
    use crate::protocol::HttpRequest;

    fn request(with: &Value) -> HttpRequest {
        let mut request = json!({
            "url": "https://a.example/", "method": "POST", "query": {}, "headers": {}, "body": null,
            "timeout_ms": 1, "policy": {"total_ms": 1, "response_bytes": 1},
        });
        request.as_object_mut().unwrap().append(&mut with.as_object().unwrap().clone());
        serde_json::from_value(request).unwrap()
    }

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn keys_are_names() {
        // F47.
        for (key, want) in [
            ("k", true),
            ("A-b_c.9", true),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
            ("", false),
            ("a b", false),
            ("é", false),
        ] {
            assert_eq!(is_secret_key(key), want, "{key}");
        }
    }

    #[test]
    fn each_place_has_its_own_escaping() {
        // R8.33, F12: only the listed occurrence is resolved.
        let text = "{{secret:k}}";
        let sent = request(&json!({
            "url": format!("https://a.example/{text}?x=1"),
            "headers": {"Authorization": format!("Bearer {text}")},
            "body": {"a/b": [format!("{text} {text} {{{{secret:j}}}}{text}")]},
            "idempotency_key": "s:n:1",
            "secrets": [
                {"key": "k", "at": "/url", "context": "url"},
                {"key": "k", "at": "/headers/Authorization", "context": "header"},
                {"key": "k", "at": "/body/a~1b/0", "nth": 1, "context": "body"},
                {"key": "j", "at": "/body/a~1b/0", "context": "body"},
            ],
        }))
        .resolve(&values(&[("k", "a \"b/ü"), ("j", "{{secret:k}}")]))
        .unwrap();
        assert_eq!(sent.url, "https://a.example/a%20%22b%2F%C3%BC?x=1");
        assert_eq!(sent.headers["Authorization"], "Bearer a \"b/ü");
        let body: Value = serde_json::from_str(sent.body.as_deref().unwrap()).unwrap();
        assert_eq!(body["a/b"][0], format!("{text} a \"b/ü {text}{text}"));
        // R7.52.
        assert_eq!(sent.headers["Idempotency-Key"], "s:n:1");
        let own = request(&json!({"headers": {"idempotency-key": "mine"}, "idempotency_key": "k"}));
        assert_eq!(own.resolve(&values(&[])).unwrap().headers.len(), 1);
        assert!(!format!("{sent:?}").contains("b/ü"));
    }

    #[test]
    fn credentials_are_encoded_after_they_are_known() {
        // R7.40.
        let sent = request(&json!({
            "auth": {"type": "basic", "username": "ana", "password": "{{secret:pw}}"},
            "secrets": [{"key": "pw", "at": "/auth/password", "context": "header"}],
        }))
        .resolve(&values(&[("pw", "open sesame")]))
        .unwrap();
        assert_eq!(sent.headers["Authorization"], "Basic YW5hOm9wZW4gc2VzYW1l");
        assert_eq!(sent.body, None);
    }

    #[test]
    fn what_cannot_be_resolved_is_not_sent() {
        // R8.33, R8.25.
        let header = json!({"headers": {"X": "{{secret:k}}"},
            "secrets": [{"key": "k", "at": "/headers/X", "context": "header"}]});
        let stray = json!({"secrets": [{"key": "k", "at": "/body/x", "context": "body"}]});
        let gone = json!({"secrets": [{"key": "k", "at": "/url", "context": "url"}]});
        for (request_with, values) in [
            (&header, values(&[])),
            (&header, values(&[("k", "a\r\nX-Evil: 1")])),
            (&header, values(&[("k", "a\0")])),
            (&stray, values(&[("k", "v")])),
            (&gone, values(&[("k", "v")])),
        ] {
            let failure = request(request_with).resolve(&values).unwrap_err();
            assert_eq!(failure.code, "secret_unavailable");
            assert!(!failure.reason.contains("Evil"), "{}", failure.reason);
        }
    }
}

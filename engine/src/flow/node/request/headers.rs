//! Headers and credentials of a request (R7.40, R8.1, R8.18).

use serde_json::{Map, Value};

use super::{Fields, Kind};
use crate::check::{Code, Patch, Pointer, Report, Severity};
use crate::value::display::data;
use crate::value::template::Template;

/// How many headers a request may have.
const MOST: usize = 50;
/// How many bytes a header may have.
const BYTES: usize = 8 * 1024;
/// What only the host may say (R8.18).
const DROPPED: [&str; 4] = ["connection", "content-length", "host", "transfer-encoding"];
/// Headers that hold credentials.
const CREDENTIALS: [&str; 5] =
    ["api-key", "authorization", "proxy-authorization", "x-api-key", "x-auth-token"];

/// A header as authored.
pub(crate) type Header = (Box<str>, Template);

/// Credentials that the host makes.
#[derive(Debug)]
pub(crate) enum Credentials {
    /// None.
    None,
    /// The session's own, where the host forwards.
    Internal,
    /// A user name and a password.
    Basic(Box<(Template, Template)>),
}

/// Reads `headers`.
pub(super) fn headers(fields: &Fields<'_>, report: &mut Report) -> Vec<Header> {
    let at = fields.at.push("headers");
    let Some((_, value)) = fields.first(&["headers"]) else { return Vec::new() };
    let Some(map) = value.as_object() else {
        report
            .add(Code::WebhookHeaders, &at, "`headers` must be an object")
            .help("write e.g. `{\"Accept-Language\": \"en\"}`");
        return Vec::new();
    };
    if map.len() > MOST {
        report
            .add(Code::WebhookHeaders, &at, format!("a request has at most {MOST} headers"))
            .help("remove some");
    }
    let read = |(name, value): (&String, &Value)| header(name, value, &at.push(name), report);
    map.iter().filter_map(read).collect()
}

fn header(name: &str, value: &Value, at: &Pointer, report: &mut Report) -> Option<Header> {
    if !is_token(name) {
        report
            .add(Code::WebhookHeaders, at, format!("`{name}` is not the name of a header"))
            .help("use letters, digits and `-`");
        return None;
    }
    if DROPPED.iter().any(|dropped| name.eq_ignore_ascii_case(dropped)) {
        report
            .add_as(
                Code::WebhookHeaders,
                Severity::Warning,
                at,
                format!("`{name}` is left out: only the connection sets it"),
            )
            .help("remove it")
            .fix(Patch::remove(at));
        return None;
    }
    let mut text = String::new();
    match value {
        Value::Null => return None,
        Value::Array(_) | Value::Object(_) => {
            report
                .add(Code::WebhookHeaders, at, "a header's value must be a text")
                .help("write a text or a number");
            return None;
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => data(value, &mut text),
    }
    text.retain(|c| !matches!(c, '\r' | '\n' | '\0'));
    if text.len() > BYTES {
        report
            .add(Code::WebhookHeaders, at, "a header's value has at most 8 KiB")
            .help("send it in the body");
        return None;
    }
    let template = Template::of_request(&text, at, &place(name), report);
    if CREDENTIALS.iter().any(|known| name.eq_ignore_ascii_case(known)) {
        warn_of_plain(&template, at, report);
    }
    Some((name.into(), template))
}

/// Reads `auth`, or `auth_type` and `auth_config`; what is a header is added to `headers`.
pub(super) fn credentials(
    fields: &Fields<'_>,
    kind: Kind,
    relative: bool,
    headers: &mut Vec<Header>,
    report: &mut Report,
) -> Credentials {
    let (name, config_name) = kind.pick(("auth_type", "auth_config"), ("auth", "auth"));
    let empty = Map::new();
    let config_at = fields.at.push(config_name);
    let config = fields.object(&[config_name], report).unwrap_or(&empty);
    let config = Fields { map: config, at: &config_at };
    let (written, type_at) = match kind {
        Kind::ApiCall => (fields.text(&[name], report), fields.at.push(name)),
        Kind::Webhook => (config.text(&["type"], report), config_at.push("type")),
    };
    let usual = if relative && matches!(kind, Kind::ApiCall) { "internal" } else { "none" };
    let mut add = |name: &str, template: Template| {
        // What the author wrote as a header stays.
        if !headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            headers.push((name.into(), template));
        }
    };
    match written.unwrap_or(usual) {
        "none" => Credentials::None,
        "internal" if matches!(kind, Kind::ApiCall) => {
            if relative {
                Credentials::Internal
            } else {
                Credentials::None
            }
        }
        "bearer" => {
            if let Some(token) = part(&config, "token", &place("Authorization"), report) {
                add("Authorization", token.prefixed("Bearer "));
            }
            Credentials::None
        }
        "api_key" => {
            let name = config.text(&["header"], report).unwrap_or("X-API-Key");
            if !is_token(name) {
                let at = config_at.push("header");
                report
                    .add(Code::WebhookHeaders, &at, format!("`{name}` is not the name of a header"))
                    .help("use letters, digits and `-`");
            } else if let Some(key) = part(&config, "key", &place(name), report) {
                add(name, key);
            }
            Credentials::None
        }
        "basic" => {
            let place = Pointer::root().push("auth");
            let username = part(&config, "username", &place.push("username"), report);
            let password = part(&config, "password", &place.push("password"), report);
            match (username, password) {
                (Some(username), Some(password)) => {
                    Credentials::Basic(Box::new((username, password)))
                }
                _ => Credentials::None,
            }
        }
        other => {
            report
                .add(Code::NodeField, &type_at, format!("`{other}` is not a kind of credentials"))
                .help("use `bearer`, `api_key`, `basic` or `none`");
            Credentials::None
        }
    }
}

/// One text of the credentials.
fn part(
    config: &Fields<'_>,
    name: &'static str,
    place: &Pointer,
    report: &mut Report,
) -> Option<Template> {
    let at = config.at.push(name);
    let Some(text) = config.text(&[name], report).filter(|text| !text.is_empty()) else {
        report
            .add(Code::NodeField, &at, format!("the credentials need `{name}`"))
            .help("write e.g. `{{secret:KEY}}`");
        return None;
    };
    let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')).collect();
    let template = Template::of_request(&text, &at, place, report);
    if name != "username" {
        warn_of_plain(&template, &at, report);
    }
    Some(template)
}

fn place(header: &str) -> Pointer {
    Pointer::root().push("headers").push(header)
}

/// R12.25: a credential that everybody reads who can read the flow.
fn warn_of_plain(template: &Template, at: &Pointer, report: &mut Report) {
    let token = template.constant().and_then(|text| text.split_whitespace().last());
    if token.is_some_and(|token| token.len() >= 8) {
        report
            .add(Code::WebhookPlainSecret, at, "a credential is written down in the flow")
            .help("keep it as a secret of the host and write `{{secret:KEY}}`");
    }
}

/// RFC 7230, section 3.2.6.
fn is_token(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(known)
}

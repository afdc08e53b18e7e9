//! Email addresses, telephone numbers and web addresses (R3.22 to R3.24).

use std::net::Ipv6Addr;

use serde_json::Value;

use super::text::TextRules;
use super::{Accepted, Refusal, RefusalCode};

/// An email address; stored with its domain in lower case.
pub(super) fn email(raw: &Value, rules: &TextRules) -> Result<Accepted, Refusal> {
    let address = raw.as_str().map(str::trim).and_then(read_email).ok_or_else(|| {
        let message = "Please enter an email address, such as name@example.org.";
        Refusal::new(RefusalCode::Email, message)
    })?;
    rules.check(&address, &address)?;
    Ok(Accepted::value(address))
}

/// A telephone number; stored as digits after an optional `+`.
pub(super) fn phone(raw: &Value, rules: &TextRules) -> Result<Accepted, Refusal> {
    let typed = match raw {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(n) => n.as_u64().map(|n| n.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let number = typed.and_then(|typed| Some((read_phone(&typed)?, typed)));
    let (number, typed) = number.ok_or_else(|| {
        let message = "Please enter a phone number of 7 to 15 digits.";
        Refusal::new(RefusalCode::Phone, message)
    })?;
    rules.check(&number, &typed)?;
    Ok(Accepted::value(number))
}

/// An absolute web address; stored as typed.
pub(super) fn url(raw: &Value, rules: &TextRules) -> Result<Accepted, Refusal> {
    let address = raw
        .as_str()
        .map(str::trim)
        .filter(|text| is_web_address(text, "https") || is_web_address(text, "http"));
    let address = address.ok_or_else(|| {
        let message = "Please enter a web address, such as https://example.org.";
        Refusal::new(RefusalCode::Url, message)
    })?;
    rules.check(address, address)?;
    Ok(Accepted::value(address))
}

fn read_email(text: &str) -> Option<String> {
    let (local, domain) = text.split_once('@')?;
    let local_ok = (1..=64).contains(&local.len())
        && local.bytes().all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b))
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    let (_, last) = domain.rsplit_once('.')?;
    let last_ok = last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic());
    (local_ok && last_ok && domain.split('.').all(is_domain_label) && text.len() <= 254)
        .then(|| format!("{local}@{}", domain.to_ascii_lowercase()))
}

fn is_domain_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn read_phone(typed: &str) -> Option<String> {
    let number: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '(' | ')'))
        .collect();
    let digits = number.strip_prefix('+').unwrap_or(&number);
    let ok = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    ok.then_some(number)
}

/// An absolute address of the scheme with a host and without credentials, at most 2,048 characters.
pub(super) fn is_web_address(text: &str, scheme: &str) -> bool {
    let Some((given, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    given.eq_ignore_ascii_case(scheme)
        && text.chars().count() <= 2048
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "\\<>\"`{}|^".contains(c))
        && is_authority(authority)
}

/// A host with an optional port. Hosts may be in any script.
fn is_authority(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => return address.parse::<Ipv6Addr>().is_ok() && is_port(port),
        None => authority.find(':').map_or((authority, ""), |at| authority.split_at(at)),
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    is_port(port)
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.chars().all(|c| c.is_alphanumeric() || !c.is_ascii() || "-_".contains(c))
        })
}

/// Nothing, or a colon and a port.
fn is_port(port: &str) -> bool {
    match port.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok(),
        None => port.is_empty(),
    }
}

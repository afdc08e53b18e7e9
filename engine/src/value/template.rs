//! Texts with `{{path}}` references, parsed once (R5.20 to R5.29).

mod missing;

use std::borrow::Cow;

use serde_json::Value;

pub(crate) use missing::Missing;

use super::display::{data, display, percent_encode, text_of};
use super::path::Path;
use super::{Lookup, canonical_len};
use crate::check::{Code, Pointer, Report, Severity};
use crate::html;
use crate::request::{Placeholder, SecretContext, is_secret_key};

/// A text with references.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    parts: Box<[Part]>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(Box<str>),
    Reference(Reference),
    Secret(Box<Secret>),
}

/// A `{{secret:KEY}}` of a request; its value is the host's.
#[derive(Clone, Debug)]
struct Secret {
    key: Box<str>,
    /// A JSON pointer to the string, within the request.
    at: Box<str>,
}

/// The scopes that a reference in single braces may begin with (R5.27).
const SCOPES: [&str; 8] =
    ["user", "temp", "context", "session", "input", "output", "local", "system"];

/// One `{{ path | default: … }}`; without a path it is never resolved.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    path: Option<Path>,
    pub(super) written: Box<str>,
    default: Option<Value>,
}

/// How many secrets a text may hold: each is told from data by counting what goes before it.
const SECRETS: usize = 16;

impl Template {
    /// Parses `text`; what cannot be read stays as written and is reported.
    pub(crate) fn compile(text: &str, at: &Pointer, report: &mut Report) -> Self {
        Self::parse(text, at, None, report)
    }

    /// Parses a text of a request, where secrets and single braces are known too (R5.27); `place`
    /// is a JSON pointer to it within the request.
    pub(crate) fn of_request(
        text: &str,
        at: &Pointer,
        place: &Pointer,
        report: &mut Report,
    ) -> Self {
        let inside = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let scoped = |path: &&str| {
            let scope = path.split_once('.').map(|(scope, _)| scope.trim());
            scope.is_some_and(|scope| SCOPES.contains(&scope)) && !path.contains(['{', '}'])
        };
        if let Some(reference) =
            inside.filter(scoped).and_then(|path| Reference::compile(path, at, report))
        {
            return Self { parts: [Part::Reference(reference)].into() };
        }
        Self::parse(text, at, Some(place), report)
    }

    fn parse(text: &str, at: &Pointer, place: Option<&Pointer>, report: &mut Report) -> Self {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        // Whether a `}}` may still follow: it is not looked for in vain again and again.
        let mut closes = true;
        while let Some(open) = rest.find("{{") {
            let (before, after) = split(rest, open);
            if let Some(place) = place
                && secrets(&parts) < SECRETS
                && let Some((before, key, behind)) = single_braced(rest, before.len())
            {
                literal.push_str(before);
                add(&mut parts, &mut literal, secret(key, place));
                rest = behind;
                continue;
            }
            if let Some(before) = before.strip_suffix('\\') {
                literal.push_str(before);
                literal.push_str("{{");
                rest = after;
                continue;
            }
            literal.push_str(before);
            let Some(close) = closes.then(|| after.find("}}")).flatten() else {
                if closes {
                    report
                        .add(Code::TemplateMalformed, at, "`{{` without `}}`")
                        .help("close the reference, or write `\\{{`");
                }
                closes = false;
                literal.push_str("{{");
                rest = after;
                continue;
            };
            let (inside, behind) = split(after, close);
            let key = inside.trim().strip_prefix("secret:").filter(|key| is_secret_key(key));
            if let (Some(place), Some(key), true) = (place, key, secrets(&parts) < SECRETS) {
                add(&mut parts, &mut literal, secret(key, place));
            } else if let Some(reference) = Reference::compile(inside, at, report) {
                add(&mut parts, &mut literal, Part::Reference(reference));
            } else {
                literal.push_str("{{");
                literal.push_str(inside);
                literal.push_str("}}");
            }
            rest = behind;
        }
        while let Some(place) = place
            && secrets(&parts) < SECRETS
            && let Some((before, key, behind)) = single_braced(rest, rest.len())
        {
            literal.push_str(before);
            add(&mut parts, &mut literal, secret(key, place));
            rest = behind;
        }
        literal.push_str(rest);
        if !literal.is_empty() || parts.is_empty() {
            parts.push(Part::Text(literal.into()));
        }
        Self { parts: parts.into() }
    }

    /// A text without references.
    pub(crate) fn plain(text: &str) -> Self {
        Self { parts: Box::new([Part::Text(text.into())]) }
    }

    /// The text, when there is nothing to substitute.
    pub(crate) fn constant(&self) -> Option<&str> {
        match &*self.parts {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text as authored, but for white space in references.
    pub(crate) fn written(&self) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Reference(reference) => reference.write(&mut out),
                Part::Secret(secret) => secret.write(&mut out),
            }
        }
        out
    }

    /// The text for a reader; unresolved references are empty (ruling 4).
    pub(crate) fn show(&self, scope: &dyn Lookup, missing: &mut Missing) -> String {
        self.shown(scope, missing, false)
    }

    /// Markup for a reader: values are escaped (R5.41), and the whole is cleaned (R13.8).
    pub(crate) fn html(&self, scope: &dyn Lookup, missing: &mut Missing) -> String {
        html::clean(&self.shown(scope, missing, true)).html
    }

    fn shown(&self, scope: &dyn Lookup, missing: &mut Missing, escape: bool) -> String {
        if let Some(text) = self.constant() {
            return text.to_owned();
        }
        let mut out = String::with_capacity(64);
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Secret(secret) => secret.write(&mut out),
                Part::Reference(reference) => match reference.find(scope) {
                    Some(value) => {
                        let before = out.len();
                        if escape {
                            html::escape(&text_of(&value), &mut out);
                        } else {
                            display(&value, &mut out);
                        }
                        if !missing.take(out.len().saturating_sub(before)) {
                            out.truncate(before);
                        }
                    }
                    None => missing.push(reference.written.clone()),
                },
            }
        }
        out
    }

    /// What cleaning would do to the markup, whatever stands in place of its references.
    pub(crate) fn check_html(&self, at: &Pointer, report: &mut Report) {
        let piece = |part: &Part| match part {
            Part::Text(text) => text.to_string(),
            Part::Reference(_) | Part::Secret(_) => "x".to_owned(),
        };
        let cleaned = html::clean(&self.parts.iter().map(piece).collect::<String>());
        let (severity, found, why) = match (cleaned.dangerous, cleaned.dropped) {
            (Some(found), _) => (Severity::Error, found, "could run a script"),
            (None, Some(found)) => (Severity::Warning, found, "would be left out"),
            (None, None) => return,
        };
        report
            .add_as(Code::MessageRichText, severity, at, format!("{found} {why}"))
            .help("use p, strong, em, u, lists, a, h1 to h6, blockquote, code, div, span, img");
    }

    /// The text for a host, in data form (R5.23); `None` if a reference found nothing.
    pub(super) fn send(&self, scope: &dyn Lookup, missing: &mut Missing) -> Option<String> {
        self.joined(scope, missing, data)
    }

    /// A header's value: as [`Template::send`], without what could end it (R5.42, R8.1).
    pub(crate) fn header(&self, scope: &dyn Lookup, missing: &mut Missing) -> Option<String> {
        self.joined(scope, missing, |value, out| {
            let mut text = String::new();
            data(value, &mut text);
            text.retain(|c| !matches!(c, '\r' | '\n' | '\0'));
            out.push_str(&text);
        })
    }

    /// A URL or endpoint: a reference in its path or query is percent-encoded as one component; one
    /// before, or that it begins with, is taken as it is (R5.42). `None` if a reference found nothing.
    pub(crate) fn url(&self, scope: &dyn Lookup, missing: &mut Missing) -> Option<String> {
        self.joined(scope, missing, |value, out| {
            if is_before_path(out) {
                return data(value, out);
            }
            let mut text = String::new();
            data(value, &mut text);
            percent_encode(&text, out);
        })
    }

    /// The text with `x` for what is not known before it is sent, and whether that may be the host;
    /// `None` if a secret may be.
    pub(crate) fn sample(&self) -> Option<(String, bool)> {
        let (mut out, mut open) = (String::new(), false);
        for part in &self.parts {
            match part {
                Part::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Part::Secret(_) if is_before_path(&out) => return None,
                Part::Reference(_) => open |= is_before_path(&out),
                Part::Secret(_) => {}
            }
            out.push('x');
        }
        Some((out, open))
    }

    /// The text as authored, up to its query or fragment (R8.41).
    pub(crate) fn origin_and_path(&self) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => {
                    let end = text.find(['?', '#']);
                    out.push_str(end.and_then(|end| text.get(..end)).unwrap_or(text));
                    if end.is_some() {
                        break;
                    }
                }
                Part::Reference(reference) => reference.write(&mut out),
                Part::Secret(secret) => secret.write(&mut out),
            }
        }
        out
    }

    /// The template with a text in front.
    pub(crate) fn prefixed(self, text: &str) -> Self {
        let parts = [Part::Text(text.into())].into_iter().chain(self.parts);
        Self { parts: parts.collect() }
    }

    /// Whether it holds a secret.
    pub(crate) fn has_secret(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Secret(_)))
    }

    fn joined(
        &self,
        scope: &dyn Lookup,
        missing: &mut Missing,
        write: impl Fn(&Value, &mut String),
    ) -> Option<String> {
        let mut out = String::new();
        let mut complete = true;
        let secrets = missing.secrets.len();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Secret(secret) => missing.secrets.push(secret.place(&mut out)),
                Part::Reference(reference) => {
                    if let Some(value) = reference.find(scope) {
                        let before = out.len();
                        write(&value, &mut out);
                        if !missing.take(out.len().saturating_sub(before)) {
                            out.truncate(before);
                            complete = false;
                        }
                    } else {
                        missing.push(reference.written.clone());
                        complete = false;
                    }
                }
            }
        }
        if !complete {
            missing.secrets.truncate(secrets);
        }
        complete.then_some(out)
    }

    /// The paths that are looked up, with whether a default stands in for what is absent.
    pub(crate) fn references(&self) -> impl Iterator<Item = (&Path, bool)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Reference(Reference { path: Some(path), default, .. }) => {
                Some((path, default.is_some()))
            }
            Part::Reference(_) | Part::Text(_) | Part::Secret(_) => None,
        })
    }

    pub(super) fn single(&self) -> Option<&Reference> {
        let mut found = None;
        for part in &self.parts {
            match part {
                Part::Text(text) if text.trim().is_empty() => {}
                Part::Reference(reference) if found.is_none() => found = Some(reference),
                Part::Text(_) | Part::Reference(_) | Part::Secret(_) => return None,
            }
        }
        found
    }
}

impl Secret {
    fn write(&self, out: &mut String) {
        out.push_str("{{secret:");
        out.push_str(&self.key);
        out.push_str("}}");
    }

    /// Writes the placeholder and says where. Data before it may hold the same text.
    fn place(&self, out: &mut String) -> Placeholder {
        let before = out.len();
        self.write(out);
        let (data, text) = out.split_at_checked(before).unwrap_or((out, ""));
        let nth = u32::try_from(data.matches(text).count()).unwrap_or(u32::MAX);
        let context = if self.at.starts_with("/url") {
            SecretContext::Url
        } else if self.at.starts_with("/headers/") || self.at.starts_with("/auth/") {
            SecretContext::Header
        } else {
            SecretContext::Body
        };
        Placeholder { key: self.key.to_string(), at: self.at.to_string(), nth, context }
    }
}

fn secrets(parts: &[Part]) -> usize {
    parts.iter().filter(|part| matches!(part, Part::Secret(_))).count()
}

fn secret(key: &str, place: &Pointer) -> Part {
    Part::Secret(Box::new(Secret { key: key.into(), at: place.as_str().into() }))
}

fn add(parts: &mut Vec<Part>, literal: &mut String, part: Part) {
    if !literal.is_empty() {
        parts.push(Part::Text(std::mem::take(literal).into()));
    }
    parts.push(part);
}

/// The first `{secret:KEY}` that begins before `end`: what goes before it, its key, what follows.
fn single_braced(text: &str, end: usize) -> Option<(&str, &str, &str)> {
    const OPEN: &str = "{secret:";
    let mut from = 0_usize;
    while let Some(found) = text.get(from..end)?.find(OPEN) {
        let at = from.saturating_add(found);
        from = at.saturating_add(OPEN.len());
        let inside = text.get(from..)?;
        // Keys are short: the closing brace is not looked for any further.
        let (before, rest) = inside
            .split_at_checked(inside.bytes().take(65).position(|b| b == b'}').unwrap_or(0))?;
        if is_secret_key(before) {
            return Some((text.get(..at)?, before, rest.get(1..)?));
        }
    }
    None
}

/// Whether what comes after `url` is still of its scheme or host.
fn is_before_path(url: &str) -> bool {
    match url.split_once("://") {
        Some((_, rest)) => !rest.contains(['/', '?', '#']),
        None => !url.starts_with('/'),
    }
}

fn split(text: &str, at: usize) -> (&str, &str) {
    let (before, from) = text.split_at_checked(at).unwrap_or((text, ""));
    (before, from.get(2..).unwrap_or_default())
}

impl Reference {
    /// `None` if it is no reference but text.
    fn compile(inside: &str, at: &Pointer, report: &mut Report) -> Option<Self> {
        let written = inside.trim();
        if written.starts_with("secret:") {
            report
                .add(Code::SecretMisplaced, at, format!("`{{{{{written}}}}}` is not allowed here"))
                .help("a secret stands in a field of a request only; its name has up to 64 letters, digits, `_`, `.` and `-`");
            return None;
        }
        if inside.contains(['{', '}', '\n']) {
            report
                .add(Code::TemplateMalformed, at, format!("`{{{{{written}}}}}` is not a reference"))
                .help("write a path, e.g. `{{user.name}}`");
            return None;
        }
        let mut parts = written.splitn(2, '|');
        let path: Path = match Path::parse(parts.next().unwrap_or_default()) {
            Ok(path) => path,
            Err(error) => {
                report
                    .add(
                        Code::TemplateMalformed,
                        at,
                        format!("`{{{{{written}}}}}` is not a reference: {error}"),
                    )
                    .help("write a path such as `{{temp.name}}`");
                return None;
            }
        };
        check_scope(&path, at, report);
        let default = parts.next().map(|filter| default_of(filter.trim()));
        let known = default.as_ref().is_none_or(Option::is_some);
        if !known {
            report
                .add(Code::TemplateFilter, at, format!("unknown filter in `{{{{{written}}}}}`"))
                .help("the only filter is `default: \"text\"`");
        }
        Some(Self {
            path: known.then_some(path),
            written: written.into(),
            default: default.flatten(),
        })
    }

    /// Appends it as authored, but for white space.
    fn write(&self, out: &mut String) {
        out.push_str("{{");
        out.push_str(&self.written);
        out.push_str("}}");
    }

    /// The value, or the default when it is absent, null or empty (R5.28).
    pub(super) fn find<'a>(&'a self, scope: &'a dyn Lookup) -> Option<Cow<'a, Value>> {
        let found = self.path.as_ref().and_then(|path| scope.get(path));
        match &self.default {
            Some(default) if found.as_deref().is_none_or(is_blank) => Some(Cow::Borrowed(default)),
            _ => found,
        }
    }
}

/// R12.28: a reference that names no scope, or one that nobody has heard of.
fn check_scope(path: &Path, at: &Pointer, report: &mut Report) {
    let (head, alone) = (path.head(), path.rest().is_empty());
    if report.knows_scope(head) {
        return;
    }
    if alone {
        report
            .add(Code::TemplateUnscoped, at, format!("`{head}` names no scope"))
            .help(format!("write `{{{{temp.{head}}}}}` or `{{{{user.{head}}}}}`"));
    } else {
        report
            .add(Code::TemplateUnknownScope, at, format!("`{head}` is not a scope"))
            .help("use user, temp, context, session, system, input, output, local or env, or declare the variable");
    }
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

/// The argument of `default: …`: a JSON scalar or a text in single quotes.
fn default_of(filter: &str) -> Option<Value> {
    let argument = filter.strip_prefix("default")?.trim_start().strip_prefix(':')?.trim();
    let quoted = argument.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    match quoted {
        Some(text) => Some(Value::from(text)),
        None => serde_json::from_str(argument).ok(),
    }
}

/// About how many bytes a copy takes.
pub(super) fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len(),
        Value::Array(_) | Value::Object(_) => canonical_len(value),
    }
}

#[cfg(test)]
mod tests;

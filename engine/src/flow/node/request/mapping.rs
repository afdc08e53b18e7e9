//! Which part of an answer goes to which variable (R7.48, R7.49, R8.20, R8.21).

use super::{Fields, Kind};
use crate::check::{Code, Pointer, Report};
use crate::flow::target::Target;
use crate::unicode::lowercase;
use crate::value::path::Path;

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

/// Scopes that a variable of a mapping usually lies in.
const SCOPES: [&str; 6] = ["user", "temp", "context", "session", "output", "local"];

/// Reads `response_mapping`.
pub(super) fn mapping(
    fields: &Fields<'_>,
    kind: Kind,
    report: &mut Report,
) -> Box<[(ResponsePath, Target)]> {
    let at = fields.at.push("response_mapping");
    let code = kind.pick(Code::ActionMapping, Code::WebhookMapping);
    let Some((_, value)) = fields.first(&["response_mapping"]) else { return Box::default() };
    let Some(map) = value.as_object() else {
        report
            .add(code, &at, "`response_mapping` must be an object")
            .help("write e.g. `{\"temp.name\": \"$.name\"}`");
        return Box::default();
    };
    let pair = |(key, value): (&String, &serde_json::Value)| {
        let at = at.push(key);
        let Some(value) = value.as_str() else {
            report
                .add(code, &at, "a mapping must be a text")
                .help("write a variable and a response path, e.g. `\"temp.name\": \"$.name\"`");
            return None;
        };
        // The side with the `$` is the response path; without one, the kind of node tells.
        let response_first = match (key.starts_with('$'), value.starts_with('$')) {
            (true, false) => true,
            (false, true) => false,
            _ => {
                if matches!(kind, Kind::ApiCall) && !is_scoped(key) && !is_scoped(value) {
                    report
                        .add(
                            Code::ActionMappingDirection,
                            &at,
                            format!("neither `{key}` nor `{value}` looks like a variable"),
                        )
                        .help("write `\"$.response.path\": \"temp.variable\"`");
                }
                matches!(kind, Kind::ApiCall)
            }
        };
        let (path, variable) =
            if response_first { (key.as_str(), value) } else { (value, key.as_str()) };
        let code = kind.pick(Code::ActionVariable, code);
        let target = Target::compile(variable, &at, code, report)?;
        Some((ResponsePath::compile(path, &at, kind, report)?, target))
    };
    map.iter().filter_map(pair).collect()
}

fn is_scoped(text: &str) -> bool {
    text.split_once('.').is_some_and(|(scope, _)| SCOPES.contains(&scope))
}

impl ResponsePath {
    fn compile(text: &str, at: &Pointer, kind: Kind, report: &mut Report) -> Option<Self> {
        let text = text.trim();
        let path = match text {
            "" | "$" => return Some(Self::Whole),
            "$status" => return Some(Self::Status),
            _ => text.strip_prefix("$.").or_else(|| text.strip_prefix('$')).unwrap_or(text),
        };
        if let Some(header) = path.strip_prefix("headers.").filter(|_| text.starts_with("$headers"))
        {
            return Some(Self::Header(lowercase(header).into()));
        }
        // `$[0].name` addresses a list at the top; paths begin with a key.
        let path = path
            .strip_prefix('[')
            .map_or_else(|| path.to_owned(), |rest| rest.replacen(']', "", 1));
        match Path::parse(&path) {
            Ok(path) => Some(Self::Part(path)),
            Err(error) => {
                report
                    .add(
                        kind.pick(Code::ActionMapping, Code::WebhookMapping),
                        at,
                        format!("`{text}` is not a response path: {error}"),
                    )
                    .help("write e.g. `$.items.0.name`, `$status` or `$`");
                None
            }
        }
    }
}

//! Files that were uploaded elsewhere (R3.29c).

use serde_json::{Map, Value};

use super::contact::is_web_address;
use super::field::{COUNT, Fields, Reader};
use super::text::clean;
use super::{Accepted, Refusal, RefusalCode};
use crate::check::Report;
use crate::number;
use crate::table::object;
use crate::unicode::lowercase;

/// What a file must be.
#[derive(Clone, Debug)]
pub(super) struct FileRules {
    /// MIME patterns such as `image/*` and extensions such as `.pdf`, in lower case.
    accept: Vec<String>,
    max_size: Option<u64>,
}

const TYPES: Reader<Vec<String>> = Reader {
    expected: "a list of MIME types such as `image/*` or extensions such as `.pdf`",
    read: |value| {
        value.as_array()?.iter().map(|item| Some(lowercase(item.as_str()?.trim()))).collect()
    },
};

impl FileRules {
    pub(super) fn compile(validation: &Fields<'_>, report: &mut Report) -> Self {
        Self {
            accept: validation.read(&["accept"], &TYPES, report).unwrap_or_default(),
            max_size: validation.read(&["max_size"], &COUNT, report),
        }
    }

    pub(super) fn accept(&self, raw: &Value) -> Result<Accepted, Refusal> {
        let file = read_file(raw).ok_or_else(|| {
            Refusal::new(RefusalCode::File, "That is not a file. Please choose a file.")
        })?;
        if !self.accept.is_empty() && !self.accept.iter().any(|pattern| is_of_type(&file, pattern))
        {
            let message = format!("Please choose a file of type {}.", self.accept.join(", "));
            return Err(Refusal::new(RefusalCode::FileType, message));
        }
        let size = file.get("size").and_then(Value::as_u64);
        if let Some(max) = self.max_size.filter(|max| size.is_some_and(|size| size > *max)) {
            let message = format!("Please choose a file of at most {}.", size_text(max));
            return Err(Refusal::new(RefusalCode::FileSize, message));
        }
        Ok(Accepted::value(Value::Object(file)))
    }
}

/// The known keys of a file; `None` if there is neither a usable `url` nor an `id`, or if one of
/// them is of the wrong kind.
fn read_file(raw: &Value) -> Option<Map<String, Value>> {
    let from_text;
    let given = match raw {
        Value::String(url) => {
            from_text = object([("url".to_owned(), Value::from(url.trim()))]);
            &from_text
        }
        Value::Object(given) => given,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return None,
    };
    let mut file = Map::new();
    for key in ["url", "id", "name", "size", "mime_type"] {
        if let Some(value) = given.get(key).filter(|v| !v.is_null()) {
            file.insert(key.to_owned(), read_field(key, value)?);
        }
    }
    if !file.contains_key("name")
        && let Some(name) = file.get("url").and_then(Value::as_str).and_then(last_segment)
    {
        file.insert("name".to_owned(), name.into());
    }
    (file.contains_key("url") || file.contains_key("id")).then_some(file)
}

fn read_field(key: &str, value: &Value) -> Option<Value> {
    if key == "size" {
        let size = number::settle(value.as_number()?);
        return size.as_u64().map(Value::from);
    }
    let text = clean(value.as_str()?);
    let ok = if key == "url" { is_file_address(&text) } else { !text.trim().is_empty() };
    ok.then(|| Value::from(text))
}

/// `https:`, a small `data:image/…`, or a path from the root of the same host (R2.23).
fn is_file_address(url: &str) -> bool {
    let image = url.starts_with("data:image/") && url.len() <= 64 * 1024;
    let path = url.strip_prefix('/').is_some_and(|rest| !rest.starts_with(['/', '\\']));
    let plain = !url.chars().any(|c| c.is_whitespace() || c.is_control());
    is_web_address(url, "https") || (plain && (image || path))
}

/// The last segment of an address's path.
fn last_segment(url: &str) -> Option<&str> {
    if url.starts_with("data:") {
        return None;
    }
    let path = url.split(['?', '#']).next()?;
    let path = path
        .split_once("://")
        .map_or(Some(path), |(_, rest)| rest.find('/').map(|at| rest.split_at(at).1))?;
    path.rsplit('/').next().filter(|name| !name.is_empty())
}

fn is_of_type(file: &Map<String, Value>, pattern: &str) -> bool {
    let text = |key: &str| file.get(key).and_then(Value::as_str).map(lowercase);
    let Some((family, kind)) = pattern.split_once('/') else {
        let extension = pattern.trim_start_matches('.');
        let name = text("name").unwrap_or_default();
        return name.rsplit_once('.').is_some_and(|(_, given)| given == extension);
    };
    let in_data = || {
        let url = text("url")?;
        Some(url.strip_prefix("data:")?.split([';', ',']).next()?.to_owned())
    };
    let mime = text("mime_type").or_else(in_data).unwrap_or_default();
    let mime = mime.split(';').next().unwrap_or_default().trim();
    mime.split_once('/').is_some_and(|(given_family, given_kind)| {
        (family == "*" || family == given_family) && (kind == "*" || kind == given_kind)
    })
}

/// `900 bytes`, `1.5 MB`.
fn size_text(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let Some((unit, name)) = UNITS.into_iter().find(|(unit, _)| bytes >= *unit) else {
        return format!("{bytes} bytes");
    };
    let tenths = u128::from(bytes).saturating_mul(10).checked_div(unit.into()).unwrap_or(0);
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} {name}"),
        (whole, tenth) => format!("{whole}.{tenth} {name}"),
    }
}

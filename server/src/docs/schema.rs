//! JSON Schemas as people read them.

use serde_json::{Map, Value, json};

use super::html::Html;

/// How many levels of objects without a name are shown in one table, or of any in a sample.
const DEPTH: usize = 4;

/// Words of a schema that bound a value, as they are shown.
const LIMITS: [(&str, &str); 9] = [
    ("minLength", "at least this long: "),
    ("maxLength", "at most this long: "),
    ("minimum", "at least "),
    ("maximum", "at most "),
    ("minItems", "at least this many: "),
    ("maxItems", "at most this many: "),
    ("maxProperties", "at most this many keys: "),
    ("pattern", "matches "),
    ("default", "else "),
];

/// Writes a type in one line; a named one leads to where it is explained.
pub(super) fn kind(html: &mut Html, schema: &Value) {
    if let Some(name) = referred(schema) {
        html.markup("<a href=\"#type-").text(name).markup("\">").text(name).markup("</a>");
        return;
    }
    let choices =
        ["oneOf", "anyOf", "allOf"].into_iter().find_map(|word| schema.get(word)?.as_array());
    if let Some(choices) = choices {
        for (index, choice) in choices.iter().enumerate() {
            html.markup(if index > 0 { " or " } else { "" });
            kind(html, choice);
        }
        return;
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        for (index, value) in values.iter().enumerate() {
            html.markup(if index > 0 { " or " } else { "" });
            html.markup("<code>").text(&value.to_string()).markup("</code>");
        }
        return;
    }
    let format = schema.get("format").and_then(Value::as_str);
    for (index, name) in names(schema).iter().enumerate() {
        html.markup(if index > 0 { " or " } else { "" });
        match *name {
            "array" => {
                html.markup("list of ");
                kind(html, schema.get("items").unwrap_or(&Value::Null));
            }
            "string" => {
                html.text(format.unwrap_or("string"));
            }
            name => {
                html.text(name);
            }
        }
    }
}

/// The names of the types that a value may have.
fn names(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ if schema.get("properties").is_some() => vec!["object"],
        _ => vec!["anything"],
    }
}

/// What a schema says of itself.
pub(super) fn about(schema: &Value) -> &str {
    schema.get("description").and_then(Value::as_str).unwrap_or_default()
}

/// Writes the bounds of a value.
pub(super) fn limits(html: &mut Html, schema: &Value) {
    for (word, said) in LIMITS {
        let Some(limit) = schema.get(word).filter(|limit| !limit.is_null()) else { continue };
        // The name of a format says it better.
        if word == "pattern" && schema.get("format").is_some() {
            continue;
        }
        let limit = limit.as_str().map_or_else(|| limit.to_string(), str::to_owned);
        html.markup("<span class=\"limit\">").text(said);
        html.markup("<code>").text(&limit).markup("</code></span>");
    }
}

/// Writes a type with its fields.
pub(super) fn whole(html: &mut Html, schema: &Value) {
    html.markup("<p>").prose(about(schema)).markup("</p>\n");
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        if choices.iter().all(|choice| referred(choice).is_some()) {
            html.markup("<p>");
            kind(html, schema);
            html.markup("</p>\n");
        } else {
            for choice in choices {
                html.markup("<h4>One of</h4>\n");
                whole(html, choice);
            }
        }
        return;
    }
    if schema.get("properties").is_some() {
        html.markup(concat!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Fields\"><table>\n<thead><tr>",
            "<th scope=\"col\">Field</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th>",
            "</tr></thead>\n<tbody>\n",
        ));
        fields(html, schema, "", DEPTH);
        html.markup("</tbody>\n</table></div>\n");
    } else {
        html.markup("<p>");
        kind(html, schema);
        limits(html, schema);
        html.markup("</p>\n");
    }
}

/// Writes a row for each field; fields of objects without a name of their own follow theirs.
fn fields(html: &mut Html, schema: &Value, before: &str, depth: usize) {
    let required = schema.get("required").and_then(Value::as_array);
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, field) in properties.into_iter().flatten() {
        let path = format!("{before}{name}");
        let is_required = required.is_some_and(|names| names.iter().any(|known| known == name));
        html.markup("<tr><th scope=\"row\"><code>").text(&path).markup("</code>");
        html.markup(if is_required { " <em>required</em>" } else { "" }).markup("</th><td>");
        kind(html, field);
        html.markup("</td><td>").prose(about(field));
        limits(html, field);
        html.markup("</td></tr>\n");
        if let Some(depth) = depth.checked_sub(1) {
            fields(html, field, &format!("{path}."), depth);
            if let Some(items) = field.get("items") {
                fields(html, items, &format!("{path}[]."), depth);
            }
        }
    }
}

/// A body to begin with: all that is required, or all there is if nothing is.
pub(super) fn sample(schema: &Value, description: &Value) -> Value {
    sample_within(schema, description, DEPTH)
}

fn sample_within(schema: &Value, description: &Value, depth: usize) -> Value {
    let known = ["example", "default"].into_iter().find_map(|word| schema.get(word));
    if let Some(value) = known.or_else(|| schema.pointer("/enum/0")) {
        return value.clone();
    }
    let Some(depth) = depth.checked_sub(1) else { return Value::Null };
    if let Some(name) = referred(schema) {
        let schemas = description.pointer("/components/schemas");
        let named = schemas.and_then(|schemas| schemas.get(name)).unwrap_or(&Value::Null);
        return sample_within(named, description, depth);
    }
    if let Some(choice) = schema.pointer("/oneOf/0") {
        return sample_within(choice, description, depth);
    }
    let format = schema.get("format").and_then(Value::as_str);
    match names(schema).first().copied().unwrap_or_default() {
        "object" => object(schema, description, depth),
        "array" => match schema.get("items") {
            Some(items) if schema.get("minItems").is_some() => {
                json!([sample_within(items, description, depth)])
            }
            _ => json!([]),
        },
        "string" if format == Some("uuid") => json!("00000000-0000-0000-0000-000000000000"),
        "string" => json!(""),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(0)),
        "boolean" => json!(false),
        "anything" => json!({}),
        _ => Value::Null,
    }
}

fn object(schema: &Value, description: &Value, depth: usize) -> Value {
    let required = schema.get("required").and_then(Value::as_array);
    let properties = schema.get("properties").and_then(Value::as_object);
    let wanted = |name: &str| required.is_none_or(|names| names.iter().any(|known| known == name));
    let sampled = properties.into_iter().flatten().filter(|(name, _)| wanted(name));
    let sampled: Map<String, Value> = sampled
        .map(|(name, field)| (name.clone(), sample_within(field, description, depth)))
        .collect();
    Value::Object(sampled)
}

/// The name of the type that a schema refers to.
fn referred(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Html, kind, sample};

    fn said(schema: &Value) -> String {
        let mut html = Html::default();
        kind(&mut html, schema);
        html.finish()
    }

    #[test]
    fn a_type_is_told_in_a_line() {
        for (schema, expected) in [
            (json!({"type": ["string", "null"], "format": "uuid"}), "uuid or null"),
            (
                json!({"type": "array", "items": {"$ref": "#/components/schemas/Node"}}),
                "list of <a href=\"#type-Node\">Node</a>",
            ),
            (
                json!({"enum": ["a", "<"]}),
                "<code>&quot;a&quot;</code> or <code>&quot;&lt;&quot;</code>",
            ),
            (json!({"oneOf": [{"type": "null"}, {"type": "integer"}]}), "null or integer"),
            (json!({}), "anything"),
        ] {
            assert_eq!(said(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn a_sample_has_what_is_required_and_ends_where_types_hold_themselves() {
        let description = json!({"components": {"schemas": {
            "Tree": {
                "type": "object",
                "required": ["name", "left"],
                "properties": {
                    "name": {"type": "string", "example": "oak"},
                    "left": {"$ref": "#/components/schemas/Tree"},
                    "note": {"type": "string"},
                },
            },
        }}});
        let tree = sample(&json!({"$ref": "#/components/schemas/Tree"}), &description);
        assert_eq!(tree["name"], "oak");
        assert_eq!(tree["left"]["name"], "oak");
        assert!(tree.get("note").is_none(), "{tree}");
    }
}

//! Values that may be written in more than one way.

use schemars::JsonSchema;
use serde_json::{Map, Value};

/// A condition: CEL, a literal, or a JSON condition such as `{"var": "temp.age", "gte": 8}`.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Predicate {
    /// A CEL expression.
    Cel(String),
    /// A literal.
    Literal(bool),
    /// A number holds unless it is 0.
    Number(f64),
    /// A JSON condition.
    Json(Map<String, Value>),
}

/// A duration: a number below 60 is in seconds, a larger one in milliseconds; or `1.5s`, `500ms`.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Delay {
    /// Seconds or milliseconds.
    Number(f64),
    /// With its unit.
    Text(String),
}

/// A timeout: 1 to 300 seconds, 1,000 to 300,000 milliseconds, or `30s`, `1500ms`, `2m`.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Timeout {
    /// Seconds or milliseconds.
    Number(f64),
    /// With its unit.
    Text(String),
}

/// A number, or a reference such as `{{temp.points}}`.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Amount {
    /// The number.
    Number(f64),
    /// The reference.
    Reference(String),
}

/// An id: a text, or a number that is read as its digits.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Id {
    /// As text.
    Text(String),
    /// As a number.
    Number(i64),
}

/// Something to choose: an object, or a scalar that is value and label at once.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Choice {
    /// With a label of its own.
    Object(Box<Labelled>),
    /// Value and label.
    Text(String),
    /// Value and label.
    Number(f64),
    /// Value and label.
    Flag(bool),
}

/// Something to choose. Other keys are kept, and stored with the answer.
#[derive(JsonSchema)]
#[schemars(rename = "Option")]
pub(super) struct Labelled {
    /// What is compared and what most flows ask for; the label when absent.
    value: Option<Value>,
    /// What the visitor reads; the value when absent.
    label: Option<String>,
    /// Same as `label`.
    #[schemars(extend("x-alias-of" = "label"))]
    text: Option<String>,
    /// Same as `label`.
    #[schemars(extend("x-alias-of" = "label"))]
    title: Option<String>,
    /// A second line.
    description: Option<String>,
    /// The address of a picture.
    image_url: Option<String>,
    /// Same as `image_url`.
    #[schemars(extend("x-alias-of" = "image_url"))]
    image: Option<String>,
    /// The picture in words.
    alt: Option<String>,
}

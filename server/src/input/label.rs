//! Labels of closed sets, in any letter case (S1.11).

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

/// Declares a field that holds a label: read in any letter case, described by a pattern that says so.
macro_rules! label {
    ($(#[$doc:meta])* $name:ident($kind:ty) by $parse:expr, written $write:expr, [$($label:literal),+]) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) struct $name(pub(crate) $kind);

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?.to_ascii_lowercase();
                let parse: fn(&str) -> Option<$kind> = $parse;
                parse(&text).map(Self).ok_or_else(|| serde::de::Error::custom("is no such label"))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let write: fn($kind) -> &'static str = $write;
                serializer.serialize_str(write(self.0))
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::input::label::described(&[$($label),+])
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

pub(crate) use label;

/// A text that is one of the labels, in any letter case.
pub(crate) fn described(labels: &[&str]) -> RefOr<Schema> {
    let any_case = |c: char| match c {
        'a'..='z' => format!("[{}{c}]", c.to_ascii_uppercase()),
        _ => c.to_string(),
    };
    let labels: Vec<String> =
        labels.iter().map(|label| label.chars().map(any_case).collect()).collect();
    let pattern = format!("^({})$", labels.join("|"));
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    RefOr::T(Schema::Object(schema.build()))
}

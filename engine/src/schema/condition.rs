//! Conditions (R2.60 to R2.62).

use schemars::JsonSchema;

use super::loose::{Id, Predicate};

/// Chooses a connection.
#[derive(JsonSchema)]
pub(super) struct Condition {
    /// Tried in order; the first that holds wins.
    conditions: Option<Vec<Entry>>,
    /// Where it goes when none holds.
    #[schemars(extend("default" = "default"))]
    default_path: Option<Id>,
    /// Same as `default_path`.
    #[schemars(rename = "else", extend("x-alias-of" = "default_path"))]
    otherwise: Option<Id>,
    /// Same as `default_path`.
    #[schemars(extend("x-alias-of" = "default_path"))]
    default: Option<Id>,
}

/// One rule.
#[derive(JsonSchema)]
struct Entry {
    /// What must hold.
    r#if: Option<Predicate>,
    /// Same as `if`.
    #[schemars(extend("x-alias-of" = "if"))]
    expression: Option<Predicate>,
    /// Same as `if`.
    #[schemars(extend("x-alias-of" = "if"))]
    condition: Option<Predicate>,
    /// The type of the connection to take, such as `$0`, or the node it leads to.
    #[schemars(extend("default" = "default"))]
    then: Option<Id>,
    /// A name for people; no part of what the flow does.
    #[schemars(length(max = 120))]
    name: Option<String>,
}

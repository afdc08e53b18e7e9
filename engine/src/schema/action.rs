//! Actions (R2.70, section 7).

use schemars::JsonSchema;
use serde_json::Value;

use super::loose::{Amount, Predicate};
use super::request::ApiCall;

/// Changes variables, calls the host.
#[derive(JsonSchema)]
pub(super) struct Action {
    /// Run in order.
    actions: Option<Vec<Step>>,
    /// Whether those after a failed one still run.
    #[schemars(extend("default" = true))]
    continue_on_error: Option<bool>,
    /// Receives the list of errors.
    error_variable: Option<String>,
    /// Accepted and without effect: actions always run within the turn.
    r#async: Option<bool>,
    /// The one action of a node without `actions`; its parameters stand beside.
    #[schemars(flatten)]
    alone: Step,
}

/// One action. Its parameters stand in `params` or beside `type`.
#[derive(JsonSchema)]
struct Step {
    /// What it does.
    r#type: Option<Kind>,
    /// The parameters; they go before those beside `type`.
    params: Option<Box<Parameters>>,
    /// What must hold for it to run.
    r#if: Option<Predicate>,
    /// Whether its failure counts.
    #[schemars(extend("default" = "fail"))]
    on_error: Option<OnError>,
    /// The parameters.
    #[schemars(flatten)]
    parameters: Parameters,
}

/// What an action does.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Kind {
    /// Writes `value` to `variable`.
    SetVariable,
    /// Adds `amount` to `variable`.
    Increment,
    /// Takes `amount` from `variable`.
    Decrement,
    /// Adds `value` to the list in `variable`.
    Append,
    /// Takes `value` out of the list in `variable`.
    Remove,
    /// Sets `variable` to null.
    Clear,
    /// Removes `variable`.
    DeleteVariable,
    /// Writes what `expression` gives, numbers being decimal, to `result_variable`.
    Calculate,
    /// Writes what `expression`, or `operation` over `source`, gives to `target`.
    Aggregate,
    /// Calls a handler of the host, or a URL.
    ApiCall,
}

/// Whether a failure of an action counts.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum OnError {
    /// It counts as success.
    Continue,
    /// The node fails.
    Fail,
}

/// Parameters of actions; each type has some of them.
#[derive(JsonSchema)]
struct Parameters {
    /// What is changed, e.g. `temp.score`; without a scope, in `temp`.
    variable: Option<String>,
    /// What is written, added or taken out; may refer to variables.
    value: Option<Value>,
    /// By how much.
    #[schemars(extend("default" = 1))]
    amount: Option<Amount>,
    /// Same as `amount`.
    #[schemars(extend("x-alias-of" = "amount"))]
    increment: Option<Amount>,
    /// Same as `amount`.
    #[schemars(extend("x-alias-of" = "amount"))]
    by: Option<Amount>,
    /// Whether nothing is added that is in the list already.
    #[schemars(extend("default" = false))]
    unique: Option<bool>,
    /// The longest that the list may become; it loses its first elements.
    max_length: Option<u64>,
    /// Whether the elements of a list are added one by one.
    #[schemars(extend("default" = false))]
    spread: Option<bool>,
    /// Whether all elements that are equal are taken out, instead of the first.
    #[schemars(extend("default" = false))]
    all: Option<bool>,
    /// What is computed: CEL.
    expression: Option<String>,
    /// Where the result of `calculate` goes.
    result_variable: Option<String>,
    /// Where the result of `aggregate` goes; also same as `result_variable`.
    target: Option<String>,
    /// The path of the list that is aggregated.
    source: Option<String>,
    /// How it is aggregated, e.g. `sum`, `avg`, `count`, `max`, `merge`.
    operation: Option<String>,
    /// The key of the elements that is aggregated.
    field: Option<String>,
    /// The key of the elements that is their weight.
    weight_field: Option<String>,
    /// How objects are merged.
    merge_strategy: Option<String>,
    /// The request of an `api_call`, if it does not stand beside.
    config: Option<Box<ApiCall>>,
    /// The request of an `api_call`.
    #[schemars(flatten)]
    request: ApiCall,
}

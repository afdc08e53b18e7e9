//! Trying an expression (S3.71, S3.98).

use axum::Json;
use chatflow::{ExpressionError, evaluate};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::identity::Manager;
use crate::input::JsonBody;

/// The most bytes of variables.
const MOST_CONTEXT: usize = 64 * 1024;

/// An expression, and the variables that it reads.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Trial {
    #[schema(min_length = 1, max_length = 4096)]
    expression: String,
    #[schema(value_type = Object)]
    context: Map<String, Value>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Evaluated {
    expression: String,
    #[schema(value_type = serde_json::Value)]
    result: Value,
    success: bool,
    #[schema(required = true)]
    error: Option<String>,
}

/// Evaluates an expression as a condition would, with fuel instead of time as its limit (F29).
#[utoipa::path(post, path = "/v1/cms/flows/evaluate-cel", tag = "flows",
    security(("bearer" = [])), request_body = Trial, responses((status = 200, body = Evaluated)))]
pub(crate) async fn evaluate_cel(
    _manager: Manager,
    JsonBody { value: Trial { expression, context }, .. }: JsonBody<Trial>,
) -> Result<Json<Evaluated>, ApiError> {
    let context = Value::Object(context);
    if context.to_string().len() > MOST_CONTEXT {
        let message = "may have at most 64 KiB";
        return Err(ApiError::field(&["body", "context"], "value_error.size", message));
    }
    let evaluated = evaluate(&expression, &context);
    let success = evaluated.is_ok();
    let (result, error) = match evaluated {
        Ok(result) => (result, None),
        Err(ExpressionError::Limit { .. }) => {
            (Value::Null, Some("evaluation budget exceeded".to_owned()))
        }
        Err(error) => (Value::Null, Some(error.to_string())),
    };
    Ok(Json(Evaluated { expression, result, success, error }))
}

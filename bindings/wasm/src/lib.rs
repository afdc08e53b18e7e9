//! Chatflow's engine for JavaScript hosts: JSON text in, JSON text out.
//!
//! Nothing is decided here. The package (`package/`) is a thin layer of JavaScript over these
//! functions and is where they are documented for those who use them. What the engine refuses is
//! thrown as a text, `{"code", "message", "causes": […]}`, of which the package makes an `Error`.

mod library;
mod preview;
mod refusal;

pub use library::Library;
pub use preview::Preview;

use chatflow::{Case, CaseError, Dialect, FlowDefinition, FromJson, Masker, Patch, TraceStep};
use serde::Serialize;
use serde_json::{Error, Map, Value};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use refusal::{Answer, argument, refuse};

/// Checks a flow document: a JSON array of diagnostics. What is wrong with it is never an error.
///
/// # Errors
///
/// None.
#[wasm_bindgen]
pub fn check(document: &str) -> Answer {
    plain(&chatflow::check(document))
}

/// Makes the changes of a JSON Patch in a document.
///
/// # Errors
///
/// That it does not fit, or is none.
#[wasm_bindgen(js_name = applyPatch)]
pub fn apply_patch(document: &str, patch: &str) -> Answer {
    let (document, patch): (Value, Value) = (read(document)?, read(patch)?);
    let patch = Patch::read(&patch).map_err(|error| refuse(error.code(), &error))?;
    write(&patch.apply(&document).map_err(|error| refuse(error.code(), &error))?)
}

/// Plays a conversation, given as a case, and returns its transcript.
///
/// # Errors
///
/// What is wrong with the case.
#[wasm_bindgen]
pub fn play(case: &str) -> Answer {
    let played = Case::from_text(case).map_err(CaseError::Shape).and_then(|case| case.play());
    plain(&played.map_err(|error| refuse(error.code(), &error))?.0)
}

/// What an author should know about the text of an expression: a JSON array of problems.
///
/// # Errors
///
/// None.
#[wasm_bindgen(js_name = checkExpression)]
pub fn check_expression(expression: &str, is_calculation: bool) -> Answer {
    let dialect = if is_calculation { Dialect::Calculate } else { Dialect::Condition };
    write(&chatflow::check_expression(expression, dialect))
}

/// Evaluates an expression with the keys of a JSON object as its variables.
///
/// # Errors
///
/// That the text is no expression, has no value or is too large, or that the context is not JSON.
#[wasm_bindgen]
pub fn evaluate(expression: &str, context: &str) -> Answer {
    let value = chatflow::evaluate(expression, &read(context)?);
    write(&value.map_err(|error| refuse(error.code(), &error))?)
}

/// Explains a condition; `steps` are those of a trace.
///
/// # Errors
///
/// That a text is no expression or is too large, or that an argument is not JSON.
#[wasm_bindgen]
pub fn explain(condition: &str, context: &str, steps: &str, is_calculation: bool) -> Answer {
    let (condition, context): (Value, Value) = (read(condition)?, read(context)?);
    let steps: Vec<TraceStep> = read(steps)?;
    let explained = match condition.as_str() {
        Some(text) if is_calculation => chatflow::explain_calculation(text, &context, &steps),
        Some(_) | None => chatflow::explain(&condition, &context, &steps),
    };
    write(&explained.map_err(|error| refuse(error.code(), &error))?)
}

/// The functions that expressions may call.
///
/// # Errors
///
/// None.
#[wasm_bindgen(js_name = expressionFunctions)]
pub fn expression_functions() -> Answer {
    write(&chatflow::expression_functions().collect::<Vec<_>>())
}

/// The variables that a flow names; none of a document that cannot be read.
///
/// # Errors
///
/// None.
#[wasm_bindgen(js_name = flowVariables)]
pub fn flow_variables(document: &str) -> Answer {
    let (definition, _) = FlowDefinition::read_json(document);
    write(&definition.map(|definition| definition.variables()).unwrap_or_default())
}

/// Masks personal data.
///
/// # Errors
///
/// That an argument is not JSON or of another form.
#[wasm_bindgen]
pub fn mask(value: &str, options: &str) -> Answer {
    let MaskOptions { key, keys, paths, except } = read(options)?;
    let masker = Masker::new(key.as_bytes()).with_keys(keys.iter().map(String::as_str));
    let masker = masker.with_paths(paths.iter().map(String::as_str));
    let masker = masker.without_paths(except.iter().map(String::as_str));
    write(&masker.mask(&read(value)?))
}

struct MaskOptions {
    key: String,
    keys: Vec<String>,
    paths: Vec<String>,
    except: Vec<String>,
}

impl FromJson for MaskOptions {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Map::from_json(value)?;
        let mut field = |key| fields.remove(key);
        let mut list = |key| field(key).map(Vec::from_json).transpose();
        let (keys, paths, except) = (list("keys")?, list("paths")?, list("except")?);
        Ok(Self {
            key: field("key").map(String::from_json).transpose()?.unwrap_or_default(),
            keys: keys.unwrap_or_default(),
            paths: paths.unwrap_or_default(),
            except: except.unwrap_or_default(),
        })
    }
}

/// Reads text by way of a value, as `write` writes it: each type is read and written in one way only, because each
/// way is a large part of the module.
fn read<T: FromJson>(text: &str) -> Result<T, JsValue> {
    T::from_text(text).map_err(|error| argument(&error))
}

fn write(value: &impl Serialize) -> Answer {
    match serde_json::to_value(value) {
        Ok(value) => plain(&value),
        Err(error) => Err(argument(&error)),
    }
}

/// Written at once, without a value in between.
fn plain(value: &impl Serialize) -> Answer {
    serde_json::to_string(value).map_err(|error| argument(&error))
}

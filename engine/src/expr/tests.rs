//! Behaviour of expressions as a whole.

mod aggregates;
mod conformance;
mod functions;
mod guide;
mod hostile;
mod semantics;
mod soup;

use serde_json::{Value as Json, json};

use super::error::Error;
use super::{Budget, Dialect, ErrorKind, Problem, Program, Value};

/// A state such as a conversation leaves behind.
fn state() -> Json {
    json!({
        "user": { "age": 15, "name": "Ann", "ratio": 0.75, "none": null, "tags": ["b", "a"] },
        "temp": {
            "n": 4,
            "whole": 7.0,
            "big": 18_446_744_073_709_551_615_u64,
            "drink": { "value": "tea", "label": "Tea" },
            "level": { "value": 3, "text": "three" },
            "plain": { "value": "tea", "id": 1 },
            "picks": [
                { "value": "tea", "label": "Tea" },
                { "value": "milk", "label": "Milk" },
            ],
            "ans": [{ "m": { "calm": 1.0, "bold": 0.2 } }, { "m": { "bold": 0.6 } }],
        },
    })
}

fn compile(source: &str, dialect: Dialect) -> Program {
    Program::compile(source, dialect).unwrap_or_else(|problems| panic!("{source}: {problems:?}"))
}

fn roots<'a>(program: &Program, state: &'a Json) -> Vec<Option<Value<'a>>> {
    program.roots().iter().map(|root| state.get(&**root).map(Value::from)).collect()
}

fn eval_in(dialect: Dialect, source: &str, budget: Budget) -> Result<Json, Error> {
    let (state, program) = (state(), compile(source, dialect));
    let roots = roots(&program, &state);
    program.eval(&roots, budget).and_then(|value| value.to_json(budget.size))
}

fn eval(source: &str) -> Result<Json, ErrorKind> {
    eval_in(Dialect::Condition, source, Budget::default()).map_err(|error| error.kind)
}

/// Every source must give the value beside it.
fn check(cases: &[(&str, Json)]) {
    for (source, want) in cases {
        assert_eq!(eval(source).as_ref(), Ok(want), "{source}");
    }
}

fn warnings(source: &str) -> Vec<Problem> {
    compile(source, Dialect::Condition).warnings().to_vec()
}

//! Functions of the host, called as `host.name(…)`.

use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;

use super::{
    error::Error,
    key::Key,
    meter::{Meter, Res},
    value::{Str, Value},
};
use crate::extend::ValueType;
use crate::table::{self, Table};
use crate::value::{MAX_DEPTH, canonical_len, is_deeper_than, settle};

/// What a host function does: JSON in, JSON or a reason out.
pub(crate) type Body = Arc<dyn Fn(&[Json]) -> Result<Json, String> + Send + Sync>;

/// What one call costs at least, in steps.
const CALL: usize = 32;

/// The longest reason of a failure that is shown, in characters.
const REASON: usize = 200;

/// The functions of a host, by name; those of one name differ in the number of parameters.
#[derive(Clone, Debug, Default)]
pub(crate) struct HostFunctions(Table<Box<str>, Vec<HostFunction>>);

/// A function of the host.
#[derive(Clone)]
pub(crate) struct HostFunction {
    name: Arc<str>,
    parameters: Arc<[ValueType]>,
    body: Body,
}

impl HostFunctions {
    /// Adds a function; `false` if there is one of this name and number of parameters.
    pub(crate) fn add(&mut self, name: &str, parameters: &[ValueType], body: Body) -> bool {
        if self.find(name, parameters.len()).is_some() {
            return false;
        }
        let function = HostFunction { name: name.into(), parameters: parameters.into(), body };
        self.0.or_default(name.into()).push(function);
        true
    }

    pub(super) fn find(&self, name: &str, args: usize) -> Option<&HostFunction> {
        self.0.get(name)?.iter().find(|function| function.parameters.len() == args)
    }
}

impl HostFunction {
    /// Why the function does not take a value as its parameter `at`.
    pub(super) fn refuses(&self, at: usize, value: &Value<'_>) -> Option<Error> {
        let wanted = *self.parameters.get(at)?;
        let admits = match wanted {
            ValueType::Any => true,
            ValueType::Bool => matches!(value, Value::Bool(_)),
            ValueType::Number => value.is_number(),
            // Bytes, times and types are given as their text.
            ValueType::Text => {
                matches!(
                    value,
                    Value::Str(_) | Value::Bytes(_) | Value::Timestamp(..) | Value::Type(_)
                )
            }
            ValueType::List => matches!(value, Value::List(_)),
            ValueType::Map => matches!(value, Value::Map(_)),
        };
        (!admits).then(|| {
            let (name, number, found) = (&self.name, at.saturating_add(1), value.type_name());
            let wanted = wanted.as_str();
            Error::mismatch(format!("argument {number} of `host.{name}` is {found}, not {wanted}"))
        })
    }

    /// Calls the function. What goes in and what comes out is paid for by its size.
    pub(super) fn call<'a>(&self, meter: &mut Meter, args: &[Value<'_>]) -> Res<'a> {
        meter.pay(CALL)?;
        let mut given = Vec::with_capacity(args.len());
        for (at, arg) in args.iter().enumerate() {
            if let Some(error) = self.refuses(at, arg) {
                return Err(error);
            }
            let arg = arg.to_json(meter.size())?;
            meter.pay_bytes(canonical_len(&arg))?;
            given.push(arg);
        }
        let mut result = (self.body)(&given).map_err(|reason| {
            let reason: String = reason.chars().take(REASON).collect();
            Error::range(format!("`host.{}`: {reason}", self.name))
        })?;
        if is_deeper_than(&result, MAX_DEPTH) {
            return Err(Error::limit("the result is nested too deep"));
        }
        settle(&mut result);
        meter.pay_bytes(canonical_len(&result))?;
        Ok(owned(result))
    }
}

/// A value that borrows nothing; the depth has been checked.
fn owned(json: Json) -> Value<'static> {
    match json {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(b),
        Json::Number(n) => {
            n.as_i64().map_or_else(|| Value::Double(n.as_f64().unwrap_or(f64::NAN)), Value::Int)
        }
        Json::String(text) => Value::string(text),
        Json::Array(items) => Value::list(items.into_iter().map(owned).collect()),
        Json::Object(map) => {
            let entry =
                |(key, value): (String, Json)| (Key::Str(Str::Own(key.into())), owned(value));
            Value::map(table::map(map.into_iter().map(entry)))
        }
    }
}

impl fmt::Debug for HostFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "host.{}{:?}", self.name, self.parameters)
    }
}

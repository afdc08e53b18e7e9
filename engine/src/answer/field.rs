//! Reading typed fields of an authored object, with a diagnostic for each wrong one.

use serde_json::{Map, Value};

use crate::check::{Code, Pointer, Report};
use crate::number;

/// How a value of one type is read, and what that type is called.
pub(super) struct Reader<T> {
    pub(super) expected: &'static str,
    pub(super) read: fn(&Value) -> Option<T>,
}

pub(super) const FLAG: Reader<bool> = Reader { expected: "true or false", read: Value::as_bool };

pub(super) const NUMBER: Reader<f64> =
    Reader { expected: "a number", read: |value| Some(number::to_f64(value.as_number()?)) };

pub(super) const POSITIVE: Reader<f64> = Reader {
    expected: "a number above 0",
    read: |value| Some(number::to_f64(value.as_number()?)).filter(|n| *n > 0.0),
};

pub(super) const COUNT: Reader<u64> = Reader {
    expected: "a whole number of at least 0",
    read: |value| number::settle(value.as_number()?).as_u64(),
};

pub(super) const TEXT: Reader<String> =
    Reader { expected: "text", read: |value| value.as_str().map(str::to_owned) };

pub(super) const ANY: Reader<Value> =
    Reader { expected: "a value", read: |value| Some(value.clone()) };

/// One authored object and where it stands; may be absent.
pub(super) struct Fields<'a> {
    pub(super) object: Option<&'a Map<String, Value>>,
    pub(super) at: Pointer,
}

impl<'a> Fields<'a> {
    pub(super) fn whole(object: &'a Map<String, Value>, at: &Pointer) -> Self {
        Self { object: Some(object), at: at.clone() }
    }

    /// The object under a key; absent if there is none, or something else.
    pub(super) fn part(&self, key: &str, report: &mut Report) -> Self {
        let at = self.at.push(key);
        let value = self.object.and_then(|o| o.get(key)).filter(|v| !v.is_null());
        if value.is_some_and(|v| !v.is_object()) {
            report
                .add(Code::QuestionValidationType, &at, format!("`{key}` must be an object"))
                .help(format!("write `\"{key}\": {{…}}`, or remove it"));
        }
        Self { object: value.and_then(Value::as_object), at }
    }

    /// The value of the first of the keys that is present and not null.
    pub(super) fn read<T>(
        &self,
        keys: &[&str],
        reader: &Reader<T>,
        report: &mut Report,
    ) -> Option<T> {
        let object = self.object?;
        let key = self.key_of(keys)?;
        let value = object.get(key)?;
        let read = (reader.read)(value);
        if read.is_none() {
            let code = match key {
                "max_retries" => Code::QuestionMaxRetries,
                "step" if self.at.as_str().ends_with("/slider_config") => Code::QuestionSliderStep,
                _ => Code::QuestionValidationType,
            };
            self.refuse(code, key, format!("`{key}` must be {}", reader.expected), report);
        }
        read
    }

    /// The first of the keys that is present and not null.
    pub(super) fn key_of<'k>(&self, keys: &[&'k str]) -> Option<&'k str> {
        let object = self.object?;
        keys.iter().copied().find(|key| object.get(*key).is_some_and(|v| !v.is_null()))
    }

    /// A problem with the value of a key.
    pub(super) fn refuse(
        &self,
        code: Code,
        key: &str,
        message: impl Into<String>,
        report: &mut Report,
    ) {
        report
            .add(code, &self.at.push(key), message)
            .help(format!("correct `{key}`, or remove it"));
    }

    /// Reports a lower limit that is above its upper limit.
    pub(super) fn check_order<T: PartialOrd>(
        &self,
        (low, high): (Option<T>, Option<T>),
        (low_keys, high_keys): (&[&str], &[&str]),
        report: &mut Report,
    ) {
        let written = |keys| self.key_of(keys).unwrap_or_default();
        if low.zip(high).is_some_and(|(low, high)| low > high) {
            let (low_key, high_key) = (written(low_keys), written(high_keys));
            let message = format!("`{low_key}` is above `{high_key}`");
            self.refuse(Code::QuestionValidationRange, low_key, message, report);
        }
    }
}

//! How long a request may take, when it is sent again, when not at all (R8.12, R8.13, R8.40).

use serde_json::{Map, Value};

use super::{Fields, Kind};
use crate::check::{Code, Patch, Pointer, Report, Severity, near_miss};
use crate::request::{Backoff, Retry};

const DEFAULT_TIMEOUT_MS: u64 = 30_000;
/// What is longer than a turn may take (F25).
const TURN_MS: u64 = 45_000;
/// What is longer than anybody waits (R8.1).
const LONG_MS: u64 = 120_000;
const DEFAULT_DELAY_MS: u64 = 1000;
const MOST_DELAY_MS: u64 = 60_000;
const DEFAULT_MAX_DELAY_MS: u64 = 30_000;

/// When a breaker opens and closes (R8.40).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    pub(crate) failures: u32,
    pub(crate) successes: u32,
    pub(crate) timeout_s: u32,
}

/// R8.12: 1 to 300 are seconds, 1,000 to 300,000 milliseconds; `30s`, `1500ms`, `2m` are explicit.
pub(super) fn timeout(fields: &Fields<'_>, kind: Kind, report: &mut Report) -> u64 {
    let code = kind.pick(Code::ActionTimeout, Code::WebhookTimeout);
    let Some((name, value)) = fields.first(&["timeout_ms", "timeout"]) else {
        return DEFAULT_TIMEOUT_MS;
    };
    let at = fields.at.push(name);
    let (ms, assumed) = milliseconds(name, value);
    let Some(ms) = ms.filter(|ms| (1000.0..=300_000.0).contains(ms)) else {
        report
            .add(code, &at, format!("`{value}` is not a timeout"))
            .help("write 1 to 300 seconds, or 1000 to 300000 milliseconds");
        return DEFAULT_TIMEOUT_MS;
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1000 to 300000")]
    let whole = ms as u64;
    if assumed {
        report
            .add(Code::WebhookTimeoutMs, &at, format!("`{value}` is taken for milliseconds"))
            .help(format!("write `\"{whole}ms\"`"))
            .fix(Patch::replace(&at, format!("{whole}ms")));
    }
    if whole > TURN_MS {
        let severity = if whole > LONG_MS { Severity::Warning } else { Severity::Info };
        report
            .add_as(code, severity, &at, "the timeout is longer than a turn may take")
            .help("a turn has 45 seconds for all its requests; then they fail with `timeout`");
    }
    whole
}

/// A timeout in milliseconds, whatever its length, and whether its unit is a guess.
fn milliseconds(name: &str, value: &Value) -> (Option<f64>, bool) {
    match value {
        Value::Number(n) => match (name, n.as_f64()) {
            ("timeout_ms", ms) => (ms, false),
            (_, Some(s)) if (1.0..=300.0).contains(&s) => (Some(s * 1000.0), false),
            (_, Some(ms)) if ms >= 1000.0 => (Some(ms), true),
            _ => (None, false),
        },
        Value::String(text) => (explicit(text), false),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => (None, false),
    }
}

/// The timeout that a request's content states, in milliseconds, whatever its length.
pub(crate) fn timeout_of(content: &Value) -> Option<f64> {
    let stated = |name| content.get(name).filter(|value| !value.is_null());
    let (name, value) =
        ["timeout_ms", "timeout"].into_iter().find_map(|name| Some((name, stated(name)?)))?;
    milliseconds(name, value).0
}

fn explicit(text: &str) -> Option<f64> {
    let units = [("ms", 1.0), ("s", 1000.0), ("m", 60_000.0)];
    let (number, factor) =
        units.into_iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    number.trim().parse::<f64>().ok().map(|n| n * factor)
}

/// Reads `retry`; `None` when nothing is tried again.
pub(super) fn retry(fields: &Fields<'_>, report: &mut Report) -> Option<Retry> {
    let (_, value) = fields.first(&["retry"])?;
    let numbers = Numbers::of(fields, "retry", value, report)?;
    if numbers.map.is_empty() {
        return None;
    }
    let again = numbers.read("max_retries", (0, 9), report);
    let attempts = numbers
        .read("attempts", (1, 10), report)
        .or_else(|| numbers.read("max_attempts", (1, 10), report))
        .or_else(|| again.map(|again| again.saturating_add(1)))
        .unwrap_or(3);
    let delay_ms = numbers.read("delay", (0, MOST_DELAY_MS), report).unwrap_or(DEFAULT_DELAY_MS);
    let max_delay_ms =
        numbers.read("max_delay", (0, 300_000), report).unwrap_or(DEFAULT_MAX_DELAY_MS);
    let backoff = match numbers.map.get("backoff") {
        None | Some(Value::Null) => Backoff::Fixed,
        Some(value) => match value.as_str() {
            Some("fixed") => Backoff::Fixed,
            Some("linear") => Backoff::Linear,
            Some("exponential") => Backoff::Exponential,
            _ => {
                let at = numbers.at.push("backoff");
                let known = ["fixed", "linear", "exponential"];
                let meant = near_miss(value.as_str().unwrap_or_default(), &known);
                report
                    .add(Code::WebhookRetry, &at, format!("{value} is not a back-off"))
                    .help("use `fixed`, `linear` or `exponential`")
                    .fix(meant.map(|name| Patch::replace(&at, name)));
                Backoff::Fixed
            }
        },
    };
    let jitter = match numbers.map.get("jitter") {
        None | Some(Value::Null) => true,
        Some(Value::Bool(jitter)) => *jitter,
        Some(value) => {
            report
                .add(
                    Code::WebhookRetry,
                    &numbers.at.push("jitter"),
                    format!("`jitter` must be true or false, not {value}"),
                )
                .help("correct `jitter`, or remove it");
            true
        }
    };
    let attempts = u32::try_from(attempts).unwrap_or(1);
    (attempts > 1).then_some(Retry { attempts, delay_ms, backoff, max_delay_ms, jitter })
}

/// Reads `circuit_breaker`; its timeout is always in seconds (R8.12).
pub(super) fn thresholds(fields: &Fields<'_>, report: &mut Report) -> Thresholds {
    let usual = Thresholds { failures: 5, successes: 3, timeout_s: 60 };
    let numbers = fields
        .first(&["circuit_breaker"])
        .and_then(|(name, value)| Numbers::of(fields, name, value, report));
    let Some(numbers) = numbers else { return usual };
    let mut read = |name, most| {
        numbers.read(name, (1, most), report).and_then(|number| u32::try_from(number).ok())
    };
    Thresholds {
        failures: read("failure_threshold", 1000).unwrap_or(usual.failures),
        successes: read("success_threshold", 1000).unwrap_or(usual.successes),
        timeout_s: read("timeout", 86_400).unwrap_or(usual.timeout_s),
    }
}

/// An object of numbers, each with its range.
struct Numbers<'a> {
    map: &'a Map<String, Value>,
    at: Pointer,
}

impl<'a> Numbers<'a> {
    fn of(fields: &Fields<'a>, name: &str, value: &'a Value, report: &mut Report) -> Option<Self> {
        let at = fields.at.push(name);
        let map = value.as_object();
        if map.is_none() {
            report
                .add(Code::WebhookRetry, &at, format!("`{name}` must be an object"))
                .help(format!("correct `{name}`, or remove it"));
        }
        Some(Self { map: map?, at })
    }

    fn read(&self, name: &str, (least, most): (u64, u64), report: &mut Report) -> Option<u64> {
        let value = self.map.get(name).filter(|value| !value.is_null())?;
        let number = value.as_u64().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            report
                .add(
                    Code::WebhookRetry,
                    &self.at.push(name),
                    format!("`{name}` must be a whole number from {least} to {most}"),
                )
                .help(format!("correct `{name}`, or remove it"));
        }
        number
    }
}

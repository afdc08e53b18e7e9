//! Delays of messages (R2.17).

use serde_json::{Map, Value};

use crate::check::{Code, Patch, Pointer, Report};

/// The author's delays (R2.17).
#[derive(Debug, Default)]
pub(crate) struct Timing {
    pub(crate) delay: Option<Value>,
    pub(crate) delay_ms: Option<u32>,
    pub(crate) typing_delay_ms: Option<u32>,
}

/// The longest delay, in milliseconds.
const LONGEST: u32 = 30_000;

impl Timing {
    pub(crate) fn compile(map: &Map<String, Value>, at: &Pointer, report: &mut Report) -> Self {
        let mut read = |name: &str, explicit: &str| -> Option<u32> {
            let is_set = |name: &&str| map.get(*name).is_some_and(|value| !value.is_null());
            let name = [explicit, name].into_iter().find(is_set)?;
            let value = map.get(name)?;
            let (ms, help) = if name == explicit {
                (value.as_f64().and_then(whole), "write milliseconds, 0 or more (500)")
            } else {
                (read_delay(value), "write seconds (1.5) or milliseconds (500)")
            };
            let (ms, wrong) = match ms {
                None => (None, "is not a delay"),
                Some(ms) if ms > LONGEST => (Some(LONGEST), "is cut to 30 seconds"),
                Some(ms) => return Some(ms),
            };
            let at = at.push(name);
            let fix = ms.map_or_else(|| Patch::remove(&at), |ms| Patch::replace(&at, ms));
            report.add(Code::MessageDelay, &at, format!("`{name}` {wrong}")).help(help).fix(fix);
            ms
        };
        let delay_ms = read("delay", "delay_ms");
        let typing_delay_ms = read("typing_delay", "typing_delay_ms");
        let delay = map.get("delay").filter(|_| delay_ms.is_some()).cloned();
        Self { delay, delay_ms, typing_delay_ms }
    }
}

/// R2.17: numbers below 60 are seconds, others milliseconds; `1.5s` and `500ms` are explicit.
pub(crate) fn milliseconds(value: &Value) -> Option<u32> {
    read_delay(value).map(|ms| ms.min(LONGEST))
}

fn read_delay(value: &Value) -> Option<u32> {
    let number = |text: &str, factor: f64| text.trim().parse::<f64>().ok().map(|n| n * factor);
    let ms = match value {
        Value::Number(n) => n.as_f64().map(|n| if n < 60.0 { n * 1000.0 } else { n }),
        Value::String(text) => match (text.strip_suffix("ms"), text.strip_suffix('s')) {
            (Some(ms), _) => number(ms, 1.0),
            (None, Some(s)) => number(s, 1000.0),
            (None, None) => None,
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }?;
    whole(ms)
}

/// The whole milliseconds, at most one more than the longest delay.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0..=30001")]
fn whole(ms: f64) -> Option<u32> {
    let most = f64::from(LONGEST) + 1.0;
    (ms.is_finite() && ms >= 0.0).then(|| ms.round().min(most) as u32)
}

#[cfg(test)]
mod tests {
    use super::{Timing, milliseconds};
    use crate::check::{Pointer, Report};
    use serde_json::json;

    #[test]
    fn delays_are_read_in_seconds_and_milliseconds() {
        // R2.17.
        for (value, want) in [
            (json!(1.5), Some(1500)),
            (json!(59), Some(30_000)),
            (json!(60), Some(60)),
            (json!(500), Some(500)),
            (json!("1.5s"), Some(1500)),
            (json!("500ms"), Some(500)),
            (json!(-1), None),
            (json!("soon"), None),
            (json!([]), None),
        ] {
            assert_eq!(milliseconds(&value), want, "{value}");
        }
    }

    /// R2.17, R12.21: what is no duration is told and dropped, never read as "at once"; what is too
    /// long is told and cut.
    #[test]
    fn an_explicit_delay_is_in_milliseconds() {
        for (value, want) in [
            (json!(1.5), Some(2)),
            (json!(0), Some(0)),
            (json!(90_000), Some(30_000)),
            (json!(-1), None),
            (json!("500ms"), None),
        ] {
            let map = json!({"delay_ms": value, "delay": 3});
            let mut report = Report::default();
            let timing = Timing::compile(map.as_object().unwrap(), &Pointer::root(), &mut report);
            assert_eq!(timing.delay_ms, want, "{value}");
            let told = want.is_none() || value == 90_000;
            assert_eq!(!report.is_empty(), told, "{value}");
        }
    }
}

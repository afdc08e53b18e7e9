//! Numbers and sliders (R3.21, R3.28, R3.40).

use serde_json::{Number, Value};

use super::field::{FLAG, Fields, NUMBER, POSITIVE};
use super::{Accepted, Refusal, RefusalCode};
use crate::check::{Code, Report, Severity};
use crate::number;

/// What a number must be.
#[derive(Clone, Debug, Default)]
pub(super) struct Measure {
    integer: bool,
    min: Option<f64>,
    max: Option<f64>,
    step: Option<f64>,
    /// Where the steps start.
    origin: f64,
}

/// The rules of a slider and where it stands at first.
pub(super) struct Slider {
    pub(super) measure: Measure,
    pub(super) default: Option<Value>,
}

impl Measure {
    pub(super) fn compile(validation: &Fields<'_>, report: &mut Report) -> Self {
        let (min, max) = range(validation, report);
        Self {
            integer: validation.read(&["integer"], &FLAG, report).unwrap_or(false),
            min,
            max,
            step: validation.read(&["step"], &POSITIVE, report),
            origin: min.unwrap_or(0.0),
        }
    }

    /// The same, for whole numbers only.
    pub(super) fn whole(self) -> Self {
        Self { integer: true, ..self }
    }

    /// Both limits, if there are two.
    pub(super) fn range(&self) -> Option<(Value, Value)> {
        Some((self.min.and_then(number_value)?, self.max.and_then(number_value)?))
    }

    pub(super) fn accept(&self, raw: &Value) -> Result<Accepted, Refusal> {
        let number = number::of(raw)
            .ok_or_else(|| Refusal::new(RefusalCode::NotANumber, "Please enter a number."))?;
        self.check(number::to_f64(&number))?;
        Ok(Accepted::value(number))
    }

    fn check(&self, n: f64) -> Result<(), Refusal> {
        if self.integer && n.fract() != 0.0 {
            return Err(Refusal::new(RefusalCode::NotAnInteger, "Please enter a whole number."));
        }
        if let Some(min) = self.min.filter(|min| n < *min) {
            let message = format!("Please enter a number of at least {}.", text(min));
            return Err(Refusal::new(RefusalCode::Min, message));
        }
        if let Some(max) = self.max.filter(|max| n > *max) {
            let message = format!("Please enter a number up to {}.", text(max));
            return Err(Refusal::new(RefusalCode::Max, message));
        }
        if let Some(step) = self.step.filter(|step| !is_on_step(n, self.origin, *step)) {
            let (step, origin) = (text(step), text(self.origin));
            let message =
                format!("Please enter a number in steps of {step}, counted from {origin}.");
            return Err(Refusal::new(RefusalCode::Step, message));
        }
        Ok(())
    }
}

impl Slider {
    pub(super) fn compile(
        config: &Fields<'_>,
        validation: &Fields<'_>,
        report: &mut Report,
    ) -> Self {
        let low = config.read(&["min"], &NUMBER, report).unwrap_or(0.0);
        let high = config.read(&["max"], &NUMBER, report).unwrap_or(100.0);
        if low >= high {
            let key = config.key_of(&["min", "max"]).unwrap_or("min");
            config.refuse(Code::QuestionSliderRange, key, "`min` must be below `max`", report);
        }
        let (narrow_low, narrow_high) = range(validation, report);
        let defaults = ["default_value", "default"];
        let default = config.read(&defaults, &NUMBER, report);
        if default.is_some_and(|n| n < low || n > high) {
            let key = config.key_of(&defaults).unwrap_or("default_value");
            let message = "the default is outside the range";
            config.refuse(Code::QuestionSliderDefault, key, message, report);
        }
        let step = config.read(&["step"], &POSITIVE, report).unwrap_or(1.0);
        if low < high && step > high - low {
            let at = config.at.push("step");
            report
                .add_as(Code::QuestionSliderStep, Severity::Warning, &at, "no step fits the range")
                .help("make `step` smaller than `max` minus `min`");
        }
        let measure = Measure {
            integer: false,
            min: Some(narrow_low.map_or(low, |n| n.max(low))),
            max: Some(narrow_high.map_or(high, |n| n.min(high))),
            step: Some(step),
            origin: low,
        };
        Self { measure, default: default.and_then(number_value) }
    }
}

fn range(validation: &Fields<'_>, report: &mut Report) -> (Option<f64>, Option<f64>) {
    let min = validation.read(&["min"], &NUMBER, report);
    let max = validation.read(&["max"], &NUMBER, report);
    validation.check_order((min, max), (&["min"], &["max"]), report);
    (min, max)
}

/// Whether `n` is a whole number of steps from the origin, but for 1e-9 of a step.
///
/// Far from the origin a double cannot hold 1e-9 of a step, so that its own precision decides.
fn is_on_step(n: f64, origin: f64, step: f64) -> bool {
    let steps = (n - origin) / step;
    let tolerance = (steps.abs() * 4.0 * f64::EPSILON).max(1e-9);
    !steps.is_finite() || (steps - steps.round()).abs() <= tolerance
}

fn number_value(n: f64) -> Option<Value> {
    number::from_f64(n).map(Value::Number)
}

fn text(n: f64) -> String {
    number::from_f64(n).as_ref().map(Number::to_string).unwrap_or_default()
}

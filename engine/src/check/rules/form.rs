//! Rules and sets of rules as JSON (R12.40, R12.43).

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Check, Rule, RuleError, Rules, defaults};
use crate::check::report::Severity;
use crate::expr::{Dialect, Program};
use crate::unicode::lowercase;

impl Rules {
    /// Reads `{"base": "default"|"empty", "disable": [ids], "severity": {id: severity},
    /// "rules": [rules]}`; all keys are optional.
    ///
    /// # Errors
    ///
    /// [`RuleError`] as of [`Rules::add_rule`], [`RuleError::Unknown`] for an id that no rule has.
    pub fn from_json(form: &Value) -> Result<Self, RuleError> {
        let map = form.as_object().ok_or(RuleError::Field("an object"))?;
        let mut rules = match map.get("base") {
            None | Some(Value::Null) => Self::default(),
            Some(base) => match base.as_str() {
                Some("default") => Self::default(),
                Some("empty") => Self::empty(),
                _ => return Err(RuleError::Field("base")),
            },
        };
        for rule in list(map, "rules")? {
            rules.add_rule(rule)?;
        }
        for id in list(map, "disable")? {
            let id = id.as_str().ok_or(RuleError::Field("disable"))?;
            rules.known(id)?;
            rules.set_enabled(id, false);
        }
        let severities = match map.get("severity") {
            None | Some(Value::Null) => None,
            Some(of) => Some(of.as_object().ok_or(RuleError::Field("severity"))?),
        };
        for (id, value) in severities.into_iter().flatten() {
            rules.known(id)?;
            rules.set_severity(id, severity(value)?);
        }
        Ok(rules)
    }

    /// The set in the form that [`Rules::from_json`] reads.
    pub fn to_json(&self) -> Value {
        let (mut disable, mut severity, mut own) = (Vec::new(), Map::new(), Vec::new());
        for rule in &self.rules {
            if rule.is_native() {
                if !rule.enabled {
                    disable.push(json!(rule.id));
                }
                if rule.is_severity_set {
                    severity.insert(rule.id.to_string(), json!(rule.severity));
                }
            } else {
                own.push(json!(rule));
            }
        }
        // Rules of the engine that were taken out say nothing any more.
        if self.has_defaults {
            let gone =
                defaults::rules().into_iter().filter(|rule| self.get_rule(&rule.id).is_none());
            disable.extend(gone.map(|rule| json!(rule.id)));
        }
        let base = if self.has_defaults { "default" } else { "empty" };
        json!({"base": base, "disable": disable, "severity": severity, "rules": own})
    }

    fn known(&self, id: &str) -> Result<(), RuleError> {
        self.get_rule(id).map(|_| ()).ok_or_else(|| RuleError::Unknown(id.to_owned()))
    }
}

fn list<'a>(map: &'a Map<String, Value>, key: &'static str) -> Result<&'a [Value], RuleError> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(list) => list.as_array().map(Vec::as_slice).ok_or(RuleError::Field(key)),
    }
}

fn severity(value: &Value) -> Result<Severity, RuleError> {
    match value.as_str() {
        Some("error") => Ok(Severity::Error),
        Some("warning") => Ok(Severity::Warning),
        Some("info") => Ok(Severity::Info),
        _ => Err(RuleError::Field("severity")),
    }
}

impl Rule {
    pub(super) fn read(form: &Value) -> Result<Self, RuleError> {
        let map = form.as_object().ok_or(RuleError::Field("an object"))?;
        let text = |key: &'static str| match map.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(text) => text.as_str().map(Some).ok_or(RuleError::Field(key)),
        };
        let needed = |key: &'static str| {
            text(key)?.filter(|text| !text.trim().is_empty()).ok_or(RuleError::Field(key))
        };
        let id = needed("id")?.to_owned();
        let source = needed("expression")?;
        let program = Program::compile(source, Dialect::Condition).map_err(|problems| {
            let first = problems.into_iter().next();
            RuleError::Expression(first.map_or_else(String::new, |problem| problem.message))
        })?;
        let node_types = match map.get("node_types") {
            None | Some(Value::Null) => None,
            Some(types) => {
                let types = types.as_array().ok_or(RuleError::Field("node_types"))?;
                let types = types.iter().map(|kind| {
                    let kind = kind.as_str().ok_or(RuleError::Field("node_types"))?;
                    Ok(lowercase(kind).into())
                });
                Some(types.collect::<Result<_, _>>()?)
            }
        };
        Ok(Self {
            name: text("name")?.map_or_else(|| id.clone(), Into::into).into(),
            description: text("description")?.unwrap_or_default().to_owned().into(),
            message: text("message")?.unwrap_or_default().to_owned().into(),
            suggested_fix: text("suggested_fix")?.map(|text| text.to_owned().into()),
            node_types,
            severity: map.get("severity").map_or(Ok(Severity::Warning), severity)?,
            is_severity_set: true,
            enabled: map.get("enabled").and_then(Value::as_bool).unwrap_or(true),
            check: Check::Cel { text: source.to_owned(), program: Arc::new(program) },
            id: id.into(),
        })
    }

    fn is_native(&self) -> bool {
        matches!(self.check, Check::Native(_))
    }
}

impl Serialize for Rule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let expression = match &self.check {
            Check::Native(_) => None,
            Check::Cel { text, .. } => Some(text),
        };
        let form = json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "expression": expression,
            "severity": self.severity,
            "message": self.message,
            "suggested_fix": self.suggested_fix,
            "node_types": self.node_types,
            "enabled": self.enabled,
        });
        form.serialize(serializer)
    }
}

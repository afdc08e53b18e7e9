//! Which variant of a content item a session sees, and what was shown (R13.20 to R13.25).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Run;
use super::scope::Scope;
use crate::check::{Code, Pointer, Report};
use crate::content::ContentItem;
use crate::expr::Dialect;
use crate::extend::Extensions;
use crate::flow::predicate::{Language, Predicate, compile_cel};
use crate::id::{ContentId, ImpressionId};
use crate::json_condition::operator::equal;
use crate::number;
use crate::protocol::{Event, Shown};
use crate::time::{Timestamp, parse_date};
use crate::value::Lookup;
use crate::value::option::reduced;
use crate::value::path::Path;

/// What the conditions of variants are held against.
struct Seen<'a> {
    scope: Scope<'a>,
    at: Timestamp,
    utc_offset_minutes: i16,
    tenant: Option<String>,
    flows: [String; 2],
}

impl Run<'_> {
    /// Gives an item the body that this session sees (R13.21): the one it saw before, else the one
    /// that falls to it.
    pub(super) fn vary(&mut self, item: &mut ContentItem) {
        let held = self.seen_variant(item.id).filter(|key| item.has_variant(key));
        let key: Arc<str> = match held {
            Some(key) => key,
            None => match self.choose(item) {
                Some(key) => key,
                None => return,
            },
        };
        let seen = &mut self.session.engine.variants;
        seen.retain(|(id, _)| *id != item.id);
        item.apply_variant(&key);
        seen.push((item.id, key));
    }

    fn choose(&mut self, item: &ContentItem) -> Option<Arc<str>> {
        let (at, utc_offset_minutes) = {
            let turn = self.turn();
            (turn.at, turn.utc_offset_minutes)
        };
        let engine = &self.session.engine;
        let subject = engine.user_id.clone().unwrap_or_else(|| engine.id.to_string());
        let seen = Seen {
            scope: Scope::of(self.session),
            at,
            utc_offset_minutes,
            tenant: engine.tenant.map(|tenant| tenant.to_string()),
            flows: [engine.flow.id.to_string(), self.flow.version.id.to_string()],
        };
        item.choose_variant(&subject, |conditions| seen.holds(conditions)).map(Into::into)
    }

    /// The variant of an item, as far as it has any.
    pub(super) fn variant_of(&self, item: &ContentItem) -> Option<Arc<str>> {
        if item.variants.is_empty() {
            return None;
        }
        self.seen_variant(item.id)
    }

    fn seen_variant(&self, item: ContentId) -> Option<Arc<str>> {
        let seen = self.session.engine.variants.iter().find(|(id, _)| *id == item);
        seen.map(|(_, key)| Arc::clone(key))
    }

    /// Notes that an item was shown (S5.21).
    pub(super) fn note_shown(
        &mut self,
        content_id: ContentId,
        variant_key: Option<Arc<str>>,
        asked: bool,
    ) {
        let turn = self.turn();
        let ordinal = turn.impressions;
        turn.impressions = ordinal.saturating_add(1);
        let engine = &self.session.engine;
        let id = ImpressionId::derived(&format!("{}:{}:{ordinal}", engine.id, engine.revision));
        let shown = Shown { id, node: self.here(), content_id, variant_key, asked };
        self.session.engine.shown.push(shown.clone());
        self.events.push(Event::Impression(shown));
    }

    /// The visitor took up what was shown (S5.22); `value` is what is told of the answer.
    pub(super) fn note_engaged(&mut self, value: &Value) {
        for impression in std::mem::take(&mut self.session.engine.shown) {
            self.events.push(Event::Engagement { impression, value: value.clone() });
        }
    }

    /// The visitor said something else: only what asked may still be taken up.
    pub(super) fn note_refused(&mut self) {
        self.session.engine.shown.retain(|shown| shown.asked);
    }
}

impl Seen<'_> {
    /// Whether all conditions hold (F31); what is not understood does not.
    fn holds(&self, conditions: &Map<String, Value>) -> bool {
        conditions.iter().all(|(key, wanted)| self.one(key, wanted).unwrap_or(false))
    }

    fn one(&self, key: &str, wanted: &Value) -> Option<bool> {
        match key {
            "date_range" => self.is_within(wanted),
            "cel" => self.evaluate(wanted.as_str()?),
            "state" => {
                Some(wanted.as_object()?.iter().all(|(path, wanted)| self.has(path, wanted)))
            }
            "school_ids" => Some(contains(wanted.as_array()?, self.tenant.as_deref()?)),
            "flow_ids" => {
                let ids = wanted.as_array()?;
                Some(self.flows.iter().any(|flow| contains(ids, flow)))
            }
            "min_age" => Some(self.age()? >= number_of(wanted)?),
            "max_age" => Some(self.age()? <= number_of(wanted)?),
            _ => None,
        }
    }

    /// `[from, to]`, both included; dates are days of the visitor (F30), times are points in time.
    fn is_within(&self, range: &Value) -> Option<bool> {
        let [from, to] = range.as_array()?.as_slice() else { return None };
        let ahead = i64::from(self.utc_offset_minutes).saturating_mul(60_000);
        let today = self.at.as_millis().saturating_add(ahead).div_euclid(86_400_000);
        // Below, at or above the limit, in its own measure.
        let compared = |limit: &Value| {
            let text = limit.as_str()?;
            match parse_date(text) {
                Some(day) => Some(today.cmp(&day)),
                None => Timestamp::parse(text).map(|time| self.at.cmp(&time)),
            }
        };
        let from = if from.is_null() { true } else { compared(from)?.is_ge() };
        let to = if to.is_null() { true } else { compared(to)?.is_le() };
        Some(from && to)
    }

    fn evaluate(&self, source: &str) -> Option<bool> {
        let (at, report) = (Pointer::root(), &mut Report::default());
        // Items belong to no compiler: their conditions know no functions of a host.
        let extensions = &Extensions::default();
        let language = Language { dialect: Dialect::Condition, extensions };
        let program = compile_cel(source, language, &at, Code::CelSyntax, report)?;
        self.scope.holds(&Predicate::Cel(Box::new(program))).ok()
    }

    fn has(&self, path: &str, wanted: &Value) -> bool {
        let Ok(path) = Path::parse(path) else { return false };
        let found = Lookup::get(&self.scope, &path);
        let Some(found) = found.as_deref().map(reduced) else { return false };
        match wanted {
            Value::Array(any) => any.iter().any(|one| equal(found, reduced(one))),
            Value::Object(_) => false,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                equal(found, wanted)
            }
        }
    }

    fn age(&self) -> Option<f64> {
        ["user.age", "user.age_number"].into_iter().find_map(|path| {
            let path = Path::parse(path).ok()?;
            number_of(Lookup::get(&self.scope, &path)?.as_ref())
        })
    }
}

fn number_of(value: &Value) -> Option<f64> {
    number::of(reduced(value)).map(|number| number::to_f64(&number))
}

fn contains(ids: &[Value], id: &str) -> bool {
    ids.contains(&json!(id))
}

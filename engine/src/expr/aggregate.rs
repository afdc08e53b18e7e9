//! The legacy aggregate action (section 6.3), on the functions of expressions.

use serde_json::{Map as JsonMap, Value as Json};

use super::{
    error::Error,
    functions::{self, Weights},
    meter::{Budget, Meter},
    value::{List, Value},
};

/// A checked aggregate. Its `source` and `target` are the caller's.
#[derive(Clone, Debug)]
pub(crate) struct Aggregate {
    field: Option<String>,
    operation: Operation,
}

#[derive(Clone, Debug)]
enum Operation {
    Sum,
    Avg,
    Max,
    Min,
    Count,
    Merge(MergeStrategy),
    Collect,
    First,
    Last,
    Unique,
    WeightedAverage { weight_field: String, item_weight_field: String },
}

#[derive(Clone, Copy, Debug)]
enum MergeStrategy {
    Sum,
    Max,
    Last,
}

/// What is wrong with an aggregate action as written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct AggregateProblem {
    pub(crate) field: &'static str,
    pub(crate) kind: AggregateProblemKind,
    pub(crate) message: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AggregateProblemKind {
    /// `missing_weight_field` (R6.64).
    Missing,
    /// Not one of the known operations or merge strategies.
    Unknown,
    /// Not a string.
    NotText,
}

/// Why an aggregate wrote nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum AggregateError {
    /// The source is neither a list nor absent nor null: `not_a_list` (R6.61).
    #[error("the source is not a list")]
    NotAList,
    /// The operation failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl Aggregate {
    /// Reads `field`, `operation`, `merge_strategy`, `weight_field` and `item_weight_field`.
    pub(crate) fn parse(action: &JsonMap<String, Json>) -> Result<Self, AggregateProblem> {
        let strategy = match text(action, "merge_strategy")?.unwrap_or("sum") {
            "sum" => MergeStrategy::Sum,
            "max" => MergeStrategy::Max,
            "last" => MergeStrategy::Last,
            other => return Err(unknown("merge_strategy", other)),
        };
        let operation = match text(action, "operation")?.unwrap_or("sum") {
            "sum" => Operation::Sum,
            "avg" | "average" => Operation::Avg,
            "max" => Operation::Max,
            "min" => Operation::Min,
            "count" => Operation::Count,
            "merge" => Operation::Merge(strategy),
            "collect" | "flatten" => Operation::Collect,
            "first" => Operation::First,
            "last" => Operation::Last,
            "unique" => Operation::Unique,
            "weighted_average" => weighted(action)?,
            other => return Err(unknown("operation", other)),
        };
        Ok(Self { field: text(action, "field")?.map(str::to_owned), operation })
    }

    /// Aggregates the value at `source`; absent and null count as an empty list (R6.61). `None`
    /// when nothing is to be written (R6.63).
    pub(crate) fn run(&self, source: Option<&Json>) -> Result<Option<Json>, AggregateError> {
        let source = match source {
            None | Some(Json::Null) => List::Ref(&[]),
            Some(Json::Array(items)) => List::Json(items),
            Some(Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_)) => {
                return Err(AggregateError::NotAList);
            }
        };
        let budget = Budget::default();
        let result = self.apply(&mut Meter::new(budget), &source)?;
        if matches!(result, Value::Null) {
            return Ok(None);
        }
        Ok(Some(result.to_json(budget.size)?))
    }

    fn apply<'a>(&self, meter: &mut Meter, source: &List<'a>) -> Result<Value<'a>, Error> {
        if let Operation::WeightedAverage { weight_field, item_weight_field } = &self.operation {
            let fields = Weights {
                field: self.field.as_deref().unwrap_or("value"),
                weight: weight_field,
                item_weight: item_weight_field,
            };
            return functions::weighted_average(meter, source, &fields);
        }
        let picked = self.pick(meter, source)?;
        let items = picked.as_ref().unwrap_or(source);
        match &self.operation {
            Operation::Sum => functions::sum(meter, items),
            Operation::Avg => functions::avg(meter, items),
            Operation::Max => functions::max(meter, items),
            Operation::Min => functions::min(meter, items),
            Operation::Count => functions::count(meter, items),
            Operation::Merge(MergeStrategy::Sum) => functions::merge(meter, items),
            Operation::Merge(MergeStrategy::Max) => functions::merge_max(meter, items),
            Operation::Merge(MergeStrategy::Last) => functions::merge_last(meter, items),
            Operation::Collect => functions::flatten(meter, items, 1),
            Operation::First => Ok(items.get(0).unwrap_or(Value::Null)),
            Operation::Last => {
                let last = items.len().checked_sub(1).and_then(|index| items.get(index));
                Ok(last.unwrap_or(Value::Null))
            }
            Operation::Unique => functions::distinct(meter, items),
            Operation::WeightedAverage { .. } => Ok(Value::Null),
        }
    }

    /// The field of each element, without those that lack it (R6.61); `None` without a field.
    fn pick<'a>(&self, meter: &mut Meter, source: &List<'a>) -> Result<Option<List<'a>>, Error> {
        let Some(field) = &self.field else { return Ok(None) };
        meter.pay_items(source.len())?;
        let picked: Vec<_> = source.iter().filter_map(|item| item.at(field)).collect();
        Ok(Some(List::Own(picked.into())))
    }
}

fn weighted(action: &JsonMap<String, Json>) -> Result<Operation, AggregateProblem> {
    let Some(weight_field) = text(action, "weight_field")? else {
        return Err(AggregateProblem {
            field: "weight_field",
            kind: AggregateProblemKind::Missing,
            message: "`weighted_average` needs `weight_field`".to_owned(),
        });
    };
    let item_weight = text(action, "item_weight_field")?.unwrap_or(functions::ITEM_WEIGHT);
    Ok(Operation::WeightedAverage {
        weight_field: weight_field.to_owned(),
        item_weight_field: item_weight.to_owned(),
    })
}

/// A text parameter; absent, null and empty are the same.
fn text<'j>(
    action: &'j JsonMap<String, Json>,
    field: &'static str,
) -> Result<Option<&'j str>, AggregateProblem> {
    match action.get(field) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_)) => {
            Err(AggregateProblem {
                field,
                kind: AggregateProblemKind::NotText,
                message: format!("`{field}` must be text"),
            })
        }
    }
}

fn unknown(field: &'static str, found: &str) -> AggregateProblem {
    let kind = AggregateProblemKind::Unknown;
    AggregateProblem { field, kind, message: format!("unknown {field} `{found}`") }
}

//! Filters on `info` in queries (S3.54 to S3.56, F38): read here, decided by the engine.

use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::input::items;

/// What operators are called in queries and in the engine.
const OPERATORS: [&str; 7] = ["eq", "ne", "lt", "lte", "gt", "gte", "in"];

/// The filters among the parameters that have no meaning of their own.
pub(super) fn filters(rest: &[(String, String)]) -> Result<Map<String, Value>, ApiError> {
    let mut filters = Map::new();
    for (name, text) in rest {
        let Some(path) = name.strip_prefix("info.") else { continue };
        let (path, operator) = match path.rsplit_once("__") {
            Some((path, operator)) if OPERATORS.contains(&operator) => (path, Some(operator)),
            _ => (path, None),
        };
        if path.is_empty() {
            return Err(ApiError::field(&["query", name], "value_error", "names nothing"));
        }
        let wanted = match operator {
            None => plain(name, path, text)?,
            Some(operator) => compared(name, operator, text)?,
        };
        match (filters.get_mut(path), wanted) {
            (None, wanted) => {
                filters.insert(path.to_owned(), wanted);
            }
            // `a__gte` and `a__lte` are one range.
            (Some(Value::Object(known)), Value::Object(wanted)) => known.extend(wanted),
            (Some(_), _) => {
                let message = "does not go together with another filter of the same key";
                return Err(ApiError::field(&["query", name], "value_error", message));
            }
        }
    }
    Ok(filters)
}

fn plain(name: &str, path: &str, text: &str) -> Result<Value, ApiError> {
    match path {
        "min_age" | "max_age" => number(name, text),
        _ => Ok(match text {
            "true" | "false" => json!({"in": one_of([text])}),
            _ => json!(text),
        }),
    }
}

fn compared(name: &str, operator: &str, text: &str) -> Result<Value, ApiError> {
    Ok(match operator {
        "eq" => json!({"in": one_of([text])}),
        // What has no such key does not match.
        "ne" => json!({"not_in": one_of([text]), "exists": true}),
        "in" => json!({"in": one_of(items(text).collect::<Vec<_>>().iter().map(String::as_str))}),
        _ => json!({operator: number(name, text)?}),
    })
}

/// A text and the scalars that it may stand for.
fn one_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Value> {
    let mut all = Vec::new();
    for text in texts {
        all.push(json!(text));
        all.extend(match text {
            "true" => Some(json!(true)),
            "false" => Some(json!(false)),
            _ => read(text),
        });
    }
    all
}

fn number(name: &str, text: &str) -> Result<Value, ApiError> {
    let message = "must be a number";
    read(text).ok_or_else(|| ApiError::field(&["query", name], "type_error.number", message))
}

fn read(text: &str) -> Option<Value> {
    let number = text.parse::<i64>().ok().map(Value::from);
    number.or_else(|| text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::from))
}

#[cfg(test)]
mod tests {
    use chatflow::ContentQuery;

    use super::*;

    fn given(pairs: &[(&str, &str)]) -> Result<Map<String, Value>, ApiError> {
        let pair = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        filters(&pairs.iter().map(pair).collect::<Vec<_>>())
    }

    #[test]
    fn filters_keep_what_the_specification_says() {
        // S3.54, S3.56
        for (pairs, info, fits) in [
            (&[("info.min_age", "8"), ("info.max_age", "8")][..], json!({"min_age": 6}), true),
            (&[("info.min_age", "8")], json!({"min_age": 9}), false),
            (&[("info.min_age", "8")], json!({"min_age": "old"}), false),
            (&[("info.min_age", "8")], json!({}), true),
            (&[("info.min_age__eq", "5")], json!({"min_age": 5.0}), true),
            (&[("info.min_age__eq", "5")], json!({}), false),
            (&[("info.series.name", "Tide")], json!({"series": {"name": "Tide"}}), true),
            (&[("info.series.name", "tide")], json!({"series": {"name": "Tide"}}), false),
            (&[("info.n", "5")], json!({"n": 5.0}), true),
            (&[("info.n", "5")], json!({"n": "5"}), true),
            (&[("info.n", "5")], json!({"n": true}), false),
            (&[("info.b", "true")], json!({"b": true}), true),
            (&[("info.b", "true")], json!({"b": 1}), false),
            (&[("info.n__ne", "5")], json!({"n": 6}), true),
            (&[("info.n__ne", "5")], json!({"n": 5}), false),
            (&[("info.n__ne", "5")], json!({}), false),
            (&[("info.n__gte", "3"), ("info.n__lt", "5")], json!({"n": 4}), true),
            (&[("info.n__gte", "3"), ("info.n__lt", "5")], json!({"n": 5}), false),
            (&[("info.n__gt", "3")], json!({"n": "many"}), false),
            (&[("info.n__in", "a,7")], json!({"n": 7}), true),
            (&[("info.n__in", "a,7")], json!({"n": {"a": 1}}), false),
        ] {
            let info_filters = given(pairs).unwrap();
            let query = ContentQuery { info_filters, ..ContentQuery::default() };
            assert_eq!(query.admits(info.as_object().unwrap()), fits, "{pairs:?} {info}");
        }
        for pairs in [
            &[("info.min_age", "young")][..],
            &[("info.n__lt", "x")],
            &[("info.", "x")],
            &[("info.n", "1"), ("info.n", "2")],
        ] {
            assert!(given(pairs).is_err(), "{pairs:?}");
        }
        assert!(given(&[("other", "x")]).unwrap().is_empty());
    }
}

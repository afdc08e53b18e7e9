//! Columns that are told by the answers of endpoints, so that no number is computed in two ways.
//!
//! A column is called by its place in the answer, whose last part is its name: `engagement_metrics/unique_users`. Where
//! that is no good name, `name=place` says both.

use serde_json::Value;

use super::cells::Cell;

/// The name of a column.
pub(super) fn name(column: &str) -> &str {
    match column.split_once('=') {
        Some((name, _)) => name,
        None => column.rsplit('/').next().unwrap_or(column),
    }
}

/// What an answer has in each of these columns.
pub(super) fn row(answer: &Value, columns: &[&str]) -> Vec<Cell> {
    columns.iter().map(|column| pick(answer, column)).collect()
}

fn pick(answer: &Value, column: &str) -> Cell {
    let place = column.split_once('=').map_or(column, |(_, place)| place);
    answer.pointer(&format!("/{place}")).map_or(Cell::Nothing, cell)
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Nothing,
        Value::Bool(flag) => Cell::Flag(*flag),
        Value::Number(number) => match number.as_u64() {
            Some(count) => Cell::Count(count),
            None => number.as_f64().into(),
        },
        Value::String(text) => Cell::Text(text.clone()),
        Value::Array(items) => {
            let texts = items.iter().filter_map(Value::as_str);
            let texts = texts.collect::<Vec<_>>().join(" ");
            if texts.is_empty() { Cell::Nothing } else { Cell::Text(texts) }
        }
        Value::Object(_) => Cell::Text(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_column_is_found_by_its_place() {
        let answer = json!({"a": 1, "b": {"c": 0.5, "d": null, "e": ["x", "y"]}, "f": [1.5, true]});
        let columns = ["a", "b/c", "b/d", "b/e", "low=f/0", "f/1", "none"];
        let names: Vec<_> = columns.iter().map(|column| name(column)).collect();
        assert_eq!(names, ["a", "c", "d", "e", "low", "1", "none"]);
        let expected = [
            Cell::Count(1),
            Cell::Number(0.5),
            Cell::Nothing,
            Cell::from("x y"),
            Cell::Number(1.5),
            Cell::Flag(true),
            Cell::Nothing,
        ];
        assert_eq!(row(&answer, &columns), expected);
    }
}

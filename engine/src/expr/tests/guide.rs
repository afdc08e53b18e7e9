//! The examples of `docs/expressions.md` are true.

use serde_json::Value as Json;

use crate::expr::evaluate;

pub(super) const GUIDE: &str = include_str!("../../../../docs/expressions.md");

/// The lines of the fenced blocks of a kind.
pub(super) fn blocks<'t>(text: &'t str, kind: &str) -> Vec<&'t str> {
    let fence = format!("```{kind}");
    let mut lines = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == fence;
        } else if inside && !line.trim().is_empty() {
            lines.push(line);
        }
    }
    lines
}

#[test]
fn every_example_gives_the_value_beside_it() {
    // R6.1, R6.12.
    let state = blocks(GUIDE, "json state").join("\n");
    let state: Json = serde_json::from_str(&state).expect("the guide's state is JSON");
    let examples = blocks(GUIDE, "cel");
    for line in &examples {
        let (expression, want) = line.split_once("// => ").expect(line);
        let result = evaluate(expression.trim(), &state);
        if want.trim() == "error" {
            assert!(result.is_err(), "{line}: {result:?}");
        } else {
            let want: Json = serde_json::from_str(want).expect(line);
            assert_eq!(result, Ok(want), "{line}");
        }
    }
    assert!(examples.len() > 100, "{} examples found", examples.len());
}

/// The guide is the reference: no function is left out of it.
#[test]
fn every_function_has_an_example() {
    let sources = [
        include_str!("../functions/convert.rs"),
        include_str!("../functions/lists.rs"),
        include_str!("../functions/math.rs"),
        include_str!("../functions/merges.rs"),
        include_str!("../functions/optionals.rs"),
        include_str!("../functions/strings.rs"),
        include_str!("../functions/times.rs"),
        include_str!("../functions/totals.rs"),
    ];
    let examples = blocks(GUIDE, "cel").join("\n");
    let mut count = 0;
    for line in sources.iter().flat_map(|source| source.lines()) {
        // An arm such as `("merge" | "merge_sum", 1) => …` or `"getHours" => …`: its names are the
        // texts before the arrow.
        let arm = line.trim();
        let is_arm = arm.starts_with("(\"") || arm.starts_with("\"get");
        let Some((names, _)) = arm.split_once(" =>").filter(|_| is_arm) else { continue };
        for name in names.split('"').skip(1).step_by(2) {
            count += 1;
            assert!(examples.contains(&format!("{name}(")), "no example of `{name}`");
        }
    }
    assert!(count > 90, "{count} functions found");
}

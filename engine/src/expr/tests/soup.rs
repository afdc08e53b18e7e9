//! Random tokens: nothing may panic, and what compiles stays within its budget.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{roots, state};
use crate::explain::PartOutcome;
use crate::expr::{Budget, Dialect, Program, explain};

const TOKENS: [&str; 60] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ".",
    ".?",
    ",",
    ":",
    "?",
    "+",
    "-",
    "*",
    "/",
    "%",
    "!",
    "==",
    "!=",
    "<",
    ">=",
    "&&",
    "||",
    " in ",
    "1",
    "2u",
    "1.5",
    "'a'",
    "\"é",
    "r'\\'",
    "b'x'",
    "'''",
    "null",
    "true",
    "user",
    "temp",
    "x",
    ".n",
    ".size()",
    ".map(x,",
    ".all(x,",
    ".exists_one(x,",
    "has(",
    "size(",
    "matches(",
    "[?",
    "{?",
    "é",
    "`a-b`",
    "\\",
    "//\n",
    "0x",
    "1e",
    "@result",
    "cel.bind(x,",
    ".optMap(x,",
    "{{temp.n}}",
    "{{",
    "}}",
    "pow(",
];

const LEAVES: [&str; 16] = [
    "1",
    "0",
    "2.5",
    "'a'",
    "null",
    "true",
    "temp.n",
    "temp.drink",
    "temp.picks",
    "user.tags",
    "{'a': 1}",
    "b'x'",
    "duration('1s')",
    "missing",
    "9223372036854775807",
    "[]",
];

const FORMS: [&str; 34] = [
    "(A + B)",
    "(A - B)",
    "(A * B)",
    "(A / B)",
    "(A % B)",
    "(A == B)",
    "(A < B)",
    "(A in B)",
    "(A && B)",
    "(A || B)",
    "(A ? B : C)",
    "[A, B, C]",
    "{A: B}",
    "A[B]",
    "size(A)",
    "-(A)",
    "!(A)",
    "sum(A)",
    "max(A, B)",
    "merge(A)",
    "top_keys(A, B)",
    "round(A, B)",
    "pow(A, B)",
    "mod(A, B)",
    "weighted_avg(A, 'x', 'm')",
    "string(A)",
    "A.map(x, B)",
    "A.exists(x, x == B)",
    "A.sortBy(x, B)",
    "A.join(B)",
    "A.split(B)",
    "'%s'.format([A])",
    "flatten(A)",
    "A.matches(B)",
];

/// Texts that are more often whole than a soup is.
fn expression() -> impl Strategy<Value = String> {
    let leaf = select(LEAVES.to_vec()).prop_map(str::to_owned);
    leaf.prop_recursive(4, 32, 3, |inner| {
        let forms = select(FORMS.to_vec());
        (forms, inner.clone(), inner.clone(), inner).prop_map(|(form, a, b, c)| {
            let part = |place: char| match place {
                'A' => a.clone(),
                'B' => b.clone(),
                'C' => c.clone(),
                other => other.to_string(),
            };
            form.chars().map(part).collect()
        })
    })
}

fn holds(source: &str) -> Result<(), TestCaseError> {
    for dialect in [Dialect::Condition, Dialect::Calculate] {
        let Ok(program) = Program::compile(source, dialect) else { continue };
        let (state, budget) = (state(), Budget { steps: 20_000, ..Budget::default() });
        let roots = roots(&program, &state);
        let (result, steps) = program.eval_counted(&roots, budget);
        prop_assert!(steps <= budget.steps);
        if let Ok(json) = result.and_then(|value| value.to_json(budget.size)) {
            prop_assert!(json.to_string().len() / 2 <= budget.size);
        }
    }
    Ok(())
}

/// An explanation tells what evaluation gives, and each of its parts means what its text says.
fn is_explained(source: &str) -> Result<(), TestCaseError> {
    let state = state();
    for dialect in [Dialect::Condition, Dialect::Calculate] {
        let Ok(explained) = explain(source, dialect, &|root| state.get(root)) else {
            prop_assert!(Program::compile(source, dialect).is_err());
            continue;
        };
        let mut open = vec![explained.part];
        while let Some(part) = open.pop() {
            let program = Program::compile(&part.source, dialect);
            prop_assert!(program.is_ok(), "{}", part.source);
            let Ok(program) = program else { continue };
            let roots = roots(&program, &state);
            let budget = Budget::default();
            let value = program.eval(&roots, budget).and_then(|value| value.to_json(budget.size));
            match part.outcome {
                PartOutcome::Value(told) => prop_assert_eq!(Ok(told), value, "{}", part.source),
                PartOutcome::Error(told) => {
                    prop_assert_eq!(Err(told), value.map_err(|error| error.to_string()));
                }
                PartOutcome::Skipped => {}
            }
            open.extend(part.parts);
        }
    }
    Ok(())
}

/// Found by the property below.
#[test]
fn operators_of_one_operand_in_a_row_are_explained() {
    for source in [
        "((1 + -(-('a'))) + 1)",
        "-(-(-('a')))",
        "!(!(1))",
        "!(!(!(1 == 1)))",
        "1 - -(-(2))",
        "-(-9223372036854775808)",
        "-(-1.5)",
    ] {
        is_explained(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn token_soup_never_panics(tokens in vec(select(TOKENS.to_vec()), 1..14)) {
        holds(&tokens.concat())?;
    }

    #[test]
    fn whole_expressions_never_panic(source in expression()) {
        holds(&source)?;
    }

    #[test]
    fn explanations_tell_what_evaluation_gives(source in expression()) {
        is_explained(&source)?;
    }

    #[test]
    fn explaining_token_soup_never_panics(tokens in vec(select(TOKENS.to_vec()), 1..14)) {
        is_explained(&tokens.concat())?;
    }

    #[test]
    fn any_text_never_panics(source in "\\PC{0,60}") {
        holds(&source)?;
    }
}

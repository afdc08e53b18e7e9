//! No text and no data may abort, panic or run away. The tests run on a test thread's 2 MiB stack in
//! a debug build, which is the narrowest place that an expression meets.

use serde_json::{Value as Json, json};

use super::roots;
use crate::expr::{Budget, Dialect, ErrorKind, Program};

/// What became of a text: `None` when it was refused, else its result and the steps it took.
fn run(source: &str, data: &Json) -> Option<(Result<Json, ErrorKind>, u64)> {
    let program = Program::compile(source, Dialect::Condition).ok()?;
    let (roots, budget) = (roots(&program, data), Budget::default());
    let (result, steps) = program.eval_counted(&roots, budget);
    Some((result.and_then(|value| value.to_json(budget.size)).map_err(|e| e.kind), steps))
}

fn data() -> Json {
    let deep = (0..120).fold(json!(1), |inner, _| json!([inner]));
    json!({ "user": { "a": 1, "deep": deep }, "items": (0..1000).collect::<Vec<i64>>() })
}

/// Runs a text, holds it to its budget, and returns how it ended.
fn bounded(source: &str, data: &Json) -> Option<Result<Json, ErrorKind>> {
    let (result, steps) = run(source, data)?;
    assert!(steps <= Budget::default().steps, "{steps} steps: {source:.60}");
    if let Ok(json) = &result {
        let size = json.to_string().len();
        assert!(size / 2 <= Budget::default().size, "{size} bytes: {source:.60}");
    }
    Some(result)
}

/// `open` and `close` `n` times around a 1.
fn nest(open: &str, close: &str, n: usize) -> String {
    format!("{}1{}", open.repeat(n), close.repeat(n))
}

/// `step` applied `n` times to `start`, with its number.
fn wrap(start: &str, n: usize, step: fn(&str, usize) -> String) -> String {
    (0..n).fold(start.to_owned(), |inner, i| step(&inner, i))
}

#[test]
fn deep_and_long_texts_are_refused_or_bounded() {
    // R6.8.
    let data = data();
    for n in [47, 60, 95, 200, 1300, 10_000] {
        for source in [
            nest("(", ")", n),
            nest("[", "]", n),
            nest("size(", ")", n),
            nest("{1:", "}", n),
            nest("!(", ")", n),
            nest("A{a:", "}", n),
            vec!["1"; n].join("+"),
            vec!["1"; n].join("<"),
            vec!["true"; n].join("&&"),
            vec!["false"; n].join("||"),
            format!("{}1", "true?true:".repeat(n)),
            format!("{}1", "false?1:".repeat(n)),
            format!("{}1", "!-".repeat(n)),
            format!("{}1", "-".repeat(n)),
            format!("user{}", ".a".repeat(n)),
            format!("user{}", ".?a".repeat(n)),
            format!("user{}", "[0]".repeat(n)),
            format!("{{{{user{}}}}}", ".0".repeat(n)),
            format!("'a'{}", ".size()".repeat(n)),
            "(".repeat(n),
            "[".repeat(n),
            "{{".repeat(n),
            "{{a}}".repeat(n),
            "'".repeat(n),
            "@ é ".repeat(n),
            wrap("true", n.min(400), |inner, _| format!("[1].all(x,{inner})")),
        ] {
            let ended = bounded(&source, &data);
            assert!(n < 10_000 || ended.is_none(), "not refused: {source:.60}");
        }
    }
}

#[test]
fn nested_loops_run_out_of_fuel() {
    // R6.8.
    let data = data();
    for source in [
        wrap("true", 3, |inner, i| format!("items.all(x{i},{inner})")),
        wrap("1", 7, |inner, i| format!("items.map(x{i},{inner})")),
        wrap("true", 12, |inner, i| format!("items.all(x{i},{inner})")),
        "items.map(x, items).flatten().map(y, items).flatten().size()".to_owned(),
        "lists.range(1000000)".to_owned(),
        "lists.range(9000).distinct()".to_owned(),
        "[lists.range(900).map(i, 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx').join('')]\
         .map(k, items.map(x, {k: x}[k]))"
            .to_owned(),
        "items.map(x, 'a'.matches('a' + string(x)))".to_owned(),
        "items.map(x, 'x'.replace('', lists.range(900).map(i, 'yy').join('')))".to_owned(),
    ] {
        assert_eq!(bounded(&source, &data), Some(Err(ErrorKind::Limit)), "{source:.60}");
    }
}

#[test]
fn values_that_double_run_out_of_room() {
    // R6.8.
    // Computed values share their parts: tiny in memory, 2^n when walked or written out.
    let data = data();
    let shared = |n| wrap("[1]", n, |inner, i| format!("[{inner}].map(v{i}, [v{i},v{i}])[0]"));
    for source in [
        wrap("'aaaaaaaaaa'", 18, |inner, i| format!("[{inner}].map(v{i}, v{i}+v{i})[0]")),
        wrap("[1,2,3]", 18, |inner, i| format!("[{inner}].map(v{i}, v{i}+v{i})[0]")),
        shared(18),
        format!("[{}].all(z, z == z)", shared(18)),
        format!("'%s'.format([{}])", shared(18)),
        format!("{}.flatten(200)", shared(18)),
        "[lists.range(800).map(i, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa').join('')]\
         .map(s, lists.range(500).map(i, s).sort())"
            .to_owned(),
    ] {
        assert_eq!(bounded(&source, &data), Some(Err(ErrorKind::Limit)), "{source:.60}");
    }
}

#[test]
fn patterns_are_bounded_and_linear() {
    let data = data();
    for source in [
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('(a+)+$')",
        r"'a@b.de'.matches('^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}$')",
    ] {
        assert!(matches!(bounded(source, &data), Some(Ok(Json::Bool(_)))), "{source}");
    }
    for source in [
        "'a'.matches('((a{100}){100}){100}')",
        "'a'.matches('(a{1000}){1000}')",
        "'a'.matches('(((((((((((((((((((((((((((((((((a)))))))))))))))))))))))))))))))))')",
        "'a'.matches('(' + ')')",
        "'a'.matches('(?=a)')",
    ] {
        let ended = bounded(source, &data);
        assert!(matches!(ended, Some(Ok(_) | Err(ErrorKind::Range))), "{source}: {ended:?}");
    }
    let long = "[lists.range(600).map(i, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa').join('')]\
                .all(s, s.matches('(a|a|a|a|a|a|a|a|a|a|a|a|a|a)*b'))";
    assert_eq!(bounded(long, &data), Some(Err(ErrorKind::Limit)));
}

#[test]
fn edges_of_numbers_dates_and_texts_are_errors() {
    // R6.5, R6.6.
    let data = data();
    for source in [
        "9223372036854775807 + 1",
        "-9223372036854775808 / -1",
        "-9223372036854775808 % -1",
        "-(-9223372036854775808)",
        "1 / 0",
        "1 % 0",
        "1u / 0u",
        "0u - 1u",
        "math.abs(-9223372036854775808)",
        "abs(-9223372036854775808)",
        "pow(10, 19)",
        "pow(0, -1)",
        "pow(2, 0.5)",
        "mod(1, 0)",
        "mod(1.5, 0.0)",
        "sqrt(-1)",
        "round(1.5, 99)",
        "round(1.5, -9223372036854775808)",
        "1.0 / 0.0",
        "int(1e300)",
        "uint(-1.0)",
        "items[9223372036854775807]",
        "items[-1]",
        "items[18446744073709551615u]",
        "items[0.5]",
        "lists.range(-1)",
        "duration('9223372036854775807h')",
        "duration('99999999999999999999999s')",
        "duration('-')",
        "duration('1.9999999999999999999s')",
        "timestamp('9999-12-31T23:59:59Z') + duration('876000h')",
        "timestamp(9223372036854775807)",
        "timestamp('0001-01-01T00:00:00+23:59')",
        "timestamp('2020-13-45T99:99:99Z')",
        "timestamp('é')",
        "timestamp('2020-01-01T00:00:00Z').getHours('+é:00')",
        "timestamp('2020-01-01T00:00:00Z').getHours('Pacific/Auckland')",
        "'é'.charAt(2)",
        "'ab'.substring(9223372036854775807)",
        "'ab'.substring(1, 0)",
        "base64.decode('é')",
        "'%.1000000000f'.format([1.0])",
        "'%.99999999999999999999f'.format([1.0])",
        "'%'.format([])",
        "'%d'.format([])",
        "{1: 1, 1u: 2}",
        "{1.5: 1}",
        "{null: 1}",
        "user.deep.deep",
    ] {
        let ended = bounded(source, &data);
        assert!(matches!(ended, Some(Err(_))), "{source}: {ended:?}");
    }
}

#[test]
fn odd_but_meaningful_texts_have_a_value() {
    let data = data();
    for (source, want) in [
        ("'é'.substring(1)", json!("")),
        ("'é'.charAt(1)", json!("")),
        ("'éé'.lastIndexOf('é', 1)", json!(1)),
        ("base64.decode('====')", json!("")),
        ("math.bitShiftLeft(1, 64)", json!(0)),
        ("user.deep == user.deep", json!(true)),
        ("1 //", json!(1)),
        ("'\u{1F431}'.size()", json!(1)),
    ] {
        assert_eq!(bounded(source, &data), Some(Ok(want)), "{source}");
    }
}

#[test]
fn broken_texts_are_refused() {
    for source in [
        "A{}",
        "user.in",
        "[1].all(1, true)",
        "has(user)",
        "cel.bind(1, 2, 3)",
        "`",
        "\u{0}",
        "0x",
        "1e999",
        "'\\u'",
        "b'\\777'",
        "\u{feff}1",
        "",
        " ",
        "//",
        "é",
        "user.é",
        "{{",
        "{{}}",
        "99999999999999999999",
        "1..2",
        "a b",
        "(",
        "'",
        "=",
    ] {
        assert!(Program::compile(source, Dialect::Condition).is_err(), "{source}");
    }
}

#[test]
fn an_exhausted_budget_is_never_absorbed() {
    // R6.8.
    let budget = Budget { steps: 1000, ..Budget::default() };
    for source in [
        "lists.range(500).all(x, lists.range(500).all(y, true)) || true",
        "lists.range(500).all(x, lists.range(500).all(y, true)) && false",
        "true && (lists.range(900).exists(x, x < 0) || true)",
        "lists.range(9).exists(x, lists.range(500).all(y, true)) || true",
        "lists.range(900).all(x, x < 0 || lists.range(900).all(y, true))",
    ] {
        let ended = super::eval_in(Dialect::Condition, source, budget).map_err(|e| e.kind);
        assert_eq!(ended, Err(ErrorKind::Limit), "{source}");
    }
}

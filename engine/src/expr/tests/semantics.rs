//! What the engine adds to CEL, and what it fixes in it.

use serde_json::json;

use super::{check, compile, eval, eval_in, warnings};
use crate::expr::{
    Budget, Dialect, ErrorKind, Problem, ProblemKind, Program, Value, evaluate, truth,
};
use crate::expr::{functions::type_named, json::Truth};

#[test]
fn answer_options_stand_for_their_value() {
    // R6.12
    check(&[
        ("temp.drink == 'tea'", json!(true)),
        ("'tea' == temp.drink", json!(true)),
        ("temp.drink != 'tea'", json!(false)),
        ("temp.drink == 'Tea'", json!(false)),
        ("temp.drink.value == 'tea'", json!(true)),
        ("temp.drink in ['tea', 'water']", json!(true)),
        ("temp.drink in ['water']", json!(false)),
        ("temp.drink in {'tea': 1}", json!(true)),
        ("'milk' in temp.picks", json!(true)),
        ("temp.picks.exists(p, p == 'tea')", json!(true)),
        ("temp.level >= 3 && temp.level < 4.5 && 2 < temp.level", json!(true)),
        ("temp.level == 3.0", json!(true)),
        ("temp.drink < 'water'", json!(true)),
    ]);
}

#[test]
fn names_may_end_in_digits() {
    // R6.2, R6.3.
    let state = json!({ "temp": { "answer1": "x" }, "round2": { "n": 2 } });
    assert_eq!(evaluate("temp.answer1 == 'x' && round2.n == 2", &state), Ok(json!(true)));
}

#[test]
fn only_an_option_against_a_scalar_is_unwrapped() {
    // R3.34, R6.12, R6.13
    check(&[
        ("temp.plain == 'tea'", json!(false)),
        ("temp.drink == temp.drink", json!(true)),
        ("temp.drink == temp.picks[0]", json!(true)),
        ("temp.drink == temp.picks[1]", json!(false)),
        ("temp.drink == null", json!(false)),
        ("temp.drink == ['tea']", json!(false)),
        ("{'value': 'x', 'text': 'X'} == 'x'", json!(true)),
    ]);
    assert_eq!(eval("temp.drink.startsWith('t')"), Err(ErrorKind::Type));
    assert_eq!(eval("temp.plain < 'z'"), Err(ErrorKind::Type));
}

#[test]
fn numbers_of_the_state_mix() {
    // R6.4, R6.5, R6.6
    check(&[
        ("temp.n + 1", json!(5)),
        ("temp.n / 3 * 3", json!(3)),
        ("7 / 2", json!(3)),
        ("double(7) / 2", json!(3.5)),
        ("user.ratio + 1", json!(1.75)),
        ("1 == 1.0 && 1u == 1 && 1u + 1 == 2", json!(true)),
        ("[1, 2].map(x, x * 2)", json!([2, 4])),
    ]);
    for source in ["9223372036854775807 + 1", "1 / 0", "1 % 0", "1.0 / 0.0", "double('NaN')"] {
        assert_eq!(eval(source), Err(ErrorKind::Range), "{source}");
    }
    assert_eq!(eval("user.name + 1"), Err(ErrorKind::Type));
}

#[test]
fn the_type_of_a_number_is_a_function_of_its_value() {
    // R6.4, F22
    check(&[
        ("type(temp.whole) == int", json!(true)),
        ("temp.whole / 2", json!(3)),
        ("type(temp.big) == double", json!(true)),
        ("temp.big > 1", json!(true)),
        ("4.0 / 2.0", json!(2)),
        ("-0.0", json!(0)),
        ("18446744073709551615u", json!(1.844_674_407_370_955_2e19)),
        ("9007199254740993", json!(9_007_199_254_740_993_i64)),
        ("[1.0, {'a': 2.0}]", json!([1, { "a": 2 }])),
        ("duration('90s')", json!(90)),
        ("duration('1.5s')", json!(1.5)),
    ]);
}

#[test]
fn calculate_divides_integers_as_doubles_and_is_otherwise_the_same() {
    // R7.21, R7.20, F52
    let calculate =
        |source| eval_in(Dialect::Calculate, source, Budget::default()).map_err(|error| error.kind);
    for (source, want) in [
        ("7 / 2", json!(3.5)),
        ("8 / 2", json!(4)),
        ("round({{temp.n}} / 8 * 100, 1)", json!(50)),
        ("round(3 / 8 * 100, 1)", json!(37.5)),
        ("7 % 2", json!(1)),
        ("7 * 2", json!(14)),
        ("'a' + 'b'", json!("ab")),
        ("temp.n > 3", json!(true)),
    ] {
        assert_eq!(calculate(source), Ok(want), "{source}");
    }
    for source in ["7 / 0", "1u / 0", "1.0 / 0", "9223372036854775807 + 1"] {
        assert_eq!(calculate(source), Err(ErrorKind::Range), "{source}");
    }
    assert_eq!(calculate("'a' / 2"), Err(ErrorKind::Type));
}

#[test]
fn missing_names_are_errors_that_logic_may_pass_by() {
    // R6.7 as ruled: `has` is standard
    check(&[
        ("has(user.none)", json!(true)),
        ("has(user.missing)", json!(false)),
        ("user.none == null", json!(true)),
        ("user.missing.deep == 1 && false", json!(false)),
        ("nobody == 1 || true", json!(true)),
        ("1 / 0 > 0 || true", json!(true)),
        ("user.?missing.?deep.orValue(0)", json!(0)),
        ("true ? 1 : nobody", json!(1)),
    ]);
    for source in ["user.missing", "has(user.missing.deep)", "nobody", "has(nobody.x)"] {
        assert_eq!(eval(source), Err(ErrorKind::Missing), "{source}");
    }
    let error = eval_in(Dialect::Condition, "nobody.x", Budget::default()).unwrap_err();
    assert_eq!(error.to_string(), "no variable `nobody`");
}

#[test]
fn roots_are_the_free_names() {
    let roots = |source| {
        let program = compile(source, Dialect::Condition);
        program.roots().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(roots("user.age > 1 && temp.x == user.y"), ["user", "temp"]);
    assert_eq!(roots("list.map(x, x + y).size() + math.abs(z)"), ["list", "y", "z"]);
    assert_eq!(roots("[1].all(x, .x == x)"), ["x"]);
    assert_eq!(roots("{{a.0.b}} + {{c}}"), ["a", "c"]);
    assert_eq!(roots("type(google.protobuf.Timestamp) == type"), ["type"]);
    assert_eq!(roots("1 + 2"), Vec::<String>::new());
}

#[test]
fn a_name_of_a_type_is_a_variable_where_there_is_one() {
    assert!(type_named("list").is_some() && type_named("user").is_none());
    assert_eq!(evaluate("type(1) == int", &json!({})), Ok(json!(true)));
    assert_eq!(evaluate("count(list)", &json!({ "list": [1, 2] })), Ok(json!(2)));
    assert_eq!(evaluate("string(int)", &json!({ "int": 3 })), Ok(json!("3")));
}

#[test]
fn templates_mean_their_path_and_are_warned_about() {
    // R6.9
    check(&[
        ("{{temp.n}} * 2", json!(8)),
        ("{{ user.tags.1 }} + '{{temp.n}}'", json!("a{{temp.n}}")),
        ("{{temp.drink}} == 'tea'", json!(true)),
        ("has({{temp.n}})", json!(true)),
    ]);
    let found = warnings("temp.n > 1 &&\n {{temp.n}} < 3");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, found[0].column), (2, 2));
    assert_eq!(found[0].kind, ProblemKind::TemplateInExpression);
}

#[test]
fn truth_of_other_values_is_told_from_booleans() {
    // R6.11
    for (source, holds) in [
        ("null", false),
        ("''", false),
        ("0", false),
        ("0u", false),
        ("0.0", false),
        ("[]", false),
        ("{}", false),
        ("optional.none()", false),
        ("'no'", true),
        ("-1", true),
        ("0.1", true),
        ("[0]", true),
        ("{'a': 0}", true),
        ("b''", true),
    ] {
        let program = compile(source, Dialect::Condition);
        let value = program.eval(&[], Budget::default()).unwrap();
        assert_eq!(truth(&value), Truth { holds, boolean: false }, "{source}");
    }
    for holds in [true, false] {
        assert_eq!(truth(&Value::Bool(holds)), Truth { holds, boolean: true });
    }
}

#[test]
fn maps_iterate_in_key_order() {
    check(&[
        ("{'b': 1, 'a': 2, 'c': 3}.map(k, k)", json!(["a", "b", "c"])),
        (
            "{2: 1, 10: 2, true: 0, 'x': 3, 1u: 4}.map(k, string(k))",
            json!(["true", "1", "2", "10", "x"]),
        ),
        ("user.map(k, k)", json!(["age", "name", "none", "ratio", "tags"])),
        ("{'b': 1, 'a': 2}.transformList(k, v, k + string(v))", json!(["a2", "b1"])),
    ]);
}

#[test]
fn unknown_functions_and_bad_patterns_are_warnings_with_places() {
    // R6.20, R6.21
    let places = |source: &str| {
        let found = warnings(source).into_iter();
        found.map(|p| (p.line, p.column, p.kind, p.message)).collect::<Vec<_>>()
    };
    let unknown = ProblemKind::UnknownFunction;
    assert_eq!(
        places("'upper' == upper(user.name) ||\n  user.name.upper(1, 2)"),
        [
            (1, 12, unknown, "unknown function `upper` with 1 argument".to_owned()),
            (1, 12, unknown, "unknown method `upper` with 2 arguments".to_owned()),
        ]
    );
    assert_eq!(places("math.foo(1)")[0].3, "unknown function `math.foo` with 1 argument");
    assert_eq!(places("temp.n > 1 || now() > 1")[0].1, 15);
    assert!(places("now()")[0].3.contains("`session.now`"));
    assert_eq!(places("user.name.matches('(')")[0].2, ProblemKind::Pattern);
    assert_eq!(places("user.age > 1 && nobody.x"), []);
    assert_eq!(eval("upper(user.name)"), Err(ErrorKind::Missing));
    assert_eq!(eval("true || upper(user.name)"), Ok(json!(true)));
}

#[test]
fn syntax_errors_have_places_and_hints() {
    // R6.8, R6.21
    let first = |source: &str| -> Problem {
        let problems = Program::compile(source, Dialect::Condition).unwrap_err();
        problems.into_iter().next().unwrap()
    };
    for (source, line, column, hint) in [
        ("user.age = 13", 1, 10, "unexpected `=`: write `==` to compare"),
        ("a and b", 1, 3, "unexpected `and`: write `&&`"),
        ("'é' == x or y", 1, 10, "unexpected `or`: write `||`"),
        ("x == “y”", 1, 6, "write straight quotes"),
        ("2 ** 3", 1, 4, "write `pow(x, y)` for a power"),
        ("user.age >= \n 13 &", 2, 5, "expected '&&'"),
        ("size(a", 1, 7, "missing `)` at the end"),
        ("1 == {{a b}}", 1, 6, "must hold a plain path"),
        ("{{a}} = 1", 1, 7, "write `==`"),
    ] {
        let problem = first(source);
        assert_eq!((problem.line, problem.column), (line, column), "{source}: {problem:?}");
        assert!(problem.message.contains(hint), "{source}: {problem:?}");
        assert_eq!(problem.kind, ProblemKind::Syntax);
    }
    let long = first(&"1".repeat(4097));
    assert_eq!((long.line, long.column, long.kind), (0, 0, ProblemKind::Limit));
    // Characters count, not bytes.
    assert!(Program::compile(&format!("'{}'", "é".repeat(4094)), Dialect::Condition).is_ok());
}

#[test]
fn programs_are_shared_between_threads() {
    fn shared<T: Send + Sync + std::fmt::Debug>(_: &T) {}
    let program = compile("user.name.matches('a') && temp.n > 1", Dialect::Condition);
    shared(&program);
    assert_eq!(program.roots().len(), 2);
}

//! Expressions that somebody might write to bring a server to its knees.

use serde_json::{Value, json};

/// What one of them may take, in milliseconds.
pub const LIMIT_MS: f64 = 50.0;

/// Their names and texts.
pub fn expressions() -> Vec<(&'static str, String)> {
    let nest =
        |open: &str, close: &str, n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
    let doubled = |start: &str, n: usize| {
        (0..n).fold(start.to_owned(), |inner, i| format!("[{inner}].map(v{i}, v{i}+v{i})[0]"))
    };
    let long = "lists.range(600).map(i, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa').join('')";
    vec![
        ("10 000 parentheses", nest("(", ")", 10_000)),
        ("4000 parentheses within the length", nest("(", ")", 2_047)),
        ("lists 4000 deep", nest("[", "]", 4_000)),
        ("lists as deep as the length allows", nest("[", "]", 2_047)),
        ("4000 open brackets", "[".repeat(4_000)),
        ("a chain of 2000 additions", vec!["1"; 2_000].join("+")),
        ("a loop in a loop over 10 000", "items.all(x, items.all(y, x + y >= 0))".into()),
        ("three loops over 10 000", "items.map(x, items.map(y, items.map(z, x * y * z)))".into()),
        (
            "a list that grows by all of itself",
            "items.map(x, items).flatten().map(y, items).flatten().size()".into(),
        ),
        ("a pattern that backtracks elsewhere", "user.a.matches('(a+)+$')".into()),
        (
            "a pattern with many ways",
            format!("[{long}].all(s, s.matches('(a|a|a|a|a|a|a|a|a|a)*b'))"),
        ),
        ("a pattern that unfolds", "user.a.matches('((a{100}){100}){100}')".into()),
        ("a pattern for each of 10 000", "items.map(x, 'a'.matches('a' + string(x)))".into()),
        ("overflow", "9223372036854775807 + 1".into()),
        ("overflow of each of 10 000", "items.map(x, 9223372036854775807 + x + 1)".into()),
        ("division by zero", "1 / 0".into()),
        ("division by zero 10 000 times", "items.exists(x, 1 / 0 > x)".into()),
        ("a text that doubles 18 times", doubled("'aaaaaaaaaa'", 18)),
        ("a list that doubles 18 times", doubled("[1,2,3]", 18)),
        ("a replacement between all letters", format!("[{long}].map(s, s.replace('a', s))")),
        ("a very long number", "'%.1000000000f'.format([1.0])".into()),
        ("a sort of equal long texts", format!("[{long}].map(s, items.map(i, s).sort())")),
        ("a comparison of the whole state", "items.all(x, items == items)".into()),
    ]
}

/// The state that they read.
pub fn state() -> Value {
    json!({"items": (0..10_000).collect::<Vec<i64>>(), "user": {"a": format!("{}!", "a".repeat(5_000))}})
}

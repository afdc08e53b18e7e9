//! The functions of expressions as authors are told of them: for completion and help.

use serde::Serialize;

/// A function, method or macro that expressions may call.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct ExpressionFunction {
    /// E.g. `size` or `math.greatest`.
    pub name: &'static str,
    /// How it is called.
    pub kind: FunctionKind,
    /// With its parameters and its result; an optional parameter has a `?`, a repeated one an `…`.
    pub signature: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// An expression that can be evaluated as it is.
    pub example: &'static str,
}

/// How an [`ExpressionFunction`] is called.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FunctionKind {
    /// With its arguments only.
    Function,
    /// Behind a value and a dot.
    Method,
    /// As either, with a name of the author's and what is done with it.
    Macro,
}

/// The functions, methods and macros of expressions, by name. Those of a host are not among them.
///
/// ```
/// let greatest = chatflow::expression_functions().find(|function| function.name == "max");
/// assert_eq!(greatest.map(|function| function.example), Some("max([1, 2.5])"));
/// ```
pub fn expression_functions() -> impl Iterator<Item = ExpressionFunction> {
    LIST.iter().map(|(kind, signature, about, example)| {
        let call = signature.split_once('(').map_or(*signature, |(call, _)| call);
        let name = match kind {
            FunctionKind::Function => call,
            // Behind the dot of the value, which is no part of the name.
            FunctionKind::Method | FunctionKind::Macro => {
                call.strip_prefix("value.").unwrap_or(call)
            }
        };
        ExpressionFunction { name, kind: *kind, signature, about, example }
    })
}

use FunctionKind::{Function as F, Macro as X, Method as M};

type Entry = (FunctionKind, &'static str, &'static str, &'static str);

const LIST: [Entry; 104] = [
    (F, "abs(number) → number", "Without its sign", "abs(-3)"),
    (
        X,
        "value.all(x, condition) → bool",
        "Whether all elements or keys meet a condition",
        "[1, 2].all(x, x > 0)",
    ),
    (F, "avg(list) → double", "The mean of the numbers", "avg([1, 2])"),
    (F, "base64.decode(string) → bytes", "The bytes of base64", "base64.decode('YWJj')"),
    (F, "base64.encode(bytes) → string", "Base64 of bytes", "base64.encode(b'abc')"),
    (F, "bool(value) → bool", "A text as true or false", "bool('true')"),
    (F, "bytes(string) → bytes", "The UTF-8 of a text", "bytes('abc')"),
    (F, "ceil(number) → int", "Rounded up", "ceil(1.2)"),
    (
        X,
        "cel.bind(name, value, expression)",
        "An expression with a value under a name",
        "cel.bind(n, 3, n * n)",
    ),
    (M, "value.charAt(index) → string", "The character at a position, from 0", "'tea'.charAt(1)"),
    (F, "collect(list) → list", "As flatten", "collect([[1], [2]])"),
    (
        M,
        "value.contains(string) → bool",
        "Whether a text has another in it",
        "'teapot'.contains('apo')",
    ),
    (F, "count(list) → int", "The number of elements or keys", "count([1, 2])"),
    (M, "value.distinct() → list", "Each element once", "[1, 2, 1].distinct()"),
    (F, "double(value) → double", "As a number with a fraction", "double('1.5')"),
    (F, "duration(string) → duration", "A span of time", "duration('1h30m')"),
    (F, "dyn(value)", "The value itself", "dyn(1)"),
    (M, "value.endsWith(string) → bool", "Whether a text ends so", "'teapot'.endsWith('pot')"),
    (
        X,
        "value.exists(x, condition) → bool",
        "Whether any element or key meets a condition",
        "[1, 2].exists(x, x > 1)",
    ),
    (
        X,
        "value.exists_one(x, condition) → bool",
        "Whether just one element or key meets a condition",
        "[1, 2].exists_one(x, x > 1)",
    ),
    (
        X,
        "value.filter(x, condition) → list",
        "The elements or keys that meet a condition",
        "[1, 2, 3].filter(x, x != 2)",
    ),
    (M, "value.first() → optional", "The first element, if any", "[1, 2].first().value()"),
    (F, "flatten(list) → list", "The elements of lists in a list", "flatten([[1], 2])"),
    (
        M,
        "value.flatten(depth?) → list",
        "The elements of lists in a list",
        "[[1, [2]], 3].flatten(2)",
    ),
    (F, "floor(number) → int", "Rounded down", "floor(-1.2)"),
    (
        M,
        "value.format(list) → string",
        "A text with %s, %d, %f … replaced",
        "'%s is %d'.format(['Ann', 9])",
    ),
    (
        M,
        "value.getDate(zone?) → int",
        "The day of the month, from 1",
        "timestamp('2026-01-31T09:30:00Z').getDate()",
    ),
    (
        M,
        "value.getDayOfMonth(zone?) → int",
        "The day of the month, from 0",
        "timestamp('2026-01-31T09:30:00Z').getDayOfMonth()",
    ),
    (
        M,
        "value.getDayOfWeek(zone?) → int",
        "The day of the week, Sunday is 0",
        "timestamp('2026-01-31T09:30:00Z').getDayOfWeek()",
    ),
    (
        M,
        "value.getDayOfYear(zone?) → int",
        "The day of the year, from 0",
        "timestamp('2026-01-31T09:30:00Z').getDayOfYear()",
    ),
    (
        M,
        "value.getFullYear(zone?) → int",
        "The year",
        "timestamp('2026-01-31T09:30:00Z').getFullYear()",
    ),
    (
        M,
        "value.getHours(zone?) → int",
        "The hour, or all hours of a duration",
        "timestamp('2026-01-31T09:30:00Z').getHours('+13:00')",
    ),
    (
        M,
        "value.getMilliseconds(zone?) → int",
        "The milliseconds",
        "duration('1500ms').getMilliseconds()",
    ),
    (
        M,
        "value.getMinutes(zone?) → int",
        "The minute, or all minutes of a duration",
        "duration('90m').getMinutes()",
    ),
    (
        M,
        "value.getMonth(zone?) → int",
        "The month, January is 0",
        "timestamp('2026-01-31T09:30:00Z').getMonth()",
    ),
    (
        M,
        "value.getSeconds(zone?) → int",
        "The second, or all seconds of a duration",
        "duration('90m').getSeconds()",
    ),
    (X, "has(path) → bool", "Whether a key is there", "has({'a': 1}.a)"),
    (M, "value.hasValue() → bool", "Whether an optional has a value", "optional.of(1).hasValue()"),
    (
        M,
        "value.indexOf(string, from?) → int",
        "Where a text begins in another; -1 if nowhere",
        "'banana'.indexOf('a', 2)",
    ),
    (F, "int(value) → int", "As a whole number", "int('42')"),
    (M, "value.join(separator?) → string", "Texts as one", "['a', 'b'].join('-')"),
    (M, "value.last() → optional", "The last element, if any", "[1, 2].last().value()"),
    (
        M,
        "value.lastIndexOf(string, from?) → int",
        "Where a text begins last; -1 if nowhere",
        "'banana'.lastIndexOf('a')",
    ),
    (F, "lists.range(n) → list", "The whole numbers below n", "lists.range(3)"),
    (M, "value.lowerAscii() → string", "With small letters", "'Tea'.lowerAscii()"),
    (
        X,
        "value.map(x, expression) → list",
        "What an expression makes of each element or key",
        "[1, 2].map(x, x * x)",
    ),
    (
        M,
        "value.matches(pattern) → bool",
        "Whether a pattern is found in a text",
        "'a1b22'.matches('[0-9]{2}')",
    ),
    (F, "math.abs(number) → number", "Without its sign", "math.abs(-1)"),
    (F, "math.bitAnd(int, int) → int", "The bits that both have", "math.bitAnd(6, 3)"),
    (F, "math.bitNot(int) → int", "The bits turned over", "math.bitNot(0)"),
    (F, "math.bitOr(int, int) → int", "The bits that either has", "math.bitOr(4, 1)"),
    (F, "math.bitShiftLeft(int, by) → int", "The bits moved up", "math.bitShiftLeft(1, 3)"),
    (F, "math.bitShiftRight(int, by) → int", "The bits moved down", "math.bitShiftRight(8, 2)"),
    (F, "math.bitXor(int, int) → int", "The bits that just one has", "math.bitXor(1, 3)"),
    (F, "math.ceil(double) → double", "Rounded up", "math.ceil(1.2)"),
    (F, "math.floor(double) → double", "Rounded down", "math.floor(1.8)"),
    (F, "math.greatest(number…) → number", "The greatest", "math.greatest(1, 2.5)"),
    (F, "math.isFinite(double) → bool", "Whether it is a plain number", "math.isFinite(1.0)"),
    (F, "math.isInf(double) → bool", "Whether it is infinite", "math.isInf(1.0)"),
    (F, "math.isNaN(double) → bool", "Whether it is no number", "math.isNaN(1.0)"),
    (F, "math.least(number…) → number", "The least", "math.least([3, 2])"),
    (F, "math.round(double) → double", "Rounded", "math.round(0.5)"),
    (F, "math.sign(number) → number", "-1, 0 or 1", "math.sign(-5)"),
    (F, "math.sqrt(number) → double", "The square root", "math.sqrt(4)"),
    (F, "math.trunc(double) → double", "Without its fraction", "math.trunc(1.9)"),
    (
        F,
        "max(list or number…) → number",
        "The greatest number; null if there is none",
        "max([1, 2.5])",
    ),
    (
        F,
        "merge(list) → map",
        "Maps as one; numbers under a key are added",
        "merge([{'a': 1}, {'a': 2}])",
    ),
    (
        F,
        "merge_last(list) → map",
        "Maps as one; the last value under a key counts",
        "merge_last([{'a': 1}, {'a': 2}])",
    ),
    (
        F,
        "merge_max(list) → map",
        "Maps as one; the greatest number under a key counts",
        "merge_max([{'a': 1}, {'a': 4}])",
    ),
    (F, "merge_sum(list) → map", "As merge", "merge_sum([{'a': 1}, {'a': 2}])"),
    (F, "min(list or number…) → number", "The least number; null if there is none", "min(3, 9, 4)"),
    (F, "mod(number, by) → number", "The rest of a division", "mod(7.5, 2)"),
    (
        X,
        "value.optFlatMap(x, optional) → optional",
        "The optional that the value gives, if there is one",
        "optional.of(2).optFlatMap(x, optional.of(x)).value()",
    ),
    (F, "optional.none() → optional", "No value", "optional.none().hasValue()"),
    (F, "optional.of(value) → optional", "A value that might be missing", "optional.of(1).value()"),
    (
        F,
        "optional.ofNonZeroValue(value) → optional",
        "A value unless it is empty, zero or null",
        "optional.ofNonZeroValue(0).orValue(5)",
    ),
    (
        X,
        "value.optMap(x, expression) → optional",
        "What the value gives, if there is one",
        "optional.of(2).optMap(x, x * 2).value()",
    ),
    (
        M,
        "value.or(optional) → optional",
        "This, or another if it has no value",
        "optional.none().or(optional.of(1)).value()",
    ),
    (
        M,
        "value.orValue(value)",
        "The value, or another if there is none",
        "{'a': 1}.?b.orValue('none')",
    ),
    (F, "pow(number, exponent) → number", "A power", "pow(2, 10)"),
    (
        M,
        "value.replace(string, by, times?) → string",
        "A text with another put in",
        "'banana'.replace('a', 'o')",
    ),
    (M, "value.reverse()", "A list or text backwards", "[1, 2].reverse()"),
    (F, "round(number, digits?) → number", "Rounded, halves away from zero", "round(3.14159, 2)"),
    (F, "size(value) → int", "The number of characters, elements or keys", "size('héllo')"),
    (
        M,
        "value.slice(from, to) → list",
        "The elements from a position up to another",
        "[1, 2, 3].slice(0, 2)",
    ),
    (M, "value.sort() → list", "In ascending order", "[3, 1, 2].sort()"),
    (
        X,
        "value.sortBy(x, key) → list",
        "In ascending order of what is made of each element",
        "[1, 2].sortBy(x, -x)",
    ),
    (M, "value.split(separator, limit?) → list", "The parts of a text", "'a,b,c'.split(',')"),
    (F, "sqrt(number) → double", "The square root", "sqrt(9)"),
    (
        M,
        "value.startsWith(string) → bool",
        "Whether a text begins so",
        "'teapot'.startsWith('tea')",
    ),
    (F, "string(value) → string", "As a text", "string(7)"),
    (
        F,
        "strings.quote(string) → string",
        "In quotes, as it is written in an expression",
        "strings.quote('a')",
    ),
    (
        M,
        "value.substring(from, to?) → string",
        "The characters from a position up to another",
        "'teapot'.substring(0, 3)",
    ),
    (F, "sum(list) → number", "The sum of the numbers", "sum([1, 2.5])"),
    (F, "timestamp(string) → timestamp", "A point in time", "timestamp('2026-01-31T09:30:00Z')"),
    (
        F,
        "top_keys(map, n?) → list",
        "The keys with the greatest numbers, five if not told",
        "top_keys({'x': 1, 'y': 2}, 1)",
    ),
    (
        X,
        "value.transformList(i, x, expression) → list",
        "What an expression makes of each position or key and its value",
        "[5, 6].transformList(i, x, i * x)",
    ),
    (
        X,
        "value.transformMap(k, v, expression) → map",
        "The map with what an expression makes of each key and value",
        "{'a': 1}.transformMap(k, v, v + 1)",
    ),
    (M, "value.trim() → string", "Without white space around it", "' tea '.trim()"),
    (F, "type(value) → type", "The type", "type(1) == int"),
    (F, "uint(value) → uint", "As a whole number without sign", "uint(3)"),
    (M, "value.upperAscii() → string", "With capital letters", "'tea'.upperAscii()"),
    (M, "value.value()", "The value of an optional", "optional.of(1).value()"),
    (
        F,
        "weighted_avg(list, field, weight)",
        "The mean of a field, weighted by another",
        "weighted_avg([{'v': 1, 'w': 1}, {'v': 4, 'w': 2}], 'v', 'w')",
    ),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{FunctionKind, expression_functions};
    use crate::expr::evaluate;

    #[test]
    fn every_example_calls_its_function_and_has_a_value() {
        for function in expression_functions() {
            let value = evaluate(function.example, &json!({}));
            assert!(value.is_ok(), "{}: {value:?}", function.example);
            let dot = if function.kind == FunctionKind::Method { "." } else { "" };
            let call = format!("{dot}{}(", function.name);
            assert!(function.example.contains(&call), "{} lacks {call}", function.example);
        }
    }

    #[test]
    fn they_are_in_alphabetical_order() {
        let names: Vec<_> = expression_functions().map(|function| function.name).collect();
        assert!(names.is_sorted_by_key(|name| name.to_lowercase()), "{names:?}");
    }

    #[test]
    fn all_that_the_documentation_calls_are_listed() {
        let documented = include_str!("../../../docs/expressions.md");
        let names: Vec<_> = expression_functions().map(|function| function.name).collect();
        for line in documented.lines().filter(|line| line.contains("// =>")) {
            let code = line.split("// =>").next().unwrap_or_default();
            let words = code.split('(').map(|before| {
                before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
            });
            let calls = code.matches('(').count();
            for called in words.take(calls) {
                let known = names
                    .iter()
                    .any(|name| *name == called || name.ends_with(&format!(".{called}")));
                assert!(called.is_empty() || known, "`{called}` of {line}");
            }
        }
    }
}

//! Our functions, and those of CEL's extensions that its own suite does not cover.

use serde_json::json;

use super::{check, eval};
use crate::expr::ErrorKind;

#[test]
fn totals_count_numbers_only() {
    // R6.40 to R6.44
    check(&[
        ("sum([1, 2.5, 'x', null])", json!(3.5)),
        ("sum([1, 2])", json!(3)),
        ("sum([1, true])", json!(1)),
        ("sum([])", json!(0)),
        ("sum(null)", json!(0)),
        ("avg(['x'])", json!(0)),
        ("avg([1, 2, true])", json!(1.5)),
        ("max([])", json!(null)),
        ("max([1, 2.5, 'x'])", json!(2.5)),
        ("max(null)", json!(null)),
        ("max(3, 2, 4)", json!(4)),
        ("min([3, 2, '1'])", json!(2)),
        ("min(3, 2, 4)", json!(2)),
        ("count([null, 1])", json!(2)),
        ("count({'a': 1})", json!(1)),
        ("count(null)", json!(0)),
        ("count(temp.picks) > 1", json!(true)),
    ]);
    for source in ["sum('x')", "avg({'a': 1})", "max('x')", "count(1)", "sum(1)"] {
        assert_eq!(eval(source), Err(ErrorKind::Type), "{source}");
    }
    assert_eq!(eval("sum([9223372036854775807, 1])"), Err(ErrorKind::Range));
}

#[test]
fn merges_fold_maps_from_left_to_right() {
    // R6.45 to R6.47, R6.51, R6.52
    check(&[
        ("merge([{'a':1,'t':'x'},{'a':2,'t':3,'b':5}])", json!({"a":3,"t":"x","b":5})),
        ("merge_sum([{'a': 1}, {'a': 1.5}])", json!({"a": 2.5})),
        ("merge_max([{'a':1},{'a':4},{'a':2}])", json!({"a":4})),
        ("merge_max([{'a':'x'},{'a':4}])", json!({"a":"x"})),
        ("merge_last([{'a':1},{'a':'z'}])", json!({"a":"z"})),
        ("merge({'a': 1})", json!({"a":1})),
        ("merge([{'a': 1}, null, 7, {'a': {'b': 1}}])", json!({"a": 1})),
        ("merge(temp.ans.map(x, x.m)).calm", json!(1)),
        ("merge([temp.ans[0].m, has(temp.ans[1].k) ? temp.ans[1].k : null]).bold", json!(0.2)),
        ("merge(null)", json!({})),
    ]);
    assert_eq!(eval("merge([temp.ans[0].k])"), Err(ErrorKind::Missing));
    assert_eq!(eval("merge('x')"), Err(ErrorKind::Type));
}

#[test]
fn lists_and_keys_are_gathered() {
    // R6.48 to R6.50, R6.64
    check(&[
        ("flatten([[1,[2]],3])", json!([1, [2], 3])),
        ("collect(null)", json!([])),
        ("top_keys({'x':0.2,'y':0.9,'z':0.2,'w':'no'}, 2)", json!(["y", "x"])),
        ("top_keys({'a':1,'b':2,'c':3,'d':4,'e':5,'f':6})", json!(["f", "e", "d", "c", "b"])),
        ("top_keys(null)", json!([])),
        ("top_keys('x', 3)", json!([])),
        ("top_keys({'x':1}, 0)", json!([])),
        ("top_keys({'x':1}, -1)", json!([])),
        ("weighted_avg(temp.ans, 'x', 'm')", json!({"calm":0.5,"bold":0.4})),
        ("weighted_avg([{'v':1,'w':1},{'v':4,'w':2}], 'v', 'w')", json!(3)),
        ("weighted_avg([], 'v', 'w')", json!({})),
        ("weighted_avg([{'v':1,'w':0}], 'v', 'w')", json!(0)),
    ]);
}

#[test]
fn arithmetic_has_plain_names() {
    // R7.20, F29
    check(&[
        ("abs(-3) + abs(-1.5)", json!(4.5)),
        ("[ceil(1.2), floor(-1.2), ceil(3)]", json!([2, -2, 3])),
        ("[round(2.5), round(-2.5), round(2.4), round(7)]", json!([3, -3, 2, 7])),
        ("[round(2.346, 2), round(37.45, 1), round(1234, -2)]", json!([2.35, 37.5, 1200])),
        ("round(1e300, 15) == 1e300", json!(true)),
        ("sqrt(9)", json!(3)),
        (
            "[pow(2, 10), pow(2, -1), pow(1.5, 2), pow(0, 0), pow(-2, 3.0)]",
            json!([1024, 0.5, 2.25, 1, -8]),
        ),
        ("[mod(7, 3), mod(-7, 3), mod(7.5, 2)]", json!([1, -1, 1.5])),
    ]);
    for source in ["abs('x')", "round('x')", "round(1.5, 0.5)", "pow('x', 2)", "mod('x', 2)"] {
        assert_eq!(eval(source), Err(ErrorKind::Type), "{source}");
    }
}

#[test]
fn extensions_agree_with_other_implementations() {
    check(&[
        ("[3, 1, 2].sort()", json!([1, 2, 3])),
        ("[{'a': 2}, {'a': 1}].sortBy(v, v.a)", json!([{ "a": 1 }, { "a": 2 }])),
        ("[1, 2, 3].slice(0, 2)", json!([1, 2])),
        ("[1, 2, 1, 1.0, 'a'].distinct()", json!([1, 2, "a"])),
        ("[[1, [2]], 3].flatten(2)", json!([1, 2, 3])),
        ("lists.range(3)", json!([0, 1, 2])),
        ("[1, 2].reverse()", json!([2, 1])),
        ("'abc'.split('', 2)", json!(["a", "bc"])),
        ("'a,b,c'.split(',', 2)", json!(["a", "b,c"])),
        ("''.split('')", json!([])),
        ("'a'.replace('', 'x')", json!("xax")),
        ("math.sqrt(4)", json!(2)),
        ("cel.bind(x, 2, x * x)", json!(4)),
        ("[1, 2].all(i, v, v == i + 1)", json!(true)),
        ("{'a': 1}.transformMap(k, v, v > 0, v + 1)", json!({ "a": 2 })),
        ("optional.of(2).optMap(x, x * 2).value()", json!(4)),
        ("[1].first().orValue(0) + [].last().orValue(1)", json!(2)),
    ]);
    for source in ["[1, 1u].sort()", "[1, 'a'].sort()", "[1, 2].slice(0, 9)", "[1].flatten(-1)"] {
        assert!(eval(source).is_err(), "{source}");
    }
}

use serde_json::{Value, json};

use super::{Patch, PatchError};
use crate::check::Pointer;

fn applied(patch: &Value, document: &Value) -> Result<Value, PatchError> {
    Patch::read(patch)?.apply(document)
}

/// The examples of RFC 6902, appendix A, that concern the four operations.
#[test]
#[expect(clippy::too_many_lines, reason = "one table of all examples")]
fn the_examples_of_the_rfc_hold() {
    for (name, document, patch, expected) in [
        (
            "A.1",
            json!({"foo": "bar"}),
            json!([{"op": "add", "path": "/baz", "value": "qux"}]),
            json!({"baz": "qux", "foo": "bar"}),
        ),
        (
            "A.2",
            json!({"foo": ["bar", "baz"]}),
            json!([{"op": "add", "path": "/foo/1", "value": "qux"}]),
            json!({"foo": ["bar", "qux", "baz"]}),
        ),
        (
            "A.3",
            json!({"baz": "qux", "foo": "bar"}),
            json!([{"op": "remove", "path": "/baz"}]),
            json!({"foo": "bar"}),
        ),
        (
            "A.4",
            json!({"foo": ["bar", "qux", "baz"]}),
            json!([{"op": "remove", "path": "/foo/1"}]),
            json!({"foo": ["bar", "baz"]}),
        ),
        (
            "A.5",
            json!({"baz": "qux", "foo": "bar"}),
            json!([{"op": "replace", "path": "/baz", "value": "boo"}]),
            json!({"baz": "boo", "foo": "bar"}),
        ),
        (
            "A.6",
            json!({"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}}),
            json!([{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}]),
            json!({"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}}),
        ),
        (
            "A.7",
            json!({"foo": ["all", "grass", "cows", "eat"]}),
            json!([{"op": "move", "from": "/foo/1", "path": "/foo/3"}]),
            json!({"foo": ["all", "cows", "eat", "grass"]}),
        ),
        (
            "A.10",
            json!({"foo": "bar"}),
            json!([{"op": "add", "path": "/child", "value": {"grandchild": {}}}]),
            json!({"foo": "bar", "child": {"grandchild": {}}}),
        ),
        (
            "A.11",
            json!({"foo": "bar"}),
            json!([{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}]),
            json!({"foo": "bar", "baz": "qux"}),
        ),
        (
            "A.14",
            json!({"/": 9, "~1": 10}),
            json!([{"op": "replace", "path": "/~01", "value": 11}]),
            json!({"/": 9, "~1": 11}),
        ),
        (
            "A.16",
            json!({"foo": ["bar"]}),
            json!([{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}]),
            json!({"foo": ["bar", ["abc", "def"]]}),
        ),
    ] {
        assert_eq!(applied(&patch, &document), Ok(expected), "{name}");
    }
    // A.12: the parent does not exist.
    let patch = json!([{"op": "add", "path": "/baz/bat", "value": "qux"}]);
    let at = Pointer::root().push("baz").push("bat");
    assert_eq!(applied(&patch, &json!({"foo": "bar"})), Err(PatchError::NoPlace { at }));
}

#[test]
fn a_patch_that_does_not_fit_changes_nothing() {
    let document = json!({"a": [1, 2], "b": {"c": 3}});
    for operation in [
        json!({"op": "remove", "path": "/a/2"}),
        json!({"op": "remove", "path": "/a/01"}),
        json!({"op": "remove", "path": "/a/-"}),
        json!({"op": "add", "path": "/a/3", "value": 0}),
        json!({"op": "add", "path": "/a/+1", "value": 0}),
        json!({"op": "add", "path": "/b/c/d", "value": 0}),
        json!({"op": "replace", "path": "/x", "value": 0}),
        json!({"op": "move", "from": "/b", "path": "/b/c"}),
        json!({"op": "move", "from": "/x", "path": "/y"}),
    ] {
        let patch = json!([{"op": "remove", "path": "/b/c"}, operation]);
        assert!(matches!(applied(&patch, &document), Err(PatchError::NoPlace { .. })), "{patch}");
    }
}

#[test]
fn what_is_no_patch_is_refused_and_what_is_one_reads_back() {
    for patch in [
        json!({}),
        json!([{"op": "test", "path": "", "value": 1}]),
        json!([{"op": "add", "path": "/a"}]),
        json!([{"op": "remove", "path": "a"}]),
        json!([{"op": "move", "path": "/a"}]),
        json!([7]),
    ] {
        assert_eq!(Patch::read(&patch), Err(PatchError::Shape { index: 0 }), "{patch}");
    }
    let [a, b] = ["a", "b/c~"].map(|key| Pointer::root().push(key));
    let patch = Patch::add(&a, 1)
        .then(Patch::relocate(&a, &b))
        .then(Patch::replace(&b, json!([])))
        .then(Patch::remove(&b));
    assert_eq!(Patch::read(&json!(patch)).as_ref(), Ok(&patch));
    assert_eq!(patch.apply(&json!({"d": 4})), Ok(json!({"d": 4})));
    assert_eq!(patch.operations()[1].path(), &b);
    // The whole document has a pointer too.
    let whole = Patch::add(&Pointer::root(), json!([1]));
    assert_eq!(whole.apply(&Value::Null), Ok(json!([1])));
}

//! The test suite of the CEL specification, on its files that need no protobuf.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value as Json;

use super::guide::{GUIDE, blocks};
use crate::expr::{
    Budget, Dialect, Program,
    key::Key,
    value::{List, Map, Value},
};

/// Cases that must pass. The others are listed in `docs/expressions.md`.
const ENOUGH: usize = 1_565;

const FILES: [&str; 18] = [
    "basic",
    "comparisons",
    "conversions",
    "encoders_ext",
    "fields",
    "fp_math",
    "integer_math",
    "lists",
    "logic",
    "macros",
    "math_ext",
    "namespace",
    "optionals",
    "parse",
    "plumbing",
    "string",
    "string_ext",
    "timestamps",
];

#[test]
#[expect(clippy::disallowed_methods, reason = "the suite is not part of this repository")]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn the_cel_specification_holds() {
    // R6.1.
    let Ok(corpus) = std::env::var("CHATFLOW_CORPUS") else {
        eprintln!("skipped: CHATFLOW_CORPUS is not set");
        return;
    };
    let path = Path::new(&corpus).join("cel").join("tests.jsonl");
    let cases =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (mut run, mut failures) = (0, BTreeMap::new());
    let mut counts = FILES.map(|file| (file, (0_u32, 0_u32)));
    for line in cases.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let text = |key: &str| case[key].as_str().unwrap();
        if case["skip"] == true || !FILES.contains(&text("file")) {
            continue;
        }
        run += 1;
        let result = run_case(&case);
        for (_, (passed, all)) in counts.iter_mut().filter(|(file, _)| *file == text("file")) {
            *passed += u32::from(result.is_ok());
            *all += 1;
        }
        if let Err(why) = result {
            let id = format!("{}/{}: {}", text("file"), text("section"), text("name"));
            failures.insert(id, why);
        }
    }
    assert!(run > 0, "no case in {}", path.display());
    let passed = run - failures.len();
    eprintln!("{passed} of {run} cases of the CEL specification pass");
    assert!(passed >= ENOUGH, "{passed} of {run}; failures: {failures:#?}");
    assert_eq!(failures.into_keys().collect::<BTreeSet<_>>(), listed(), "docs/expressions.md");
    let line = |(file, (passed, all)): &(&str, (u32, u32))| format!("{file}: {passed} of {all}");
    let lines: Vec<String> = counts.iter().map(line).collect();
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/expressions.md");
        fs::write(path, with_counts(&lines)).unwrap();
    } else {
        assert_eq!(blocks(GUIDE, "cel-counts"), lines, "docs/expressions.md is stale (UPDATE=1)");
    }
}

/// The guide with these counts in the place of those that it has.
fn with_counts(lines: &[String]) -> String {
    let (before, rest) = GUIDE.split_once("```cel-counts\n").unwrap();
    let (_, after) = rest.split_once("```").unwrap();
    format!("{before}```cel-counts\n{}\n```{after}", lines.join("\n"))
}

/// The failures that `docs/expressions.md` owns up to.
fn listed() -> BTreeSet<String> {
    let lines = blocks(GUIDE, "cel-spec").into_iter().filter_map(|line| line.split_once(": "));
    lines
        .flat_map(|(section, names)| names.split(' ').map(move |name| format!("{section}: {name}")))
        .collect()
}

fn run_case(case: &Json) -> Result<(), String> {
    let source = case["expr"].as_str().unwrap();
    let error_wanted = case["expect"]["t"] == "error";
    let program = match Program::compile(source, Dialect::Condition) {
        Ok(program) => program,
        Err(_) if error_wanted => return Ok(()),
        Err(problems) => return Err(format!("refused: {}", problems[0].message)),
    };
    let scope = Scope::new(case);
    let roots: Vec<_> = program.roots().iter().map(|root| scope.lookup(root)).collect();
    match program.eval(&roots, Budget::default()) {
        Err(_) if error_wanted => Ok(()),
        Err(error) => Err(format!("error: {error}")),
        Ok(value) if !error_wanted && same(&value, &typed(&case["expect"])) => Ok(()),
        Ok(value) => Err(format!("{value:?}")),
    }
}

/// The suite's variables have dotted names that are looked up from a container outwards, the
/// longest first. Conversations have neither, so both are resolved here and not in the evaluator.
struct Scope<'c> {
    bindings: Vec<(&'c str, Value<'static>)>,
    container: &'c str,
}

impl<'c> Scope<'c> {
    fn new(case: &'c Json) -> Self {
        let bindings = case["bindings"].as_object().unwrap().iter();
        let mut bindings: Vec<_> = bindings.map(|(k, v)| (k.as_str(), typed(v))).collect();
        // Longer names replace what shorter ones hold.
        bindings.sort_by_key(|(name, _)| name.len());
        // A name with a leading dot skips the container; no case uses both for one root.
        let absolute =
            case["expr"].as_str().is_some_and(|e| e.starts_with('.') || e.contains(" ."));
        let container = if absolute { "" } else { case["container"].as_str().unwrap_or("") };
        Self { bindings, container }
    }

    fn lookup(&self, root: &str) -> Option<Value<'static>> {
        let mut container = self.container;
        loop {
            let prefix = if container.is_empty() { String::new() } else { format!("{container}.") };
            if let Some(value) = self.nested(&format!("{prefix}{root}")) {
                return Some(value);
            }
            if container.is_empty() {
                return None;
            }
            container = container.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }

    /// The value under a name; what is bound to longer names is put inside as maps.
    fn nested(&self, name: &str) -> Option<Value<'static>> {
        let mut found = None;
        for (bound, value) in &self.bindings {
            let Some(rest) = bound.strip_prefix(name) else { continue };
            if rest.is_empty() {
                found = Some(value.clone());
            } else if let Some(path) = rest.strip_prefix('.') {
                found = Some(insert(found, path, value));
            }
        }
        found
    }
}

fn insert(into: Option<Value<'static>>, path: &str, value: &Value<'static>) -> Value<'static> {
    let (key, rest) = path.split_once('.').unwrap_or((path, ""));
    let mut map = match into {
        Some(Value::Map(Map::Own(map))) => (*map).clone(),
        _ => BTreeMap::new(),
    };
    let key = Key::new(&Value::string(key)).unwrap();
    let inner =
        if rest.is_empty() { value.clone() } else { insert(map.get(&key).cloned(), rest, value) };
    map.insert(key, inner);
    Value::map(map)
}

/// A value as the suite writes it: `{"t": type, "v": value}`.
fn typed(json: &Json) -> Value<'static> {
    let v = &json["v"];
    let text = || v.as_str().unwrap();
    let list = |json: &Json| json.as_array().unwrap().iter().map(typed).collect::<Vec<_>>();
    match json["t"].as_str().unwrap() {
        "bool" => Value::Bool(v.as_bool().unwrap()),
        "int" => Value::Int(text().parse().unwrap()),
        "uint" => Value::UInt(text().parse().unwrap()),
        "double" => Value::Double(text().parse().unwrap()),
        "string" => Value::string(text()),
        "bytes" => Value::Bytes(hex(text())),
        "list" => Value::list(list(v)),
        "map" => Value::map(v.as_array().unwrap().iter().map(|e| entry(&list(e))).collect()),
        "type" => Value::Type(text().to_owned().leak()),
        "timestamp" => {
            Value::Timestamp(v[0].as_i64().unwrap(), v[1].as_u64().unwrap().try_into().unwrap())
        }
        "duration" => {
            Value::Duration(v[0].as_i64().unwrap(), v[1].as_i64().unwrap().try_into().unwrap())
        }
        _ => Value::Null,
    }
}

fn entry(pair: &[Value<'static>]) -> (Key<'static>, Value<'static>) {
    (Key::new(&pair[0]).unwrap(), pair[1].clone())
}

fn hex(text: &str) -> std::sync::Arc<[u8]> {
    let digit = |c: &u8| u8::try_from(char::from(*c).to_digit(16).unwrap()).unwrap();
    text.as_bytes().chunks(2).map(|pair| digit(&pair[0]) << 4 | digit(&pair[1])).collect()
}

/// The same type and the same value; NaN equals NaN.
fn same(a: &Value<'_>, b: &Value<'_>) -> bool {
    let lists = |a: &List<'_>, b: &List<'_>| {
        a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(&a, &b))
    };
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => {
            a.total_cmp(b).is_eq() || a.partial_cmp(b).is_some_and(std::cmp::Ordering::is_eq)
        }
        (Value::List(a), Value::List(b)) => lists(a, b),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter().zip(b.iter()).all(|((k, a), (l, b))| k == l && same(&a, &b))
        }
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Timestamp(a, b), Value::Timestamp(c, d)) => (a, b) == (c, d),
        (Value::Duration(a, b), Value::Duration(c, d)) => (a, b) == (c, d),
        (Value::Str(a), Value::Str(b)) => **a == **b,
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::UInt(a), Value::UInt(b)) => a == b,
        _ => false,
    }
}

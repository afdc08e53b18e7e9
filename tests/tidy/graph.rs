//! Rules on who depends on whom.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::{none, root};

/// What the engine may depend on: parsers, formats and arithmetic; nothing that does I/O (invariant 1).
const ENGINE: [&str; 9] = [
    "cel-interpreter",
    // Our own; reads types from JSON values by little code (ADR 0033).
    "chatflow-derive",
    "regex-lite",
    // Optional, for the feature `schema`.
    "schemars",
    "serde",
    "serde_json",
    "sha2",
    "thiserror",
    "uuid",
];

/// Features that change what a map or number of JSON is, and with it the hash of a state.
/// Features unify: one crate that enables them does so for all.
const FORBIDDEN: [&str; 2] = ["preserve_order", "arbitrary_precision"];

/// Every crate of the workspace with the workspace crates that it may depend on.
const ARROWS: [(&str, &[&str]); 15] = [
    ("chatflow", &["chatflow-derive"]),
    ("chatflow-derive", &[]),
    ("chatflow-storage", &["chatflow"]),
    ("chatflow-sqlite", &["chatflow", "chatflow-storage"]),
    ("chatflow-postgres", &["chatflow", "chatflow-storage", "chatflow-throwaway"]),
    ("chatflow-throwaway", &[]),
    // The store is for the example.
    ("chatflow-host", &["chatflow", "chatflow-storage", "chatflow-sqlite"]),
    (
        "chatflow-server",
        &["chatflow", "chatflow-host", "chatflow-storage", "chatflow-sqlite", "chatflow-postgres"],
    ),
    ("chatflow-wasm", &["chatflow"]),
    (
        "chatflow-tests",
        &[
            "chatflow",
            "chatflow-host",
            "chatflow-storage",
            "chatflow-sqlite",
            "chatflow-postgres",
            "chatflow-throwaway",
            "chatflow-server",
            "chatflow-wasm",
        ],
    ),
    ("chatflow-benches", &["chatflow", "chatflow-storage", "chatflow-sqlite", "chatflow-server"]),
    (
        "chatflow-store-benches",
        &[
            "chatflow",
            "chatflow-benches",
            "chatflow-storage",
            "chatflow-sqlite",
            "chatflow-postgres",
            "chatflow-throwaway",
        ],
    ),
    (
        "chatflow-server-benches",
        &["chatflow-benches", "chatflow-store-benches", "chatflow-throwaway"],
    ),
    ("xtask", &["chatflow-throwaway"]),
    ("xtask-bindgen", &[]),
];

#[test]
fn the_engine_depends_on_what_the_list_says_and_nothing_else() {
    // R0.1.
    let metadata = metadata();
    let engine = package(&metadata, "chatflow");
    let found: BTreeSet<&str> = dependencies(engine)
        .filter(|dependency| dependency["kind"].is_null())
        .map(|dependency| dependency["rename"].as_str().or(dependency["name"].as_str()).unwrap())
        .collect();
    assert_eq!(found, BTreeSet::from(ENGINE));
}

#[test]
fn crates_depend_on_each_other_in_one_direction() {
    let metadata = metadata();
    let mut faults = Vec::new();
    for package in members(&metadata) {
        let name = package["name"].as_str().unwrap();
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == name) else {
            faults.push(format!("{name}: a new crate; say here what it may depend on"));
            continue;
        };
        for dependency in dependencies(package).filter(|dependency| dependency["path"].is_string())
        {
            let to = dependency["name"].as_str().unwrap();
            if !allowed.contains(&to) {
                faults.push(format!("{name} depends on {to}"));
            }
        }
    }
    none(&faults);
}

#[test]
fn maps_stay_sorted_and_numbers_plain_in_json() {
    let metadata = metadata();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let features: Vec<&str> = nodes
        .iter()
        .filter(|node| node["id"].as_str().unwrap().contains("serde_json"))
        .flat_map(|node| node["features"].as_array().unwrap())
        .map(|feature| feature.as_str().unwrap())
        .collect();
    assert!(features.contains(&"std"), "serde_json is not in the graph: {features:?}");
    // A manifest may ask for a feature on a platform that the graph above leaves out.
    let asked = members(&metadata).flat_map(dependencies);
    let asked = asked.flat_map(|dependency| dependency["features"].as_array().unwrap());
    let all = features.into_iter().chain(asked.map(|feature| feature.as_str().unwrap()));
    let found: Vec<&str> = all.filter(|feature| FORBIDDEN.contains(feature)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_binding_generator_is_of_the_version_of_the_bindings() {
    let metadata = metadata();
    let wanted = |package_name, dependency_name| {
        let dependency = dependencies(package(&metadata, package_name))
            .find(|dependency| dependency["name"] == dependency_name)
            .unwrap_or_else(|| panic!("{package_name} depends on {dependency_name}"));
        dependency["req"].as_str().unwrap().to_owned()
    };
    let bindings = wanted("chatflow-wasm", "wasm-bindgen");
    assert!(bindings.starts_with('='), "{bindings}");
    assert_eq!(bindings, wanted("xtask-bindgen", "wasm-bindgen-cli-support"));
}

/// The dependency graph as cargo resolves it for this machine.
fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--locked",
            "--format-version",
            "1",
            "--filter-platform",
            &this_platform(),
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo writes JSON")
}

/// Keeps cargo from fetching the crates of platforms that nobody builds for here.
fn this_platform() -> String {
    let output =
        Command::new("rustc").args(["--print", "host-tuple"]).output().expect("rustc runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a tuple is text").trim().to_owned()
}

fn members(metadata: &Value) -> impl Iterator<Item = &Value> {
    // Packages from a registry have a source.
    metadata["packages"].as_array().unwrap().iter().filter(|package| package["source"].is_null())
}

fn package<'a>(metadata: &'a Value, name: &str) -> &'a Value {
    members(metadata).find(|package| package["name"] == name).unwrap_or_else(|| panic!("no {name}"))
}

fn dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    package["dependencies"].as_array().unwrap().iter()
}

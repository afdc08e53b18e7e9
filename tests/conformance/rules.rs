//! Every rule of the runtime's specification is proven by a test that cites it, or says why it is not.
//!
//! `rule-ids.txt` lists the rules (`id`, our title, and a reason if a rule is out of scope), `rules-open.txt` those
//! that no test cites yet. `UPDATE=1` writes `rules.md` and drops from the open ones what has become covered; it
//! never adds to them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use chatflow_tests::conversation::read_transcripts;

use super::citations::{Citations, Ids};
use super::root;

const FOLDER: &str = "tests/conformance";

struct Rule<'a> {
    id: &'a str,
    title: &'a str,
    /// Why no test need cite it.
    excuse: Option<&'a str>,
}

fn read(name: &str) -> String {
    let path = root().join(FOLDER).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rules(text: &str) -> Vec<Rule<'_>> {
    let read = text.lines().map(|line| {
        let (id, rest) = line.split_once('\t').unwrap_or_else(|| panic!("no title: {line}"));
        match rest.split_once('\t') {
            Some((title, excuse)) => Rule { id, title, excuse: Some(excuse) },
            None => Rule { id, title: rest, excuse: None },
        }
    });
    read.collect()
}

/// What all tests of the workspace and all golden conversations cite.
pub(super) fn all_citations() -> Citations {
    citations(&rules(&read("rule-ids.txt")))
}

fn citations(rules: &[Rule<'_>]) -> Citations {
    let ids = Ids(rules.iter().map(|rule| rule.id).collect());
    let mut citations = Citations::default();
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.rs"])
        .current_dir(root())
        .output()
        .expect("git runs");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).expect("paths are UTF-8");
    for path in listed.split_terminator('\0') {
        // The scanner's own tests cite rules of an invented list.
        if path.ends_with("conformance/citations.rs") {
            continue;
        }
        // Files that are deleted but still tracked do not read.
        if let Ok(text) = std::fs::read_to_string(root().join(path)) {
            citations.add_source(&ids, path, &text);
        }
    }
    for (path, file) in read_transcripts(&root().join("tests/transcripts")) {
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        for id in &file.cites {
            let place = format!("tests/transcripts/{stem}.json");
            citations.add(&ids, &format!("transcripts/{stem}"), id, &place);
        }
    }
    citations
}

fn page(rules: &[Rule<'_>], citations: &Citations) -> String {
    let covered = rules.iter().filter(|rule| citations.found.contains_key(rule.id)).count();
    let is_open = |rule: &&Rule<'_>| !citations.found.contains_key(rule.id);
    let excused = rules.iter().filter(is_open).filter(|rule| rule.excuse.is_some()).count();
    let mut text = format!(
        "# Rules and the tests that prove them\n\n\
         Written by `UPDATE=1 cargo test -p chatflow-tests rules::`. Of {} rules {covered} are proven by tests that \
         cite them, {excused} are out of scope for now, {} are open.\n\n\
         | rule | about | proven by, or why not |\n|---|---|---|\n",
        rules.len(),
        rules.len() - covered - excused
    );
    for rule in rules {
        let proven = match (citations.found.get(rule.id), rule.excuse) {
            (Some(tests), _) => {
                let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
                tests.join(", ")
            }
            (None, Some(excuse)) => format!("not: {excuse}"),
            (None, None) => "**open**".to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} | {} | {proven} |", rule.id, rule.title);
    }
    text
}

#[test]
fn every_rule_is_proven_or_excused_and_the_table_says_by_what() {
    let (listed, open) = (read("rule-ids.txt"), read("rules-open.txt"));
    let rules = rules(&listed);
    let citations = citations(&rules);
    assert!(citations.faults.is_empty(), "\n{}", citations.faults.join("\n"));
    let update = std::env::var_os("UPDATE").is_some_and(|value| value == "1");
    let mut open: Vec<&str> = open.lines().collect();
    if update {
        open.retain(|id| !citations.found.contains_key(*id));
        let text: Vec<&str> = open.iter().flat_map(|id| [*id, "\n"]).collect();
        std::fs::write(root().join(FOLDER).join("rules-open.txt"), text.concat()).unwrap();
        std::fs::write(root().join(FOLDER).join("rules.md"), page(&rules, &citations)).unwrap();
    }
    let known: BTreeMap<&str, &Rule<'_>> = rules.iter().map(|rule| (rule.id, rule)).collect();
    let mut faults = Vec::new();
    for id in &open {
        match known.get(id) {
            None => faults.push(format!("rules-open.txt: no rule `{id}`")),
            Some(rule) if rule.excuse.is_some() => {
                faults.push(format!("{id} is both open and excused"));
            }
            Some(_) if citations.found.contains_key(*id) => {
                faults.push(format!("{id} is no longer open (UPDATE=1)"));
            }
            Some(_) => {}
        }
    }
    for rule in &rules {
        match (citations.found.get(rule.id), rule.excuse) {
            (Some(tests), Some(_)) => {
                faults.push(format!("{} is excused, but cited by {tests:?}", rule.id));
            }
            (None, None) if !open.contains(&rule.id) => {
                faults.push(format!("{} ({}) is cited by no test", rule.id, rule.title));
            }
            _ => {}
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert!(read("rules.md") == page(&rules, &citations), "rules.md is stale (UPDATE=1)");
}

#[test]
fn rules_are_listed_once_each_with_a_short_title() {
    let listed = read("rule-ids.txt");
    let rules = rules(&listed);
    let mut ids: Vec<&str> = rules.iter().map(|rule| rule.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rules.len(), "an id stands twice");
    for rule in &rules {
        let words = rule.title.split(' ').count();
        assert!((2..=8).contains(&words), "{}: {}", rule.id, rule.title);
    }
}

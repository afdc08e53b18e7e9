//! Rules on what is written in README.md and docs.

use super::{none, read, root, sources, texts};

/// Ends the part of the README that leads a newcomer to a first conversation.
const FIRST_CHAT_ENDS: &str = "<!-- end of first chat -->";

#[test]
fn a_newcomer_reads_few_words_before_the_first_chat() {
    let readme = read("README.md");
    let (first, _) = readme.split_once(FIRST_CHAT_ENDS).unwrap_or_else(|| {
        panic!("README.md marks the end of its first chat with {FIRST_CHAT_ENDS}")
    });
    let words = |text: &str| text.split_whitespace().count();
    assert!(words(first) <= 800, "{} words up to the first chat", words(first));
    assert!(words(&readme) <= 1600, "{} words in all", words(&readme));
}

#[test]
fn decisions_are_numbered_named_listed_and_short() {
    let index = read("docs/adr/README.md");
    let mut faults = Vec::new();
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(root().join("docs/adr")).expect("the decisions are there") {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "README.md" {
            continue;
        }
        let Some(number) = decision_number(&name) else {
            faults.push(format!("{name}: not NNNN-verb-object.md"));
            continue;
        };
        numbers.push(number);
        if !index.contains(&format!("]({name})")) {
            faults.push(format!("{name}: not listed in docs/adr/README.md"));
        }
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        if lines > 70 {
            faults.push(format!("{name}: {lines} lines, more than a page of 70"));
        }
    }
    numbers.sort_unstable();
    assert!(numbers.len() >= 7, "{numbers:?}");
    assert!(numbers.iter().copied().eq(1..=numbers.len()), "not counted from 1: {numbers:?}");
    none(&faults);
}

#[test]
fn a_decision_is_named_by_number_verb_and_object() {
    assert_eq!(decision_number("0012-open-one-effect.md"), Some(12));
    for name in ["12-open-effect.md", "0012-open.md", "0012_open_effect.md", "0012-Open-Effect.md"]
    {
        assert_eq!(decision_number(name), None, "{name}");
    }
}

#[test]
fn every_invariant_names_the_test_or_lint_that_holds_it() {
    let held = invariants(&read("docs/ARCHITECTURE.md"));
    let numbers: Vec<&str> = held.iter().map(|(number, _)| number.as_str()).collect();
    assert_eq!(numbers, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    let rust: String = sources().into_iter().map(|(_, text)| text).collect();
    let lints: String = texts()
        .into_iter()
        .filter(|(path, _)| path.ends_with("clippy.toml") || path == "Cargo.toml")
        .map(|(_, text)| text)
        .collect();
    let mut faults = Vec::new();
    for (number, names) in &held {
        if names.is_empty() {
            faults.push(format!("invariant {number} names nothing that holds it"));
        }
        for name in names {
            let exists = match name.rsplit_once("::") {
                Some((_, test)) => {
                    ['(', '<'].iter().any(|c| rust.contains(&format!("fn {test}{c}")))
                }
                None => lints.contains(name.as_str()) || root().join(name).exists(),
            };
            if !exists {
                faults
                    .push(format!("invariant {number} is held by `{name}`, which does not exist"));
            }
        }
    }
    none(&faults);
}

#[test]
fn names_are_read_from_the_last_column_of_the_invariants() {
    let text = "## Invariants\n\n| # | Invariant | Held by |\n|---|---|---|\n\
                | 1 | No `clock`. | `engine/clippy.toml`; `a::b_c` |\n| 2 | Nothing. | hope |\n## Next\n| 3 | x | `y` |\n";
    let expected = [
        ("1".to_owned(), vec!["engine/clippy.toml".to_owned(), "a::b_c".to_owned()]),
        ("2".to_owned(), vec![]),
    ];
    assert_eq!(invariants(text), expected);
}

/// The number of a well-named decision.
fn decision_number(name: &str) -> Option<usize> {
    let mut words = name.strip_suffix(".md")?.split('-');
    let number = words.next().filter(|word| word.len() == 4)?.parse().ok()?;
    let words: Vec<&str> = words.collect();
    let plain = |word: &&str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    (words.len() >= 2 && words.iter().all(plain)).then_some(number)
}

/// The rows of the table under `## Invariants`: number, and the code words of the last column.
fn invariants(text: &str) -> Vec<(String, Vec<String>)> {
    let (_, section) = text.split_once("## Invariants").expect("a section `## Invariants`");
    let section = section.split("\n## ").next().unwrap_or(section);
    section
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> =
                line.trim().strip_prefix('|')?.strip_suffix('|')?.split('|').collect();
            let number = cells.first()?.trim();
            number.parse::<u32>().ok()?;
            let names = cells.last()?.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            Some((number.to_owned(), names))
        })
        .collect()
}

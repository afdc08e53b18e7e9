//! The table of mutations fits the source: `cargo xtask test --long mutations` runs them.

#[path = "../../xtask/src/mutations/table.rs"]
mod table;

use std::collections::BTreeSet;

use super::{root, rules};
use table::MUTATIONS;

#[test]
fn every_mutation_applies_and_its_test_cites_its_rule() {
    let citations = rules::all_citations();
    let mut faults = Vec::new();
    for mutation in &MUTATIONS {
        let source = std::fs::read_to_string(root().join(mutation.file)).unwrap_or_default();
        let count = source.matches(mutation.text).count();
        if count != 1 || mutation.text == mutation.instead {
            faults
                .push(format!("{}: `{}` stands there {count} times", mutation.file, mutation.text));
        }
        let cited = citations.found.get(mutation.rule);
        if !cited.is_some_and(|tests| tests.contains(mutation.test)) {
            faults.push(format!("{} does not cite {}", mutation.test, mutation.rule));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    let sections: BTreeSet<_> =
        MUTATIONS.iter().filter_map(|mutation| mutation.rule.split('.').next()).collect();
    assert!(sections.len() >= 10, "{sections:?}");
}

//! What the fix of a diagnostic has to do.

use std::collections::BTreeMap;

use chatflow::{Code, Report, Severity, check};
use serde_json::Value;

/// How often each code is told, errors apart.
fn counts(report: &Report) -> (BTreeMap<Code, usize>, BTreeMap<Code, usize>) {
    let (mut all, mut errors) = (BTreeMap::new(), BTreeMap::new());
    for found in report {
        *all.entry(found.code).or_default() += 1;
        if found.severity == Severity::Error {
            *errors.entry(found.code).or_default() += 1;
        }
    }
    (all, errors)
}

/// Applies the fix of each diagnostic of a document by itself: the diagnostic is gone and no error
/// has come. Returns the codes that were cured.
pub(crate) fn cures(document: &Value) -> Vec<Code> {
    let report = check(&document.to_string());
    let (all, errors) = counts(&report);
    let mut cured = Vec::new();
    for found in &report {
        let Some(fix) = &found.fix else { continue };
        let fixed = fix
            .apply(document)
            .unwrap_or_else(|error| panic!("{error} by the fix of {found}\n{document}"));
        let (all_after, errors_after) = counts(&check(&fixed.to_string()));
        let after = all_after.get(&found.code).copied().unwrap_or(0);
        assert!(after < all[&found.code], "{found} is not cured\n{document}\n{fixed}");
        for (code, count) in errors_after {
            let before = errors.get(&code).copied().unwrap_or(0);
            assert!(count <= before, "the fix of {found} brings {code}\n{document}\n{fixed}");
        }
        cured.push(found.code);
    }
    cured
}

//! Applying the fixes of diagnostics to files.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use chatflow::{Code, Diagnostic, Patch, Pointer, Report, check};
use serde_json::Value;

use super::exit;
use super::open;
use super::report::tell;

/// How many codes are fixed in turn, those that the last fixes uncovered among them.
const ROUNDS: usize = 50;

/// Fixes each file once; the exit code on failure. Every file is either written whole or not at all.
pub(super) fn files<'a>(paths: impl Iterator<Item = &'a Path>) -> Result<(), u8> {
    let mut done = BTreeSet::new();
    for path in paths.filter(|path| done.insert(path.to_path_buf())) {
        let text = open::text(path)?;
        let Ok(document) = serde_json::from_str::<Value>(&text) else { continue };
        let (fixed, count) = document_of(document);
        if count == 0 {
            continue;
        }
        if let Err(error) = write_whole(path, &format!("{fixed:#}\n")) {
            tell(format_args!("error: cannot write `{}`: {error}", path.display()));
            return Err(exit::HOST);
        }
        tell(format_args!("{}: {count} fixes applied", path.display()));
    }
    Ok(())
}

/// The document with its diagnostics fixed, and how many fixes that took.
fn document_of(mut document: Value) -> (Value, usize) {
    let mut count = 0_usize;
    let mut report = check(&document.to_string());
    for _ in 0..ROUNDS {
        let (next, applied) = round(&document, &report);
        if applied == 0 {
            break;
        }
        let told = check(&next.to_string());
        if told.errors().count() > report.errors().count() {
            break;
        }
        (document, report, count) = (next, told, count.saturating_add(applied));
    }
    (document, count)
}

/// Applies the fixes of one code, errors first: what another code says may no longer be so after it.
///
/// They are applied from the end of the document to its start, so that what is removed from a list
/// moves nothing that is still to be changed.
fn round(document: &Value, report: &Report) -> (Value, usize) {
    let wanted = || report.iter().filter(|found| is_wanted(found));
    let first = wanted().min_by_key(|found| (found.severity, found.code)).map(|found| found.code);
    let mut patches: Vec<&Patch> = Vec::new();
    for found in wanted().filter(|found| Some(found.code) == first) {
        let new = found.fix.as_ref().filter(|fix| !patches.contains(fix));
        patches.extend(new);
    }
    patches
        .sort_by_key(|patch| Reverse(patch.operations().iter().map(|op| order(op.path())).max()));
    let (mut fixed, mut applied) = (document.clone(), 0_usize);
    for patch in patches {
        if let Ok(next) = patch.apply(&fixed) {
            (fixed, applied) = (next, applied.saturating_add(1));
        }
    }
    (fixed, applied)
}

/// A node that nothing leads to may be work in progress; it is for its author to remove.
fn is_wanted(diagnostic: &Diagnostic) -> bool {
    let is_cure = diagnostic.fix.is_some() && diagnostic.waived.is_none();
    is_cure && diagnostic.code != Code::NodeOrphan
}

/// Document order: indexes by number, what is below after what is above.
fn order(at: &Pointer) -> Vec<(Option<u64>, String)> {
    let steps = Pointer::root().steps_to(at).unwrap_or_default();
    steps.into_iter().map(|step| (step.parse().ok(), step)).collect()
}

/// Writes beside the file and renames, so that nobody ever sees half of it.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(name);
    let written = fs::File::create_new(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.set_permissions(fs::metadata(&path)?.permissions())?;
        file.sync_all()
    });
    let written = written.and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

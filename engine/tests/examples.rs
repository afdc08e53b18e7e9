//! Every example runs, and prints what stands beside it in `NAME.out`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The names of the files of the examples' folder that end so.
fn names(ending: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    names.filter_map(|name| Some(name.strip_suffix(ending)?.to_owned())).collect()
}

/// With `UPDATE=1` it writes what they print.
#[test]
fn every_example_prints_what_is_expected_of_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    #[expect(clippy::disallowed_methods, reason = "a test may be told to write what it expects")]
    let update = std::env::var("UPDATE").is_ok();
    // Cargo builds the examples of a package before it runs all its tests, beside them.
    let built = std::env::current_exe().unwrap();
    let built = built.ancestors().nth(2).unwrap().join("examples");
    let all = names(".rs");
    assert!(all.len() >= 6, "{all:?}");
    if !update {
        assert_eq!(names(".out"), all, "each example and each expectation has its other half");
    }
    for name in all {
        let lines = std::fs::read_to_string(folder.join(format!("{name}.rs"))).unwrap();
        assert!(lines.lines().count() < 120, "{name} is long for an example");
        let program = built.join(&name).with_extension(std::env::consts::EXE_EXTENSION);
        let run = Command::new(&program).output();
        let run = run.unwrap_or_else(|error| {
            panic!("{}: {error}; `cargo build -p chatflow --examples` builds it", program.display())
        });
        let (printed, complained) =
            (String::from_utf8(run.stdout).unwrap(), String::from_utf8_lossy(&run.stderr));
        assert!(run.status.success() && complained.is_empty(), "{name}: {complained}");
        let expected = folder.join(format!("{name}.out"));
        if update {
            std::fs::write(&expected, &printed).unwrap();
        }
        assert_eq!(printed, std::fs::read_to_string(expected).unwrap(), "{name}");
    }
}

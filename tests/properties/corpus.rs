//! What fuzzing has found so far stays found: the corpus of `tests/fuzz` in an ordinary run.

use std::path::Path;

use chatflow_tests::fuzzed;

type Target = fn(&[u8]);

#[test]
fn the_corpus_of_every_fuzz_target_passes() {
    let targets: [(&str, Target); 4] = [
        ("flow", fuzzed::flow),
        ("expression", fuzzed::expression),
        ("template", fuzzed::template),
        ("reply", fuzzed::reply),
    ];
    for (target, run) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        let mut files = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            run(&std::fs::read(entry.unwrap().path()).unwrap());
            files += 1;
        }
        assert!(files >= 20, "{files} files in {}", folder.display());
    }
}

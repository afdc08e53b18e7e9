//! Rules on the text of files.

use super::{none, sources, texts};

/// Code lines a file may have; its `mod tests` does not count.
const LINES: usize = 600;

/// Names that say nothing about what a file is for.
const NAMELESS: [&str; 5] = ["utils", "util", "common", "types", "helpers"];

/// Names of the engine that carry flow semantics, which storage must not know (invariant 6).
/// Node and connection types are not among them: they are columns.
const SEMANTICS: [&str; 16] = [
    "Catalog",
    "ConnectionDefinition",
    "Effect",
    "EffectKind",
    "Engine",
    "Event",
    "Flow",
    "FlowDefinition",
    "Input",
    "InputKind",
    "Next",
    "NodeDefinition",
    "Outcome",
    "Prompt",
    "Session",
    "Step",
];

#[test]
fn no_file_is_too_long_to_move_in() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let lines = lines_before_tests(&text);
        if lines > LINES {
            faults.push(format!("{path}: {lines} lines without tests, more than {LINES}"));
        }
    }
    none(&faults);
}

#[test]
fn tests_at_the_end_of_a_file_do_not_count_as_its_lines() {
    assert_eq!(lines_before_tests("a\nb\n#[cfg(test)]\nmod tests {\n}\n"), 3);
    assert_eq!(lines_before_tests("a\nb\n"), 2);
}

#[test]
fn every_file_is_named_after_what_it_holds() {
    let mut faults = Vec::new();
    for (path, _) in sources() {
        let stem = std::path::Path::new(&path).file_stem().unwrap().to_string_lossy().into_owned();
        if NAMELESS.contains(&stem.as_str()) {
            faults.push(format!("{path}: name it after what it holds"));
        }
    }
    none(&faults);
}

#[test]
fn no_file_names_a_folder_of_somebodys_machine() {
    // Put together here, so that this file does not name them either.
    let folders = ["work", "root", "home", "Users"].map(|name| format!("/{name}/"));
    let mut faults = Vec::new();
    for (path, text) in texts() {
        for (number, line) in (1..).zip(text.lines()) {
            if folders.iter().any(|folder| line.contains(folder)) {
                faults.push(format!("{path}:{number}: {line}"));
            }
        }
    }
    none(&faults);
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    let openings = ["#[", "#!["].map(|opening| format!("{opening}allow("));
    let mut faults = Vec::new();
    for (path, text) in sources() {
        for (number, line) in (1..).zip(text.lines()) {
            if openings.iter().any(|opening| line.contains(opening)) {
                faults.push(format!("{path}:{number}: {line}"));
            }
        }
    }
    none(&faults);
}

#[test]
fn storage_knows_ids_and_not_flow_semantics() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        if path.starts_with("storage/") {
            for name in names_from_engine(&text) {
                if SEMANTICS.contains(&name.as_str()) {
                    faults.push(format!("{path}: uses `chatflow::{name}`"));
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn only_expressions_know_the_parser_and_no_public_item_names_it() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        if path.starts_with("engine/") && text.contains("cel_interpreter") {
            if path != "engine/src/expr.rs" && !path.starts_with("engine/src/expr/") {
                faults.push(format!("{path}: names the parser"));
            }
            let public = |line: &&str| line.trim_start().starts_with("pub ");
            if text.lines().filter(public).any(|line| line.contains("cel_interpreter")) {
                faults.push(format!("{path}: shows the parser in a public item"));
            }
        }
    }
    none(&faults);
}

#[test]
fn names_taken_from_the_engine_are_found_however_they_are_written() {
    let text = "use chatflow::{\n    Revision,\n    Session as S, flow::{Flow}};\nfn f(_: chatflow::Engine) {}\n\
                use chatflow_storage::Input;\n";
    let names = names_from_engine(text);
    assert_eq!(names, ["Revision", "Session", "as", "S", "flow", "Flow", "Engine"]);
}

fn lines_before_tests(text: &str) -> usize {
    text.lines().take_while(|line| *line != "mod tests {").count()
}

/// Every word in the paths and braces that follow `chatflow::`.
fn names_from_engine(text: &str) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut names = Vec::new();
    for tail in text.split("chatflow::").skip(1) {
        let mut depth = 0_i32;
        let end = tail.find(|c: char| match c {
            '{' => {
                depth += 1;
                false
            }
            '}' => {
                depth -= 1;
                depth < 0
            }
            _ => depth == 0 && !is_word(c) && c != ':',
        });
        let path = &tail[..end.unwrap_or(tail.len())];
        names.extend(path.split(|c| !is_word(c)).filter(|word| !word.is_empty()).map(String::from));
    }
    names
}

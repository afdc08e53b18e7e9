//! Which tests of the workspace cite which rules.
//!
//! A test cites a rule in the doc comment above it or in a comment inside it: `R2.45`, `R2.60 to R2.62`,
//! `R2.45–R2.48`, `G3`. A golden conversation does so in its `cites`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The ids that may be cited, in the order of the specification.
#[derive(Debug)]
pub(crate) struct Ids<'a>(pub(crate) Vec<&'a str>);

/// Rule ids with the tests that cite them, and what is wrong with citations.
#[derive(Debug, Default)]
pub(crate) struct Citations {
    /// By rule id, the names of tests.
    pub(crate) found: BTreeMap<String, BTreeSet<String>>,
    /// Places with ids that do not exist.
    pub(crate) faults: Vec<String>,
}

impl Citations {
    /// Adds the citations in a comment of `test` at `place`.
    pub(crate) fn add(&mut self, ids: &Ids<'_>, test: &str, comment: &str, place: &str) {
        match ids.cited(comment) {
            Ok(cited) => {
                for id in cited {
                    self.found.entry(id).or_default().insert(test.to_owned());
                }
            }
            Err(unknown) => self.faults.push(format!("{place}: no rule `{unknown}`")),
        }
    }

    /// Adds the citations of all tests of a Rust file.
    pub(crate) fn add_source(&mut self, ids: &Ids<'_>, path: &str, source: &str) {
        let lines: Vec<&str> = source.lines().collect();
        let mut module = String::new();
        for (at, line) in lines.iter().enumerate() {
            if let Some(name) = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(" {")) {
                module = format!("::{name}");
            } else if *line == "}" {
                module.clear();
            }
            if !matches!(line.trim(), "#[test]" | "#[tokio::test]") {
                continue;
            }
            let Some(test) = Test::around(&lines, at) else { continue };
            let name = format!("{}{module}::{}", home(path), test.name);
            for (line, comment) in test.comments(&lines) {
                self.add(ids, &name, comment, &format!("{path}:{}", line + 1));
            }
        }
    }
}

impl Ids<'_> {
    /// The ids in a text, ranges spelled out.
    ///
    /// # Errors
    ///
    /// The first one that does not exist, or a range that goes backwards.
    fn cited(&self, text: &str) -> Result<Vec<String>, String> {
        let (mut cited, mut rest) = (Vec::new(), text);
        let mut begun: Option<(usize, &str)> = None;
        while let Some((before, id, after)) = next_id(rest) {
            let at = self.0.iter().position(|known| *known == id).ok_or(id)?;
            let range = matches!(before, "–" | "-" | " to " | " – ");
            match begun.filter(|_| range) {
                Some((first, name)) if first >= at => return Err(format!("{name}{before}{id}")),
                Some((first, _)) => {
                    cited.extend(self.0[first + 1..=at].iter().map(|id| (*id).to_owned()));
                }
                None => cited.push(id.to_owned()),
            }
            begun = Some((at, id));
            rest = after;
        }
        Ok(cited)
    }
}

/// What stands before the next id, the id, and what stands behind it.
fn next_id(text: &str) -> Option<(&str, &str, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut from = 0;
    loop {
        let at = from + text[from..].find(['R', 'G'])?;
        let length = id_length(&text[at..]);
        let (before, after) = (&text[..at], &text[at + length..]);
        if length > 0 && !before.ends_with(is_word) && !after.starts_with(is_word) {
            return Some((before, &text[at..at + length], after));
        }
        from = at + 1;
    }
}

/// How long the id is that a text begins with; 0 if it begins with none.
fn id_length(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let section = digits(1);
    if section == 0 || text.starts_with('G') {
        return if section == 0 { 0 } else { 1 + section };
    }
    let dot = 1 + section;
    let number = if text[dot..].starts_with('.') { digits(dot + 1) } else { 0 };
    if number == 0 {
        return 0;
    }
    let end = dot + 1 + number;
    end + usize::from(text[end..].starts_with(|c: char| c.is_ascii_lowercase()))
}

/// A test function in the lines of its file.
struct Test<'a> {
    name: &'a str,
    /// The doc comment's and attributes' first line, the function's line, its last line.
    span: (usize, usize, usize),
}

impl<'a> Test<'a> {
    /// The test whose attribute stands in line `at`; source is formatted, so indentation tells where it ends.
    fn around(lines: &[&'a str], at: usize) -> Option<Self> {
        let above = lines[..at].iter().rev();
        let upper = above.take_while(|line| {
            let line = line.trim();
            line.starts_with("///") || line.starts_with("#[") || line.ends_with(")]")
        });
        let head = (at..lines.len()).find(|i| lines[*i].contains("fn "))?;
        let (_, rest) = lines[head].split_once("fn ")?;
        let name = &rest[..rest.find(['(', '<'])?];
        let indent = &lines[at][..lines[at].len() - lines[at].trim_start().len()];
        let close = format!("{indent}}}");
        let end = (head..lines.len()).find(|i| lines[*i] == close)?;
        Some(Self { name, span: (at - upper.count(), head, end) })
    }

    /// The comments that may cite, with their lines: docs above, plain ones inside.
    fn comments<'l>(&self, lines: &[&'l str]) -> Vec<(usize, &'l str)> {
        let (first, head, end) = self.span;
        let docs = (first..head).filter_map(|i| Some((i, lines[i].trim().strip_prefix("///")?)));
        docs.chain((head..=end).filter_map(|i| Some((i, comment(lines[i])?)))).collect()
    }
}

/// The plain comment of a line.
fn comment(line: &str) -> Option<&str> {
    let mut slashes = line.match_indices("// ").map(|(at, _)| at);
    let begins = |at: &usize| {
        let before = &line[..*at];
        let in_text = before.matches('"').count() % 2 == 1;
        before.trim().is_empty() || (before.ends_with(' ') && !in_text)
    };
    slashes.find(begins).map(|at| &line[at + 3..])
}

/// Crate and module of a file, as `cargo test` would name them.
fn home(path: &str) -> String {
    const CRATES: [(&str, &str); 12] = [
        ("engine/src/", "chatflow"),
        ("storage/port/src/", "chatflow-storage"),
        ("storage/sqlite/src/", "chatflow-sqlite"),
        ("storage/sqlite/tests/", "chatflow-sqlite"),
        ("storage/postgres/src/", "chatflow-postgres"),
        ("storage/postgres/tests/", "chatflow-postgres"),
        ("host/src/", "chatflow-host"),
        ("server/src/", "chatflow-server"),
        ("bindings/wasm/src/", "chatflow-wasm"),
        ("tests/", "chatflow-tests"),
        ("benches/", "chatflow-benches"),
        ("xtask/", "xtask"),
    ];
    let known = CRATES.iter().find_map(|(folder, name)| Some((path.strip_prefix(folder)?, *name)));
    let (rest, name) = known.unwrap_or((path, "?"));
    let module = Path::new(rest).with_extension("");
    let module = module.to_string_lossy().replace('/', "::");
    format!("{name}/{module}")
}

#[cfg(test)]
mod tests {
    use super::{Citations, Ids};

    const SOURCE: &str = "\
//! R1.1 in a module's docs is no citation.
/// R1.2, and R1.3 – R1.5.
#[test]
#[expect(clippy::panic, reason = \"R9.9\")]
fn one() {
    // R2.1 to R2.2; xR2.3 is none.
    let text = \"https:// R2.4\"; // G3
}

/// R1.1: no test.
fn helper() {}

mod tests {
    proptest! {
        #[test]
        fn two(x in 0..1) {
            // R2.2a–R2.3.
        }
    }
}
";

    fn cited(ids: &[&str], source: &str) -> Citations {
        let mut citations = Citations::default();
        citations.add_source(&Ids(ids.to_vec()), "engine/src/a/b.rs", source);
        citations
    }

    #[test]
    fn citations_stand_above_and_inside_tests() {
        let ids =
            ["R1.1", "R1.2", "R1.3", "R1.4", "R1.5", "R2.1", "R2.2", "R2.2a", "R2.3", "R2.4", "G3"];
        let citations = cited(&ids, SOURCE);
        assert!(citations.faults.is_empty(), "{citations:?}");
        let of = |test: &str| -> Vec<&str> {
            let found = citations.found.iter().filter(|(_, tests)| tests.contains(test));
            found.map(|(id, _)| id.as_str()).collect()
        };
        assert_eq!(
            of("chatflow/a::b::one"),
            ["G3", "R1.2", "R1.3", "R1.4", "R1.5", "R2.1", "R2.2"]
        );
        assert_eq!(of("chatflow/a::b::tests::two"), ["R2.2a", "R2.3"]);
    }

    #[test]
    fn unknown_ids_and_ranges_that_go_backwards_are_refused_with_their_place() {
        let citations = cited(&["R1.2"], "#[test]\nfn one() {\n    // R1.2, R1.3.\n}\n");
        assert_eq!(citations.faults, ["engine/src/a/b.rs:3: no rule `R1.3`"]);
        let citations = cited(&["R1.2", "R1.3"], "/// R1.3 to R1.2\n#[test]\nfn one() {\n}\n");
        assert_eq!(citations.faults, ["engine/src/a/b.rs:1: no rule `R1.3 to R1.2`"]);
    }
}

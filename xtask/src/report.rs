//! What the tests say beside pass and fail: skips, corpus cases, figures.
//!
//! A passing test's output is not shown, so the tests append lines to the file named by `CHATFLOW_REPORT`.
//! A line is a kind, a name and a text or number, separated by tabs; `chatflow_tests::report` writes it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::shell;
use crate::test::Outcome;

/// The variable that names the report's file.
pub(crate) const VARIABLE: &str = "CHATFLOW_REPORT";

/// A report as read back.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Report {
    /// Tests that did not run, with the reason.
    pub(crate) skips: Vec<String>,
    /// Cases found in the corpus, by suite.
    pub(crate) corpus: BTreeMap<String, u64>,
    /// What was counted, by name.
    pub(crate) figures: BTreeMap<String, u64>,
}

impl Report {
    /// Empties the report's file and returns its path.
    pub(crate) fn begin() -> Result<PathBuf, String> {
        let folder = shell::target_folder().join("xtask");
        let path = folder.join("report.tsv");
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&path, ""))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        Ok(path)
    }

    /// Reads what the tests have written.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Self::parse(&text)
    }

    /// Counts of the same name add up; a line of no known form is an error.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut report = Self::default();
        for line in text.lines() {
            let wrong = || format!("a test reported `{line}`, which has no known form");
            let mut fields = line.splitn(3, '\t');
            let (Some(kind), Some(name), Some(value)) =
                (fields.next(), fields.next(), fields.next())
            else {
                return Err(wrong());
            };
            let counts = match kind {
                "skip" => {
                    report.skips.push(format!("{name}: {value}"));
                    continue;
                }
                "corpus" => &mut report.corpus,
                "figure" => &mut report.figures,
                _ => return Err(wrong()),
            };
            let count: u64 = value.parse().map_err(|_| wrong())?;
            let sum = counts.entry(name.to_owned()).or_default();
            *sum = sum.saturating_add(count);
        }
        Ok(report)
    }

    /// Judges the report: no case for a suite is a skip if there is a corpus to look in.
    pub(crate) fn outcome(mut self, corpus: Option<&OsStr>) -> Outcome {
        let mut outcome = Outcome::default();
        outcome.skips.append(&mut self.skips);
        let Some(corpus) = corpus.filter(|path| !path.is_empty()) else {
            let names: Vec<String> = self.corpus.into_keys().collect();
            if !names.is_empty() {
                let names = names.join(", ");
                outcome.notes.push(format!("CHATFLOW_CORPUS is not set; not run on data: {names}"));
            }
            return outcome;
        };
        let corpus = corpus.to_string_lossy();
        if self.corpus.is_empty() {
            outcome.skips.push(format!("corpus: no suite looked for cases in {corpus}"));
        }
        for (name, count) in self.corpus {
            if count == 0 {
                outcome.skips.push(format!("{name}: no case found in {corpus}"));
            } else {
                outcome.notes.push(format!("{name}: {count} cases from {corpus}"));
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::Report;

    const TEXT: &str = "skip\tpostgres\tno server\ncorpus\tcel\t10\ncorpus\tcel\t5\ncorpus\tflows\t0\nfigure\tsteps\t7\n";

    #[test]
    fn counts_of_one_name_add_up() {
        let report = Report::parse(TEXT).unwrap();
        assert_eq!(report.skips, ["postgres: no server"]);
        assert_eq!(report.corpus.get("cel"), Some(&15));
        assert_eq!(report.figures.get("steps"), Some(&7));
    }

    #[test]
    fn a_suite_without_cases_is_a_skip_when_there_is_a_corpus() {
        let outcome = Report::parse(TEXT).unwrap().outcome(Some(OsStr::new("data")));
        assert_eq!(outcome.skips, ["postgres: no server", "flows: no case found in data"]);
        let outcome = Report::default().outcome(Some(OsStr::new("data")));
        assert_eq!(outcome.skips, ["corpus: no suite looked for cases in data"]);
    }

    #[test]
    fn a_suite_without_cases_is_a_note_when_there_is_no_corpus() {
        let outcome = Report::parse(TEXT).unwrap().outcome(None);
        assert_eq!(outcome.skips, ["postgres: no server"]);
        assert_eq!(outcome.notes, ["CHATFLOW_CORPUS is not set; not run on data: cel, flows"]);
    }

    #[test]
    fn a_line_of_no_known_form_is_an_error() {
        for line in ["skip", "skip\tx", "corpus\tx\tmany", "other\tx\t1"] {
            assert!(Report::parse(line).is_err(), "{line}");
        }
    }
}

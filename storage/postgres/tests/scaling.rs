//! What docs/scaling.md says of the statements of a conversation, proved by their plans.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use crate::plans::{Planned, compare, plans};

/// The tables that are spread over machines, each with the column that holds its key as plans write
/// it, and that column's place: the session's id, or the key of an effect's record, which begins with
/// that id.
const KEYED: [(&str, &str, usize); 9] = [
    ("chat_request_log", "session_id", 0),
    ("content_events", "session_id", 4),
    ("conversation_history", "session_id", 0),
    ("conversation_sessions", "id", 0),
    ("event_outbox", "session_id", 23),
    ("flow_execution_turns", "session_id", 0),
    ("session_journal", "session_id", 0),
    ("session_previews", "session_id", 0),
    (EFFECTS, "idempotency_key)::text", 0),
];

const EFFECTS: &str = "task_idempotency_records";

/// What a plan does to tables.
#[derive(Default)]
struct Touched {
    tables: BTreeSet<String>,
    written: BTreeSet<String>,
    /// The parameters by which rows of sessions are found or written.
    keys: BTreeSet<String>,
    /// The parameters by which records of effects are.
    effects: BTreeSet<String>,
    /// Places where a keyed table is touched without its key.
    unkeyed: Vec<String>,
}

impl Touched {
    fn by(planned: &Planned) -> Self {
        let mut touched = Self::default();
        touched.walk(&planned.plan[0]["Plan"]);
        touched
    }

    fn walk(&mut self, node: &Value) {
        let inner = node["Plans"].as_array().map(Vec::as_slice).unwrap_or_default();
        if let Some(table) = node["Relation Name"].as_str() {
            self.tables.insert(table.to_owned());
            let operation = node["Operation"].as_str();
            if operation.is_some() {
                self.written.insert(table.to_owned());
            }
            if let Some((_, column, place)) = KEYED.iter().find(|(keyed, ..)| *keyed == table) {
                let key = match operation {
                    // What is written comes from the node below, in the order of the columns.
                    Some("Insert") => {
                        inner.first().and_then(|source| parameter(&source["Output"][*place], ""))
                    }
                    // The rows are found by the node below, which is looked at for itself.
                    Some(_) => return self.walk_all(inner),
                    // A bitmap's rows are found by the node below and held against the same once more.
                    None => ["Index Cond", "Recheck Cond"]
                        .iter()
                        .find_map(|cond| parameter(&node[*cond], &format!("{column} = "))),
                };
                match key {
                    Some(key) if table == EFFECTS => drop(self.effects.insert(key)),
                    Some(key) => drop(self.keys.insert(key)),
                    None => self.unkeyed.push(format!("{}: {node:#}", node["Node Type"])),
                }
            }
        }
        self.walk_all(inner);
    }

    fn walk_all(&mut self, nodes: &[Value]) {
        for node in nodes {
            self.walk(node);
        }
    }
}

/// The parameter behind `before`, as `$10`.
fn parameter(text: &Value, before: &str) -> Option<String> {
    let (_, rest) = text.as_str()?.split_once(&format!("{before}$"))?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then(|| format!("${digits}"))
}

fn row(planned: &Planned, touched: &Touched) -> String {
    let names = |tables: &BTreeSet<String>| {
        let names: Vec<_> = tables.iter().map(|table| format!("`{table}`")).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    let reads: BTreeSet<_> = touched.tables.difference(&touched.written).cloned().collect();
    let keys = touched.keys.iter().map(|key| format!("`{key}`"));
    let effects = touched.effects.iter().map(|key| format!("effect's key `{key}`"));
    let key = keys.chain(effects).collect::<Vec<_>>().join(", ");
    let key = if key.is_empty() { "none".to_owned() } else { key };
    format!("| {} | {} | {} | {key} |\n", planned.call, names(&reads), names(&touched.written))
}

#[test]
fn every_statement_of_a_session_stays_with_that_session() {
    // F44: one parameter, the session's id, finds or places every row, so no statement needs two shards.
    let Some(plans) = plans() else { return };
    let keyed: BTreeSet<_> = KEYED.iter().map(|(table, ..)| (*table).to_owned()).collect();
    let mut table = String::from("| Call | Reads | Writes | Session's id |\n|---|---|---|---|\n");
    for planned in &plans.session {
        let touched = Touched::by(planned);
        assert!(touched.unkeyed.is_empty(), "{}: {:#?}", planned.call, touched.unkeyed);
        assert!(touched.tables.is_subset(&keyed), "{}: {:?}", planned.call, touched.tables);
        let has_effect = touched.tables.contains(EFFECTS);
        assert_eq!(touched.effects.len(), usize::from(has_effect), "{}", planned.call);
        let is_of_session = touched.tables.iter().any(|table| table != EFFECTS);
        assert_eq!(touched.keys.len(), usize::from(is_of_session), "{}", planned.call);
        // Writing to a String cannot fail.
        let _ = write!(table, "{}", row(planned, &touched));
    }
    for planned in &plans.library {
        let touched = Touched::by(planned);
        assert!(touched.tables.is_disjoint(&keyed), "{}: {:?}", planned.call, touched.tables);
        assert!(touched.written.is_empty(), "{}: {:?}", planned.call, touched.written);
        let _ = write!(table, "{}", row(planned, &touched));
    }
    let (before, after) = page_around_table();
    compare("../../docs/scaling.md", &format!("{before}{table}{after}"));
}

#[test]
fn every_call_of_a_session_is_looked_at() {
    let Some(plans) = plans() else { return };
    let roles =
        [include_str!("../../port/src/session.rs"), include_str!("../../port/src/effect.rs")];
    let calls: BTreeSet<_> = roles
        .iter()
        .flat_map(|role| role.lines())
        .filter_map(|line| line.trim_start().strip_prefix("fn ")?.split_once("(&self"))
        .map(|(name, _)| name)
        // A job's, not a conversation's.
        .filter(|name| *name != "sweep_effects")
        .collect();
    let seen: BTreeSet<_> = plans.session.iter().map(|planned| planned.call).collect();
    assert!(calls.len() >= 9 && calls.is_subset(&seen), "{calls:?} but {seen:?}");
}

/// The page on either side of its table of statements.
fn page_around_table() -> (String, String) {
    let (begin, end) = ("<!-- statements -->\n", "<!-- end of statements -->");
    let page = page();
    let (before, rest) = page.split_once(begin).expect("the table begins");
    let (_, after) = rest.split_once(end).expect("the table ends");
    (format!("{before}{begin}"), format!("{end}{after}"))
}

/// The page as committed.
pub(crate) fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scaling.md");
    std::fs::read_to_string(path).expect("the page is there")
}

//! What questions of a flow have alike, kept once: most have the same rules, and many the same options.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::node::options::Options;
use super::node::question::Question;
use crate::answer::AnswerOption;

/// How many are remembered of each kind: every question is compared with all of them.
const LIMIT: usize = 8;

/// The first options and rules of a flow that differ from each other.
#[derive(Default)]
pub(super) struct Alike {
    options: Vec<Arc<[AnswerOption]>>,
    rules: Vec<Arc<Map<String, Value>>>,
}

impl Alike {
    /// Lets a question have what an earlier one has, where that is equal.
    pub(super) fn share(&mut self, question: &mut Question) {
        once(&mut self.rules, &mut question.extras.constant);
        if let Options::Constant(options) = &mut question.options {
            once(&mut self.options, options);
        }
    }
}

fn once<T: ?Sized + PartialEq>(known: &mut Vec<Arc<T>>, own: &mut Arc<T>) {
    match known.iter().find(|known| ***known == **own) {
        Some(equal) => *own = Arc::clone(equal),
        None if known.len() < LIMIT => known.push(Arc::clone(own)),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use crate::answer::AnswerOption;
    use crate::flow::node::NodeKind;
    use crate::flow::node::options::Options;
    use crate::{Flow, FlowDefinition};

    #[test]
    fn equal_options_are_kept_once_and_others_are_kept() {
        let ask = |id: &str, options: [&str; 2]| {
            json!({"id": id, "type": "question", "content": {
                "question": "Well?", "input_type": "choice", "variable": "temp.x", "options": options,
            }})
        };
        let flow = json!({
            "entry_node_id": "a",
            "nodes": [ask("a", ["yes", "no"]), ask("b", ["tea", "milk"]), ask("c", ["yes", "no"])],
            "connections": [{"source": "a", "target": "b"}, {"source": "b", "target": "c"}],
        });
        let flow = Flow::compile(&FlowDefinition::read(&flow).0.unwrap(), 1).flow.unwrap();
        let parts = |id: &str| {
            let NodeKind::Question(question) = &flow.find(&id.into()).unwrap().kind else {
                panic!("`{id}` is no question")
            };
            let Options::Constant(options) = &question.options else { panic!("no options") };
            (options, &question.extras.constant)
        };
        let [(a, rules_of_a), (b, rules_of_b), (c, _)] = ["a", "b", "c"].map(parts);
        assert!(Arc::ptr_eq(a, c) && Arc::ptr_eq(rules_of_a, rules_of_b));
        let first = |options: &[AnswerOption]| options[0].to_value()["value"].clone();
        assert_eq!([first(a), first(b)], ["yes", "tea"]);
    }
}

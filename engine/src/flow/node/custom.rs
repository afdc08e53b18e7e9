//! Nodes of a type that the host registered.

use std::sync::Arc;

use serde_json::Value;

use super::fields::Fields;
use crate::check::{Code, Report};
use crate::extend::CustomNode;
use crate::value::shape::Shape;

/// Does what the host's handler does.
#[derive(Debug)]
pub(crate) struct Custom {
    pub(crate) node: Arc<CustomNode>,
    pub(crate) content: Shape,
}

impl Custom {
    pub(crate) fn compile(
        node: &Arc<CustomNode>,
        fields: &Fields<'_>,
        report: &mut Report,
    ) -> Self {
        for problem in node.problems(fields.map) {
            let steps = problem.at.split('/').filter(|step| !step.is_empty());
            let at = steps.fold(fields.at.clone(), |at, step| {
                at.push(step.replace("~1", "/").replace("~0", "~").as_str())
            });
            report.add(Code::NodeField, &at, problem.message).help(problem.help);
        }
        let content = Value::Object(fields.map.clone());
        let content = Shape::compile(&content, fields.at, report);
        Self { node: Arc::clone(node), content }
    }
}

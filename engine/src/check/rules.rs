//! Business rules: what a tenant demands of its flows beyond what runs (R12.40 to R12.44).

mod context;
mod defaults;
mod form;

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::composites::each_node;
use super::report::{Report, Severity};
use crate::expr::{Dialect, Program};
use crate::flow::FlowDefinition;
use context::Context;
use defaults::Native;

/// The business rules that flows are held against. [`Rules::default`] has those of the engine.
///
/// ```
/// use chatflow::{Compiler, FlowDefinition, Rules};
/// use serde_json::json;
///
/// let mut rules = Rules::default();
/// rules.add_rule(&json!({
///     "id": "no_shouting", "name": "Tone", "message": "Text is shouting", "severity": "warning",
///     "expression": "has(content.text) && content.text.matches('[A-Z]{12,}')",
///     "node_types": ["message"],
/// }))?;
/// let compiler = Compiler { rules, ..Compiler::default() };
/// let (definition, _) = FlowDefinition::read_json(r#"{"nodes": [
///     {"id": "a", "type": "message", "content": {"text": "ATTENTIONPLEASE!"}}
/// ]}"#);
/// let report = compiler.compile(&definition.ok_or("not a flow")?, 1).report;
/// assert!(report.iter().any(|found| found.id() == "no_shouting"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rules {
    /// Whether those of the engine were there first.
    has_defaults: bool,
    rules: Vec<Rule>,
}

/// A rule that nodes must keep (R12.40).
#[derive(Clone, Debug)]
pub struct Rule {
    id: Cow<'static, str>,
    name: Cow<'static, str>,
    description: Cow<'static, str>,
    message: Cow<'static, str>,
    suggested_fix: Option<Cow<'static, str>>,
    /// In lower case; all types when absent.
    node_types: Option<Vec<Cow<'static, str>>>,
    severity: Severity,
    /// Whether the severity was set; else a native rule may choose a milder one.
    is_severity_set: bool,
    enabled: bool,
    check: Check,
}

/// Tells whether a node breaks the rule.
#[derive(Clone, Debug)]
enum Check {
    Native(Native),
    Cel { text: String, program: Arc<Program> },
}

/// Why a rule was refused, or has no result.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The expression is not CEL.
    #[error("the expression does not compile: {0}")]
    Expression(String),
    /// A field is missing or of the wrong kind.
    #[error("a rule needs `{0}`")]
    Field(&'static str),
    /// No rule has this id.
    #[error("there is no rule `{0}`")]
    Unknown(String),
    /// The expression has no value for this node.
    #[error("{0}")]
    Evaluation(String),
}

impl Default for Rules {
    fn default() -> Self {
        Self { has_defaults: true, rules: defaults::rules() }
    }
}

impl Rules {
    /// No rules at all.
    pub fn empty() -> Self {
        Self { has_defaults: false, rules: Vec::new() }
    }

    /// Adds a rule in its JSON form (R12.40); it replaces a rule of the same id.
    ///
    /// # Errors
    ///
    /// [`RuleError::Expression`] with the parser's message, [`RuleError::Field`] if a field is
    /// missing or of the wrong kind.
    pub fn add_rule(&mut self, rule: &Value) -> Result<(), RuleError> {
        let rule = Rule::read(rule)?;
        match self.rules.iter_mut().find(|known| known.id == rule.id) {
            Some(known) => *known = rule,
            None => self.rules.push(rule),
        }
        Ok(())
    }

    /// Removes a rule; nothing happens if there is none of this id.
    pub fn remove_rule(&mut self, id: &str) {
        self.rules.retain(|rule| rule.id != id);
    }

    /// The rule of an id.
    pub fn get_rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The rules for nodes of a type, in lower case, in the order in which they are tried.
    pub fn rules_for<'a>(&'a self, node_type: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().filter(move |rule| rule.is_for(node_type))
    }

    /// What a rule says about a node: the value of its expression, which is true when the node
    /// breaks it.
    ///
    /// `context` has `node_id`, `node_type`, `content`, `content_size`, `flow` and `connections` as
    /// far as the rule needs them.
    ///
    /// # Errors
    ///
    /// [`RuleError::Unknown`], and [`RuleError::Evaluation`] if the expression has no value.
    pub fn test_rule(&self, id: &str, context: &Value) -> Result<Value, RuleError> {
        let rule = self.get_rule(id).ok_or_else(|| RuleError::Unknown(id.to_owned()))?;
        match &rule.check {
            Check::Native(native) => {
                let of = |name: &str| context.get(name).unwrap_or(&Value::Null);
                Ok(Value::Bool(native(of("content")).is_some()))
            }
            Check::Cel { program, .. } => context::evaluate(program, |name| context.get(name)),
        }
    }

    /// Whether a text may be the expression of a rule.
    pub fn validate_expression(text: &str) -> bool {
        Program::compile(text, Dialect::Condition).is_ok()
    }

    /// Turns a rule on or off; nothing happens if there is none of this id.
    pub fn set_enabled(&mut self, id: &str, enabled: bool) {
        if let Some(rule) = self.rules.iter_mut().find(|rule| rule.id == id) {
            rule.enabled = enabled;
        }
    }

    /// Changes how severe it is to break a rule; nothing happens if there is none of this id.
    pub fn set_severity(&mut self, id: &str, severity: Severity) {
        if let Some(rule) = self.rules.iter_mut().find(|rule| rule.id == id) {
            (rule.severity, rule.is_severity_set) = (severity, true);
        }
    }

    /// Holds every node of a flow, children included, against the rules.
    pub(crate) fn check(&self, definition: &FlowDefinition, report: &mut Report) {
        if !self.rules.iter().any(|rule| rule.enabled) {
            return;
        }
        let mut flow = None;
        each_node(definition, &mut |node, connections| {
            let mut context = Context::new(definition, node, connections, &mut flow);
            let kind = node.kind.as_str();
            for rule in self.rules.iter().filter(|rule| rule.enabled && rule.is_for(kind)) {
                rule.hold(&mut context, report);
            }
        });
    }
}

impl Rule {
    /// The rule's id, which diagnostics go by.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A short name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How severe it is to break the rule.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Whether flows are held against it.
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    fn is_for(&self, node_type: &str) -> bool {
        self.node_types.as_ref().is_none_or(|types| types.iter().any(|known| known == node_type))
    }

    fn hold(&self, context: &mut Context<'_>, report: &mut Report) {
        let severity = match &self.check {
            Check::Native(native) => native(&context.node.content)
                .map(|usual| if self.is_severity_set { self.severity } else { usual }),
            Check::Cel { program, .. } => match context.violates(program) {
                Ok(violated) => violated.then_some(self.severity),
                Err(error) => {
                    let message = format!("the rule `{}` has no result: {error}", self.id);
                    report
                        .add(super::Code::RuleFailed, &context.node.at, message)
                        .help("guard what may be missing with `has()`");
                    None
                }
            },
        };
        if let Some(severity) = severity {
            let message = format!("{}: {}", self.name, self.message);
            report.add_rule(&self.id, severity, &context.node.at, message).help =
                self.suggested_fix.as_deref().map(Into::into);
        }
    }
}

#[cfg(test)]
mod tests;

//! Conditions of entries, connections and actions, compiled.

use serde_json::Value;

use crate::check::{Code, Patch, Pointer, Report, Severity};
use crate::expr::{Dialect, Problem, ProblemKind, Program, without_templates};
use crate::extend::Extensions;
use crate::json_condition::JsonCondition;
use crate::value::path::Path;

/// Something that holds or does not (R2.61).
#[derive(Debug)]
pub(crate) enum Predicate {
    /// A literal; also what cannot be read.
    Constant(bool),
    /// CEL.
    Cel(Box<Program>),
    /// A JSON condition (R6.30).
    Json(Box<JsonCondition<Path, Program>>),
}

/// What an expression may be written in.
#[derive(Clone, Copy)]
pub(crate) struct Language<'a> {
    pub(crate) dialect: Dialect,
    /// Adds functions to it.
    pub(crate) extensions: &'a Extensions,
}

impl Predicate {
    /// Compiles what stands under `if`; syntax errors of CEL are reported as `syntax`.
    pub(crate) fn compile(
        value: &Value,
        extensions: &Extensions,
        at: &Pointer,
        syntax: Code,
        report: &mut Report,
    ) -> Self {
        let language = Language { dialect: Dialect::Condition, extensions };
        match value {
            Value::Bool(holds) => Self::Constant(*holds),
            Value::Number(number) => Self::Constant(number.as_f64() != Some(0.0)),
            Value::String(source) if source.trim().is_empty() => Self::Constant(false),
            Value::String(source) => compile_cel(source, language, at, syntax, report)
                .map_or(Self::Constant(false), |program| Self::Cel(Box::new(program))),
            Value::Object(_) => Self::Json(Box::new(JsonCondition::compile(
                value,
                at,
                report,
                &mut |text, at, report| compile_path(text, at, Code::ConditionJson, report),
                &mut |source, at, report| compile_cel(source, language, at, syntax, report),
            ))),
            Value::Null => Self::Constant(false),
            Value::Array(_) => {
                let message = "a list is no condition; it never holds";
                report
                    .add_as(syntax, Severity::Warning, at, message)
                    .help("write an expression, or `{\"and\": […]}`");
                Self::Constant(false)
            }
        }
    }
}

/// Compiles CEL; `None` after a syntax error has been reported.
pub(crate) fn compile_cel(
    source: &str,
    language: Language<'_>,
    at: &Pointer,
    syntax: Code,
    report: &mut Report,
) -> Option<Program> {
    match Program::compile_with(source, language.dialect, &language.extensions.functions) {
        Ok(program) => {
            for problem in program.warnings() {
                // Under which name a connection has its predicate is not known here.
                let text = Some(source).filter(|_| syntax != Code::ConnectionPredicate);
                warn(problem, text, at, syntax, report);
            }
            Some(program)
        }
        Err(problems) => {
            for problem in &problems {
                let place = if problem.line == 0 {
                    String::new()
                } else {
                    format!(" (line {}, column {})", problem.line, problem.column)
                };
                let message =
                    format!("`{source}` is not an expression: {}{place}", problem.message);
                report
                    .add(syntax, at, message)
                    .help("write CEL, e.g. `temp.genre == 'fantasy' && user.age >= 8`");
            }
            None
        }
    }
}

fn warn(problem: &Problem, text: Option<&str>, at: &Pointer, syntax: Code, report: &mut Report) {
    let unknown = if syntax == Code::ConditionSyntax {
        Code::ConditionFunction
    } else {
        Code::CelUnknownFunction
    };
    let (code, help) = match problem.kind {
        ProblemKind::UnknownFunction => {
            (unknown, "correct its name; the functions are those of CEL")
        }
        ProblemKind::TemplateInExpression => {
            (Code::CelTemplate, "write the path alone, without braces")
        }
        ProblemKind::Syntax | ProblemKind::Limit | ProblemKind::Pattern => {
            (syntax, "write CEL, e.g. `temp.genre == 'fantasy'`")
        }
    };
    let text = text.filter(|_| code == Code::CelTemplate);
    let fix = text.map(|text| Patch::replace(at, without_templates(text)));
    report.add(code, at, problem.message.clone()).help(help).fix(fix);
}

/// Reads a path; `None` after a problem has been reported as `code`.
pub(crate) fn compile_path(
    text: &str,
    at: &Pointer,
    code: Code,
    report: &mut Report,
) -> Option<Path> {
    match Path::parse(text) {
        Ok(path) => Some(path),
        Err(error) => {
            report
                .add(code, at, format!("`{text}` is not a path: {error}"))
                .help("write a path such as `temp.answer`");
            None
        }
    }
}

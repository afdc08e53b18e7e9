//! Compiled expressions.

use cel_interpreter::common::ast::IdedExpr;

use super::{
    Dialect,
    error::{Error, Problem, ProblemKind},
    eval::Evaluation,
    host::HostFunctions,
    lower::{Lower, Lowered, Warning},
    meter::Budget,
    node::Node,
    source::Source,
    syntax,
    value::Value,
};

use crate::table::sort_by_key;

/// A compiled expression: immutable, shared between threads, evaluated any number of times.
#[derive(Debug)]
pub(crate) struct Program {
    tree: Node,
    roots: Box<[Box<str>]>,
    warnings: Vec<Problem>,
}

impl Program {
    /// Compiles a text. Every problem that keeps it from being an expression is reported.
    pub(crate) fn compile(source: &str, dialect: Dialect) -> Result<Self, Vec<Problem>> {
        Self::compile_with(source, dialect, &HostFunctions::default())
    }

    /// As [`Program::compile`], with functions of the host.
    pub(crate) fn compile_with(
        source: &str,
        dialect: Dialect,
        functions: &HostFunctions,
    ) -> Result<Self, Vec<Problem>> {
        let source = Source::new(source);
        let parsed = syntax::parse(&source)?;
        let lowered = Lower::lower(&parsed, dialect, functions)
            .map_err(|refusal| vec![syntax::whole(refusal.kind, refusal.message)])?;
        let templates = source.template_places().map(|(line, column)| Problem {
            line,
            column,
            message: "`{{…}}` is not needed in an expression: write the path alone".to_owned(),
            kind: ProblemKind::TemplateInExpression,
        });
        let warning = |Warning { kind, call, message }| {
            let (line, column) = source.call_place(&call);
            Problem { line, column, message, kind }
        };
        let mut warnings: Vec<_> =
            templates.chain(lowered.warnings.into_iter().map(warning)).collect();
        sort_by_key(&mut warnings, |problem| (problem.line, problem.column));
        Ok(Self { tree: lowered.root, roots: lowered.roots.into(), warnings })
    }

    /// A part of a parsed text by itself, without warnings and without functions of the host.
    pub(super) fn of_parsed(parsed: &IdedExpr, dialect: Dialect) -> Lowered<Self> {
        let lowered = Lower::lower(parsed, dialect, &HostFunctions::default())?;
        Ok(Self { tree: lowered.root, roots: lowered.roots.into(), warnings: Vec::new() })
    }

    /// What an author should know although the expression compiles.
    pub(crate) fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The first segments of all free names, each once, in the order of their first use. The
    /// position is the slot of [`Program::eval`].
    ///
    /// A name that is also a type (`int`, `list`, …) is among them: the type is meant where its
    /// slot is empty and it names a CEL type.
    pub(crate) fn roots(&self) -> &[Box<str>] {
        &self.roots
    }

    pub(super) fn tree(&self) -> &Node {
        &self.tree
    }

    /// Evaluates with `roots` in the slots of [`Program::roots`]. An empty or absent slot is an
    /// error when it is evaluated, which `&&`, `||` and `?:` may pass by.
    pub(crate) fn eval<'a>(
        &'a self,
        roots: &'a [Option<Value<'a>>],
        budget: Budget,
    ) -> Result<Value<'a>, Error> {
        self.eval_counted(roots, budget).0
    }

    /// As [`Program::eval`], with the steps that it took.
    pub(crate) fn eval_counted<'a>(
        &'a self,
        roots: &'a [Option<Value<'a>>],
        budget: Budget,
    ) -> (Result<Value<'a>, Error>, u64) {
        let mut evaluation = Evaluation::new(self, roots, budget);
        let result = evaluation.eval(&self.tree);
        (result, evaluation.meter.spent())
    }
}

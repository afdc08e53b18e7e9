//! From text to the parser's tree, with limits before and messages after.

use cel_interpreter::{ParseError, common::ast::IdedExpr, parser::PrattParser};

use super::{
    error::{Problem, ProblemKind},
    source::Source,
};

/// The longest text, in characters (R6.8).
const LENGTH: usize = 4096;
/// Calls and parentheses in a text. The parser copies the receiver of every call, so that a long
/// chain of calls takes quadratic time.
const PARENTHESES: usize = 256;
/// The largest tree, in nodes.
pub(super) const NODES: usize = 2000;

/// Parses a text into the tree of the CEL crate.
pub(super) fn parse(source: &Source<'_>) -> Result<IdedExpr, Vec<Problem>> {
    let text = source.parsed();
    if let Some(message) = too_large(text) {
        return Err(vec![whole(ProblemKind::Limit, message)]);
    }
    let parser = PrattParser::new()
        .enable_optional_syntax(true)
        .enable_ident_escape_syntax(true)
        .max_expression_node_count(NODES);
    parser.parse(text).map_err(|refused| {
        let mut problems: Vec<_> =
            refused.errors.iter().map(|error| problem(source, error)).collect();
        // A letter that CEL does not know is reported once for each of its bytes.
        problems.dedup_by_key(|problem| (problem.line, problem.column));
        if let Some((line, column)) = source.unread_place() {
            let message = "`{{…}}` must hold a plain path such as `temp.answer`".to_owned();
            problems.insert(0, Problem { line, column, message, kind: ProblemKind::Syntax });
        }
        problems
    })
}

fn too_large(text: &str) -> Option<&'static str> {
    if text.len() > LENGTH && text.chars().count() > LENGTH {
        return Some("the expression is longer than 4096 characters");
    }
    if text.bytes().filter(|b| *b == b'(').count() > PARENTHESES {
        return Some("the expression has more than 256 parentheses");
    }
    None
}

/// A problem of the expression as a whole.
pub(super) fn whole(kind: ProblemKind, message: impl Into<String>) -> Problem {
    Problem { line: 0, column: 0, message: message.into(), kind }
}

fn problem(source: &Source<'_>, error: &ParseError) -> Problem {
    let (Ok(line), Ok(column)) = (usize::try_from(error.pos.0), usize::try_from(error.pos.1))
    else {
        return whole(ProblemKind::Syntax, error.msg.as_str());
    };
    if line == 0 {
        return whole(ProblemKind::Limit, error.msg.as_str());
    }
    let lines = source.parsed().split_inclusive('\n');
    let start: usize = lines.take(line.saturating_sub(1)).map(str::len).sum();
    let offset = start.saturating_add(column.saturating_sub(1));
    let rest = source.parsed().get(offset..).unwrap_or_default();
    let (line, column) = source.place(offset);
    Problem { line, column, message: message(&error.msg, rest), kind: ProblemKind::Syntax }
}

/// The parser's message in our words, with a hint where the text at the place suggests one.
fn message(parser: &str, rest: &str) -> String {
    let parser = parser.strip_prefix("Syntax error: ").unwrap_or(parser);
    let plain = match parser
        .strip_prefix("mismatched input ")
        .and_then(|m| m.split_once(" expecting "))
    {
        Some(("<EOF>", wanted)) => format!("missing `{}` at the end", wanted.trim_matches('\'')),
        Some((found, "<EOF>")) => format!("unexpected `{}`", unquoted(found)),
        Some((found, wanted)) => {
            format!("unexpected `{}` where `{}` is missing", unquoted(found), unquoted(wanted))
        }
        None => parser.to_owned(),
    };
    match hint(rest) {
        Some(hint) => format!("{plain}: {hint}"),
        None => plain,
    }
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text)
}

fn hint(rest: &str) -> Option<&'static str> {
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
    match word.to_ascii_lowercase().as_str() {
        "and" => return Some("write `&&`"),
        "or" => return Some("write `||`"),
        _ => {}
    }
    match rest.chars().next()? {
        '=' => Some("write `==` to compare"),
        '*' => Some("write `pow(x, y)` for a power"),
        '‘' | '’' | '“' | '”' => Some("write straight quotes"),
        _ => None,
    }
}

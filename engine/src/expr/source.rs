//! The text of an expression: `{{path}}` becomes a plain path, and places are told as the author
//! sees them.

use std::borrow::Cow;

use cel_interpreter::parser::pratt_parser::{Lexer, LexerPosition, Token, TokenKind};

/// An expression as written and as parsed.
pub(super) struct Source<'s> {
    written: &'s str,
    parsed: Cow<'s, str>,
    templates: Vec<Template>,
    /// The first `{{` that holds no path.
    unread: Option<usize>,
}

/// The text with every `{{path}}` written as the plain path that it is read as.
pub(crate) fn without_templates(written: &str) -> String {
    let source = Source::new(written);
    let mut plain = String::with_capacity(written.len());
    let mut copied = 0;
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    for Template { written: (start, end), parsed: (from, to) } in &source.templates {
        plain.push_str(written.get(copied..*start).unwrap_or_default());
        if joins(plain.chars().next_back()) {
            plain.push(' ');
        }
        plain.push_str(source.parsed.get(*from..*to).unwrap_or_default());
        if joins(written.get(*end..).and_then(|rest| rest.chars().next())) {
            plain.push(' ');
        }
        copied = *end;
    }
    plain.push_str(written.get(copied..).unwrap_or_default());
    plain
}

/// A `{{path}}` (R6.9): where it stands in the written text, and its path in the parsed one.
#[derive(Clone, Copy)]
struct Template {
    written: (usize, usize),
    parsed: (usize, usize),
}

impl<'s> Source<'s> {
    /// Replaces every `{{path}}` outside string literals and comments by the path. Anything else in
    /// double braces is left for the parser to refuse.
    pub(super) fn new(written: &'s str) -> Self {
        let mut source =
            Self { written, parsed: Cow::Borrowed(written), templates: Vec::new(), unread: None };
        if written.contains("{{") {
            source.replace_templates();
        }
        source
    }

    fn replace_templates(&mut self) {
        let mut parsed = String::with_capacity(self.written.len());
        let mut lexer = Lexer::new(self.written);
        let (mut copied, mut previous) = (0, None);
        loop {
            let token = lexer.lex();
            if token.kind == TokenKind::TokEnd {
                break;
            }
            let opened = opens_template(previous, token);
            previous = Some(token);
            if !opened {
                continue;
            }
            let start = token.end.saturating_sub(2);
            let Some((path, end)) = template(self.written, token.end) else {
                self.unread.get_or_insert(start);
                continue;
            };
            parsed.push_str(self.written.get(copied..start).unwrap_or_default());
            parsed.push(' ');
            let at = parsed.len();
            parsed.push_str(&path);
            let template = Template { written: (start, end), parsed: (at, parsed.len()) };
            parsed.push(' ');
            self.templates.push(template);
            lexer.restore_position(LexerPosition {
                pos: end,
                at_end: false,
                done: false,
                err: None,
            });
            (copied, previous) = (end, None);
        }
        parsed.push_str(self.written.get(copied..).unwrap_or_default());
        self.parsed = Cow::Owned(parsed);
    }

    pub(super) fn parsed(&self) -> &str {
        &self.parsed
    }

    /// Where each `{{path}}` stands.
    pub(super) fn template_places(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.templates.iter().map(|template| place(self.written, template.written.0))
    }

    /// Where a `{{` stands that holds no path, if any.
    pub(super) fn unread_place(&self) -> Option<(u32, u32)> {
        self.unread.map(|offset| place(self.written, offset))
    }

    /// The line and column, as written, of an offset in the parsed text.
    pub(super) fn place(&self, offset: usize) -> (u32, u32) {
        let passed = self.templates.iter().rfind(|template| template.parsed.0 <= offset);
        let written = match passed {
            None => offset,
            Some(template) if offset <= template.parsed.1 => template.written.0,
            Some(template) => {
                let beyond = offset.saturating_sub(template.parsed.1).saturating_sub(1);
                template.written.1.saturating_add(beyond)
            }
        };
        place(self.written, written)
    }

    /// Where a function of this name is first called.
    pub(super) fn call_place(&self, name: &str) -> (u32, u32) {
        let mut lexer = Lexer::new(&self.parsed);
        let mut candidate = None;
        loop {
            let token = lexer.lex();
            if token.kind == TokenKind::TokEnd {
                return (0, 0);
            }
            if token.kind == TokenKind::TokIdent {
                let text = self.parsed.get(token.start..token.end);
                candidate = (text == Some(name)).then_some(token.start);
            } else if token.kind == TokenKind::TokLeftParen
                && let Some(offset) = candidate
            {
                return self.place(offset);
            } else if token.kind != TokenKind::TokWhitespace {
                candidate = None;
            }
        }
    }
}

/// Whether a token and the one before it are `{{` without a gap.
fn opens_template(previous: Option<Token>, token: Token) -> bool {
    token.kind == TokenKind::TokLeftBrace
        && previous.is_some_and(|p| p.kind == TokenKind::TokLeftBrace && p.end == token.start)
}

/// The path between `from` and the next `}}`, as CEL, and the end of the braces.
fn template(text: &str, from: usize) -> Option<(String, usize)> {
    let (path, _) = text.get(from..)?.split_once("}}")?;
    Some((cel_path(path.trim())?, from.checked_add(path.len())?.checked_add(2)?))
}

/// A path of R5.10 and R5.12 as CEL: `a.0['b c'].d-e` is `a[0]['b c']['d-e']`.
fn cel_path(path: &str) -> Option<String> {
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (root, mut rest) = path.split_at_checked(end)?;
    if !is_name(root) {
        return None;
    }
    let mut cel = root.to_owned();
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('.') {
            let end = tail.find(['.', '[']).unwrap_or(tail.len());
            let (segment, after) = tail.split_at_checked(end)?;
            cel.push_str(&field(segment)?);
            rest = after;
        } else {
            let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
            cel.push_str(&index(inside.trim())?);
            rest = after;
        }
    }
    Some(cel)
}

fn field(segment: &str) -> Option<String> {
    if is_name(segment) {
        return Some(format!(".{segment}"));
    }
    if is_number(segment) {
        return Some(format!("[{segment}]"));
    }
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    (!segment.is_empty() && segment.chars().all(plain)).then(|| format!("['{segment}']"))
}

fn index(inside: &str) -> Option<String> {
    if inside == "-1" {
        return Some(".last().value()".to_owned());
    }
    let quoted = ['\'', '"'].into_iter().any(|quote| {
        let text = inside.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
        text.is_some_and(|text| !text.contains([quote, '\\', '\n']))
    });
    (is_number(inside) || quoted).then(|| format!("[{inside}]"))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether CEL reads this as a name after a dot.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !matches!(text, "true" | "false" | "null" | "in")
}

/// The line and column, from 1 and in characters, of an offset in bytes.
fn place(text: &str, offset: usize) -> (u32, u32) {
    let end = (0..=offset.min(text.len())).rfind(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let before = text.get(..end).unwrap_or_default();
    let line = before.bytes().filter(|b| *b == b'\n').count();
    let column = before.chars().rev().take_while(|c| *c != '\n').count();
    let from_one = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
    (from_one(line), from_one(column))
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn templates_become_paths_outside_strings() {
        // R6.9
        for (written, parsed) in [
            ("{{temp.a}} > 1", " temp.a  > 1"),
            ("{{ temp.a }}+{{b}}", " temp.a + b "),
            ("'{{temp.a}}' == r\"{{b}}\"", "'{{temp.a}}' == r\"{{b}}\""),
            ("x // {{temp.a}}", "x // {{temp.a}}"),
            ("{{a.0.b}}", " a[0].b "),
            ("{{a[0]['b c'].d-e}}", " a[0]['b c']['d-e'] "),
            ("{{a[-1]}}", " a.last().value() "),
            ("{{user.in}}", " user['in'] "),
            ("{{}} {{a b}} {{secret:k}} {{1}} {{a", "{{}} {{a b}} {{secret:k}} {{1}} {{a"),
            ("{'a': {'b': 1}}", "{'a': {'b': 1}}"),
            ("{{a['}}", "{{a['}}"),
        ] {
            assert_eq!(Source::new(written).parsed(), parsed);
        }
    }

    #[test]
    fn places_are_those_of_the_written_text() {
        let source = Source::new("é {{ a.0 }} +\n bad({{b}})");
        assert_eq!(source.template_places().collect::<Vec<_>>(), [(1, 3), (2, 6)]);
        assert_eq!(source.call_place("bad"), (2, 2));
        assert_eq!(source.call_place("absent"), (0, 0));
        let plus = source.parsed().find('+').unwrap();
        assert_eq!(source.place(plus), (1, 13));
    }
}

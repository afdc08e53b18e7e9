//! The SQL in a Rust source: literals, `concat!` and macros that stand for a text.

/// A piece of a source that matters here.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    /// `name!(`, with the pieces up to its end.
    Macro(String, Vec<Self>),
}

/// What a local macro stands for, with whatever it is given behind it.
type Macros = Vec<(String, String)>;

/// Every text of the source that is SQL, with its macros replaced.
pub(crate) fn statements(source: &str) -> Vec<String> {
    let code = without_comments(source);
    let (mut macros, mut found) = (Macros::new(), Vec::new());
    let mut rest = code.as_str();
    while let Some((before, behind)) = rest.split_once("macro_rules! ") {
        collect(&pieces(before), &macros, &mut found);
        let (name, body) = behind.split_once(' ').expect("a macro has a name");
        let (body, after) = body.split_once("\n}").expect("a macro ends");
        macros.push((name.to_owned(), text(&pieces(body), &macros)));
        rest = after;
    }
    collect(&pieces(rest), &macros, &mut found);
    found
}

fn without_comments(source: &str) -> String {
    let code = |line: &&str| !line.trim_start().starts_with("//");
    source.lines().filter(code).collect::<Vec<_>>().join("\n")
}

fn collect(pieces: &[Piece], macros: &Macros, found: &mut Vec<String>) {
    for piece in pieces {
        let sql = text(std::slice::from_ref(piece), macros);
        let is_sql = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"]
            .iter()
            .any(|word| sql.trim_start().starts_with(word));
        match piece {
            _ if is_sql => found.push(sql),
            Piece::Macro(_, inner) => collect(inner, macros, found),
            Piece::Text(_) => {}
        }
    }
}

/// The texts one after the other, those of local macros in their places.
fn text(pieces: &[Piece], macros: &Macros) -> String {
    let of = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Macro(name, inner) => {
            let own = macros.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
            own.unwrap_or_default().to_owned() + &text(inner, macros)
        }
    };
    pieces.iter().map(of).collect()
}

fn pieces(code: &str) -> Vec<Piece> {
    let mut rest = code;
    until_closed(&mut rest)
}

/// Pieces up to the bracket that closes, or to the end.
fn until_closed(rest: &mut &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut depth = 0_u32;
    while let Some(sign) = rest.chars().next() {
        let name_ends = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if sign == '"' {
            found.push(Piece::Text(literal(rest)));
        } else if name_ends > 0 {
            let (name, behind) = rest.split_at(name_ends);
            *rest = behind;
            if let Some(inner) = behind.strip_prefix("!(") {
                *rest = inner;
                found.push(Piece::Macro(name.to_owned(), until_closed(rest)));
            }
        } else {
            *rest = rest.strip_prefix(sign).unwrap_or_default();
            match sign {
                '(' => depth = depth.saturating_add(1),
                ')' if depth == 0 => return found,
                ')' => depth = depth.saturating_sub(1),
                // A character that could be taken for the begin of a text.
                '\'' => *rest = rest.strip_prefix("\"'").unwrap_or(rest),
                _ => {}
            }
        }
    }
    found
}

/// The text at the begin of `rest`, which goes on behind it.
fn literal(rest: &mut &str) -> String {
    let mut text = String::new();
    let mut signs = rest.char_indices().skip(1);
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' => {
                *rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
                return text;
            }
            '\\' => text.extend(signs.next().map(|(_, escaped)| escaped)),
            _ => text.push(sign),
        }
    }
    *rest = "";
    text
}

#[test]
fn sql_is_found_with_its_macros_replaced() {
    let source = r#"
//! "SELECT nothing"
macro_rules! shown {
    () => {
        "c.is_active"
    };
}
macro_rules! row {
    ($rest:literal) => {
        concat!("SELECT * FROM t ", $rest)
    };
}
const A: &str = concat!("SELECT 1 WHERE ", shown!(), " AND 2");
fn f() { let sql = row!("WHERE x = '\"'"); g("a name", sql).h("DELETE FROM t"); }
"#;
    let found = statements(source);
    let expected =
        ["SELECT 1 WHERE c.is_active AND 2", "SELECT * FROM t WHERE x = '\"'", "DELETE FROM t"];
    assert_eq!(found, expected);
}

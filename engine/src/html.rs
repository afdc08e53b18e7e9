//! Markup that authors write, reduced to what every page may show (R13.7, R13.8, F7).
//!
//! What is recognised is written anew; everything else is escaped or dropped. The result is
//! balanced, and cleaning it again changes nothing.

mod attribute;
mod style;
mod tag;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::check::{Pointer, Report};
use crate::unicode::lowercase;
use crate::value::template::Template;
use attribute::push_text;
use tag::{Kind, Scan, Tag};

/// Markup after cleaning.
#[derive(Debug, Default)]
pub(crate) struct Cleaned {
    /// What may be shown.
    pub(crate) html: String,
    /// What was dropped first, in words.
    pub(crate) dropped: Option<String>,
    /// What could have run a script, in words.
    pub(crate) dangerous: Option<String>,
}

/// Elements may be nested so deep; inside, only text is kept.
const DEPTH: usize = 64;

/// Cleans markup. Takes time in proportion to its length.
pub(crate) fn clean(markup: &str) -> Cleaned {
    let mut writer = Writer { out: Cleaned::default(), open: Vec::new() };
    writer.out.html.reserve(markup.len());
    let mut rest = markup;
    while let Some((text, from)) = rest.find('<').and_then(|at| rest.split_at_checked(at)) {
        push_text(text, &mut writer.out.html);
        rest = match tag::scan(from) {
            Scan::Tag(tag, after) => writer.tag(&tag, after),
            Scan::Comment(after) => {
                writer.drop("a comment");
                after
            }
            Scan::Text(text, after) => {
                push_text(text, &mut writer.out.html);
                after
            }
        };
    }
    push_text(rest, &mut writer.out.html);
    while !writer.open.is_empty() {
        writer.close_innermost();
    }
    writer.out
}

/// Appends a value as text that markup cannot come out of (R5.41).
pub(crate) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
}

/// Cleans every `rich_text` in a value that is about to be shown.
pub(crate) fn clean_within(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(clean_within),
        Value::Object(map) => {
            for (key, item) in map.iter_mut() {
                if let (Value::String(text), "rich_text") = (&mut *item, key.as_str()) {
                    *text = clean(text).html;
                } else {
                    clean_within(item);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Tells what would be left out of every `rich_text` in a value when it is shown, and as an error what
/// could run a script (F7). The pointers begin at `at`.
///
/// ```
/// # use chatflow::{Pointer, check_markup};
/// let body = serde_json::json!({"text": "1 < 2", "rich_text": "<b>3</b><script>4</script>"});
/// let report = check_markup(&body, &Pointer::root());
/// assert_eq!(report.errors().map(|found| found.at.as_str()).collect::<Vec<_>>(), ["/rich_text"]);
/// ```
pub fn check_markup(value: &Value, at: &Pointer) -> Report {
    let mut report = Report::default();
    check_within(value, at, &mut report);
    report
}

fn check_within(value: &Value, at: &Pointer, report: &mut Report) {
    match value {
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                check_within(item, &at.push(i), report);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                let at = at.push(key);
                if let (Value::String(text), "rich_text") = (item, key.as_str()) {
                    Template::compile(text, &at, &mut Report::default()).check_html(&at, report);
                } else {
                    check_within(item, &at, report);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

struct Writer {
    out: Cleaned,
    /// The open elements, outermost first.
    open: Vec<&'static str>,
}

impl Writer {
    fn drop(&mut self, what: &str) {
        self.out.dropped.get_or_insert_with(|| what.to_owned());
    }

    fn endanger(&mut self, what: String) {
        self.out.dropped.get_or_insert_with(|| what.clone());
        self.out.dangerous.get_or_insert(what);
    }

    /// Writes one tag, or leaves it out. Says where to read on.
    fn tag<'a>(&mut self, tag: &Tag<'a>, after: &'a str) -> &'a str {
        for attribute in tag.attributes() {
            if attribute.runs_script() {
                self.endanger(format!("the attribute `{}`", shortened(attribute.name)));
            }
        }
        match tag::kind(tag.name) {
            Kind::Kept(name) if tag.closes => self.close(name),
            Kind::Kept(name) => self.open(name, tag),
            Kind::Unknown => self.drop(&format!("the element `{}`", shortened(tag.name))),
            Kind::Void(name) => self.void(name, tag),
            Kind::Opaque { dangerous } => {
                let what = format!("the element `{}`", shortened(tag.name));
                if dangerous {
                    self.endanger(what);
                } else {
                    self.drop(&what);
                }
                if !tag.closes {
                    return tag::after_content(tag.name, after);
                }
            }
        }
        after
    }

    fn open(&mut self, name: &'static str, tag: &Tag<'_>) {
        self.close_implied(name);
        if self.open.len() >= DEPTH {
            return self.drop("what is nested too deep");
        }
        self.out.html.push('<');
        self.out.html.push_str(name);
        self.attributes(name, tag);
        self.out.html.push('>');
        self.open.push(name);
    }

    fn void(&mut self, name: &'static str, tag: &Tag<'_>) {
        if tag.closes {
            return self.drop(&format!("the end of `{name}`"));
        }
        if name == "hr" {
            self.close_implied(name);
        }
        let start = self.out.html.len();
        self.out.html.push('<');
        self.out.html.push_str(name);
        let shows = self.attributes(name, tag);
        if name == "img" && !shows {
            self.out.html.truncate(start);
            return self.drop("a picture without an allowed address");
        }
        self.out.html.push('>');
    }

    /// Writes the allowed attributes, each once; whether there is an address among them.
    fn attributes(&mut self, name: &'static str, tag: &Tag<'_>) -> bool {
        let mut written: Vec<&'static str> = Vec::new();
        let mut has_address = false;
        for attribute in tag.attributes() {
            // A link's `rel` is always ours.
            if name == "a" && attribute.name.eq_ignore_ascii_case("rel") {
                continue;
            }
            match attribute.allowed_on(name).filter(|key| !written.contains(key)) {
                Some(key) => {
                    written.push(key);
                    let whole = attribute.write(key, &mut self.out.html);
                    has_address |= whole && key == "src";
                    if !whole {
                        self.drop(&format!("a part of the attribute `{key}`"));
                    }
                }
                None => self.drop(&format!("the attribute `{}`", shortened(attribute.name))),
            }
        }
        if name == "a" {
            self.out.html.push_str(" rel=\"noopener noreferrer\"");
        }
        has_address
    }

    /// Closes an element and what is open inside it; the end of what is not open is left out.
    fn close(&mut self, name: &'static str) {
        if !self.open.contains(&name) {
            return self.drop(&format!("the end of `{name}`"));
        }
        while let Some(innermost) = self.close_innermost() {
            if innermost == name {
                break;
            }
            if !matches!(innermost, "p" | "li") {
                self.drop(&format!("`{innermost}` that is not closed"));
            }
        }
    }

    fn close_innermost(&mut self) -> Option<&'static str> {
        let name = self.open.pop()?;
        self.out.html.push_str("</");
        self.out.html.push_str(name);
        self.out.html.push('>');
        Some(name)
    }

    /// Closes what cannot contain the element that begins: a paragraph before a block, an item of a
    /// list before the next, a link before a link.
    fn close_implied(&mut self, name: &'static str) {
        if name == "li" {
            let inner = self.open.iter().rposition(|open| matches!(*open, "ul" | "ol"));
            let from = inner.map_or(0, |at| at.saturating_add(1));
            if self.open.iter().skip(from).any(|open| *open == "li") {
                self.close("li");
            }
        }
        let ended = if name == "a" { "a" } else { "p" };
        if (name == "a" || tag::is_block(name)) && self.open.contains(&ended) {
            self.close(ended);
        }
    }
}

/// A name short enough for a report.
fn shortened(name: &str) -> String {
    lowercase(&name.chars().take(30).collect::<String>())
}

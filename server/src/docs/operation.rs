//! One operation: what it takes, what it answers, and a form that sends it.

use serde_json::Value;

use super::html::Html;
use super::schema;

/// An operation of the description.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation<'d> {
    pub(super) method: &'d str,
    path: &'d str,
    pub(super) id: &'d str,
    pub(super) subject: &'d str,
    pub(super) summary: &'d str,
    about: &'d str,
    said: &'d Value,
}

/// All operations, in the order of their paths.
pub(super) fn all(description: &Value) -> impl Iterator<Item = Operation<'_>> {
    let paths = description.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths.flat_map(|(path, operations)| {
        let operations = operations.as_object().into_iter().flatten();
        operations.map(move |(method, said)| {
            let text = |name| said.get(name).and_then(Value::as_str).unwrap_or_default();
            Operation {
                method,
                path,
                id: text("operationId"),
                subject: said.pointer("/tags/0").and_then(Value::as_str).unwrap_or("other"),
                summary: text("summary"),
                about: text("description"),
                said,
            }
        })
    })
}

impl<'d> Operation<'d> {
    /// What it is found by.
    pub(super) fn words(&self) -> String {
        format!("{} {} {} {}", self.method, self.path, self.id, self.summary).to_lowercase()
    }

    fn parameters(&self) -> impl Iterator<Item = Parameter<'d>> {
        let parameters = self.said.get("parameters").and_then(Value::as_array);
        parameters.into_iter().flatten().map(|said| {
            let text = |name| said.get(name).and_then(Value::as_str).unwrap_or_default();
            Parameter {
                name: text("name"),
                place: text("in"),
                about: text("description"),
                is_required: said.get("required").and_then(Value::as_bool).unwrap_or_default(),
                schema: said.get("schema").unwrap_or(&Value::Null),
            }
        })
    }

    /// The media type and the schema of the body.
    fn body(&self) -> Option<(&'d str, &'d Value)> {
        content(self.said.get("requestBody")?)
    }
}

#[derive(Clone, Copy, Debug)]
struct Parameter<'d> {
    name: &'d str,
    place: &'d str,
    about: &'d str,
    is_required: bool,
    schema: &'d Value,
}

/// The one media type of a body or an answer.
fn content(said: &Value) -> Option<(&str, &Value)> {
    let (kind, content) = said.get("content")?.as_object()?.iter().next()?;
    Some((kind, content.get("schema").unwrap_or(&Value::Null)))
}

/// Writes the method as a mark; its name says more than its colour.
pub(super) fn method(html: &mut Html, method: &str) {
    html.markup("<b class=\"method ").text(method).markup("\">");
    html.text(&method.to_uppercase()).markup("</b>");
}

/// Writes an operation; it is closed until somebody wants it.
pub(super) fn write(html: &mut Html, operation: &Operation<'_>, description: &Value) {
    html.markup("<article class=\"operation\" data-words=\"").text(&operation.words());
    html.markup("\">\n<details>\n<summary>");
    method(html, operation.method);
    html.markup(" <code>").text(operation.path).markup("</code> <span>");
    html.prose(operation.summary).markup("</span></summary>\n<div id=\"");
    html.text(operation.id).markup("\">\n<p class=\"name\"><code>").text(operation.id);
    html.markup("</code>, ").markup(match operation.said.get("security") {
        Some(_) => "with a token of an account",
        None => "open to everyone",
    });
    html.markup("</p>\n");
    if !operation.about.is_empty() {
        html.markup("<p>").prose(operation.about).markup("</p>\n");
    }
    parameters(html, operation);
    if let Some((kind, said)) = operation.body() {
        let is_required =
            operation.said.pointer("/requestBody/required") == Some(&Value::Bool(true));
        html.markup("<h4>Body</h4>\n<p><code>").text(kind).markup("</code>, ");
        schema::kind(html, said);
        html.markup(if is_required { ", required" } else { ", may be left out" }).markup("</p>\n");
    }
    answers(html, operation);
    form(html, operation, description);
    html.markup("</div>\n</details>\n</article>\n");
}

fn parameters(html: &mut Html, operation: &Operation<'_>) {
    if operation.parameters().next().is_none() {
        return;
    }
    html.markup(concat!(
        "<h4>Parameters</h4>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Parameters\">",
        "<table>\n<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">In</th>",
        "<th scope=\"col\">Type</th><th scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n",
    ));
    for Parameter { name, place, about, is_required, schema } in operation.parameters() {
        html.markup("<tr><th scope=\"row\"><code>").text(name).markup("</code>");
        html.markup(if is_required { " <em>required</em>" } else { "" });
        html.markup("</th><td>").text(place).markup("</td><td>");
        schema::kind(html, schema);
        html.markup("</td><td>");
        let about = if about.is_empty() { schema::about(schema) } else { about };
        html.prose(about);
        schema::limits(html, schema);
        html.markup("</td></tr>\n");
    }
    html.markup("</tbody>\n</table></div>\n");
}

fn answers(html: &mut Html, operation: &Operation<'_>) {
    html.markup(concat!(
        "<h4>Answers</h4>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Answers\">",
        "<table>\n<thead><tr><th scope=\"col\">Status</th><th scope=\"col\">Body</th>",
        "<th scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n",
    ));
    let answers = operation.said.get("responses").and_then(Value::as_object);
    for (status, answer) in answers.into_iter().flatten() {
        let status = if status == "default" { "any other" } else { status };
        html.markup("<tr><th scope=\"row\">").text(status).markup("</th><td>");
        if let Some((kind, said)) = content(answer) {
            if kind != "application/json" {
                html.markup("<code>").text(kind).markup("</code> ");
            }
            schema::kind(html, said);
        }
        let about = answer.get("description").and_then(Value::as_str).unwrap_or_default();
        html.markup("</td><td>").prose(about);
        let headers = answer.get("headers").and_then(Value::as_object).into_iter().flatten();
        for (name, header) in headers {
            let about = header.get("description").and_then(Value::as_str).unwrap_or_default();
            html.markup("<br>Header <code>").text(name).markup("</code>: ").prose(about);
        }
        html.markup("</td></tr>\n");
    }
    html.markup("</tbody>\n</table></div>\n");
}

/// The form, which the script shows, since it cannot be sent without it.
fn form(html: &mut Html, operation: &Operation<'_>, description: &Value) {
    html.markup("<form hidden data-method=\"").text(&operation.method.to_uppercase());
    html.markup("\" data-path=\"").text(operation.path).markup("\">\n<h4>Try it</h4>\n");
    for Parameter { name, place, is_required, .. } in operation.parameters() {
        html.markup("<label><code>").text(name).markup("</code> <input name=\"").text(name);
        html.markup("\" data-in=\"").text(place).markup("\" autocomplete=\"off\"");
        html.markup(if is_required { " required" } else { "" }).markup("></label>\n");
    }
    if let Some((kind, said)) = operation.body() {
        let sample = schema::sample(said, description);
        let sample = serde_json::to_string_pretty(&sample).unwrap_or_default();
        html.markup(
            "<label>Body <textarea name=\"body\" rows=\"8\" spellcheck=\"false\" data-kind=\"",
        );
        html.text(kind).markup("\">\n").text(&sample).markup("</textarea></label>\n");
    }
    html.markup("<button>Send</button>\n<output hidden></output>\n</form>\n");
}

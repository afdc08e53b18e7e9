//! The page as a whole: a list of operations, the operations by subject, the types.

use serde_json::Value;

use super::html::Html;
use super::operation::Operation;
use super::{operation, schema};

/// Writes the page of a description.
pub(super) fn write(description: &Value) -> String {
    let subjects = subjects(description);
    let mut html = Html::default();
    let title = description.pointer("/info/title").and_then(Value::as_str).unwrap_or_default();
    let version = description.pointer("/info/version").and_then(Value::as_str).unwrap_or_default();
    let about = description.pointer("/info/description").and_then(Value::as_str);
    html.markup(concat!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
    ));
    html.text(title).markup(concat!(
        ": the interface</title>\n<link rel=\"icon\" href=\"data:,\">\n",
        "<link rel=\"stylesheet\" href=\"/v1/docs/docs.css\">\n",
        "<script type=\"module\" src=\"/v1/docs/docs.js\"></script>\n</head>\n<body>\n",
        "<a class=\"skip\" href=\"#operations\">To the operations</a>\n<header>\n<h1>",
    ));
    html.text(title).markup(" <small>").text(version).markup("</small></h1>\n<p>");
    html.prose(about.unwrap_or_default()).markup(concat!(
        " As a document: <a href=\"/v1/openapi.json\">OpenAPI 3.1</a>.</p>\n",
        "<label class=\"token\" hidden>Token for requests from this page, kept until it is left\n",
        "<input id=\"token\" type=\"password\" autocomplete=\"off\" spellcheck=\"false\"></label>\n",
        "</header>\n<div class=\"columns\">\n",
    ));
    contents(&mut html, &subjects);
    html.markup("<main id=\"operations\" tabindex=\"-1\">\n");
    for (subject, operations) in &subjects {
        html.markup("<section aria-labelledby=\"tag-")
            .text(subject.name)
            .markup("\">\n<h2 id=\"tag-");
        html.text(subject.name).markup("\">").text(subject.name).markup("</h2>\n");
        html.markup("<p>").prose(subject.about).markup("</p>\n");
        for operation in operations {
            operation::write(&mut html, operation, description);
        }
        html.markup("</section>\n");
    }
    html.markup("<section aria-labelledby=\"types\">\n<h2 id=\"types\">Types</h2>\n");
    let schemas = description.pointer("/components/schemas").and_then(Value::as_object);
    for (name, described) in schemas.into_iter().flatten() {
        html.markup("<article class=\"type\" id=\"type-").text(name).markup("\">\n<h3>");
        html.text(name).markup("</h3>\n");
        schema::whole(&mut html, described);
        html.markup("</article>\n");
    }
    html.markup("</section>\n</main>\n</div>\n</body>\n</html>\n");
    html.finish()
}

/// The list of all operations, which a field narrows down.
fn contents(html: &mut Html, subjects: &[(Subject<'_>, Vec<Operation<'_>>)]) {
    html.markup(concat!(
        "<nav aria-label=\"Operations\">\n<label class=\"find\" hidden>Find\n",
        "<input id=\"find\" type=\"search\" placeholder=\"path, name or words\"></label>\n",
    ));
    for (subject, operations) in subjects {
        html.markup("<h2><a href=\"#tag-").text(subject.name).markup("\">");
        html.text(subject.name).markup("</a></h2>\n<ul>\n");
        for operation in operations {
            html.markup("<li data-words=\"").text(&operation.words()).markup("\"><a href=\"#");
            html.text(operation.id).markup("\">");
            operation::method(html, operation.method);
            html.markup(" ").prose(operation.summary).markup("</a></li>\n");
        }
        html.markup("</ul>\n");
    }
    html.markup("<h2><a href=\"#types\">types</a></h2>\n</nav>\n");
}

/// What operations are about.
#[derive(Debug)]
struct Subject<'d> {
    name: &'d str,
    about: &'d str,
}

/// All operations by the first subject of each, in the order in which the document lists subjects.
fn subjects(description: &Value) -> Vec<(Subject<'_>, Vec<Operation<'_>>)> {
    let tags = description.get("tags").and_then(Value::as_array).into_iter().flatten();
    let text = |tag, name| Value::get(tag, name).and_then(Value::as_str).unwrap_or_default();
    let mut subjects: Vec<(Subject<'_>, Vec<Operation<'_>>)> = tags
        .map(|tag| {
            (Subject { name: text(tag, "name"), about: text(tag, "description") }, Vec::new())
        })
        .collect();
    for operation in operation::all(description) {
        let of = subjects.iter_mut().find(|(subject, _)| subject.name == operation.subject);
        if let Some((_, operations)) = of {
            operations.push(operation);
        } else {
            let subject = Subject { name: operation.subject, about: "" };
            subjects.push((subject, vec![operation]));
        }
    }
    subjects
}

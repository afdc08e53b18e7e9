//! The interface as the service describes it (S3.19).

use std::path::Path;

use crate::real::Place;

/// A change of the interface shows in review as a change of this file: `UPDATE=1` writes it.
#[test]
fn the_description_is_the_one_that_was_looked_at() {
    let place = Place::with_flows();
    let server = place.serve_signed();
    let answer = server.client().get("/v1/openapi.json");
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut text = serde_json::to_string_pretty(&answer.body).expect("JSON is written");
    text.push('\n');
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/openapi.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).expect("the file can be written");
    }
    let known = std::fs::read_to_string(&path).expect("server/openapi.json can be read");
    assert!(known == text, "run this test with UPDATE=1 and look at server/openapi.json");
}

#[test]
fn every_operation_says_what_it_takes_and_answers() {
    let place = Place::with_flows();
    let server = place.serve_signed();
    let description = server.client().get("/v1/openapi.json").body;
    let paths = description["paths"].as_object().expect("paths");
    let mut names = std::collections::BTreeSet::new();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().expect("operations") {
            let what = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{what}");
            let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
            assert!(names.insert(name.clone()), "{what}: two operations are called `{name}`");
            let answers = operation["responses"].as_object().expect("answers");
            assert!(answers.keys().any(|status| status.starts_with('2')), "{what}");
            assert!(answers.contains_key("default"), "{what}");
            for part in path.split('/').filter_map(|part| part.strip_prefix('{')) {
                let part = part.trim_end_matches('}');
                let declared = operation["parameters"].as_array().into_iter().flatten();
                let mut names = declared.map(|parameter| &parameter["name"]);
                assert!(names.any(|name| name == part), "{what}: `{part}` is not described");
            }
        }
    }
    assert!(paths.len() >= 10, "{}", paths.len());
}

/// What prose looks like in a page.
fn in_page(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let escaped = escaped.replace('"', "&quot;").replace('\'', "&#39;");
    let parts = escaped.split('`').enumerate();
    let in_turn = |(index, part): (usize, &str)| match index % 2 {
        0 => part.to_owned(),
        _ => format!("<code>{part}</code>"),
    };
    parts.map(in_turn).collect()
}

/// The page has every operation with its parameters and answers, every type, and works under its own policy.
#[test]
fn the_page_shows_all_that_is_described_and_needs_nothing_from_elsewhere() {
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    let description = client.get("/v1/openapi.json").body;
    let answer = client.get("/v1/docs");
    assert_eq!(answer.status, 200, "{answer:?}");
    let page = &answer.text;
    for (path, operations) in description["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let name = operation["operationId"].as_str().expect("a name");
            let what = format!("{method} {path}");
            let (_, shown) = page.split_once(&format!("<div id=\"{name}\">")).expect(&what);
            let (shown, _) = shown.split_once("</article>").expect("an operation ends");
            let form = format!("data-method=\"{}\" data-path=\"{path}\"", method.to_uppercase());
            assert!(shown.contains(&form), "{what}: no form");
            assert!(page.contains(&format!("href=\"#{name}\"")), "{what}: not in the list");
            let summary = in_page(operation["summary"].as_str().expect("a summary"));
            assert!(page.contains(&format!("<span>{summary}</span>")), "{what}: {summary}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().expect("a name");
                assert!(shown.contains(&format!("<code>{name}</code>")), "{what}: {name}");
            }
            for (status, answer) in operation["responses"].as_object().expect("answers") {
                let status = if status == "default" { "any other" } else { status };
                let row = format!("<tr><th scope=\"row\">{status}</th>");
                assert!(shown.contains(&row), "{what}: {status}");
                assert!(
                    answer["description"].as_str().is_some_and(|text| !text.is_empty()),
                    "{what}"
                );
            }
            let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            if let Some((_, body)) = body.as_str().and_then(|name| name.rsplit_once('/')) {
                assert!(shown.contains(&format!("<a href=\"#type-{body}\">{body}</a>")), "{what}");
                assert!(shown.contains("<textarea"), "{what}: no body to send");
            }
        }
    }
    for name in description["components"]["schemas"].as_object().expect("types").keys() {
        assert!(page.contains(&format!("id=\"type-{name}\"")), "{name}");
    }
    // Whatever the page links to within itself is there.
    for link in page.split("href=\"#").skip(1) {
        let (id, _) = link.split_once('"').expect("an attribute ends");
        assert!(page.contains(&format!(" id=\"{id}\"")), "#{id} leads nowhere");
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    for forbidden in ["<style", " style=", " onclick=", "http://", "https://cdn", "<script>"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    for (path, kind) in [("/v1/docs/docs.css", "text/css"), ("/v1/docs/docs.js", "text/javascript")]
    {
        assert!(page.contains(&format!("\"{path}\"")), "{path}");
        let asset = client.get(path);
        assert_eq!(asset.status, 200, "{path}");
        assert!(asset.header("content-type").starts_with(kind), "{path}");
        assert!(!asset.text.contains("//cdn") && !asset.text.contains("@import"), "{path}");
    }
}

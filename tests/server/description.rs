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

//! Where an answer leads: what was made, and the operations on it.

use serde_json::{Map, Value, json};

/// What a path's parameter is called in the answer that made the thing, where that is not `id`.
const NAMES: [(&str, &str); 3] =
    [("session_token", "session_token"), ("node_ref", "node_id"), ("session_id", "session_id")];

/// Where a visitor finds what to start, and a conversation with the first of it.
const FLOWS: &str = "/paths/~1v1~1chat~1flows/get/responses/200";

/// Where conversations are made, apart from where they are found afterwards.
const START: (&str, &str) = ("/v1/chat/start", "/v1/chat/sessions");

/// Adds links from each operation that makes something to all that take its id.
pub(super) fn link(document: &mut Value) {
    let Some(paths) = document.get("paths").and_then(Value::as_object).cloned() else { return };
    if let Some(listed) = document.pointer_mut(FLOWS).and_then(Value::as_object_mut) {
        let body = json!({"flow_id": "$response.body#/data/0/id"});
        let link = json!({"operationId": "postChatStart", "requestBody": body});
        listed.insert("links".to_owned(), json!({"postChatStart": link}));
    }
    for path in paths.keys() {
        let links = links_from(path, &paths);
        let place = format!("/paths/{}/post/responses/201", path.replace('/', "~1"));
        if let Some(made) = document.pointer_mut(&place).and_then(Value::as_object_mut)
            && !links.is_empty()
        {
            made.insert("links".to_owned(), Value::Object(links));
        }
    }
}

/// The links from what `POST` makes at a path.
fn links_from(path: &str, paths: &Map<String, Value>) -> Map<String, Value> {
    let below = if path == START.0 { START.1 } else { path };
    let mut links = Map::new();
    for (other, operations) in paths {
        let rest = other.strip_prefix(below).and_then(|rest| rest.strip_prefix("/{"));
        let Some((made, further)) = rest.and_then(|rest| rest.split_once('}')) else { continue };
        // Whatever else such a path names was not made here.
        if further.contains('{') {
            continue;
        }
        for operation in operations.as_object().into_iter().flat_map(Map::values) {
            let Some(name) = operation.get("operationId").and_then(Value::as_str) else { continue };
            let known = NAMES.iter().find(|(parameter, _)| *parameter == made);
            let field = known.map_or("id", |(_, field)| field);
            let mut parameters = Map::new();
            for parameter in names(below) {
                parameters
                    .insert(parameter.to_owned(), json!(format!("$request.path.{parameter}")));
            }
            parameters.insert(made.to_owned(), json!(format!("$response.body#/{field}")));
            let link = json!({"operationId": name, "parameters": parameters});
            links.insert(name.to_owned(), link);
        }
    }
    links
}

/// The parameters of a path.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_leads_to_the_operations_on_it() {
        let made = json!({"responses": {"201": {}}});
        let named = |name: &str| json!({"operationId": name});
        let mut document = json!({"paths": {
            "/flows": {"post": made},
            "/flows/{flow_id}": {"get": named("getFlow")},
            "/flows/{flow_id}/nodes": {"post": {"operationId": "postNode", "responses": {"201": {}}}},
            "/flows/{flow_id}/nodes/{node_ref}": {"put": named("putNode")},
        }});
        link(&mut document);
        let links = |path: &str| {
            let responses = &document["paths"][path]["post"]["responses"]["201"]["links"];
            responses.as_object().expect("links").clone()
        };
        let flows = links("/flows");
        assert_eq!(flows["getFlow"]["parameters"], json!({"flow_id": "$response.body#/id"}));
        assert!(flows.contains_key("postNode") && !flows.contains_key("putNode"), "{flows:?}");
        assert_eq!(
            links("/flows/{flow_id}/nodes")["putNode"]["parameters"],
            json!({"flow_id": "$request.path.flow_id", "node_ref": "$response.body#/node_id"})
        );
    }
}

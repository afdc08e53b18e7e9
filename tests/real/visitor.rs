//! A visitor with a session.

use serde_json::{Value, json};

use super::client::{Answer, Client};

/// Talks to one flow.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) client: Client,
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) csrf: String,
    /// The last good answer.
    pub(crate) turn: Value,
}

impl Visitor {
    /// Starts a conversation with the flow of this seed key.
    pub(crate) fn start(client: &Client, flow: &str, state: &Value) -> Self {
        let body = json!({"flow_id": client.flow(flow), "initial_state": state});
        Self::of(client, &client.start(&body))
    }

    /// The visitor of an answer to a start.
    pub(crate) fn of(client: &Client, started: &Answer) -> Self {
        assert_eq!(started.status, 201, "{started:?}");
        let text = |key: &str| started.body[key].as_str().expect(key).to_owned();
        Self {
            client: client.clone(),
            id: text("session_id"),
            token: text("session_token"),
            csrf: text("csrf_token"),
            turn: started.body.clone(),
        }
    }

    /// The path of this session, or of something of it.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v1/chat/sessions/{}{rest}", self.token)
    }

    /// A request that changes the session.
    pub(crate) fn change(&self, method: &str, rest: &str, body: &Value) -> Answer {
        let csrf = [("x-csrf-token", self.csrf.as_str())];
        self.client.send_json((method, &self.path(rest)), &csrf, body)
    }

    /// Answers, whatever comes of it.
    pub(crate) fn interact(&self, body: &Value) -> Answer {
        self.change("POST", "/interact", body)
    }

    /// Gives the pending question an answer that it takes.
    pub(crate) fn say(&mut self, input: impl Into<Value>) -> &Value {
        let input = input.into();
        let (revision, kind) = (self.revision(), self.pending()["input_type"].clone());
        let body = json!({"input": input, "input_type": kind, "expected_revision": revision});
        let answer = self.interact(&body);
        assert_eq!(answer.status, 200, "{answer:?}");
        self.turn = answer.body;
        assert_eq!(self.turn["validation_error"], Value::Null, "{body}: {}", self.turn);
        assert_eq!(self.revision(), revision + 1);
        &self.turn
    }

    /// The revision after the last turn.
    pub(crate) fn revision(&self) -> u64 {
        self.turn["session_updated"]["revision"].as_u64().expect("a turn has a revision")
    }

    /// The question that waits; null after the end.
    pub(crate) fn pending(&self) -> &Value {
        &self.turn["input_request"]
    }

    /// The text of the question that waits.
    pub(crate) fn question(&self) -> &str {
        self.pending()["question"]["text"].as_str().unwrap_or_default()
    }

    /// The variables after the last turn.
    pub(crate) fn state(&self) -> &Value {
        &self.turn["session_updated"]["state"]
    }

    /// What was said in the last turn.
    pub(crate) fn heard(&self) -> Vec<&str> {
        let messages = self.turn["messages"].as_array().expect("a turn has messages");
        messages.iter().filter_map(|message| message["text"].as_str()).collect()
    }

    /// The session as the server shows it.
    pub(crate) fn session(&self) -> Value {
        let answer = self.client.get(&self.path(""));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// Takes the session as the server shows it for the last turn.
    pub(crate) fn catch_up(&mut self) {
        let session = self.session();
        let updated = json!({"state": session["state"], "revision": session["revision"]});
        self.turn = json!({"input_request": session["pending"], "session_updated": updated});
    }

    /// The whole history, in pages of a thousand.
    pub(crate) fn history(&self) -> Vec<Value> {
        let mut rows: Vec<Value> = Vec::new();
        loop {
            let path = self.path(&format!("/history?limit=1000&skip={}", rows.len()));
            let page = self.client.get(&path);
            assert_eq!(page.status, 200, "{page:?}");
            let found = page.body["data"].as_array().expect("a page has rows");
            rows.extend(found.iter().cloned());
            if found.is_empty() || page.body["pagination"]["total"] == rows.len() {
                return rows;
            }
        }
    }
}

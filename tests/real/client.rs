//! A blocking HTTP client that takes every status for an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use ureq::http::{HeaderMap, Request};

/// A client of one server, or of several in turn.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    agent: ureq::Agent,
    bases: Vec<String>,
    /// Counts the requests, those of its clones too.
    sent: Arc<AtomicUsize>,
    /// Whether it asks again where the server says that it cannot answer at the moment.
    is_patient: bool,
}

/// How often a patient client asks; each of a server's connections may have been lost.
const PATIENCE: usize = 100;

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// The body if it is JSON, else null.
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn new(base: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_mins(1)))
            .build();
        Self {
            agent: config.new_agent(),
            bases: vec![base.to_owned()],
            sent: Arc::default(),
            is_patient: false,
        }
    }

    /// A client that sends each request to another server than the one before.
    pub(crate) fn in_turn(mut self, other: Self) -> Self {
        self.bases.extend(other.bases);
        self
    }

    /// A client that asks again what was answered with 503 and `Retry-After`, as the answer demands.
    pub(crate) fn patient(mut self) -> Self {
        self.is_patient = true;
        self
    }

    fn base(&self) -> &str {
        &self.bases[self.sent.fetch_add(1, Ordering::Relaxed) % self.bases.len()]
    }

    /// Sends a request; an error means that no whole answer came.
    pub(crate) fn try_send(
        &self,
        line: (&str, &str),
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let mut answer = self.send_once(line, headers, body)?;
        let later =
            |answer: &Answer| answer.status == 503 && !answer.header("retry-after").is_empty();
        for _ in 1..PATIENCE {
            if !self.is_patient || !later(&answer) {
                break;
            }
            answer = self.send_once(line, headers, body)?;
        }
        Ok(answer)
    }

    fn send_once(
        &self,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = if body.is_empty() {
            self.agent.run(request.body(()).expect("a request"))?
        } else {
            self.agent.run(request.body(body).expect("a request"))?
        };
        let text = response.body_mut().read_to_string()?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_str(&text).unwrap_or_default(),
            text,
        })
    }

    /// Sends a request that must be answered.
    pub(crate) fn send(&self, line: (&str, &str), headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_send(line, headers, body).unwrap_or_else(|error| panic!("{line:?}: {error}"))
    }

    /// Sends a JSON body.
    pub(crate) fn send_json(
        &self,
        line: (&str, &str),
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let headers = [headers, &[("content-type", "application/json")]].concat();
        self.send(line, &headers, body.to_string().as_bytes())
    }

    /// Reads an address.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(("GET", path), &[], b"")
    }

    /// Reads an address that answers with bytes: the status, the headers and the body.
    pub(crate) fn fetch(&self, path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, Vec<u8>) {
        let mut request = Request::builder().method("GET").uri(format!("{}{path}", self.base()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.agent.run(request.body(()).expect("a request"));
        let mut response = response.unwrap_or_else(|error| panic!("{path}: {error}"));
        let bytes = response.body_mut().read_to_vec().expect("a body");
        (response.status().as_u16(), response.headers().clone(), bytes)
    }

    /// Starts a conversation.
    pub(crate) fn start(&self, body: &Value) -> Answer {
        self.send_json(("POST", "/v1/chat/start"), &[], body)
    }

    /// The id of a flow that a visitor may start.
    pub(crate) fn flow(&self, seed_key: &str) -> String {
        let listed = self.get("/v1/chat/flows");
        let flows = listed.body["data"].as_array().unwrap_or_else(|| panic!("{listed:?}"));
        let flow = flows.iter().find(|flow| flow["seed_key"] == seed_key);
        let flow = flow.unwrap_or_else(|| panic!("no flow `{seed_key}` in {flows:?}"));
        flow["id"].as_str().expect("an id is text").to_owned()
    }
}

impl Answer {
    /// A header's text; empty when there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header is text"))
    }

    /// Demands an error in the form of S3.4, and that it is the request's fault.
    pub(crate) fn refuses(&self, status: u16, code: &str, what: &str) {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{what}: {self:?}"
        );
        assert!((400..500).contains(&self.status), "{what}: {self:?}");
        let detail = &self.body["detail"];
        assert!(detail.is_string() || detail.is_array(), "{what}: {self:?}");
        for fault in detail.as_array().into_iter().flatten() {
            let told = fault["loc"].is_array() && fault["msg"].is_string();
            assert!(told && fault["type"].is_string(), "{what}: {self:?}");
        }
        assert_eq!(self.header("content-type"), "application/json", "{what}");
        assert!(!self.header("x-request-id").is_empty(), "{what}: {self:?}");
        assert_eq!(self.body["request_id"], self.header("x-request-id"), "{what}");
    }
}

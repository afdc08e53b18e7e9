//! Clients that ask as fast as they are answered, each over one connection that stays open.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::body::{self, Body, Bytes};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use chatflow_benches::std1;

/// A conversation, by what is sent to go on with it.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) path: String,
    pub(crate) csrf: Option<String>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Answered with 200.
    pub(crate) turns: usize,
    /// Answered with anything else.
    pub(crate) refused: usize,
    pub(crate) wall: Duration,
    /// How long answers took, the shortest first.
    latencies: Vec<Duration>,
}

/// A connection.
pub(crate) struct Client {
    sender: SendRequest<Body>,
    host: String,
}

const ANSWERS: [&[u8]; 4] = [
    br#"{"input":"a","input_type":"choice"}"#,
    br#"{"input":"b","input_type":"choice"}"#,
    br#"{"input":"c","input_type":"choice"}"#,
    br#"{"input":"d","input_type":"choice"}"#,
];

impl Asked {
    pub(crate) fn per_second(&self) -> f64 {
        count(self.turns) / self.wall.as_secs_f64()
    }

    /// The latency that so many of a thousand answers kept to, in milliseconds.
    pub(crate) fn latency(&self, of_thousand: usize) -> f64 {
        let last = self.latencies.len() - 1;
        self.latencies[last.min(self.latencies.len() * of_thousand / 1000)].as_secs_f64() * 1e3
    }
}

/// A number of things as a figure.
pub(crate) fn count(things: usize) -> f64 {
    f64::from(u32::try_from(things).expect("few things"))
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(std::io::Error::other)?;
        tokio::spawn(connection);
        Ok(Self { sender, host: address.to_string() })
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        csrf: Option<&str>,
        body: impl Into<Body>,
    ) -> hyper::Result<(StatusCode, Bytes)> {
        let mut request = Request::builder().method(method).uri(path).header("host", &self.host);
        request = request.header("content-type", "application/json");
        if let Some(csrf) = csrf {
            request = request.header("x-csrf-token", csrf);
        }
        let request = request.body(body.into()).expect("a request is sound");
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        let body = body::to_bytes(Body::new(answer.into_body()), 1 << 20).await;
        Ok((status, body.expect("an answer is short")))
    }
}

/// Starts conversations with the flow of this key.
pub(crate) async fn start(
    address: SocketAddr,
    seed_key: &str,
    how_many: usize,
) -> Vec<Conversation> {
    let mut client = Client::connect(address).await.expect("the service listens");
    let (status, flows) =
        client.ask(Method::GET, "/v1/chat/flows", None, "").await.expect("an answer");
    assert_eq!(status, StatusCode::OK);
    let flows: Value = serde_json::from_slice(&flows).expect("JSON");
    let flow = flows["data"].as_array().and_then(|flows| {
        flows.iter().find(|flow| flow["seed_key"] == seed_key).map(|flow| flow["id"].clone())
    });
    let mut state = std1::initial_state();
    // The service keeps these places for itself.
    let own = state.as_object_mut().expect("an object");
    own.remove("system");
    let body = json!({"flow_id": flow.expect("the flow was imported"), "initial_state": state});
    let mut conversations = Vec::with_capacity(how_many);
    for _ in 0..how_many {
        let text = body.to_string();
        let (status, answer) =
            client.ask(Method::POST, "/v1/chat/start", None, text).await.expect("an answer");
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        let text = |key: &str| answer[key].as_str().expect("a text").to_owned();
        let path = format!("/v1/chat/sessions/{}/interact", text("session_token"));
        conversations.push(Conversation { path, csrf: Some(text("csrf_token")) });
    }
    conversations
}

/// Goes on with all conversations over so many connections, each of which has its own share of them.
pub(crate) async fn go_on(
    address: SocketAddr,
    conversations: &[Conversation],
    connections: usize,
    sample: Duration,
) -> Asked {
    let mut clients = JoinSet::new();
    let began = Instant::now();
    for n in 0..connections {
        let share: Vec<_> = conversations.iter().skip(n).step_by(connections).cloned().collect();
        clients.spawn(async move {
            let mut client = Client::connect(address).await.expect("the service listens");
            let (mut latencies, mut refused) = (Vec::new(), 0);
            for (turn, conversation) in share.iter().cycle().enumerate() {
                if began.elapsed() >= sample {
                    break;
                }
                let Conversation { path, csrf } = conversation;
                let asked = Instant::now();
                let answer = ANSWERS[turn % ANSWERS.len()];
                let answer = client.ask(Method::POST, path, csrf.as_deref(), answer).await;
                match answer.expect("an answer").0 {
                    StatusCode::OK => latencies.push(asked.elapsed()),
                    _ => refused += 1,
                }
            }
            (latencies, refused)
        });
    }
    let (latencies, refused): (Vec<_>, Vec<_>) = clients.join_all().await.into_iter().unzip();
    let wall = began.elapsed();
    let mut latencies = latencies.concat();
    latencies.sort_unstable();
    Asked { turns: latencies.len(), refused: refused.into_iter().sum(), wall, latencies }
}

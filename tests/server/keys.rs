//! Tokens of an identity provider: its keys are fetched from where it publishes them (S2.7, S2.9, S2.12).

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::real::{Answer, Client, HILLSIDE, Place, Server};

const ME: &str = "00000000-0000-4000-8000-000000000007";

/// An identity provider on a socket of its own.
struct Provider {
    address: SocketAddr,
    /// What it answers: a status and a document.
    says: Arc<Mutex<(u16, Value)>>,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    fn start(keys: &[Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        let says = Arc::new(Mutex::new((200, json!({"keys": keys}))));
        let asked = Arc::new(AtomicUsize::new(0));
        let (said, count) = (Arc::clone(&says), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("somebody connects");
                let reader = BufReader::new(stream.try_clone().expect("a socket can be shared"));
                let lines = reader.lines().map_while(Result::ok);
                let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                assert_eq!(head[0], "GET /keys HTTP/1.1");
                count.fetch_add(1, Ordering::Relaxed);
                let (status, document) = said.lock().expect("nobody panicked").clone();
                let (text, close) = (document.to_string(), "connection: close");
                let length = text.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} X\r\n{close}\r\ncontent-length: {length}\r\n\r\n{text}"
                );
            }
        });
        Self { address, says, asked }
    }

    fn set(&self, status: u16, keys: &[Value]) {
        *self.says.lock().unwrap() = (status, json!({"keys": keys}));
    }

    /// A server that knows its callers by this provider, which it may reach as an operator says.
    fn serve(&self, place: &Place, more: &[(&str, &str)]) -> Server {
        let (url, port) =
            (format!("http://{}/keys", self.address), self.address.port().to_string());
        let settings = [
            ("FLOW_AUTH__IDENTITY", "claims"),
            ("FLOW_AUTH__MODE", "eddsa"),
            ("FLOW_AUTH__JWKS_URL", url.as_str()),
            ("FLOW_AUTH__ISSUER", "https://id.example/"),
            ("FLOW_AUTH__AUDIENCE", "chatflow"),
            ("FLOW_AUTH__CLAIMS__ROLE", "https://id.example/role"),
            ("FLOW_AUTH__CLAIMS__SCHOOL_IDS", "tenants"),
            ("FLOW_EGRESS__ALLOW_HOSTS", "127.0.0.1"),
            ("FLOW_EGRESS__ALLOW_PORTS", &port),
            ("FLOW_WEBHOOKS__ALLOW_HTTP", "true"),
        ];
        place.serve_set(&[&settings, more].concat())
    }
}

/// A pair of keys of Ed25519 from a seed, by the frame of PKCS #8.
fn pair(seed: u8) -> EncodingKey {
    let frame = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    EncodingKey::from_ed_der(&[&frame[..], &[seed; 32]].concat())
}

/// The public half, as a provider publishes it.
fn published(seed: u8, name: &str) -> Value {
    let mut key = Jwk::from_encoding_key(&pair(seed), Algorithm::EdDSA).expect("it has two halves");
    key.common.key_id = Some(name.to_owned());
    json!(key)
}

fn claims() -> Value {
    json!({
        "sub": format!("wriveted:user-account:{ME}"), "iss": "https://id.example/",
        "aud": "chatflow", "iat": 1, "exp": 4_000_000_000_u32, "name": "Ada",
        "https://id.example/role": "school_admin", "tenants": [HILLSIDE], "role": "wriveted",
    })
}

fn bearer(seed: u8, name: &str, claims: &Value) -> String {
    let header = Header { kid: Some(name.to_owned()), ..Header::new(Algorithm::EdDSA) };
    format!("Bearer {}", encode(&header, claims, &pair(seed)).expect("it can be signed"))
}

fn me(client: &Client, bearer: &str) -> Answer {
    client.send(("GET", "/v1/auth/me"), &[("authorization", bearer)], b"")
}

#[test]
fn callers_are_known_by_the_keys_that_their_provider_publishes() {
    let place = Place::with_flows();
    let provider = Provider::start(&[published(1, "one"), published(2, "two")]);
    let server = provider.serve(&place, &[]);
    let client = server.client();
    for (seed, name) in [(1, "one"), (2, "two")] {
        let known = me(&client, &bearer(seed, name, &claims()));
        let expected = json!({
            "account_type": "user", "id": ME, "type": "school_admin", "name": "Ada",
            "school_ids": [HILLSIDE], "roles": ["school_admin"],
        });
        assert_eq!((known.status, known.body), (200, expected));
    }
    assert_eq!(provider.asked.load(Ordering::Relaxed), 1, "keys are kept");
    // A key that it does not publish, another's name, other claims, and tricks with the algorithm.
    let mut elsewhere = claims();
    elsewhere["aud"] = json!("another service");
    let token = bearer(1, "one", &claims());
    let (_, rest) = token.split_once('.').expect("a token has parts");
    let secret = EncodingKey::from_secret(published(1, "one")["x"].as_str().unwrap().as_bytes());
    let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::HS256) };
    let switched = encode(&header, &claims(), &secret).expect("it can be signed");
    let refused = [
        bearer(3, "three", &claims()),
        bearer(3, "one", &claims()),
        bearer(1, "one", &elsewhere),
        // {"alg":"none","kid":"one"}
        format!("Bearer eyJhbGciOiJub25lIiwia2lkIjoib25lIn0.{rest}"),
        format!("Bearer {switched}"),
    ];
    for token in &refused {
        let answer = me(&client, token);
        answer.refuses(401, "invalid_token", token);
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    }
    // Tokens with names of keys that nobody has do not become requests to the provider.
    assert_eq!(provider.asked.load(Ordering::Relaxed), 1);
    // What is known outlives the provider.
    provider.set(500, &[]);
    assert_eq!(me(&client, &bearer(1, "one", &claims())).status, 200);
}

#[test]
fn without_any_keys_nobody_is_taken_for_a_stranger() {
    let place = Place::with_flows();
    let provider = Provider::start(&[]);
    provider.set(500, &[]);
    let server = provider.serve(&place, &[]);
    let client = server.client();
    let bearer = bearer(1, "one", &claims());
    let answer = me(&client, &bearer);
    assert_eq!((answer.status, &answer.body["code"]), (503, &json!("unavailable")), "{answer:?}");
    assert_eq!(answer.header("retry-after"), "2");
    // A conversation begun as nobody's would not be theirs later (S2.10).
    let body = json!({"flow_id": client.flow("counter")});
    let started =
        client.send_json(("POST", "/v1/chat/start"), &[("authorization", &bearer)], &body);
    assert_eq!(started.status, 503, "{started:?}");
    assert_eq!(client.start(&body).status, 201, "visitors without a token are not concerned");
    assert_eq!(provider.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn old_clients_are_told_of_a_wrong_token_as_they_know_it() {
    // S2.9
    let place = Place::with_flows();
    let provider = Provider::start(&[published(1, "one")]);
    let settings = [("FLOW_AUTH__INVALID_TOKEN_STATUS", "403"), ("FLOW_RATE__ENABLED", "true")];
    let server = provider.serve(&place, &settings);
    let client = server.client();
    let answer = me(&client, "Bearer x");
    answer.refuses(403, "invalid_token", "a word");
    assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    client.get("/v1/auth/me").refuses(401, "authentication_required", "no token");
    // Guessing is limited all the same (S4.40).
    let limited = (0..100).any(|_| me(&client, "Bearer x").status == 429);
    assert!(limited);
}

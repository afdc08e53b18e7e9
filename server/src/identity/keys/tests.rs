//! S2.7, against a provider on a socket and with a clock of the test's own.

use std::sync::atomic::{AtomicI64, Ordering};

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::identity::TokenRules;
use crate::outbound::EgressRules;
use crate::outbound::receiver::{Receiver, answer};

const USER: Uuid = Uuid::from_u128(7);

/// A key of Ed25519 from a seed, by the frame of PKCS #8.
fn pair(seed: u8) -> EncodingKey {
    let frame = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    EncodingKey::from_ed_der(&[&frame[..], &[seed; 32]].concat())
}

fn published(seed: u8, name: &str) -> Value {
    let mut key = Jwk::from_encoding_key(&pair(seed), Algorithm::EdDSA).unwrap();
    key.common.key_id = Some(name.to_owned());
    json!(key)
}

fn claims() -> Value {
    json!({"sub": format!("wriveted:user-account:{USER}"), "iat": 1, "exp": 4_000_000_000_u32})
}

fn token(seed: u8, name: Option<&str>) -> String {
    let header = Header { kid: name.map(str::to_owned), ..Header::new(Algorithm::EdDSA) };
    encode(&header, &claims(), &pair(seed)).unwrap()
}

/// A provider whose answer the test changes, and rules that trust it.
struct Provider {
    receiver: Receiver,
    says: Arc<Mutex<(u16, Value)>>,
    millis: Arc<AtomicI64>,
    rules: TokenRules,
}

impl Provider {
    async fn start(keys: &[Value]) -> Self {
        let says = Arc::new(Mutex::new((200, json!({"keys": keys}))));
        let said = Arc::clone(&says);
        let receiver = Receiver::start(move |_, _| {
            let (status, document) = said.lock().unwrap().clone();
            answer(status, "", &document.to_string())
        });
        let receiver = receiver.await;
        let millis = Arc::new(AtomicI64::new(1_000_000));
        let clock = Arc::clone(&millis);
        let outbound = Outbound::new(EgressRules::development()).unwrap();
        let outbound =
            outbound.with_clock(move || Timestamp::from_millis(clock.load(Ordering::Relaxed)));
        let rules = TokenRules::fetched("eddsa", &receiver.url("/keys"), outbound).unwrap();
        Self { receiver, says, millis, rules }
    }

    fn publish(&self, keys: &[Value]) {
        *self.says.lock().unwrap() = (200, json!({"keys": keys}));
    }

    fn break_down(&self) {
        self.says.lock().unwrap().0 = 500;
    }

    fn pass(&self, seconds: i64) {
        self.millis.fetch_add(seconds.saturating_mul(1000), Ordering::Relaxed);
    }

    /// What becomes of a token, and how often the provider has been asked.
    async fn verify(&self, token: &str) -> (&'static str, usize) {
        let verdict = match self.rules.verify(token.as_bytes()).await {
            Ok(_) => "valid",
            Err(IdentityError::InvalidToken) => "invalid",
            Err(IdentityError::KeysUnavailable) => "unavailable",
            Err(error) => panic!("{error}"),
        };
        (verdict, self.receiver.heard().len())
    }
}

#[tokio::test]
async fn keys_are_kept_ten_minutes_and_asked_for_again_when_one_is_missing() {
    let provider = Provider::start(&[published(1, "one"), published(2, "two")]).await;
    let (one, two, three) = (token(1, Some("one")), token(2, Some("two")), token(3, Some("three")));
    assert_eq!(provider.verify(&one).await, ("valid", 1));
    assert_eq!(provider.verify(&two).await, ("valid", 1));
    assert_eq!(provider.verify(&token(2, None)).await, ("valid", 1), "a token may name no key");
    assert_eq!(provider.verify(&token(2, Some("one"))).await, ("invalid", 1));
    provider.publish(&[published(2, "two"), published(3, "three")]);
    assert_eq!(provider.verify(&three).await, ("invalid", 1), "the provider was asked just now");
    provider.pass(11);
    assert_eq!(provider.verify(&three).await, ("valid", 2));
    assert_eq!(provider.verify(&one).await, ("invalid", 2));
    for n in 0..20 {
        assert_eq!(provider.verify(&token(1, Some(&n.to_string()))).await, ("invalid", 2));
    }
    provider.publish(&[published(3, "three")]);
    provider.pass(588);
    assert_eq!(provider.verify(&two).await, ("valid", 2));
    provider.pass(12);
    assert_eq!(
        provider.verify(&two).await,
        ("invalid", 3),
        "a key that was withdrawn is forgotten"
    );
    provider.pass(-5000);
    assert_eq!(provider.verify(&three).await, ("valid", 4), "a clock was put back");
}

#[tokio::test]
async fn an_outage_of_the_provider_stops_nobody_whose_key_is_known() {
    let provider = Provider::start(&[published(1, "one")]).await;
    let one = token(1, Some("one"));
    provider.break_down();
    assert_eq!(provider.verify(&one).await, ("unavailable", 1));
    assert_eq!(provider.verify(&one).await, ("unavailable", 1), "it was asked just now");
    provider.publish(&[published(1, "one")]);
    provider.pass(11);
    assert_eq!(provider.verify(&one).await, ("valid", 2));
    provider.break_down();
    provider.pass(3600);
    assert_eq!(provider.verify(&one).await, ("valid", 3));
    assert_eq!(provider.verify(&one).await, ("valid", 3));
    assert_eq!(provider.verify(&token(2, Some("two"))).await, ("unavailable", 3));
    provider.publish(&[]);
    provider.pass(11);
    assert_eq!(provider.verify(&one).await, ("valid", 4), "no keys at all are a fault, too");
}

#[tokio::test]
async fn the_algorithm_is_the_configured_one() {
    let provider = Provider::start(&[published(1, "one")]).await;
    // The public key as the secret of HS256 is how algorithms are switched.
    let public = published(1, "one")["x"].as_str().unwrap().to_owned();
    let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::HS256) };
    let secret = EncodingKey::from_secret(public.as_bytes());
    let switched = encode(&header, &claims(), &secret).unwrap();
    let own = token(1, Some("one"));
    let (_, rest) = own.split_once('.').unwrap();
    // {"alg":"none","kid":"one"}
    let none = format!("eyJhbGciOiJub25lIiwia2lkIjoib25lIn0.{rest}");
    for token in [switched.as_str(), &none, "", "a.b.c"] {
        assert_eq!(provider.verify(token).await, ("invalid", 0), "{token}");
    }
    assert_eq!(provider.verify(&own).await, ("valid", 1));
}

#[test]
fn only_keys_that_sign_tokens_are_taken() {
    let with = |name: &str, value: Value| {
        let mut key = published(1, "one");
        key[name] = value;
        key
    };
    let modulus =
        |bytes: usize| json!({"kty": "RSA", "n": "w".repeat(bytes / 3 * 4 + 2), "e": "AQAB"});
    let count = |keys: Value, algorithm| read(&json!({"keys": keys}), algorithm).len();
    let ed = |key: Value| count(json!([key]), Algorithm::EdDSA);
    assert_eq!(ed(published(1, "one")), 1);
    assert_eq!(ed(with("use", json!("enc"))), 0);
    assert_eq!(ed(with("key_ops", json!(["sign"]))), 0);
    assert_eq!(ed(with("alg", json!("RS256"))), 0);
    assert_eq!(ed(with("kty", json!("new"))), 0);
    assert_eq!(ed(json!({"kty": "oct", "k": "AAAA", "kid": "one"})), 0);
    assert_eq!(count(json!([modulus(256), modulus(128)]), Algorithm::RS256), 1);
    assert_eq!(count(json!([published(1, "one"), {"kty": 7}, 1]), Algorithm::RS256), 0);
    assert_eq!(count(json!([{"kty": 7}, null, published(1, "one")]), Algorithm::EdDSA), 1);
    assert_eq!(count(json!(vec![published(1, "one"); 100]), Algorithm::EdDSA), MOST_KEYS);
    for document in [json!(null), json!([]), json!({}), json!({"keys": {}})] {
        assert!(read(&document, Algorithm::EdDSA).is_empty());
    }
}

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chatflow::{AddressRules, HttpRequest, Outcome, TenantId, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::receiver::{Receiver, answer};
use super::{EgressRules, Excess, NameLookup, Outbound, Outgoing, SecretBook, SendError};

/// Answers each look-up with the next of a host's lists, the last from then on.
#[derive(Debug, Default)]
struct Names {
    lists: BTreeMap<&'static str, Vec<Vec<&'static str>>>,
    asked: AtomicUsize,
}

#[async_trait]
impl NameLookup for Names {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let lists = self.lists.get(host).ok_or(io::ErrorKind::NotFound)?;
        let list = lists.get(asked).or_else(|| lists.last()).unwrap();
        Ok(list.iter().map(|ip| ip.parse().unwrap()).collect())
    }
}

fn names(lists: &[(&'static str, &[&[&'static str]])]) -> Arc<Names> {
    let list = |lists: &[&[&'static str]]| lists.iter().map(|list| list.to_vec()).collect();
    let lists = lists.iter().map(|(host, lists)| (*host, list(lists))).collect();
    Arc::new(Names { lists, asked: AtomicUsize::default() })
}

fn get(url: &str) -> Outgoing {
    Outgoing {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: None,
        private_headers: Vec::new(),
        is_body_private: false,
        follows: false,
        timeout: Duration::from_secs(5),
        most_bytes: 1024,
        excess: Excess::Fails,
    }
}

fn code(result: Result<super::client::Received, SendError>) -> &'static str {
    result.map_or_else(SendError::code, |_| "sent")
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "it is a list")]
async fn no_spelling_of_a_private_place_is_connected_to() {
    // S12.4, R8.31, F48: the rules' own corpus is in the engine; this one goes all the way.
    let lookup = names(&[]);
    let outbound = Outbound::with_names(
        EgressRules {
            addresses: AddressRules { allow_http: true, ..AddressRules::default() },
            ..EgressRules::default()
        },
        Arc::clone(&lookup) as Arc<dyn NameLookup>,
    )
    .unwrap();
    for host in [
        "localhost",
        "LOCALHOST.",
        "sub.localhost",
        "metadata.google.internal",
        "printer.local",
        "router.lan",
        "nas.home.arpa",
        "intranet",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.254",
        "169.254.169.254",
        "168.63.129.16",
        "[::ffff:168.63.129.16]",
        "172.16.0.1",
        "172.31.255.254",
        "192.0.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.251",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[fc00::1]",
        "[fd12:3456::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
    ] {
        for url in [format!("http://{host}/"), format!("https://{host}:443/x")] {
            assert_eq!(code(outbound.send(&get(&url)).await), "url_forbidden", "{url}");
        }
    }
    for url in [
        "http://user@a.example/",
        "http://user:pw@a.example/",
        "http://a.example@127.0.0.1/",
        "http://a.example\\@127.0.0.1/",
        "http://127.0.0.1\\.a.example/",
        "http://a.example%2f@127.0.0.1/",
        "http://１２７.0.0.1/",
        "http://①②⑦.0.0.1/",
        "http://127。0。0。1/",
        "http://%31%32%37.0.0.1/",
        "http://[::1%25lo]/",
        "http://[fe80::1%25eth0]/",
        "http:/127.0.0.1/",
        "http:127.0.0.1",
        "http:///127.0.0.1/",
        "//127.0.0.1/",
        "ftp://a.example/",
        "file:///etc/passwd",
        "gopher://a.example/",
        "http://a.example:0/",
        "http://127.0.0.1.5/",
        "http://0x7f.0x0.0x0.0x1.0x2/",
        "http://a.example /",
        "http://a.example\t/",
        "http://a.example\r\nhost: b/",
    ] {
        assert_eq!(code(outbound.send(&get(url)).await), "url_invalid", "{url}");
    }
    for port in [1, 22, 25, 3306, 5432, 6379, 8080, 65535] {
        let url = format!("http://a.example:{port}/");
        assert_eq!(code(outbound.send(&get(&url)).await), "url_forbidden", "{url}");
    }
    assert_eq!(lookup.asked.load(Ordering::Relaxed), 0, "nothing of it was looked up");
}

#[tokio::test]
async fn a_name_with_any_private_address_is_not_connected_to() {
    // R8.32
    let private: [&[&str]; 9] = [
        &["127.0.0.1"],
        &["93.184.216.34", "10.0.0.1"],
        &["169.254.169.254"],
        &["168.63.129.16"],
        &["::1"],
        &["::ffff:10.0.0.1"],
        &["2606:4700::1111", "fd00::1"],
        &["64:ff9b::127.0.0.1"],
        &["0.0.0.0"],
    ];
    for list in private {
        let lookup = names(&[("evil.example", &[list])]);
        let outbound = Outbound::with_names(EgressRules::default(), lookup).unwrap();
        let sent = outbound.send(&get("https://EVIL.example./")).await;
        assert_eq!(code(sent), "url_forbidden", "{list:?}");
    }
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_what_was_checked_is_connected_to() {
    // R8.32: the first answer is one that may be reached, the second is not.
    let receiver = Receiver::start(|_, _| answer(200, "", "here")).await;
    let lookup = names(&[("localhost", &[&["127.0.0.1"], &["10.0.0.1"]])]);
    let outbound = Outbound::with_names(
        EgressRules::development(),
        Arc::clone(&lookup) as Arc<dyn NameLookup>,
    )
    .unwrap();
    let request = get(&format!("http://localhost:{}/", receiver.address.port()));
    assert_eq!(outbound.send(&request).await.unwrap().body, b"here");
    assert_eq!(lookup.asked.load(Ordering::Relaxed), 1);
    assert_eq!(code(outbound.send(&request).await), "url_forbidden");
    assert_eq!(lookup.asked.load(Ordering::Relaxed), 2);
    assert_eq!(receiver.heard().len(), 1);
}

#[tokio::test]
async fn redirects_are_followed_when_wanted_and_checked_each() {
    // R8.16, S12.4
    let private = ["http://10.0.0.1/", "http://[::ffff:a00:1]/", "http://evil.example/"];
    let lookup = || names(&[("evil.example", &[&["192.168.0.1"]])]);
    for place in private.into_iter().chain(["http://u:p@127.0.0.1/", "file:///etc/passwd"]) {
        let header = format!("location: {place}\r\n");
        let receiver = Receiver::start(move |_, _| answer(302, &header, "")).await;
        let outbound = Outbound::with_names(EgressRules::development(), lookup()).unwrap();
        let plain = outbound.send(&get(&receiver.url("/"))).await.unwrap();
        assert_eq!(plain.status, 302, "{place}: not followed");
        let request = Outgoing { follows: true, ..get(&receiver.url("/")) };
        let refused = code(outbound.send(&request).await);
        assert!(["url_forbidden", "url_invalid"].contains(&refused), "{place}: {refused}");
    }
    let receiver = Receiver::start(|count, _| match count {
        1 => answer(307, "location: /two\r\n", ""),
        2 => answer(303, "location: /three\r\n", ""),
        _ => answer(200, "", "arrived"),
    });
    let receiver = receiver.await;
    let outbound = Outbound::new(EgressRules::development()).unwrap();
    let headers = [("X-Key", "one"), ("Content-Type", "text/plain"), ("Host", "evil.example")];
    let request = Outgoing {
        method: "POST".to_owned(),
        follows: true,
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        body: Some(b"body".to_vec()),
        ..get(&receiver.url("/one"))
    };
    assert_eq!(outbound.send(&request).await.unwrap().body, b"arrived");
    let lines: Vec<String> =
        receiver.heard().iter().map(|text| text.lines().next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["POST /one HTTP/1.1", "POST /two HTTP/1.1", "GET /three HTTP/1.1"]);
    for (text, has_body) in receiver.heard().iter().zip([true, true, false]) {
        assert!(text.contains("x-key: one") && !text.contains("evil"), "{text}");
        assert_eq!(text.ends_with("body"), has_body, "{text}");
    }
    let round = Receiver::start(|_, _| answer(302, "location: /again\r\n", "")).await;
    let request = Outgoing { follows: true, ..get(&round.url("/")) };
    assert_eq!(outbound.send(&request).await.unwrap().status, 302);
    assert_eq!(round.heard().len(), 4);
}

#[tokio::test]
async fn what_is_for_one_origin_does_not_go_to_another() {
    // R8.16, F47
    let other = Receiver::start(|_, _| answer(200, "", "")).await;
    let header = format!("location: {}\r\n", other.url("/other"));
    let receiver = Receiver::start(move |_, _| answer(307, &header, "")).await;
    let outbound = Outbound::new(EgressRules::development()).unwrap();
    let headers = [("Authorization", "Bearer x"), ("X-Mine", "secret"), ("X-Plain", "yes")];
    let request = Outgoing {
        follows: true,
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        private_headers: vec!["x-mine".to_owned()],
        ..get(&receiver.url("/"))
    };
    outbound.send(&request).await.unwrap();
    let heard = other.heard().remove(0);
    assert!(heard.contains("x-plain: yes"), "{heard}");
    assert!(!heard.contains("authorization") && !heard.contains("x-mine"), "{heard}");
    let body = Some(b"secret".to_vec());
    let request = Outgoing { method: "POST".to_owned(), body, is_body_private: true, ..request };
    assert_eq!(code(outbound.send(&request).await), "secret_unavailable");
    assert_eq!(other.heard().len(), 1);
}

#[tokio::test]
async fn answers_are_bounded_in_time_and_size() {
    // R8.15, R8.17, S6.45
    let receiver = Receiver::start(|_, request| {
        if request.starts_with("GET /slow") {
            return String::new();
        }
        answer(200, "", &"x".repeat(2000))
    });
    let receiver = receiver.await;
    let outbound = Outbound::new(EgressRules::development()).unwrap();
    assert_eq!(code(outbound.send(&get(&receiver.url("/"))).await), "response_too_large");
    let cut = Outgoing { excess: Excess::IsCut, ..get(&receiver.url("/")) };
    assert_eq!(outbound.send(&cut).await.unwrap().body.len(), 1024);
    let slow = Outgoing { timeout: Duration::from_millis(50), ..get(&receiver.url("/slow")) };
    assert_eq!(code(outbound.send(&slow).await), "timeout");
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(code(outbound.send(&get(&format!("http://{nobody}/"))).await), "network");
    assert_eq!(code(outbound.send(&get("https://nobody.invalid/")).await), "network");
}

fn call(url: &str, with: Value) -> HttpRequest {
    let mut request = json!({"url": url, "method": "POST", "query": {}, "headers": {},
        "body": {"n": 1}, "timeout_ms": 2000, "idempotency_key": "s:n:1",
        "policy": {"total_ms": 4000, "response_bytes": 1_048_576}});
    let Value::Object(with) = with else { panic!("an object") };
    request.as_object_mut().unwrap().extend(with);
    serde_json::from_value(request).unwrap()
}

#[tokio::test]
async fn a_call_is_repeated_as_its_policy_says_and_its_breaker_opens() {
    // R8.13, R8.42 to R8.46
    let receiver = Receiver::start(|count, _| match count {
        1 => answer(503, "retry-after: 0\r\n", ""),
        2 => answer(200, "content-type: application/json\r\nset-cookie: a=1\r\n", r#"{"ok": 1}"#),
        _ => answer(500, "", "down"),
    });
    let receiver = receiver.await;
    let time = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&time);
    let outbound = Outbound::new(EgressRules::development())
        .unwrap()
        .with_clock(move || Timestamp::from_millis(clock.load(Ordering::Relaxed)));
    let retry = json!({"attempts": 2, "delay_ms": 1, "backoff": "fixed", "max_delay_ms": 1, "jitter": true});
    let breaker =
        json!({"key": "POST /", "failure_threshold": 2, "success_threshold": 1, "timeout_s": 60});
    let policy =
        json!({"total_ms": 4000, "response_bytes": 1000, "retry": retry, "breaker": breaker});
    let request = call(&receiver.url("/x"), json!({"policy": policy}));
    let Outcome::Done { value } = outbound.call(None, &request).await else { panic!() };
    assert_eq!(value["attempts"], 2);
    assert_eq!((&value["status"], &value["body"]), (&json!(200), &json!({"ok": 1})));
    assert_eq!(value["headers"].get("set-cookie"), None);
    for _ in 0..2 {
        let Outcome::Done { value } = outbound.call(None, &request).await else { panic!() };
        assert_eq!(value["status"], 500);
    }
    let rejected = |outcome| matches!(outcome, Outcome::Failed(f) if f.code == "circuit_open");
    assert!(rejected(outbound.call(None, &request).await));
    assert_eq!(receiver.heard().len(), 4);
    // The breaker of another tenant is another.
    let other = Some(TenantId(Uuid::from_u128(1)));
    assert!(!rejected(outbound.call(other, &request).await));
    time.store(60_000, Ordering::Relaxed);
    assert!(!rejected(outbound.call(None, &request).await), "a probe");
    let heard = receiver.heard().remove(0);
    assert!(heard.contains("idempotency-key: s:n:1") && heard.ends_with(r#"{"n":1}"#), "{heard}");
}

#[tokio::test]
async fn a_secret_goes_where_it_may_and_does_not_come_back() {
    // F12, F47, R8.33, R8.34
    let receiver = Receiver::start(|_, request| {
        // As it is, in base64 and percent-encoded.
        let more = if request.contains("super-s3cr3t-value") {
            "c3VwZXItczNjcjN0LXZhbHVl super%2Ds3cr3t-value"
        } else {
            ""
        };
        answer(200, "", &format!("{request} {more}"))
    });
    let receiver = receiver.await;
    let school = Uuid::from_u128(7);
    let book = json!({
        "mine": {"hosts": ["127.0.0.1"], "value": "super-s3cr3t-value"},
        "theirs": {"hosts": ["127.0.0.1"], "value": "school-s3cr3t", "schools": [school]},
        "elsewhere": {"hosts": ["api.example"], "value": "elsewhere-s3cr3t"},
        "linked": {"hosts": ["127.0.0.1"], "value": "in-url/s3cr3t", "in_url": true},
        "absent": {"hosts": ["127.0.0.1"], "env": "NO_SUCH_VARIABLE_HERE"},
    });
    let book = SecretBook::read(&book.to_string()).unwrap();
    assert!(!format!("{book:?}").contains("s3cr3t"));
    let outbound = Outbound::new(EgressRules::development()).unwrap().with_secrets(Arc::new(book));
    let with = |key: &str, at: &str| {
        let text = format!("{{{{secret:{key}}}}}");
        let mut more =
            json!({"headers": {}, "secrets": [{"key": key, "at": at, "context": "header"}]});
        let mut url = receiver.url("/x");
        if at == "/url" {
            url = format!("{url}?k={text}");
            more["secrets"][0]["context"] = json!("url");
        } else {
            more["headers"]["X-Key"] = json!(text);
        }
        call(&url, more)
    };
    let header = "/headers/X-Key";
    for (key, at, owner, sent) in [
        ("mine", header, None, true),
        ("mine", header, Some(school), false),
        ("mine", "/url", None, false),
        ("theirs", header, Some(school), true),
        ("theirs", header, None, false),
        ("theirs", header, Some(Uuid::from_u128(8)), false),
        ("elsewhere", header, None, false),
        ("linked", "/url", None, true),
        ("absent", header, None, false),
        ("unknown", header, None, false),
    ] {
        let before = receiver.heard().len();
        let outcome = outbound.call(owner.map(TenantId), &with(key, at)).await;
        let text = serde_json::to_string(&outcome).unwrap();
        assert!(!text.contains("s3cr3t"), "{key}: {text}");
        assert!(key != "mine" || !text.contains("c3VwZX"), "{text}");
        assert_eq!(receiver.heard().len() - before, usize::from(sent), "{key} {at}: {text}");
        if sent {
            assert!(receiver.heard()[before].contains("s3cr3t"), "{key}");
            assert!(text.contains("[SECRET]"), "{key}: {text}");
        } else {
            assert!(text.contains("secret_unavailable"), "{key}: {text}");
        }
    }
}

#[test]
fn a_list_of_secrets_is_refused_without_being_quoted() {
    // F47
    for (text, fault) in [
        (r#"{"a b": {"hosts": ["x"], "value": "s3cr3t"}}"#, "key"),
        (r#"{"a": {"hosts": [], "value": "s3cr3t"}}"#, "host"),
        (r#"{"a": {"value": "s3cr3t"}}"#, "line 1"),
        (r#"{"a": {"hosts": ["x"], "value": "s3cr3t", "env": "E"}}"#, "one of"),
        (r#"{"a": "s3cr3t"}"#, "line 1"),
        ("s3cr3t", "line 1"),
    ] {
        let error = SecretBook::read(text).unwrap_err().to_string();
        assert!(error.contains(fault) && !error.contains("s3cr3t"), "{error}");
    }
}

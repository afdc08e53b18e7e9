//! Events on their way to a receiver, while the receiver and the service are killed in turn: each
//! arrives, those of a session in their order, and what arrives twice says which event it is.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::json;

use crate::real::{Heard, Place, Reply, Server, Site, Visitor, run};

const SECRET: &str = "whsec_0123456789abcdef-ÄÖÜ";
const SESSIONS: usize = 6;
/// Long enough ago for every wait to be over.
const LONG_AGO: &str = "'2020-01-01T00:00:00.000Z'";

/// A way around the service, to its database.
pub(crate) struct Sql<'a> {
    pub(crate) run: &'a dyn Fn(&str),
    /// Rows of texts.
    pub(crate) rows: &'a dyn Fn(&str) -> Vec<[String; 3]>,
}

/// Verifies signatures as a receiver would, with nothing of ours: lines of JSON in, one line out.
const VERIFIER: &str = r#"
import hashlib, hmac, json, sys
good = 0
for line in sys.stdin:
    it = json.loads(line)
    key, body = it["secret"].encode(), it["body"].encode()
    mac = lambda data: hmac.new(key, data, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(it["v1"], "sha256=" + mac(body)), it
    parts = [part.split("=", 1) for part in it["v2"].split(",")]
    assert parts[0] == ["t", it["t"]], it
    assert ["v1", mac(it["t"].encode() + b"." + body)] in parts[1:], it
    assert not hmac.compare_digest(it["v1"], "sha256=" + mac(body + b" "))
    good += 1
print(good)
"#;

fn verify(heard: &[Heard]) {
    let child = Command::new("python3")
        .args(["-c", VERIFIER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        chatflow_tests::report::skipped("signatures by another program", "there is no python3");
        return;
    };
    let mut input = child.stdin.take().expect("stdin is a pipe");
    for request in heard {
        let line = json!({
            "secret": SECRET, "body": request.text, "t": request.header("x-webhook-timestamp"),
            "v1": request.header("x-webhook-signature"), "v2": request.header("x-webhook-signature-v2"),
        });
        writeln!(input, "{line}").expect("it is read");
    }
    drop(input);
    let output = child.wait_with_output().expect("python3 ends");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), heard.len().to_string());
}

/// What goes on.
struct Scene<'a> {
    sql: Sql<'a>,
    place: &'a Place,
    words: Vec<String>,
    server: Server,
    visitors: Vec<Visitor>,
    /// Whether the receiver hears and does not answer.
    holds: Arc<AtomicBool>,
}

impl Scene<'_> {
    fn serve(place: &Place, words: &[String]) -> Server {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let key = "0c".repeat(32);
        Server::start_as(&place.database(), &words, &[("FLOW_SECRETS__KEY", &key)])
    }

    fn receive(&self, at: std::net::SocketAddr) -> Site {
        receive(&self.holds, at)
    }

    /// Everybody says so many words.
    fn talk(&mut self, words: usize) {
        for number in 0..words {
            for visitor in &mut self.visitors {
                visitor.client = self.server.client();
                visitor.say(format!("word {number}"));
            }
        }
    }

    /// The server has gone, and another one comes.
    fn come_again(&mut self) {
        self.server = Self::serve(self.place, &self.words);
    }

    /// As if hours had passed.
    fn time_passes(&self) {
        let forget =
            "UPDATE webhook_subscriptions SET consecutive_failures = 0, probe_until = NULL";
        (self.sql.run)(forget);
        let now = format!(
            "UPDATE event_outbox SET next_retry_at = {LONG_AGO} WHERE status IN ('pending', 'failed')"
        );
        (self.sql.run)(&now);
        let free = format!(
            "UPDATE event_outbox SET locked_until = {LONG_AGO} WHERE status = 'processing'"
        );
        (self.sql.run)(&free);
    }

    /// The events for the receiver: ids, sessions, what became of them.
    fn events(&self) -> Vec<[String; 3]> {
        (self.sql.rows)(
            "SELECT CAST(id AS text), CAST(session_id AS text), CAST(status AS text)
             FROM event_outbox WHERE subscription_id IS NOT NULL ORDER BY seq",
        )
    }

    /// Waits until the events are as they should be.
    fn until(&self, what: &str, is_so: impl Fn(&[[String; 3]]) -> bool) {
        let began = Instant::now();
        loop {
            let events = self.events();
            if is_so(&events) {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{what}: {events:?}");
            std::thread::yield_now();
        }
    }

    fn until_all_arrived(&self) {
        self.until("all arrived", |events| {
            events.iter().all(|[_, _, status]| status == "published")
        });
    }
}

fn receive(holds: &Arc<AtomicBool>, at: std::net::SocketAddr) -> Site {
    let holds = Arc::clone(holds);
    Site::start_at(at, move |_| {
        if holds.load(Ordering::SeqCst) { Reply::Silence } else { Reply::text(204, "", "") }
    })
}

/// Holds whatever the database is; `place` has the flows of `tests/real/seed.json`.
pub(crate) fn events_survive_kills(place: &Place, sql: Sql<'_>) {
    // S6.30, S6.32, S6.33, S6.34, S6.36, S6.42, S6.43, appendix D 14
    let holds = Arc::<AtomicBool>::default();
    let mut site = receive(&holds, ([127, 0, 0, 1], 0).into());
    let address = site.address();
    let words = ["--env", "development"].map(str::to_owned).into_iter();
    let words: Vec<String> = words.chain(site.words()).collect();
    let server = Scene::serve(place, &words);
    let client = server.client();
    let account = place.user("wriveted", &[]);
    let hook = json!({
        "name": "Receiver", "url": site.url("/hook?a=b"), "secret": SECRET, "max_retries": 10,
        "timeout_seconds": 60,
    });
    let made = client.send_json(("POST", "/v1/cms/webhooks"), &[account.header()], &hook);
    assert_eq!(made.status, 201, "{made:?}");
    let visitors = (0..SESSIONS).map(|_| Visitor::start(&client, "counter", &json!({}))).collect();
    let mut scene = Scene { sql, place, words, server, visitors, holds };
    let mut heard: Vec<Heard> = Vec::new();

    scene.talk(2);
    scene.until_all_arrived();

    // The receiver is away.
    heard.extend(site.heard());
    drop(site);
    scene.talk(2);
    scene.until("some failed", |events| events.iter().any(|[_, _, status]| status == "failed"));
    site = scene.receive(address);
    scene.time_passes();
    scene.talk(1);
    scene.until_all_arrived();

    // The server is killed while the receiver thinks.
    heard.extend(site.heard());
    drop(site);
    scene.holds.store(true, Ordering::SeqCst);
    site = scene.receive(address);
    scene.talk(1);
    scene.until("some are under way", |events| {
        events.iter().filter(|[_, _, status]| status == "processing").count() >= SESSIONS
            && site.heard().len() >= SESSIONS
    });
    scene.server.kill();
    let held: BTreeSet<String> =
        site.heard().iter().map(|request| request.header("x-event-id").to_owned()).collect();
    heard.extend(site.heard());
    drop(site);
    scene.holds.store(false, Ordering::SeqCst);
    site = scene.receive(address);
    scene.time_passes();
    scene.come_again();
    scene.talk(1);
    scene.until_all_arrived();

    // It is asked to end while it delivers, which it does first.
    scene.talk(2);
    let (time, _) = scene.server.stop();
    assert!(time < Duration::from_secs(10), "{time:?}");
    let is_left = |events: &[[String; 3]]| {
        events.iter().all(|[_, _, status]| status == "published" || status == "pending")
    };
    scene.until("nothing is held by who has gone", is_left);
    scene.come_again();
    scene.until_all_arrived();
    heard.extend(site.heard());

    judge(&scene.events(), &heard, &held);
    verify(&heard);
}

fn judge(events: &[[String; 3]], heard: &[Heard], held: &BTreeSet<String>) {
    let place: BTreeMap<&str, usize> =
        events.iter().enumerate().map(|(place, [id, ..])| (id.as_str(), place)).collect();
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    let mut bodies: BTreeMap<&str, Vec<&Heard>> = BTreeMap::new();
    for request in heard {
        let id = request.header("x-event-id");
        let place = *place.get(id).unwrap_or_else(|| panic!("nobody wrote {request:?}"));
        let session = events[place][1].as_str();
        // Again is well; back is not.
        let before = last.insert(session, place);
        assert!(before.is_none_or(|before| before <= place), "{session}: {id} comes late");
        bodies.entry(id).or_default().push(request);
    }
    assert_eq!(bodies.len(), events.len(), "each arrives");
    for (id, requests) in &bodies {
        assert!(
            requests.len() == 1 || held.contains(*id),
            "{id} arrived without need: {requests:?}"
        );
        let [first, more @ ..] = requests.as_slice() else { panic!("it arrived") };
        for again in more {
            assert_eq!(again.text, first.text, "the same event is the same bytes");
            let number =
                |request: &Heard| -> u32 { request.header("x-webhook-attempt").parse().unwrap() };
            assert!(number(again) > number(first), "what is sent again says so: {again:?}");
        }
    }
    assert!(held.iter().all(|id| bodies[id.as_str()].len() == 2), "{held:?}");
    let again = |request: &&Heard| request.header("x-webhook-attempt") == "2";
    assert!(heard.iter().filter(again).count() > held.len(), "those that the receiver missed");
    assert!(heard.iter().all(|request| request.path == "/hook?a=b"));
    let kinds: BTreeSet<&str> =
        heard.iter().map(|request| request.header("x-event-type")).collect();
    assert!(kinds.contains("session_started"), "{kinds:?}");
}

#[test]
fn events_survive_kills_on_a_file() {
    let place = Place::with_flows();
    let path = place.database();
    let open = || {
        let connection = Connection::open(&path).expect("it opens");
        connection.busy_timeout(Duration::from_secs(10)).expect("a timeout");
        connection
    };
    let run = |sql: &str| {
        open().execute_batch(sql).expect("the statements run");
    };
    let rows = |sql: &str| {
        let connection = open();
        let mut statement = connection.prepare(sql).expect("a statement");
        let rows = statement.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]));
        rows.expect("it runs").map(|row| row.expect("a row")).collect()
    };
    events_survive_kills(&place, Sql { run: &run, rows: &rows });
}

/// A place beside a Postgres database, with the flows of `tests/real/seed.json`.
pub(crate) fn beside(address: &str) -> Place {
    let place = Place::beside(address);
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("real/seed.json");
    let ran = run([Path::new("import"), &seed, Path::new("--db"), &place.database()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    place
}

//! A service with conversations to export.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::real::{Account, Answer, Client, HILLSIDE, Place, Server, Visitor, run};

const SEASIDE: &str = "0b6f2c52-94f3-4f2e-8f0e-3a1f0f5b7c12";

/// An item that a flow shows.
pub(crate) const FACT: &str = "00000000-0000-4000-8000-0000000000f1";

/// A spreadsheet would run it (S5.49).
pub(crate) const HOSTILE_NAME: &str = "=HYPERLINK(\"https://evil.example\",\"click, \"\"me\"\"\")";

/// What visitors say: each must come out as it went in, and run nowhere.
pub(crate) const HOSTILE: [&str; 8] =
    ["=1+1", "+49 170", "-2", "@sum(a1)", "a,\"b\"\nc", "zoë 🦉", "'quoted", "<b>&amp;</b>"];

/// A service, and who talks to it.
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) client: Client,
    pub(crate) place: Place,
    /// Where its files are.
    pub(crate) folder: PathBuf,
    pub(crate) people: BTreeMap<&'static str, Account>,
    /// Ids by seed keys.
    pub(crate) flows: BTreeMap<&'static str, String>,
    /// How many conversations there are.
    pub(crate) visitors: usize,
}

/// Two schools and two flows, one of which asks.
fn seed() -> Value {
    let school = |key: &str, id: &str| json!({"seed_key": key, "name": key, "wriveted_identifier": id, "state": "active"});
    let ask = json!({"id": "-ask", "type": "question",
        "content": {"question": {"text": "Say a word."}, "input_type": "text", "variable": "temp.word"}});
    let bye = json!({"id": "bye", "type": "message", "content": {"messages": [{"type": "text", "text": "Bye."}]}});
    let graph = json!({"nodes": [ask, bye], "connections": [{"source": "-ask", "target": "bye", "type": "default"}]});
    let hello = json!({"nodes": [{"id": "hello", "type": "message",
        "content": {"messages": [{"content_id": FACT}]}}], "connections": []});
    let fact = json!({"id": FACT, "seed_key": "owl", "type": "fact", "status": "published",
        "visibility": "wriveted", "content": {"text": "@owls cannot move their eyes."},
        "variants": [{"variant_key": "b", "variant_data": {"text": "An owl's eyes are tubes."}}]});
    json!({
        "seed_key": "exports",
        "cms_content": [fact],
        "schools": [school("hillside", HILLSIDE), school("seaside", SEASIDE)],
        "flows": [
            {"seed_key": "asks", "name": HOSTILE_NAME, "version": "1.0.0", "entry_node_id": "-ask",
             "visibility": "wriveted", "flow_data": graph},
            {"seed_key": "hello", "name": "Hello", "version": "1.0.0", "entry_node_id": "hello",
             "visibility": "wriveted", "flow_data": hello},
        ],
    })
}

impl Scene {
    /// A service with these variables in its environment.
    pub(crate) fn new(place: Place, settings: &[(&str, &str)]) -> Self {
        let file = place.file("seed.json", seed().to_string());
        let ran = run([Path::new("import"), &file, "--db".as_ref(), &place.database()]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let folder = file.with_file_name("exports");
        let people = BTreeMap::from([
            ("platform", place.user("wriveted", &[])),
            ("admin", place.user("school_admin", &["--school", HILLSIDE])),
            ("colleague", place.user("school_admin", &["--school", HILLSIDE])),
            ("educator", place.user("educator", &["--school", HILLSIDE])),
            ("other admin", place.user("school_admin", &["--school", SEASIDE])),
            ("program", place.service("school", &["--school", HILLSIDE])),
            ("reader", place.service("lms", &["--school", HILLSIDE])),
            ("learner", place.user("student", &["--school", HILLSIDE])),
        ]);
        let server = serve(&place, &folder, settings);
        let client = server.client();
        let flows = ["asks", "hello"].map(|key| (key, client.flow(key))).into();
        let mut scene = Self { server, client, place, folder, people, flows, visitors: 0 };
        scene.talk();
        scene
    }

    /// The server again, after it was killed.
    pub(crate) fn come_again(&mut self) {
        self.server = serve(&self.place, &self.folder, &[]);
        self.client = self.server.client();
    }

    /// Conversations of strangers and of somebody at school, some of which come to an end.
    fn talk(&mut self) {
        for word in HOSTILE.iter().chain(&HOSTILE[..3]) {
            Visitor::start(&self.client, "asks", &json!({})).say(*word);
        }
        for _ in 0..3 {
            Visitor::start(&self.client, "asks", &json!({}));
        }
        let body = json!({"flow_id": self.flows["asks"]});
        let header = self.people["learner"].header();
        let pupil = self.client.send_json(("POST", "/v1/chat/start"), &[header], &body);
        Visitor::of(&self.client, &pupil).say("owl");
        for _ in 0..6 {
            Visitor::start(&self.client, "hello", &json!({}));
        }
        self.visitors = HOSTILE.len() + 13;
    }

    pub(crate) fn send(&self, who: &str, line: (&str, &str), body: &Value) -> Answer {
        let header = self.people[who].header();
        if body.is_null() {
            return self.client.send(line, &[header], b"");
        }
        self.client.send_json(line, &[header], body)
    }

    pub(crate) fn get(&self, who: &str, path: &str) -> Answer {
        self.send(who, ("GET", path), &Value::Null)
    }

    /// Asks for a file and answers with its name.
    pub(crate) fn ask(&self, who: &str, path: &str, body: &Value) -> String {
        let asked = self.send(who, ("POST", path), body);
        assert_eq!(asked.status, 200, "{asked:?}");
        asked.body["export_id"].as_str().expect("a name").to_owned()
    }

    /// The status of a file once it has ended, however.
    pub(crate) fn ended(&self, who: &str, id: &str) -> Value {
        let began = Instant::now();
        loop {
            let status = self.get(who, &format!("/v1/cms/analytics/exports/{id}/status"));
            assert_eq!(status.status, 200, "{status:?}");
            if !["preparing", "processing"].contains(&status.body["status"].as_str().unwrap()) {
                return status.body;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "{status:?}");
        }
    }

    /// Asks for a file and waits until it is there.
    pub(crate) fn made(&self, who: &str, path: &str, body: &Value) -> Value {
        let status = self.ended(who, &self.ask(who, path, body));
        assert_eq!(status["status"], "completed", "{status}");
        status
    }

    /// Fetches a file by its link, and checks what was said of it.
    pub(crate) fn fetched(&self, status: &Value) -> Vec<u8> {
        let link = status["download_url"].as_str().expect("a link");
        let (code, headers, bytes) = self.client.fetch(link, &[]);
        assert_eq!(code, 200, "{headers:?}");
        assert_eq!(json!(bytes.len()), status["file_size"]);
        bytes
    }

    /// The rows of a file, as Python reads them; none without Python.
    pub(crate) fn read(&self, status: &Value, form: &str) -> Option<Map<String, Value>> {
        let id = status["export_id"].as_str().expect("a name");
        python(&self.place.file(&format!("{id}.{form}"), self.fetched(status)), form)
    }

    /// The rows of an export of these datasets.
    pub(crate) fn exported(
        &self,
        who: &str,
        format: &str,
        datasets: &[&str],
    ) -> Option<Map<String, Value>> {
        let body = json!({"format": format, "include": datasets});
        let status = self.made(who, "/v1/cms/analytics/export", &body);
        let form = if format == "csv" && datasets.len() > 1 { "zip" } else { format };
        let found = self.read(&status, form)?;
        let rows = found.values().filter_map(Value::as_array).map(Vec::len).sum::<usize>();
        assert_eq!(json!(rows), status["records_count"], "{status}");
        Some(found)
    }
}

fn serve(place: &Place, folder: &Path, settings: &[(&str, &str)]) -> Server {
    let folder = folder.to_str().expect("a path is text");
    place.serve_set(&[&[("FLOW_EXPORTS__DIR", folder)], settings].concat())
}

/// Reads a file with nothing of ours; none where there is no Python.
pub(crate) fn python(path: &Path, form: &str) -> Option<Map<String, Value>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("server/exports/read.py");
    let Ok(read) = Command::new("python3").arg(script).arg(path).arg(form).output() else {
        chatflow_tests::report::skipped("exports read by another program", "there is no python3");
        return None;
    };
    assert!(read.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&read.stderr));
    Some(serde_json::from_slice(&read.stdout).expect("JSON"))
}

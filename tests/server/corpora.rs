//! Texts that mean something to databases, browsers and templates, given wherever a text is taken:
//! they come back as they were, select nothing they should not, and reach visitors as text only.

use chatflow_tests::budget;
use chatflow_tests::report::figure;
use serde_json::{Map, Value, json};

use crate::real::{Account, Answer, Client, Place, Visitor};

/// Texts that SQL, LIKE, full-text searches, JSON paths and shells read as more than text.
const SQL: [&str; 22] = [
    "' OR '1'='1",
    "' OR 1=1 --",
    "\" OR \"\"=\"",
    "'; DROP TABLE cms_content; --",
    "1; DELETE FROM flow_definitions WHERE 1=1",
    "x'); INSERT INTO users VALUES ('evil'); --",
    "' UNION SELECT id, email, name, NULL FROM users --",
    "') UNION ALL SELECT sql FROM sqlite_master --",
    "'||(SELECT pg_sleep(10))||'",
    "'; SELECT pg_sleep(10); --",
    "randomblob(1000000000)",
    "/* comment */ OR /**/ 1",
    "\\'; --",
    "%' AND '%'='",
    "%",
    "_",
    "%%%%____",
    "\"*\" NEAR(a b) OR title:*",
    "a & b | !c <-> d:*",
    "$.info.'x'",
    "$1 ?1 :name @name #{x} ${jndi:ldap://127.0.0.1/a}",
    "O'Brien — ‘naïve’ ﬁ \u{202e} \u{1f469}\u{200d}\u{1f467}",
];

/// Markup that runs something, or looks like it.
const MARKUP: [&str; 20] = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img/src='x'/onerror='alert(1)'>",
    "<svg onload=alert(1)>",
    "<svg><script>alert&#40;1)</script>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\" java\tscript:alert(1)\">x</a>",
    "<a href=\"&#106;avascript:alert(1)\">x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<object data=x></object><embed src=x>",
    "<style>@import '//evil.example';</style>",
    "<p style=\"background:url(javascript:alert(1))\">x</p>",
    "<div style=\"position:fixed;inset:0\" onclick=alert(1)>x</div>",
    "\"><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "<!--><img src=x onerror=alert(1)>-->",
];

/// What reads like a template or an expression of flows.
const TEMPLATES: [&str; 5] = [
    "{{temp.secret}}",
    "{{secret:planted}}",
    "{{user.name}} {{",
    "{{{{temp.a}}}}",
    "temp.secret == 1 || true",
];

fn all() -> impl Iterator<Item = &'static str> {
    SQL.into_iter().chain(MARKUP).chain(TEMPLATES)
}

/// Somebody who manages.
struct Manager {
    client: Client,
    account: Account,
}

impl Manager {
    fn send(&self, line: (&str, &str), body: &Value) -> Answer {
        let headers = [self.account.header()];
        if body.is_null() {
            return self.client.send(line, &headers, b"");
        }
        self.client.send_json(line, &headers, body)
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.send(("GET", path), &Value::Null);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    /// Makes something, and answers with what is shown of it afterwards.
    fn make(&self, path: &str, body: &Value) -> Result<Value, String> {
        let made = self.send(("POST", path), body);
        match made.status {
            201 => Ok(self.get(&format!("{path}/{}", made.body["id"].as_str().expect("an id")))),
            400..500 => Err(made.text),
            _ => panic!("{path} {body}: {made:?}"),
        }
    }
}

/// Percent-encodes all but what never means anything.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii_alphanumeric() {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(byte).collect()
}

#[test]
fn texts_come_back_as_they_were() {
    // S12.2, S12.3, appendix D 21
    let place = Place::with_flows();
    let server = place.serve_set(&[("FLOW_SECRETS__KEY", &"0c".repeat(32))]);
    let manager = Manager { client: server.client(), account: place.user("wriveted", &[]) };
    let mut count = 0;
    for text in all() {
        count += 1;
        let key = format!("key {text}");
        let body = json!({
            "type": "fact", "status": "published", "tags": [text.trim()],
            "content": {"text": text, "source": text}, "info": {&*key: text, "list": [{"deep": text}]},
        });
        let item = manager.make("/v1/cms/content", &body);
        let item = item.unwrap_or_else(|refused| panic!("{text}: {refused:?}"));
        assert_eq!(item["content"], body["content"], "{text}");
        assert_eq!(item["info"][&*key], text, "{text}");
        assert_eq!(item["info"]["list"], body["info"]["list"], "{text}");
        let variant = json!({"variant_key": format!("v{count}"), "variant_data": {"text": text}});
        let path = format!("/v1/cms/content/{}/variants", item["id"].as_str().expect("an id"));
        let made = manager.send(("POST", &path), &variant);
        assert_eq!(
            (made.status, &made.body["variant_data"]["text"]),
            (201, &json!(text)),
            "{made:?}"
        );
        let said = json!({"messages": [{"type": "text", "text": text}]});
        let flow = json!({
            "name": text, "description": text, "info": {"note": text},
            "flow_data": {"nodes": [{"id": "a", "type": "message", "content": said}], "connections": []},
        });
        let flow = manager.make("/v1/cms/flows", &flow);
        let flow = flow.unwrap_or_else(|refused| panic!("{text}: {refused:?}"));
        assert_eq!((&flow["name"], &flow["description"]), (&json!(text), &json!(text)), "{text}");
        assert_eq!(flow["info"]["note"], text);
        assert_eq!(flow["flow_data"]["nodes"][0]["content"], said, "{text}");
        let theme = json!({"name": text, "description": text, "config": {"bot": {"name": text}}});
        // A theme is written into style sheets and pages, and may refuse.
        if let Ok(theme) = manager.make("/v1/cms/themes", &theme) {
            assert_eq!((&theme["name"], &theme["description"]), (&json!(text), &json!(text)));
        }
        let hook =
            json!({"name": text, "url": "https://hooks.example/x", "headers": {"x-note": text}});
        if let Ok(hook) = manager.make("/v1/cms/webhooks", &hook) {
            assert_eq!(hook["name"], text);
        }
    }
    // Nothing is gone, and nothing has come by the way.
    for path in ["/v1/cms/content", "/v1/cms/flows"] {
        let total = manager.get(&format!("{path}?limit=1"))["pagination"]["total"].as_u64();
        assert!(
            total.is_some_and(|total| (count..count + 20).contains(&total)),
            "{path}: {total:?}"
        );
    }
    queries_find_what_they_say(&manager, &server.client());
}

/// Every text in every parameter of every list.
fn queries_find_what_they_say(manager: &Manager, client: &Client) {
    let description = client.get("/v1/openapi.json").body;
    let flow = client.flow("counter");
    let mut asked = 0;
    // In an ordinary run each parameter takes a few of them, in turn.
    let some = budget::cases(3, 22 * 10);
    let mut corpus = SQL.into_iter().cycle();
    for (path, operations) in description["paths"].as_object().expect("paths") {
        let parameters = operations["get"]["parameters"].as_array().into_iter().flatten();
        let texts = parameters.filter(|parameter| {
            let kind = &parameter["schema"]["type"];
            let is = |name: &str| {
                kind == name || kind.as_array().is_some_and(|all| all.contains(&json!(name)))
            };
            parameter["in"] == "query" && (is("string") || is("array"))
        });
        let names: Vec<&str> = texts.filter_map(|parameter| parameter["name"].as_str()).collect();
        let path = path.replace("{flow_id}", &flow);
        if path.contains('{') || path == "/v1/cms/events" {
            continue;
        }
        for name in names.into_iter().chain(["info.topic", "info.x'y", "sort", "nonsense"]) {
            for _ in 0..some {
                let text = corpus.next().expect("it goes round");
                let required = if path.ends_with("/random") { "&type=fact" } else { "" };
                let path = format!("{path}?{}={}{required}", encoded(name), encoded(text));
                let answer = manager.send(("GET", &path), &Value::Null);
                assert!(answer.status < 500, "{path}: {answer:?}");
                asked += 1;
            }
        }
    }
    assert!(asked > 200, "{asked}");
    figure("texts in parameters of lists", asked);
    // What narrows a list narrows it to what it says: no text stands for everything.
    for text in SQL {
        let path = format!("/v1/cms/content?info.topic={}", encoded(text));
        assert_eq!(manager.get(&path)["data"], json!([]), "{text}");
        if !text.contains(',') {
            let path = format!("/v1/cms/content?tags={}&limit=100", encoded(text.trim()));
            let found = manager.get(&path);
            let found = found["data"].as_array().expect("rows");
            assert!(found.len() == 1 && found[0]["content"]["text"] == text, "{text}: {found:?}");
        }
        let path = format!("/v1/cms/flows?version={}", encoded(text));
        let answer = manager.send(("GET", &path), &Value::Null);
        let is_empty = answer.body["data"].as_array().is_some_and(Vec::is_empty);
        assert!(is_empty || answer.status == 422, "{text}: {answer:?}");
    }
}

/// What a browser would run, or fetch without being asked, in cleaned markup: its tags and attributes
/// are read as a browser reads them.
fn runs(markup: &str) -> Option<String> {
    const NAMES: [&str; 10] =
        ["script", "iframe", "object", "embed", "style", "svg", "math", "form", "textarea", "link"];
    const STYLES: [&str; 4] = ["position", "url(", "expression", "z-index"];
    let plain = markup.to_lowercase().replace(['\t', '\n', '\r'], "").replace("&#106;", "j");
    let mut rest = plain.as_str();
    while let Some(begin) = rest.find('<') {
        rest = &rest[begin + 1..];
        let name_ends = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let name = &rest[..name_ends];
        if NAMES.contains(&name) {
            return Some(name.to_owned());
        }
        if name.is_empty() {
            continue;
        }
        rest = &rest[name_ends..];
        while let Some((attribute, value, after)) = attribute(rest) {
            rest = after;
            let is_script =
                ["javascript:", "data:text"].iter().any(|bad| value.trim().starts_with(bad));
            let is_styled = attribute == "style" && STYLES.iter().any(|bad| value.contains(bad));
            if attribute.starts_with("on") || attribute == "srcdoc" || is_script || is_styled {
                return Some(format!("{name} {attribute}={value}"));
            }
        }
    }
    None
}

/// The next attribute of a tag, its value, and what follows; none at the end of the tag.
fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start_matches([' ', '/']);
    let ends = text.find(['=', ' ', '/', '>'])?;
    let (name, rest) = text.split_at(ends);
    if name.is_empty() && rest.starts_with('>') {
        return None;
    }
    let Some(value) = rest.strip_prefix('=') else { return Some((name, "", rest)) };
    let quote = value.chars().next().filter(|quote| ['"', '\''].contains(quote));
    let (value, rest) = match quote {
        Some(quote) => value[1..].split_once(quote)?,
        None => value.split_at(value.find([' ', '>']).unwrap_or(value.len())),
    };
    Some((name, value, rest))
}

#[test]
fn visitors_see_text_and_clean_markup_only() {
    // F7, S12.3, R13.8, R5.40, R5.41
    assert_eq!(runs("<p title=\"&lt;a onclick=x\">a &lt;script&gt;</p>"), None);
    // Those that are left are no tags but by mistake of whoever cleans them.
    assert!(MARKUP.iter().filter(|text| runs(text).is_some()).count() >= 17);
    let place = Place::with_flows();
    let server = place.serve_signed();
    let client = server.client();
    let manager = Manager { client: client.clone(), account: place.user("wriveted", &[]) };
    for text in MARKUP {
        // Who manages may not save what runs, or it is shown cleaned.
        let content = json!({"text": text, "rich_text": format!("<p>{text}</p>")});
        let item = json!({"type": "message", "status": "published", "content": content});
        let item = manager.make("/v1/cms/content", &item);
        let id = item.as_ref().ok().map(|item| item["id"].clone());
        let mut messages = vec![
            json!({"type": "text", "text": text}),
            json!({
                "rich_text": "<p title=\"{{temp.word}}\">Hello <b>{{temp.word}}</b> <a href=\"{{temp.word}}\">x</a></p>",
                "text": "Hello {{temp.word}}",
            }),
        ];
        messages.extend(id.map(|id| json!({"content_id": id})));
        let question = json!({
            "question": {"text": "{{user.name}}?", "rich_text": "<p>{{user.name}}</p>"},
            "input_type": "text", "variable": "temp.word",
        });
        let nodes = json!([
            {"id": "ask", "type": "question", "content": question},
            {"id": "told", "type": "message", "content": {"messages": messages}},
        ]);
        let connections = json!([{"source": "ask", "target": "told", "type": "default"}]);
        let flow = json!({
            "name": "Markup", "entry_node_id": "ask", "publish": true, "visibility": "wriveted",
            "flow_data": {"nodes": nodes, "connections": connections},
        });
        let flow = manager.make("/v1/cms/flows", &flow);
        let flow = flow.unwrap_or_else(|refused| panic!("{text}: {refused:?}"));
        let state = json!({"user": {"name": text}});
        let mut visitor = Visitor::of(
            &client,
            &client.start(&json!({"flow_id": flow["id"], "initial_state": state})),
        );
        let asked = visitor.turn.clone();
        visitor.say(text);
        for shown in [&asked, &visitor.turn] {
            let mut markup = Vec::new();
            rich(shown, &mut markup);
            assert!(!markup.is_empty(), "{shown}");
            for markup in markup {
                assert_eq!(runs(markup), None, "{text}: {markup}");
            }
        }
        // Text is text: as it was written, and not as markup.
        assert!(visitor.heard().contains(&text), "{text}: {}", visitor.turn);
        assert_eq!(visitor.state()["temp"]["word"], text);
        let rows = visitor.history();
        let input = rows.iter().find(|row| row["interaction_type"] == "input").expect("an answer");
        assert_eq!(input["content"]["input"], text);
        // Whoever opens an answer in a browser gets no page.
        let answer = client.get(&visitor.path(""));
        assert_eq!(answer.header("content-type"), "application/json", "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}

/// All texts that are shown as markup.
fn rich<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    let below = |map: &'v Map<String, Value>, found: &mut Vec<&'v str>| {
        for (key, value) in map {
            match value.as_str() {
                Some(text) if key.contains("rich_text") || key.contains("html") => found.push(text),
                _ => rich(value, found),
            }
        }
    };
    match value {
        Value::Array(items) => items.iter().for_each(|item| rich(item, found)),
        Value::Object(map) => below(map, found),
        _ => {}
    }
}

#[test]
fn visitors_may_say_anything() {
    // S12.1, S12.3, R5.26
    let place = Place::with_flows();
    let server = place.serve_signed();
    let mut visitor =
        Visitor::start(&server.client(), "counter", &json!({"temp": {"secret": "hidden-word"}}));
    for text in all() {
        visitor.say(text);
        assert_eq!(visitor.state()["temp"]["last"], text.trim());
        let told = visitor.heard().concat();
        assert!(told.starts_with(text.trim()) && !told.contains("hidden-word"), "{text}: {told}");
        let updates = json!({"updates": {"user": {text: text}}});
        let changed = visitor.change("PATCH", "/state", &updates);
        assert!(changed.status == 200 || changed.status == 422, "{text}: {changed:?}");
        visitor.catch_up();
    }
    // In paths, too.
    let client = server.client();
    for text in all() {
        for path in ["/v1/chat/sessions/", "/v1/cms/flows/", "/v1/cms/content/", "/"] {
            let answer = client.get(&format!("{path}{}", encoded(text)));
            assert!((400..500).contains(&answer.status), "{path}{text}: {answer:?}");
            assert!(!answer.text.contains("<script"), "{path}{text}: {answer:?}");
        }
    }
}

//! `chatflow serve`.

use std::net::TcpListener;
use std::path::Path;

use serde_json::json;

use crate::real::{Place, Server, Visitor, run};

#[test]
fn a_port_that_is_taken_is_told() {
    let place = Place::with_flows();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let database = place.database();
    let words = ["serve", "--listen", &address, "--db"].map(Path::new);
    let ran = run(words.into_iter().chain([database.as_path()]));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains(&format!("cannot serve on {address}")), "{ran:?}");
    assert_eq!(ran.out, "");
}

#[test]
fn what_cannot_be_served_is_told() {
    let place = Place::new();
    let letter = place.file("letter.txt", "not a database ".repeat(100));
    let serve = ["serve", "--listen", "127.0.0.1:0", "--db"].map(Path::new);
    let ran = run(serve.into_iter().chain([letter.as_path()]));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("letter.txt"), "{ran:?}");
    let (database, handlers) = (place.database(), place.file("handlers.json", "{\"/x\": 1}"));
    let more = [database.as_path(), Path::new("--handlers"), &handlers];
    let ran = run(serve.into_iter().chain(more));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("handlers.json") && ran.err.contains("/~1x"), "{ran:?}");
    assert_eq!(run(["serve", "--listen", "nonsense"]).code, 2);
}

#[test]
fn the_chat_page_is_served_and_may_load_nothing_from_elsewhere() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let client = server.client();
    let page = client.get("/");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").contains("default-src 'self'"), "{page:?}");
    for (path, kind) in [("/chat.js", "text/javascript"), ("/chat.css", "text/css")] {
        let asset = client.get(path);
        assert!(asset.status == 200 && asset.header("content-type").starts_with(kind), "{path}");
        assert!(page.text.contains(path.trim_start_matches('/')), "{path} is in the page");
        assert_eq!(asset.header("cross-origin-resource-policy"), "", "{path}");
    }
}

#[test]
fn the_script_for_other_pages_is_kept_until_it_changes() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    let client = server.client();
    let script = client.get("/widget.js");
    assert_eq!(script.status, 200);
    for (name, value) in [
        ("content-type", "text/javascript; charset=utf-8"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("access-control-allow-origin", "*"),
        ("cache-control", "public, max-age=300, stale-while-revalidate=86400"),
    ] {
        assert_eq!(script.header(name), value, "{name}");
    }
    let tag = script.header("etag").to_owned();
    for (given, status) in
        [(tag.clone(), 304), (format!("W/{tag}, \"x\""), 304), ("\"x\"".to_owned(), 200)]
    {
        let again = client.send(("GET", "/widget.js"), &[("if-none-match", &given)], b"");
        assert_eq!((again.status, again.header("etag")), (status, tag.as_str()), "{given}");
        assert_eq!(again.text.is_empty(), status == 304);
    }
}

#[test]
fn in_development_cookies_work_without_https() {
    let place = Place::with_flows();
    let server = Server::start(&place.database(), &["--env", "development"].map(Path::new));
    let client = server.client();
    let started = client.start(&json!({"flow_id": client.flow("counter")}));
    let visitor = Visitor::of(&client, &started);
    let cookies: Vec<&str> =
        started.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap()).collect();
    let expected = [
        format!("csrf_token={}; Path=/; Max-Age=86400; SameSite=Lax", visitor.csrf),
        format!("chat_session={}; Path=/; Max-Age=28800; HttpOnly; SameSite=Lax", visitor.token),
    ];
    assert_eq!(cookies, expected);
}

//! `chatflow serve` with `studio.dir`: the files of a folder under `/studio`, and nothing else.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::real::{Place, Server, chatflow, finish};

/// A folder as a build leaves it, with more beside and within than may be served.
fn built(place: &Place) -> PathBuf {
    let secret = place.file("secret.txt", "nobody reads this");
    let folder = secret.with_file_name("dist");
    fs::create_dir_all(folder.join("assets")).unwrap();
    for (name, text) in [
        ("index.html", "<!doctype html><title>Studio</title>"),
        ("icon.svg", "<svg/>"),
        (".hidden", "nobody reads this"),
        ("assets/index-Ab12.js", "import './x.js';"),
        ("assets/index-Ab12.css", "b{}"),
        ("assets/chatflow-Ab12.wasm", "\0asm"),
        ("assets/inter-Ab12.woff2", "wOF2"),
        ("assets/a picture.bin", "?"),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(&secret, folder.join("assets/link.txt")).unwrap();
    folder
}

fn serve(place: &Place, folder: &Path) -> Server {
    Server::start_set(&place.database(), &[("FLOW_STUDIO__DIR", folder.to_str().unwrap())])
}

#[test]
fn each_file_of_the_studio_has_its_kind_policy_and_age() {
    let place = Place::with_flows();
    let server = serve(&place, &built(&place));
    let client = server.client();
    let (asks, forever) = ("no-cache", "public, max-age=31536000, immutable");
    for (path, kind, cache) in [
        ("/studio/", "text/html; charset=utf-8", asks),
        ("/studio/index.html", "text/html; charset=utf-8", asks),
        ("/studio/icon.svg", "image/svg+xml", asks),
        ("/studio/assets/index-Ab12.js", "text/javascript; charset=utf-8", forever),
        ("/studio/assets/index-Ab12.css", "text/css; charset=utf-8", forever),
        ("/studio/assets/chatflow-Ab12.wasm", "application/wasm", forever),
        ("/studio/assets/inter-Ab12.woff2", "font/woff2", forever),
        ("/studio/assets/a%20picture.bin", "application/octet-stream", forever),
    ] {
        let file = client.get(path);
        assert_eq!(
            (file.status, file.header("content-type"), file.header("cache-control")),
            (200, kind, cache),
            "{path}"
        );
        assert_eq!(file.header("x-content-type-options"), "nosniff", "{path}");
        // A worker is held to the policy of its own script.
        let policy = file.header("content-security-policy");
        for demand in ["default-src 'self'", "'wasm-unsafe-eval'", "frame-ancestors 'self'"] {
            assert!(policy.contains(demand), "{path}: {policy}");
        }
        assert!(!policy.contains("'unsafe-eval'"), "{policy}");
        let tag = file.header("etag");
        let again = client.send(("GET", path), &[("if-none-match", tag)], b"");
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
    }
    let head = client.send(("HEAD", "/studio/"), &[], b"");
    assert_eq!((head.status, head.header("content-length")), (200, "36"));
    let posted = client.send_json(("POST", "/studio/"), &[], &json!({}));
    assert_eq!(posted.status, 405);
    // The page's addresses are relative to its folder.
    let moved = asked(&server, "/studio");
    assert!(moved.starts_with("HTTP/1.1 308") && moved.contains("location: studio/"), "{moved}");
    assert!(client.get("/studio").text.contains("<title>Studio</title>"));
}

#[test]
fn nothing_beside_the_studio_can_be_asked_for() {
    let place = Place::with_flows();
    let folder = built(&place);
    let server = serve(&place, &folder);
    for path in [
        "/studio/../secret.txt",
        "/studio/assets/../../secret.txt",
        "/studio/%2e%2e/secret.txt",
        "/studio/..%2fsecret.txt",
        "/studio/..%5csecret.txt",
        "/studio/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/studio//secret.txt",
        "/studio/./index.html",
        "/studio/assets",
        "/studio/assets/",
        "/studio/assets/link.txt",
        "/studio/.hidden",
        "/studio/index.html%00",
        "/studio/%ff",
        "/studio/nowhere.js",
        &format!("/studio/{}", folder.with_file_name("secret.txt").display()),
    ] {
        let answer = asked(&server, path);
        assert!(
            answer.starts_with("HTTP/1.1 404") && answer.contains("\"not_found\""),
            "{path}: {answer}"
        );
        assert!(!answer.contains("nobody reads this"), "{path}");
    }
    // What comes later is not served either, and what goes stays until the next start.
    fs::write(folder.join("later.html"), "later").unwrap();
    fs::remove_file(folder.join("icon.svg")).unwrap();
    assert!(asked(&server, "/studio/later.html").starts_with("HTTP/1.1 404"));
    assert!(asked(&server, "/studio/icon.svg").starts_with("HTTP/1.1 200"));
}

#[test]
fn without_a_studio_there_is_nothing_at_its_address() {
    let place = Place::with_flows();
    let server = place.serve(&json!({}));
    for path in ["/studio", "/studio/", "/studio/index.html"] {
        server.client().get(path).refuses(404, "not_found", path);
    }
}

#[test]
fn a_folder_without_a_studio_is_told_at_the_start() {
    let place = Place::with_flows();
    let empty = place.database().with_file_name("empty");
    fs::create_dir(&empty).unwrap();
    for (folder, told) in
        [(empty, "has no index.html"), ("nowhere".into(), "cannot read `nowhere`")]
    {
        let mut command = chatflow();
        command.args(["serve", "--listen", "127.0.0.1:0", "--db"]).arg(place.database());
        let ran = finish(command.env("FLOW_STUDIO__DIR", &folder));
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains("studio.dir") && ran.err.contains(told), "{ran:?}");
    }
}

/// The whole answer to a path that is sent as it stands.
fn asked(server: &Server, path: &str) -> String {
    let mut stream = TcpStream::connect(server.socket()).expect("a connection");
    let head = format!("GET {path} HTTP/1.1\r\nhost: studio.example\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("the server reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server answers");
    String::from_utf8_lossy(&answer).into_owned()
}

//! Fetching files: whole, in parts, with a token and by a link (S5.45, S5.46).

use serde_json::{Value, json};

use super::scene::Scene;

/// A path with something of its query changed.
fn with(link: &str, name: &str, value: &str) -> String {
    let (path, query) = link.split_once('?').expect("a query");
    let other = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key, _)) if key == name => format!("{key}={value}"),
        _ => pair.to_owned(),
    });
    format!("{path}?{}", other.collect::<Vec<_>>().join("&"))
}

pub(super) fn files_are_fetched(scene: &Scene) {
    let body = json!({"include": ["sessions"]});
    let status = scene.made("platform", "/v1/cms/analytics/export", &body);
    let (id, link) = (text(&status, "export_id"), text(&status, "download_url"));
    let (code, headers, whole) = scene.client.fetch(link, &[]);
    assert_eq!(code, 200);
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().expect("text"));
    let sha = text(&status, "sha256");
    assert_eq!(header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        header("content-disposition"),
        format!("attachment; filename=\"analytics-{id}.csv\"")
    );
    assert_eq!(header("accept-ranges"), "bytes");
    assert_eq!(header("cache-control"), "private, no-store");
    assert_eq!(header("etag"), format!("\"{sha}\""));
    assert_eq!(digest(&whole), *sha);
    parts_are_fetched(scene, link, &whole, &format!("\"{sha}\""));
    // With a token there need be no link.
    let path = format!("/v1/cms/analytics/exports/{id}/download");
    let token = scene.people["platform"].header();
    assert_eq!(scene.client.fetch(&path, &[token]).2, whole);
    assert_eq!(
        scene.client.send(("HEAD", &path), &[token], b"").header("content-length"),
        whole.len().to_string()
    );
    scene.client.get(&path).refuses(401, "authentication_required", "no token");
    // A link is good as it is, and for nothing else.
    let until: i64 = link.rsplit("exp=").next().unwrap().parse().unwrap();
    let other = scene.made("platform", "/v1/cms/analytics/export", &body);
    for wrong in [
        with(link, "sig", "AAAA"),
        with(link, "sig", &"A".repeat(43)),
        with(link, "exp", &(until + 1).to_string()),
        link.replace(id, text(&other, "export_id")),
        link.replace(id, "export-00000000000000000000000000"),
        link.replace(id, "nowhere"),
    ] {
        scene.client.get(&wrong).refuses(404, "export_not_found", &wrong);
    }
    scene.client.get(&with(link, "exp", "x")).refuses(422, "validation_error", "no number");
    assert_eq!(scene.client.get(&with(link, "other", "1")).status, 200);
}

/// RFC 9110, section 14.
fn parts_are_fetched(scene: &Scene, link: &str, whole: &[u8], tag: &str) {
    let size = whole.len();
    assert!(size > 100);
    for (range, expected) in [
        ("bytes=0-9", Some(0..10)),
        ("bytes=90-", Some(90..size)),
        ("bytes=-7", Some(size - 7..size)),
        ("bytes=50-99999999", Some(50..size)),
        ("bytes=99999999-", None),
    ] {
        let (code, headers, bytes) = scene.client.fetch(link, &[("range", range)]);
        let told =
            headers.get("content-range").map(|value| value.to_str().expect("text").to_owned());
        match expected {
            Some(part) => {
                assert_eq!((code, bytes.as_slice()), (206, &whole[part.clone()]), "{range}");
                let expected = format!("bytes {}-{}/{size}", part.start, part.end - 1);
                assert_eq!(told, Some(expected));
            }
            None => assert_eq!((code, told), (416, Some(format!("bytes */{size}")))),
        }
    }
    for (range, condition) in [("bytes=0-1,4-5", tag), ("bytes=0-1", "\"another\"")] {
        let sent = [("range", range), ("if-range", condition)];
        assert_eq!(scene.client.fetch(link, &sent).2, whole, "{range} {condition}");
    }
    let sent = [("range", "bytes=0-1"), ("if-range", tag)];
    assert_eq!(scene.client.fetch(link, &sent).2, &whole[..2]);
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key].as_str().unwrap_or_else(|| panic!("{key}: {of}"))
}

/// SHA-256, by another program.
fn digest(bytes: &[u8]) -> String {
    use std::io::Write as _;
    let mut child = std::process::Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("sha256sum runs");
    child.stdin.take().expect("a pipe").write_all(bytes).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&output.stdout).split(' ').next().unwrap_or_default().to_owned()
}

//! Who may ask for files, and what of requests is refused (S2.30, S5.41 to S5.45).

use serde_json::{Value, json};

use super::scene::Scene;

const EXPORT: &str = "/v1/cms/analytics/export";
const EXPORTS: &str = "/v1/cms/analytics/exports";

/// S2.30: a school is told of its own sessions; S5.45: files are their askers' and their schools'.
pub(super) fn each_sees_their_own(scene: &Scene) {
    let body = json!({"format": "json", "include": ["flows", "sessions"]});
    let sessions = |who: &str| {
        let found = scene.exported(who, "json", &["flows", "sessions"])?;
        let counted =
            found["flows"].as_array()?.iter().filter_map(|row| row["total_sessions"].as_f64());
        let counted: f64 = counted.sum();
        let rows = found["sessions"].as_array()?.len();
        assert!((counted - super::number(rows)).abs() < 1e-9, "{who}: {found:?}");
        Some(rows)
    };
    if sessions("platform").is_some() {
        assert_eq!(sessions("platform"), Some(scene.visitors));
        for (who, expected) in [("admin", 1), ("educator", 1), ("program", 1), ("other admin", 0)] {
            assert_eq!(sessions(who), Some(expected), "{who}");
        }
    }
    others_do_not(scene, &body);
}

/// S5.45, S2.20
fn others_do_not(scene: &Scene, body: &Value) {
    for who in ["reader", "learner"] {
        scene.send(who, ("POST", EXPORT), body).refuses(403, "forbidden", who);
        scene.get(who, EXPORT).refuses(403, "forbidden", who);
        scene.get(who, EXPORTS).refuses(403, "forbidden", who);
    }
    for (asker, sees) in [
        ("admin", &["admin", "colleague", "program", "platform"][..]),
        ("educator", &["educator", "admin", "platform"]),
        ("program", &["program", "admin"]),
        ("platform", &["platform"]),
        ("other admin", &["other admin", "platform"]),
    ] {
        let id = scene.ask(asker, EXPORT, body);
        scene.ended(asker, &id);
        for who in ["platform", "admin", "colleague", "educator", "other admin", "program"] {
            let status = scene.get(who, &format!("{EXPORTS}/{id}/status"));
            let download = scene.get(who, &format!("{EXPORTS}/{id}/download"));
            let listed = scene.get(who, EXPORTS);
            let is_listed = listed.body["data"]
                .as_array()
                .unwrap()
                .iter()
                .any(|row| row["export_id"] == id.as_str());
            // What the platform and the admins of the school see, whoever asked.
            let may = sees.contains(&who)
                || (["admin", "colleague", "program"].contains(&who)
                    && ["admin", "educator", "program"].contains(&asker))
                || who == "platform";
            if may {
                assert_eq!(
                    (status.status, download.status, is_listed),
                    (200, 200, true),
                    "{who} of {asker}"
                );
                continue;
            }
            assert!(!is_listed, "{who} of {asker}");
            let what = format!("{who} of {asker}");
            for refused in [
                status,
                download,
                scene.send(who, ("DELETE", &format!("{EXPORTS}/{id}")), &Value::Null),
            ] {
                refused.refuses(404, "export_not_found", &what);
            }
        }
        let ended = scene.send(asker, ("DELETE", &format!("{EXPORTS}/{id}")), &Value::Null);
        ended.refuses(409, "export_ended", asker);
    }
}

/// S3.5, S5.1, S5.3, S5.41 to S5.44.
pub(super) fn requests_are_checked(scene: &Scene) {
    let unknown = "00000000-0000-4000-8000-000000000009";
    for (body, status, code) in [
        (json!({"format": "pdf"}), 422, "validation_error"),
        (json!({"format": "parquet"}), 422, "format_unavailable"),
        (json!({"include": ["everything"]}), 422, "validation_error"),
        (json!({"flow_ids": ["x"]}), 422, "validation_error"),
        (json!({"flow_ids": "x,y"}), 422, "validation_error"),
        (json!({"flow_ids": [unknown]}), 404, "flow_not_found"),
        (json!({"flow_ids": format!("{unknown}, ")}), 404, "flow_not_found"),
        (json!({"flow_ids": vec![unknown; 101]}), 422, "validation_error"),
        (json!({"content_ids": [unknown]}), 404, "content_not_found"),
        (json!({"start_date": "2026-02-31"}), 422, "validation_error"),
        (json!({"start_date": "yesterday"}), 422, "validation_error"),
        (json!({"start_date": "2026-02-02", "end_date": "2026-02-01"}), 400, "invalid_date_range"),
        (json!({"start_date": "2020-02-02", "end_date": "2026-02-01"}), 400, "invalid_date_range"),
    ] {
        scene.send("platform", ("POST", EXPORT), &body).refuses(status, code, &body.to_string());
    }
    let refused = scene.get("platform", &format!("{EXPORT}?format=parquet"));
    refused.refuses(422, "format_unavailable", "by query");
    let refused = scene.get("platform", &format!("{EXPORT}?flow_ids={unknown}"));
    refused.refuses(404, "flow_not_found", "by query");
    let flow = format!("/v1/cms/flows/{unknown}/analytics/export");
    scene.send("platform", ("POST", &flow), &json!({})).refuses(404, "flow_not_found", "of none");
    let page = scene.get("platform", EXPORTS);
    assert_eq!(page.body["pagination"]["total"], 0, "nothing of that was kept: {page:?}");

    the_same_is_asked_for_twice(scene);
}

/// S5.42: the same request within a minute is the same file; who sends it again by POST wants another.
fn the_same_is_asked_for_twice(scene: &Scene) {
    let query = format!(
        "{EXPORT}?flow_ids={},{}&format=json&include=flows",
        scene.flows["hello"], scene.flows["asks"]
    );
    let first = scene.get("platform", &query);
    assert_eq!((first.status, first.header("cache-control")), (200, "no-store"), "{first:?}");
    for key in [
        "export_id",
        "status",
        "format",
        "estimated_completion",
        "download_url",
        "expires_at",
        "file_size_estimate",
        "records_count",
    ] {
        assert!(!first.body[key].is_null(), "S5.43 {key}: {first:?}");
    }
    let name = |answer: &crate::real::Answer| {
        answer.body["export_id"].as_str().expect("a name").to_owned()
    };
    let again = format!(
        "{EXPORT}?include=flows&format=json&flow_ids={}&flow_ids={}",
        scene.flows["asks"], scene.flows["hello"]
    );
    assert_eq!(name(&scene.get("platform", &again)), name(&first));
    assert_ne!(name(&scene.get("admin", &again)), name(&first), "of another account");
    assert_ne!(name(&scene.get("platform", EXPORT)), name(&first), "of other parameters");
    let body = json!({"format": "json", "include": ["flows"], "flow_ids": [scene.flows["asks"], scene.flows["hello"]]});
    assert_ne!(scene.ask("platform", EXPORT, &body), name(&first));
    let status = scene.ended("platform", &name(&first));
    for key in [
        "export_id",
        "status",
        "progress",
        "created_at",
        "completed_at",
        "records_count",
        "file_size",
        "sha256",
        "download_url",
        "expires_at",
    ] {
        assert!(!status[key].is_null(), "S5.45 {key}: {status}");
    }
    assert_eq!((&status["progress"], &status["error"]), (&json!(100), &Value::Null));

    let page = scene.get("platform", &format!("{EXPORTS}?limit=2&skip=1&status=completed"));
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.body["data"].as_array().unwrap().len() <= 2);
    scene.get("platform", &format!("{EXPORTS}?status=lost")).refuses(
        422,
        "validation_error",
        "no status",
    );
}

//! Who may ask, and for what (S2.30, S5.1, S5.3, S5.34, S5.35).

use serde_json::json;

use super::{item, made, ok};
use crate::real::Managed;

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000009";

/// S2.30, S3.3, S5.1, S5.3
pub(super) fn what_is_asked_is_checked(managed: &Managed) {
    let item = item(managed, &[]);
    let own = json!({"type": "fact", "content": {"text": "Ours"}});
    let own = made(managed, "admin", "/v1/cms/content", &own);
    let of = |id: &str| {
        ["", "/ab-test", "/usage"].map(|rest| format!("/v1/cms/content/{id}/analytics{rest}"))
    };
    let lists = ["/v1/cms/analytics/content/top", "/v1/cms/analytics/content"].map(str::to_owned);
    for path in of(&item).iter().chain(&lists) {
        managed.get("", path).refuses(401, "authentication_required", path);
        for who in ["learner", "public", "reader", "kiosk"] {
            managed.get(who, path).refuses(403, "forbidden", path);
        }
        for who in ["platform", "admin", "educator", "backend", "schools"] {
            assert_eq!(managed.get(who, path).status, 200, "{who} {path}");
        }
    }
    for path in of(UNKNOWN) {
        managed.get("platform", &path).refuses(404, "content_not_found", &path);
    }
    for path in of(&own) {
        // Private: of its own school those who run it.
        assert_eq!(managed.get("admin", &path).status, 200);
        for who in ["other admin", "educator", "other educator"] {
            managed.get(who, &path).refuses(404, "content_not_found", &path);
        }
    }
    for path in of("x") {
        managed.get("platform", &path).refuses(422, "invalid_uuid", &path);
    }
    for path in of(&item).iter().chain(&lists[1..]) {
        for (query, status, code) in [
            ("start_date=2026-03-02&end_date=2026-03-01", 400, "invalid_date_range"),
            ("start_date=2024-01-01&end_date=2026-03-01", 400, "invalid_date_range"),
            ("start_date=nope", 422, "validation_error"),
            ("start_date=2026-02-30", 422, "validation_error"),
            ("end_date=2026-3-1", 422, "validation_error"),
        ] {
            let path = format!("{path}?{query}");
            managed.get("platform", &path).refuses(status, code, &path);
        }
    }
    for query in ["limit=0", "limit=51", "limit=x", "days=0", "days=91", "metric=fame", "metric="] {
        let path = format!("{}?{query}", lists[0]);
        managed.get("platform", &path).refuses(422, "validation_error", &path);
    }
    for path in [
        format!("{}?content_type=poem", lists[1]),
        format!("{}?include_manual=perhaps", of(&item)[1]),
    ] {
        managed.get("platform", &path).refuses(422, "validation_error", &path);
    }
    for query in ["limit=1", "limit=50", "days=1", "days=90", "metric=impressions", "other=1"] {
        ok(managed, "platform", &format!("{}?{query}", lists[0]));
    }
}

/// S5.3
pub(super) fn without_data_there_are_zeros(managed: &Managed) {
    let empty = ok(managed, "platform", "/v1/cms/analytics/content");
    let nothing = json!({"total_content": 0, "avg_engagement_rate": 0.0, "top_performing_tags": [],
        "total_impressions": 0, "total_interactions": 0, "by_type": {}});
    assert_eq!(empty["analytics"], nothing);
    let top = ok(managed, "platform", "/v1/cms/analytics/content/top");
    assert_eq!(top["top_content"], json!([]));
    let item = item(managed, &["b"]);
    let days = "start_date=2026-03-01&end_date=2026-03-31";
    let period = json!({"start_date": "2026-03-01", "end_date": "2026-03-31", "days": 30});
    let path = format!("/v1/cms/content/{item}/analytics");
    let expected = json!({
        "content_id": item, "impressions": 0, "interactions": 0, "conversions": 0,
        "engagement_rate": 0.0, "conversion_rate": 0.0, "unique_sessions": 0,
        "sentiment_analysis": null, "usage_contexts": {}, "time_period": period, "scope": null,
    });
    assert_eq!(ok(managed, "platform", &format!("{path}?{days}")), expected);
    let expected = json!({
        "content_id": item, "impressions": 0, "usage_frequency": 0.0,
        "time_patterns": {
            "hourly_distribution": {"morning": 0.0, "afternoon": 0.0, "evening": 0.0, "night": 0.0},
            "by_hour": vec![0.0; 24],
            "daily_distribution": {"weekdays": 0.0, "weekends": 0.0},
        },
        "context_distribution":
            {"welcome_sequence": 0.0, "main_conversation": 0.0, "closing_sequence": 0.0},
        "user_segments": {"children_under_7": 0.0, "children_7_12": 0.0, "teens_13_17": 0.0,
            "adults": 0.0, "unknown": 0.0},
        "time_period": period, "scope": null,
    });
    assert_eq!(ok(managed, "platform", &format!("{path}/usage?{days}")), expected);
    let expected = json!({
        "content_id": item, "test_status": "active", "test_results": {},
        "statistical_significance": null, "winning_variant": null, "confidence_level": 0.0,
        "time_period": null, "scope": null,
    });
    assert_eq!(ok(managed, "platform", &format!("{path}/ab-test")), expected);
    let plain = super::item(managed, &[]);
    let found = ok(managed, "platform", &format!("/v1/cms/content/{plain}/analytics/ab-test"));
    assert_eq!(found["test_status"], "not_running");
}

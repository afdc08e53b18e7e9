//! Every number of an item, computed by hand from the table of [`super::talk::week`].

use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, Departure};
use serde_json::{Value, json};
use uuid::Uuid;

use super::talk::hold_week;
use super::{count, flow, ok};
use crate::real::{Managed, school};

const WEEK: &str = "start_date=2026-03-16&end_date=2026-03-21";

/// S5.26
pub(super) fn an_item_has_the_numbers_of_its_conversations(managed: &Managed) {
    let item = hold_week(managed);
    let path = format!("/v1/cms/content/{item}/analytics?{WEEK}");
    let period = json!({"start_date": "2026-03-16", "end_date": "2026-03-21", "days": 5});
    let expected = json!({
        "content_id": item,
        // 1 to 5.
        "impressions": 5,
        // 1 and 3; 4 answered on Sunday.
        "interactions": 2,
        // The same.
        "conversions": 2,
        "engagement_rate": 0.4,
        // 1, 3 and 4 of five.
        "conversion_rate": 0.6,
        "unique_sessions": 5,
        // 1; the choice of 3 is no text.
        "sentiment_analysis": {"positive": 1.0, "neutral": 0.0, "negative": 0.0},
        "usage_contexts": {"Tour": 0.6, "Quiz": 0.4},
        "time_period": period,
        "scope": null,
    });
    assert_eq!(ok(managed, "platform", &path), expected);
    // Counted or not, it is the same (F17, S5.25).
    assert!(count(managed) > 0);
    assert_eq!(ok(managed, "platform", &path), expected);
    let sunday = path.replace("03-21", "03-22");
    let found = ok(managed, "platform", &sunday);
    let mut week = expected.clone();
    week["time_period"] = json!({"start_date": "2026-03-16", "end_date": "2026-03-22", "days": 6});
    (week["interactions"], week["conversions"]) = (json!(3), json!(3));
    week["engagement_rate"] = json!(0.6);
    week["sentiment_analysis"] = json!({"positive": 0.5, "neutral": 0.0, "negative": 0.5});
    assert_eq!(found, week);
    // Of Sunday alone: something was taken up that was not shown.
    let found = ok(managed, "platform", &sunday.replace("03-16", "03-22"));
    assert_eq!([&found["impressions"], &found["interactions"]], [&json!(0), &json!(1)]);
    assert_eq!([&found["engagement_rate"], &found["conversion_rate"]], [&json!(0.0), &json!(0.0)]);
    assert_eq!(found["usage_contexts"], json!({}));
    names_that_are_alike_stand_apart(managed, &item);
    what_is_deleted_leaves_the_days(managed, &path, &expected);
}

/// S5.26: the id where names collide.
fn names_that_are_alike_stand_apart(managed: &Managed, item: &str) {
    let twins = [flow(managed, "Twin"), flow(managed, "Twin")];
    let gone = Uuid::from_u128(0x90).to_string();
    for (n, flow) in (71..).zip(twins.iter().chain([&gone])) {
        let talks = super::talk::week(item, flow, flow);
        let turns: Vec<(&str, &[&str])> = vec![("2026-04-10T10:00:00Z", &["q"])];
        super::talk::Talk { n, turns, ..talks[5].clone() }.hold(managed);
    }
    let path =
        format!("/v1/cms/content/{item}/analytics?start_date=2026-04-10&end_date=2026-04-10");
    let found = ok(managed, "platform", &path);
    let third = 0.333_333;
    let expected = json!({&twins[0]: third, &twins[1]: third, &gone: third});
    assert_eq!(found["usage_contexts"], expected);
}

/// S4.42, S5.25: what was counted stays; of those who are gone nothing more is known.
fn what_is_deleted_leaves_the_days(managed: &Managed, path: &str, before: &Value) {
    let gone = [Departure::of(chatflow::SessionId(Uuid::from_u128(3)))];
    let scope = AccessScope::system();
    managed.wait(managed.store.delete_sessions(&scope, &gone)).expect("it is deleted");
    let mut expected = before.clone();
    (expected["unique_sessions"], expected["conversion_rate"]) = (json!(4), json!(0.5));
    assert_eq!(ok(managed, "platform", path), expected);
}

/// S5.33
pub(super) fn an_item_is_used_where_and_when_it_was_shown(managed: &Managed) {
    let item = hold_week(managed);
    let path = format!("/v1/cms/content/{item}/analytics/usage?{WEEK}");
    let mut by_hour = [0.0; 24];
    for hour in [3, 6, 12, 17, 23] {
        by_hour[hour] = 0.2;
    }
    let expected = json!({
        "content_id": item,
        "impressions": 5,
        // Of six days.
        "usage_frequency": 0.833_333,
        "time_patterns": {
            // 06:30; 12:00; 17:00; 23:59 and 03:00.
            "hourly_distribution": {"morning": 0.2, "afternoon": 0.2, "evening": 0.2, "night": 0.4},
            "by_hour": by_hour,
            // 4 was on a Saturday.
            "daily_distribution": {"weekdays": 0.8, "weekends": 0.2},
        },
        // 1 and 4; 2 and 5, which have not ended; 3.
        "context_distribution":
            {"welcome_sequence": 0.4, "main_conversation": 0.4, "closing_sequence": 0.2},
        // 1; 2; 5; 4; 3.
        "user_segments": {"children_under_7": 0.2, "children_7_12": 0.2, "teens_13_17": 0.2,
            "adults": 0.2, "unknown": 0.2},
        "time_period": {"start_date": "2026-03-16", "end_date": "2026-03-21", "days": 5},
        "scope": null,
    });
    assert_eq!(ok(managed, "platform", &path), expected);
    assert!(count(managed) > 0);
    assert_eq!(ok(managed, "platform", &path), expected);
}

/// S2.30
pub(super) fn a_school_is_told_of_its_own(managed: &Managed) {
    let item = hold_week(managed);
    let path = format!("/v1/cms/content/{item}/analytics");
    let scope = json!({"school_id": school(1).0, "all_sessions": false});
    for who in ["admin", "educator"] {
        let found = ok(managed, who, &format!("{path}?{WEEK}"));
        // 1, 2 and 5.
        let expected = json!({
            "content_id": item, "impressions": 3, "interactions": 1, "conversions": 1,
            "engagement_rate": 0.333_333, "conversion_rate": 0.333_333, "unique_sessions": 3,
            "sentiment_analysis": {"positive": 1.0, "neutral": 0.0, "negative": 0.0},
            "usage_contexts": {"Tour": 0.666_667, "Quiz": 0.333_333},
            "time_period": {"start_date": "2026-03-16", "end_date": "2026-03-21", "days": 5},
            "scope": scope,
        });
        assert_eq!(found, expected, "{who}");
        let usage = ok(managed, who, &format!("{path}/usage?{WEEK}"));
        assert_eq!([&usage["impressions"], &usage["scope"]], [&json!(3), &scope]);
        let part = 0.333_333;
        assert_eq!(usage["user_segments"]["adults"], 0.0);
        assert_eq!(usage["user_segments"]["teens_13_17"], part);
        let test = ok(managed, who, &format!("{path}/ab-test"));
        assert_eq!(test["test_results"]["control"]["sample_size"], 2);
        // That there is another variant is no secret, and nobody of the school was shown it.
        assert!(test["test_results"].get("b").is_none(), "{test}");
        assert_eq!(test["scope"], scope);
    }
    // Of an item of one's own all is told.
    let own = json!({"type": "fact", "content": {"text": "Ours"}, "visibility": "public"});
    let own = super::made(managed, "admin", "/v1/cms/content", &own);
    let flow = flow(managed, "Ours");
    for talk in super::talk::week(&own, &flow, &flow) {
        super::talk::Talk { n: talk.n + 100, ..talk }.hold(managed);
    }
    let mine = ok(managed, "admin", &format!("/v1/cms/content/{own}/analytics?{WEEK}"));
    assert_eq!(mine["impressions"], 5);
    assert_eq!(mine["scope"], json!({"school_id": school(1).0, "all_sessions": true}));
    let theirs = ok(managed, "other admin", &format!("/v1/cms/content/{own}/analytics?{WEEK}"));
    assert_eq!(theirs["impressions"], 1);
    assert_eq!(theirs["scope"], json!({"school_id": school(2).0, "all_sessions": false}));
    let programs = ok(managed, "schools", &format!("/v1/cms/content/{item}/analytics?{WEEK}"));
    assert_eq!(programs["impressions"], 4);
    let both = json!([school(1).0, school(2).0]);
    let scope = json!({"school_id": null, "school_ids": both, "all_sessions": false});
    assert_eq!(programs["scope"], scope);
}

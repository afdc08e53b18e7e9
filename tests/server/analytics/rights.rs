//! Who is told which numbers (S2.30).

use serde_json::{Value, json};

use super::cohort::{cohort, hold_all};
use super::talk::{HOUR, Talk};
use super::{ago, get, line};
use crate::real::{Managed, school};

pub(crate) fn numbers_are_told_to_their_school(managed: &Managed) {
    let flow = line(managed, "admin", "Line");
    // Two sessions are of the school's own visitors.
    let own = |talk: Talk| {
        let school = (talk.n <= 2).then(|| school(1));
        Talk { school, ..talk }
    };
    let talks: Vec<_> = cohort(flow, ago(2 * HOUR), 0).into_iter().map(own).collect();
    hold_all(managed, &talks);
    let echo = |n: u128, all: bool| json!({"school_id": school(n), "all_sessions": all});
    let both =
        json!({"school_id": null, "school_ids": [school(1), school(2)], "all_sessions": true});
    for (who, query, sessions, scope) in [
        ("platform", String::new(), 5, Value::Null),
        ("backend", String::new(), 5, Value::Null),
        ("admin", String::new(), 5, echo(1, true)),
        ("schools", String::new(), 5, both),
        ("educator", String::new(), 2, echo(1, false)),
        ("other admin", String::new(), 0, echo(2, false)),
        ("other educator", String::new(), 0, echo(2, false)),
        ("platform", format!("?school_id={}", school(1)), 2, echo(1, false)),
        ("platform", format!("?school_id={}", school(2)), 0, echo(2, false)),
        ("admin", format!("?school_id={}", school(1)), 2, echo(1, false)),
    ] {
        let places = ["analytics", "analytics/funnel"];
        for place in places {
            let found = get(managed, who, &format!("flows/{flow}/{place}{query}"));
            assert_eq!(found["total_sessions"], sessions, "{who} {place} {query}");
            assert_eq!(found["scope"], scope, "{who} {place} {query}");
        }
        let summary = get(managed, who, &format!("analytics/summary{query}"));
        assert_eq!(summary["summary"]["total_sessions"], sessions, "{who} {query}");
        let performance = get(managed, who, &format!("flows/{flow}/analytics/performance{query}"));
        assert_eq!(performance["summary"]["total_sessions"], sessions, "{who} {query}");
        let of_flow = if query.is_empty() { "?" } else { "&" };
        let listed = format!("analytics/sessions{query}{of_flow}flow_id={flow}");
        let listed = get(managed, who, &listed);
        assert_eq!(listed["pagination"]["total"], sessions, "{who} {query}");
        let paths = get(managed, who, &format!("flows/{flow}/nodes/hello/analytics/paths{query}"));
        let first = paths["path_distribution"]["top_paths"].as_array().unwrap();
        let taken: i64 = first.iter().map(|path| path["sessions"].as_i64().unwrap()).sum();
        assert_eq!(taken, i64::from(sessions), "{who} {query}");
    }
    let path = format!("/v1/cms/flows/{flow}/analytics");
    let other = format!("{path}?school_id={}", school(2));
    managed.get("admin", &other).refuses(403, "forbidden", "another school");
    for who in ["reader", "learner", "kiosk", "public"] {
        for path in [path.as_str(), "/v1/cms/analytics/dashboard", "/v1/cms/analytics/real-time"] {
            managed.get(who, path).refuses(403, "forbidden", who);
        }
    }
    // What is private is not there for others.
    let place = format!("/v1/cms/flows/{flow}");
    let private = managed.send("admin", ("PUT", &place), &json!({"visibility": "private"}));
    assert_eq!(private.status, 200, "{private:?}");
    managed.get("other admin", &path).refuses(404, "flow_not_found", "another school");
}

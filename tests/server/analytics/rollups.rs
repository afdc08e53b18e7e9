//! Closed days (S5.8, F43, S4.44).

use chatflow_server::JobSettings;
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, Departure};
use serde_json::{Value, json};

use super::cohort::{arms, cohort, funnel, hold_all, of_flow};
use super::talk::{DAY, HOUR, Talk, talk};
use super::{ago, get, job, line, period, roll_up};
use crate::real::{Managed, account};

/// What is told of a flow that may come from what is kept.
fn told(managed: &Managed, flow: chatflow::FlowId) -> Vec<Value> {
    let of_flow =
        ["analytics", "analytics/funnel", "analytics/performance?days=30", "nodes/again/analytics"];
    let mut told: Vec<_> = of_flow
        .iter()
        .map(|path| get(managed, "platform", &format!("flows/{flow}/{path}")))
        .collect();
    let compare = format!("flows/analytics/compare?flow_ids={flow}");
    for path in ["analytics/dashboard", "analytics/flows/top", "analytics/summary", &compare] {
        told.push(get(managed, "platform", path));
    }
    told
}

pub(crate) fn closed_days_are_told_as_they_are_kept(managed: &Managed) {
    let flow = line(managed, "platform", "Line");
    hold_all(managed, &cohort(flow, ago(10 * DAY), 0));
    let before = told(managed, flow);
    assert_eq!(before[0], of_flow(flow, &period(30)), "from sessions");
    assert_eq!(roll_up(managed), json!({"days_taken": 1, "days_left_as_they_were": 0}));
    assert_eq!(told(managed, flow), before, "from what is kept");
    // Today's come from sessions, and both add up.
    hold_all(managed, &cohort(flow, ago(2 * HOUR), 10));
    let both = told(managed, flow);
    assert_eq!(both[0]["total_sessions"], 10);
    assert_eq!(both[1]["funnel_steps"][2]["visitors"], 6);
    assert_eq!(both[2]["time_series"].as_array().unwrap().len(), 2);
    assert_eq!((&both[3]["visits"], &both[3]["bounce_rate"]), (&json!(6), &json!(0.333_333)));
    assert_eq!(both[0].get("approximate"), None);
    // Users of closed days are a bound, which is said.
    let mut known = talk(20, flow, ago(9 * DAY), &["hello"]);
    known.user = Some(account("learner"));
    hold_all(managed, &[known.clone(), Talk { n: 21, started: ago(8 * DAY), ..known }]);
    let users = |told: &Value| {
        let users = told["engagement_metrics"]["unique_users"].clone();
        (users, told.get("approximate").cloned())
    };
    roll_up(managed);
    let path = format!("flows/{flow}/analytics");
    assert_eq!(users(&get(managed, "platform", &path)), (json!(2), Some(json!(["unique_users"]))));
}

pub(crate) fn deleting_sessions_leaves_closed_days(managed: &Managed) {
    // S4.44, S12.12
    let flow = line(managed, "platform", "Line");
    let talks = cohort(flow, ago(40 * DAY), 0);
    hold_all(managed, &talks);
    let days = "start_date=2020-01-01&end_date=2020-01-02";
    assert_eq!(
        get(managed, "platform", &format!("flows/{flow}/analytics?{days}"))["total_sessions"],
        0
    );
    let since = super::date(chatflow_storage::Day::of(ago(41 * DAY)));
    let read = || {
        let of = |path: &str| {
            let mut found =
                get(managed, "platform", &format!("flows/{flow}/{path}?start_date={since}"));
            found["time_period"] = Value::Null;
            // Answers are told of sessions that are there.
            found["response_distribution"]["responses"] = Value::Null;
            found
        };
        [of("analytics"), of("analytics/funnel"), of("nodes/arms/analytics")]
    };
    let settings = JobSettings { sessions: 30, ..JobSettings::default() };
    // Nothing goes that is not counted.
    let none = job(managed, "session-retention", settings);
    assert_eq!(none, json!({"sessions_deleted": 0}));
    assert_eq!(roll_up(managed)["days_taken"], 1);
    let before = read();
    assert_eq!(before[0]["total_sessions"], 5);
    let mut expected = funnel(flow, &Value::Null);
    expected["response_distribution"] = json!({"responses": null});
    assert_eq!(before[1], expected);
    let mut expected = arms(&Value::Null);
    expected["response_distribution"]["responses"] = Value::Null;
    assert_eq!(before[2], expected);
    assert_eq!(job(managed, "session-retention", settings), json!({"sessions_deleted": 3}));
    assert_eq!(read(), before);
    // Two still go on, so that the day is due: it keeps what it has, since some of it is gone.
    let again = roll_up(managed);
    assert_eq!(again, json!({"days_taken": 0, "days_left_as_they_were": 1}));
    assert_eq!(read(), before);
    let rest: Vec<_> = talks[3..].iter().map(|talk| Departure::of(talk.id())).collect();
    let system = AccessScope::system();
    let gone = managed.wait(managed.store.delete_sessions(&system, &rest)).unwrap();
    assert_eq!(gone.len(), 2);
    roll_up(managed);
    assert_eq!(read(), before);
}

pub(crate) fn late_ends_are_counted_by_the_next_job(managed: &Managed) {
    // S5.8
    let flow = line(managed, "platform", "Line");
    let whole = talk(1, flow, ago(6 * DAY), &["hello", "arms"]);
    whole.hold(managed);
    roll_up(managed);
    let read = || get(managed, "platform", &format!("flows/{flow}/analytics"));
    let active = |found: &Value| found["engagement_metrics"]["active_sessions"].clone();
    assert_eq!((active(&read()), read()["completion_rate"].clone()), (json!(1), json!(0.0)));
    let session = managed.wait(managed.store.load_session(whole.id())).unwrap().unwrap();
    let departure = [Departure { expected: Some(session.revision), ..Departure::of(whole.id()) }];
    let system = AccessScope::system();
    let abandoned = managed.store.abandon_sessions(&system, &departure, super::now());
    assert_eq!(managed.wait(abandoned).unwrap().len(), 1);
    assert_eq!(active(&read()), 1, "until the job has run");
    roll_up(managed);
    assert_eq!(active(&read()), 0);
    assert_eq!(read()["engagement_metrics"]["abandoned_sessions"], 1);
    // It is left alone from now on.
    assert_eq!(roll_up(managed), json!({"days_taken": 0, "days_left_as_they_were": 0}));
}

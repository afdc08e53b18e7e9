//! Which sessions are traced.

use serde_json::{Value, json};

use super::super::{TraceLevel, bucket, is_traced};
use crate::flow::FlowDefinition;
use crate::id::SessionId;

#[test]
fn sampling_is_the_same_for_a_session_each_time() {
    // R11.53, S7.1: the published vectors.
    let session = |n: u32| SessionId(format!("00000000-0000-4000-8000-{n:012}").parse().unwrap());
    for (n, want) in [(1, 4394), (2, 8398), (3, 4146)] {
        assert_eq!(bucket(session(n)), want);
        let percent = f64::from(want) / 100.0;
        assert!(!is_traced(session(n), percent) && is_traced(session(n), percent + 0.01));
        assert!(is_traced(session(n), 100.0) && !is_traced(session(n), 0.0));
        assert!(!is_traced(session(n), -1.0) && is_traced(session(n), 250.0));
    }
}

#[test]
fn a_flow_says_how_its_sessions_are_traced() {
    // R1.1, S7.1, R11.53.
    let tracing = |envelope: Value| {
        let mut document = json!({"name": "f", "version": "1.0.0", "entry_node_id": "a",
            "nodes": [{"id": "a", "type": "message", "content": {"text": "x"}}]});
        document.as_object_mut().unwrap().extend(envelope.as_object().cloned().unwrap());
        let (definition, report) = FlowDefinition::read(&document);
        let definition = definition.unwrap();
        let again = FlowDefinition::read(&definition.to_value()).0.unwrap();
        let of = |definition: &FlowDefinition| {
            crate::flow::Flow::compile(definition, 1).flow.unwrap().tracing()
        };
        // It survives a round trip (R1.30).
        assert_eq!(of(&definition), of(&again));
        (of(&definition), report.iter().count())
    };
    let session = SessionId::derived("x");
    let (usual, _) = tracing(json!({}));
    assert_eq!(
        (usual.level, usual.sample_rate, usual.retention_days),
        (TraceLevel::Standard, 100.0, 30)
    );
    assert_eq!(usual.of_session(session), TraceLevel::Off);
    let (set, wrong) = tracing(json!({"trace_enabled": true, "trace_level": "Verbose",
        "trace_sample_rate": 12.5, "retention_days": 7}));
    assert_eq!(
        (set.level, set.sample_rate, set.retention_days, wrong),
        (TraceLevel::Verbose, 12.5, 7, 0)
    );
    let (full, _) = tracing(json!({"trace_enabled": true}));
    assert_eq!(full.of_session(session), TraceLevel::Standard);
    let (none, _) = tracing(json!({"trace_enabled": true, "trace_sample_rate": 0}));
    assert_eq!(none.of_session(session), TraceLevel::Off);
    let (odd, wrong) =
        tracing(json!({"trace_level": "all", "trace_sample_rate": 101, "retention_days": 0}));
    assert_eq!(
        (odd.level, odd.sample_rate, odd.retention_days, wrong),
        (TraceLevel::Minimal, 100.0, 30, 3)
    );
    let (odd, wrong) =
        tracing(json!({"trace_level": 1, "trace_sample_rate": "x", "retention_days": 1.5}));
    assert_eq!(
        (odd.level, odd.sample_rate, odd.retention_days, wrong),
        (TraceLevel::Minimal, 100.0, 30, 3)
    );
}

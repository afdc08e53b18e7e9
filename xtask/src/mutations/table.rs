// The mutations; `tests/conformance/mutations.rs` reads them too.

/// A way to break a rule, and the test that must notice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mutation {
    /// The rule that it breaks.
    pub(crate) rule: &'static str,
    pub(crate) file: &'static str,
    /// Stands in the file exactly once.
    pub(crate) text: &'static str,
    pub(crate) instead: &'static str,
    /// Cites the rule; named as in `tests/conformance/rules.md`.
    pub(crate) test: &'static str,
}

const fn mutation(
    rule: &'static str,
    file: &'static str,
    [before, after]: [&'static str; 2],
    test: &'static str,
) -> Mutation {
    Mutation { rule, file, text: before, instead: after, test }
}

pub(crate) const MUTATIONS: [Mutation; 16] = [
    mutation(
        "R1.18",
        "engine/src/flow/connection_type.rs",
        ["number.len() <= 2", "number.len() <= 1"],
        "chatflow/flow::connection_type::tests::tokens_are_read_in_every_accepted_spelling",
    ),
    mutation(
        "R1.6",
        "engine/src/flow/read.rs",
        ["Code::FlowEntryConflict, inner_at", "Code::FlowEntryInferred, inner_at"],
        "chatflow/flow::read::tests::the_entry_is_the_envelopes_before_the_graphs",
    ),
    mutation(
        "R2.7",
        "engine/src/run/route.rs",
        [
            "of_kind().filter(|edge| edge.predicate.is_some())",
            "of_kind().filter(|edge| edge.predicate.is_none())",
        ],
        "chatflow/run::tests::routing::a_question_that_is_passed_over_goes_on_by_its_default",
    ),
    mutation(
        "R2.9",
        "engine/src/run/route.rs",
        ["!(numbered && chooses)", "!numbered"],
        "chatflow/run::tests::routing::the_only_way_out_of_a_text_question_is_taken_whatever_its_number",
    ),
    mutation(
        "R3.27",
        "engine/src/answer/choice.rs",
        ["self.max.filter(|max| count > *max)", "self.max.filter(|max| count >= *max)"],
        "chatflow/answer::tests::options::several_options_may_be_chosen",
    ),
    mutation(
        "R4.6",
        "engine/src/content/filter.rs",
        [
            "\"min_age\" => is_bound(held, Ordering::is_le",
            "\"min_age\" => is_bound(held, Ordering::is_lt",
        ],
        "chatflow/content::filter::tests::an_age_is_within_the_items_range",
    ),
    mutation(
        "R4.9",
        "engine/src/draw.rs",
        ["wrapping_mul(0xBF58_476D_1CE4_E5B9)", "wrapping_mul(0xBF58_476D_1CE4_E5B8)"],
        "chatflow/draw::tests::draws_of_a_seed_text_match_the_vectors_of_the_decision_record",
    ),
    mutation(
        "R5.22",
        "engine/src/value/display.rs",
        ["out.push_str(\", \");", "out.push_str(\",\");"],
        "chatflow/value::template::tests::texts_show_what_a_reader_expects",
    ),
    mutation(
        "R5.14",
        "engine/src/value/path.rs",
        [
            "(Some(Value::Object(below)), Value::Object(update)) => merge_deep(below, update),",
            "(Some(Value::Object(below)), Value::Object(update)) if below.is_empty() => merge_deep(below, update),",
        ],
        "chatflow/value::path::tests::merging_is_deep_for_objects_only",
    ),
    mutation(
        "R6.12",
        "engine/src/expr/operators.rs",
        [
            "related(meter, relation, x.as_ref().unwrap_or(a), y.as_ref().unwrap_or(b))",
            "related(meter, relation, x.as_ref().unwrap_or(a), y.as_ref().map_or(b, |_| b))",
        ],
        "chatflow/expr::tests::semantics::answer_options_stand_for_their_value",
    ),
    mutation(
        "R6.33c",
        "engine/src/json_condition/operator.rs",
        ["_ => Some(v.as_str()?.cmp(o.as_str()?)),", "_ => Some(o.as_str()?.cmp(v.as_str()?)),"],
        "chatflow/json_condition::tests::order_is_of_numbers_or_of_texts",
    ),
    mutation(
        "R7.7",
        "engine/src/run/request.rs",
        ["self.session.state = state;", "drop(state);"],
        "chatflow/run::tests::requests::an_answer_that_cannot_be_stored_leaves_nothing_behind",
    ),
    mutation(
        "R8.1",
        "engine/src/request.rs",
        ["const BODY_BYTES: usize = 256 * 1024;", "const BODY_BYTES: usize = 512 * 1024;"],
        "chatflow/run::tests::requests::a_body_that_is_too_large_is_not_sent",
    ),
    mutation(
        "R9.20",
        "engine/src/run/composite.rs",
        ["let success = reason != EndReason::Error;", "let success = reason == EndReason::Error;"],
        "chatflow/run::tests::routing::the_path_tells_which_node_was_left",
    ),
    mutation(
        "R11.22",
        "engine/src/value/canonical.rs",
        ["!matches!(c, ' '..='~')", "!matches!(c, ' '..='\\u{7f}')"],
        "chatflow/value::canonical::tests::the_published_vectors_hold",
    ),
    mutation(
        "R12.71",
        "engine/src/check/graph/loops.rs",
        [
            "tell(graph, &cycle_in(&certain, &members), Severity::Error, report);",
            "tell(graph, &cycle_in(&certain, &members), Severity::Warning, report);",
        ],
        "chatflow/check::graph::tests::a_loop_that_nothing_ends_is_an_error",
    ),
];

pub(crate) fn check_graph(_: &crate::flow::FlowDefinition, _: &mut crate::check::Report) {}

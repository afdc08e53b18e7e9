//! What the checker says of variables holds of every conversation.

use chatflow::{Limits, Phase, Report, Stage};
use chatflow_tests::conversation::World;
use chatflow_tests::strategies::{replies, world};
use serde_json::{Value, json};

use super::check;
use super::talk::Talk;

#[test]
fn what_is_used_before_it_is_set_is_never_there() {
    // R12.90
    let seen = std::cell::Cell::new(0_usize);
    check("uses before setting", 20_000, &(world(), replies()), |(world, replies)| {
        let Some(mut talk) = Talk::new(&world, Limits::default()) else { return };
        let uses = uses(&world);
        if uses.is_empty() || talk.start(json!({})).is_err() {
            return;
        }
        seen.set(seen.get() + nothing_is_there(&talk, &uses));
        for reply in replies {
            if !talk.reply(reply) {
                break;
            }
            seen.set(seen.get() + nothing_is_there(&talk, &uses));
        }
    });
    assert!(seen.get() > 10, "{} uses met", seen.get());
}

/// The indexes of nodes of `main` with the variables of `temp` that are reported there.
fn uses(world: &World) -> Vec<(usize, String)> {
    let main = world.definitions.iter().find(|flow| flow.seed_key.as_deref() == Some("main"));
    let Some(main) = main else { return Vec::new() };
    let mut report: Report = chatflow::Flow::compile(main, 0).report;
    report.append(main.check_links(&world.library, Stage::Draft));
    let told = report.iter().filter(|found| found.id() == "variable.used_before_set");
    let of = |found: &chatflow::Diagnostic| {
        let node: usize =
            found.at.as_str().strip_prefix("/nodes/")?.split('/').next()?.parse().ok()?;
        let name = found.message.split('`').nth(1)?.strip_prefix("temp.")?;
        // A random question notes what it shows before it waits.
        let shows = main.nodes[node].content.get("track_shown_in").is_some();
        (!shows).then(|| (node, name.replace('.', "/")))
    };
    told.filter_map(of).collect()
}

/// Where a session waits in `main`, none of the reported variables is there. How many were looked for.
fn nothing_is_there(talk: &Talk<'_>, uses: &[(usize, String)]) -> usize {
    let waits = matches!(talk.session.phase(), Phase::Asking { .. } | Phase::Acknowledging { .. });
    let Some(place) = talk.session.position().filter(|_| waits && talk.session.depth() == 1) else {
        return 0;
    };
    let flow = talk.world.definitions.iter().find(|flow| flow.id == Some(place.flow)).unwrap();
    let here = |at: &usize| flow.nodes.get(*at).is_some_and(|node| node.id == place.node);
    let names = uses.iter().filter(|(at, _)| here(at)).map(|(_, name)| name);
    let temp = talk.session.state().get("temp").cloned().unwrap_or(Value::Null);
    names.inspect(|name| assert_eq!(temp.pointer(&format!("/{name}")), None, "{name}")).count()
}

//! Goals 11 and 12: what the stores add to the writes of a turn, which are made by hand beside them.
//!
//! A turn loads a session by its id and commits the next revision: one session row, two history rows, one journal row.

pub mod grow;
mod postgres;
mod side;
pub mod sqlite;
mod turn;

use chatflow_benches::goal::{AtLeast, Goal, Judged};

use side::Ratios;

/// How many conversations go on at a time.
const CLIENTS: [usize; 3] = [1, 4, 16];

/// Rounds, each of which measures both sides one after the other.
const ROUNDS: usize = 5;

const SQLITE: AtLeast =
    AtLeast { name: "goal 11, SQLite, turns a second / raw loop", must: 0.5, target: 0.75 };
const SQLITE_CPU: Goal =
    Goal { name: "goal 11, SQLite, CPU time of a turn / raw loop", must: 2.0, target: 1.4 };
const POSTGRES: AtLeast =
    AtLeast { name: "goal 12, Postgres, turns a second / minimal program", must: 0.8, target: 1.1 };

/// Prints a figure beside its goal, and whether it passes.
fn tell(judged: &Judged) -> bool {
    println!("{judged}");
    judged.passes()
}

fn plural(clients: usize) -> String {
    format!("{clients} client{}", if clients == 1 { "" } else { "s" })
}

/// Goal 11; whether it is met.
pub fn on_sqlite() -> bool {
    let mut passes = true;
    for durability in [sqlite::Durability::Full, sqlite::Durability::Normal] {
        for (clients, seen) in sqlite::measure(durability) {
            let about = format!("{durability:?}, {}", plural(clients));
            seen.show(&format!("SQLite {about}"));
            let Ratios { speed, cpu } = seen.ratios();
            passes &= tell(&SQLITE.judge(speed).about(&about));
            passes &= tell(&SQLITE_CPU.judge(cpu).about(&about));
        }
    }
    passes
}

/// Goal 12; whether it is met, or cannot be measured.
pub fn on_postgres() -> bool {
    let measured = match postgres::measure() {
        Ok(measured) => measured,
        Err(why) => {
            println!("{}: not measured: {why}", POSTGRES.name);
            return true;
        }
    };
    let mut passes = true;
    for (clients, seen) in measured {
        let about = plural(clients);
        seen.show(&format!("Postgres {about}"));
        let Ratios { speed, cpu } = seen.ratios();
        // The goal is about many conversations at once; the others are for comparison.
        if clients == 16 {
            passes &= tell(&POSTGRES.judge(speed).about(&about));
        } else {
            println!("{}, {about}: {speed:.2} (no goal)", POSTGRES.name);
        }
        println!(
            "goal 12, Postgres, CPU time of this side / minimal program, {about}: {cpu:.2} (no goal)"
        );
    }
    passes
}

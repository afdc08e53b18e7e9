//! The jobs there are. Another one is another line.

use super::{Job, Period, ROLLUP, exports, rollup, sessions, sweep, traces};

/// All jobs (appendix C).
pub const JOBS: &[Job] = &[
    Job {
        name: "abandon-sessions",
        about: "ends conversations that nobody goes on with",
        period: Period::Minutes(15),
        work: |work| Box::pin(sessions::abandon(work)),
    },
    Job {
        name: "count-content-events",
        about: "adds what was shown, taken up and completed to counters and days",
        period: Period::Minutes(1),
        work: |work| Box::pin(sweep::count_content_events(work)),
    },
    Job {
        name: "sweep",
        about: "forgets answers to repeated requests and effects that have expired",
        period: Period::Minutes(60),
        work: |work| Box::pin(sweep::expired(work)),
    },
    Job {
        name: ROLLUP,
        about: "takes the numbers of days that are over, and again of those that something late belongs to",
        period: Period::Daily(20),
        work: |work| Box::pin(rollup::roll_up(work)),
    },
    Job {
        name: "trace-retention",
        about: "deletes old traces, and who looked at them",
        period: Period::Daily(2 * 60),
        work: |work| Box::pin(traces::retention(work)),
    },
    Job {
        name: "event-retention",
        about: "deletes old events, deliveries, content events and entries of the audit log",
        period: Period::Daily(3 * 60),
        work: |work| Box::pin(sweep::retention(work)),
    },
    Job {
        name: "export-retention",
        about: "removes files of analytics that have expired",
        period: Period::Daily(3 * 60 + 30),
        work: |work| Box::pin(exports::retention(work)),
    },
    Job {
        name: "session-retention",
        about: "deletes conversations that ended long ago",
        period: Period::Daily(4 * 60),
        work: |work| Box::pin(sessions::retention(work)),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_have_names_of_their_own_that_fit_their_column() {
        // S1.69
        for (n, job) in JOBS.iter().enumerate() {
            assert!((1..=60).contains(&job.name.len()), "{job:?}");
            assert!(JOBS.iter().skip(n + 1).all(|other| other.name != job.name), "{job:?}");
        }
    }
}

//! What is above the stores, on Postgres: the server that `DATABASE_URL` names, or one of the run's
//! own. Where there is neither, these tests say so and pass, and fail in CI.

mod analytics;
mod check;
mod content;
mod conversations;
mod deliveries;
mod dump;
mod engagement;
mod exports;
mod flows;
mod jobs;
mod kept;
mod management;
mod notices;
mod option;
mod order;
mod outage;
mod place;
mod preview;
mod receivers;
mod recommended;
mod rights;
mod rolling;
mod service;

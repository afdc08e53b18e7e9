//! Background jobs of two processes.

use chatflow_storage::AnyStore;

use super::place::{Wait, database};
use super::service::Pair;
use crate::server::jobs::two_processes;

#[test]
fn of_two_processes_one_does_the_work() {
    let Some(database) = database() else { return };
    let pair = Pair::with_flows(database);
    let stores = [(); 2].map(|()| AnyStore::new(pair.database.connect()));
    let [client, _] = pair.clients();
    two_processes(&stores, &client, &Wait);
}

//! Events of one database, delivered by several workers.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chatflow::{Masker, SessionId, Timestamp};
use chatflow_server::{DeliveryOptions, EgressRules, Outbound, deliver, look_for_changes};
use chatflow_storage::prelude::*;
use chatflow_storage::{
    AccessScope, AnyStore, Batch, BlockOn as _, Change, Destination, EventId, EventQuery,
    EventStatus, NewEvent, Priority, SubscriptionId, SubscriptionMethod, SubscriptionRecord,
    SubscriptionStatus,
};
use uuid::Uuid;

use super::place::{Wait, database};

/// The ids of the events of each session, in the order in which they arrived.
type Heard = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

fn receive() -> (String, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let heard = Heard::default();
    let ear = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, ear) = (stream.unwrap(), Arc::clone(&ear));
            std::thread::spawn(move || answer(stream, &ear));
        }
    });
    (url, heard)
}

fn answer(mut stream: TcpStream, ear: &Heard) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut headers = BTreeMap::new();
    for line in reader.by_ref().lines() {
        let line = line.unwrap();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").unwrap_or((&line, ""));
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let event = headers["x-event-id"].clone();
    ear.lock().unwrap().entry(headers["x-correlation-id"].clone()).or_default().push(event);
    stream.write_all(b"HTTP/1.1 204 X\r\nconnection: close\r\n\r\n").unwrap();
}

fn event(number: u128, to: SubscriptionId) -> NewEvent {
    let session = SessionId(Uuid::from_u128(number % 12));
    NewEvent {
        id: EventId(Uuid::from_u128(1000 + number)),
        event_type: "session_updated".to_owned(),
        event_version: "1.0".to_owned(),
        source_service: "chatflow".to_owned(),
        destination: Destination::Webhook(to),
        routing_key: None,
        payload: "{}".to_owned(),
        headers: None,
        priority: Priority::Normal,
        max_retries: 3,
        correlation_id: Some(session.to_string()),
        causation_id: None,
        user_id: None,
        session_id: Some(session),
        flow_id: None,
        school_id: None,
        created_at: Timestamp::from_millis(0),
    }
}

fn subscription(url: String) -> SubscriptionRecord {
    SubscriptionRecord {
        id: SubscriptionId(Uuid::from_u128(1)),
        name: "Receiver".to_owned(),
        url,
        secret: None,
        method: SubscriptionMethod::Post,
        headers: "{}".to_owned(),
        timeout_seconds: 30,
        max_retries: 3,
        event_types: Vec::new(),
        flow_id: None,
        school_id: None,
        status: SubscriptionStatus::Active,
        created_by: None,
    }
}

#[test]
fn several_workers_deliver_each_event_once_and_a_session_in_order() {
    // S6.32, S6.33, F17
    let Some(database) = database() else { return };
    let (url, heard) = receive();
    let connect = || {
        AnyStore::new(
            Wait.block_on(chatflow_postgres::PostgresStore::connect(&database.url)).unwrap(),
        )
    };
    let store = connect();
    let scope = AccessScope::system();
    let record = subscription(url);
    let id = record.id;
    Wait.block_on(async {
        let write = Change { expected: Some(0), record };
        store.write_subscription(&scope, &write, Timestamp::from_millis(0)).await.unwrap();
        let outbound = Outbound::new(EgressRules::development()).unwrap();
        let options = DeliveryOptions::new(outbound, Masker::new(b"key"));
        let workers: Vec<_> = (0..3)
            .map(|_| tokio::spawn(deliver(store.clone(), options.clone(), std::future::pending())))
            .collect();
        let looking = tokio::spawn(look_for_changes(store.clone(), std::future::pending()));
        // They are written while others are delivered.
        for first in (0..240).step_by(24) {
            let events = (first..first + 24).map(|number| event(number, id)).collect();
            store.apply(&scope, &Batch { events, ..Batch::default() }).await.unwrap();
        }
        let open = EventQuery {
            statuses: vec![EventStatus::Pending, EventStatus::Processing, EventStatus::Failed],
            limit: 1,
            ..EventQuery::default()
        };
        let begun = Instant::now();
        while !store.events(&scope, &open).await.unwrap().is_empty() {
            assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", heard.lock().unwrap());
        }
        workers.iter().for_each(tokio::task::JoinHandle::abort);
        looking.abort();
    });
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 12);
    for (session, order) in &*heard {
        assert_eq!(order.len(), 20, "{session}: {order:?}");
        assert!(order.is_sorted(), "{session}: {order:?}");
    }
}

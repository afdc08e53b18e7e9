//! [`EvidenceStore`] in memory.

use std::collections::BTreeMap;

use chatflow::{ImpressionId, SessionId, Timestamp};

use super::MemoryStore;
use crate::error::StoreError;
use crate::evidence::{
    ContentEvent, ContentEventKind, ContentEventPage, ContentEventQuery, EvidenceStore,
    NewContentEvent, RecalledRequest, SessionEventQuery, conversion_id,
};
use crate::scope::AccessScope;
use crate::session::{StoredSession, Turn};

impl EvidenceStore for MemoryStore {
    fn session_content_events(
        &self,
        query: SessionEventQuery,
    ) -> Result<ContentEventPage, StoreError> {
        let tables = self.tables();
        let of_session = |event: &&ContentEvent| event.session_id == Some(query.session);
        let mut rows: Vec<_> = tables.content_events.iter().filter(of_session).cloned().collect();
        rows.sort_by_key(|row| (row.revision, row.ordinal));
        let (rows, total) = page(rows, query.skip, query.limit);
        Ok(ContentEventPage { rows, total })
    }

    fn content_events(
        &self,
        scope: &AccessScope,
        query: &ContentEventQuery,
    ) -> Result<ContentEventPage, StoreError> {
        let tables = self.tables();
        let is_asked_for = |row: &&ContentEvent| {
            row.event.content_id == query.content
                && query.kind.is_none_or(|kind| kind == row.event.kind)
                && query.from.is_none_or(|from| row.created_at >= from)
                && query.to.is_none_or(|to| row.created_at <= to)
                && (scope.is_system()
                    || row.school_id.is_some_and(|school| scope.counted().contains(&school)))
        };
        let mut rows: Vec<_> = tables.content_events.iter().filter(is_asked_for).cloned().collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.event.id)));
        let (rows, total) = page(rows, query.skip, query.limit);
        Ok(ContentEventPage { rows, total })
    }

    fn recall_request(
        &self,
        session: SessionId,
        request_key: &str,
        at: Timestamp,
    ) -> Result<Option<RecalledRequest>, StoreError> {
        let tables = self.tables();
        let stored = tables.sessions.get(&session).and_then(|c| c.answered.get(request_key));
        Ok(stored.filter(|stored| stored.answered.expires_at > at).cloned())
    }

    fn sweep_requests(&self, at: Timestamp, limit: u64) -> Result<u64, StoreError> {
        let mut left = limit;
        for conversation in self.tables().sessions.values_mut() {
            conversation.answered.retain(|_, stored| {
                let stays = left == 0 || stored.answered.expires_at > at;
                left = if stays { left } else { left.saturating_sub(1) };
                stays
            });
        }
        Ok(limit.saturating_sub(left))
    }
}

/// The rows of a page, and how many there are in all.
pub(super) fn page<T>(rows: Vec<T>, skip: u64, limit: u64) -> (Vec<T>, u64) {
    let total = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    (rows.into_iter().skip(skip).take(limit).collect(), total)
}

/// Writes the content events of a turn of `session`, and the conversions that follow from it.
pub(super) fn record_content(table: &mut Vec<ContentEvent>, session: &StoredSession, turn: &Turn) {
    let mut ordinal = 0_u32;
    let mut write = |table: &mut Vec<ContentEvent>, event: NewContentEvent| {
        ordinal = ordinal.saturating_add(1);
        let is_known = |row: &ContentEvent| {
            let is_of_it = event.impression_id.is_some()
                && (row.event.impression_id, row.event.kind) == (event.impression_id, event.kind);
            row.event.id == event.id || is_of_it
        };
        if !table.iter().any(is_known) {
            table.push(ContentEvent {
                event,
                session_id: Some(session.head.id),
                school_id: session.head.school_id,
                user_id: session.head.user_id,
                revision: session.revision,
                ordinal,
                created_at: session.last_activity_at,
            });
        }
    };
    for event in &turn.content_events {
        write(table, event.clone());
    }
    if turn.converts {
        for event in conversions(table, session) {
            write(table, event);
        }
    }
}

/// One for each item and variant that the session was shown and that has none yet (S5.23).
fn conversions(table: &[ContentEvent], session: &StoredSession) -> Vec<NewContentEvent> {
    let mut last = BTreeMap::new();
    for row in table.iter().filter(|row| row.session_id == Some(session.head.id)) {
        let (event, place) = (&row.event, (row.revision, row.ordinal));
        // Items without variants come last, as the stores sort them.
        let pair = (event.content_id, event.variant_key.is_none(), event.variant_key.clone());
        let found: &mut (_, Option<NewContentEvent>) = last.entry(pair).or_insert((place, None));
        match event.kind {
            ContentEventKind::Impression if place >= found.0 => {
                *found = (place, Some(event.clone()));
            }
            ContentEventKind::Conversion => {
                // Nothing comes after it.
                *found = ((chatflow::Revision(u64::MAX), u32::MAX), None);
            }
            ContentEventKind::Impression | ContentEventKind::Interaction => {}
        }
    }
    let convert = |impression: NewContentEvent| NewContentEvent {
        id: conversion_id(ImpressionId(impression.id)),
        kind: ContentEventKind::Conversion,
        impression_id: Some(ImpressionId(impression.id)),
        value: None,
        ..impression
    };
    last.into_values().filter_map(|(_, impression)| impression.map(convert)).collect()
}

//! What a store has to do to write an account: decided once, for every store.

use serde_json::Value;

use super::{AccountError, AccountId, ServiceAccountRecord, UserRecord};
use crate::library::{Change, Stored, Verdict};
use crate::scope::AccessScope;

/// The form in which e-mail addresses are stored and compared: lower-case (S1.32).
pub fn normal_email(email: &str) -> String {
    email.to_lowercase()
}

/// What users and service accounts have in common.
pub trait AccountRow: Clone + PartialEq {
    /// Its name.
    fn key(&self) -> AccountId;
    /// The form in which it is stored.
    #[must_use]
    fn normal(self) -> Self;
    /// The rule that it breaks, if any.
    fn problem(&self) -> Option<&'static str>;
}

impl AccountRow for UserRecord {
    fn key(&self) -> AccountId {
        AccountId::User(self.id)
    }

    fn normal(self) -> Self {
        Self { email: self.email.as_deref().map(normal_email), ..self }
    }

    fn problem(&self) -> Option<&'static str> {
        let fits =
            |email: &String| !email.contains('\0') && (1..=320).contains(&email.chars().count());
        if !self.email.as_ref().is_none_or(fits) {
            return Some("`email` must have 1 to 320 characters, none of them U+0000");
        }
        problem_of(&self.name, &self.info)
    }
}

impl AccountRow for ServiceAccountRecord {
    fn key(&self) -> AccountId {
        AccountId::Service(self.id)
    }

    fn normal(mut self) -> Self {
        self.schools.sort_unstable();
        self.schools.dedup();
        self
    }

    fn problem(&self) -> Option<&'static str> {
        problem_of(&self.name, &self.info)
    }
}

fn problem_of(name: &str, info: &str) -> Option<&'static str> {
    if name.contains('\0') {
        // Postgres cannot hold it, and SQLite's functions stop at it.
        return Some("a text contains U+0000");
    }
    if !(1..=256).contains(&name.chars().count()) {
        return Some("`name` must have 1 to 256 characters");
    }
    let is_object = serde_json::from_str::<Value>(info).is_ok_and(|info| info.is_object());
    (!is_object).then_some("`info` must be a JSON object")
}

/// Decides what `change` means, given what is stored under its id; answers with what to write.
///
/// # Errors
/// [`AccountError::OutOfScope`], [`AccountError::Invalid`] and [`AccountError::Conflict`].
pub fn settle_account<T: AccountRow>(
    scope: &AccessScope,
    stored: Option<&Stored<T>>,
    change: &Change<T>,
) -> Result<(Verdict, T), AccountError> {
    let record = change.record.clone().normal();
    let account = record.key();
    if !scope.is_system() {
        return Err(AccountError::OutOfScope { account });
    }
    if let Some(problem) = record.problem() {
        return Err(AccountError::Invalid { account, problem });
    }
    let actual = stored.map_or(0, |stored| stored.row_version);
    if let Some(expected) = change.expected.filter(|expected| *expected != actual) {
        return Err(AccountError::Conflict { account, expected, actual });
    }
    let verdict = match stored {
        None => Verdict::Create,
        Some(stored) if stored.record == record => Verdict::Keep { row_version: actual },
        Some(_) => Verdict::Update { row_version: actual.saturating_add(1) },
    };
    Ok((verdict, record))
}

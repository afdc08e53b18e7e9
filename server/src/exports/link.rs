//! Links that download a file without a token, for browsers (S5.46, F60).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chatflow::Timestamp;
use chatflow_storage::prelude::*;
use chatflow_storage::{AccessScope, AnyStore, ExportId, ExportQuery, ExportRecord, StoreError};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::Exports;

/// How long a link is good, in milliseconds.
const GOOD_MS: i64 = 10 * 60_000;

/// What the key is derived for.
const PURPOSE: &[u8] = b"export";

/// What a link leads to.
#[derive(Debug)]
pub(crate) enum Link {
    /// This export.
    Good(Box<ExportRecord>),
    /// An export, but not any more.
    Over,
    /// Nothing that we have signed.
    Unknown,
}

/// Signs links.
#[derive(Clone)]
pub(crate) struct LinkKey([u8; 32]);

impl LinkKey {
    /// The first block of HKDF-SHA256 (RFC 5869) of a secret, without salt.
    pub(crate) fn derived(secret: &[u8]) -> Self {
        Self(hkdf(secret, PURPOSE))
    }

    /// The query of a link to the file, which is good for ten minutes.
    pub(crate) fn query(&self, record: &ExportRecord, at: Timestamp) -> String {
        let until = at.as_millis().saturating_add(GOOD_MS).div_euclid(1000);
        format!("sig={}&exp={until}", self.signature(record, until))
    }

    /// Whether a link to the file is signed by us.
    fn signed(&self, record: &ExportRecord, (signature, until): (&str, i64)) -> bool {
        self.signature(record, until).as_bytes().ct_eq(signature.as_bytes()).into()
    }

    /// Bound to the file, the end of the link and the account whose file it is.
    fn signature(&self, record: &ExportRecord, until: i64) -> String {
        let account = record.requested_by.map(|id| id.0);
        let account =
            account.or_else(|| record.service_account_id.map(|id| id.0)).unwrap_or_default();
        let text = format!("{}\n{until}\n{account}", record.id);
        URL_SAFE_NO_PAD.encode(mac(&self.0, &[text.as_bytes()]))
    }
}

impl Exports {
    /// What a link with this signature and end leads to. Who has it needs no account.
    pub(crate) async fn linked(
        &self,
        store: &AnyStore,
        id: ExportId,
        link: (&str, i64),
        at: Timestamp,
    ) -> Result<Link, StoreError> {
        let found = store.exports(&AccessScope::system(), ExportQuery::one(id)).await?;
        let found = found.into_iter().next().filter(|record| self.key.signed(record, link));
        let Some(record) = found else { return Ok(Link::Unknown) };
        let is_over = link.1.saturating_mul(1000) <= at.as_millis();
        Ok(if is_over { Link::Over } else { Link::Good(Box::new(record)) })
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(…)")
    }
}

fn hkdf(secret: &[u8], info: &[u8]) -> [u8; 32] {
    let extracted = mac(&[0; 32], &[secret]);
    mac(&extracted, &[info, &[1]])
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // Keys of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use chatflow_storage::{ExportKind, ExportState, UserId};
    use uuid::Uuid;

    use super::*;

    fn record(id: u128, user: u128) -> ExportRecord {
        ExportRecord {
            id: ExportId(Uuid::from_u128(id)),
            kind: ExportKind::General,
            format: "csv".to_owned(),
            params: "{}".to_owned(),
            state: ExportState::Completed,
            progress: 100,
            file: None,
            error: None,
            requested_by: Some(UserId(Uuid::from_u128(user))),
            service_account_id: None,
            school_id: None,
            created_at: Timestamp::default(),
            started_at: None,
            completed_at: None,
            expires_at: Timestamp::default(),
            attempts: 1,
        }
    }

    #[test]
    fn the_key_is_derived_as_the_standard_says() {
        // RFC 5869, test case 3: no salt, no info.
        let expected = [
            0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63, 0xc1, 0x8f, 0x71, 0x5f, 0x80, 0x2a, 0x06, 0x3c,
            0x5a, 0x31, 0xb8, 0xa1, 0x1f, 0x5c, 0x5e, 0xe1, 0x87, 0x9e, 0xc3, 0x45, 0x4e, 0x5f,
            0x3c, 0x73, 0x8d, 0x2d,
        ];
        assert_eq!(hkdf(&[0x0b; 22], b""), expected);
    }

    #[test]
    fn a_link_is_good_for_its_file_and_account() {
        // S5.46, F60
        let key = LinkKey::derived(b"a secret");
        let query = key.query(&record(1, 1), Timestamp::from_millis(100_000));
        let (signature, until) = query.split_once("&exp=").unwrap();
        let signature = signature.strip_prefix("sig=").unwrap();
        assert_eq!(until, "700", "ten minutes later");
        assert!(key.signed(&record(1, 1), (signature, 700)));
        assert!(!key.signed(&record(1, 1), (signature, 900)), "nobody prolongs it");
        assert!(!key.signed(&record(2, 1), (signature, 700)), "of another file");
        assert!(!key.signed(&record(1, 2), (signature, 700)), "of another account");
        assert!(!key.signed(&record(1, 1), ("", 700)));
        assert!(!LinkKey::derived(b"another").signed(&record(1, 1), (signature, 700)));
        assert_eq!(format!("{key:?}"), "LinkKey(…)");
    }
}

//! Conversations: their cookies, how much a stored one is trusted, how long it is kept.

use serde::Deserialize;

use crate::cookies::{Cookies, SameSite};

/// What of conversations can be set (S4.4, S4.22, S4.43, S4.44).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ChatConfig {
    pub(super) abandon_after_hours: Option<u32>,
    pub(super) retention_days: Option<u32>,
    set_cookies: Option<bool>,
    cookie_samesite: Option<Site>,
    cookie_partitioned: bool,
    /// Cookies are never compared with headers any more, so there is nothing to switch off (F16).
    csrf_header_only: bool,
    verify_state_hash: Verify,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Site {
    None,
    Lax,
    Strict,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Verify {
    #[default]
    Warn,
    Strict,
}

impl ChatConfig {
    pub(super) fn cookies(&self) -> Cookies {
        Cookies {
            sent: self.set_cookies.unwrap_or(true),
            same_site: self.cookie_samesite.map(|site| match site {
                Site::None => SameSite::None,
                Site::Lax => SameSite::Lax,
                Site::Strict => SameSite::Strict,
            }),
            partitioned: self.cookie_partitioned,
        }
    }

    /// Whether a session is refused whose variables were changed behind the service's back.
    pub(super) fn is_strict(&self) -> bool {
        self.verify_state_hash == Verify::Strict
    }
}

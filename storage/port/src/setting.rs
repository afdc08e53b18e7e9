//! What an installation settles once and keeps (F33).

use crate::error::StoreError;
use crate::role::role;

role! {
    /// Keeps settings: JSON texts under names of 1 to 100 characters. They belong to no tenant.
    SettingStore, async AsyncSettingStore, dyn DynSettingStore {
        /// What stands under a name.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks.
        fn setting(&self, key: &str) -> Result<Option<String>, StoreError>;

        /// Puts `value` under a name unless something stands there, and tells what stands.
        ///
        /// Of many that do so at once, one puts its value and all are told that one: so several
        /// processes that start together agree on one generated key.
        ///
        /// # Errors
        /// [`StoreError`] if the store breaks or `value` is not JSON.
        fn settle_setting(&self, key: &str, value: &str) -> Result<String, StoreError>;
    }
}

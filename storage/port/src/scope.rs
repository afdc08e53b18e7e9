//! On whose behalf a store is read or written.

use chatflow::{TenantId, Visibility};

use crate::id::UserId;

/// Which rows of the tenants' tables a call may touch (S2.28).
///
/// Every read and write of such a table takes one; there is no other way in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessScope {
    writes: Writes,
    signed_in: bool,
    /// Whether rows that are not in use are hidden from it (S2.15, footnote).
    sees_live_only: bool,
    /// Whether content that is not published yet counts as if it were (R4.8).
    sees_drafts: bool,
    /// Whose creations are its own.
    account: Option<UserId>,
    /// Tenants whose `school` rows are visible.
    schools: Vec<TenantId>,
    /// Tenants whose `private` rows are visible as well.
    owned: Vec<TenantId>,
}

/// What a scope may write (S2.16, S2.18).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Writes {
    Nothing,
    /// What its account creates.
    Own,
    /// The rows of the tenants that it owns as well.
    Owned,
    /// Every row; it also sees every row.
    Everything,
}

/// What of a content item or a flow decides who may see and change it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RowAccess {
    /// Who may see it.
    pub visibility: Visibility,
    /// Its owner.
    pub school_id: Option<TenantId>,
    /// Who created it.
    pub created_by: Option<UserId>,
    /// Whether it is in use: active, and published.
    pub is_live: bool,
}

impl AccessScope {
    /// Everything: background jobs, imports by the operator and the command line. Never a request.
    pub fn system() -> Self {
        Self { writes: Writes::Everything, ..Self::of(true, Vec::new(), Vec::new()) }
    }

    /// One who runs the whole platform.
    pub fn platform(account: Option<UserId>) -> Self {
        Self { account, ..Self::system() }
    }

    /// One who runs these schools.
    pub fn school_admin(account: Option<UserId>, schools: Vec<TenantId>) -> Self {
        let owned = schools.clone();
        Self { account, writes: Writes::Owned, ..Self::of(true, schools, owned) }
    }

    /// One who teaches at a school.
    pub fn educator(account: UserId, school: TenantId) -> Self {
        let account = Some(account);
        Self { account, writes: Writes::Own, ..Self::of(true, vec![school], Vec::new()) }
    }

    /// A program that reads what educators of these schools may see, private rows aside.
    pub fn reader(schools: Vec<TenantId>) -> Self {
        Self::of(true, schools, Vec::new())
    }

    /// Everyone else who is signed in: pupils, parents, the public.
    pub fn learner(account: Option<UserId>, school: Option<TenantId>) -> Self {
        let schools = school.into_iter().collect();
        Self { account, sees_live_only: true, ..Self::of(true, schools, Vec::new()) }
    }

    /// A program that shows what learners of these schools see.
    pub fn kiosk(schools: Vec<TenantId>) -> Self {
        Self { sees_live_only: true, ..Self::of(true, schools, Vec::new()) }
    }

    /// A visitor nobody knows: what is visible to everyone (S2.25, F66).
    pub fn anonymous() -> Self {
        Self::of(false, Vec::new(), Vec::new())
    }

    /// A running conversation: what the owner of its flow may show to its visitor (S2.26).
    ///
    /// That is `school` rows of both tenants and `private` rows of the flow's.
    pub fn conversation(flow: Option<TenantId>, visitor: Option<TenantId>) -> Self {
        let schools = flow.into_iter().chain(visitor.filter(|id| Some(*id) != flow)).collect();
        Self::of(true, schools, flow.into_iter().collect())
    }

    /// The same for a preview, which shows content that is not published yet as well (R4.8, R4.15).
    #[must_use]
    pub fn with_drafts(self) -> Self {
        Self { sees_drafts: true, ..self }
    }

    fn of(signed_in: bool, schools: Vec<TenantId>, owned: Vec<TenantId>) -> Self {
        let (writes, account) = (Writes::Nothing, None);
        let (sees_live_only, sees_drafts) = (false, false);
        Self { writes, signed_in, sees_live_only, sees_drafts, account, schools, owned }
    }

    /// Whether no row is hidden.
    pub fn is_system(&self) -> bool {
        self.writes == Writes::Everything
    }

    /// Whose creations are its own.
    pub fn account(&self) -> Option<UserId> {
        self.account
    }

    /// Whether rows that are not in use are hidden from it.
    pub fn sees_live_only(&self) -> bool {
        self.sees_live_only
    }

    /// Whether content that is not published yet is shown as if it were.
    pub fn sees_drafts(&self) -> bool {
        self.sees_drafts
    }

    /// Whether anything is visible outside conversations.
    pub fn is_signed_in(&self) -> bool {
        self.signed_in
    }

    /// The tenants whose `school` rows are visible.
    pub fn schools(&self) -> &[TenantId] {
        &self.schools
    }

    /// The tenants whose `private` rows are visible.
    pub fn owned(&self) -> &[TenantId] {
        &self.owned
    }

    /// The tenants that it runs: those whose accounts it lists and whose sessions it deletes (S3.147).
    /// Empty for one who runs everything, see [`AccessScope::is_system`].
    pub fn administers(&self) -> &[TenantId] {
        match self.writes {
            Writes::Owned => &self.owned,
            Writes::Nothing | Writes::Own | Writes::Everything => &[],
        }
    }

    /// The tenants whose sessions it lists: those that it runs or teaches at (S2.30).
    /// Empty for one who lists all, see [`AccessScope::is_system`].
    pub fn oversees(&self) -> &[TenantId] {
        match self.writes {
            Writes::Owned | Writes::Own => &self.schools,
            Writes::Nothing | Writes::Everything => &[],
        }
    }

    /// The tenants whose sessions' traces are visible, unless all are (S2.30).
    pub fn traced(&self) -> &[TenantId] {
        if self.writes == Writes::Owned { &self.owned } else { &[] }
    }

    /// The tenants whose sessions are counted for it, unless all are (S2.30).
    pub fn counted(&self) -> &[TenantId] {
        if self.signed_in && !self.sees_live_only { &self.schools } else { &[] }
    }

    /// Whether a flow with these columns is visible (S2.25); `open` is its `allow_anonymous`.
    pub fn sees_flow(&self, visibility: Visibility, school: Option<TenantId>, open: bool) -> bool {
        self.is_system()
            || match visibility {
                Visibility::Wriveted => true,
                Visibility::Public => open || self.signed_in,
                Visibility::School => open || holds(&self.schools, school),
                Visibility::Private => holds(&self.owned, school),
            }
    }

    /// Whether a content item with these columns is visible to a conversation (S2.26).
    pub fn sees_content(&self, visibility: Visibility, school: Option<TenantId>) -> bool {
        self.is_system()
            || match visibility {
                Visibility::Wriveted | Visibility::Public => true,
                Visibility::School => holds(&self.schools, school),
                Visibility::Private => holds(&self.owned, school),
            }
    }

    /// Whether a theme of this owner is visible.
    pub fn sees_theme(&self, school: Option<TenantId>) -> bool {
        self.is_system() || school.is_none() || holds(&self.schools, school)
    }

    /// Whether themes and settings of `school` may be written; those of no school belong to the operator (S2.29).
    pub fn owns(&self, school: Option<TenantId>) -> bool {
        self.is_system() || (self.writes == Writes::Owned && holds(&self.owned, school))
    }

    /// Whether a content item or flow is visible to somebody who manages such rows (S2.15, S2.23).
    pub fn views(&self, row: &RowAccess) -> bool {
        if self.is_system() {
            return true;
        }
        let is_shared = match row.visibility {
            Visibility::Wriveted | Visibility::Public => true,
            Visibility::School => holds(&self.schools, row.school_id),
            Visibility::Private => holds(&self.owned, row.school_id) || self.created(row),
        };
        self.signed_in && is_shared && (row.is_live || !self.sees_live_only)
    }

    /// Whether a content item or flow may be changed (S2.16).
    pub fn edits(&self, row: &RowAccess) -> bool {
        let is_own = match row.visibility {
            Visibility::Wriveted => return self.is_system(),
            Visibility::Public | Visibility::Private => self.created(row),
            Visibility::School => false,
        };
        match self.writes {
            Writes::Nothing => false,
            Writes::Own => is_own,
            Writes::Owned => is_own || holds(&self.owned, row.school_id),
            Writes::Everything => true,
        }
    }

    /// Whether a content item or flow may be created so (S2.18).
    pub fn creates(&self, row: &RowAccess) -> bool {
        let is_mine = row.created_by == self.account;
        match self.writes {
            Writes::Nothing => false,
            Writes::Own => {
                let is_private = row.visibility == Visibility::Private;
                is_mine && is_private && holds(&self.schools, row.school_id)
            }
            Writes::Owned => {
                let is_wriveted = row.visibility == Visibility::Wriveted;
                is_mine && !is_wriveted && holds(&self.owned, row.school_id)
            }
            Writes::Everything => true,
        }
    }

    /// Whether `old` may become `new` (S2.19).
    pub fn changes(&self, old: &RowAccess, new: &RowAccess) -> bool {
        let keeps_creator = old.created_by == new.created_by && old.school_id == new.school_id;
        let keeps_all = keeps_creator && old.visibility == new.visibility;
        let is_mine = RowAccess { created_by: self.account, ..*new };
        self.is_system()
            || (self.edits(old) && (keeps_all || (keeps_creator && self.creates(&is_mine))))
    }

    fn created(&self, row: &RowAccess) -> bool {
        let is_mine = self.account.is_some() && self.account == row.created_by;
        is_mine && (row.school_id.is_none() || holds(&self.schools, row.school_id))
    }
}

fn holds(tenants: &[TenantId], school: Option<TenantId>) -> bool {
    school.is_some_and(|school| tenants.contains(&school))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const A: TenantId = TenantId(Uuid::from_u128(1));
    const B: TenantId = TenantId(Uuid::from_u128(2));

    /// Private, school, public and wriveted rows of `A`, as `scope` sees them.
    fn flows(scope: &AccessScope) -> [bool; 4] {
        [Visibility::Private, Visibility::School, Visibility::Public, Visibility::Wriveted]
            .map(|visibility| scope.sees_flow(visibility, Some(A), false))
    }

    #[test]
    fn flows_are_visible_as_the_table_says() {
        // S2.25
        for (scope, expected) in [
            (AccessScope::system(), [true, true, true, true]),
            (AccessScope::anonymous(), [false, false, false, true]),
            (AccessScope::learner(None, None), [false, false, true, true]),
            (AccessScope::learner(None, Some(A)), [false, true, true, true]),
            (AccessScope::school_admin(None, vec![A]), [true, true, true, true]),
            (AccessScope::school_admin(None, vec![B]), [false, false, true, true]),
            (AccessScope::conversation(Some(A), Some(B)), [true, true, true, true]),
            (AccessScope::conversation(Some(B), Some(A)), [false, true, true, true]),
        ] {
            assert_eq!(flows(&scope), expected, "{scope:?}");
        }
    }

    #[test]
    fn a_flow_may_invite_anonymous_visitors_unless_it_is_private() {
        let scope = AccessScope::anonymous();
        assert!(scope.sees_flow(Visibility::Public, None, true));
        assert!(scope.sees_flow(Visibility::School, Some(A), true));
        assert!(!scope.sees_flow(Visibility::Private, Some(A), true));
    }

    #[test]
    fn a_school_is_run_and_overseen_by_its_own_people() {
        // S2.2, S2.30, S3.145
        let one = UserId(Uuid::from_u128(9));
        let none: &[TenantId] = &[];
        for (scope, administers, oversees) in [
            (AccessScope::system(), none, none),
            (AccessScope::school_admin(None, vec![A, B]), &[A, B][..], &[A, B][..]),
            (AccessScope::educator(one, A), none, &[A]),
            (AccessScope::reader(vec![A]), none, none),
            (AccessScope::kiosk(vec![A]), none, none),
            (AccessScope::learner(Some(one), Some(A)), none, none),
            (AccessScope::conversation(Some(A), Some(B)), none, none),
            (AccessScope::anonymous(), none, none),
        ] {
            assert_eq!(
                (scope.administers(), scope.oversees()),
                (administers, oversees),
                "{scope:?}"
            );
        }
    }

    #[test]
    fn a_row_without_a_school_is_nobodys_private_row() {
        assert!(!AccessScope::school_admin(None, vec![A]).sees_content(Visibility::Private, None));
        assert!(!AccessScope::school_admin(None, vec![A]).owns(None));
        assert!(AccessScope::system().owns(None));
    }
}

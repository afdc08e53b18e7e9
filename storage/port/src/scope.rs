//! On whose behalf a store is read or written.

use chatflow::{TenantId, Visibility};

/// Which rows of the tenants' tables a call may touch (S2.28).
///
/// Every read and write of such a table takes one; there is no other way in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessScope {
    everything: bool,
    signed_in: bool,
    /// Tenants whose `school` rows are visible.
    schools: Vec<TenantId>,
    /// Tenants whose `private` rows are visible as well, and whose rows may be written.
    owned: Vec<TenantId>,
}

impl AccessScope {
    /// Everything: background jobs, imports by the operator and the command line. Never a request.
    pub fn system() -> Self {
        Self { everything: true, ..Self::of(true, Vec::new(), Vec::new()) }
    }

    /// A visitor nobody knows: what is visible to everyone (S2.25, F66).
    pub fn anonymous() -> Self {
        Self::of(false, Vec::new(), Vec::new())
    }

    /// Somebody who is signed in and belongs to no tenant.
    pub fn signed_in() -> Self {
        Self::of(true, Vec::new(), Vec::new())
    }

    /// A member of `tenant`: its `school` rows too.
    pub fn member(tenant: TenantId) -> Self {
        Self::of(true, vec![tenant], Vec::new())
    }

    /// One who acts for `tenant` as a whole: its `school` and `private` rows too.
    pub fn tenant(tenant: TenantId) -> Self {
        Self::of(true, vec![tenant], vec![tenant])
    }

    /// A running conversation: what the owner of its flow may show to its visitor (S2.26).
    ///
    /// That is `school` rows of both tenants and `private` rows of the flow's.
    pub fn conversation(flow: Option<TenantId>, visitor: Option<TenantId>) -> Self {
        let schools = flow.into_iter().chain(visitor.filter(|id| Some(*id) != flow)).collect();
        Self::of(true, schools, flow.into_iter().collect())
    }

    fn of(signed_in: bool, schools: Vec<TenantId>, owned: Vec<TenantId>) -> Self {
        Self { everything: false, signed_in, schools, owned }
    }

    /// Whether no row is hidden.
    pub fn is_system(&self) -> bool {
        self.everything
    }

    /// The tenants whose `school` rows are visible.
    pub fn schools(&self) -> &[TenantId] {
        &self.schools
    }

    /// The tenants whose `private` rows are visible.
    pub fn owned(&self) -> &[TenantId] {
        &self.owned
    }

    /// Whether a flow with these columns is visible (S2.25); `open` is its `allow_anonymous`.
    pub fn sees_flow(&self, visibility: Visibility, school: Option<TenantId>, open: bool) -> bool {
        self.everything
            || match visibility {
                Visibility::Wriveted => true,
                Visibility::Public => open || self.signed_in,
                Visibility::School => open || holds(&self.schools, school),
                Visibility::Private => holds(&self.owned, school),
            }
    }

    /// Whether a content item with these columns is visible to a conversation (S2.26).
    pub fn sees_content(&self, visibility: Visibility, school: Option<TenantId>) -> bool {
        self.everything
            || match visibility {
                Visibility::Wriveted | Visibility::Public => true,
                Visibility::School => holds(&self.schools, school),
                Visibility::Private => holds(&self.owned, school),
            }
    }

    /// Whether a theme of this owner is visible.
    pub fn sees_theme(&self, school: Option<TenantId>) -> bool {
        self.everything || school.is_none() || holds(&self.schools, school)
    }

    /// Whether rows of `school` may be written; rows of no school belong to the operator.
    pub fn owns(&self, school: Option<TenantId>) -> bool {
        self.everything || holds(&self.owned, school)
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
            (AccessScope::signed_in(), [false, false, true, true]),
            (AccessScope::member(A), [false, true, true, true]),
            (AccessScope::tenant(A), [true, true, true, true]),
            (AccessScope::tenant(B), [false, false, true, true]),
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
    fn a_row_without_a_school_is_nobodys_private_row() {
        assert!(!AccessScope::tenant(A).sees_content(Visibility::Private, None));
        assert!(!AccessScope::tenant(A).owns(None));
        assert!(AccessScope::system().owns(None));
    }
}

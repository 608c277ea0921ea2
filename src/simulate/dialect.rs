//! The providers other than Entra ID, as a table of what they send (interop.md §3 and §4); the requests are made in
//! `requests`. Pure.
//!
//! What no published trace or page of the provider shows is the RFC's shape; `docs/simulate.md` says which is which.

use crate::client::Habits;

/// The User schema.
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The enterprise extension (RFC 7643 §4.3).
const ENTERPRISE: &str = super::profile::ENTERPRISE;
/// The enterprise extension as a draft called it.
const DRAFT_ENTERPRISE: &str = "urn:scim:schemas:extension:enterprise:2.0";

/// One provider's way to push people and groups.
#[derive(Debug, PartialEq, Eq)]
pub struct Dialect {
    /// `User-Agent` and the ends of URLs.
    pub habits: Habits,
    /// How somebody is looked for before they are created.
    pub lookup: Lookup,
    /// The `count` of lookups and of imports; `None`: neither pages nor imports.
    pub page: Option<u64>,
    /// How a person is written.
    pub user: UserShape,
    /// How a person is changed.
    pub update: Update,
    /// Whether `active` and the password go alone in a PATCH without a path, and not with the rest.
    pub patches_active: bool,
    /// Whether somebody who comes back is created again, although the service has them.
    pub posts_again: bool,
    /// How groups are changed.
    pub groups: Groups,
    /// The `members` that a group is created with.
    pub first_members: FirstMembers,
    /// Whether what is put carries its `id`.
    pub puts_id: bool,
    /// Whether members carry the person's `userName` as `display`.
    pub displays_members: bool,
    /// Whether groups carry `externalId`.
    pub group_external_id: bool,
    /// What the connection test does.
    pub check: Check,
}

/// How somebody is looked for before they are created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// `userName eq "…"`.
    UserName,
    /// The same, but the work address is the `userName`.
    Mail,
    /// Not at all.
    Never,
}

/// What a User looks like beside name, address and `active`.
#[derive(Debug, PartialEq, Eq)]
pub struct UserShape {
    /// `schemas`, always.
    pub schemas: &'static [&'static str],
    /// The URN of the department's extension; added to `schemas` with it.
    pub enterprise: &'static str,
    /// `locale`.
    pub locale: Option<&'static str>,
    /// Whether somebody is created with `groups: []` and a password.
    pub groups_and_password: bool,
    /// Whether an address is nothing but its value.
    pub bare_mail: bool,
    /// Whether there is always a `displayName`: the full name, where there is no other.
    pub always_display_name: bool,
}

/// How a person is changed: always whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// The resource is read, changed and put back: `id`, `groups` and `meta` come along.
    ReadAndPut,
    /// What the provider knows is put.
    Put,
}

/// How groups are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Groups {
    /// A PATCH of `id` and name at every push, then one of the members.
    PatchNameThenMembers,
    /// One PATCH of what differs.
    Patch,
    /// PUT of the whole group with all its members.
    Put,
}

/// The `members` that a group is created with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstMembers {
    /// An empty list.
    Empty,
    /// All.
    All,
}

/// What the connection test does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Looks for somebody whom nobody knows.
    Nobody,
    /// Reads two people.
    FirstPage,
    /// Creates somebody, who must not be there before, and deletes them.
    CreateAndDelete,
}

const PLAIN: UserShape = UserShape {
    schemas: &[USER],
    enterprise: ENTERPRISE,
    locale: None,
    groups_and_password: false,
    bare_mail: false,
    always_display_name: false,
};

const OKTA_USER: UserShape =
    UserShape { locale: Some("en-US"), groups_and_password: true, always_display_name: true, ..PLAIN };

/// Okta, an app of the Okta Integration Network: PATCH for `active`, passwords and groups, PUT for the rest.
pub static OKTA_OIN: Dialect = Dialect {
    habits: Habits { user_agent: Some("Okta SCIM Client 1.0.0"), stray_end: false },
    lookup: Lookup::UserName,
    page: Some(100),
    user: OKTA_USER,
    update: Update::ReadAndPut,
    patches_active: true,
    posts_again: true,
    groups: Groups::PatchNameThenMembers,
    first_members: FirstMembers::Empty,
    puts_id: true,
    displays_members: true,
    group_external_id: false,
    check: Check::FirstPage,
};

/// Okta, an app of the App Integration Wizard: PUT for everything.
pub static OKTA_AIW: Dialect = Dialect {
    habits: Habits { user_agent: Some("Okta SCIM Client 1.0.0"), stray_end: false },
    lookup: Lookup::UserName,
    page: Some(100),
    user: OKTA_USER,
    update: Update::ReadAndPut,
    patches_active: false,
    posts_again: true,
    groups: Groups::Put,
    first_members: FirstMembers::Empty,
    puts_id: true,
    displays_members: true,
    group_external_id: false,
    check: Check::FirstPage,
};

/// OneLogin: the URNs of a draft, no name of a client, URLs that end in `?` or `&`.
pub static ONELOGIN: Dialect = Dialect {
    habits: Habits { user_agent: Some(""), stray_end: true },
    lookup: Lookup::UserName,
    page: None,
    user: UserShape {
        schemas: &["urn:scim:schemas:core:2.0", DRAFT_ENTERPRISE],
        enterprise: DRAFT_ENTERPRISE,
        ..PLAIN
    },
    update: Update::Put,
    patches_active: false,
    posts_again: false,
    groups: Groups::Patch,
    first_members: FirstMembers::Empty,
    puts_id: false,
    displays_members: false,
    group_external_id: false,
    check: Check::Nobody,
};

/// JumpCloud: everything whole by PUT; the connection test creates somebody and deletes them.
pub static JUMPCLOUD: Dialect = Dialect {
    habits: Habits { user_agent: None, stray_end: false },
    lookup: Lookup::UserName,
    page: None,
    user: PLAIN,
    update: Update::Put,
    patches_active: false,
    posts_again: false,
    groups: Groups::Put,
    first_members: FirstMembers::All,
    puts_id: false,
    displays_members: false,
    group_external_id: false,
    check: Check::CreateAndDelete,
};

/// PingOne: the work address is the `userName`; groups are created and put with their members.
pub static PINGONE: Dialect = Dialect {
    habits: Habits { user_agent: None, stray_end: false },
    lookup: Lookup::Mail,
    page: None,
    user: PLAIN,
    update: Update::Put,
    patches_active: false,
    posts_again: false,
    groups: Groups::Put,
    first_members: FirstMembers::All,
    puts_id: false,
    displays_members: false,
    group_external_id: false,
    check: Check::Nobody,
};

/// Keycloak with the extension `keycloak-scim`: creates without looking, puts whole.
pub static KEYCLOAK: Dialect = Dialect {
    habits: Habits { user_agent: None, stray_end: false },
    lookup: Lookup::Never,
    page: None,
    user: UserShape { bare_mail: true, always_display_name: true, ..PLAIN },
    update: Update::Put,
    patches_active: false,
    posts_again: false,
    groups: Groups::Put,
    first_members: FirstMembers::All,
    puts_id: true,
    displays_members: false,
    group_external_id: true,
    check: Check::Nobody,
};

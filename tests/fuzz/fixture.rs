//! The resources that filters are matched against, projections are cut from and operations are applied to.

use crate::scim::{Attributes, Group, Meta, Reading, Reference, ResourceKind, User, render_group, render_user};
use serde_json::{Value, json};
use std::sync::LazyLock;

const BASE: &str = "https://scim.example.org/scim/v2";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The id of every resource here.
pub const ID: &str = "0199d3b0-0000-7000-8000-000000000001";

/// A user with nearly everything that the schema knows.
pub static USER: LazyLock<User> = LazyLock::new(|| {
    let body = json!({
        "userName": "Ada@Example.org", "externalId": "ext-1", "active": true, "displayName": "Ada Lovelace",
        "name": {"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace"}, "title": "Countess",
        "nickName": "ada", "locale": "en-GB", "userType": "Employee", "profileUrl": "https://example.org/ada",
        "emails": [
            {"value": "ada@example.org", "type": "work", "primary": true},
            {"value": "ADA@home.example", "type": "home", "display": "at home"}, {"value": "x@example.org"},
        ],
        "phoneNumbers": [{"value": "+44 1", "type": "mobile"}, {"value": "+44 2", "type": "fax"}],
        "addresses": [
            {"type": "work", "formatted": "1 St", "country": "GB", "primary": true}, {"type": "home", "locality": "Ü"},
        ],
        "roles": [{"value": "Admin", "type": "t", "primary": false}], "entitlements": [{"value": "e"}],
        "ims": [{"value": "ada", "type": "xmpp"}], "x509Certificates": [{"value": "TUlJ"}],
        ENTERPRISE: {"department": "Engines", "employeeNumber": "1", "manager": {"value": "m-1", "$ref": "m-1"}},
    });
    user(body)
});

/// A user with nothing but a name.
pub static BARE_USER: LazyLock<User> = LazyLock::new(|| user(json!({"userName": "bare"})));

/// A user with as many e-mail addresses as one may have: `a0@example.org` and so on.
pub static MANY_EMAILS: LazyLock<User> = LazyLock::new(|| {
    let emails: Vec<Value> = (0..1_000).map(|at| json!({"value": format!("a{at}@example.org")})).collect();
    user(json!({"userName": "many", "emails": emails}))
});

/// A group.
pub static GROUP: LazyLock<Group> = LazyLock::new(|| {
    let body = json!({"displayName": "Designers", "externalId": "ext-g"});
    Group::read(body, ResourceKind::GROUP, &Reading::default()).expect("the fixture is a group").0
});

static RENDERED_USER: LazyLock<Attributes> = LazyLock::new(|| render_user(&USER, &meta(), &references(), BASE));
static RENDERED_GROUP: LazyLock<Attributes> =
    LazyLock::new(|| render_group(&GROUP, &meta(), Some(&references()), BASE));

/// The user or the group as it is answered, with all that only the server knows.
pub fn rendered(kind: ResourceKind) -> &'static Attributes {
    if kind == ResourceKind::USER { &RENDERED_USER } else { &RENDERED_GROUP }
}

/// As [`rendered`], of any user.
pub fn render(user: &User) -> Attributes {
    render_user(user, &meta(), &references(), BASE)
}

/// As [`rendered`], of any group with these members.
pub fn render_with(group: &Group, members: &[String]) -> Attributes {
    let members: Vec<_> = members.iter().map(|id| Reference { value: id.clone(), display: None }).collect();
    render_group(group, &meta(), Some(&members), BASE)
}

fn user(body: Value) -> User {
    User::read(body, ResourceKind::USER, &Reading::default()).expect("the fixture is a user")
}

fn meta() -> Meta {
    let created = "2026-05-13T04:42:34Z".parse().expect("a time");
    let last_modified = "2026-05-14T04:42:34Z".parse().expect("a time");
    Meta { id: ID.to_owned(), created, last_modified, version: 7, shows: None }
}

fn references() -> Vec<Reference> {
    let named = |value: &str, display: &str| Reference { value: value.to_owned(), display: Some(display.to_owned()) };
    vec![named("r-1", "Designers"), named("r-2", "Engineers")]
}

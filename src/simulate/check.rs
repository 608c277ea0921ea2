//! "Test connection", as each provider does it.

use super::dialect::{Check, Dialect};
use super::wire::{Wire, id_of};
use super::{Error, Password, Person, Profile, entra, requests};
use crate::client::{Method, Request, scim::Found};

/// Entra ID's: a filter that nobody matches must answer 200 with nothing in it (interop.md §1.3). `nobody` is a name.
pub async fn try_connection(wire: &mut Wire<'_, '_>, nobody: &str) -> Result<bool, Error> {
    finds_nobody(wire, &entra::match_user(nobody)).await
}

/// That of a provider in the table; true when the service answered as it must. Whoever is created has this password,
/// where the provider sends one.
pub async fn try_connection_as(
    wire: &mut Wire<'_, '_>,
    dialect: &Dialect,
    nobody: &str,
    password: &Password,
) -> Result<bool, Error> {
    match dialect.check {
        Check::Nobody => finds_nobody(wire, &dialect.look_up(nobody)).await,
        Check::FirstPage => Ok(wire.ask("test connection", requests::page("Users", 1, 2)).await?.is_some()),
        Check::CreateAndDelete => create_and_delete(wire, dialect, nobody, password).await,
    }
}

async fn finds_nobody(wire: &mut Wire<'_, '_>, request: &Request) -> Result<bool, Error> {
    let answer = wire.service.send(request).await?;
    wire.report.request(request, &answer)?;
    let good = answer.status == 200 && Found::read(&answer.body).is_some_and(|found| found.total == 0);
    if !good {
        wire.report.refused("test connection", &answer)?;
    }
    Ok(good)
}

/// Somebody is created, who must not be there before, and deleted. Nobody is left behind unless that is refused.
async fn create_and_delete(
    wire: &mut Wire<'_, '_>,
    dialect: &Dialect,
    nobody: &str,
    password: &Password,
) -> Result<bool, Error> {
    let somebody = somebody(&format!("{nobody}@example.com"));
    if !finds_nobody(wire, &dialect.look_up(&somebody.user_name)).await? {
        return Ok(false);
    }
    let creation = dialect.create_user(&Profile::of(&somebody), password.expose());
    let Some(answer) = wire.tell("test connection", creation).await? else { return Ok(false) };
    let Some(id) = id_of(&answer.body) else {
        wire.report.wrong("test connection: created without an id")?;
        return Ok(false);
    };
    Ok(wire.tell("test connection", Request::new(Method::DELETE, &["Users", &id])).await?.is_some())
}

fn somebody(user_name: &str) -> Person {
    Person {
        user_name: user_name.to_owned(),
        object_id: user_name.to_owned(),
        given_name: Some("Test".to_owned()),
        family_name: Some("Connection".to_owned()),
        display_name: None,
        mail: Some(user_name.to_owned()),
        title: None,
        department: None,
        manager: None,
        account_enabled: true,
        assigned: false,
        app_role: None,
    }
}

//! Users and what they hold, several at a time: each question is one statement however many are asked for.

use super::super::contract::Facts;
use super::super::row::{GroupId, UserFacts, UserId, UserRow, UserSummary, email_keys};
use super::ask::together;
use super::connection::Connection;
use super::facts::{Stamps, found};
use super::row::{get, json, text, time};
use super::setback::Setback;
use super::{account, row, statement as sql};
use crate::access::{GroupFacts, Source, TenantAccess};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Users by id, with memberships and grants, for an evaluation; and by which queueing those wait who do.
pub(super) async fn facts(
    connection: &Connection,
    ids: &Vec<Uuid>,
) -> Result<(BTreeMap<UserId, Option<UserFacts>>, Stamps), Setback> {
    if ids.is_empty() {
        return Ok((BTreeMap::new(), Stamps::new()));
    }
    // Who waits comes first: of somebody who is queued after that, what follows may be read as it was before.
    let (pending, rows, mut groups, mut grants) = together!(
        connection.rows(sql::PENDING_OF_USERS, &[ids]),
        connection.rows(sql::FIND_USERS, &[ids]),
        groups(connection, ids),
        grants(connection, ids),
    )?;
    let mut stamps = Stamps::new();
    for row in &pending {
        stamps.insert(UserId(get(row, 0)?), get(row, 1)?);
    }
    let mut facts: BTreeMap<UserId, Option<UserFacts>> = ids.iter().map(|id| (UserId(*id), None)).collect();
    for row in &rows {
        let row = row::user(row)?;
        let id = row.id;
        let user = UserFacts {
            groups: groups.remove(&id).unwrap_or_default(),
            grants: grants.remove(&id).unwrap_or_default(),
            pending: stamps.contains_key(&id),
            row,
        };
        facts.insert(id, Some(user));
    }
    Ok((facts, stamps))
}

/// Who bears these folded names.
pub(super) async fn by_names(
    connection: &Connection,
    names: &Vec<&String>,
) -> Result<BTreeMap<String, Option<UserId>>, Setback> {
    let mut bearers: BTreeMap<String, Option<UserId>> = names.iter().map(|name| ((*name).clone(), None)).collect();
    if !names.is_empty() {
        for row in connection.rows(sql::NAMED_USERS, &[names]).await? {
            bearers.insert(get(&row, 0)?, Some(UserId(get(&row, 1)?)));
        }
    }
    Ok(bearers)
}

/// Who of these exists; they are locked already, so that this asks again.
pub(super) async fn existing(connection: &Connection, ids: &Vec<Uuid>) -> Result<BTreeSet<UserId>, Setback> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    found(&connection.rows(sql::EXISTING_USERS, &[ids]).await?)
}

/// The groups of each user, by id.
pub(super) async fn groups(
    connection: &Connection,
    ids: &Vec<Uuid>,
) -> Result<BTreeMap<UserId, Vec<GroupFacts>>, Setback> {
    let mut groups: BTreeMap<UserId, Vec<GroupFacts>> = BTreeMap::new();
    for row in connection.rows(sql::GROUPS_OF_USERS, &[ids]).await? {
        let group = GroupFacts {
            id: GroupId(get(&row, 1)?).to_string(),
            display_name: get(&row, 2)?,
            external_id: get(&row, 3)?,
        };
        groups.entry(UserId(get(&row, 0)?)).or_default().push(group);
    }
    Ok(groups)
}

/// What each user holds, by tenant.
pub(super) async fn grants(
    connection: &Connection,
    ids: &Vec<Uuid>,
) -> Result<BTreeMap<UserId, Vec<TenantAccess>>, Setback> {
    let mut grants: BTreeMap<UserId, Vec<TenantAccess>> = BTreeMap::new();
    for row in connection.rows(sql::GRANTS_OF_USERS, &[ids]).await? {
        let (groups, rules, source): (String, String, String) = (get(&row, 3)?, get(&row, 4)?, get(&row, 5)?);
        let grant = TenantAccess {
            tenant: get(&row, 1)?,
            role: get(&row, 2)?,
            application_groups: json("grant", &groups)?,
            rules: json("grant", &rules)?,
            source: json::<Source>("grant", &source)?,
        };
        grants.entry(UserId(get(&row, 0)?)).or_default().push(grant);
    }
    // By bytes, as the other engine does; a database's order of texts depends on its locale.
    grants.values_mut().for_each(|held| held.sort_by(|a, b| a.tenant.cmp(&b.tenant)));
    Ok(grants)
}

/// Users with what the access view shows, in the order given.
pub(super) async fn summaries(connection: &Connection, users: Vec<UserRow>) -> Result<Vec<UserSummary>, Setback> {
    let ids = row::keys(users.iter().map(|user| &user.id));
    let (mut grants, evaluations) =
        together!(grants(connection, &ids), connection.rows(sql::EVALUATIONS_OF_USERS, &[&ids]))?;
    let mut states: BTreeMap<UserId, Evaluation> = BTreeMap::new();
    for row in &evaluations {
        states.insert(UserId(get(row, 0)?), Evaluation::read(row)?);
    }
    let summary = |row: UserRow| {
        let state = states.remove(&row.id).unwrap_or_default();
        UserSummary {
            grants: grants.remove(&row.id).unwrap_or_default(),
            evaluated: state.own.max(state.of_all.filter(|all| row.created < *all)),
            pending: state.pending,
            row,
        }
    };
    Ok(users.into_iter().map(summary).collect())
}

/// When the rules were last applied to somebody.
#[derive(Default)]
struct Evaluation {
    own: Option<Timestamp>,
    pending: bool,
    /// To everybody who was there.
    of_all: Option<Timestamp>,
}

impl Evaluation {
    fn read(row: &tokio_postgres::Row) -> Result<Self, Setback> {
        let at = |column| match get::<Option<i64>>(row, column)? {
            None => Ok(None),
            Some(_) => time(row, column).map(Some),
        };
        Ok(Self { own: at(1)?, pending: get(row, 2)?, of_all: at(3)? })
    }
}

/// A new user.
pub(super) async fn insert(connection: &Connection, facts: &Facts, row: &UserRow) -> Result<(), Setback> {
    let emails: Vec<String> = email_keys(&row.user).into_iter().collect();
    together!(
        put(connection, sql::INSERT_USER, row),
        account::is_still_none(connection, facts, row),
        put_emails(connection, row.id, &emails),
    )?;
    Ok(())
}

/// A user's new attributes.
pub(super) async fn update(connection: &Connection, facts: &Facts, row: &UserRow) -> Result<(), Setback> {
    let emails: Vec<String> = email_keys(&row.user).into_iter().collect();
    together!(
        put(connection, sql::UPDATE_USER, row),
        account::is_still_none(connection, facts, row),
        connection.run(sql::TAKE_EMAILS, &[&row.id.0, &emails]),
        put_emails(connection, row.id, &emails),
    )?;
    Ok(())
}

/// By which e-mail addresses a user is found, beside those by which that is so already.
async fn put_emails(connection: &Connection, user: UserId, emails: &Vec<String>) -> Result<(), Setback> {
    if !emails.is_empty() {
        connection.run(sql::PUT_EMAILS, &[emails, &user.0]).await?;
    }
    Ok(())
}

async fn put(connection: &Connection, statement: &'static str, row: &UserRow) -> Result<(), Setback> {
    let body = text("user", &row.user)?;
    let shown = row.user.attributes.get("displayName").and_then(serde_json::Value::as_str);
    let shown = shown.unwrap_or(row.user.user_name());
    connection
        .run(
            statement,
            &[
                &row.id.0,
                &row.name_key(),
                &shown,
                &row.user.external_id(),
                &row.user.active(),
                &row.account_enabled,
                &row.created.as_microsecond(),
                &row.modified.as_microsecond(),
                &row::number(row.version),
                &body,
                &row.reenabled,
            ],
        )
        .await?;
    Ok(())
}

/// A user with everything that hangs on it.
pub(super) async fn delete(connection: &Connection, user: UserId) -> Result<(), Setback> {
    let ids = vec![user.0];
    let held = grants(connection, &ids).await?.remove(&user).unwrap_or_default();
    let rules: BTreeSet<String> = held.into_iter().flat_map(|grant| grant.rules).collect();
    let rules: Vec<String> = rules.into_iter().collect();
    let holders = vec![user.0; rules.len()];
    together!(
        connection.run(sql::LET_GO, &[&rules, &holders]),
        connection.run(sql::DELETE_ACCESS, &[&user.0]),
        connection.run(sql::DELETE_MEMBERSHIPS, &[&user.0]),
        connection.run(sql::DELETE_EMAILS, &[&user.0]),
        connection.run(sql::DELETE_EVALUATION, &[&user.0]),
        connection.run(sql::DELETE_PENDING, &[&ids]),
        connection.run(sql::DELETE_DEPARTURES, &[&user.0]),
        connection.run(sql::DELETE_STATUS, &[&user.0]),
        connection.run(sql::DELETE_IDENTITY, &[&user.0]),
        connection.run(sql::DELETE_USER, &[&user.0]),
    )?;
    Ok(())
}

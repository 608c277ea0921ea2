//! `/scim/v2/Users`. RFC 7644 §3.3–§3.6.

use super::Answer;
use super::call::{Call, Id, UserBody};
use super::respond;
use crate::scim::ResourceKind::User;

/// `POST /Users`: 201, the resource and its address.
pub(super) async fn create(call: Call, UserBody(body): UserBody) -> Answer {
    let projection = call.projection(User)?;
    let user = call.directory().create_user(&call.actor, body.value).await?;
    Ok(respond::created(user, &projection))
}

/// `GET /Users/{id}`.
pub(super) async fn read(call: Call, Id(id): Id) -> Answer {
    let projection = call.projection(User)?;
    Ok(respond::resource(call.directory().user(&id).await?, &projection))
}

/// `GET /Users`. No match is an empty list, never 404.
pub(super) async fn list(call: Call) -> Answer {
    let projection = call.projection(User)?;
    let query = call.list_query(User)?;
    Ok(respond::page(call.directory().users(&query, &projection).await?, &projection))
}

/// `PUT /Users/{id}`: 200 and the resource.
pub(super) async fn replace(call: Call, Id(id): Id, UserBody(body): UserBody) -> Answer {
    let projection = call.projection(User)?;
    let user = call.directory().replace_user(&call.actor, &id, body.value).await?;
    Ok(respond::resource(user, &projection))
}

/// `PATCH /Users/{id}`: 200 and the resource.
pub(super) async fn patch(call: Call, Id(id): Id, UserBody(body): UserBody) -> Answer {
    let projection = call.projection(User)?;
    let user = call.directory().patch_user(&call.actor, &id, body.value).await?;
    Ok(respond::resource(user, &projection))
}

/// `DELETE /Users/{id}`: 204.
pub(super) async fn delete(call: Call, Id(id): Id) -> Answer {
    call.directory().delete_user(&call.actor, &id).await?;
    Ok(respond::no_content())
}

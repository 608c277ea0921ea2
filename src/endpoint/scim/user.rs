//! `/scim/v2/Users`. RFC 7644 §3.3–§3.6.

use super::Answer;
use super::call::{Call, Id, UserBody};
use super::respond;

/// `POST /Users`: 201, the resource and its address.
pub(super) async fn create(call: Call, UserBody(body): UserBody) -> Answer {
    let projection = call.projection(call.users())?;
    let user = call.directory().create_user(call.message(), body.value).await?;
    Ok(respond::created(user, &projection))
}

/// `GET /Users/{id}`.
pub(super) async fn read(call: Call, Id(id): Id) -> Answer {
    let projection = call.projection(call.users())?;
    Ok(respond::read(&call, call.directory().user(&id).await?, &projection))
}

/// `GET /Users`. No match is an empty list, never 404.
pub(super) async fn list(call: Call) -> Answer {
    let users = call.users();
    let projection = call.projection(users)?;
    let query = call.list_query(users)?;
    let page = call.directory().users(&query, &projection).await?;
    Ok(respond::page(&call, users, page, &projection))
}

/// `PUT /Users/{id}`: 200 and the resource.
pub(super) async fn replace(call: Call, Id(id): Id, UserBody(body): UserBody) -> Answer {
    let projection = call.projection(call.users())?;
    let user = call.directory().replace_user(call.message(), &id, body.value).await?;
    Ok(respond::resource(user, &projection))
}

/// `PATCH /Users/{id}`: 200 and the resource.
pub(super) async fn patch(call: Call, Id(id): Id, UserBody(body): UserBody) -> Answer {
    let projection = call.projection(call.users())?;
    let user = call.directory().patch_user(call.message(), &id, body.value).await?;
    Ok(respond::resource(user, &projection))
}

/// `DELETE /Users/{id}`: 204.
pub(super) async fn delete(call: Call, Id(id): Id) -> Answer {
    call.directory().delete_user(call.message(), &id).await?;
    Ok(respond::no_content())
}

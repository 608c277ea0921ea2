//! `/scim/v2/Groups`. RFC 7644 §3.3–§3.6; PATCH answers 204, since Entra wants no member list back (interop.md §1).

use super::Answer;
use super::call::{Call, GroupBody, Id};
use super::respond;
use crate::scim::ResourceKind::Group;

/// `POST /Groups`: 201, the resource and its address.
pub(super) async fn create(call: Call, GroupBody(body): GroupBody) -> Answer {
    let projection = call.projection(Group)?;
    let group = call.directory().create_group(&call.actor, body.value).await?;
    Ok(respond::created(group, &projection))
}

/// `GET /Groups/{id}`.
pub(super) async fn read(call: Call, Id(id): Id) -> Answer {
    let projection = call.projection(Group)?;
    Ok(respond::resource(call.directory().group(&id, &projection).await?, &projection))
}

/// `GET /Groups`.
pub(super) async fn list(call: Call) -> Answer {
    let projection = call.projection(Group)?;
    let query = call.list_query(Group)?;
    Ok(respond::page(call.directory().groups(&query, &projection).await?, &projection))
}

/// `PUT /Groups/{id}`: 200 and the resource.
pub(super) async fn replace(call: Call, Id(id): Id, GroupBody(body): GroupBody) -> Answer {
    let projection = call.projection(Group)?;
    let group = call.directory().replace_group(&call.actor, &id, body.value).await?;
    Ok(respond::resource(group, &projection))
}

/// `PATCH /Groups/{id}`: 204; or 200 and the attributes that the client asked for.
pub(super) async fn patch(call: Call, Id(id): Id, GroupBody(body): GroupBody) -> Answer {
    let projection = call.projection(Group)?;
    let group = call.directory().patch_group(&call.actor, &id, body.value).await?;
    if !call.has_projection() {
        return Ok(respond::no_content());
    }
    let group = if projection.wants("members") { call.directory().group(&id, &projection).await? } else { group };
    Ok(respond::resource(group, &projection))
}

/// `DELETE /Groups/{id}`: 204.
pub(super) async fn delete(call: Call, Id(id): Id) -> Answer {
    call.directory().delete_group(&call.actor, &id).await?;
    Ok(respond::no_content())
}

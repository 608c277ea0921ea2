//! `/scim/v2/Groups`. RFC 7644 §3.3–§3.6; what a PATCH answers is for the dialect to say.

use super::Answer;
use super::call::{Call, GroupBody, Id};
use super::members::{whole_group, written_group};
use super::respond;
use crate::scim::Quirk;
use axum::http::StatusCode;

/// `POST /Groups`: 201, the resource and its address.
pub(super) async fn create(call: Call, GroupBody(body): GroupBody) -> Answer {
    let projection = call.projection(call.groups()?)?;
    let group = call.directory().create_group(call.message(), body.value).await?;
    if projection.wants("members") {
        return written_group(&call, StatusCode::CREATED, &group, projection).await;
    }
    Ok(respond::created(group, &projection))
}

/// `GET /Groups/{id}`: of any size, with no more of it in memory than a page of members.
pub(super) async fn read(call: Call, Id(id): Id) -> Answer {
    let projection = call.projection(call.groups()?)?;
    if projection.wants("members") {
        return whole_group(&call, &id, projection).await;
    }
    Ok(respond::read(&call, call.directory().group(&id, &projection).await?, &projection))
}

/// `GET /Groups`.
pub(super) async fn list(call: Call) -> Answer {
    let groups = call.groups()?;
    let projection = call.projection(groups)?;
    let query = call.list_query(groups)?;
    let page = call.directory().groups(&query, &projection).await?;
    Ok(respond::page(&call, groups, page, &projection))
}

/// `PUT /Groups/{id}`: 200 and the resource.
pub(super) async fn replace(call: Call, Id(id): Id, GroupBody(body): GroupBody) -> Answer {
    let projection = call.projection(call.groups()?)?;
    let group = call.directory().replace_group(call.message(), &id, body.value).await?;
    if projection.wants("members") {
        return written_group(&call, StatusCode::OK, &group, projection).await;
    }
    Ok(respond::resource(group, &projection))
}

/// `PATCH /Groups/{id}`: 204, unless the client says what it wants back or the dialect has it otherwise.
pub(super) async fn patch(call: Call, Id(id): Id, GroupBody(body): GroupBody) -> Answer {
    let projection = call.projection(call.groups()?)?;
    let group = call.directory().patch_group(call.message(), &id, body.value).await?;
    if !answers_patch(&call) {
        return Ok(respond::no_content_of(&group));
    }
    if projection.wants("members") {
        return written_group(&call, StatusCode::OK, &group, projection).await;
    }
    Ok(respond::resource(group, &projection))
}

/// `DELETE /Groups/{id}`: 204.
pub(super) async fn delete(call: Call, Id(id): Id) -> Answer {
    call.groups()?;
    call.directory().delete_group(call.message(), &id).await?;
    Ok(respond::no_content())
}

fn answers_patch(call: &Call) -> bool {
    call.has_projection() || !call.how.would_tolerate(Quirk::GroupPatchNoContent)
}

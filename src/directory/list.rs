//! Lists of users, groups and resources of defined types: the indexed conjunct of the filter goes to the store, the
//! rest is one pass there.

use super::listing::Sorted;
use super::{Directory, Error, ListQuery, Page, group, resource, user};
use crate::access::fold;
use crate::scim::{Filter, Indexed, Projection, ResourceKind};
use crate::store::{
    Each, GroupId, GroupSelect, Keep, ListedGroup, ListedUser, ResourceId, ResourceRow, ResourceSelect, UserId,
    UserSelect, email_key,
};
use std::ops::ControlFlow;

impl Directory {
    /// `GET /Users`: rendered, not projected yet; the projection only says what need not be loaded.
    pub async fn users(&self, query: &ListQuery, projection: &Projection) -> Result<Page, Error> {
        let base_url = self.serving()?.base_url().to_owned();
        let filter = query.filter.as_ref();
        let select = user_select(filter);
        // The version shown in `meta` tells of the groups, too.
        let mentions = |name: &str| {
            filter.is_some_and(|filter| filter.mentions(name))
                || query.sort.as_ref().is_some_and(|sort| sort.mentions(name))
        };
        let mentioned = mentions("groups") || mentions("meta");
        // The groups that a user is in are part of its version, which a list shows as everything else does.
        let groups = projection.wants("groups") || projection.wants("meta") || mentioned;
        let base = base_url.clone();
        let keep: Option<Keep<ListedUser>> = remaining(filter).map(|filter| -> Keep<ListedUser> {
            Box::new(move |(row, groups)| filter.matches(&user::render(row, groups, &base)))
        });
        let render = |(row, groups): &ListedUser| user::render(row, groups, &base_url);
        let Some(sort) = query.sort.clone() else {
            let found = self.inner.store.users(select, query.asked(), groups, keep).await?;
            return Ok(query.page(found, |(row, _)| row.id.0, render));
        };
        let (by, base) = (sort.clone(), base_url.clone());
        let each: Each<ListedUser, Sorted> = Box::new(move |all, user| {
            if keep.as_ref().is_none_or(|keep| keep(&user)) {
                all.push((by.key(&user::render(&user.0, &user.1, &base)), user.0.id.0));
            }
            ControlFlow::Continue(())
        });
        let window = query.window(self.inner.store.users_all(select, mentioned, each).await?, &sort);
        let ids = window.ids.iter().copied().map(UserId).collect();
        let rows = self.inner.store.users_by_ids(ids, groups).await?;
        Ok(query.sorted_page(window, rows.iter().map(render).collect()))
    }

    /// `GET /Groups`: rendered, not projected yet; members are loaded only where projection or filter want them.
    pub async fn groups(&self, query: &ListQuery, projection: &Projection) -> Result<Page, Error> {
        let base_url = self.serving()?.base_url().to_owned();
        let (select, known) = group_select(query.filter.as_ref());
        let filter = remaining(query.filter.as_ref());
        let looked_at = filter.as_ref().is_some_and(|filter| filter.needs_members(known.as_ref()))
            || query.sort.as_ref().is_some_and(|sort| sort.mentions("members"));
        let wanted = projection.wants("members");
        let base = base_url.clone();
        let keep: Option<Keep<ListedGroup>> = filter.map(|filter| -> Keep<ListedGroup> {
            Box::new(move |(row, members)| {
                let rendered = group::render(row, members.as_deref(), &base);
                match &known {
                    Some(known) => filter.matches_assuming(&rendered, known),
                    None => filter.matches(&rendered),
                }
            })
        });
        let render = |(row, members): &ListedGroup| group::render(row, members.as_deref(), &base_url);
        let Some(sort) = query.sort.clone() else {
            let found = self.inner.store.groups(select, query.asked(), wanted || looked_at, keep).await?;
            return Ok(query.page(found, |(row, _)| row.id.0, render));
        };
        let (by, base) = (sort.clone(), base_url.clone());
        let each: Each<ListedGroup, Sorted> = Box::new(move |all, group| {
            if keep.as_ref().is_none_or(|keep| keep(&group)) {
                all.push((by.key(&group::render(&group.0, group.1.as_deref(), &base)), group.0.id.0));
            }
            ControlFlow::Continue(())
        });
        let window = query.window(self.inner.store.groups_all(select, looked_at, each).await?, &sort);
        let ids = window.ids.iter().copied().map(GroupId).collect();
        let rows = self.inner.store.groups_by_ids(ids, wanted).await?;
        Ok(query.sorted_page(window, rows.iter().map(render).collect()))
    }

    /// The list of resources of a defined type: rendered, not projected yet.
    pub async fn resources(&self, kind: ResourceKind, query: &ListQuery) -> Result<Page, Error> {
        let base_url = self.serving()?.base_url().to_owned();
        let select = resource_select(query.filter.as_ref());
        let base = base_url.clone();
        let keep: Option<Keep<ResourceRow>> = remaining(query.filter.as_ref()).map(|filter| -> Keep<ResourceRow> {
            Box::new(move |row| filter.matches(&resource::render(kind, row, &base)))
        });
        let render = |row: &ResourceRow| resource::render(kind, row, &base_url);
        let Some(sort) = query.sort.clone() else {
            let found = self.inner.store.resources(kind.name(), select, query.asked(), keep).await?;
            return Ok(query.page(found, |row| row.id.0, render));
        };
        let (by, base) = (sort.clone(), base_url.clone());
        let each: Each<ResourceRow, Sorted> = Box::new(move |all, row| {
            if keep.as_ref().is_none_or(|keep| keep(&row)) {
                all.push((by.key(&resource::render(kind, &row, &base)), row.id.0));
            }
            ControlFlow::Continue(())
        });
        let window = query.window(self.inner.store.resources_all(kind.name(), select, each).await?, &sort);
        let ids: Vec<ResourceId> = window.ids.iter().copied().map(ResourceId).collect();
        let rows = self.inner.store.resources_by_ids(kind.name(), ids).await?;
        Ok(query.sorted_page(window, rows.iter().map(render).collect()))
    }
}

/// The filter that is left to apply once the store has selected by its indexed conjunct.
fn remaining(filter: Option<&Filter>) -> Option<Filter> {
    filter.filter(|filter| !filter.is_exactly_indexed() || matches!(filter.indexed(), Some(Indexed::Email(_)))).cloned()
}

/// Which users the store needs to look at for this filter.
pub(super) fn user_select(filter: Option<&Filter>) -> UserSelect {
    match filter.and_then(Filter::indexed) {
        Some(Indexed::Id(id)) => UserId::parse(&id).map_or(UserSelect::Nobody, UserSelect::Id),
        Some(Indexed::UserName(name)) => UserSelect::Name(fold(&name)),
        Some(Indexed::ExternalId(id)) => UserSelect::ExternalId(id),
        Some(Indexed::Email(address)) => UserSelect::Email(email_key(&address)),
        // No index serves these: every user is looked at.
        Some(Indexed::DisplayName(_) | Indexed::Member(_)) | None => UserSelect::All,
    }
}

/// Which groups the store needs to look at, and what is thereby known of them.
fn group_select(filter: Option<&Filter>) -> (GroupSelect, Option<Indexed>) {
    let known = filter.and_then(Filter::indexed);
    let select = match &known {
        Some(Indexed::Id(id)) => GroupId::parse(id).map_or(GroupSelect::Nothing, GroupSelect::Id),
        Some(Indexed::DisplayName(name)) => GroupSelect::Name(fold(name)),
        Some(Indexed::ExternalId(id)) => GroupSelect::ExternalId(id.clone()),
        Some(Indexed::Member(user)) => UserId::parse(user).map_or(GroupSelect::Nothing, GroupSelect::Member),
        Some(Indexed::UserName(_) | Indexed::Email(_)) | None => GroupSelect::All,
    };
    (select, known)
}

/// Which resources of a defined type the store needs to look at.
fn resource_select(filter: Option<&Filter>) -> ResourceSelect {
    match filter.and_then(Filter::indexed) {
        Some(Indexed::Id(id)) => ResourceId::parse(&id).map_or(ResourceSelect::Nothing, ResourceSelect::Id),
        Some(Indexed::ExternalId(id)) => ResourceSelect::ExternalId(id),
        // The keys of unique attributes are no index: what was written before its attribute was unique has none.
        _ => ResourceSelect::All,
    }
}

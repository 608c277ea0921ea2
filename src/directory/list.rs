//! Lists of users and groups: the indexed conjunct of the filter goes to the store, the rest is one pass there.

use super::{Directory, Error, ListQuery, Page, group, user};
use crate::access::fold;
use crate::scim::{Filter, Indexed, Projection};
use crate::store::{GroupId, GroupSelect, UserId, UserSelect, Window};

impl Directory {
    /// `GET /Users`: rendered, not projected yet; the projection only says what need not be loaded.
    pub async fn users(&self, query: &ListQuery, projection: &Projection) -> Result<Page, Error> {
        let base_url = self.profile()?.base_url;
        let select = user_select(query.filter.as_ref());
        let groups =
            projection.wants("groups") || query.filter.as_ref().is_some_and(|filter| filter.mentions("groups"));
        let keep = remaining(query.filter.as_ref()).map(|filter| {
            let base_url = base_url.clone();
            let keep: Box<dyn Fn(&crate::store::ListedUser) -> bool + Send + Sync> =
                Box::new(move |(row, groups)| filter.matches(&user::render(row, groups, &base_url)));
            keep
        });
        let (users, total) = self.inner.store.users(select, window(query), groups, keep).await?;
        let resources = users.iter().map(|(row, groups)| user::render(row, groups, &base_url)).collect();
        Ok(Page { resources, total, start_index: query.start_index })
    }

    /// `GET /Groups`: rendered, not projected yet; members are loaded only where projection or filter want them.
    pub async fn groups(&self, query: &ListQuery, projection: &Projection) -> Result<Page, Error> {
        let base_url = self.profile()?.base_url;
        let (select, known) = group_select(query.filter.as_ref());
        let filter = remaining(query.filter.as_ref());
        let looks_at_members = filter.as_ref().is_some_and(|filter| filter.needs_members(known.as_ref()));
        let members = projection.wants("members") || looks_at_members;
        let keep = filter.map(|filter| {
            let base_url = base_url.clone();
            let keep: Box<dyn Fn(&crate::store::ListedGroup) -> bool + Send + Sync> =
                Box::new(move |(row, members)| {
                    let rendered = group::render(row, members.as_deref(), &base_url);
                    match &known {
                        Some(known) => filter.matches_assuming(&rendered, known),
                        None => filter.matches(&rendered),
                    }
                });
            keep
        });
        let (groups, total) = self.inner.store.groups(select, window(query), members, keep).await?;
        let resources = groups.iter().map(|(row, members)| group::render(row, members.as_deref(), &base_url)).collect();
        Ok(Page { resources, total, start_index: query.start_index })
    }
}

fn window(query: &ListQuery) -> Window {
    Window { offset: query.start_index.saturating_sub(1), limit: query.count }
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
        // No index serves these: every user is looked at.
        Some(Indexed::DisplayName(_) | Indexed::Member(_) | Indexed::Email(_)) | None => UserSelect::All,
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

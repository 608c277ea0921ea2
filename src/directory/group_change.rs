//! What a write to a group comes to, decided purely (B013, B034, B037, B044–B048, B069, B086, B095).
//!
//! A group write names the members it adds or removes, and all of them when the group is renamed or deleted
//! (reading 4). Up to [`EVALUATED_AT_ONCE_MAX`] of them are evaluated in the same transaction; more are queued.

use super::IfMatch;
use super::evaluation::{EVALUATED_AT_ONCE_MAX, Moved, evaluate, people_taken_from};
use super::record::Heading;
use crate::access::{GroupFacts, GroupSelector, fold};
use crate::scim::{Error, Group, MemberId, Patch, check_immutable};
use crate::store::{
    Change, Decision, Delta, Effects, Facts, GroupId, GroupRow, Hold, InForce, MemberIds, Needs, UserFacts, UserId,
    Write,
};
use indexmap::IndexSet;
use std::collections::BTreeSet;
use std::fmt;
use uuid::Uuid;

/// Member ids named in an error (reading 12).
const UNKNOWN_NAMED_MAX: usize = 10;

/// What is asked of one group.
#[derive(Debug)]
pub(super) enum Asked {
    /// To exist, with these members.
    Create(Group, IndexSet<MemberId>),
    /// To have exactly these attributes and members.
    Replace(Group, IndexSet<MemberId>),
    /// To be changed so.
    Patch(Patch),
    /// Not to exist.
    Delete,
}

/// A write to one group.
#[derive(Debug)]
pub(super) struct GroupChange {
    /// The group; a new id for [`Asked::Create`].
    pub id: GroupId,
    /// Who, when.
    pub heading: Heading,
    /// What.
    pub asked: Asked,
    /// Which version of the group it is meant for.
    pub if_match: IfMatch,
}

/// A group write that was carried out.
#[derive(Debug)]
pub(super) struct Settled {
    /// The group as it stands afterwards; `None` after a deletion.
    pub row: Option<GroupRow>,
    /// Whether rules may see the group differently from now on: it came, went, or changed its name.
    pub named: bool,
    /// Whether evaluations were queued.
    pub queued: bool,
    /// People from whom effective access was taken.
    pub taken: u64,
}

/// What a group write comes to.
pub(super) type Outcome = Result<Settled, Error>;

/// What is wanted of the group, worked out from the request and the group as it is.
struct Wanted {
    /// `None` = it shall not exist.
    group: Option<Group>,
    members: MemberIds,
    /// Asked to be members, but no user of this store can have such an id.
    impossible: Unknown,
    /// Whether rules may see the group differently: every member is named.
    renamed: bool,
}

/// Ids that nobody has: how many, and the first of them.
#[derive(Debug, Default, Clone)]
struct Unknown {
    named: Vec<String>,
    count: usize,
}

impl Unknown {
    fn note(&mut self, id: &impl fmt::Display) {
        self.count += 1;
        if self.named.len() < UNKNOWN_NAMED_MAX {
            self.named.push(id.to_string());
        }
    }
}

impl Change for GroupChange {
    type Outcome = Outcome;

    fn needs(&self) -> Needs {
        Needs { groups: BTreeSet::from([self.id]), ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<Outcome> {
        let mut wanted = match self.wanted(facts) {
            Ok(wanted) => wanted,
            Err(error) => return refuse(error),
        };
        let missing = self.missing(facts, &mut wanted);
        if !missing.is_empty() {
            return Decision::More(Box::new(missing));
        }
        let nobody = Delta::default();
        let delta = facts.delta.as_ref().unwrap_or(&nobody);
        if let Err(error) = self.check(facts, &wanted, delta) {
            return refuse(error);
        }
        let all = facts.members.as_ref().map_or((&[][..], false), |(ids, more)| (ids.as_slice(), *more));
        let named: BTreeSet<UserId> =
            wanted.members.add.iter().chain(&wanted.members.remove).chain(&delta.left).chain(all.0).copied().collect();
        if all.1 || named.len() > EVALUATED_AT_ONCE_MAX {
            return self.done(facts, &wanted, delta, Evaluation::Queued(named.into_iter().collect()));
        }
        // Rules find groups by their names: while members are evaluated for a new name, the rules stay as they are.
        let configuration = if self.names(facts, &wanted) { Hold::Shared } else { Hold::Free };
        if named.iter().any(|id| !facts.users.contains_key(id)) || facts.configuration < configuration {
            return Decision::More(Box::new(Needs { configuration, users: named, ..Needs::default() }));
        }
        self.done(facts, &wanted, delta, Evaluation::AtOnce(named.into_iter().collect()))
    }
}

/// How the users named by a write are evaluated.
enum Evaluation {
    AtOnce(Vec<UserId>),
    Queued(Vec<UserId>),
}

impl GroupChange {
    fn wanted(&self, facts: &Facts) -> Result<Wanted, Error> {
        let before = facts.group(self.id);
        let existing = || {
            let row = before.ok_or_else(|| Error::not_found("Group", &self.id.to_string()))?;
            self.if_match.check(row.version).map(|()| row)
        };
        let none = IndexSet::new();
        let exists = before.is_some();
        let (group, (members, impossible)) = match &self.asked {
            Asked::Create(group, add) => (Some(group.clone()), self.member_ids(exists, false, add, &none)),
            Asked::Replace(group, add) => {
                let mut group = group.clone();
                let before = &existing()?.group.attributes;
                check_immutable(facts.config.types.group(), before, &mut group.attributes, true)?;
                (Some(group), self.member_ids(exists, true, add, &none))
            }
            Asked::Patch(patch) => {
                let (group, change) = patch.apply_to_group(&existing()?.group)?;
                (Some(group), self.member_ids(exists, change.clear, &change.add, &change.remove))
            }
            Asked::Delete => {
                existing()?;
                (None, self.member_ids(exists, false, &none, &none))
            }
        };
        let renamed = before.is_some_and(|before| {
            group.as_ref().is_none_or(|after| {
                after.display_name() != before.group.display_name() || after.external_id() != before.group.external_id()
            })
        });
        Ok(Wanted { group, members, impossible, renamed })
    }

    /// Whether rules may see the group differently from now on: it comes, goes, or changes its name.
    fn names(&self, facts: &Facts, wanted: &Wanted) -> bool {
        wanted.renamed || facts.group(self.id).is_none()
    }

    fn member_ids(
        &self,
        exists: bool,
        clear: bool,
        add: &IndexSet<MemberId>,
        remove: &IndexSet<MemberId>,
    ) -> (MemberIds, Unknown) {
        let mut impossible = Unknown::default();
        let mut users = IndexSet::with_capacity(add.len());
        for member in add {
            match user_id(member) {
                Some(id) => drop(users.insert(id)),
                None => impossible.note(member),
            }
        }
        let remove = remove.iter().filter_map(user_id).collect();
        (MemberIds { group: exists.then_some(self.id), clear, add: users, remove }, impossible)
    }

    /// What must be loaded before this can be decided, but is not yet. Gives the ids of the members away when they are
    /// asked for: there may be a million of them.
    fn missing(&self, facts: &Facts, wanted: &mut Wanted) -> Needs {
        let mut needs = Needs::default();
        if let Some(group) = &wanted.group {
            let name = fold(group.display_name());
            if !facts.group_names.contains_key(&name) {
                needs.group_names.insert(name);
            }
        }
        let MemberIds { clear, add, remove, .. } = &wanted.members;
        let before = facts.group(self.id).map(|row| &row.group);
        let decides_all = *clear || before != wanted.group.as_ref() || self.if_match != IfMatch::Any;
        if before.is_some() && facts.alone.is_none() && decides_all {
            needs.alone = Some(self.id);
        }
        if facts.delta.is_none() && (*clear || !add.is_empty() || !remove.is_empty()) {
            if add.len() + remove.len() <= EVALUATED_AT_ONCE_MAX {
                // They will be evaluated: asked for now, they come with the same answer.
                needs.users.extend(add.iter().chain(remove));
            }
            needs.delta = Some(std::mem::take(&mut wanted.members));
        }
        if facts.members.is_none() && wanted.renamed {
            needs.members = Some((self.id, EVALUATED_AT_ONCE_MAX));
        }
        needs
    }

    fn check(&self, facts: &Facts, wanted: &Wanted, delta: &Delta) -> Result<(), Error> {
        if let Some(group) = &wanted.group {
            let bearer = facts.group_names.get(&fold(group.display_name())).copied().flatten();
            if bearer.is_some_and(|bearer| bearer != self.id) {
                return Err(taken(group));
            }
        }
        let mut unknown = wanted.impossible.clone();
        delta.unknown.iter().for_each(|id| unknown.note(id));
        if unknown.count == 0 { Ok(()) } else { Err(unknown_members(&unknown)) }
    }

    fn done(&self, facts: &Facts, wanted: &Wanted, delta: &Delta, evaluation: Evaluation) -> Decision<Outcome> {
        let before = facts.group(self.id);
        let after = wanted.group.as_ref().map(|group| self.row(before, group, delta));
        let mut writes = Vec::new();
        if let Evaluation::Queued(named) = &evaluation {
            // Before the memberships go, for a renamed or deleted group; after they came, its members are the same.
            writes.extend(wanted.renamed.then_some(Write::QueueMembers(self.id)));
            writes.push(Write::QueueUsers(named.iter().filter(|id| !delta.unknown.contains(id)).copied().collect()));
        }
        self.keep(before, after.as_ref(), delta, &mut writes);
        let moved = match &evaluation {
            Evaluation::Queued(_) => Vec::new(),
            Evaluation::AtOnce(users) => self.evaluated(facts, users, after.as_ref(), delta, &mut writes),
        };
        let unchanged = moved.is_empty() && before == after.as_ref();
        let record = self.heading.group(before, after.as_ref(), &delta.joined, &delta.left, &moved);
        let effects = Effects { writes, record: (!unchanged).then_some(record) };
        let settled = Settled {
            named: self.names(facts, wanted),
            queued: matches!(evaluation, Evaluation::Queued(_)),
            taken: people_taken_from(&moved),
            row: after,
        };
        Decision::Done(effects, Ok(settled))
    }

    /// The row to keep: only a real change of attributes or members moves version and time.
    fn row(&self, before: Option<&GroupRow>, group: &Group, delta: &Delta) -> GroupRow {
        let at = self.heading.at;
        match before {
            None => GroupRow { id: self.id, group: group.clone(), created: at, modified: at, version: 1 },
            Some(row) if row.group == *group && delta.joined.is_empty() && delta.left.is_empty() => row.clone(),
            Some(row) => GroupRow { group: group.clone(), modified: at, version: row.version + 1, ..row.clone() },
        }
    }

    fn keep(&self, before: Option<&GroupRow>, after: Option<&GroupRow>, delta: &Delta, writes: &mut Vec<Write>) {
        match (before, after) {
            (None, Some(after)) => writes.push(Write::InsertGroup(after.clone())),
            (Some(before), Some(after)) if before.group != after.group => {
                writes.push(Write::UpdateGroup(after.clone()))
            }
            (Some(before), Some(after)) if before != after => writes.push(Write::TouchGroup(self.id, self.heading.at)),
            (Some(_), None) => writes.push(Write::DeleteGroup(self.id)),
            _ => {}
        }
        if !delta.left.is_empty() {
            writes.push(Write::RemoveMembers(self.id, delta.left.clone(), self.heading.id));
        }
        if !delta.joined.is_empty() {
            writes.push(Write::AddMembers(self.id, delta.joined.clone(), self.heading.id));
        }
        let (was, is) = (before.map(gone_keys).unwrap_or_default(), after.map(gone_keys).unwrap_or_default());
        writes.extend(was.difference(&is).map(|key| Write::NameGone(key.clone(), self.heading.id)));
    }

    fn evaluated(
        &self,
        facts: &Facts,
        users: &[UserId],
        after: Option<&GroupRow>,
        delta: &Delta,
        writes: &mut Vec<Write>,
    ) -> Vec<Moved> {
        let config: &InForce = &facts.config;
        let joined: BTreeSet<&UserId> = delta.joined.iter().collect();
        let left: BTreeSet<&UserId> = delta.left.iter().collect();
        users
            .iter()
            .filter_map(|id| facts.user(*id))
            .filter_map(|user| {
                let id = &user.row.id;
                let member = |was: bool| (was && !left.contains(id)) || joined.contains(id);
                let groups = self.groups_after(user, after, member);
                evaluate(config, user, &groups, self.heading.at, writes)
            })
            .collect()
    }

    /// The groups a user is in once this write is done.
    fn groups_after(
        &self,
        user: &UserFacts,
        after: Option<&GroupRow>,
        member: impl Fn(bool) -> bool,
    ) -> Vec<GroupFacts> {
        let own = self.id.to_string();
        let (this, mut groups): (Vec<_>, Vec<_>) = user.groups.iter().cloned().partition(|group| group.id == own);
        if let Some(after) = after
            && member(!this.is_empty())
        {
            groups.push(after.facts());
        }
        groups
    }
}

/// Begins what no name is kept as.
const NO_NAME: char = '\u{1}';

/// As what is kept by which record the last group went that a rule could name so: a folded name as it is, and ids so
/// that no name is taken for one.
pub(super) fn gone_key(selector: &GroupSelector) -> String {
    match selector {
        GroupSelector::DisplayName(name) => {
            let name = fold(name);
            if name.starts_with(NO_NAME) { format!("{NO_NAME}{name}") } else { name }
        }
        GroupSelector::ExternalId(id) => format!("{NO_NAME}external:{id}"),
        GroupSelector::Id(id) => format!("{NO_NAME}id:{id}"),
    }
}

/// The keys of all that a rule can name a group by, in order.
fn gone_keys(row: &GroupRow) -> BTreeSet<String> {
    let GroupFacts { id, display_name, external_id } = row.facts();
    let external_id = external_id.map(GroupSelector::ExternalId);
    let named = [GroupSelector::DisplayName(display_name), GroupSelector::Id(id)];
    named.iter().chain(&external_id).map(gone_key).collect()
}

/// The user that a member may be; `None` when no user of this store can have such an id.
fn user_id(member: &MemberId) -> Option<UserId> {
    member.uuid().map_or_else(|| UserId::parse(&member.to_string()), |bytes| Some(UserId(Uuid::from_bytes(bytes))))
}

fn refuse(error: Error) -> Decision<Outcome> {
    Decision::Done(Effects::default(), Err(error))
}

fn taken(group: &Group) -> Error {
    Error::uniqueness(format!(
        "displayName: {:?} is taken by another group; names are compared without regard to case. \
         Look the group up by filter and update it instead",
        group.display_name()
    ))
}

fn unknown_members(unknown: &Unknown) -> Error {
    let named: Vec<String> = unknown.named.iter().map(|id| format!("{id:?}")).collect();
    let more = unknown.count.saturating_sub(named.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Error::invalid_value(format!(
        "members: no user has the id {}{more}. Members are ids of users of this directory, as answered when they were \
         created; groups cannot be members. Provision the users first, then the group",
        named.join(", ")
    ))
}

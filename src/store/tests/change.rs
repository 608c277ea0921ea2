//! The changes of this suite: one that writes what it is told, and two that decide something.

use crate::access::{Source, TenantAccess};
use crate::store::{
    Change, Decision, Effects, Facts, Fence, GroupId, MemberIds, Needs, Store, StoreError, UserId, UserRow, Write,
};
use indexmap::IndexSet;
use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Writes this, and answers what it asked for.
#[derive(Default)]
pub(super) struct Tell {
    pub needs: Needs,
    pub effects: Effects,
    pub fence: Option<Fence>,
}

impl Change for Tell {
    type Outcome = Facts;

    fn fence(&self) -> Option<&Fence> {
        self.fence.as_ref()
    }

    fn needs(&self) -> Needs {
        self.needs.clone()
    }

    fn decide(&self, facts: &Facts) -> Decision<Facts> {
        Decision::Done(self.effects.clone(), facts.clone())
    }
}

/// Writes this in one change.
pub(super) async fn tell(store: &Store, writes: Vec<Write>) {
    attempt(store, writes).await.unwrap();
}

/// The same, with these users loaded: their queued evaluations are done by what was read of them.
pub(super) async fn tell_knowing(store: &Store, users: impl IntoIterator<Item = UserId>, writes: Vec<Write>) {
    let needs = Needs { users: users.into_iter().collect(), ..Needs::default() };
    let effects = Effects { writes, record: None };
    store.transact(Tell { needs, effects, ..Tell::default() }).await.unwrap();
}

/// The same, where it may fail.
pub(super) async fn attempt(store: &Store, writes: Vec<Write>) -> Result<Facts, StoreError> {
    store.transact(Tell { effects: Effects { writes, record: None }, ..Tell::default() }).await
}

/// Loads this and writes nothing.
pub(super) async fn ask(store: &Store, needs: Needs) -> Facts {
    store.transact(Tell { needs, ..Tell::default() }).await.unwrap()
}

/// What a user is to hold who is in these groups: one tenant, by a rule of each group's name. Whoever evaluates without
/// one of the groups takes away what that gave.
pub(super) fn grants<'a>(groups: impl Iterator<Item = &'a str>) -> Vec<TenantAccess> {
    let mut groups: Vec<&str> = groups.collect();
    groups.sort_unstable();
    vec![grant("hr", &groups)]
}

/// Access to a tenant by these rules.
pub(super) fn grant(tenant: &str, rules: &[&str]) -> TenantAccess {
    TenantAccess {
        tenant: tenant.to_owned(),
        role: "Designer".to_owned(),
        application_groups: vec![format!("{tenant}-apps")],
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        source: Source::Rules,
    }
}

/// A user joins a group, and holds what its groups give.
pub(super) struct Join {
    pub user: UserId,
    pub group: GroupId,
    /// Where to wait, between reading and writing, for somebody who does the same.
    pub meeting: Option<Arc<Meeting>>,
}

impl Change for Join {
    type Outcome = ();

    fn needs(&self) -> Needs {
        let members = MemberIds { group: Some(self.group), add: IndexSet::from([self.user]), ..MemberIds::default() };
        let (users, groups) = (BTreeSet::from([self.user]), BTreeSet::from([self.group]));
        Needs { users, groups, delta: Some(members), ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<()> {
        let (user, group) = (facts.user(self.user).unwrap(), facts.group(self.group).unwrap());
        if let Some(meeting) = &self.meeting {
            meeting.wait();
        }
        let joined = facts.delta.clone().unwrap_or_default().joined;
        if joined.is_empty() {
            return Decision::Done(Effects::default(), ());
        }
        let names = user.groups.iter().map(|group| group.display_name.as_str());
        let after = grants(names.chain([group.group.display_name()]));
        let writes = vec![
            Write::TouchGroup(self.group, super::people::at(1_000)),
            Write::AddMembers(self.group, joined, super::people::cause(0)),
            Write::Evaluated { user: self.user, at: super::people::at(1_000), was_pending: user.pending },
            Write::PutGrants { user: self.user, before: user.grants.clone(), after },
        ];
        Decision::Done(Effects { writes, record: None }, ())
    }
}

/// Where two meet, if both come within a time.
pub(super) struct Meeting {
    came: Mutex<usize>,
    all: Condvar,
    patience: Duration,
}

impl Meeting {
    /// Nobody is there yet.
    pub fn new(patience: Duration) -> Arc<Self> {
        Arc::new(Self { came: Mutex::new(0), all: Condvar::new(), patience })
    }

    fn wait(&self) {
        let mut came = self.came.lock().unwrap();
        *came += 1;
        self.all.notify_all();
        drop(self.all.wait_timeout_while(came, self.patience, |came| *came < 2).unwrap());
    }
}

/// A new user, where nobody bears the name; answers whether there was nobody.
pub(super) struct Create(pub UserRow);

impl Change for Create {
    type Outcome = bool;

    fn needs(&self) -> Needs {
        Needs { user_names: BTreeSet::from([self.0.name_key()]), ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<bool> {
        let free = facts.user_names.get(&self.0.name_key()).is_some_and(Option::is_none);
        let writes = if free { vec![Write::InsertUser(self.0.clone())] } else { Vec::new() };
        Decision::Done(Effects { writes, record: None }, free)
    }
}

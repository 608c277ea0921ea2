//! What sixteen clients ask for, from one seed, and what it comes to whoever is faster. Pure.
//!
//! Each client has people of its own: it adds and removes them in all groups, and nobody else does. So no two clients
//! say anything about the same membership, every order of their requests comes to the same, and that is what each
//! client's own sequence comes to. What speaks of all members of a group (`replace`, `remove` without a value) is
//! therefore never asked for. Every request may be repeated: what it asks for is a state, not a difference.

use super::super::dice::Dice;
use std::collections::BTreeSet;

/// Who asks at once.
pub const CLIENTS: usize = 16;
/// Groups, which all clients share.
pub const GROUPS: usize = 20;
/// People; each is one client's.
pub const PEOPLE: usize = 200;
/// The first groups, which a rule names.
pub const RULED: usize = 2;
/// How often an endpoint is killed.
const KILLS: usize = 4;
/// The most people that one operation names.
const NAMED_MAX: usize = 5;

/// A group and a person in it, as numbers.
pub type Pair = (usize, usize);

/// One operation of a PATCH: these people shall be members, or shall not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// They shall.
    Add(Vec<usize>),
    /// They shall not.
    Remove(Vec<usize>),
}

/// How a provider writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Entra ID, whose removal has a value.
    Entra,
    /// Entra ID with `aadOptscim062020`, whose removal has a path with a filter.
    EntraFlagged,
    /// Okta, which says the group's name with every push.
    Okta,
}

/// One PATCH of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The group.
    pub group: usize,
    /// Its operations, in order.
    pub steps: Vec<Step>,
    /// Whose words they are in.
    pub spelling: Spelling,
    /// The replica that is asked first.
    pub replica: usize,
}

/// An endpoint ends as at a loss of power, and starts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kill {
    /// Which one.
    pub replica: usize,
    /// When so many PATCHes are acknowledged.
    pub at: usize,
    /// After how many more it starts again; 0 where nobody else could acknowledge them.
    pub down: usize,
}

/// Everything before it happens; what it comes to does not depend on who is faster, as is said above.
#[derive(Debug, Clone)]
pub struct Plan {
    /// All of it comes from this.
    pub seed: u64,
    /// PATCHes of each client.
    pub patches: usize,
    /// Endpoints.
    pub replicas: usize,
    /// What is done to them, in order.
    pub kills: Vec<Kill>,
}

impl Plan {
    /// The plan of this seed.
    pub fn new(seed: u64, patches: usize, replicas: usize) -> Self {
        let mut dice = Dice::new(seed);
        // Each has a span of its own, and ends within it: there are never two down.
        let span = CLIENTS * patches / KILLS;
        let kill = |number: usize| {
            let down = if replicas == 1 { 0 } else { 1 + dice.below(span / 4) };
            Kill { replica: dice.below(replicas), at: number * span + span / 10 + dice.below(span / 2), down }
        };
        let kills = (0..KILLS).map(kill).collect();
        Self { seed, patches, replicas, kills }
    }

    /// The same, and nobody is killed.
    pub fn in_peace(self) -> Self {
        Self { kills: Vec::new(), ..self }
    }

    /// What a client asks for, one after the other.
    pub fn requests(&self, client: usize) -> Vec<Request> {
        let own = (client as u64 + 1).wrapping_mul(0xd1b5_4a32_d192_ed03);
        let mut dice = Dice::new(self.seed ^ own);
        let people: Vec<usize> = (0..PEOPLE).filter(|person| person % CLIENTS == client).collect();
        let request = || Request {
            group: dice.below(GROUPS),
            steps: steps(&people, &mut dice),
            spelling: [Spelling::Entra, Spelling::EntraFlagged, Spelling::Okta][dice.below(3)],
            replica: dice.below(self.replicas),
        };
        std::iter::repeat_with(request).take(self.patches).collect()
    }

    /// Who is in which group in the end: every client's sequence by itself, one client after the other.
    pub fn outcome(&self) -> BTreeSet<Pair> {
        let mut members = BTreeSet::new();
        for request in (0..CLIENTS).flat_map(|client| self.requests(client)) {
            request.apply(&mut members);
        }
        members
    }
}

impl Request {
    /// Carries it out.
    pub fn apply(&self, members: &mut BTreeSet<Pair>) {
        for step in &self.steps {
            match step {
                Step::Add(people) => members.extend(people.iter().map(|person| (self.group, *person))),
                Step::Remove(people) => {
                    members.retain(|(group, person)| *group != self.group || !people.contains(person))
                }
            }
        }
    }
}

/// One operation or two; the second may take back what the first did.
fn steps(people: &[usize], dice: &mut Dice) -> Vec<Step> {
    let (some, others) = (named(people, dice), named(people, dice));
    match dice.below(20) {
        0..7 => vec![Step::Add(some)],
        7..12 => vec![Step::Remove(some)],
        12..16 => vec![Step::Remove(some), Step::Add(others)],
        16..18 => vec![Step::Remove(some.clone()), Step::Add(some)],
        _ => vec![Step::Add(some), Step::Remove(others)],
    }
}

/// Mostly one of these people, or several.
fn named(people: &[usize], dice: &mut Dice) -> Vec<usize> {
    let count = if dice.below(5) < 3 { 1 } else { 2 + dice.below(NAMED_MAX - 1) };
    let first = dice.below(people.len());
    (first..first + count).map(|at| people[at % people.len()]).collect()
}

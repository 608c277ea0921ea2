//! What happens in a history, from one seed: what every client will ask for, and what will be done to the replicas. How
//! the two meet is not decided here. Pure.

use super::dice::Dice;
use std::collections::VecDeque;

/// How large a history is, and what may be done to the replicas.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Endpoints.
    pub replicas: usize,
    /// Who asks at once.
    pub clients: usize,
    /// Groups; the last is the one that is renamed.
    pub groups: usize,
    /// Names of users.
    pub people: usize,
    /// Wishes of each client when nothing is broken any more.
    pub least: usize,
    /// Wishes of each client in any case.
    pub most: usize,
    /// What is done, in an order that the seed decides.
    pub troubles: &'static [Trouble],
}

/// A kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A replica is killed, and started after a while.
    Kill,
    /// A replica loses its connections and gets no new ones, for a while.
    Cut,
    /// A replica's connections are silent for a while.
    Hang,
    /// A commit of a replica is carried out, but its answer is lost.
    LoseAnswer,
    /// A commit of a replica is lost on its way.
    LoseQuestion,
    /// Other rules are published.
    Publish,
    /// The database ends every session that is within a transaction.
    Terminate,
}

/// What is done to a replica, or by way of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Ends as at a loss of power.
    Kill(usize),
    /// Starts again.
    Start(usize),
    /// Its way to the database ends.
    Cut(usize),
    /// Its way to the database is silent.
    Hang(usize),
    /// Its way to the database is as before.
    Heal(usize),
    /// Its next commit gets no answer; whether the database gets to see it.
    Lose { replica: usize, reaches_server: bool },
    /// The rules of this number are published.
    Publish { through: usize, rules: usize },
    /// The sessions at work end.
    Terminate,
}

/// What a client wishes for; people and groups are numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Somebody shall be in a group.
    Join { group: usize, person: usize },
    /// Somebody shall not.
    Leave { group: usize, person: usize },
    /// A group shall have these members.
    Put { group: usize, people: Vec<usize> },
    /// A group shall have its other name, or its first.
    Rename { group: usize, away: bool },
    /// Somebody shall be deleted and made anew.
    Recreate { person: usize },
    /// Somebody shall be active or not.
    SetActive { person: usize, active: bool },
    /// To see a group.
    ReadGroup { group: usize },
    /// To see what somebody may do.
    ReadView { person: usize },
}

/// A whole history before it happens.
#[derive(Debug, Clone)]
pub struct Plan {
    /// All of it comes from this.
    pub seed: u64,
    /// Its size.
    pub shape: Shape,
    /// How many calls end before each of the faults, and the faults.
    pub faults: Vec<(usize, Fault)>,
}

/// Calls that end between two faults: the fewest, and how many more it may be.
const GAP: (usize, usize) = (15, 40);

impl Plan {
    /// The plan of this seed.
    pub fn new(seed: u64, shape: Shape) -> Self {
        Self { seed, shape, faults: faults(&shape, &mut Dice::new(seed)) }
    }

    /// What a client wishes for, one after the other, with the replica it asks first.
    pub fn wishes(&self, client: usize) -> impl Iterator<Item = (usize, Wish)> + use<> {
        let own = (client as u64 + 1).wrapping_mul(0xd1b5_4a32_d192_ed03);
        let (shape, mut dice) = (self.shape, Dice::new(self.seed ^ own));
        std::iter::repeat_with(move || (dice.below(shape.replicas), wish(&shape, &mut dice))).take(shape.most)
    }
}

fn wish(shape: &Shape, dice: &mut Dice) -> Wish {
    let (group, person) = (dice.below(shape.groups), dice.below(shape.people));
    match dice.below(100) {
        0..26 => Wish::Join { group, person },
        26..40 => Wish::Leave { group, person },
        40..48 => {
            let people = (0..shape.people).filter(|_| dice.below(2) == 0).collect();
            Wish::Put { group, people }
        }
        48..54 => Wish::Rename { group: shape.groups - 1, away: dice.below(2) == 0 },
        54..61 => Wish::Recreate { person },
        61..69 => Wish::SetActive { person, active: dice.below(2) == 0 },
        69..85 => Wish::ReadGroup { group },
        _ => Wish::ReadView { person },
    }
}

/// The faults; what was broken is mended in the order it broke, and one replica is always whole until it is its turn.
fn faults(shape: &Shape, dice: &mut Dice) -> Vec<(usize, Fault)> {
    let mut troubles = shape.troubles.to_vec();
    for at in (1..troubles.len()).rev() {
        troubles.swap(at, dice.below(at + 1));
    }
    let mut out = Vec::new();
    let mut broken: VecDeque<(usize, Fault)> = VecDeque::new();
    for (number, trouble) in troubles.into_iter().enumerate() {
        while broken.len() + 1 >= shape.replicas || dice.below(2) == 0 {
            let Some((_, mend)) = broken.pop_front() else { break };
            out.push(mend);
        }
        let is_whole = |at: &usize| broken.iter().all(|(replica, _)| replica != at);
        let whole: Vec<usize> = (0..shape.replicas).filter(is_whole).collect();
        let at = whole[dice.below(whole.len())];
        let (fault, mend) = match trouble {
            Trouble::Kill => (Fault::Kill(at), Some(Fault::Start(at))),
            Trouble::Cut => (Fault::Cut(at), Some(Fault::Heal(at))),
            Trouble::Hang => (Fault::Hang(at), Some(Fault::Heal(at))),
            Trouble::LoseAnswer => (Fault::Lose { replica: at, reaches_server: true }, None),
            Trouble::LoseQuestion => (Fault::Lose { replica: at, reaches_server: false }, None),
            Trouble::Publish => (Fault::Publish { through: at, rules: number + 1 }, None),
            Trouble::Terminate => (Fault::Terminate, None),
        };
        out.push(fault);
        broken.extend(mend.map(|mend| (at, mend)));
    }
    out.extend(broken.into_iter().map(|(_, mend)| mend));
    out.into_iter().map(|fault| (GAP.0 + dice.below(GAP.1), fault)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Trouble::{Cut, Hang, Kill, LoseAnswer, LoseQuestion, Publish, Terminate};

    const ALL: &[Trouble] = &[Kill, Cut, Hang, LoseAnswer, LoseQuestion, Publish, Terminate, Kill];

    fn shape(replicas: usize) -> Shape {
        Shape { replicas, clients: 4, groups: 3, people: 5, least: 10, most: 50, troubles: ALL }
    }

    #[test]
    fn a_seed_always_makes_the_same_plan_and_another_seed_another() {
        let all = |seed: u64| {
            let plan = Plan::new(seed, shape(3));
            let wishes: Vec<_> = (0..4).flat_map(|client| plan.wishes(client)).collect();
            (plan.faults, wishes)
        };
        assert_eq!(all(7), all(7));
        assert_ne!(all(7), all(8));
    }

    #[test]
    fn a_replica_is_whole_at_any_time_and_all_are_at_the_end() {
        for (seed, replicas) in (0..200).flat_map(|seed| [(seed, 1), (seed, 2), (seed, 3)]) {
            let mut broken = std::collections::BTreeSet::new();
            for (_, fault) in Plan::new(seed, shape(replicas)).faults {
                match fault {
                    Fault::Kill(at) | Fault::Cut(at) | Fault::Hang(at) => assert!(broken.insert(at), "seed {seed}"),
                    Fault::Start(at) | Fault::Heal(at) => assert!(broken.remove(&at), "seed {seed}"),
                    Fault::Lose { replica: at, .. } | Fault::Publish { through: at, .. } => {
                        assert!(!broken.contains(&at), "seed {seed}");
                    }
                    Fault::Terminate => {}
                }
                assert!(broken.len() < replicas.max(2), "seed {seed}");
            }
            assert!(broken.is_empty(), "seed {seed}");
        }
    }
}

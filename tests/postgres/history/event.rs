//! What clients asked, what they were told, and between which moments.

use std::collections::BTreeSet;

/// A place in the order of all beginnings and ends of calls: one that ended at an earlier moment than another began was
/// done before it.
pub type Moment = u64;

/// What a client asked for. Groups and the people of a plan are numbers; users are the ids that the endpoint gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A user shall be a member.
    Join { group: usize, user: String },
    /// A user shall not be a member.
    Leave { group: usize, user: String },
    /// The group shall have exactly these members, and its first name.
    Put { group: usize, members: BTreeSet<String> },
    /// The group shall have its other name, which no rule knows, or its first name again.
    Rename { group: usize, away: bool },
    /// A person shall exist.
    Create { person: usize },
    /// A user shall not exist.
    Delete { person: usize, user: String },
    /// A user shall be active or not.
    SetActive { person: usize, user: String, active: bool },
    /// A group with its members.
    ReadGroup { group: usize },
    /// The access view of a user, by id.
    ReadView { person: usize, user: String },
    /// The access view of a person, by name.
    Find { person: usize },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done,
    /// A user was made, with this id.
    Created(String),
    /// It was refused, with this status.
    Refused(u16),
    /// A group as it stood.
    Group { members: BTreeSet<String>, away: bool, version: u64 },
    /// A user as they stood, with the rules that gave them something.
    View { user: String, active: bool, rules: BTreeSet<String> },
    /// There is nobody of this id or name.
    Nobody,
    /// No answer, or one that says "later": it was done, or will be, or never.
    Unknown,
    /// An answer that fits nothing; with it nothing is known either.
    Odd(String),
}

/// One thing that one client asked for.
#[derive(Debug, Clone)]
pub struct Call {
    /// The id that the client gave it, which names the client; the endpoint writes it into its record.
    pub request: String,
    /// What.
    pub asked: Asked,
    /// What came of it.
    pub answer: Answer,
    /// Before it was sent.
    pub begun: Moment,
    /// After it was answered, or the client had given it up.
    pub ended: Moment,
}

impl Call {
    /// Whether nobody knows what became of it.
    pub fn in_doubt(&self) -> bool {
        matches!(self.answer, Answer::Unknown | Answer::Odd(_))
    }
}

/// The name of a group: the first, which rules know, or the other.
pub fn group_name(group: usize, away: bool) -> String {
    format!("Group {group}{}", if away { AWAY } else { "" })
}

/// The end of a group's other name.
pub const AWAY: &str = " away";

/// The name of the rule that every set of rules has for a group's first name.
pub fn rule_name(group: usize) -> String {
    format!("r-{group}")
}

/// The userName of a person.
pub fn user_name(person: usize) -> String {
    format!("person-{person}@example.com")
}

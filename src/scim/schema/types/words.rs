//! The words of RFC 7643 §7 for what an attribute is like, and what stands for a word that is left out.

use crate::scim::schema::{Kind, Mutability, PartDefinition, Returned};

const KINDS: [Kind; 8] = [
    Kind::Text,
    Kind::Boolean,
    Kind::Decimal,
    Kind::Integer,
    Kind::DateTime,
    Kind::Binary,
    Kind::Reference,
    Kind::Complex,
];
const MUTABILITIES: [Mutability; 4] =
    [Mutability::ReadWrite, Mutability::ReadOnly, Mutability::Immutable, Mutability::WriteOnly];
const RETURNED: [Returned; 4] = [Returned::Default, Returned::Always, Returned::Never, Returned::Request];
/// `global` is held like `server`: nothing here knows more than its own directory.
const UNIQUENESS: [&str; 3] = ["none", "server", "global"];

/// What the words of an attribute mean.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// Its kind of value.
    pub kind: Kind,
    /// Who may write it.
    pub mutability: Mutability,
    /// When it is answered.
    pub returned: Returned,
    /// Whether no two resources of a type share a value.
    pub unique: bool,
}

impl Words {
    /// Reads them. A word that is none of the RFC's is told to `unknown`, by field and message, and counts as left out.
    pub fn read(part: &PartDefinition, unknown: &mut impl FnMut(&'static str, String)) -> Self {
        let mut one = |field, written: &Option<String>, words: &[&'static str]| match written {
            None => 0,
            Some(word) => words.iter().position(|known| known == word).unwrap_or_else(|| {
                unknown(field, format!("{word:?} is not known: write one of {}", words.join(", ")));
                0
            }),
        };
        let kind = one("type", &part.kind, &KINDS.map(Kind::as_str));
        let mutability = one("mutability", &part.mutability, &MUTABILITIES.map(Mutability::as_str));
        let returned = one("returned", &part.returned, &RETURNED.map(Returned::as_str));
        let unique = one("uniqueness", &part.uniqueness, &UNIQUENESS) > 0;
        let mutability = MUTABILITIES[mutability];
        // What is only written is never read back (RFC 7643 §7).
        let silent = mutability == Mutability::WriteOnly && part.returned.is_none();
        let returned = if silent { Returned::Never } else { RETURNED[returned] };
        Self { kind: KINDS[kind], mutability, returned, unique }
    }
}

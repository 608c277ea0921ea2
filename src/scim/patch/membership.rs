//! What operations do to the members of a group, folded into one change. RFC 7644 §3.5.2; B013, B095.
//!
//! ```text
//! add     members                    value: list, object or id     they become members
//! remove  members[value eq "a" or …]                               they are no members any more
//! remove  members                    value: list, object or id     the same (Entra ID with its old PATCH)
//! remove  members                                                  nobody is
//! replace members                    value: list                   they and nobody else are
//! ```

use super::Verb;
use crate::scim::dialect::{Quirk, Reading};
use crate::scim::filter::{Expression, Literal, Operator};
use crate::scim::path::{AttributePath, Path};
use crate::scim::resource::member_ids;
use crate::scim::sent::Given;
use crate::scim::{Error, MemberId};
use indexmap::IndexSet;
use std::borrow::Cow;

/// What a PATCH does to a group's members, the order of operations folded away: start from the current members
/// (`clear` = false) or from none (`clear` = true), then take away `remove`, then put in `add`. The two are disjoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MembershipChange {
    /// Whether all current members go first.
    pub clear: bool,
    /// Ids that are members afterwards.
    pub add: IndexSet<MemberId>,
    /// Ids that are no members afterwards.
    pub remove: IndexSet<MemberId>,
}

impl MembershipChange {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        !self.clear && self.add.is_empty() && self.remove.is_empty()
    }

    /// Folds one operation in.
    pub(super) fn fold(
        &mut self,
        verb: Verb,
        path: &Path,
        value: Option<Given<'_>>,
        how: &Reading,
    ) -> Result<(), Error> {
        let of_part = matches!(path.attribute, AttributePath::Known { sub: Some(_), .. }) || path.part.is_some();
        if of_part {
            return Err(Error::mutability(
                "a part of a member cannot be changed; add or remove the member as a whole: `members`",
            ));
        }
        match (verb, &path.selector, value.filter(|value| !value.is_null())) {
            (Verb::Remove, Some(selector), _) => self.remove_all(&selected(selector)?),
            (Verb::Add | Verb::Replace, Some(_), _) => {
                return Err(Error::mutability(
                    "a member cannot be changed; add by the path `members`, without a filter",
                ));
            }
            (Verb::Remove, None, None) => self.clear_all(),
            (Verb::Remove, None, Some(value)) if how.tolerates(Quirk::RemoveByValue) => {
                self.remove_all(&member_ids(value, how)?);
            }
            (Verb::Remove, None, Some(_)) => return Err(removal_with_value()),
            (Verb::Add, None, value) => self.add_all(&ids(value, how)?),
            (Verb::Replace, None, value) => {
                let ids = ids(value, how)?;
                self.clear_all();
                self.add_all(&ids);
            }
        }
        Ok(())
    }

    fn clear_all(&mut self) {
        *self = Self { clear: true, ..Self::default() };
    }

    fn add_all(&mut self, ids: &[MemberId]) {
        self.add.reserve(ids.len());
        for id in ids {
            self.remove.swap_remove(id);
            self.add.insert(id.clone());
        }
    }

    fn remove_all(&mut self, ids: &[MemberId]) {
        for id in ids {
            self.add.swap_remove(id);
            if !self.clear {
                self.remove.insert(id.clone());
            }
        }
    }
}

/// Read by the RFC it would remove everybody: nobody means that.
pub(super) fn removal_with_value() -> Error {
    Error::invalid_value("a removal takes no `value`; name what to remove in the path: members[value eq \"<id>\"]")
}

fn ids<'a>(value: Option<Given<'a>>, how: &Reading) -> Result<Cow<'a, [MemberId]>, Error> {
    value.map_or(Ok(Cow::Owned(Vec::new())), |value| member_ids(value, how))
}

/// The ids that `value eq "a" or value eq "b"` names.
fn selected(selector: &Expression) -> Result<Vec<MemberId>, Error> {
    let terms = match selector {
        Expression::Or(terms) => terms.as_slice(),
        one => std::slice::from_ref(one),
    };
    terms.iter().map(value_of).collect()
}

fn value_of(term: &Expression) -> Result<MemberId, Error> {
    if let Expression::Compare(comparison) = term
        && comparison.path.leaf().is_some_and(|leaf| leaf.name == "value")
        && comparison.operator == Operator::Eq
        && let Literal::Text(id) = &comparison.literal
    {
        return Ok(MemberId::from(&**id));
    }
    Err(Error::invalid_filter("members can be selected by `value` only: members[value eq \"<id of a user>\"]"))
}

//! A filter that is read prints as one that reads the same, and what an index narrows a list down to loses no match.

use super::{KINDS, readings, refused};
use crate::fixture;
use crate::scim::{Attributes, Filter, Indexed, Reading, ResourceKind, folded};
use serde_json::Value;

/// What is printed may be longer than what was read (URNs are written out), and then too long to be read.
const LENGTH_MAX: usize = 8 * 1024;

/// Reads the input as a filter over users and over groups.
pub fn hold(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        for how in readings() {
            KINDS.into_iter().for_each(|kind| read(text, kind, &how));
        }
    }
}

/// Reads a filter and looks at all that can be asked of it.
pub(super) fn read(text: &str, kind: ResourceKind, how: &Reading) {
    let filter = match Filter::parse(text, kind, how) {
        Ok(filter) => filter,
        Err(error) => return refused(&error),
    };
    let resource = fixture::rendered(kind);
    let matches = filter.matches(resource);
    let printed = filter.to_string();
    if printed.len() <= LENGTH_MAX {
        let again = Filter::parse(&printed, kind, how).unwrap_or_else(|error| panic!("printed {printed}: {error:?}"));
        assert_eq!(again, filter, "printed {printed}");
        assert_eq!(again.to_string(), printed);
        assert_eq!(again.matches(resource), matches, "printed {printed}");
    }
    if let Some(known) = filter.indexed() {
        narrow(&filter, &known, resource, matches);
    }
    if !filter.needs_members(None) {
        assert_eq!(filter.matches(&without_members(resource)), matches, "{printed}");
    }
}

/// The index would find this resource, and then the answer is the same; or it would not, and then nothing matches.
fn narrow(filter: &Filter, known: &Indexed, resource: &Attributes, matches: bool) {
    let Some(found) = finds(known, resource) else { return };
    if !found {
        assert!(!matches, "{filter} matches what {known:?} does not find");
        return;
    }
    assert_eq!(filter.matches_assuming(resource, known), matches, "{filter} assuming {known:?}");
    if !filter.needs_members(Some(known)) {
        assert_eq!(filter.matches_assuming(&without_members(resource), known), matches, "{filter} assuming {known:?}");
    }
    assert!(matches || !filter.is_exactly_indexed(), "{filter} is {known:?}");
}

/// Whether a look-up finds the resource; nothing for an index that is not known here.
fn finds(known: &Indexed, resource: &Attributes) -> Option<bool> {
    let is = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|found| found == known.value());
    let is_in_any_case = |value: Option<&Value>| {
        value.and_then(Value::as_str).is_some_and(|found| folded(found) == folded(known.value()))
    };
    let values = |name| resource.get(name).and_then(Value::as_array).into_iter().flatten();
    Some(if let Indexed::Id(_) = known {
        is(resource.get("id"))
    } else if let Indexed::UserName(_) = known {
        is_in_any_case(resource.get("userName"))
    } else if let Indexed::ExternalId(_) = known {
        is(resource.get("externalId"))
    } else if let Indexed::DisplayName(_) = known {
        is_in_any_case(resource.get("displayName"))
    } else if let Indexed::Member(_) = known {
        values("members").any(|member| is(member.get("value")))
    } else if let Indexed::Email(_) = known {
        values("emails").any(|email| is_in_any_case(email.get("value")))
    } else {
        return None;
    })
}

fn without_members(resource: &Attributes) -> Attributes {
    let mut rest = resource.clone();
    rest.shift_remove("members");
    rest
}

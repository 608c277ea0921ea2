//! PATCHes as providers write them.

use super::plan::{Request, Spelling, Step};
use serde_json::{Value, json};

/// The ids that groups and people have.
pub struct Ids {
    /// Those of the groups.
    pub groups: Vec<String>,
    /// Those of the people.
    pub people: Vec<String>,
}

/// The name of a group.
pub fn group_name(group: usize) -> String {
    format!("Group {group}")
}

/// The name of somebody.
pub fn user_name(person: usize) -> String {
    format!("user-{person}@example.com")
}

/// The body of a PATCH.
pub fn body(request: &Request, ids: &Ids) -> String {
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
    let mut operations = Vec::new();
    if request.spelling == Spelling::Okta {
        let value = json!({ "id": ids.groups[request.group], "displayName": group_name(request.group) });
        operations.push(json!({ "op": "replace", "value": value }));
    }
    operations.extend(request.steps.iter().flat_map(|step| spelled(step, request.spelling, ids)));
    json!({ "schemas": schemas, "Operations": operations }).to_string()
}

fn spelled(step: &Step, spelling: Spelling, ids: &Ids) -> Vec<Value> {
    let list = |people: &[usize]| -> Vec<Value> {
        let member = |person: &usize| match spelling {
            Spelling::Entra | Spelling::EntraFlagged => json!({ "$ref": null, "value": ids.people[*person] }),
            Spelling::Okta => json!({ "value": ids.people[*person], "display": user_name(*person) }),
        };
        people.iter().map(member).collect()
    };
    let selected = |person: &usize| {
        let path = format!("members[value eq \"{}\"]", ids.people[*person]);
        json!({ "op": "remove", "path": path })
    };
    match (step, spelling) {
        (Step::Add(people), Spelling::Entra) => {
            vec![json!({ "op": "Add", "path": "members", "value": list(people) })]
        }
        (Step::Add(people), _) => vec![json!({ "op": "add", "path": "members", "value": list(people) })],
        (Step::Remove(people), Spelling::Entra) => {
            vec![json!({ "op": "Remove", "path": "members", "value": list(people) })]
        }
        (Step::Remove(people), _) => people.iter().map(selected).collect(),
    }
}

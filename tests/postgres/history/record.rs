//! The records of a history: each acknowledged write has one, and together they come to the members there are. Pure.

use super::check::Settled;
use super::event::{Answer, Asked, Call};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What one record says, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The id of the request that it is of.
    pub request: String,
    /// The group that was written, where it was one.
    pub group: Option<String>,
    /// Who came into the group.
    pub joined: Vec<String>,
    /// Who went out of it; of a user who is deleted it is not said.
    pub left: Vec<String>,
}

impl Record {
    /// Reads a stored body; `None` when it is not one.
    pub fn read(body: &str) -> Option<Self> {
        let body: Value = serde_json::from_str(body).ok()?;
        let said = body.get("head")?.get("said")?;
        let what = said.get("what")?;
        let ids = |name: &str| {
            let ids = what[name].as_array().map(Vec::as_slice).unwrap_or_default();
            ids.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Some(Self {
            request: said["actor"]["requestId"].as_str().unwrap_or_default().to_owned(),
            group: what["group"].as_str().map(str::to_owned),
            joined: ids("joined"),
            left: ids("left"),
        })
    }
}

/// What is wrong with the records of a history that came to this end.
pub fn complaints(calls: &[Call], records: &[Record], settled: &Settled) -> Vec<String> {
    let mut by_request: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in records {
        by_request.entry(&record.request).or_default().push(record);
    }
    let of = |call: &Call| by_request.get(call.request.as_str()).map(Vec::as_slice).unwrap_or_default();
    let mut out: Vec<String> = calls.iter().filter_map(|call| unfit(call, of(call))).collect();
    out.extend(sums(records, settled));
    out
}

/// What is wrong with the records of one call. A write that changes nothing has none.
fn unfit(call: &Call, records: &[&Record]) -> Option<String> {
    let may_be = match (&call.asked, &call.answer) {
        (Asked::Create { .. }, Answer::Created(_)) | (Asked::Delete { .. }, Answer::Done) => 1..=1,
        (Asked::ReadGroup { .. } | Asked::ReadView { .. } | Asked::Find { .. }, _) | (_, Answer::Refused(_)) => 0..=0,
        _ => 0..=1,
    };
    if !may_be.contains(&records.len()) {
        return Some(format!("{} records instead of {may_be:?} of {call:?}", records.len()));
    }
    let record = records.first()?;
    // Nobody, where only the rules had changed since.
    let only = |ids: &[String], user: &str| ids.iter().all(|id| id == user);
    let says_it = match &call.asked {
        Asked::Join { user, .. } => only(&record.joined, user) && record.left.is_empty(),
        Asked::Leave { user, .. } => only(&record.left, user) && record.joined.is_empty(),
        Asked::Put { members, .. } => {
            record.joined.iter().all(|user| members.contains(user))
                && !record.left.iter().any(|user| members.contains(user))
        }
        Asked::Rename { .. } => record.joined.is_empty() && record.left.is_empty(),
        _ => record.group.is_none(),
    };
    (!says_it).then(|| format!("a record of something else: {record:?} of {call:?}"))
}

/// Whoever came in once more than they went out is a member, whoever did as often is not, and nothing else happens.
fn sums(records: &[Record], settled: &Settled) -> Vec<String> {
    let there: BTreeSet<&str> = settled.views.iter().map(|(_, view)| view.id.as_str()).collect();
    let mut out = Vec::new();
    for (facts, members) in &settled.groups {
        let mut sums: BTreeMap<&str, i64> = there.iter().map(|user| (*user, 0)).collect();
        for record in records.iter().filter(|record| record.group.as_ref() == Some(&facts.id)) {
            let moves = record.joined.iter().map(|user| (user, 1)).chain(record.left.iter().map(|user| (user, -1)));
            for (user, step) in moves {
                *sums.entry(user).or_default() += step;
            }
        }
        for (user, sum) in sums.into_iter().filter(|(user, _)| there.contains(user)) {
            if sum != i64::from(members.contains(user)) {
                let is = if members.contains(user) { "is a member" } else { "is none" };
                out.push(format!("{user} came into group {} {sum} times more than out, and {is}", facts.id));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use scim_operator::access::{AccessView, GroupFacts};
    use serde_json::json;

    fn record(request: &str, group: Option<&str>, joined: &[&str], left: &[&str]) -> Record {
        let what = json!({ "group": group, "joined": joined, "left": left });
        let said = json!({ "actor": { "requestId": request }, "operation": "group.update", "what": what });
        let body = json!({ "seal": 1, "head": { "salt": "00", "said": said }, "people": [] });
        Record::read(&body.to_string()).expect("a record")
    }

    fn call(request: &str, asked: Asked, answer: Answer) -> Call {
        Call { request: request.to_owned(), asked, answer, begun: 1, ended: 2 }
    }

    /// One group that has, or has not, the one user there is.
    fn settled(is_member: bool) -> Settled {
        let facts = GroupFacts { id: "g".to_owned(), display_name: "Group 0".to_owned(), external_id: None };
        let view = json!({
            "id": "a", "userName": "a@example.com", "active": true, "accountEnabled": true, "managed": false,
            "organizationAdmin": false, "tenants": [], "storedGrants": [], "lastEvaluated": null,
        });
        let view: AccessView = serde_json::from_value(view).expect("a view");
        let members = if is_member { BTreeSet::from(["a".to_owned()]) } else { BTreeSet::new() };
        Settled { rules: Vec::new(), groups: vec![(facts, members)], views: vec![(0, view)] }
    }

    fn history() -> (Vec<Call>, Vec<Record>) {
        let join = Asked::Join { group: 0, user: "a".to_owned() };
        let calls = vec![
            call("0-0", Asked::Create { person: 0 }, Answer::Created("a".to_owned())),
            call("0-1", join.clone(), Answer::Done),
            call("0-2", join, Answer::Done),
            call("0-3", Asked::ReadGroup { group: 0 }, Answer::Unknown),
        ];
        let records = vec![record("0-0", None, &[], &[]), record("0-1", Some("g"), &["a"], &[])];
        (calls, records)
    }

    #[test]
    fn c011_records_that_fit_have_no_complaint_and_a_write_that_changed_nothing_needs_none() {
        let (calls, records) = history();
        assert_eq!(complaints(&calls, &records, &settled(true)), Vec::<String>::new());
    }

    #[test]
    fn c011_a_record_too_much_or_too_few_or_of_something_else_is_found() {
        let (calls, records) = history();
        let count = |records: &[Record], is_member: bool| complaints(&calls, records, &settled(is_member)).len();
        assert_eq!(count(&records[1..], true), 1, "a user without a record");
        assert_eq!(count(&records[..1], true), 1, "a member without a record");
        assert_eq!(count(&records, false), 1, "a member lost");
        let with = |record: Record| [&records[..], &[record]].concat();
        assert_eq!(count(&with(record("0-0", None, &[], &[])), true), 1, "a second record");
        assert_eq!(count(&with(record("0-3", None, &[], &[])), true), 1, "a record of a read");
        assert_eq!(count(&with(record("0-2", Some("g"), &["b"], &[])), true), 1, "a record of somebody else");
    }
}

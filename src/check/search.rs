//! Queries by POST: RFC 7644 §3.4.3. A server may leave them out; it then says 501 or 404, and the check is skipped.

use super::answer::Answer;
use super::filter::people;
use super::verdict::{Outcome, Verdict, absent, ensure, equal, list, skipped, text};
use super::{Check, Session, check};
use crate::client::Method;
use crate::client::raw::RawRequest;
use serde_json::{Value, json};

const AT: &str = "RFC 7644 §3.4.3";
const REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

pub(super) const CHECKS: &[Check] = &[
    check!("search-users", AT, "POST /Users/.search answers as GET /Users with the filter", [Filter], users),
    check!("search-root", AT, "POST /.search looks in all resource types", [Filter], root),
    check!("search-page", AT, "startIndex and count are honoured", [Filter], page),
    check!("search-attributes", AT, "attributes are honoured", [Filter], attributes),
    check!("search-bad-filter", AT, "a broken filter is 400 invalidFilter", [Filter], bad_filter),
];

async fn search(s: &mut Session, path: &str, mut body: Value) -> Result<Answer, Verdict> {
    body["schemas"] = json!([REQUEST]);
    let answer = s.send(RawRequest::new(Method::POST, path).json(&body)).await?;
    if matches!(answer.status, 404 | 405 | 501) {
        return Err(skipped(format!("POST /{path} answers {}: not offered", answer.status)));
    }
    Ok(answer)
}

/// The filter that finds the three people of this run.
async fn three(s: &mut Session) -> Result<String, Verdict> {
    Ok(format!("externalId sw \"{}-\"", people(s).await?.prefix))
}

async fn users(s: &mut Session) -> Outcome {
    let (filter, path) = (three(s).await?, format!("{}/.search", s.users("")));
    let (total, resources) = search(s, &path, json!({ "filter": filter })).await?.list()?;
    let found = format!("{} of {total}", resources.len());
    ensure((resources.len(), total) == (3, 3), "3 of 3", found)
}

async fn root(s: &mut Session) -> Outcome {
    let filter = three(s).await?;
    let answer = search(s, ".search", json!({ "filter": filter })).await?;
    let (total, resources) = answer.list()?;
    ensure((resources.len(), total) == (3, 3), "3 of 3", format!("{} of {total}", resources.len()))?;
    equal(&answer.body, "/Resources/0/meta/resourceType", &json!("User"))
}

async fn page(s: &mut Session) -> Outcome {
    let (filter, path) = (three(s).await?, format!("{}/.search", s.users("")));
    let (total, resources) =
        search(s, &path, json!({ "filter": filter, "startIndex": 3, "count": 2 })).await?.list()?;
    ensure((resources.len(), total) == (1, 3), "1 of 3", format!("{} of {total}", resources.len()))
}

async fn attributes(s: &mut Session) -> Outcome {
    let (filter, path) = (three(s).await?, format!("{}/.search", s.users("")));
    let answer = search(s, &path, json!({ "filter": filter, "attributes": ["userName"] })).await?;
    answer.list()?;
    for user in list(&answer.body, "/Resources")? {
        text(user, "/userName")?;
        absent(user, "/emails")?;
    }
    Ok(())
}

async fn bad_filter(s: &mut Session) -> Outcome {
    let path = format!("{}/.search", s.users(""));
    search(s, &path, json!({ "filter": "userName eq" })).await?.refused(400, "invalidFilter")
}

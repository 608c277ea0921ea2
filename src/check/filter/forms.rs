//! What a filter may be made of, and what it may not: names, paths, values, mistakes. RFC 7644 §3.4.2.2, §3.10.

use super::{Check, ENTERPRISE, Outcome, Session, USER, check, finds, refused};
use crate::check::verdict::{ensure, equal};
use serde_json::json;

const AT: &str = "RFC 7644 §3.4.2.2";

pub(super) const CHECKS: &[Check] = &[
    check!("filter-none", "RFC 7644 §3.4.2", "a filter without a match is 200 with totalResults 0", [Filter], none),
    check!("filter-names-case", AT, "attributes and operators are read in any case", [Filter], any_case),
    check!("filter-part", AT, "a sub-attribute is named with a dot", [Filter], part),
    check!("filter-multi", AT, "a multi-valued attribute meets it with any entry", [Filter], multi),
    check!("filter-value-path", AT, "a value path asks one entry for everything", [Filter], value_path),
    check!("filter-value-path-and", AT, "a value path stands with and, or", [Filter], value_path_and),
    check!("filter-multi-pr", AT, "pr of a multi-valued attribute", [Filter], multi_pr),
    check!("filter-escaped", AT, "a value is a JSON text: \\\" is a quote", [Filter], escaped),
    check!("filter-urn", "RFC 7644 §3.10", "an attribute may be named with its schema", [Filter], urn),
    check!("filter-extension", "RFC 7644 §3.10", "an attribute of an extension", [Filter, Enterprise], extension),
    check!("filter-meta", AT, "meta.resourceType can be asked for", [Filter], meta),
    check!("filter-group", AT, "groups by displayName, in any case", [Filter, Groups], group),
    check!("filter-group-member", AT, "groups by the id of a member", [Filter, Groups], member),
    check!("filter-bad-operator", AT, "an unknown operator is 400 invalidFilter", [Filter], bad_operator),
    check!("filter-bad-parenthesis", AT, "an open parenthesis is 400 invalidFilter", [Filter], bad_parenthesis),
    check!("filter-bad-end", AT, "a filter that breaks off is 400 invalidFilter", [Filter], bad_end),
    check!("filter-bad-quote", AT, "a text that does not end is 400 invalidFilter", [Filter], bad_quote),
];

async fn none(s: &mut Session) -> Outcome {
    let users = s.users("");
    let filter = format!("userName eq \"{}@example.com\"", s.name());
    let answer = s.query(&users, &[("filter", &filter)]).await?;
    let (total, resources) = answer.list()?;
    let found = format!("totalResults {total}, {} in Resources", resources.len());
    ensure(total == 0 && resources.is_empty(), "totalResults 0 and no Resources", found)
}

async fn any_case(s: &mut Session) -> Outcome {
    finds(s, "NICKNAME EQ \"~ ada\" OR nickname Eq \"~ bea\"", "ab").await
}

async fn part(s: &mut Session) -> Outcome {
    finds(s, "externalId sw \"~-\" and name.familyName eq \"Dorn\"", "b").await
}

async fn multi(s: &mut Session) -> Outcome {
    finds(s, "emails.value eq \"~-ada-home@example.com\"", "a").await
}

async fn value_path(s: &mut Session) -> Outcome {
    let home = |kind: &str| format!("emails[type eq \"{kind}\" and value sw \"~-ada-home\"]");
    finds(s, &home("home"), "a").await?;
    // Ada has a work address and a home address, but no work address that begins so.
    finds(s, &home("work"), "").await
}

async fn value_path_and(s: &mut Session) -> Outcome {
    let filter = "externalId sw \"~-\" and (emails[type eq \"home\"] or name.familyName eq \"Feld\")";
    finds(s, filter, "ac").await
}

async fn multi_pr(s: &mut Session) -> Outcome {
    finds(s, "externalId sw \"~-\" and emails pr", "abc").await?;
    finds(s, "externalId sw \"~-\" and phoneNumbers pr", "").await
}

async fn escaped(s: &mut Session) -> Outcome {
    finds(s, "externalId sw \"~-\" and title eq \"Lead \\\"of\\\" all\"", "a").await
}

async fn urn(s: &mut Session) -> Outcome {
    finds(s, &format!("{USER}:nickName eq \"~ bea\""), "b").await
}

async fn extension(s: &mut Session) -> Outcome {
    finds(s, &format!("{ENTERPRISE}:department eq \"~-Feld\""), "c").await
}

async fn meta(s: &mut Session) -> Outcome {
    finds(s, "externalId sw \"~-\" and meta.resourceType eq \"User\"", "abc").await
}

async fn group(s: &mut Session) -> Outcome {
    let group = s.group_id(&[]).await?;
    let path = s.groups(&group);
    let name = s.read(&path).await?["displayName"].as_str().unwrap_or_default().to_uppercase();
    let groups = s.groups("");
    let answer = s.query(&groups, &[("filter", &format!("displayName eq \"{name}\""))]).await?;
    answer.list()?;
    equal(&answer.body, "/Resources/0/id", &json!(group))
}

async fn member(s: &mut Session) -> Outcome {
    let user = s.user_id().await?;
    let group = s.group_id(&[&user]).await?;
    let groups = s.groups("");
    let answer = s.query(&groups, &[("filter", &format!("members.value eq \"{user}\""))]).await?;
    let (total, _) = answer.list()?;
    ensure(total == 1, "one group", format!("{total}"))?;
    equal(&answer.body, "/Resources/0/id", &json!(group))
}

async fn bad_operator(s: &mut Session) -> Outcome {
    refused(s, "userName is \"ada\"").await
}

async fn bad_parenthesis(s: &mut Session) -> Outcome {
    refused(s, "(userName eq \"ada\"").await
}

async fn bad_end(s: &mut Session) -> Outcome {
    refused(s, "userName eq \"ada\" and").await
}

async fn bad_quote(s: &mut Session) -> Outcome {
    refused(s, "userName eq \"ada").await
}

//! Lists: their shape (RFC 7644 §3.4.2), sorting (§3.4.2.3), pages (§3.4.2.4) and attributes (§3.4.2.5).
//!
//! Every list is kept to three people of this run, so that what else the server has makes no difference.

use super::answer::{Answer, LIST};
use super::filter::people;
use super::verdict::{Outcome, Verdict, absent, ensure, equal, list, text, values};
use super::{Check, Session, check};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PAGES: &str = "RFC 7644 §3.4.2.4";
const SORTING: &str = "RFC 7644 §3.4.2.3";

pub(super) const CHECKS: &[Check] = &[
    check!("list-shape", "RFC 7644 §3.4.2", "a list has schemas, totalResults and Resources", [Filter], shape),
    check!("list-total", "RFC 7644 §3.4.2", "totalResults counts all that match, not the page", [Filter], total),
    check!("list-groups", "RFC 7644 §3.4.2", "groups are listed", [Groups], groups),
    check!("page-part", PAGES, "a partial list says startIndex and itemsPerPage", [Filter], part),
    check!("page-walk", PAGES, "pages together have everybody once", [Filter], walk),
    check!("page-start-zero", PAGES, "startIndex 0 is 1", [Filter], start_zero),
    check!("page-start-negative", PAGES, "a negative startIndex is 1", [Filter], start_negative),
    check!("page-start-beyond", PAGES, "a startIndex past the end is an empty list", [Filter], start_beyond),
    check!("page-count-zero", PAGES, "count 0 answers the number and no resources", [Filter], count_zero),
    check!("page-count-negative", PAGES, "a negative count is 0", [Filter], count_negative),
    check!("page-count-huge", PAGES, "a count above what the server gives is no error", [Filter], count_huge),
    check!("list-attributes", "RFC 7644 §3.4.2.5", "attributes hold for each resource of a list", [Filter], attributes),
    check!("list-excluded", "RFC 7644 §3.4.2.5", "excludedAttributes hold for each resource", [Filter], excluded),
    check!("sort-ascending", SORTING, "sortBy alone sorts upwards", [Sort, Filter], ascending),
    check!("sort-descending", SORTING, "sortOrder descending sorts downwards", [Sort, Filter], descending),
    check!("sort-part", SORTING, "sortBy may name a sub-attribute", [Sort, Filter], by_part),
    check!("sort-missing", SORTING, "who has no value comes last when sorting upwards", [Sort, Filter], missing),
];

/// The three, with more query pairs.
async fn three(s: &mut Session, more: &[(&'static str, &str)]) -> Result<Answer, Verdict> {
    let filter = format!("externalId sw \"{}-\"", people(s).await?.prefix);
    let users = s.users("");
    let pairs: Vec<_> = [("filter", filter.as_str())].into_iter().chain(more.iter().copied()).collect();
    let answer = s.query(&users, &pairs).await?;
    answer.is(200)?;
    Ok(answer)
}

/// How many resources are in the list, of how many.
fn of(answer: &Answer) -> Result<(usize, u64), Verdict> {
    let (total, resources) = answer.list()?;
    Ok((resources.len(), total))
}

fn are(answer: &Answer, count: usize, total: u64) -> Outcome {
    let (found, all) = of(answer)?;
    ensure((found, all) == (count, total), format!("{count} of {total}"), format!("{found} of {all}"))
}

async fn shape(s: &mut Session) -> Outcome {
    let answer = three(s, &[]).await?;
    let schemas = list(&answer.body, "/schemas")?;
    ensure(schemas.contains(&json!(LIST)), format!("schemas has {LIST}"), json!(schemas).to_string())?;
    are(&answer, 3, 3)
}

async fn total(s: &mut Session) -> Outcome {
    are(&three(s, &[("startIndex", "1"), ("count", "1")]).await?, 1, 3)
}

async fn groups(s: &mut Session) -> Outcome {
    s.group_id(&[]).await?;
    let path = s.groups("");
    let (found, total) = of(&s.query(&path, &[("count", "1")]).await?)?;
    ensure(found == 1 && total >= 1, "at least one group", format!("{found} of {total}"))
}

async fn part(s: &mut Session) -> Outcome {
    let answer = three(s, &[("startIndex", "2"), ("count", "1")]).await?;
    equal(&answer.body, "/startIndex", &json!(2))?;
    equal(&answer.body, "/itemsPerPage", &json!(1))
}

async fn walk(s: &mut Session) -> Outcome {
    let mut seen = BTreeSet::new();
    for start in ["1", "2", "3"] {
        let answer = three(s, &[("startIndex", start), ("count", "1")]).await?;
        are(&answer, 1, 3)?;
        seen.insert(text(&answer.body, "/Resources/0/id")?.to_owned());
    }
    ensure(seen.len() == 3, "three people on three pages", format!("{} people", seen.len()))
}

async fn same_as_first(s: &mut Session, start: &str) -> Outcome {
    let first = three(s, &[("startIndex", "1"), ("count", "2")]).await?;
    let answer = three(s, &[("startIndex", start), ("count", "2")]).await?;
    are(&answer, 2, 3)?;
    equal(&answer.body, "/Resources/0/id", first.body.pointer("/Resources/0/id").unwrap_or(&Value::Null))
}

async fn start_zero(s: &mut Session) -> Outcome {
    same_as_first(s, "0").await
}

async fn start_negative(s: &mut Session) -> Outcome {
    same_as_first(s, "-1").await
}

async fn start_beyond(s: &mut Session) -> Outcome {
    are(&three(s, &[("startIndex", "4"), ("count", "2")]).await?, 0, 3)
}

async fn count_zero(s: &mut Session) -> Outcome {
    are(&three(s, &[("count", "0")]).await?, 0, 3)
}

async fn count_negative(s: &mut Session) -> Outcome {
    are(&three(s, &[("count", "-1")]).await?, 0, 3)
}

async fn count_huge(s: &mut Session) -> Outcome {
    are(&three(s, &[("count", "100000")]).await?, 3, 3)
}

async fn attributes(s: &mut Session) -> Outcome {
    let answer = three(s, &[("attributes", "userName")]).await?;
    are(&answer, 3, 3)?;
    for user in list(&answer.body, "/Resources")? {
        text(user, "/id")?;
        text(user, "/userName")?;
        absent(user, "/emails")?;
        absent(user, "/name")?;
    }
    Ok(())
}

async fn excluded(s: &mut Session) -> Outcome {
    let answer = three(s, &[("excludedAttributes", "emails")]).await?;
    are(&answer, 3, 3)?;
    for user in list(&answer.body, "/Resources")? {
        text(user, "/userName")?;
        absent(user, "/emails")?;
    }
    Ok(())
}

/// Sorted so, the external ids end like this, in this order.
async fn sorted(s: &mut Session, pairs: &[(&'static str, &str)], wanted: [&str; 3]) -> Outcome {
    let answer = three(s, pairs).await?;
    are(&answer, 3, 3)?;
    let resources = list(&answer.body, "/Resources")?.iter();
    let found: Vec<&str> = resources.filter_map(|one| one["externalId"].as_str()?.rsplit('-').next()).collect();
    ensure(found == wanted, wanted.join(", "), found.join(", "))
}

async fn ascending(s: &mut Session) -> Outcome {
    sorted(s, &[("sortBy", "nickName")], ["ada", "bea", "cid"]).await
}

async fn descending(s: &mut Session) -> Outcome {
    sorted(s, &[("sortBy", "nickName"), ("sortOrder", "descending")], ["cid", "bea", "ada"]).await
}

async fn by_part(s: &mut Session) -> Outcome {
    sorted(s, &[("sortBy", "name.familyName")], ["bea", "cid", "ada"]).await
}

async fn missing(s: &mut Session) -> Outcome {
    let answer = three(s, &[("sortBy", "title")]).await?;
    are(&answer, 3, 3)?;
    let titles = values(&answer.body, "/Resources", "title");
    ensure(titles.len() == 1, "one of three with a title", format!("{}", titles.len()))?;
    let first = answer.body.pointer("/Resources/0/title");
    ensure(first.is_some(), "the one with a title first", "one without a title first")
}

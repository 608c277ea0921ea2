//! The operators of a filter, one by one: tables 3, 4 and 5 of RFC 7644 §3.4.2.2.

use super::{Check, Outcome, Session, check, finds, read, refused};
use crate::check::verdict::{ensure, text};

const AT: &str = "RFC 7644 §3.4.2.2";

pub(in crate::check) const CHECKS: &[Check] = &[
    check!("filter-eq", AT, "eq finds the one who has the value", [Filter], eq),
    check!("filter-eq-case", AT, "eq on userName does not look at case", [Filter], eq_case),
    check!("filter-eq-external", AT, "eq on externalId", [Filter], eq_external),
    check!("filter-eq-id", AT, "eq on id", [Filter], eq_id),
    check!("filter-eq-boolean", AT, "eq on a boolean", [Filter], eq_boolean),
    check!("filter-ne", AT, "ne finds those who have another value", [Filter], ne),
    check!("filter-co", AT, "co finds a part of the value", [Filter], co),
    check!("filter-sw", AT, "sw finds the beginning of the value", [Filter], sw),
    check!("filter-ew", AT, "ew finds the end of the value", [Filter], ew),
    check!("filter-pr", AT, "pr finds those who have any value", [Filter], pr),
    check!("filter-gt", AT, "gt compares texts by their order", [Filter], gt),
    check!("filter-ge", AT, "ge is gt or eq", [Filter], ge),
    check!("filter-lt", AT, "lt compares texts by their order", [Filter], lt),
    check!("filter-le", AT, "le is lt or eq", [Filter], le),
    check!("filter-time", AT, "gt, ge, lt and le compare times as times", [Filter], time),
    check!("filter-boolean-order", AT, "gt on a boolean is 400 invalidFilter", [Filter], boolean_order),
    check!("filter-and", AT, "and finds who meets both", [Filter], and),
    check!("filter-or", AT, "or finds who meets either", [Filter], or),
    check!("filter-not", AT, "not finds who does not meet it", [Filter], not),
    check!("filter-precedence", AT, "and binds before or", [Filter], precedence),
    check!("filter-grouping", AT, "parentheses bind before and", [Filter], grouping),
    check!("filter-nested", AT, "parentheses nest, and not stands before them", [Filter], nested),
];

async fn eq(s: &mut Session) -> Outcome {
    finds(s, "nickName eq \"~ ada\"", "a").await
}

async fn eq_case(s: &mut Session) -> Outcome {
    let name = text(&read(s, 1).await?, "/userName")?.to_uppercase();
    let users = s.users("");
    let answer = s.query(&users, &[("filter", &format!("userName eq \"{name}\""))]).await?;
    let (total, _) = answer.list()?;
    ensure(total == 1, "Bea, by her userName in capitals", format!("{total} found"))
}

async fn eq_external(s: &mut Session) -> Outcome {
    finds(s, "externalId eq \"~-cid\"", "c").await
}

async fn eq_id(s: &mut Session) -> Outcome {
    let id = super::people(s).await?.ids[1].clone();
    finds(s, &format!("id eq \"{id}\""), "b").await
}

async fn eq_boolean(s: &mut Session) -> Outcome {
    finds(s, "externalId sw \"~-\" and active eq false", "c").await?;
    finds(s, "externalId sw \"~-\" and active eq true", "ab").await
}

async fn ne(s: &mut Session) -> Outcome {
    finds(s, "externalId sw \"~-\" and nickName ne \"~ ada\"", "bc").await
}

async fn co(s: &mut Session) -> Outcome {
    finds(s, "displayName co \"~ bea D\"", "b").await
}

async fn sw(s: &mut Session) -> Outcome {
    finds(s, "externalId sw \"~-\"", "abc").await
}

async fn ew(s: &mut Session) -> Outcome {
    finds(s, "externalId ew \"~-cid\"", "c").await
}

async fn pr(s: &mut Session) -> Outcome {
    finds(s, "externalId sw \"~-\" and title pr", "a").await
}

async fn gt(s: &mut Session) -> Outcome {
    finds(s, "externalId sw \"~-\" and nickName gt \"~ bea\"", "c").await
}

async fn ge(s: &mut Session) -> Outcome {
    finds(s, "externalId sw \"~-\" and nickName ge \"~ bea\"", "bc").await
}

async fn lt(s: &mut Session) -> Outcome {
    finds(s, "externalId sw \"~-\" and nickName lt \"~ bea\"", "a").await
}

async fn le(s: &mut Session) -> Outcome {
    finds(s, "externalId sw \"~-\" and nickName le \"~ bea\"", "ab").await
}

async fn time(s: &mut Session) -> Outcome {
    let ours = "externalId sw \"~-\" and meta.created";
    finds(s, &format!("{ours} gt \"2001-01-01T00:00:00Z\""), "abc").await?;
    finds(s, &format!("{ours} lt \"2001-01-01T00:00:00Z\""), "").await?;
    let created = text(&read(s, 2).await?, "/meta/created")?.to_owned();
    finds(s, &format!("{ours} le \"{created}\""), "abc").await?;
    // The same moment in the clocks of another zone is as late as this one.
    finds(s, &format!("{ours} ge \"2001-01-01T02:00:00+02:00\""), "abc").await
}

async fn boolean_order(s: &mut Session) -> Outcome {
    refused(s, "active gt true").await
}

async fn and(s: &mut Session) -> Outcome {
    finds(s, "nickName eq \"~ ada\" and name.familyName eq \"Marsh\"", "a").await?;
    finds(s, "nickName eq \"~ ada\" and name.familyName eq \"Dorn\"", "").await
}

async fn or(s: &mut Session) -> Outcome {
    finds(s, "nickName eq \"~ ada\" or nickName eq \"~ cid\"", "ac").await
}

async fn not(s: &mut Session) -> Outcome {
    finds(s, "externalId sw \"~-\" and not (nickName eq \"~ ada\")", "bc").await
}

async fn precedence(s: &mut Session) -> Outcome {
    let filter = "nickName eq \"~ ada\" or nickName eq \"~ bea\" and name.familyName eq \"nobody\"";
    finds(s, filter, "a").await
}

async fn grouping(s: &mut Session) -> Outcome {
    let filter = "(nickName eq \"~ ada\" or nickName eq \"~ bea\") and name.familyName eq \"Dorn\"";
    finds(s, filter, "b").await
}

async fn nested(s: &mut Session) -> Outcome {
    let either = "(nickName eq \"~ ada\" or (nickName eq \"~ bea\" and active eq true))";
    finds(s, &format!("externalId sw \"~-\" and not {either}"), "c").await
}

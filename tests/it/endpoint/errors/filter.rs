//! Filters that cannot be meant. RFC 7644 §3.4.2.2.

use super::custom::badges;
use super::{Answers, USER};
use crate::support::endpoint::Endpoint;

/// What is wrong, and the filter.
const OF_USERS: &[(&str, &str)] = &[
    ("nothing behind an attribute", "userName"),
    ("an operator that is none", "userName is \"ana\""),
    ("no value", "userName eq"),
    ("a word without quotes", "userName eq ana"),
    ("a string that does not end", "userName eq \"ana"),
    ("an escape that JSON does not know", r#"userName eq "DOMAIN\user""#),
    ("more behind the end", "title pr title"),
    ("no name of an attribute", "\"userName\" eq \"ana\""),
    ("a name that begins with a digit", "9lives pr"),
    ("a character that no name has", "user/name pr"),
    ("a URN without a name behind it", "urn:example: pr"),
    ("a parenthesis that stays open", "(title pr"),
    ("a bracket that stays open", "emails[type pr"),
    ("brackets within brackets", "emails[type[value pr]]"),
    ("brackets behind what has no parts", "userName[value pr]"),
    ("a complex attribute as a whole", "name eq \"Ana\""),
    ("null in an order", "userName gt null"),
    ("a boolean in an order", "active gt true"),
    ("a boolean and a number", "active eq 5"),
    ("a certificate in an order", "x509Certificates gt \"MIIB\""),
    ("a time that is none", "meta.created gt \"yesterday\""),
    ("a string and a boolean", "userName eq true"),
    ("a string and a number", "userName eq 4711"),
];

#[tokio::test]
async fn every_error_of_a_filter() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut answers = Answers::of(&endpoint);
    for (what, filter) in OF_USERS {
        answers.query(what, "/scim/v2/Users", "filter", filter).await;
    }
    answers.query("a schema as a whole", "/scim/v2/Users", "filter", &format!("{USER} eq \"x\"")).await;
    let deep = format!("{}active eq true{}", "(".repeat(33), ")".repeat(33));
    answers.query("parentheses that are too deep", "/scim/v2/Users", "filter", &deep).await;
    let long = vec!["id pr"; 257].join(" or ");
    answers.query("too many comparisons", "/scim/v2/Users", "filter", &long).await;
    let bytes = format!("id eq \"{}\"", "x".repeat(8192));
    answers.query("too many bytes", "/scim/v2/Groups", "filter", &bytes).await;
    answers.golden("filter");
}

#[tokio::test]
async fn every_error_of_a_filter_over_numbers() {
    let endpoint = badges().await;
    let mut answers = Answers::of(&endpoint);
    answers.query("a part of a number", "/scim/v2/Badges", "filter", "number co 1").await;
    answers.query("a number and a string", "/scim/v2/Badges", "filter", "number eq \"1\"").await;
    answers.golden("filter-of-numbers");
}

//! What an input of n and of 4 n costs, for inputs as somebody makes them who wants to keep the endpoint busy.
//!
//! Where a room bounds something low (256 comparisons, 32 levels, 1,000 values of a list), 4 n is that bound. Where
//! cost does grow faster than the input, a bound refuses it: there 4 n is beyond that bound. Sizes are numbers of what
//! the case's name says.

use crate::fixture;
use crate::query::Query;
use crate::scim::discovery::BULK_OPERATIONS_MAX;
use crate::scim::{Bulk, Filter, Group, Patch, Projection, Reading, ResourceKind, User};
use std::hint::black_box;
use std::sync::LazyLock;

/// Something whose cost is counted.
#[derive(Debug)]
pub struct Case {
    /// What there are n of.
    pub name: &'static str,
    /// n; the other run has four times as many.
    pub size: usize,
    /// How the two runs may compare.
    pub growth: Growth,
    /// The input of a size; not counted.
    pub make: fn(usize) -> Vec<u8>,
    /// What is counted.
    pub run: fn(&[u8]),
}

/// How the cost of four times as much may compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// At most five times.
    Linear,
    /// More than five times: planted, to show that the count would tell.
    Quadratic,
}

impl Growth {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Quadratic => "quadratic",
        }
    }
}

/// Makes what cases share, so that no case pays for it.
pub fn prepare() {
    LazyLock::force(&fixture::USER);
    LazyLock::force(&fixture::BARE_USER);
    LazyLock::force(&fixture::GROUP);
    LazyLock::force(&fixture::MANY_EMAILS);
    fixture::rendered(ResourceKind::USER);
}

/// Runs a case. Instructions are counted from where this is entered to where it is left.
#[inline(never)]
pub fn measured(run: fn(&[u8]), input: &[u8]) {
    run(black_box(input));
}

/// All of them.
pub const CASES: &[Case] = &[
    linear("filter: comparisons", 64, |n| joined("", n, " or ", |_| r#"title eq "a""#.into(), ""), filter),
    linear("filter: levels", 8, |n| wrapped("not (", n, "title pr", ")"), filter),
    linear("filter: levels too many", 2_000, |n| "(".repeat(n).into(), filter),
    linear("filter: brackets in words", 2_000, |n| wrapped("[", n, "", "]"), filter),
    linear("filter: letters of a value", 2_000, |n| wrapped(r#"title co ""#, 1, &"a".repeat(n), r#"""#), filter),
    linear("filter: escapes in a value", 320, |n| wrapped(r#"title co ""#, 1, &r"\u00e9".repeat(n), r#"""#), filter),
    linear("filter: letters of a name", 2_000, |n| wrapped("", 0, &format!("{} pr", "a".repeat(n)), ""), filter),
    linear("filter: parts of a URN", 1_000, |n| wrapped("", 0, &format!("{}a pr", "a:".repeat(n)), ""), filter),
    linear("filter: blanks", 2_000, |n| wrapped("", 0, &format!("title{}pr", " ".repeat(n)), ""), filter),
    linear("filter: values looked at", 250, emails, filter_values),
    linear("json: levels too many", 2_500, |n| "[".repeat(n).into(), user),
    linear("json: keys", 2_500, |n| joined("{", n, ",", |at| format!(r#""key{at}":1"#), "}"), user),
    linear(
        "json: letters of a value",
        25_000,
        |n| wrapped(r#"{"userName":"a","title":""#, 1, &"a".repeat(n), r#""}"#),
        user,
    ),
    linear("user: values", 250, emails, user),
    linear("user: equal values", 250, |n| values(n, |_| r#"{"value":"a","type":"work"}"#.into()), user),
    linear("user: primary values", 250, |n| values(n, |at| format!(r#"{{"value":"{at}","primary":true}}"#)), user),
    linear("user: parts of a value", 2_500, |n| values(1, |_| object(n, |at| format!(r#""part{at}":"a""#))), user),
    linear("user: levels", 7, |n| wrapped(r#"{"userName":"a","emails":"#, 1, &levels(n), "}"), user),
    linear("group: members", 2_500, |n| joined(r#"{"displayName":"a","members":["#, n, ",", member, "]}"), group),
    linear("patch: operations", 1_000, |n| operations(n, |_| op("replace", "title", r#""a""#)), patch_user),
    linear(
        "patch: operations on parts",
        1_000,
        |n| operations(n, |_| op("add", "name.givenName", r#""a""#)),
        patch_user,
    ),
    linear(
        "patch: operations on an extension",
        1_000,
        |n| operations(n, |_| op("add", "manager", r#""m""#)),
        patch_user,
    ),
    linear("patch: operations on selected values", 500, |n| operations(n, |_| on_selected()), patch_user),
    linear(
        "patch: operations on members",
        1_000,
        |n| operations(n, |at| op("add", "members", &member(at))),
        patch_group,
    ),
    linear("patch: members added", 2_500, |n| operations(1, |_| op("add", "members", &members(n))), patch_group),
    linear("patch: members removed", 2_500, |n| operations(1, |_| op("remove", "members", &members(n))), patch_group),
    linear("patch: members replaced", 1_000, |n| operations(n, |_| op("replace", "members", &members(2))), patch_group),
    linear("patch: comparisons in a path", 64, |n| operations(1, |_| op("remove", &selector(n), "null")), patch_group),
    linear("patch: keys", 2_500, |n| operations(1, |_| keyed(n)), patch_user),
    linear("patch: values added", 250, |n| operations(1, |_| op("add", "emails", &list(n))), patch_bare),
    linear("patch: values removed", 250, |n| operations(1, |_| op("remove", "emails", &list(n))), patch_many),
    linear("patch: values removed that are not there", 250, added_and_others_removed, patch_bounded),
    linear("patch: values without a name removed", 150, added_and_unnamed_removed, patch_bounded),
    linear("patch: values added one by one", 600, one_by_one, patch_bounded),
    linear("bulk: operations", 250, |n| bulk(n, |at| format!("name-{at}")), bulk_order),
    linear("bulk: operations that wait for the next", 250, |n| bulk(n, |at| format!("bulkId:{}", at + 1)), bulk_order),
    linear("query: parameters", 2_500, |n| joined("", n, "&", |at| format!("name{at}=a"), ""), query),
    linear("query: letters", 10_000, |n| wrapped("", 0, &format!("filter={}", "%41".repeat(n)), ""), query),
    linear("projection: names", 500, |n| joined("", n, ",", |_| "ims".into(), ""), projection),
    Case {
        name: "planted: pairs",
        size: 250,
        growth: Growth::Quadratic,
        make: |n| vec![b'a'; n],
        run: |input| {
            let equal = |one: &u8| input.iter().filter(|other| black_box(one) == black_box(*other)).count();
            black_box(input.iter().map(equal).sum::<usize>());
        },
    },
];

const fn linear(name: &'static str, size: usize, make: fn(usize) -> Vec<u8>, run: fn(&[u8])) -> Case {
    Case { name, size, growth: Growth::Linear, make, run }
}

// What is counted: one for each way into the rooms.

fn text(input: &[u8]) -> &str {
    std::str::from_utf8(input).expect("inputs are text")
}

fn filter(input: &[u8]) {
    if let Ok(filter) = Filter::parse(text(input), ResourceKind::USER, &Reading::default()) {
        black_box(filter.matches(fixture::rendered(ResourceKind::USER)));
        black_box(filter.indexed());
        black_box(filter.to_string());
    }
}

/// The longest list, under a filter of many comparisons that all fail.
fn filter_values(input: &[u8]) {
    let terms = ["emails.value co \"none\""; 16].join(" or ");
    let filter = Filter::parse(&terms, ResourceKind::USER, &Reading::default()).expect("a filter");
    let body = crate::door(input).expect("JSON");
    black_box(body.as_object().is_some_and(|body| filter.matches(body)));
}

fn user(input: &[u8]) {
    if let Some(body) = crate::door(input) {
        let _ = black_box(User::read(body, ResourceKind::USER, &Reading::default()));
    }
}

fn group(input: &[u8]) {
    let body = crate::door(input).expect("JSON");
    let read = Group::read(body, ResourceKind::GROUP, &Reading::default());
    black_box(read.expect("a group"));
}

fn patch(input: &[u8], kind: ResourceKind) -> Patch {
    Patch::read(crate::door(input).expect("JSON"), kind, &Reading::default()).expect("a message")
}

fn patch_user(input: &[u8]) {
    black_box(patch(input, ResourceKind::USER).apply_to_user(&fixture::USER).expect("it applies"));
}

/// To a user who has no list.
fn patch_bare(input: &[u8]) {
    black_box(patch(input, ResourceKind::USER).apply_to_user(&fixture::BARE_USER).expect("it applies"));
}

/// To a user who has no list; refused when the operations would look at too many values.
fn patch_bounded(input: &[u8]) {
    let after = patch(input, ResourceKind::USER).apply_to_user(&fixture::BARE_USER);
    assert!(after.as_ref().map_or_else(|error| error.status == 413, |_| true), "{after:?}");
}

/// To a user who has the longest list.
fn patch_many(input: &[u8]) {
    black_box(patch(input, ResourceKind::USER).apply_to_user(&fixture::MANY_EMAILS).expect("it applies"));
}

fn patch_group(input: &[u8]) {
    black_box(patch(input, ResourceKind::GROUP).apply_to_group(&fixture::GROUP).expect("it applies"));
}

/// In which order the operations are carried out.
fn bulk_order(input: &[u8]) {
    let bulk = Bulk::read(crate::door(input).expect("JSON"), BULK_OPERATIONS_MAX).expect("a message");
    assert_eq!(black_box(bulk.order()).len(), bulk.operations.len());
}

fn query(input: &[u8]) {
    let query = Query::parse(Some(text(input))).expect("a query string");
    black_box(query.get("filter"));
}

fn projection(input: &[u8]) {
    let how = Reading::default();
    let projection = Projection::parse(Some(text(input)), None, ResourceKind::USER, &how).expect("a projection");
    let mut resource = fixture::rendered(ResourceKind::USER).clone();
    projection.apply(&mut resource);
    black_box(resource);
}

// How inputs are made.

fn joined(begin: &str, count: usize, between: &str, each: impl Fn(usize) -> String, end: &str) -> Vec<u8> {
    let all: Vec<String> = (0..count).map(each).collect();
    format!("{begin}{}{end}", all.join(between)).into_bytes()
}

fn wrapped(open: &str, count: usize, inner: &str, close: &str) -> Vec<u8> {
    format!("{}{inner}{}", open.repeat(count), close.repeat(count)).into_bytes()
}

fn object(count: usize, each: impl Fn(usize) -> String) -> String {
    let all: Vec<String> = (0..count).map(each).collect();
    format!("{{{}}}", all.join(","))
}

fn levels(count: usize) -> String {
    format!("{}{}", "[".repeat(count), "]".repeat(count))
}

fn values(count: usize, each: impl Fn(usize) -> String) -> Vec<u8> {
    joined(r#"{"userName":"a","emails":["#, count, ",", each, "]}")
}

fn email(at: usize) -> String {
    format!(r#"{{"value":"a{at}@example.org"}}"#)
}

fn emails(count: usize) -> Vec<u8> {
    values(count, email)
}

fn list(count: usize) -> String {
    let all: Vec<String> = (0..count).map(email).collect();
    format!("[{}]", all.join(","))
}

fn member(at: usize) -> String {
    format!(r#"{{"value":"member-{at}"}}"#)
}

fn members(count: usize) -> String {
    let all: Vec<String> = (0..count).map(member).collect();
    format!("[{}]", all.join(","))
}

fn added_and_others_removed(count: usize) -> Vec<u8> {
    let others = list(count).replace("example.org", "example.net");
    operations(2, |at| if at == 0 { op("add", "emails", &list(count)) } else { op("remove", "emails", &others) })
}

/// Addresses, which have no `value` to be found by.
fn added_and_unnamed_removed(count: usize) -> Vec<u8> {
    let addresses = |city: &str| {
        let all: Vec<String> = (0..count).map(|at| format!(r#"{{"locality":"{city}{at}"}}"#)).collect();
        format!("[{}]", all.join(","))
    };
    operations(2, |at| op(["add", "remove"][at], "addresses", &addresses(["a", "b"][at])))
}

fn one_by_one(count: usize) -> Vec<u8> {
    operations(count, |at| op("add", "ims", &format!(r#"{{"value":"{at}"}}"#)))
}

/// A path that names this many members.
fn selector(count: usize) -> String {
    let all: Vec<String> = (0..count).map(|at| format!("value eq 'm{at}'").replace('\'', "\\\"")).collect();
    format!("members[{}]", all.join(" or "))
}

fn op(verb: &str, path: &str, value: &str) -> String {
    format!(r#"{{"op":"{verb}","path":"{path}","value":{value}}}"#)
}

fn on_selected() -> String {
    op("replace", r#"emails[type eq \"work\"].display"#, r#""a""#)
}

/// Many attributes in one value.
fn keyed(count: usize) -> String {
    format!(r#"{{"op":"add","value":{}}}"#, object(count, |at| format!(r#""name.key{at}":"a""#)))
}

/// Groups, each with one member.
fn bulk(count: usize, member: impl Fn(usize) -> String) -> Vec<u8> {
    let begin = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":["#;
    let data = |at| format!(r#"{{"displayName":"g{at}","members":[{{"value":"{}"}}]}}"#, member(at));
    let each = |at| format!(r#"{{"method":"POST","path":"/Groups","bulkId":"{at}","data":{}}}"#, data(at));
    joined(begin, count, ",", each, "]}")
}

fn operations(count: usize, each: impl Fn(usize) -> String) -> Vec<u8> {
    joined(r#"{"Operations":["#, count, ",", each, "]}")
}

//! What the feed keeps and whom it names, event by event.

use super::*;
use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::json;

fn good(namespace: &str, name: &str, value: &str) -> Guarded<ConfigMap> {
    let object =
        json!({"metadata": {"namespace": namespace, "name": name, "resourceVersion": "1"}, "data": {"k": value}});
    serde_json::from_value(object).unwrap()
}

fn bad(namespace: &str, name: &str) -> Guarded<ConfigMap> {
    serde_json::from_value(json!({"metadata": {"namespace": namespace, "name": name}, "data": "not a map"})).unwrap()
}

fn list(feed: &mut Feed<ConfigMap>, source: usize, objects: Vec<Guarded<ConfigMap>>) -> Vec<String> {
    feed.take(source, Event::Init);
    for object in objects {
        feed.take(source, Event::InitApply(object));
    }
    names(feed.take(source, Event::InitDone))
}

fn names(touched: Vec<Touched<ConfigMap>>) -> Vec<String> {
    let mut names: Vec<_> = touched.iter().map(|t| format!("{} {:?}", t.key, t.change)).collect();
    names.sort();
    names
}

fn value(feed: &Feed<ConfigMap>, key: &Key) -> Option<String> {
    feed.store().get(&key.object_ref()).and_then(|c| c.data.as_ref()?.get("k").cloned())
}

#[test]
fn nothing_is_ready_before_every_namespace_has_been_listed() {
    let mut feed = Feed::new(2);
    assert!(list(&mut feed, 0, vec![good("one", "a", "1")]).is_empty());
    assert!(feed.store().is_empty());
    assert_eq!(list(&mut feed, 1, vec![good("two", "b", "1")]), ["one/a Applied", "two/b Applied"]);
    assert_eq!(feed.store().len(), 2);
}

#[test]
fn c008_an_object_that_stops_being_readable_keeps_its_last_content() {
    let mut feed = Feed::new(1);
    let key = Key::new("one", "a");
    list(&mut feed, 0, vec![good("one", "a", "1")]);
    assert_eq!(names(feed.take(0, Event::Apply(bad("one", "a")))), ["one/a Undecodable"]);
    assert_eq!(value(&feed, &key).as_deref(), Some("1"));
    assert_eq!(list(&mut feed, 0, vec![bad("one", "a")]), ["one/a Undecodable"], "a new list keeps it too");
    assert_eq!(value(&feed, &key).as_deref(), Some("1"));
    assert!(feed.undecodable().reason(&key).is_some());
    feed.take(0, Event::Apply(good("one", "a", "2")));
    assert_eq!(value(&feed, &key).as_deref(), Some("2"));
    assert!(feed.undecodable().reason(&key).is_none());
}

#[test]
fn c008_an_object_that_was_never_readable_is_named_and_blocks_nobody() {
    let mut feed = Feed::new(1);
    assert_eq!(
        list(&mut feed, 0, vec![bad("one", "a"), good("one", "b", "1")]),
        ["one/a Undecodable", "one/b Applied"]
    );
    assert_eq!(feed.undecodable().names_in("one"), ["a"]);
    assert_eq!(feed.store().len(), 1);
}

#[test]
fn what_was_deleted_while_the_watch_was_down_is_found_by_the_next_list() {
    let mut feed = Feed::new(2);
    list(&mut feed, 0, vec![good("one", "a", "1"), good("one", "b", "1")]);
    list(&mut feed, 1, vec![good("two", "c", "1")]);
    assert_eq!(list(&mut feed, 0, vec![good("one", "b", "1")]), ["one/a Deleted", "one/b Applied"]);
    assert_eq!(feed.store().len(), 2, "the other namespace's objects stay");
}

#[test]
fn a_deleted_object_is_handed_out_with_its_last_content() {
    let mut feed = Feed::new(1);
    list(&mut feed, 0, vec![good("one", "a", "1")]);
    let touched = feed.take(0, Event::Delete(bad("one", "a")));
    assert_eq!(touched[0].change, Change::Deleted);
    assert!(touched[0].object.is_some());
    assert!(feed.store().is_empty());
}

//! Resources of defined types: written, found, unique.

use super::change::{ask, attempt, tell};
use super::home::Home;
use super::people::{at, device, group, group_id, resource_id, user, user_id};
use super::view::{ALL, KIND, View, agrees, whole};
use crate::store::{
    Change, Decision, Each, Effects, Facts, Found, Hold, Keep, Needs, Page, ResourceKey, ResourceRow, ResourceSelect,
    Start, Store, Write,
};
use futures::future::join_all;
use serde_json::json;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

fn key(serial: &str) -> ResourceKey {
    (KIND.to_owned(), "serial".to_owned(), serial.to_owned())
}

fn numbers(rows: &[ResourceRow]) -> Vec<u128> {
    rows.iter().map(|row| row.id.0.as_u128() - resource_id(0).0.as_u128()).collect()
}

/// A badge, which is of another type.
fn badge(number: u128, serial: &str) -> ResourceRow {
    ResourceRow { kind: "Badge".to_owned(), ..device(number, serial) }
}

/// With an external id.
fn external(row: ResourceRow, id: &str) -> ResourceRow {
    let mut row = row;
    row.resource.attributes.insert("externalId".to_owned(), json!(id));
    row
}

pub(super) async fn a_resource_is_what_was_written_last(home: &Home) {
    let store = home.open().await;
    tell(&store, vec![Write::InsertResource(device(1, "s-1")), Write::InsertResource(device(2, "s-2"))]).await;
    assert_eq!(View::of(&store).await.resources, [device(1, "s-1"), device(2, "s-2")]);
    let changed = ResourceRow { version: 2, modified: at(9), ..external(device(1, "s-9"), "x") };
    tell(&store, vec![Write::UpdateResource(changed.clone())]).await;
    // One that keeps its value has it still.
    tell(&store, vec![Write::UpdateResource(ResourceRow { version: 2, ..device(2, "s-2") })]).await;
    let store = home.reopen(store).await;
    let view = View::of(&store).await;
    assert_eq!(view.resources, [changed, ResourceRow { version: 2, ..device(2, "s-2") }]);
    agrees(&store, &view).await;
    // The value that it had is free.
    tell(&store, vec![Write::InsertResource(device(3, "s-1"))]).await;
}

pub(super) async fn a_resource_that_goes_leaves_its_values_free(home: &Home) {
    let store = home.open().await;
    tell(&store, vec![Write::InsertResource(device(1, "s-1")), Write::DeleteResource(resource_id(1))]).await;
    assert_eq!(store.resource(KIND, resource_id(1)).await.unwrap(), None);
    tell(&store, vec![Write::InsertResource(device(2, "s-1"))]).await;
    let view = View::of(&store).await;
    assert_eq!(view.resources, [device(2, "s-1")]);
    agrees(&store, &view).await;
}

pub(super) async fn values_are_unique_within_a_type_and_an_attribute(home: &Home) {
    let store = home.open().await;
    let other = ResourceRow { keys: vec![("label".to_owned(), "s-1".to_owned())], ..device(3, "s-3") };
    let keyless = ResourceRow { keys: Vec::new(), ..device(4, "s-1") };
    let rows = [device(1, "s-1"), badge(2, "s-1"), other, keyless];
    tell(&store, rows.map(Write::InsertResource).into()).await;
    assert_eq!(store.resource("Badge", resource_id(2)).await.unwrap(), Some(badge(2, "s-1")));
    assert_eq!(store.resource(KIND, resource_id(2)).await.unwrap(), None);
    // Several are answered in order, each once.
    let pair = |attribute: &str, value: &str| (attribute.to_owned(), value.to_owned());
    let keys = vec![pair("serial", "ж"), pair("label", "s-9"), pair("serial", "ж"), pair("Label", "b")];
    tell(&store, vec![Write::InsertResource(ResourceRow { keys, ..device(5, "s-5") })]).await;
    let found = store.resource(KIND, resource_id(5)).await.unwrap().unwrap();
    assert_eq!(found.keys, [pair("Label", "b"), pair("label", "s-9"), pair("serial", "ж")]);
}

/// A new device, where nobody has its serial number; answers whether nobody had it.
struct Make(ResourceRow);

impl Change for Make {
    type Outcome = bool;

    fn needs(&self) -> Needs {
        let keys = self.0.keys.iter().map(|(attribute, value)| (self.0.kind.clone(), attribute.clone(), value.clone()));
        Needs { resource_keys: keys.collect(), ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<bool> {
        let free = facts.resource_keys.values().all(Option::is_none);
        let writes = if free { vec![Write::InsertResource(self.0.clone())] } else { Vec::new() };
        Decision::Done(Effects { writes, record: None }, free)
    }
}

pub(super) async fn two_changes_that_want_one_value_are_decided_one_after_the_other(home: &Home) {
    let store = home.open().await;
    for round in 0..20 {
        let serial = format!("s-{round}");
        let rows = [0, 1, 2, 3].map(|of| device(round * 10 + of, &serial));
        let all = join_all(rows.clone().map(|row| store.transact(Make(row)))).await;
        let won: Vec<bool> = all.into_iter().map(Result::unwrap).collect();
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
        let winner = won.iter().position(|won| *won).unwrap();
        let select = ResourceSelect::Key("serial".to_owned(), serial);
        let found = store.resources(KIND, select, ALL, None).await.unwrap();
        assert_eq!(found, whole(vec![rows[winner].clone()]));
    }
    // Whoever does not ask before is stopped.
    if !matches!(store, Store::Postgres(_)) {
        assert!(attempt(&store, vec![Write::InsertResource(device(999, "s-1"))]).await.is_err());
        assert_eq!(store.resource(KIND, resource_id(999)).await.unwrap(), None);
    }
}

pub(super) async fn resources_are_loaded_by_id_and_by_key_also_when_there_is_none(home: &Home) {
    let store = home.open().await;
    tell(&store, vec![Write::InsertResource(device(1, "s-1")), Write::InsertResource(badge(2, "s-2"))]).await;
    let badges = ("Badge".to_owned(), "serial".to_owned(), "s-2".to_owned());
    let needs = Needs {
        resources: [1, 2, 77].map(resource_id).into(),
        resource_keys: BTreeSet::from([key("s-1"), key("s-2"), badges.clone()]),
        ..Needs::default()
    };
    assert!(!needs.is_empty());
    let facts = ask(&store, needs).await;
    assert_eq!(facts.resource(resource_id(1)), Some(&device(1, "s-1")));
    assert_eq!(facts.resource(resource_id(2)), Some(&badge(2, "s-2")));
    assert_eq!((facts.resources.len(), facts.resources.get(&resource_id(77))), (3, Some(&None)));
    let bearers: Vec<_> = facts.resource_keys.into_iter().collect();
    assert_eq!(bearers, [(badges, Some(resource_id(2))), (key("s-1"), Some(resource_id(1))), (key("s-2"), None)]);
}

/// Asks for resources first, in this order, then for what is locked before them.
struct Backwards;

impl Change for Backwards {
    type Outcome = Facts;

    fn needs(&self) -> Needs {
        Needs { resources: [2].map(resource_id).into(), ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<Facts> {
        let more = |needs: Needs| Decision::More(Box::new(needs));
        if facts.resources.len() < 2 {
            return more(Needs { resources: [1].map(resource_id).into(), ..Needs::default() });
        }
        if facts.users.is_empty() {
            return more(Needs { users: [1].map(user_id).into(), ..Needs::default() });
        }
        if facts.groups.is_empty() {
            return more(Needs { groups: [1].map(group_id).into(), ..Needs::default() });
        }
        if facts.configuration == Hold::Free {
            return more(Needs { configuration: Hold::Shared, ..Needs::default() });
        }
        let writes = vec![Write::DeleteResource(resource_id(2))];
        Decision::Done(Effects { writes, record: None }, facts.clone())
    }
}

pub(super) async fn a_change_may_ask_for_resources_and_then_for_what_is_locked_before_them(home: &Home) {
    let store = home.open().await;
    let writes = vec![
        Write::InsertUser(user(1)),
        Write::InsertGroup(group(1)),
        Write::InsertResource(device(1, "s-1")),
        Write::InsertResource(device(2, "s-2")),
    ];
    tell(&store, writes).await;
    let facts = store.transact(Backwards).await.unwrap();
    assert_eq!(facts.resource(resource_id(1)), Some(&device(1, "s-1")));
    assert!(facts.user(user_id(1)).is_some() && facts.group(group_id(1)).is_some());
    assert_eq!(View::of(&store).await.resources, [device(1, "s-1")]);
}

/// Devices 1 to 6, the later half of them with one external id, and a badge among them.
async fn some_devices(home: &Home) -> Store {
    let store = home.open().await;
    let row = |number: u128| {
        let row = device(number, &format!("s-{number}"));
        Write::InsertResource(if number > 3 { external(row, "Same") } else { row })
    };
    let mut writes: Vec<Write> = (1..=6).rev().map(row).collect();
    writes.push(Write::InsertResource(external(badge(7, "s-1"), "Same")));
    tell(&store, writes).await;
    store
}

pub(super) async fn every_way_to_select_resources_finds_the_same_ones(home: &Home) {
    let store = some_devices(home).await;
    let serial = |value: &str| ResourceSelect::Key("serial".to_owned(), value.to_owned());
    let cases: [(ResourceSelect, &[u128]); 10] = [
        (ResourceSelect::All, &[1, 2, 3, 4, 5, 6]),
        (ResourceSelect::Id(resource_id(2)), &[2]),
        (ResourceSelect::Id(resource_id(7)), &[]),
        (ResourceSelect::Id(resource_id(8)), &[]),
        (ResourceSelect::ExternalId("Same".to_owned()), &[4, 5, 6]),
        (ResourceSelect::ExternalId("same".to_owned()), &[]),
        (serial("s-1"), &[1]),
        (serial("S-1"), &[]),
        (ResourceSelect::Key("label".to_owned(), "s-1".to_owned()), &[]),
        (ResourceSelect::Nothing, &[]),
    ];
    for (select, expected) in cases {
        let found = store.resources(KIND, select.clone(), ALL, None).await.unwrap();
        let total = Some(expected.len() as u64);
        assert_eq!((numbers(&found.rows), found.total, found.more), (expected.to_vec(), total, false), "{select:?}");
        let one = Page { start: Start::Offset(1), limit: 1, count_all: true };
        let kept = store.resources(KIND, select.clone(), one, Some(Box::new(|_| true))).await.unwrap();
        let second: Vec<u128> = expected.iter().skip(1).take(1).copied().collect();
        assert_eq!((numbers(&kept.rows), kept.total), (second, total), "{select:?}");
        let each: Each<ResourceRow, Vec<ResourceRow>> = Box::new(|all, row| {
            all.push(row);
            ControlFlow::Continue(())
        });
        assert_eq!(store.resources_all(KIND, select, each).await.unwrap(), found.rows);
    }
    assert_eq!(store.resources("Nothing", ResourceSelect::All, ALL, None).await.unwrap(), whole(Vec::new()));
    let badges = store.resources("Badge", serial("s-1"), ALL, None).await.unwrap();
    assert_eq!(numbers(&badges.rows), [7]);
}

pub(super) async fn resources_come_in_pages_and_in_one_pass(home: &Home) {
    let store = some_devices(home).await;
    let (id, none) = (|number: u128| resource_id(number).0, Vec::new());
    let cases: [(Start, u64, Vec<u128>, bool); 6] = [
        (Start::Offset(2), 2, vec![3, 4], true),
        (Start::After(id(3)), 2, vec![4, 5], true),
        (Start::After(id(4)), 2, vec![5, 6], false),
        (Start::After(id(9)), 2, none, false),
        (Start::Before(id(4)), 2, vec![2, 3], true),
        (Start::Before(id(7)), 9, vec![1, 2, 3, 4, 5, 6], false),
    ];
    for (start, limit, expected, more) in cases {
        for count_all in [false, true] {
            let page = Page { start, limit, count_all };
            let expected = (expected.clone(), count_all.then_some(6), more);
            let numbers = |found: Found<ResourceRow>| (numbers(&found.rows), found.total, found.more);
            assert_eq!(numbers(store.resources(KIND, ResourceSelect::All, page, None).await.unwrap()), expected);
            let all: Keep<ResourceRow> = Box::new(|_| true);
            assert_eq!(numbers(store.resources(KIND, ResourceSelect::All, page, Some(all)).await.unwrap()), expected);
        }
    }
    let first: Each<ResourceRow, usize> = Box::new(|count, _| {
        *count += 1;
        ControlFlow::Break(())
    });
    assert_eq!(store.resources_all(KIND, ResourceSelect::All, first).await.unwrap(), 1);
    let chosen = store.resources_by_ids(KIND, [5, 7, 77, 2].map(resource_id).into()).await.unwrap();
    assert_eq!(numbers(&chosen), [5, 2]);
}

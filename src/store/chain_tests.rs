//! Whatever is changed of a chain is found, and whoever is erased from it leaves it whole.

use super::*;
use proptest::prelude::*;
use serde_json::json;

/// A record about these people, told apart by a number.
fn record(number: u128, people: &[u128]) -> Record {
    let said = |user: &u128| {
        let name = format!("person-{user}@example.com");
        (
            UserId(Uuid::from_u128(*user)),
            json!({ "userName": name, "access": { "before": [], "after": [number as u64] } }),
        )
    };
    Record {
        id: Uuid::from_u128(number << 64 | 1),
        seed: Uuid::from_u128(number << 32 | 7),
        head: json!({ "operation": "group.update", "what": { "joined": [], "größe": -3, "of": null, "\"": true } }),
        people: people.iter().map(said).collect(),
    }
}

/// What an engine keeps of a record.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    position: Position,
    id: Uuid,
    body: String,
    digest: Hash,
    hash: Hash,
}

fn chained(records: &[Record]) -> Vec<Row> {
    let mut previous = Hash::START;
    let rows = (1..).zip(records).map(|(number, record)| {
        let (position, Sealed { body, digest }) = (Position { incarnation: 3, number }, seal(record));
        previous = link(previous, position, record.id, digest);
        Row { position, id: record.id, body, digest, hash: previous }
    });
    rows.collect()
}

fn verifies(rows: &[Row]) -> bool {
    let mut previous = Hash::START;
    (1..).zip(rows).all(|(number, row)| {
        let fits = row.position.number == number
            && digest_of(&row.body) == Some(row.digest)
            && link(previous, row.position, row.id, row.digest) == row.hash;
        previous = row.hash;
        fits
    })
}

fn some_records() -> impl Strategy<Value = Vec<Record>> {
    prop::collection::vec(prop::collection::vec(1..6_u128, 0..4), 1..6)
        .prop_map(|all| (1..).zip(all).map(|(number, people)| record(number, &people)).collect())
}

/// One byte with one bit turned over; `None` where this is no text any more, which no engine takes for one.
fn flipped(text: &str, at: usize, bit: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let at = at % bytes.len();
    bytes[at] ^= 1 << bit;
    String::from_utf8(bytes).ok()
}

proptest! {
    #[test]
    fn c005_whoever_is_erased_leaves_every_digest_as_it_was(records in some_records(), gone in 0..64_u128) {
        let mut rows = chained(&records);
        for row in &mut rows {
            for user in (1..6).filter(|user| gone & (1 << user) != 0) {
                if let Some(body) = erase(&row.body, UserId(Uuid::from_u128(user))) {
                    row.body = body;
                }
                prop_assert!(!row.body.contains(&format!("person-{user}@")), "{}", row.body);
            }
        }
        prop_assert!(verifies(&rows));
    }

    #[test]
    fn c005_one_flipped_bit_of_a_body_is_found(
        people in prop::collection::vec(1..6_u128, 0..4), erased: bool, at: usize, bit in 0..8_u8,
    ) {
        let Sealed { mut body, digest } = seal(&record(1, &people));
        if let (true, Some(less)) = (erased, erase(&body, UserId(Uuid::from_u128(1)))) {
            body = less;
        }
        prop_assert_eq!(digest_of(&body), Some(digest));
        if let Some(changed) = flipped(&body, at, bit) {
            prop_assert_ne!(digest_of(&changed), Some(digest), "{}", changed);
        }
    }

    #[test]
    fn c005_a_letter_more_or_less_is_found(people in prop::collection::vec(1..6_u128, 0..4), at: usize, letter: char) {
        let Sealed { body, digest } = seal(&record(1, &people));
        let places: Vec<usize> = body.char_indices().map(|(at, _)| at).collect();
        let at = places[at % places.len()];
        let mut more = body.clone();
        more.insert(at, letter);
        prop_assert_ne!(digest_of(&more), Some(digest), "{}", more);
        let mut less = body.clone();
        less.remove(at);
        prop_assert_ne!(digest_of(&less), Some(digest), "{}", less);
    }

    #[test]
    fn c005_another_order_position_id_digest_or_hash_is_found(records in some_records(), at: usize, bit in 0..8_u8) {
        let rows = chained(&records);
        prop_assert!(verifies(&rows));
        let (row, byte) = (at % rows.len(), at % 32);
        let changed = |change: &dyn Fn(&mut Row)| {
            let mut rows = rows.clone();
            change(&mut rows[row]);
            verifies(&rows)
        };
        prop_assert!(!changed(&|row| row.position.number += 1));
        prop_assert!(!changed(&|row| row.position.incarnation ^= 1 << bit));
        prop_assert!(!changed(&|row| row.id = Uuid::from_u128(row.id.as_u128() ^ 1 << bit)));
        prop_assert!(!changed(&|row| row.digest.0[byte] ^= 1 << bit));
        prop_assert!(!changed(&|row| row.hash.0[byte] ^= 1 << bit));
        if row > 0 {
            let mut rows = rows.clone();
            rows.swap(row - 1, row);
            prop_assert!(!verifies(&rows));
            // Also when they take each other's positions.
            let positions = (rows[row - 1].position, rows[row].position);
            (rows[row].position, rows[row - 1].position) = positions;
            prop_assert!(!verifies(&rows));
        }
        if row + 1 < rows.len() {
            let mut rows = rows.clone();
            rows.remove(row);
            prop_assert!(!verifies(&rows));
        }
    }

    #[test]
    fn c005_the_texts_of_positions_sort_like_positions(a: (u32, u64), b: (u32, u64)) {
        let position = |(incarnation, number): (u32, u64)| Position { incarnation, number };
        let (a, b) = (position(a), position(b));
        prop_assert_eq!(a.to_string().cmp(&b.to_string()), a.cmp(&b));
        if a.number > 0 {
            prop_assert_eq!(a.to_string().parse(), Ok(a));
        }
    }
}

#[test]
fn c005_what_says_the_same_in_another_way_is_not_what_was_written() {
    let Sealed { body, digest } = seal(&record(1, &[2]));
    assert_eq!(digest_of(&body), Some(digest));
    let same = [
        body.replacen(':', ": ", 1),
        body.replace("person", "\\u0070erson"),
        body.replace("\"seal\":1", "\"seal\":1,\"seal\":1"),
        body.replace("\"people\"", "\"more\":1,\"people\""),
        body.replace("00000000-0000-0000-0000-000000000002", "{00000000-0000-0000-0000-000000000002}"),
        format!("{body} "),
    ];
    for text in same {
        assert_ne!(text, body);
        assert_eq!(digest_of(&text), None, "{text}");
    }
    assert_eq!(digest_of(&body.replace("\"seal\":1", "\"seal\":2")), None, "a seal of the future");
}

#[test]
fn c005_parts_share_no_salt_and_equal_records_of_other_seeds_have_other_digests() {
    let one = record(1, &[1, 2, 3]);
    let body: Value = serde_json::from_str(&seal(&one).body).unwrap();
    let mut salts: Vec<&str> = body["people"].as_array().unwrap().iter().map(|p| p["salt"].as_str().unwrap()).collect();
    salts.push(body["head"]["salt"].as_str().unwrap());
    salts.sort_unstable();
    salts.dedup();
    assert_eq!(salts.len(), 4);
    assert_eq!(seal(&one), seal(&one.clone()), "a change that is decided twice is recorded the same");
    let other = Record { seed: Uuid::from_u128(8), ..one.clone() };
    assert_ne!(seal(&other).digest, seal(&one).digest);
}

#[test]
fn c005_what_is_erased_is_told_from_what_was_never_said() {
    let sealed = seal(&record(1, &[1, 2]));
    let [one, two, three] = [1, 2, 3].map(|user| UserId(Uuid::from_u128(user)));
    let less = erase(&sealed.body, one).unwrap();
    let Contents { head, people } = contents(&less).unwrap();
    assert_eq!(head["operation"], "group.update");
    assert_eq!((people[0].clone(), people[1].0), ((one, None), two));
    assert_eq!(people[1].1.as_ref().unwrap()["userName"], "person-2@example.com");
    for nothing in [one, three] {
        assert_eq!(erase(&less, nothing), None);
    }
    assert_eq!((erase("{}", one), contents("no body")), (None, None));
    // An erased part cannot be given to somebody else.
    assert_ne!(digest_of(&less.replacen("000000000001\"", "000000000003\"", 1)), Some(sealed.digest));
}

#[test]
fn c005_an_anchor_reads_back_and_anything_else_says_what_is_expected() {
    let anchor = Anchor { position: Position { incarnation: 0x6926_f2aa, number: 31 }, hash: Hash([0xa5; 32]) };
    assert_eq!(anchor.to_string(), format!("6926f2aa-000000000000001f:{}", "a5".repeat(32)));
    assert_eq!(anchor.to_string().parse(), Ok(anchor));
    let hash = Hash::START;
    let refused = [
        (String::new(), "this has the form POSITION:HASH"),
        (format!("6926f2aa-000000000000001f:{}", "A5".repeat(32)), "a hash has 64 hexadecimal digits, in lower case"),
        (format!("6926f2aa-1f:{hash}"), "a position has the form 6926f2aa-000000000000001f"),
        (format!("00000001-0000000000000000:{hash}"), "a position has the form 6926f2aa-000000000000001f"),
    ];
    for (text, reason) in refused {
        assert_eq!(text.parse::<Anchor>(), Err(reason), "{text}");
    }
}

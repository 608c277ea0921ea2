//! The chain of records: what makes a record verifiable, and a person in it erasable. C005.
//!
//! A record is *sealed* in parts: its head, which names people by id only, and one part for each person. Every part has
//! a salt of its own and a digest; the record's digest covers those, and each link of the chain covers the record's
//! digest, its id, its position and the link before it. Erasing a person puts the digest of their part in the part's
//! place: the text is gone, without the salt nobody can try out what it was, and the record's digest stays what it was.
//!
//! Pure, and the same for every engine: no clock, no randomness, no I/O. Seeds and positions come in as values.

use super::row::{Record, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// How records are sealed; part of every body.
const SEAL: u8 = 1;

/// A SHA-256 of this module; as text 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What the first link follows.
    pub const START: Self = Self([0; 32]);
}

/// Where a record stands. As text (`6926f2aa-000000000000001f`) its bytes sort like the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Grows when a store is restored: of two futures of one store, each has its own.
    pub incarnation: u32,
    /// Counts the records from 1, without gaps.
    pub number: u64,
}

/// A link of the chain as it was seen once. As text `<position>:<hash>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// Where.
    pub position: Position,
    /// The link there.
    pub hash: Hash,
}

/// A record ready to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// JSON text; what [`digest_of`] and [`erase`] read.
    pub body: String,
    /// The record's digest, which erasing somebody does not change.
    pub digest: Hash,
}

/// What a sealed body says.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// The head.
    pub head: Value,
    /// What it says of each person; `None` = erased.
    pub people: Vec<(UserId, Option<Value>)>,
}

/// Seals a record. The same record gives the same text.
///
/// Its numbers must be whole: others do not always read back as they were written.
pub fn seal(record: &Record) -> Sealed {
    let (salt, said) = (salt(record.seed, 0), record.head.to_string());
    let head = part("head", &salt, &said);
    let mut body = format!(r#"{{"seal":{SEAL},"head":{{"salt":"{}","said":{said}}},"people":["#, hex(&salt));
    let mut people = Vec::with_capacity(record.people.len());
    for (number, (user, said)) in (1_u64..).zip(&record.people) {
        let (salt, said) = (self::salt(record.seed, number), said.to_string());
        let comma = if number == 1 { "" } else { "," };
        body.push_str(&format!(r#"{comma}{{"user":"{user}","salt":"{}","said":{said}}}"#, hex(&salt)));
        people.push((user.0, part("person", &salt, &said)));
    }
    body.push_str("]}");
    Sealed { body, digest: whole(head, &people) }
}

/// The digest of a sealed body, whoever was erased from it; `None` when this is no body as [`seal`] or [`erase`]
/// write it, to the letter.
pub fn digest_of(body: &str) -> Option<Hash> {
    let Body { seal: _, head, people } = parse(body)?;
    let head = part("head", &unhex(&head.salt)?, &head.said.to_string());
    let people: Option<Vec<(Uuid, Hash)>> =
        people.iter().map(|person| Some((person.user(), person.digest()?))).collect();
    Some(whole(head, &people?))
}

/// The link of the record `id` with this digest at this position, after the link `previous`.
pub fn link(previous: Hash, position: Position, id: Uuid, digest: Hash) -> Hash {
    let Position { incarnation, number } = position;
    let (incarnation, number) = (incarnation.to_be_bytes(), number.to_be_bytes());
    hash("chain", &[&previous.0, &incarnation, &number, id.as_bytes(), &digest.0])
}

/// The body without what it says of this person; `None` when it says nothing, or is no sealed body.
pub fn erase(body: &str, user: UserId) -> Option<String> {
    let mut body = parse(body)?;
    let mut erased = false;
    for person in &mut body.people {
        if person.user() == user.0 && matches!(person, Person::Kept { .. }) {
            let digest = person.digest()?.to_string();
            *person = Person::Erased { user: user.0, digest };
            erased = true;
        }
    }
    if erased { serde_json::to_string(&body).ok() } else { None }
}

/// What a sealed body says; `None` when it is none.
pub fn contents(body: &str) -> Option<Contents> {
    let Body { seal: _, head, people } = parse(body)?;
    let people = people.into_iter().map(|person| match person {
        Person::Kept { user, said, salt: _ } => (UserId(user), Some(said)),
        Person::Erased { user, digest: _ } => (UserId(user), None),
    });
    Some(Contents { head: head.said, people: people.collect() })
}

#[derive(Serialize, Deserialize)]
struct Body {
    seal: u8,
    head: Head,
    people: Vec<Person>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    salt: String,
    said: Value,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Person {
    Kept { user: Uuid, salt: String, said: Value },
    Erased { user: Uuid, digest: String },
}

impl Person {
    fn user(&self) -> Uuid {
        match self {
            Self::Kept { user, .. } | Self::Erased { user, .. } => *user,
        }
    }

    fn digest(&self) -> Option<Hash> {
        match self {
            Self::Kept { salt, said, .. } => Some(part("person", &unhex(salt)?, &said.to_string())),
            Self::Erased { digest, .. } => unhex(digest).map(Hash),
        }
    }
}

fn parse(body: &str) -> Option<Body> {
    let read: Body = serde_json::from_str(body).ok()?;
    // Digests are made of what was read. That no other text reads the same is what makes them digests of the text.
    (read.seal == SEAL && serde_json::to_string(&read).is_ok_and(|text| text == body)).then_some(read)
}

/// Random to whoever does not know the seed, which is kept nowhere: no salt gives another one away.
fn salt(seed: Uuid, number: u64) -> [u8; 16] {
    let Hash(bytes) = hash("salt", &[seed.as_bytes(), &number.to_be_bytes()]);
    std::array::from_fn(|at| bytes[at])
}

fn part(kind: &str, salt: &[u8; 16], said: &str) -> Hash {
    hash(kind, &[salt, said.as_bytes()])
}

fn whole(head: Hash, people: &[(Uuid, Hash)]) -> Hash {
    let people = people.iter().flat_map(|(user, digest)| [user.as_bytes().as_slice(), &digest.0]);
    let pieces: Vec<&[u8]> = std::iter::once(head.0.as_slice()).chain(people).collect();
    hash("record", &pieces)
}

/// A hash for one purpose. All pieces but the last have a fixed length, so that no two lists of them run together.
fn hash(purpose: &str, pieces: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"scim-operator record v1 ");
    hasher.update(purpose.as_bytes());
    hasher.update([0]);
    for piece in pieces {
        hasher.update(piece);
    }
    Hash(hasher.finalize().into())
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' + value - 10 });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Lower case only: one value has one text.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{:016x}", self.incarnation, self.number)
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.position, self.hash)
    }
}

impl FromStr for Position {
    type Err = &'static str;

    /// Reads what is written of a position; records count from 1.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = |text: &str| {
            let (incarnation, number) = text.split_once('-')?;
            let incarnation = u32::from_be_bytes(unhex(incarnation)?);
            let number = u64::from_be_bytes(unhex(number)?);
            (number > 0).then_some(Self { incarnation, number })
        };
        read(text).ok_or("a position has the form 6926f2aa-000000000000001f")
    }
}

impl FromStr for Anchor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (position, hash) = text.split_once(':').ok_or("this has the form POSITION:HASH")?;
        let hash = unhex(hash).map(Hash).ok_or("a hash has 64 hexadecimal digits, in lower case")?;
        Ok(Self { position: position.parse()?, hash })
    }
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;

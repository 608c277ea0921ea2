//! The audit trail, read: who did what to whom, record by record (C005). Nothing is written here.

use super::kept::{self, Part, Person, Place, RECORDS_AT_ONCE, Sealed};
use super::{AuditQuery, Directory, Error};
use crate::access::fold;
use crate::config::{AuditPage, AuditPerson, AuditRecord};
use crate::store::{KeptRecord, UserId};
use serde_json::Value;

/// Records in one answer.
const RECORDS_MAX: u64 = 1_000;
/// Records looked at for one answer.
const LOOKED_AT_MAX: usize = 50_000;
/// A page ends behind the record with which it has so much text: one may say something of a thousand people.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

impl Directory {
    /// `GET /access/v1/audit`: oldest first. A page may have fewer records than asked for, and even none, while it has
    /// a `next`.
    pub async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, Error> {
        let place = self.place(query.since.as_deref()).await?;
        self.audit_behind(Place::behind(place.position), query).await
    }

    /// The page behind a place, which was found good before. [`Error::Gone`] when what comes next is not kept any more;
    /// who asked for all that is kept then gets that.
    pub(super) async fn audit_behind(&self, mut place: Place, query: &AuditQuery) -> Result<AuditPage, Error> {
        let limit = usize::try_from(query.count.clamp(1, RECORDS_MAX)).unwrap_or(usize::MAX);
        let wanted = Wanted::of(query);
        let (mut records, mut looked_at, mut bytes) = (Vec::new(), 0, 0);
        loop {
            let Some(kept) = self.records_behind(place).await? else {
                if !records.is_empty() {
                    // They are given as they are; the next question is told that it goes no further.
                    return Ok(AuditPage { records, next: Some(place.position.to_string()) });
                }
                place = self.behind_the_cut(place, query.since.is_none()).await?;
                continue;
            };
            let is_last = kept.len() < RECORDS_AT_ONCE as usize;
            looked_at += kept.len();
            for record in kept {
                place = Place::behind(record.position);
                if let Some(shown) = wanted.shown(&record)? {
                    bytes += record.body.len();
                    records.push(shown);
                }
                if records.len() >= limit || bytes >= PAGE_BYTES {
                    return Ok(AuditPage { records, next: Some(place.position.to_string()) });
                }
            }
            if is_last {
                return Ok(AuditPage { records, next: None });
            }
            if looked_at >= LOOKED_AT_MAX {
                return Ok(AuditPage { records, next: Some(place.position.to_string()) });
            }
        }
    }
}

/// Which records are asked for.
struct Wanted {
    who: Option<Who>,
    operation: Option<String>,
}

/// About whom.
enum Who {
    /// Whoever has this id.
    Id(String),
    /// Whoever had this folded userName then.
    Name(String),
}

impl Wanted {
    fn of(query: &AuditQuery) -> Self {
        let who = query.user.as_deref().map(|who| match UserId::parse(who) {
            Some(id) => Who::Id(id.to_string()),
            None => Who::Name(fold(who)),
        });
        Self { who, operation: query.operation.clone() }
    }

    /// The record as it is shown, if it is asked for. Most are passed over without being parsed.
    fn shown(&self, record: &KeptRecord) -> Result<Option<AuditRecord>, Error> {
        if let Some(operation) = &self.operation
            && !record.body.contains(&format!(r#""operation":"{operation}"#))
        {
            return Ok(None);
        }
        if let Some(Who::Id(id)) = &self.who
            && !record.body.contains(id.as_str())
        {
            return Ok(None);
        }
        let Sealed { head: Part { said: head }, people } = kept::read::<Sealed<Value, Value>>(record)?;
        if !self.is_operation(&head) || !self.is_about(&people) {
            return Ok(None);
        }
        let people = people.into_iter().map(|person| AuditPerson { user: person.user.to_string(), said: person.said });
        Ok(Some(AuditRecord {
            position: record.position.to_string(),
            id: record.id.to_string(),
            head,
            people: people.collect(),
        }))
    }

    fn is_operation(&self, head: &Value) -> bool {
        let Some(wanted) = &self.operation else { return true };
        let found = head.get("operation").and_then(Value::as_str).unwrap_or_default();
        found.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// An id has been looked for in the text already: it is an id wherever it stands, of a member who came as well.
    fn is_about(&self, people: &[Person<Value>]) -> bool {
        let Some(Who::Name(wanted)) = &self.who else { return true };
        let is_name = |name: Option<&Value>| name.and_then(Value::as_str).is_some_and(|name| fold(name) == *wanted);
        people
            .iter()
            .filter_map(|person| person.said.as_ref())
            .any(|said| is_name(said.get("userName")) || is_name(said.pointer("/attributes/before/userName")))
    }
}

//! Replacing the authority of the admin API without a moment in which an endpoint and the operator do not know each
//! other. Pure: the time comes in, and so does what every endpoint's Secret says.
//!
//! 1. *Settled*: one authority signs and is trusted.
//! 2. *Spreading*: the next one is made and trusted beside it, by operator and endpoints; nothing is signed by it yet.
//! 3. *Replacing*: the next one signs, certificates are issued anew; the one before is still trusted.
//! 4. *Settled* again: the one before is trusted no more.
//!
//! A Secret reaches a pod some time after it was written, so the step after a step waits until every endpoint's Secret
//! has been as the step wants it for [`IN_PLACE_FOR`]. Whatever is deployed at any time then verifies whatever else is,
//! also where a pod is one step behind.

use super::authority::{AUTHORITY_VALIDITY, Authority, fingerprint};
use crate::operator::Error;
use jiff::{SignedDuration, Timestamp};

/// An authority with less time left than this is replaced.
pub const ROTATE_BEFORE: SignedDuration = SignedDuration::from_hours(365 * 24);
/// How long every endpoint's Secret must have been as a step wants it before the next one: the kubelet brings a Secret
/// to its pod within two minutes, and the endpoint looks at its files every few seconds.
pub const IN_PLACE_FOR: SignedDuration = SignedDuration::from_mins(10);

/// An authority and the first instant at which it is no longer valid.
#[derive(Debug, Clone)]
pub struct Dated {
    /// The authority.
    pub authority: Authority,
    /// Its end.
    pub not_after: Timestamp,
}

impl Dated {
    /// A new one.
    ///
    /// # Errors
    /// When no certificate can be made.
    pub fn make(now: Timestamp) -> Result<Self, Error> {
        let not_after = now.checked_add(AUTHORITY_VALIDITY).unwrap_or(Timestamp::MAX);
        Ok(Self { authority: Authority::make(now)?, not_after })
    }
}

/// Where a replacement stands.
#[derive(Debug, Clone)]
pub enum Stage {
    /// There is none.
    Settled,
    /// This one comes to be trusted beside the one that signs.
    Spreading(Box<Dated>),
    /// This one, PEM, signed before and is still trusted.
    Replacing(String),
}

/// The authority that signs, and who is trusted beside it.
#[derive(Debug, Clone)]
pub struct Authorities {
    /// Signs.
    pub issuer: Dated,
    /// Where its replacement, or its taking over, stands.
    pub stage: Stage,
    /// Since when every endpoint's Secret has been as the stage wants it; `None` = not yet.
    pub in_place_since: Option<Timestamp>,
    /// The value of the annotation that the last replacement was begun for, if a person asked for it.
    pub begun_for: Option<String>,
}

impl Authorities {
    /// A new authority, with no replacement under way.
    ///
    /// # Errors
    /// When no certificate can be made.
    pub fn make(now: Timestamp) -> Result<Self, Error> {
        let issuer = Dated::make(now)?;
        Ok(Self { issuer, stage: Stage::Settled, in_place_since: None, begun_for: None })
    }

    /// The certificates that are trusted, PEM, oldest first.
    pub fn bundle(&self) -> String {
        self.trusted().into_iter().map(|pem| format!("{}\n", pem.trim())).collect()
    }

    /// What a Secret says of itself that holds a certificate of the authority that signs now, and this bundle:
    /// `<who signed>; <who is trusted>, …`, each by its fingerprint.
    pub fn stamp(&self) -> String {
        let trusted: Vec<String> = self.trusted().into_iter().map(fingerprint).collect();
        format!("{}; {}", self.signer(), trusted.join(", "))
    }

    /// The fingerprint of the authority that signs.
    pub fn signer(&self) -> String {
        fingerprint(&self.issuer.authority.certificate_pem)
    }

    /// The stage, for logs.
    pub fn stage_name(&self) -> &'static str {
        match self.stage {
            Stage::Settled => "settled",
            Stage::Spreading(_) => "spreading",
            Stage::Replacing(_) => "replacing",
        }
    }

    /// What is to be kept instead, if anything. `asked` is what a person wrote in the annotation; `deployed` are the
    /// stamps of every endpoint's Secret there is.
    ///
    /// # Errors
    /// When the next authority cannot be made.
    pub fn step(&self, asked: Option<&str>, deployed: &[String], now: Timestamp) -> Result<Option<Self>, Error> {
        if matches!(self.stage, Stage::Settled) {
            return self.begin(asked, now);
        }
        let stamp = self.stamp();
        let in_place_since = match (deployed.iter().all(|secret| *secret == stamp), self.in_place_since) {
            (false, None) => return Ok(None),
            // A new endpoint's Secret has the stage's content from the start; this is one that somebody put back.
            (false, Some(_)) => None,
            (true, None) => Some(now),
            (true, Some(since)) if now.duration_since(since) < IN_PLACE_FOR => return Ok(None),
            (true, Some(_)) => return Ok(Some(self.go_on())),
        };
        Ok(Some(Self { in_place_since, ..self.clone() }))
    }

    fn begin(&self, asked: Option<&str>, now: Timestamp) -> Result<Option<Self>, Error> {
        let is_due = self.issuer.not_after.duration_since(now) < ROTATE_BEFORE;
        let is_asked = asked.is_some_and(|asked| self.begun_for.as_deref() != Some(asked));
        if !is_due && !is_asked {
            return Ok(None);
        }
        let stage = Stage::Spreading(Box::new(Dated::make(now)?));
        let begun_for = asked.map(str::to_owned).or_else(|| self.begun_for.clone());
        Ok(Some(Self { issuer: self.issuer.clone(), stage, in_place_since: None, begun_for }))
    }

    fn go_on(&self) -> Self {
        let (issuer, stage) = match &self.stage {
            Stage::Spreading(next) => {
                let before = self.issuer.authority.certificate_pem.clone();
                (Dated::clone(next), Stage::Replacing(before))
            }
            Stage::Settled | Stage::Replacing(_) => (self.issuer.clone(), Stage::Settled),
        };
        Self { issuer, stage, in_place_since: None, begun_for: self.begun_for.clone() }
    }

    fn trusted(&self) -> Vec<&str> {
        let issuer = self.issuer.authority.certificate_pem.as_str();
        match &self.stage {
            Stage::Settled => vec![issuer],
            Stage::Spreading(next) => vec![issuer, next.authority.certificate_pem.as_str()],
            Stage::Replacing(before) => vec![before.as_str(), issuer],
        }
    }
}

#[cfg(test)]
#[path = "rotation_tests.rs"]
mod tests;

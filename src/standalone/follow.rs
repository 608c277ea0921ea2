//! The loop that keeps what is in force equal to what the folder says, and asks for the runs that changes need.

use super::Error;
use super::accepted::Accepted;
use super::folder::{self, Sightings};
use super::judge::{self, Judgement, Outcome, Past, Sheet};
use super::keys::Keys;
use super::mint::Minted;
use super::settling::Settling;
use super::sign_in::{self, Files};
use crate::config::{Document, Publication, RunRequest, RunScope, SyncPolicy};
use crate::directory::{self, Actor, Directory};
use crate::manifests::{self, Problem};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often the folder is listed: a change, and a removal seen twice a second apart, is in force within two seconds.
const INTERVAL: Duration = Duration::from_millis(300);
/// Rules that one run may name.
const RUN_RULES_MAX: usize = 256;

/// Everything the loop works with.
pub struct Follower {
    pub(super) manifests: PathBuf,
    pub(super) directory: Directory,
    pub(super) keys: Keys,
    pub(super) accepted: Accepted,
    /// Where the public listener is.
    pub(super) origin: String,
    /// The value of the directory's own token, when it was given.
    pub(super) own_key: Option<String>,
    /// The files of sign-in that flags name.
    pub(super) given: Files,
    /// Becomes true when every manifest was read, the configuration is in force and the key files are written.
    pub(super) prepared: watch::Sender<bool>,
}

/// What one run of the loop remembers for the next.
struct Memory {
    start: Instant,
    seen: Sightings,
    settling: Settling,
    /// Whether the last listing was put in force.
    settled: bool,
    /// Why the last listing changed nothing.
    notice: Option<&'static str>,
    /// What was said about each file last, so that it is said once.
    said: BTreeMap<String, String>,
    /// What was said about sign-in last.
    warned: Vec<&'static str>,
    /// The revision that was in force at the last look.
    revision: Option<u64>,
    /// The revision whose held changes were told of.
    held: Option<u64>,
}

impl Follower {
    /// Follows the folder until told to stop. A step that fails is logged and tried again; nothing goes out of force.
    pub async fn run(mut self, stopping: CancellationToken) {
        let mut memory = Memory {
            start: Instant::now(),
            seen: Sightings::remembered(self.accepted.texts()),
            settling: Settling::default(),
            settled: false,
            notice: None,
            said: BTreeMap::new(),
            warned: Vec::new(),
            revision: None,
            held: None,
        };
        // A run that an earlier process owed.
        memory.settling.changed(Duration::ZERO);
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stopping.cancelled() => return,
            }
            let notice = match self.step(&mut memory).await {
                Ok(notice) => notice.map(str::to_owned),
                Err(error) => Some(chain(&error)),
            };
            memory.say("", notice.map(|notice| vec![Problem::new("", notice)]));
            let now = memory.start.elapsed();
            self.look(&mut memory, now);
            if memory.settling.settled(now)
                && let Err(error) = self.ask_for_runs().await
            {
                tracing::error!(error = chain(&error), "a run cannot be asked for; it is tried again");
                memory.settling.changed(now);
            }
        }
    }

    /// Lists, judges, puts in force; what a person should know when nothing is changed for now.
    async fn step(&mut self, memory: &mut Memory) -> Result<Option<&'static str>, Error> {
        let folder = self.manifests.clone();
        let listed = tokio::task::spawn_blocking(move || folder::list(&folder)).await;
        let listing = listed.map_err(|error| Error::Ended(error.to_string()))??;
        let moved = memory.seen.take(listing, memory.start.elapsed());
        if !moved && memory.settled {
            return Ok(memory.notice);
        }
        memory.settled = false;
        let sheets = self.sheets(memory);
        let in_force = self.directory.in_force();
        let past = Past {
            document: in_force.document.as_ref(),
            keys: &self.keys,
            now: Timestamp::now(),
            origin: &self.origin,
        };
        let Judgement { refused, outcome } = judge::judge(&sheets, &past);
        for sheet in &sheets {
            memory.say(&sheet.name, refused.get(&sheet.name).cloned());
        }
        memory.said.retain(|file, _| file.is_empty() || sheets.iter().any(|sheet| sheet.name == *file));
        memory.notice = match outcome {
            None => Some("the folder has no directory: nothing is changed"),
            Some(outcome) if outcome.suspended => Some("spec.suspend is true: nothing is changed"),
            Some(outcome) => {
                memory.warn(sign_in::warnings(outcome.sign_in_files, self.given));
                let revision = in_force.revision;
                self.put_in_force(outcome, revision).await?;
                self.remember(memory, &refused)?;
                self.prepared.send_replace(true);
                None
            }
        };
        memory.settled = true;
        Ok(memory.notice)
    }

    fn sheets(&self, memory: &Memory) -> Vec<Sheet> {
        let sheet = |(name, file): (&String, &folder::Sighting)| {
            let current = match &file.text {
                Ok(text) => manifests::read(text),
                Err(why) => Err(vec![Problem::new("", why.clone())]),
            };
            let accepted = self.accepted.texts().get(name).and_then(|text| manifests::read(text).ok());
            Sheet { name: name.clone(), current, accepted, missing: file.is_missing() }
        };
        memory.seen.files().iter().map(sheet).collect()
    }

    /// Looks at what is in force: it is another revision after a publication, and when the guard let changes through
    /// that waited, or holds them, which is told once for each revision (C003).
    fn look(&self, memory: &mut Memory, now: Duration) {
        let in_force = self.directory.in_force();
        if memory.revision.replace(in_force.revision) != Some(in_force.revision) {
            memory.settling.changed(now);
        }
        let held = in_force.enforced.held.as_ref();
        if let (Some(held), Some(document)) = (held, &in_force.document)
            && memory.held != Some(held.revision)
        {
            tracing::warn!(
                rules = held.rules.join(" "),
                users_losing = held.users_losing,
                "{}",
                manifests::held_changes_and_call(&document.directory.name, held)
            );
        }
        memory.held = held.map(|held| held.revision);
    }

    /// Makes and forgets tokens, then publishes.
    async fn put_in_force(&mut self, outcome: Outcome, revision: u64) -> Result<(), Error> {
        let Outcome { mut document, mut tokens, .. } = outcome;
        if let Some(own) = tokens.iter_mut().find(|token| token.name == document.directory.name) {
            own.given = self.own_key.as_deref().and_then(Minted::given);
        }
        document.verifiers = self.keys.keep(tokens, Timestamp::now())?;
        let published = match self.directory.publish(publication(document.clone(), revision)).await {
            // Nobody else publishes here: the guard let through what waited, and only the number is another one.
            Err(directory::Error::StaleRevision(now)) => {
                self.directory.publish(publication(document, now.revision)).await?
            }
            other => other?,
        };
        if published.revision != revision {
            tracing::info!(revision = published.revision, "configuration in force");
        }
        Ok(())
    }

    /// Keeps the texts that count, for files that will be broken one day.
    fn remember(&mut self, memory: &Memory, refused: &BTreeMap<String, Vec<Problem>>) -> Result<(), Error> {
        let mut texts = BTreeMap::new();
        for (name, file) in memory.seen.files() {
            let kept = self.accepted.texts().get(name).cloned();
            let text = match &file.text {
                Ok(text) if !refused.contains_key(name) => Some(text.clone()),
                _ => kept,
            };
            texts.extend(text.map(|text| (name.clone(), text)));
        }
        self.accepted.keep(texts)
    }

    /// `Automatic`: one partial run over the rules that have not reached everybody. A change of the roles alone starts
    /// nothing by itself (reading 25), and what is held waits for a person.
    async fn ask_for_runs(&self) -> Result<(), Error> {
        let in_force = self.directory.in_force();
        let Some(document) = in_force.document.as_ref().filter(|d| d.sync_policy == SyncPolicy::Automatic) else {
            return Ok(());
        };
        let state = self.directory.state(None, Duration::ZERO).await?;
        let by_itself = |reason: Option<&str>| !matches!(reason, Some("RolesChanged" | "RevocationHeld"));
        let owed = |rule: &&crate::config::RuleState| !rule.in_sync && by_itself(rule.reason.as_deref());
        let rules: Vec<String> = state.rules.iter().filter(owed).map(|rule| rule.name.clone()).collect();
        let id = &document.directory;
        let short: String = id.uid.chars().take(8).collect();
        for (part, rules) in rules.chunks(RUN_RULES_MAX).enumerate() {
            let ending = if part == 0 { String::new() } else { format!("-{part}") };
            let name = format!("{}-{short}-{}{ending}", id.name, in_force.revision);
            let (scope, nonce) = (RunScope::Rules(rules.to_vec()), String::new());
            let request = RunRequest { name, scope, nonce, dry_run: false, allow_revocations: None, created_at: None };
            let run = self.directory.request_run(None, request, &Actor::default()).await?;
            tracing::info!(run = run.name, rules = rules.len(), "rules changed: run asked for");
        }
        Ok(())
    }
}

impl Memory {
    /// Logs what was not among the last warnings.
    fn warn(&mut self, warnings: Vec<&'static str>) {
        for warning in warnings.iter().filter(|warning| !self.warned.contains(warning)) {
            tracing::warn!("{warning}");
        }
        self.warned = warnings;
    }

    /// Logs what is wrong with a file when it is something else than before; `""` is the folder itself.
    fn say(&mut self, file: &str, problems: Option<Vec<Problem>>) {
        let Some(problems) = problems else {
            if self.said.remove(file).is_some() && !file.is_empty() {
                tracing::info!(file, "the manifest counts as written again");
            }
            return;
        };
        let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        if self.said.get(file) == Some(&text) {
            return;
        }
        for Problem { line, field, value, message } in problems {
            if file.is_empty() {
                tracing::warn!("{message}");
            } else {
                tracing::warn!(file, line, field, value, "{message}: the file counts as unchanged");
            }
        }
        self.said.insert(file.to_owned(), text);
    }
}

fn publication(document: Document, if_revision: u64) -> Publication {
    Publication {
        revocation_floor: 0,
        take: None,
        directory_uid: document.directory.uid.clone(),
        epoch: 0,
        if_revision,
        content_hash: document.content_hash(),
        document,
    }
}

/// An error and its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

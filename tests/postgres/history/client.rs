//! Clients: each asks for one thing after another, asks for nothing twice by itself, and notes what it was told.

use super::event::{Answer, Asked, Call, Moment};
use super::plan::Wish;
use super::wire::{Door, answer, request};
use crate::support::endpoint::{Endpoint, LIMIT};
use crate::support::reply::try_finish;
use crate::support::wait;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

/// What clients share.
pub struct World {
    clock: AtomicU64,
    ended: AtomicUsize,
    /// Nothing more will be broken.
    pub calm: AtomicBool,
    /// Clients that have not finished.
    pub at_work: AtomicUsize,
    doors: Mutex<Vec<Option<Door>>>,
    /// The ids that people have, as far as is known.
    ids: Mutex<Vec<Option<String>>>,
    /// The ids of the groups.
    pub groups: Vec<String>,
}

impl World {
    /// One with these groups and so many people, of whom there is none yet.
    pub fn new(groups: Vec<String>, people: usize, replicas: usize, clients: usize) -> Self {
        Self {
            clock: AtomicU64::new(1),
            ended: AtomicUsize::new(0),
            calm: AtomicBool::new(false),
            at_work: AtomicUsize::new(clients),
            doors: Mutex::new(vec![None; replicas]),
            ids: Mutex::new(vec![None; people]),
            groups,
        }
    }

    /// From now on this replica is asked so.
    pub fn open(&self, replica: usize, endpoint: &Endpoint) {
        self.doors()[replica] = Some(Door::of(endpoint));
    }

    /// From now on this replica is asked no more.
    pub fn close(&self, replica: usize) {
        self.doors()[replica] = None;
    }

    /// How many calls have ended.
    pub fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    /// Whether every client has finished.
    pub fn is_over(&self) -> bool {
        self.at_work.load(Ordering::SeqCst) == 0
    }

    fn moment(&self) -> Moment {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    fn doors(&self) -> MutexGuard<'_, Vec<Option<Door>>> {
        self.doors.lock().expect("nobody panics with the doors")
    }

    fn ids(&self) -> MutexGuard<'_, Vec<Option<String>>> {
        self.ids.lock().expect("nobody panics with the ids")
    }

    /// The door of this replica, or of the next that is there.
    async fn door(&self, replica: usize) -> Door {
        wait::until("an endpoint runs", LIMIT, async || {
            let doors = self.doors();
            (0..doors.len()).find_map(|next| doors[(replica + next) % doors.len()].clone())
        })
        .await
    }

    /// Keeps what an answer tells of the ids that people have.
    fn learn(&self, asked: &Asked, answer: &Answer) {
        let mut ids = self.ids();
        match (asked, answer) {
            (Asked::Create { person }, Answer::Created(id)) => ids[*person] = Some(id.clone()),
            (Asked::Find { person }, Answer::View { user, .. }) => ids[*person] = Some(user.clone()),
            (Asked::Delete { user, .. }, _)
            | (Asked::Join { user, .. } | Asked::SetActive { user, .. }, Answer::Refused(_))
            | (Asked::ReadView { user, .. }, Answer::Nobody) => {
                for id in ids.iter_mut().filter(|id| id.as_ref() == Some(user)) {
                    *id = None;
                }
            }
            _ => {}
        }
    }
}

/// One who asks.
pub struct Client<'a> {
    world: &'a World,
    number: usize,
    made: usize,
    /// What was asked and answered.
    pub calls: Vec<Call>,
}

impl<'a> Client<'a> {
    /// The one of this number.
    pub fn new(world: &'a World, number: usize) -> Self {
        Self { world, number, made: 0, calls: Vec::new() }
    }

    /// Has wishes until nothing is broken any more, and at least so many.
    pub async fn run(mut self, wishes: impl Iterator<Item = (usize, Wish)>, least: usize) -> Vec<Call> {
        for (made, (replica, wish)) in wishes.enumerate() {
            if made >= least && self.world.calm.load(Ordering::SeqCst) {
                break;
            }
            self.fulfil(replica, wish).await;
        }
        self.world.at_work.fetch_sub(1, Ordering::SeqCst);
        self.calls
    }

    async fn fulfil(&mut self, replica: usize, wish: Wish) {
        let asked = match wish {
            Wish::ReadGroup { group } => Asked::ReadGroup { group },
            Wish::Rename { group, away } => Asked::Rename { group, away },
            Wish::Put { group, people } => {
                let members = people.into_iter().filter_map(|person| self.world.ids()[person].clone()).collect();
                Asked::Put { group, members }
            }
            Wish::Join { person, .. }
            | Wish::Leave { person, .. }
            | Wish::SetActive { person, .. }
            | Wish::Recreate { person }
            | Wish::ReadView { person } => {
                let Some(user) = self.known(replica, person).await else { return };
                match wish {
                    Wish::Join { group, .. } => Asked::Join { group, user },
                    Wish::Leave { group, .. } => Asked::Leave { group, user },
                    Wish::SetActive { active, .. } => Asked::SetActive { person, user, active },
                    Wish::Recreate { .. } => Asked::Delete { person, user },
                    _ => Asked::ReadView { person, user },
                }
            }
        };
        let deleted = match &asked {
            Asked::Delete { person, .. } => Some(*person),
            _ => None,
        };
        if self.ask(replica, asked).await == Answer::Done
            && let Some(person) = deleted
        {
            self.ask(replica, Asked::Create { person }).await;
        }
    }

    /// The id that somebody has; whoever has none is looked up, and made where there is nobody.
    async fn known(&mut self, replica: usize, person: usize) -> Option<String> {
        let id = self.world.ids()[person].clone();
        if id.is_some() {
            return id;
        }
        if self.ask(replica, Asked::Find { person }).await == Answer::Nobody {
            self.ask(replica, Asked::Create { person }).await;
        }
        self.world.ids()[person].clone()
    }

    /// Makes all people.
    pub async fn prepare(&mut self) {
        let people = self.world.ids().len();
        for person in 0..people {
            self.known(0, person).await;
        }
    }

    /// Reads everything there is on each replica, these users by their ids as well, until it is answered.
    pub async fn look_back(&mut self, users: &BTreeMap<String, usize>) {
        let (replicas, people) = (self.world.doors().len(), self.world.ids().len());
        let groups = (0..self.world.groups.len()).map(|group| Asked::ReadGroup { group });
        let named = (0..people).map(|person| Asked::Find { person });
        let known = users.iter().map(|(user, person)| Asked::ReadView { person: *person, user: user.clone() });
        let all: Vec<Asked> = groups.chain(named).chain(known).collect();
        for replica in 0..replicas {
            for asked in &all {
                self.insist(replica, asked).await;
            }
        }
    }

    async fn insist(&mut self, replica: usize, asked: &Asked) {
        wait::until("a replica that is ready answers", LIMIT, async || {
            let answer = self.ask(replica, asked.clone()).await;
            (answer != Answer::Unknown).then_some(())
        })
        .await;
    }

    /// Asks one replica, or the next that is there; what never reached it is not noted.
    async fn ask(&mut self, replica: usize, asked: Asked) -> Answer {
        let door = self.world.door(replica).await;
        let request = request(&door, &self.world.groups, &asked).header("x-request-id", self.id());
        let begun = self.world.moment();
        let answer = match try_finish(request).await {
            Ok(reply) => answer(&asked, &reply),
            Err(error) if error.is_connect() => {
                self.world.ended.fetch_add(1, Ordering::SeqCst);
                return Answer::Unknown;
            }
            Err(_) => Answer::Unknown,
        };
        self.world.learn(&asked, &answer);
        self.note(asked, answer.clone(), begun);
        answer
    }

    fn note(&mut self, asked: Asked, answer: Answer, begun: Moment) {
        let (request, ended) = (self.id(), self.world.moment());
        self.calls.push(Call { request, asked, answer, begun, ended });
        self.made += 1;
        self.world.ended.fetch_add(1, Ordering::SeqCst);
    }

    /// The id of the request that is made now.
    fn id(&self) -> String {
        format!("client-{}-{}", self.number, self.made)
    }
}

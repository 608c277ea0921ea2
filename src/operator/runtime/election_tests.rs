//! Elections over a scripted clock and a scripted API server.

use super::*;
use proptest::prelude::*;

/// The API server's side of one Lease.
#[derive(Default)]
struct Server {
    lease: Option<Lease>,
    version: u32,
}

impl Server {
    fn answer(&mut self, call: &Call) -> Answer {
        match (call, &self.lease) {
            (Call::Read, Some(lease)) => Answer::Found(Box::new(lease.clone())),
            (Call::Read | Call::Update(_), None) => Answer::Missing,
            (Call::Create(_), Some(_)) => Answer::Conflict,
            (Call::Update(new), Some(old)) if new.metadata.resource_version != old.metadata.resource_version => {
                Answer::Conflict
            }
            (Call::Create(new) | Call::Update(new), _) => Answer::Written(Box::new(self.put(Lease::clone(new)))),
        }
    }

    fn put(&mut self, mut lease: Lease) -> Lease {
        self.version += 1;
        lease.metadata.resource_version = Some(self.version.to_string());
        self.lease = Some(lease.clone());
        lease
    }

    /// Somebody else changes the Lease.
    fn edit(&mut self, change: impl FnOnce(&mut LeaseSpec)) {
        let mut lease = self.lease.clone().unwrap();
        change(lease.spec.as_mut().unwrap());
        self.put(lease);
    }

    /// Holder and transitions.
    fn shown(&self) -> (Option<&str>, i32) {
        let spec = self.lease.as_ref().unwrap().spec.as_ref().unwrap();
        (spec.holder_identity.as_deref(), spec.lease_transitions.unwrap())
    }
}

/// A clock that stands until it is told to go on. Its wall clock may be wrong by hours.
#[derive(Clone, Copy)]
struct Clock {
    now: Instant,
    wall: Timestamp,
}

impl Clock {
    fn start() -> Self {
        Self { now: Instant::now(), wall: "2026-01-01T00:00:00Z".parse().unwrap() }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.wall += time;
    }

    fn read(self) -> Now {
        Now { instant: self.now, time: self.wall }
    }
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn candidate(identity: &str) -> Election {
    Election::new("scim-operator", identity, Timing::default())
}

/// Makes every call that is due at this moment, each answered at once; what is left to do.
fn turn(election: &mut Election, server: &mut Server, clock: Clock) -> Step {
    loop {
        match election.step(clock.read()) {
            Step::Call(call) => election.take(server.answer(&call), clock.now, clock.now),
            left => return left,
        }
    }
}

/// The same for `time`, whenever something is due.
fn run(election: &mut Election, server: &mut Server, clock: &mut Clock, time: Duration) -> Step {
    let end = clock.now + time;
    loop {
        match turn(election, server, *clock) {
            Step::Wait(wait) if clock.now + wait <= end => clock.pass(wait),
            left => {
                clock.pass(end.saturating_duration_since(clock.now));
                return left;
            }
        }
    }
}

fn leads(election: &Election, clock: Clock) -> bool {
    election.term().is_some_and(|term| clock.now < term.until)
}

fn epoch(election: &Election) -> Option<u64> {
    election.term().map(|term| term.epoch)
}

#[test]
fn the_first_candidate_makes_the_lease_and_leads_at_once() {
    let (mut server, clock, mut one) = (Server::default(), Clock::start(), candidate("one"));
    assert_eq!(turn(&mut one, &mut server, clock), Step::Wait(ms(2000)));
    assert_eq!((server.shown(), epoch(&one)), ((Some("one"), 1), Some(1)));
    let spec = server.lease.unwrap().spec.unwrap();
    assert_eq!(spec.lease_duration_seconds, Some(15));
    assert_eq!(spec.acquire_time, spec.renew_time);
}

#[test]
fn a_leader_renews_and_keeps_its_epoch_and_the_time_it_began() {
    let (mut server, mut clock, mut one) = (Server::default(), Clock::start(), candidate("one"));
    let began = MicroTime(clock.wall);
    run(&mut one, &mut server, &mut clock, ms(60_000));
    assert!(leads(&one, clock) && server.version > 25, "renewed {} times", server.version);
    assert_eq!((server.shown(), epoch(&one)), ((Some("one"), 1), Some(1)));
    assert_eq!(server.lease.unwrap().spec.unwrap().acquire_time, Some(began));
}

#[test]
fn a_silent_holder_is_followed_after_a_whole_lease_of_our_own_time_whatever_its_clock_says() {
    for wrong_by in ["-9h", "0s", "9h"] {
        let (mut server, mut clock) = (Server::default(), Clock::start());
        let (mut one, mut two) = (candidate("one"), candidate("two"));
        turn(&mut one, &mut server, clock);
        clock.wall += wrong_by.parse::<jiff::SignedDuration>().unwrap();
        clock.pass(ms(14_000));
        turn(&mut two, &mut server, clock);
        run(&mut two, &mut server, &mut clock, ms(14_999));
        assert!(!leads(&two, clock), "{wrong_by}: seen for less than a lease");
        run(&mut two, &mut server, &mut clock, ms(2));
        assert!(leads(&two, clock), "{wrong_by}");
        assert_eq!((server.shown(), epoch(&two)), ((Some("two"), 2), Some(2)));
    }
}

#[test]
fn a_holder_that_renews_is_never_followed() {
    let (mut server, mut clock) = (Server::default(), Clock::start());
    let (mut one, mut two) = (candidate("one"), candidate("two"));
    for _ in 0..600 {
        turn(&mut one, &mut server, clock);
        turn(&mut two, &mut server, clock);
        clock.pass(ms(100));
    }
    assert!(leads(&one, clock) && !leads(&two, clock));
    assert_eq!(two.holder(), Some("one"));
    assert!(!two.has_claimed());
}

#[test]
fn a_released_lease_is_taken_at_the_next_look() {
    let (mut server, mut clock) = (Server::default(), Clock::start());
    let (mut one, mut two) = (candidate("one"), candidate("two"));
    turn(&mut one, &mut server, clock);
    turn(&mut two, &mut server, clock);
    let released = one.released(clock.wall, None).unwrap();
    assert!(matches!(server.answer(&Call::Update(released)), Answer::Written(_)));
    assert_eq!(server.shown(), (None, 1));
    run(&mut two, &mut server, &mut clock, ms(2000));
    assert_eq!((server.shown(), epoch(&two)), ((Some("two"), 2), Some(2)));
    assert_eq!(two.released(clock.wall, None).unwrap().spec.unwrap().lease_transitions, Some(2));
}

#[test]
fn what_is_not_ours_is_not_released() {
    let (mut server, clock) = (Server::default(), Clock::start());
    let (mut one, mut two) = (candidate("one"), candidate("two"));
    assert_eq!(one.released(clock.wall, None), None, "there is none");
    turn(&mut one, &mut server, clock);
    turn(&mut two, &mut server, clock);
    assert_eq!(two.released(clock.wall, Some(9)), None);
}

#[test]
fn an_overtaken_leader_leaves_the_higher_epoch_behind() {
    let (mut server, mut clock) = (Server::default(), Clock::start());
    let (mut one, mut two) = (candidate("one"), candidate("two"));
    turn(&mut one, &mut server, clock);
    let released = one.released(clock.wall, Some(41)).unwrap();
    server.answer(&Call::Update(released));
    run(&mut two, &mut server, &mut clock, ms(1));
    assert_eq!(epoch(&two), Some(42));
    assert_eq!(two.released(clock.wall, Some(7)).unwrap().spec.unwrap().lease_transitions, Some(42), "never lower");
}

#[test]
fn of_two_that_claim_at_once_the_first_write_wins() {
    let (mut server, clock) = (Server::default(), Clock::start());
    let (mut one, mut two) = (candidate("one"), candidate("two"));
    for election in [&mut one, &mut two] {
        assert_eq!(election.step(clock.read()), Step::Call(Call::Read));
        election.take(Answer::Missing, clock.now, clock.now);
    }
    turn(&mut one, &mut server, clock);
    assert_eq!(turn(&mut two, &mut server, clock), Step::Wait(ms(500)), "its claim was a conflict");
    assert!(leads(&one, clock) && !leads(&two, clock));
}

#[test]
fn a_leader_without_answers_ends_before_anybody_else_may_begin() {
    let (mut server, mut clock) = (Server::default(), Clock::start());
    let (mut one, mut two) = (candidate("one"), candidate("two"));
    turn(&mut one, &mut server, clock);
    turn(&mut two, &mut server, clock);
    let (mut lost, mut followed) = (None, None);
    for tenth in 1..200 {
        clock.pass(ms(100));
        match one.step(clock.read()) {
            Step::Call(_) => one.take(Answer::Failed, clock.now, clock.now),
            Step::Lost(Loss::NotRenewed) => lost = lost.or(Some(tenth)),
            _ => {}
        }
        turn(&mut two, &mut server, clock);
        assert!(!leads(&one, clock) || !leads(&two, clock));
        followed = followed.or(leads(&two, clock).then_some(tenth));
    }
    assert_eq!((lost, followed), (Some(100), Some(150)));
}

#[test]
fn one_renewal_may_fail() {
    let (mut server, mut clock, mut one) = (Server::default(), Clock::start(), candidate("one"));
    turn(&mut one, &mut server, clock);
    clock.pass(ms(2000));
    assert!(matches!(one.step(clock.read()), Step::Call(Call::Update(_))));
    one.take(Answer::Failed, clock.now, clock.now);
    assert_eq!(one.step(clock.read()), Step::Wait(ms(500)), "tried again soon");
    run(&mut one, &mut server, &mut clock, ms(30_000));
    assert!(leads(&one, clock));
}

#[test]
fn no_call_outlasts_the_deadline() {
    let (mut server, mut clock, mut one) = (Server::default(), Clock::start(), candidate("one"));
    assert_eq!(one.patience(clock.now), Timing::default().call());
    turn(&mut one, &mut server, clock);
    clock.pass(ms(9000));
    assert_eq!(one.patience(clock.now), ms(1000));
    clock.pass(ms(9000));
    assert_eq!(one.patience(clock.now), Duration::ZERO);
}

#[test]
fn a_frozen_leader_knows_when_it_wakes_that_it_leads_no_more() {
    let (mut server, mut clock, mut one) = (Server::default(), Clock::start(), candidate("one"));
    turn(&mut one, &mut server, clock);
    clock.pass(ms(3_600_000));
    assert_eq!(one.step(clock.read()), Step::Lost(Loss::NotRenewed), "before it asks anybody");
    assert_eq!(one.term(), None);
}

#[test]
fn a_leader_frozen_while_its_renewal_was_under_way_counts_from_when_it_was_sent() {
    let (mut server, mut clock, mut one) = (Server::default(), Clock::start(), candidate("one"));
    turn(&mut one, &mut server, clock);
    clock.pass(ms(2000));
    let sent = clock.now;
    let Step::Call(call) = one.step(clock.read()) else { panic!("a renewal is due") };
    let answer = server.answer(&call);
    clock.pass(ms(10_000));
    one.take(answer, sent, clock.now);
    assert_eq!(one.step(clock.read()), Step::Lost(Loss::NotRenewed));
}

#[test]
fn a_stolen_lease_is_lost_at_the_next_renewal() {
    let (mut server, mut clock, mut one) = (Server::default(), Clock::start(), candidate("one"));
    turn(&mut one, &mut server, clock);
    server.edit(|spec| spec.holder_identity = Some("thief".to_owned()));
    let left = run(&mut one, &mut server, &mut clock, ms(2500));
    assert_eq!(left, Step::Lost(Loss::Taken("thief".to_owned())));
    assert_eq!((server.shown(), one.released(clock.wall, None)), ((Some("thief"), 1), None), "and left alone");
}

#[test]
fn a_lease_that_somebody_emptied_is_lost_too() {
    let (mut server, mut clock, mut one) = (Server::default(), Clock::start(), candidate("one"));
    turn(&mut one, &mut server, clock);
    server.edit(|spec| spec.holder_identity = Some(String::new()));
    assert!(matches!(run(&mut one, &mut server, &mut clock, ms(2500)), Step::Lost(Loss::Taken(_))));
}

#[test]
fn an_edit_that_changes_no_holder_costs_a_look_and_nothing_else() {
    let (mut server, mut clock, mut one) = (Server::default(), Clock::start(), candidate("one"));
    turn(&mut one, &mut server, clock);
    server.edit(|spec| spec.lease_transitions = Some(0));
    run(&mut one, &mut server, &mut clock, ms(2500));
    assert!(leads(&one, clock));
    assert_eq!((server.shown(), epoch(&one)), ((Some("one"), 1), Some(1)), "the epoch does not fall");
}

#[test]
fn a_claim_whose_answer_was_lost_is_found_by_reading_and_counts_once() {
    let (mut server, mut clock, mut one) = (Server::default(), Clock::start(), candidate("one"));
    one.take(Answer::Missing, clock.now, clock.now);
    let Step::Call(claim) = one.step(clock.read()) else { panic!("a claim is due") };
    server.answer(&claim);
    one.take(Answer::Failed, clock.now, clock.now);
    assert!(!leads(&one, clock), "nobody leads on a guess");
    run(&mut one, &mut server, &mut clock, ms(2000));
    assert!(leads(&one, clock));
    assert_eq!((server.shown(), epoch(&one)), ((Some("one"), 1), Some(1)));
}

#[test]
fn a_renewal_whose_answer_was_lost_is_found_out_and_no_loss() {
    let (mut server, mut clock, mut one) = (Server::default(), Clock::start(), candidate("one"));
    turn(&mut one, &mut server, clock);
    clock.pass(ms(2000));
    let Step::Call(renewal) = one.step(clock.read()) else { panic!("a renewal is due") };
    server.answer(&renewal);
    one.take(Answer::Failed, clock.now, clock.now);
    run(&mut one, &mut server, &mut clock, ms(30_000));
    assert!(leads(&one, clock));
}

#[test]
fn a_deleted_lease_is_made_again_by_its_holder_with_its_epoch() {
    let (mut server, mut clock) = (Server::default(), Clock::start());
    let (mut one, mut two) = (candidate("one"), candidate("two"));
    turn(&mut one, &mut server, clock);
    server.edit(|spec| spec.lease_transitions = Some(7));
    run(&mut one, &mut server, &mut clock, ms(3000));
    turn(&mut two, &mut server, clock);
    server.lease = None;
    run(&mut two, &mut server, &mut clock, ms(2500));
    assert!(server.lease.is_none(), "while its holder may still lead nobody else makes it");
    run(&mut one, &mut server, &mut clock, ms(3000));
    assert_eq!(server.shown(), (Some("one"), 7));
    server.lease = None;
    run(&mut two, &mut server, &mut clock, ms(16_000));
    assert_eq!((server.shown(), epoch(&two)), ((Some("two"), 8), Some(8)), "its holder is gone");
}

#[test]
fn timings_that_do_not_go_together_are_refused_with_what_to_write() {
    let timing = |lease, deadline, retry| Timing::new(ms(lease), ms(deadline), ms(retry));
    assert_eq!(timing(15_000, 10_000, 2000), Ok(Timing::default()));
    assert_eq!(Timing::default().margin(), ms(5000));
    for (lease, deadline, retry) in
        [(0, 0, 1), (1500, 1000, 100), (7_200_000, 10_000, 2000), (15_000, 15_000, 2000), (15_000, 10_000, 5001)]
    {
        assert!(timing(lease, deadline, retry).is_err(), "{lease} {deadline} {retry}");
    }
    assert!(timing(15_000, 10_000, 0).is_err());
}

/// What becomes of the call that a process makes at its turn.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Answered,
    /// The request never arrives.
    Unheard,
    /// It is carried out, and its answer never arrives.
    Unanswered,
    /// It is carried out, and its answer arrives at the process's next turn.
    Late,
    /// The process is killed, and another one is started.
    Killed,
}

fn a_fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Answered), 1 => Just(Fate::Unheard), 1 => Just(Fate::Unanswered), 1 => Just(Fate::Late),
        1 => Just(Fate::Killed),
    ]
}

struct Process {
    election: Election,
    on_its_way: Option<(Answer, Instant)>,
}

impl Process {
    fn new(number: usize) -> Self {
        Self { election: candidate(&format!("process-{number}")), on_its_way: None }
    }

    fn act(&mut self, server: &mut Server, clock: Clock, fate: Fate) {
        if let Some((answer, sent)) = self.on_its_way.take() {
            self.election.take(answer, sent, clock.now);
        }
        let Step::Call(call) = self.election.step(clock.read()) else { return };
        match fate {
            Fate::Answered => self.election.take(server.answer(&call), clock.now, clock.now),
            Fate::Late => self.on_its_way = Some((server.answer(&call), clock.now)),
            Fate::Unheard | Fate::Unanswered | Fate::Killed => {
                if matches!(fate, Fate::Unanswered) {
                    server.answer(&call);
                }
                self.election.take(Answer::Failed, clock.now, clock.now);
            }
        }
    }
}

proptest! {
    /// A process that has no turn is frozen as long.
    #[test]
    fn never_do_two_lead_at_once_and_every_leaders_epoch_is_higher_than_those_before(
        script in proptest::collection::vec((0..3_usize, a_fate(), 1..3000_u64), 1..600),
    ) {
        let (mut server, mut clock) = (Server::default(), Clock::start());
        let mut processes = [0, 1, 2].map(Process::new);
        let mut last: Option<(String, u64)> = None;
        for (turn, (who, fate, wait)) in script.into_iter().enumerate() {
            clock.pass(ms(wait));
            if matches!(fate, Fate::Killed) {
                processes[who] = Process::new(3 + turn);
            }
            processes[who].act(&mut server, clock, fate);
            let leaders: Vec<&Election> =
                processes.iter().map(|process| &process.election).filter(|election| leads(election, clock)).collect();
            prop_assert!(leaders.len() <= 1, "{leaders:?}");
            if let [leader] = leaders[..] {
                let now = (leader.identity.clone(), epoch(leader).unwrap());
                if let Some(before) = last.filter(|before| *before != now) {
                    prop_assert!(before.0 != now.0 && before.1 < now.1, "{before:?} {now:?}");
                }
                last = Some(now);
            }
        }
    }
}

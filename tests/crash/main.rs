//! Power cuts. C011.
//!
//! A kill leaves what the system has in memory, so it cannot show that something was synced too late or not at all.
//! Here SQLite's writes and syncs are recorded ([`power_cut`]), and for a moment in the middle of many writes the disk
//! is made that a power cut may leave ([`disk`]). The store is opened on it: everything acknowledged before that moment
//! has to be there, and nothing by half ([`ledger`]). Disks that lie show that the tests would notice.
//!
//! What is not SQLite's is not seen: the renames of `store restore`, and the making of the data folder itself.

#![expect(clippy::expect_used, reason = "what a test cannot go on without fails it, with the reason")]

mod dice;
mod disk;
mod found;
mod history;
mod ledger;

use dice::Dice;
use disk::{Disk, Honesty, Image, Luck};
use history::History;
use power_cut::{Event, Recording};
use rusqlite::Connection;

/// Histories, unless `KILL_ROUNDS` in the environment says otherwise, as `make soak` does.
const ROUNDS: usize = 20;
/// Power cuts in each, at moments of their own.
const CUTS: usize = 4;
/// Histories within which a lie has to be found.
const CANARIES: usize = 5;

fn rounds() -> usize {
    std::env::var("KILL_ROUNDS").map_or(ROUNDS, |text| text.parse().expect("KILL_ROUNDS is a number"))
}

/// What is left of a disk that was empty once, when the power goes after these events.
fn cut(events: &[Event], dice: &mut Dice) -> Image {
    let mut disk = Disk::with(&Image::new());
    disk.replay(events);
    disk.cut(Luck::thrown(dice), dice)
}

/// What is wrong with the store that an image makes, when the power went at this moment of a history.
async fn complaints(history: &History, moment: usize, image: &Image) -> Vec<String> {
    let (found, _) = found::open(image).await;
    let unfit = found.unfit.into_iter();
    unfit.chain(history.ledger.complaints(moment, &found.facts)).collect()
}

#[tokio::test]
async fn c011_what_was_acknowledged_survives_a_power_cut_at_any_moment_and_nothing_is_there_by_half() {
    for seed in 0..rounds() {
        let (history, mut dice) = (History::of(seed).await, Dice::new(seed as u64));
        for _ in 0..CUTS {
            let moment = history.moment(&mut dice);
            let image = cut(&history.events[..moment], &mut dice);
            let complaints = complaints(&history, moment, &image).await;
            let all = history.events.len();
            assert!(complaints.is_empty(), "seed {seed}, cut at {moment} of {all}: {complaints:#?}");
        }
    }
}

#[tokio::test]
async fn c011_a_second_power_cut_while_the_store_recovers_from_the_first_takes_nothing_more() {
    for seed in 0..rounds() {
        let (history, mut dice) = (History::of(seed).await, Dice::new(seed as u64));
        let moment = history.moment(&mut dice);
        let image = cut(&history.events[..moment], &mut dice);
        let (first, recovery) = found::open(&image).await;
        for _ in 0..CUTS {
            let again = dice.below(recovery.len() + 1);
            let mut disk = Disk::with(&image);
            disk.replay(&recovery[..again]);
            let (second, _) = found::open(&disk.cut(Luck::thrown(&mut dice), &mut dice)).await;
            let all = recovery.len();
            assert_eq!(second, first, "seed {seed}, cut at {moment}, and at {again} of {all} when it was opened");
        }
    }
}

#[tokio::test]
async fn c011_canary_a_disk_that_does_not_sync_is_found_out_by_what_it_loses() {
    for seed in 0..CANARIES {
        let history = History::of(seed).await;
        let (honest, lied_about) = history.events.split_at(history.events.len() / 2);
        let mut disk = Disk::with(&Image::new());
        disk.replay(honest);
        disk.becomes(Honesty::Lying);
        disk.replay(lied_about);
        let image = disk.cut(Luck::Nothing, &mut Dice::new(0));
        let complaints = complaints(&history, history.events.len(), &image).await;
        assert!(complaints.iter().any(|line| line.starts_with("acknowledged, then lost")), "{complaints:?}");
    }
}

#[tokio::test]
async fn c011_canary_a_disk_that_does_not_sync_the_file_before_its_log_is_used_anew_is_found_out() {
    for seed in 0..CANARIES {
        let history = History::of(seed).await;
        // Before the store is closed: the log is in use, and was begun anew once it had been written back.
        let moment = history.ledger.0.iter().map(|request| request.answered).max().expect("a history of requests");
        let mut disk = Disk::with(&Image::new());
        disk.becomes(Honesty::LyingOf("scim.db"));
        disk.replay(&history.events[..moment]);
        let image = disk.cut(Luck::Nothing, &mut Dice::new(0));
        assert_ne!(complaints(&history, moment, &image).await, Vec::<String>::new(), "seed {seed}");
    }
}

/// Whether a committed row is there after a power cut, when SQLite was set to synchronise like this.
fn is_kept(synchronous: &str, luck: Luck) -> bool {
    let (before, after) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let recording = Recording::start(before.path()).expect("a recording");
    let connection = Connection::open(before.path().join("a.db")).expect("a database");
    connection.pragma_update(None, "journal_mode", "WAL").expect("a log");
    connection.pragma_update(None, "synchronous", synchronous).expect("a setting");
    connection.execute_batch("CREATE TABLE t (n); INSERT INTO t VALUES (1)").expect("two commits");
    let mut disk = Disk::with(&Image::new());
    disk.replay(&recording.events());
    disk::lay_out(&disk.cut(luck, &mut Dice::new(0)), after.path()).expect("the files of an image");
    let connection = Connection::open(after.path().join("a.db")).expect("a database, perhaps a new one");
    connection.query_row("SELECT n FROM t", [], |row| row.get(0)) == Ok(1)
}

#[test]
fn c011_canary_only_synchronous_full_keeps_a_commit_over_a_power_cut_and_a_kill_cannot_tell() {
    for (synchronous, kept) in [("FULL", true), ("NORMAL", false), ("OFF", false)] {
        assert_eq!(is_kept(synchronous, Luck::Nothing), kept, "{synchronous}");
        assert!(is_kept(synchronous, Luck::Everything), "{synchronous}, after a kill");
    }
}

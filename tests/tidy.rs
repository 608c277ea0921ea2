//! What a machine can hold of the house style and of the architecture: one test per rule, over every file.
//!
//! Every rule is a function from a file to complaints, in `tests/tidy/`; beside it stands a test with a planted
//! violation, which shows that the rule can fail. A complaint says where, what, and what to do instead.

#![expect(clippy::expect_used, reason = "a repository that cannot be read fails the test, with the reason")]

#[path = "tidy/behaviours.rs"]
mod behaviours;
#[path = "tidy/habits.rs"]
mod habits;
#[path = "tidy/places.rs"]
mod places;
#[path = "tidy/rooms.rs"]
mod rooms;
#[path = "tidy/sizes.rs"]
mod sizes;
#[path = "tidy/source.rs"]
mod source;

use source::{Source, repository};

/// Runs a rule over the files of the repository and fails with all its complaints.
fn hold(rule: impl Fn(&Source) -> Vec<String>) {
    let complaints: Vec<String> = repository().iter().flat_map(rule).collect();
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn rooms_know_only_the_rooms_they_may() {
    hold(rooms::arrows);
}

#[test]
fn drivers_stay_in_their_rooms() {
    hold(rooms::drivers);
}

#[test]
fn pure_rooms_have_no_clock_no_randomness_and_no_outside() {
    hold(rooms::purity);
}

#[test]
fn files_functions_and_lines_are_short() {
    hold(sizes::sizes);
}

#[test]
fn every_file_says_what_it_is_for() {
    hold(habits::module_doc);
}

#[test]
fn nothing_that_ships_can_panic_on_purpose() {
    hold(habits::panics);
}

#[test]
fn banned_words_and_calls_stay_out() {
    hold(habits::banned);
}

#[test]
fn names_are_nouns_of_the_field() {
    hold(habits::names);
}

#[test]
fn tests_wait_on_conditions_and_not_on_the_clock() {
    hold(habits::sleeps);
}

#[test]
fn nothing_names_a_place_outside() {
    hold(places::places);
}

#[test]
fn every_rust_file_is_part_of_the_build() {
    let orphans = places::orphans(&repository());
    assert!(orphans.is_empty(), "{}", orphans.join("\n"));
}

#[test]
fn the_list_of_behaviours_is_whole_and_true() {
    behaviours::hold(&repository());
}

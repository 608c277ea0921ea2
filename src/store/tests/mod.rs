//! One suite that every engine passes: SQLite, PostgreSQL, and the model that the two are compared with.
//!
//! A claim is an async function over a [`home::Home`]; the list below makes of it one test an engine. Changes here only
//! write what they are told, or evaluate a toy: rules and the protocol are no business of this room.

mod access;
mod account;
mod beside;
mod cause;
mod change;
mod erase;
mod figure;
mod history;
mod home;
mod identity;
mod list;
mod load;
mod page;
mod people;
mod race;
mod record;
mod resource;
mod rule;
mod run;
mod session;
mod view;
mod write;

pub(super) use home::Schema;

/// Makes of each claim a test for each engine.
macro_rules! claims {
    ($($room:ident: $($claim:ident),+;)+) => {
        mod sqlite {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $claim() {
                    super::$room::$claim(&super::home::Home::folder()).await;
                }
            )+)+
        }

        mod postgres {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $claim() {
                    if let Some(home) = super::home::Home::schema(stringify!($claim)) {
                        super::$room::$claim(&home).await;
                        home.end().await;
                    }
                }
            )+)+
        }

        mod model {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $claim() {
                    super::$room::$claim(&super::home::Home::memory()).await;
                }
            )+)+
        }
    };
}

claims! {
    write:
        a_user_is_what_was_written_last,
        a_user_that_goes_takes_along_what_hangs_on_it,
        a_group_is_what_was_written_last,
        a_group_that_goes_takes_its_memberships_along,
        b095_a_change_of_members_moves_version_and_time_and_nothing_else,
        c011_members_join_and_leave_once_however_often_they_are_told_to,
        b068_b069_grants_are_replaced_and_holders_follow,
        c011_what_is_written_after_an_evaluation_sees_it,
        c005_a_change_has_one_record_and_one_that_fails_has_none,
        c011_what_was_acknowledged_is_there_when_the_store_is_opened_again;
    load:
        whatever_is_asked_for_is_there_also_when_it_is_nothing,
        b095_a_change_of_members_says_who_joins_who_leaves_and_who_is_unknown,
        b095_members_are_loaded_up_to_a_limit,
        runs_are_loaded_by_uid_and_by_name,
        whether_anybody_holds_what_no_rule_gave_is_said_where_it_is_asked,
        a_change_may_ask_again_and_keeps_what_it_has,
        a_change_that_only_asks_is_stopped;
    list:
        pages_come_in_the_order_of_ids_and_say_how_many_there_are,
        a_filter_sees_what_it_needs_and_the_window_counts_what_it_keeps,
        every_way_to_select_users_finds_the_same_people,
        every_way_to_select_groups_finds_the_same_groups,
        whole_blocks_are_read_to_their_end_and_no_further,
        names_are_found_however_they_are_written_and_keep_their_letters,
        texts_are_in_the_order_of_their_bytes;
    page:
        a_page_goes_on_behind_an_id_and_back_before_one_and_says_whether_there_is_more,
        a_filtered_page_has_what_an_unfiltered_one_has_of_it,
        nothing_is_skipped_or_repeated_while_others_insert_and_delete,
        a_pass_ends_with_its_page_unless_all_are_counted,
        whole_blocks_are_gone_through_backwards_too,
        everything_is_gone_through_once_and_what_was_chosen_is_read_in_its_order,
        people_are_found_by_each_of_their_addresses_in_any_case,
        addresses_follow_their_user,
        members_are_gone_through_page_by_page;
    resource:
        a_resource_is_what_was_written_last,
        a_resource_that_goes_leaves_its_values_free,
        values_are_unique_within_a_type_and_an_attribute,
        two_changes_that_want_one_value_are_decided_one_after_the_other,
        resources_are_loaded_by_id_and_by_key_also_when_there_is_none,
        a_change_may_ask_for_resources_and_then_for_what_is_locked_before_them,
        every_way_to_select_resources_finds_the_same_ones,
        resources_come_in_pages_and_in_one_pass;
    rule:
        b066_a_changed_rule_that_affects_nobody_is_in_sync_at_once,
        b065_a_changed_rule_that_affects_somebody_waits_for_its_run,
        b065_b066_a_rule_that_becomes_what_it_was_waits_for_a_run_all_the_same,
        b065_what_changes_while_a_run_is_under_way_is_out_of_sync_behind_it,
        b061_a_deleted_rule_is_remembered_while_somebody_holds_something,
        b039_selectors_name_the_group_that_is_there_now,
        c009_what_is_in_force_is_what_was_published_last,
        b127_another_epoch_needs_no_other_content,
        c003_what_is_not_let_through_stays_out_of_force_also_after_a_restart;
    run:
        runs_wait_in_the_order_in_which_they_came,
        a_run_that_has_begun_comes_before_an_older_one_that_waits,
        b059_b061_a_partial_run_takes_members_and_holders_each_once,
        b062_a_full_run_takes_everybody,
        b063_a_run_goes_on_behind_its_cursor_and_after_a_restart,
        runs_that_ended_push_out_the_oldest,
        c001_whom_a_run_changes_is_kept_once_and_read_in_pages,
        c001_what_was_noted_of_a_run_is_forgotten_and_noted_anew,
        whom_the_last_runs_changed_is_kept_and_no_more;
    access:
        b059_the_people_of_rules_and_groups_are_named_in_order_and_each_once,
        what_a_pass_needs_of_people_is_read_in_the_order_asked,
        holders_of_a_role_are_counted_while_their_account_may_be_used,
        b062_a_full_pass_counts_for_whoever_was_there_and_for_nobody_else,
        whoever_waits_for_an_evaluation_is_shown_as_waiting;
    cause:
        c002_who_joined_and_who_left_is_kept_with_the_record_that_made_it,
        c002_a_name_that_is_gone_and_a_user_who_changed_are_known_by_the_last_record,
        c002_a_name_of_any_length_that_is_gone_is_known,
        what_made_a_user_what_they_were_goes_with_the_user;
    account:
        b083_an_account_is_what_was_written_last_and_has_its_name_alone,
        accounts_are_loaded_by_id_and_by_name_also_when_there_is_none,
        c004_failed_events_are_kept_by_what_they_are_about_newest_first,
        c004_a_message_about_something_of_any_length_is_kept_and_found,
        c004_of_too_many_failed_events_the_oldest_go;
    identity:
        b006_an_identity_is_found_by_whom_it_stands_for_and_by_its_subject,
        identities_are_loaded_by_both_keys_also_when_there_is_none,
        b006_a_subject_stands_for_one_and_who_comes_second_is_decided_again,
        b133_sessions_that_were_ended_stay_ended_and_the_subject_stays_bound,
        an_identity_goes_with_its_user_and_with_its_account,
        b008_b054_the_role_of_somebody_who_was_let_in_again_is_kept_and_goes;
    record:
        c006_records_are_read_in_their_order_from_anywhere,
        c006_whoever_waits_hears_of_every_record_and_of_none_that_failed,
        c002_records_are_found_by_their_ids_at_once,
        c005_the_oldest_records_are_cut_off_by_number_and_that_is_on_record,
        c005_the_oldest_records_are_cut_off_by_age,
        a_closed_store_cuts_nothing;
    figure:
        b111_what_is_counted_adds_up,
        last_uses_only_move_forward,
        whoever_is_queued_is_pending_until_evaluated_or_gone;
    race:
        two_changes_that_want_one_name_are_decided_one_after_the_other,
        c011_eighty_members_who_join_one_group_at_once_are_all_there,
        b068_c011_many_groups_at_once_and_every_grant_is_there,
        b127_publications_at_once_have_revisions_of_their_own,
        a_closed_store_writes_nothing_more;
}

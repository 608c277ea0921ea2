//! What is known of providers, suites and clients: a row for each fact, with the tests that show it.
//!
//! The sections are those of the page that `page` writes: 1 and 2 Entra ID, 3 Okta, 4 others, 5 a resource type of
//! one's own, 6 contradictions. A fact that is about the provider alone says so and has no test.

/// One fact.
pub(super) struct Fact {
    /// Section and number: `(1, 3)` has tests that begin with `i1_03_`.
    pub place: (u8, u8),
    /// The fact, for people.
    pub text: &'static str,
    /// What shows it.
    shown: Shown,
}

/// What shows a fact.
enum Shown {
    /// These tests.
    By(&'static [&'static str]),
    /// Nothing can, or nothing is to be shown: why.
    Told(&'static str),
}

use Shown::{By, Told};

impl Fact {
    /// The tests that show it.
    pub(super) fn shown_by(&self) -> &'static [&'static str] {
        match self.shown {
            By(tests) => tests,
            Told(_) => &[],
        }
    }

    /// Why there is no test.
    pub(super) fn told(&self) -> Option<&'static str> {
        match self.shown {
            By(_) => None,
            Told(why) => Some(why),
        }
    }
}

/// Whether a test is named like one that shows a fact.
pub(super) fn is_of_a_fact(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next() == Some('i') && letters.next().is_some_and(|c| c.is_ascii_digit()) && letters.next() == Some('_')
}

/// The titles of the sections, in order.
pub(super) const SECTIONS: [&str; 6] = [
    "Entra ID: rules",
    "Entra ID: bodies",
    "Okta",
    "Others",
    "A resource type of one's own",
    "Where suites and clients contradict each other",
];

macro_rules! facts {
    ($($section:literal $number:literal $text:literal $shown:expr;)+) => {
        /// All of them.
        pub(super) const FACTS: &[Fact] =
            &[$(Fact { place: ($section, $number), text: $text, shown: $shown }),+];
    };
}

facts! {
    1 1 "`op` arrives as `Add`, `Replace`, `Remove`." By(&["i1_01_op_is_read_in_any_case"]);
    1 2 "Filters use only `eq` and `and`, over `userName`, `externalId`, the work e-mail address, a group's \
     `displayName`, or any attribute that an administrator matches by."
        By(&["i1_02_eq_and_and_find_users_and_groups_by_any_attribute"]);
    1 3 "No match is an empty list with 200; the connection test is such a filter, and a wrong token must give 401."
        By(&["i1_03_no_match_is_an_empty_list"]);
    1 4 "Inactive users are still found and read." By(&["i1_04_inactive_users_are_found"]);
    1 5 "Groups are read with `excludedAttributes=members`; a PATCH of a group is best answered with 204."
        By(&["i1_05_a_group_patch_is_204_and_members_are_left_out_when_asked"]);
    1 6 "References are checked with `id eq … and manager eq …`, `id eq … and members eq …`, `attributes=id`."
        By(&["i1_06_reference_checks_of_managers_and_members"]);
    1 7 "Who is unassigned, out of scope or disabled becomes inactive; `DELETE` comes 30 days after the delete in the \
     provider, and after a mere unassignment never."
        By(&["i1_07_who_is_disabled_stays_until_the_delete"]);
    1 8 "Memberships are not sent again when somebody becomes active again."
        By(&["i1_08_memberships_stay_while_a_user_is_inactive"]);
    1 9 "Values must come back as they were sent, or they are written forever."
        By(&["i1_09_values_are_kept_as_they_came"]);
    1 10 "`/Schemas` has no nulls; the gallery wants it to be discovered."
        By(&["i1_10_schemas_are_discovered_and_have_no_nulls"]);
    1 11 "At least 25 requests a second must be taken; a cycle runs every 40 minutes; errors lead to quarantine, and \
     to the job being off after four weeks."
        By(&["i1_11_a_burst_of_requests_is_answered"]);
    1 12 "Without a secret, a token of Entra's own comes along, for a fixed audience."
        Told("not taken: a directory has keys of its own");
    1 13 "The gallery of 2026 takes up only OAuth client credentials and workload identity federation."
        Told("about the gallery: static keys serve other applications");
    1 14 "Assertions of workload identity federation come from one of several issuers."
        Told("not taken: a directory has keys of its own");
    1 15 "The flag of the tenant URL, `aadOptscim062020`, arrives as a query of every call."
        By(&["i1_15_the_flag_of_the_tenant_url_comes_with_every_call"]);
    1 16 "Nobody sees which flag is on: both shapes are taken always."
        By(&["i1_16_both_shapes_are_taken_with_the_flag_and_without"]);
    2 1 "Create a user." By(&["i2_01_create_user"]);
    2 2 "Create a user with nulls." By(&["i2_02_create_user_with_nulls"]);
    2 3 "Create a user with the URN of the enterprise extension misspelt."
        By(&["i2_03_create_user_with_the_misspelt_enterprise_urn"]);
    2 4 "Disable with the string `False`." By(&["i2_04_disable_with_the_string_false"]);
    2 5 "Disable with a boolean, behind the flag." By(&["i2_05_disable_with_a_boolean"]);
    2 6 "Add a single value." By(&["i2_06_add_single_value"]);
    2 7 "Replace many attributes without path, by dotted keys and keys with a URN."
        By(&["i2_07_replace_many_without_path"]);
    2 8 "Add at a value path that matches nothing: the value is made."
        By(&["i2_08_add_to_a_value_path_that_matches_nothing"]);
    2 9 "The manager as a list with a reference." By(&["i2_09_manager_as_a_list_with_a_reference"]);
    2 10 "The manager as a bare id." By(&["i2_10_manager_as_a_bare_id"]);
    2 11 "The manager cleared with an empty string." By(&["i2_11_manager_cleared_with_an_empty_string"]);
    2 12 "The manager with a dot for the colon." By(&["i2_12_manager_with_a_dot_for_the_colon"]);
    2 13 "A role as a string of JSON." By(&["i2_13_role_as_a_string_of_json"]);
    2 14 "The roles replaced by a list." By(&["i2_14_roles_replaced_by_a_list"]);
    2 15 "A role selected by the string `True`." By(&["i2_15_role_by_a_boolean_as_a_string"]);
    2 16 "Optional attributes emptied: first with `\"\"`, then with null." By(&["i2_16_optional_attributes_emptied"]);
    2 17 "Create a group, with a URN that is no SCIM schema." By(&["i2_17_create_group"]);
    2 18 "Add a member." By(&["i2_18_add_a_member"]);
    2 19 "Remove one member by a list: only that one." By(&["i2_19_remove_one_member_by_a_list"]);
    2 20 "Remove one member by a filter, behind the flag." By(&["i2_20_remove_one_member_by_a_filter"]);
    2 21 "Replace a group's `externalId` and `displayName`." By(&["i2_21_replace_externalid_and_displayname"]);
    2 22 "Names in the wrong case." By(&["i2_22_names_in_the_wrong_case"]);
    2 23 "`startIndex=0`." By(&["i2_23_startindex_zero"]);
    2 24 "A filter among the `attributes`." By(&["i2_24_a_filter_among_the_attributes"]);
    2 25 "A filter on `meta` in the wrong case." By(&["i2_25_a_filter_on_meta_in_the_wrong_case"]);
    2 26 "A member as a plain string." By(&["i2_26_add_a_member_by_its_bare_id"]);
    2 27 "The primary e-mail address selected by a filter, as the web validator does."
        By(&["i2_27_the_primary_e_mail_address_by_a_filter"]);
    2 28 "Several operations in one PATCH." By(&["i2_28_several_operations_at_once"]);
    2 29 "A second user of the same name." By(&["i2_29_a_second_user_of_the_same_name"]);
    2 30 "A match in another case." By(&["i2_30_match_by_username_in_another_case"]);
    2 31 "A user deleted twice." By(&["i2_31_delete_a_user_twice"]);
    2 32 "`/serviceConfiguration`, which is no path of the RFC."
        By(&["i2_32_service_configuration_is_called_by_its_name_only"]);
    2 33 "Filter values without quotes." By(&["quirk_unquoted_filter_value"]);
    3 1 "The lookup is by `userName`, with `startIndex=1&count=100`; an import walks over all pages, so the order \
     must be stable."
        By(&["i3_01_the_lookup_finds_one_and_an_import_sees_everyone_once"]);
    3 2 "A new user has `groups`, `password`, `locale`, `externalId`, `displayName`; numbers are JSON numbers."
        By(&["i3_02_a_new_user_has_groups_password_and_locale_and_numbers_are_numbers"]);
    3 3 "Apps of the wizard send PUT for every update, those of the integration network PATCH for `active` and \
     password; a PUT brings `id`, `groups`, `meta` back."
        By(&["i3_03_updates_come_by_put_or_by_patch"]);
    3 4 "Users are never deleted; who is assigned again may be sent by POST again."
        By(&["i3_04_who_is_assigned_again_is_the_same_user", "quirk_post_reactivates"]);
    3 5 "A duplicate is 409 with a detail; 401 and 404 have a SCIM error with its status as text."
        By(&["i3_05_errors_have_a_detail_and_their_status_as_text"]);
    3 6 "A request may take 60 s; the base URL has no underscore; `/Me`, `/.search`, `/Bulk` and discovery are not \
     used, but by Entitlement Management."
        Told("about the provider");
    3 7 "It authenticates with a static token, basic or an authorisation code, never with client credentials."
        By(&["i3_07_a_static_bearer_token_lets_it_in"]);
    3 8 "A PATCH may be answered with 200 or 204." By(&["i3_08_a_patch_of_a_user_is_200_and_of_a_group_204"]);
    3 9 "Deactivate without path." By(&["i3_09_deactivate_without_path"]);
    3 10 "The group's name at every push, with the id inside the value."
        By(&["i3_10_the_name_at_every_push_with_the_id_inside"]);
    3 11 "One member leaves and one joins in one PATCH." By(&["i3_11_one_leaves_and_one_joins_in_one_patch"]);
    3 12 "The members in full." By(&["i3_12_the_members_in_full"]);
    3 13 "The twelve requests of the published SPEC test." By(&["i3_13_the_twelve_requests_of_the_spec_test"]);
    3 14 "Entitlement Management reads `/Roles` and `/Entitlements`." Told("not served");
    4 1 "OneLogin: URNs from before the standard, an empty User-Agent, URLs that end in `?` or `&`, groups by PATCH \
     only."
        By(&["i4_01_onelogin_has_older_urns_no_agent_and_loose_ends"]);
    4 2 "Okta's pushes through gateways: an extension in `schemas` without a part in the body."
        By(&["i4_02_an_extension_may_be_named_and_have_no_part"]);
    4 3 "JumpCloud: the connection test makes and deletes a user; updates PUT the whole."
        By(&["i4_03_jumpcloud_makes_and_deletes_its_test_user_and_puts_the_whole"]);
    4 4 "PingOne: the lookup by `userName` carries the e-mail address; groups come with `members` by POST and PUT."
        By(&["i4_04_pingone_looks_up_by_address_and_sends_members"]);
    4 5 "Google Workspace sends SCIM to applications of its catalogue only."
        Told("about the provider: nothing arrives");
    4 6 "SailPoint: PATCH messages that lack something, or have more."
        By(&["i4_06_sailpoint_leaves_out_and_adds", "quirk_schemas_missing"]);
    4 7 "AWS IAM Identity Center is a server, not a client: `eq` and `and`, 100 members a request."
        Told("about a server: nothing arrives");
    5 1 "Discovered like the built-in ones." By(&["i5_01_the_type_and_its_schemas_are_discovered"]);
    5 2 "A value of every kind is kept." By(&["i5_02_a_value_of_every_kind_is_kept"]);
    5 3 "Listed, replaced, patched, deleted." By(&["i5_03_it_is_listed_replaced_patched_and_deleted"]);
    5 4 "Found by values of every kind, in the case that the schema says."
        By(&["i5_04_it_is_found_by_values_of_every_kind"]);
    5 5 "`returned`: `default`, `always`, `never`, `request`."
        By(&["i5_05_each_attribute_is_returned_when_its_schema_says"]);
    5 6 "A value of another kind is refused." By(&["i5_06_a_value_of_another_kind_is_refused"]);
    5 7 "Required attributes and a required extension must be there and stay."
        By(&["i5_07_what_is_required_must_be_there_and_stay"]);
    5 8 "`uniqueness: server`." By(&["i5_08_what_is_unique_is_there_once"]);
    5 9 "`mutability`: `readWrite`, `readOnly`, `immutable`, `writeOnly`." By(&["i5_09_clients_write_what_they_may"]);
    5 10 "One `primary` at most." By(&["i5_10_of_several_primaries_the_last_stays"]);
    5 11 "Without a definition there is nothing." By(&["i5_11_without_a_definition_there_is_nothing"]);
    6 1 "The answer to a PATCH: 200 with the user; of a group 204, in `Strict` and `Interop` 200 with the group; \
     `attributes` is honoured."
        By(&["i6_01_a_patch_is_answered_with_the_user_and_of_a_group_as_the_dialect_says",
            "quirk_group_patch_no_content"]);
    6 2 "Content-Type: `application/scim+json` without a charset."
        By(&["i6_02_the_media_type_is_answered_without_a_charset"]);
    6 3 "Discovery with a query: a filter is 403 on `/Schemas` and `/ResourceTypes`, passed over on \
     `/ServiceProviderConfig`."
        By(&["i6_03_a_filter_is_forbidden_on_the_lists_and_passed_over_on_the_configuration"]);
    6 4 "Replacing at a value path without a match: 400 `noTarget`; made for Entra ID." By(&["quirk_replace_creates"]);
    6 5 "A PATCH without path: taken, but in `Interop`." By(&["quirk_pathless_patch"]);
    6 6 "Unknown attributes and URNs: left out and counted; refused in `Strict` and `Interop`."
        By(&["quirk_unknown_attribute", "quirk_unknown_schema"]);
    6 7 "Replacing a complex attribute: merged; in `Interop` replaced as a whole."
        By(&["quirk_replace_merges", "quirk_value_path_merges"]);
    6 8 "`If-Match` is honoured and never required." By(&["i6_08_if_match_is_honoured_and_never_required"]);
    6 9 "Booleans as text: taken, but in `Strict`." By(&["quirk_boolean_as_string", "quirk_quoted_boolean_in_filter"]);
    6 10 "Filter values without quotes: for Entra ID only." By(&["quirk_unquoted_filter_value"]);
    6 11 "Firm: adding what is there leaves `lastModified` alone."
        By(&["i6_11_adding_what_is_there_leaves_the_time_alone"]);
    6 12 "Firm: `active gt true` is 400 `invalidFilter`." By(&["i6_12_a_boolean_has_no_order"]);
    6 13 "Firm: 401 has `WWW-Authenticate` and a SCIM error." By(&["i6_13_who_is_not_let_in_is_told_how"]);
    6 14 "Firm: a new primary takes the place of the old." By(&["i6_14_a_new_primary_takes_the_place_of_the_old"]);
    6 15 "Firm: the same type and value are answered once." By(&["i6_15_a_value_is_answered_once"]);
    6 16 "Firm: another method on discovery is 405." By(&["i6_16_discovery_is_read_only"]);
    6 17 "Firm: what is read-only is passed over, `meta.resourceType` in a PUT too."
        By(&["i6_17_what_only_the_server_writes_is_passed_over"]);
    6 18 "Firm: removing what is required is 400 `mutability`." By(&["i6_18_what_is_required_cannot_be_removed"]);
    6 19 "Firm: a bulk request over the limit is 413, where bulk is served."
        By(&["i6_19_bulk_over_its_limit_is_413_where_there_is_bulk"]);
    6 20 "Firm: POST answers `Location`." By(&["i6_20_what_is_made_says_where_it_is"]);
    6 21 "Firm: `schemas` and `id` are in every answer." By(&["i6_21_schemas_and_id_are_in_every_answer"]);
}

#[test]
fn facts_are_in_order_and_their_tests_begin_with_their_place() {
    for pair in FACTS.windows(2) {
        let ((section, number), next) = (pair[0].place, pair[1].place);
        assert!(next == (section, number + 1) || next == (section + 1, 1), "{next:?} after {:?}", pair[0].place);
    }
    for fact in FACTS {
        let start = format!("i{}_{:02}_", fact.place.0, fact.place.1);
        for name in fact.shown_by() {
            assert!(name.starts_with(&start) || name.starts_with("quirk_"), "{name} shows {:?}", fact.place);
        }
        assert!(fact.text.ends_with('.') && fact.told() != Some(""), "{}", fact.text);
    }
}

//! The bodies that Entra ID sends, in the dialect `Entra`.
//!
//! They are the files of `tests/data/idp/entra`, which are sent under `Auto` elsewhere.

use super::{assert_error, exchanged, speaking};
use scim_operator::scim::Dialect;

async fn body(name: &str) {
    exchanged(&format!("entra/{name}.json"), Dialect::Entra).await;
}

#[tokio::test]
async fn i2_01_create_user() {
    body("01-create-user").await;
}

#[tokio::test]
async fn i2_02_create_user_with_nulls() {
    body("02-create-user-with-nulls").await;
}

#[tokio::test]
async fn i2_03_create_user_with_the_misspelt_enterprise_urn() {
    body("03-create-user-with-the-misspelt-enterprise-urn").await;
}

#[tokio::test]
async fn i2_04_disable_with_the_string_false() {
    body("04-disable-with-the-string-false").await;
}

#[tokio::test]
async fn i2_05_disable_with_a_boolean() {
    body("05-disable-with-a-boolean").await;
}

#[tokio::test]
async fn i2_06_add_single_value() {
    body("06-add-single-value").await;
}

#[tokio::test]
async fn i2_07_replace_many_without_path() {
    body("07-replace-many-without-path").await;
}

#[tokio::test]
async fn i2_08_add_to_a_value_path_that_matches_nothing() {
    body("08-add-to-a-value-path-that-matches-nothing").await;
}

#[tokio::test]
async fn i2_09_manager_as_a_list_with_a_reference() {
    body("09-manager-as-a-list-with-a-reference").await;
}

#[tokio::test]
async fn i2_10_manager_as_a_bare_id() {
    body("10-manager-as-a-bare-id").await;
}

#[tokio::test]
async fn i2_11_manager_cleared_with_an_empty_string() {
    body("11-manager-cleared-with-an-empty-string").await;
}

#[tokio::test]
async fn i2_12_manager_with_a_dot_for_the_colon() {
    body("12-manager-with-a-dot-for-the-colon").await;
}

#[tokio::test]
async fn i2_13_role_as_a_string_of_json() {
    body("13-role-as-a-string-of-json").await;
}

#[tokio::test]
async fn i2_14_roles_replaced_by_a_list() {
    body("14-roles-replaced-by-a-list").await;
}

#[tokio::test]
async fn i2_15_role_by_a_boolean_as_a_string() {
    body("15-role-by-a-boolean-as-a-string").await;
}

#[tokio::test]
async fn i2_16_optional_attributes_emptied() {
    body("16-optional-attributes-emptied").await;
}

#[tokio::test]
async fn i2_17_create_group() {
    body("34-create-group").await;
}

#[tokio::test]
async fn i2_18_add_a_member() {
    body("35-add-a-member").await;
}

#[tokio::test]
async fn i2_19_remove_one_member_by_a_list() {
    body("36-remove-one-member-by-a-list").await;
}

#[tokio::test]
async fn i2_20_remove_one_member_by_a_filter() {
    body("37-remove-one-member-by-a-filter").await;
}

#[tokio::test]
async fn i2_21_replace_externalid_and_displayname() {
    body("40-replace-externalid-and-displayname").await;
}

#[tokio::test]
async fn i2_22_names_in_the_wrong_case() {
    body("17-names-in-the-wrong-case").await;
}

#[tokio::test]
async fn i2_23_startindex_zero() {
    body("30-startindex-zero").await;
}

#[tokio::test]
async fn i2_24_a_filter_among_the_attributes() {
    body("31-a-filter-among-the-attributes").await;
}

#[tokio::test]
async fn i2_25_a_filter_on_meta_in_the_wrong_case() {
    body("32-a-filter-on-meta-in-the-wrong-case").await;
}

#[tokio::test]
async fn i2_26_add_a_member_by_its_bare_id() {
    body("38-add-a-member-by-its-bare-id").await;
}

#[tokio::test]
async fn i2_27_the_primary_e_mail_address_by_a_filter() {
    body("18-the-primary-e-mail-address-by-a-filter").await;
}

#[tokio::test]
async fn i2_28_several_operations_at_once() {
    body("19-several-operations-at-once").await;
}

#[tokio::test]
async fn i2_29_a_second_user_of_the_same_name() {
    body("22-a-second-user-of-the-same-name").await;
}

#[tokio::test]
async fn i2_30_match_by_username_in_another_case() {
    body("24-match-by-username-in-another-case").await;
}

#[tokio::test]
async fn i2_31_delete_a_user_twice() {
    body("49-delete-a-user-twice").await;
}

#[tokio::test]
async fn i2_32_service_configuration_is_called_by_its_name_only() {
    let endpoint = speaking(Dialect::Entra).await;
    assert_error(&endpoint.public.get("/scim/v2/serviceConfiguration").await, 404, None);
    assert_eq!(endpoint.public.get("/scim/v2/ServiceProviderConfig").await.status, 200);
}

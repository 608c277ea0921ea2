//! How people sign in, from the manifest to the document.

use super::{Manifest, compiled, directory, manifest};
use crate::access::Onboarding;
use crate::api::ScimDirectory;
use crate::config::SubjectAttribute;

/// The directory `corp` at whose provider people sign in, with these further fields of `oidc` and of the spec.
fn signing_in(oidc: &str, more: &str) -> ScimDirectory {
    let subject = "subject: {claim: oid, attribute: externalId}";
    let sso = format!("sso: {{oidc: {{issuer: https://login.example.com/, clientId: corp, {subject}{oidc}}}}}");
    match manifest("ScimDirectory", "corp", &format!("displayName: Corp, tenant: main, {sso}{more}")) {
        Manifest::Directory(directory) => *directory,
        other => panic!("{other:?}"),
    }
}

#[test]
fn b129_what_is_written_of_a_provider_comes_into_the_document_without_any_secret() {
    let bare = compiled(&signing_in("", ""), &[], None).document;
    let sign_in = bare.sign_in.clone().expect("people sign in here");
    assert_eq!((sign_in.issuer.as_str(), sign_in.client_id.as_str()), ("https://login.example.com/", "corp"));
    assert_eq!((sign_in.has_client_secret, sign_in.scopes.join(" ").as_str()), (false, "openid email profile"));
    assert_eq!((sign_in.subject.claim.as_str(), sign_in.subject.attribute), ("oid", SubjectAttribute::ExternalId));

    let whole =
        ", clientSecretRef: {name: corp-idp, key: theSecret}, caSecretRef: {name: corp-ca}, scopes: [a, openid]";
    let whole = compiled(&signing_in(whole, ""), &[], None).document;
    let text = serde_json::to_string(&whole).expect("JSON");
    assert!(!text.contains("corp-idp") && !text.contains("theSecret") && !text.contains("corp-ca"), "{text}");
    let sign_in = whole.sign_in.expect("people sign in here");
    assert_eq!((sign_in.has_client_secret, sign_in.scopes.join(" ").as_str()), (true, "openid a"));
}

#[test]
fn b002_a_directory_whose_people_sign_in_elsewhere_is_written_as_it_was_before_there_was_sign_in() {
    let silent = compiled(&directory(""), &[], None).document;
    assert_eq!((&silent.sign_in, &silent.onboarding), (&None, &Onboarding::default()));
    let text = serde_json::to_string(&silent).expect("JSON");
    assert!(!text.contains("signIn") && !text.contains("onboarding"), "{text}");
    let same = compiled(&directory(", autoOnboarding: {enabled: false, maxPerMinute: 60}"), &[], None).document;
    assert_eq!(same.content_hash(), silent.content_hash());
}

#[test]
fn b006_b007_b008_onboarding_comes_into_the_document() {
    let onboarding = |more: &str| compiled(&signing_in("", more), &[], None).document.onboarding;
    let enabled = onboarding(", autoOnboarding: {enabled: true}");
    assert_eq!(enabled, Onboarding { enabled: true, ..Onboarding::default() }, "the lowest role, nobody re-enabled");
    let written = ", autoOnboarding: {enabled: true, role: Designer, reenableDisabled: true, maxPerMinute: 5}";
    let role = Some("Designer".to_owned());
    assert_eq!(onboarding(written), Onboarding { enabled: true, role, reenable_disabled: true, max_per_minute: 5 });
}

#[test]
fn b007_c008_an_unknown_onboarding_role_is_refused_and_the_onboarding_before_stays() {
    let good = compiled(&signing_in("", ", autoOnboarding: {enabled: true, role: Designer}"), &[], None).document;
    let wrong = signing_in("", ", autoOnboarding: {enabled: true, role: Desinger, reenableDisabled: true}");
    let after = compiled(&wrong, &[], Some(&good));
    let refusal = after.directory.refusal.clone().expect("it is refused");
    assert_eq!((refusal.reason.name, refusal.field.as_str()), ("UnknownRole", "spec.autoOnboarding.role"));
    assert!(refusal.message.contains("\"Desinger\"") && refusal.message.contains("\"Participant\""), "{refusal:?}");
    assert_eq!(after.document.onboarding, good.onboarding);
    let first = compiled(&wrong, &[], None).document;
    assert_eq!(first.onboarding, Onboarding::default(), "never accepted: nobody is onboarded");
    assert!(first.sign_in.is_some(), "people sign in all the same");
}

#[test]
fn b007_the_onboarding_role_is_one_of_the_roles_in_force() {
    let own = ", roles: [Guest, Owner], autoOnboarding: {enabled: true, role: Owner}";
    assert!(compiled(&signing_in("", own), &[], None).directory.accepted());
    let none = ", roles: [Guest, Owner], autoOnboarding: {enabled: true, role: Designer}";
    assert!(!compiled(&signing_in("", none), &[], None).directory.accepted());
}

#[test]
fn b008_c008_what_is_switched_off_is_off_whatever_else_is_wrong() {
    let on = ", autoOnboarding: {enabled: true, role: Designer, reenableDisabled: true}";
    let good = compiled(&signing_in("", on), &[], None).document;
    for (wrong, expected) in [
        (", autoOnboarding: {enabled: false, role: Desinger, reenableDisabled: true}", (false, true)),
        (", autoOnboarding: {enabled: true, role: Desinger}", (true, false)),
    ] {
        let after = compiled(&signing_in("", wrong), &[], Some(&good)).document.onboarding;
        assert_eq!((after.enabled, after.reenable_disabled), expected, "{wrong}");
        assert_eq!(after.role.as_deref(), Some("Designer"));
    }
}

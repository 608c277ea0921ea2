//! What an ID token says, and whether it says it to us, now, for this sign-in (OpenID Connect Core §3.1.3.7). Pure: the
//! time comes in as a value.

use super::keys::{Claims, Keys};
use crate::config::{SignIn, SubjectAttribute};
use crate::directory::Vouched;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::Timestamp;
use serde_json::Value;

/// Seconds that the provider's clock may differ from ours.
const LEEWAY_S: f64 = 60.0;

/// The claim with the address, which `email_verified` speaks of.
const ADDRESS: &str = "email";

/// Bytes of a subject (OpenID Connect Core §2).
const SUBJECT_BYTES_MAX: usize = 255;

/// Why an ID token is not taken. For the log and, as one sentence, for people: nothing of the token is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenFault {
    #[error("it is not a signed JWT")]
    NotSigned,
    #[error("it is signed in a way that is not accepted here")]
    Algorithm,
    #[error("none of the provider's keys is the one that signed it")]
    UnknownKey,
    #[error("its signature does not hold")]
    Signature,
    #[error("its issuer (iss) is another one")]
    Issuer,
    #[error("it is meant for somebody else (aud, azp)")]
    Audience,
    #[error("it has expired (exp), or the clocks differ by more than a minute")]
    Expired,
    #[error("it is not good yet (nbf, iat), or the clocks differ by more than a minute")]
    NotYet,
    #[error("it lacks a claim that every ID token has (sub, exp, iat)")]
    Incomplete,
    #[error("it answers another sign-in (nonce)")]
    Nonce,
}

/// What a token must say.
pub(super) struct Expected<'a> {
    /// The issuer, exactly.
    pub(super) issuer: &'a str,
    /// What this directory is called at the provider.
    pub(super) client_id: &'a str,
    /// What was sent along with the person.
    pub(super) nonce: &'a str,
    /// What time it is.
    pub(super) now: Timestamp,
}

/// The claims of a token whose signature and content hold.
pub(super) fn verified(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Claims, TokenFault> {
    let claims = keys.signed(token)?;
    check(&claims, expected)?;
    Ok(claims)
}

fn check(claims: &Claims, expected: &Expected<'_>) -> Result<(), TokenFault> {
    let &Expected { issuer, client_id, nonce, now } = expected;
    if text(claims, "iss") != Some(issuer) {
        return Err(TokenFault::Issuer);
    }
    if !is_meant_for(claims, client_id) {
        return Err(TokenFault::Audience);
    }
    let now = now.as_duration().as_secs_f64();
    let time = |name: &str| claims.get(name).and_then(Value::as_f64);
    let (Some(expires), Some(issued)) = (time("exp"), time("iat")) else { return Err(TokenFault::Incomplete) };
    if now >= expires + LEEWAY_S {
        return Err(TokenFault::Expired);
    }
    // A `nbf` that is no number says nothing that could be kept to.
    let begins = if claims.contains_key("nbf") { time("nbf").ok_or(TokenFault::NotYet)? } else { issued };
    if begins.max(issued) > now + LEEWAY_S {
        return Err(TokenFault::NotYet);
    }
    let said = text(claims, "nonce").unwrap_or_default();
    if verify_slices_are_equal(said.as_bytes(), nonce.as_bytes()).is_err() {
        return Err(TokenFault::Nonce);
    }
    match text(claims, "sub") {
        Some(subject) if !subject.is_empty() && subject.len() <= SUBJECT_BYTES_MAX => Ok(()),
        _ => Err(TokenFault::Incomplete),
    }
}

/// Whether we are among those a token is meant for, and the one whom it was issued to where it says so.
fn is_meant_for(claims: &Claims, client_id: &str) -> bool {
    let (named, several) = match claims.get("aud") {
        Some(Value::String(only)) => (only == client_id, false),
        Some(Value::Array(all)) => (all.iter().any(|one| one.as_str() == Some(client_id)), all.len() > 1),
        _ => (false, false),
    };
    let party_fits = match claims.get("azp") {
        Some(party) => party.as_str() == Some(client_id),
        None => !several,
    };
    named && party_fits
}

fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// Whether the claim that finds people is there.
pub(super) fn has_mapping(sign_in: &SignIn, claims: &Claims) -> bool {
    text(claims, &sign_in.subject.claim).is_some_and(|value| !value.trim().is_empty())
}

/// Whom the claims speak of. The claim that finds people must be there, and an address must not be one that the
/// provider denies to have checked (OpenID Connect Core §5.1): anybody could write down another's. That finds nobody,
/// whatever it is compared with, and names no new account. `None` = nobody.
pub(super) fn vouched(sign_in: &SignIn, claims: &Claims) -> Option<Vouched> {
    let denied = match claims.get("email_verified") {
        None | Some(Value::Bool(true)) => false,
        Some(Value::String(said)) => !said.eq_ignore_ascii_case("true"),
        Some(_) => true,
    };
    let by_address = sign_in.subject.attribute == SubjectAttribute::Emails || sign_in.subject.claim == ADDRESS;
    let value = text(claims, &sign_in.subject.claim).filter(|value| !value.trim().is_empty());
    let (Some(value), false) = (value, by_address && denied) else {
        return None;
    };
    let names = ["preferred_username", ADDRESS, "upn"].into_iter().filter(|name| !denied || *name != ADDRESS);
    let user_name = names.filter_map(|name| text(claims, name)).find(|name| !name.trim().is_empty());
    Some(Vouched {
        issuer: sign_in.issuer.clone(),
        subject: text(claims, "sub").unwrap_or_default().to_owned(),
        value: value.to_owned(),
        mapping: sign_in.subject.clone(),
        user_name: user_name.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SubjectMapping;
    use serde_json::json;

    const ISSUER: &str = "https://idp.example.com";

    fn claims() -> Claims {
        let claims = json!({
            "iss": ISSUER, "aud": "corp", "sub": "s-1", "oid": "o-1", "nonce": "n", "exp": 2_000, "iat": 1_000,
            "email": "ana@example.com", "preferred_username": "ana",
        });
        claims.as_object().unwrap().clone()
    }

    fn with(name: &str, value: Value) -> Claims {
        let mut claims = claims();
        claims.insert(name.to_owned(), value);
        claims
    }

    fn checked(claims: &Claims, second: i64) -> Result<(), TokenFault> {
        let now = Timestamp::from_second(second).unwrap();
        check(claims, &Expected { issuer: ISSUER, client_id: "corp", nonce: "n", now })
    }

    #[test]
    fn b129_a_token_says_it_to_us_now_for_this_sign_in() {
        assert_eq!(checked(&claims(), 1_000), Ok(()));
        assert_eq!(checked(&with("aud", json!(["corp"])), 1_000), Ok(()));
        let mut several = with("aud", json!(["corp", "other"]));
        assert_eq!(checked(&several, 1_000), Err(TokenFault::Audience), "one of several, and nobody says which");
        several.insert("azp".to_owned(), json!("corp"));
        assert_eq!(checked(&several, 1_000), Ok(()));
    }

    #[test]
    fn b129_a_token_is_good_from_its_beginning_to_its_end_and_a_minute_more() {
        assert_eq!(checked(&claims(), 940), Ok(()));
        assert_eq!(checked(&claims(), 939), Err(TokenFault::NotYet));
        assert_eq!(checked(&claims(), 2_059), Ok(()));
        assert_eq!(checked(&claims(), 2_060), Err(TokenFault::Expired));
        assert_eq!(checked(&with("nbf", json!(1_500)), 1_439), Err(TokenFault::NotYet));
        assert_eq!(checked(&with("nbf", json!(1_500)), 1_440), Ok(()));
        assert_eq!(checked(&with("nbf", json!("soon")), 1_500), Err(TokenFault::NotYet));
    }

    #[test]
    fn err_whatever_does_not_fit_is_told_apart() {
        let table = [
            ("iss", json!("https://idp.example.com/"), TokenFault::Issuer),
            ("iss", json!([ISSUER]), TokenFault::Issuer),
            ("aud", json!("other"), TokenFault::Audience),
            ("aud", json!([]), TokenFault::Audience),
            ("aud", Value::Null, TokenFault::Audience),
            ("azp", json!("other"), TokenFault::Audience),
            ("exp", json!("2000"), TokenFault::Incomplete),
            ("exp", Value::Null, TokenFault::Incomplete),
            ("iat", Value::Null, TokenFault::Incomplete),
            ("nonce", json!("m"), TokenFault::Nonce),
            ("nonce", Value::Null, TokenFault::Nonce),
            ("sub", json!(""), TokenFault::Incomplete),
            ("sub", json!(7), TokenFault::Incomplete),
            ("sub", json!("s".repeat(256)), TokenFault::Incomplete),
        ];
        for (name, value, fault) in table {
            assert_eq!(checked(&with(name, value.clone()), 1_000), Err(fault), "{name}: {value}");
        }
    }

    fn sign_in(claim: &str, attribute: SubjectAttribute) -> SignIn {
        SignIn {
            issuer: ISSUER.to_owned(),
            client_id: "corp".to_owned(),
            has_client_secret: false,
            scopes: vec!["openid".to_owned()],
            subject: SubjectMapping { claim: claim.to_owned(), attribute },
        }
    }

    #[test]
    fn b141_the_configured_claim_says_who_it_is_and_without_it_the_mapping_is_missing() {
        let by_oid = sign_in("oid", SubjectAttribute::ExternalId);
        let found = vouched(&by_oid, &claims()).unwrap();
        assert_eq!((found.issuer.as_str(), found.subject.as_str(), found.value.as_str()), (ISSUER, "s-1", "o-1"));
        assert_eq!((found.user_name.as_deref(), &found.mapping), (Some("ana"), &by_oid.subject));
        for nothing in [Value::Null, json!(""), json!(" "), json!(7), json!(["o-1"])] {
            assert!(vouched(&by_oid, &with("oid", nothing.clone())).is_none(), "{nothing}");
        }
    }

    #[test]
    fn b141_an_address_that_the_provider_has_not_checked_finds_nobody() {
        let by_address = sign_in("email", SubjectAttribute::Emails);
        for checked in [json!(true), json!("true")] {
            assert!(vouched(&by_address, &with("email_verified", checked)).is_some());
        }
        assert!(
            vouched(&by_address, &claims()).is_some(),
            "a provider that does not say is trusted with its addresses"
        );
        for denied in [json!(false), json!("false"), json!(0)] {
            assert!(vouched(&by_address, &with("email_verified", denied.clone())).is_none(), "{denied}");
            let by_name = sign_in("preferred_username", SubjectAttribute::UserName);
            assert!(vouched(&by_name, &with("email_verified", denied)).is_some(), "nobody is found by it");
        }
    }

    #[test]
    fn b141_an_address_that_the_provider_denies_finds_nobody_by_another_attribute_and_names_no_account() {
        let mut denied = with("email_verified", json!(false));
        for attribute in [SubjectAttribute::UserName, SubjectAttribute::ExternalId] {
            let by_address = sign_in("email", attribute);
            assert!(vouched(&by_address, &claims()).is_some(), "{attribute:?}");
            assert!(vouched(&by_address, &denied).is_none(), "{attribute:?}");
        }
        let by_oid = sign_in("oid", SubjectAttribute::ExternalId);
        let name = |claims: &Claims| vouched(&by_oid, claims).unwrap().user_name;
        denied.remove("preferred_username");
        assert_eq!(name(&denied), None);
        denied.insert("upn".to_owned(), json!("ana@corp.example.com"));
        assert_eq!(name(&denied).as_deref(), Some("ana@corp.example.com"));
        denied.insert("email_verified".to_owned(), json!(true));
        assert_eq!(name(&denied).as_deref(), Some("ana@example.com"));
    }
}

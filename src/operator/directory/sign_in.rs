//! How sign-in stands in the cluster: what the pods get of its Secrets, and the condition `SSOReady` (B002, B004).
//!
//! Pure. Nothing here ever makes a directory not ready: who cannot sign in is provisioned all the same.

use super::build::{CA_VOLUME, CLIENT_SECRET_VOLUME, SecretFile, SignIn, is_mounted};
use super::dereference::Dereferenced;
use super::named::{self, CLIENT_SECRET, PROVIDER_CA};
use crate::api::directory::Sso;
use crate::api::reason::{SECRET_NOT_FOUND, SSO_CONNECTED, SSO_CONNECTION_MISSING, SSO_CONNECTION_PENDING, SSO_READY};
use crate::config::{SignInState, State};
use crate::operator::runtime::conditions::Wanted;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// What the pods have for sign-in; `None` = people do not sign in here.
pub fn files(d: &Dereferenced) -> Option<SignIn> {
    let oidc = d.directory.spec.sso.oidc()?;
    let file = |field, volume, (secret, key): (&str, &str)| SecretFile {
        secret: secret.to_owned(),
        key: key.to_owned(),
        mounted: may_be_mounted(d, field, volume, secret),
    };
    Some(SignIn {
        client_secret: oidc.client_secret().map(|named| file(CLIENT_SECRET, CLIENT_SECRET_VOLUME, named)),
        ca: oidc.ca().map(|named| file(PROVIDER_CA, CA_VOLUME, named)),
    })
}

/// Whether the pods may have a Secret: nothing speaks against it. One that is gone stays where it was: to take it out
/// would start the pods anew, and nobody who provisions is to notice (B004).
fn may_be_mounted(d: &Dereferenced, field: &str, volume: &str, secret: &str) -> bool {
    let read = d.named.iter().find(|named| named.field == field && named.name == secret);
    match read.map(|read| named::objection(&d.named, read, &d.key.name)) {
        Some(None) => true,
        Some(Some((reason, _))) if reason != SECRET_NOT_FOUND => false,
        None | Some(Some(_)) => d.found.workload.as_ref().is_some_and(|workload| is_mounted(workload, volume, secret)),
    }
}

/// The condition; absent where people do not sign in here. `missing` is what the pods cannot have, `said` what the
/// condition was.
pub fn ready(sso: &Sso, missing: Option<&str>, state: Option<&State>, said: Option<&Condition>) -> Option<Wanted> {
    sso.oidc()?;
    let cannot = |why: &str| Wanted::no(SSO_READY, SSO_CONNECTION_MISSING, why);
    let can = || Wanted::yes(SSO_READY, SSO_CONNECTED, SSO_CONNECTED.meaning);
    let unknown = || Wanted::unknown(SSO_READY, SSO_CONNECTION_PENDING, SSO_CONNECTION_PENDING.meaning);
    if let Some(missing) = missing {
        return Some(cannot(missing));
    }
    Some(match (state, said.map(|said| (said.status.as_str(), said.message.as_str()))) {
        (Some(State { sign_in: Some(SignInState { ready: true, .. }), .. }), _) => can(),
        (Some(State { sign_in: Some(SignInState { ready: false, message }), .. }), _) => cannot(message),
        (Some(State { sign_in: None, .. }), _) => unknown(),
        // Not heard of since the operator's start: what it said last is not forgotten.
        (None, Some(("True", _))) => can(),
        (None, Some(("False", why))) => cannot(why),
        (None, _) => unknown(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::runtime::conditions::merge;
    use jiff::Timestamp;
    use serde_json::{Value, json};

    fn sso() -> Sso {
        serde_json::from_value(json!({"oidc": {
            "issuer": "https://login.example.com", "clientId": "acme",
            "subject": {"claim": "sub", "attribute": "externalId"},
        }}))
        .unwrap()
    }

    fn state(sign_in: Value) -> State {
        serde_json::from_value(json!({
            "position": "p", "storeId": "s", "revision": 4, "groups": 0, "runs": [], "tokens": [], "rules": [],
            "users": {"total": 0, "active": 0, "managed": 0}, "signIn": sign_in,
            "provisioning": {"created": 0, "updated": 0, "disabled": 0, "deleted": 0, "failed": 0},
        }))
        .unwrap()
    }

    fn condition(wanted: Wanted) -> Condition {
        merge(&[], vec![wanted], 1, Timestamp::UNIX_EPOCH).remove(0)
    }

    /// `status reason: message` of what is told.
    fn told(missing: Option<&str>, state: Option<&State>, said: Option<&Condition>) -> String {
        let Condition { status, reason, message, .. } = condition(ready(&sso(), missing, state, said).unwrap());
        format!("{status} {reason}: {message}")
    }

    #[test]
    fn b002_the_endpoints_word_on_the_provider_is_told() {
        let said = |sign_in: Value| told(None, Some(&state(sign_in)), None);
        assert!(said(json!({"ready": true})).starts_with("True SSOConnected: "));
        let lost = json!({"ready": false, "message": "https://login.example.com does not answer"});
        assert_eq!(said(lost), "False SSOConnectionMissing: https://login.example.com does not answer");
        assert!(said(Value::Null).starts_with("Unknown SSOConnectionPending: "));
        assert!(told(None, None, None).starts_with("Unknown SSOConnectionPending: "));
    }

    #[test]
    fn b004_where_people_sign_in_elsewhere_nothing_is_said() {
        let lost = state(json!({"ready": false, "message": "of before"}));
        assert_eq!(ready(&Sso::None {}, Some("a Secret"), Some(&lost), None), None);
    }

    #[test]
    fn a_secret_that_the_pods_cannot_have_is_told_before_what_the_endpoint_makes_of_it() {
        let state = state(json!({"ready": false, "message": "the client secret cannot be read"}));
        assert_eq!(told(Some("no Secret"), Some(&state), None), "False SSOConnectionMissing: no Secret");
    }

    #[test]
    fn what_was_said_is_not_forgotten_by_a_restart() {
        let lost = state(json!({"ready": false, "message": "it does not answer"}));
        for state in [lost, state(json!({"ready": true}))] {
            let said = condition(ready(&sso(), None, Some(&state), None).unwrap());
            assert_eq!(told(None, None, Some(&said)), told(None, Some(&state), None));
        }
    }
}

//! What a manifest names of sign-in and a folder does not have: Secrets. Flags name files instead (B004). Pure.

use crate::api::ScimDirectory;

/// What is to be had besides the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Files {
    /// A client secret.
    pub client_secret: bool,
    /// The certificates of the provider's authorities.
    pub ca: bool,
}

impl Files {
    /// Those that a manifest asks for.
    pub fn asked_for(directory: &ScimDirectory) -> Self {
        let oidc = directory.spec.sso.oidc();
        Self {
            client_secret: oidc.is_some_and(|oidc| oidc.client_secret().is_some()),
            ca: oidc.is_some_and(|oidc| oidc.ca().is_some()),
        }
    }
}

/// What a person should know when the manifest asks for these and the flags give those. None of it stops SCIM.
pub fn warnings(asked_for: Files, given: Files) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    match (asked_for.client_secret, given.client_secret) {
        (true, false) => warnings.push(
            "spec.sso.oidc.clientSecretRef: there are no Secrets here: name a file with the client secret with \
             --sso-client-secret; until then people cannot sign in, and SCIM goes on",
        ),
        (false, true) => warnings.push(
            "--sso-client-secret is not used, since spec.sso.oidc has no clientSecretRef: add `clientSecretRef: {name: \
             client-secret}`, or leave the flag out",
        ),
        (true, true) | (false, false) => {}
    }
    if asked_for.ca && !given.ca {
        warnings.push(
            "spec.sso.oidc.caSecretRef: there are no Secrets here: name a file with the certificates with --sso-ca; \
             until then the system's authorities are trusted",
        );
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const BOTH: Files = Files { client_secret: true, ca: true };
    const NONE: Files = Files { client_secret: false, ca: false };

    fn asked_for(sso: Value) -> Files {
        let directory = serde_json::from_value(json!({
            "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimDirectory", "metadata": {"name": "corp"},
            "spec": {"displayName": "Corp", "tenant": "main", "sso": sso},
        }));
        Files::asked_for(&directory.unwrap())
    }

    #[test]
    fn a_secret_that_a_manifest_names_is_asked_for() {
        assert_eq!(asked_for(json!({"none": {}})), NONE);
        let mut oidc = json!({
            "issuer": "https://login.example.com", "clientId": "corp",
            "subject": {"claim": "sub", "attribute": "externalId"},
        });
        assert_eq!(asked_for(json!({"oidc": oidc})), NONE);
        oidc["clientSecretRef"] = json!({"name": "idp"});
        oidc["caSecretRef"] = json!({"name": "idp-ca"});
        assert_eq!(asked_for(json!({"oidc": oidc})), BOTH);
    }

    #[test]
    fn b004_a_file_that_is_missing_is_told_with_the_flag_that_names_it() {
        let missing = warnings(BOTH, NONE);
        assert_eq!(missing.len(), 2);
        assert!(missing.iter().zip(["--sso-client-secret", "--sso-ca"]).all(|(told, flag)| told.contains(flag)));
        assert!(warnings(BOTH, BOTH).is_empty() && warnings(NONE, NONE).is_empty());
    }

    #[test]
    fn a_client_secret_that_nothing_uses_is_told() {
        let [told] = warnings(NONE, BOTH)[..] else { panic!("one warning") };
        assert!(told.starts_with("--sso-client-secret is not used"), "{told}");
    }
}

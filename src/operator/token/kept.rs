//! What is kept of the tokens of a directory: `verifiers.json`, mounted by the endpoint and read back by the operator.
//!
//! A verifier belongs to the ScimAccessToken with its uid, so that a token made anew under an old name starts with
//! nothing (B126). The endpoint ignores what it does not know here. Values are never in it, only their hashes (B123).

use crate::config::Verifier;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One token's verifier and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    /// What the endpoint checks values with.
    #[serde(flatten)]
    pub verifier: Verifier,
    /// The uid of the ScimAccessToken.
    pub token_uid: String,
    /// When the value was made.
    pub issued_at: Timestamp,
}

/// The content of `verifiers.json`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiersFile {
    /// The ScimDirectory's uid: what is in force of another one, an earlier one of this name say, lets nobody in.
    #[serde(default)]
    pub directory_uid: String,
    /// A store whose revision is lower is not ready before something was published to it: it may know revoked tokens.
    pub revocation_floor: u64,
    /// The tokens that work, sorted by token id.
    pub verifiers: Vec<Kept>,
}

impl VerifiersFile {
    /// The text of the file: equal content, equal text.
    pub fn text(&self) -> String {
        // Serialising these types cannot fail: string keys only, no floats.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Scope;

    #[test]
    fn the_endpoint_reads_its_verifiers_out_of_the_operators_file() {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct AsTheEndpointReads {
            revocation_floor: u64,
            verifiers: Vec<Verifier>,
        }
        let verifier = Verifier {
            token_id: "a".repeat(16),
            name: "acme".to_owned(),
            scope: Scope::Scim,
            sha256: "0".repeat(64),
            expires_at: "2027-01-01T00:00:00Z".parse().unwrap(),
        };
        let issued_at = "2026-01-01T00:00:00Z".parse().unwrap();
        let kept = Kept { verifier: verifier.clone(), token_uid: "u".to_owned(), issued_at };
        let file = VerifiersFile { directory_uid: "d".to_owned(), revocation_floor: 7, verifiers: vec![kept] };
        let read: AsTheEndpointReads = serde_json::from_str(&file.text()).unwrap();
        assert_eq!((read.revocation_floor, read.verifiers), (7, vec![verifier]));
        assert_eq!(serde_json::from_str::<VerifiersFile>(&file.text()).unwrap(), file);
    }
}

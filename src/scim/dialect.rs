//! Dialects: one strict core, and named switches for what identity providers send beyond the RFCs or against them.
//!
//! Each switch is a [`Quirk`] with an id that metrics, documentation and tests share. A [`Dialect`] is a set of them;
//! `Auto` takes every shape that contradicts no other, and lets the request's own [`Evidence`] decide the rest.
//! What was tolerated while a request was read is noted in its [`Reading`], for `scim_tolerated_total{quirk}`.

use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// In whose manner the endpoint speaks SCIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Dialect {
    /// Every provider's shapes that contradict no other; what a request shows of its provider decides the others.
    #[default]
    Auto,
    /// RFC 7643 and RFC 7644 to the letter.
    Strict,
    /// The interoperability profile (draft-zollner-scim-interop-profile).
    Interop,
    /// Microsoft Entra ID.
    Entra,
    /// Okta.
    Okta,
    /// OneLogin.
    OneLogin,
    /// JumpCloud.
    JumpCloud,
    /// PingOne.
    PingOne,
    /// Keycloak.
    Keycloak,
}

impl Dialect {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::Auto,
        Self::Strict,
        Self::Interop,
        Self::Entra,
        Self::Okta,
        Self::OneLogin,
        Self::JumpCloud,
        Self::PingOne,
        Self::Keycloak,
    ];

    /// Whether the switch is on whatever the request looks like.
    pub fn has(self, quirk: Quirk) -> bool {
        quirk.row().on.contains(&self)
    }
}

/// What a request shows of who sent it. Only `Auto` listens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// `Add`, `Replace`, `Remove` with a capital; the ADSCIM URN; the flag of the tenant URL (`aadOptscim062020`).
    Entra,
    /// `User-Agent: Okta SCIM Client 1.0.0`.
    Okta,
}

impl Evidence {
    const fn bit(self) -> u64 {
        match self {
            Self::Entra => 1 << 63,
            Self::Okta => 1 << 62,
        }
    }

    /// As the documentation names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entra => "Entra ID",
            Self::Okta => "Okta",
        }
    }
}

/// One switch, as the documentation shows it.
#[derive(Debug)]
pub struct QuirkRow {
    /// The switch.
    pub quirk: Quirk,
    /// Its id: the label of `scim_tolerated_total`, and with `_` for `-` the end of its test's name.
    pub id: &'static str,
    /// What is done when it is on.
    pub on_means: &'static str,
    /// What is done when it is off.
    pub off_means: &'static str,
    /// The dialects in which it is always on.
    pub on: &'static [Dialect],
    /// What turns it on under `Auto` for one request.
    pub evidence: Option<Evidence>,
    /// The request that shows it, below `tests/data/idp`.
    pub fixture: &'static str,
}

/// Every dialect but `Strict`.
const TOLERANT: &[Dialect] = &[
    Dialect::Auto,
    Dialect::Interop,
    Dialect::Entra,
    Dialect::Okta,
    Dialect::OneLogin,
    Dialect::JumpCloud,
    Dialect::PingOne,
    Dialect::Keycloak,
];

/// Every dialect but `Strict` and `Interop`.
const PROVIDERS: &[Dialect] = &[
    Dialect::Auto,
    Dialect::Entra,
    Dialect::Okta,
    Dialect::OneLogin,
    Dialect::JumpCloud,
    Dialect::PingOne,
    Dialect::Keycloak,
];

macro_rules! quirks {
    ($($(#[$doc:meta])* $name:ident $id:literal on $on:expr, by $evidence:expr,
        $on_means:literal else $off_means:literal, in $fixture:literal;)+) => {
        /// A shape that is no SCIM to the letter, or a choice that providers and suites want made differently.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Quirk { $($(#[$doc])* $name,)+ }

        impl Quirk {
            /// The one table: a row for each, in the order of the enum.
            pub const TABLE: &'static [QuirkRow] = &[$(QuirkRow {
                quirk: Self::$name, id: $id, on_means: $on_means, off_means: $off_means, on: $on,
                evidence: $evidence, fixture: $fixture,
            }),+];
        }
    };
}

quirks! {
    /// `"op": "Add"`.
    OpCase "op-case" on TOLERANT, by None,
        "`op` is read in any case" else "400 `invalidSyntax`", in "entra/04-disable-with-the-string-false.json";
    /// `"active": "False"`.
    BooleanAsString "boolean-as-string" on TOLERANT, by None,
        "\"True\" and \"False\" in any case are booleans" else "400 `invalidValue`",
        in "entra/04-disable-with-the-string-false.json";
    /// `roles[primary eq "True"]`.
    QuotedBooleanInFilter "quoted-boolean-in-filter" on TOLERANT, by None,
        "a boolean is compared with \"True\" or \"False\" in quotes" else "400 `invalidFilter`",
        in "entra/15-role-by-a-boolean-as-a-string.json";
    /// `userName eq jyoung`.
    UnquotedFilterValue "unquoted-filter-value" on &[Dialect::Entra], by Some(Evidence::Entra),
        "a word without quotes is a string" else "400 `invalidFilter`", in "entra/33-an-unquoted-value.json";
    /// `"emails": {"value": "…"}`.
    ValueForList "value-for-list" on PROVIDERS, by None,
        "one value stands for a list of one" else "400 `invalidValue`", in "quirks/value-for-list.json";
    /// `"manager": [{"value": "…"}]`.
    ListForValue "list-for-value" on PROVIDERS, by None,
        "a list of one stands for its value" else "400 `invalidValue`",
        in "entra/09-manager-as-a-list-with-a-reference.json";
    /// `"manager": "2819c223"`, `"members": ["2819c223"]`.
    BareId "bare-id" on PROVIDERS, by None,
        "a string stands for an object with that `value`" else "400 `invalidValue`",
        in "entra/10-manager-as-a-bare-id.json";
    /// `urn:…:enterprise:2.0User`, `urn:scim:schemas:extension:enterprise:2.0`.
    EnterpriseUrn "enterprise-urn" on PROVIDERS, by None,
        "a misspelt or pre-standard URN of the enterprise extension names it" else "an unknown URN",
        in "entra/03-create-user-with-the-misspelt-enterprise-urn.json";
    /// `urn:…:User.manager`.
    DotAfterUrn "dot-after-urn" on PROVIDERS, by None,
        "a dot may stand between URN and attribute" else "400 `invalidPath`",
        in "entra/12-manager-with-a-dot-for-the-colon.json";
    /// `manager eq "…"`.
    ExtensionWithoutUrn "extension-without-urn" on PROVIDERS, by None,
        "an attribute of an extension is found without its URN" else "an unknown attribute",
        in "entra/28-reference-check-of-a-manager.json";
    /// A body, path or key that the schema does not know.
    UnknownAttribute "unknown-attribute" on PROVIDERS, by None,
        "an attribute that no schema knows is left out" else "400 `invalidSyntax`, in a path 400 `invalidPath`",
        in "quirks/unknown-attribute.json";
    /// `http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group`.
    UnknownSchema "unknown-schema" on PROVIDERS, by None,
        "a URN in `schemas` that the resource type does not have is left out" else "400 `invalidSyntax`",
        in "entra/34-create-group.json";
    /// No `schemas` at all, or none that is the resource's.
    SchemasMissing "schemas-missing" on PROVIDERS, by None,
        "`schemas` may lack the resource's own URN" else "400 `invalidSyntax`", in "quirks/schemas-missing.json";
    /// `{"op": "replace", "value": {"name.givenName": "…"}}`.
    DottedKey "dotted-key" on PROVIDERS, by None,
        "a key of a value without path may be a path" else "an unknown attribute",
        in "entra/07-replace-many-without-path.json";
    /// `{"op": "replace", "value": {…}}`.
    PathlessPatch "pathless-patch" on &[Dialect::Auto, Dialect::Strict, Dialect::Entra, Dialect::Okta,
        Dialect::OneLogin, Dialect::JumpCloud, Dialect::PingOne, Dialect::Keycloak], by None,
        "`path` may be left out, as RFC 7644 §3.5.2 has it" else "400 `invalidSyntax`",
        in "quirks/pathless-patch.json";
    /// `{"op": "Remove", "path": "members", "value": [{"value": "…"}]}`.
    RemoveByValue "remove-by-value" on PROVIDERS, by None,
        "a removal with a `value` takes away only what it lists" else "400 `invalidValue`",
        in "entra/36-remove-one-member-by-a-list.json";
    /// `{"op": "replace", "path": "title", "value": ""}`.
    EmptyStringClears "empty-string-clears" on TOLERANT, by None,
        "an empty string in a PATCH clears the attribute" else "an empty string is kept as it is",
        in "entra/16-optional-attributes-emptied.json";
    /// `{"op": "replace", "path": "addresses[type eq \"work\"].locality", …}` where there is none.
    ReplaceCreates "replace-creates" on &[Dialect::Entra], by Some(Evidence::Entra),
        "replacing at a value path that selects nothing makes the value" else "400 `noTarget`",
        in "quirks/replace-creates.json";
    /// `{"op": "replace", "path": "name", "value": {"givenName": "…"}}`.
    ReplaceMerges "replace-merges" on &[Dialect::Auto, Dialect::Strict, Dialect::Entra, Dialect::Okta,
        Dialect::OneLogin, Dialect::JumpCloud, Dialect::PingOne, Dialect::Keycloak], by None,
        "replacing a complex attribute leaves the parts that are not sent" else "it takes them away",
        in "quirks/replace-merges.json";
    /// `{"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "…"}}`.
    ValuePathMerges "value-path-merges" on PROVIDERS, by None,
        "replacing at a value path leaves the parts that are not sent" else "the value is replaced as a whole",
        in "quirks/value-path-merges.json";
    /// `{"op": "remove", "path": "emails[type eq \"none\"]"}`.
    RemoveNothing "remove-nothing" on TOLERANT, by None,
        "a removal that selects nothing is done" else "400 `noTarget`", in "quirks/remove-nothing.json";
    /// `attributes=emails[type eq "work"]`.
    FilterInProjection "filter-in-projection" on PROVIDERS, by None,
        "brackets behind a name of `attributes` are passed over" else "400 `invalidValue`",
        in "entra/31-a-filter-among-the-attributes.json";
    /// The answer to a PATCH of a group.
    GroupPatchNoContent "group-patch-no-content" on PROVIDERS, by None,
        "a PATCH of a group is answered with 204" else "with 200 and the whole group, as RFC 7644 §3.5.2 has it",
        in "entra/35-add-a-member.json";
    /// `POST /Users` for a user who was deactivated.
    PostReactivates "post-reactivates" on &[Dialect::Okta], by Some(Evidence::Okta),
        "POST for an inactive user with the same `externalId` makes it active again" else "409 `uniqueness`",
        in "okta/reassign.json";
}

impl Quirk {
    fn row(self) -> &'static QuirkRow {
        // The order of the table is that of the enum: both come from the same list.
        Self::TABLE.get(self as usize).unwrap_or(&Self::TABLE[0])
    }

    /// Its id.
    pub fn as_str(self) -> &'static str {
        self.row().id
    }

    const fn bit(self) -> u64 {
        1 << (self as u64)
    }
}

const _: () = assert!(Quirk::TABLE.len() < 62, "the bits above are the evidence");

/// How a request is read: the dialect, and what was noticed on the way. Clones share what was noticed.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    dialect: Dialect,
    noticed: Arc<AtomicU64>,
}

impl PartialEq for Reading {
    fn eq(&self, other: &Self) -> bool {
        self.dialect == other.dialect
    }
}

impl Reading {
    /// Reading in this dialect, with nothing noticed yet.
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, noticed: Arc::default() }
    }

    /// The dialect.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether a shape is taken. Asked only where the shape is there: a yes is noted.
    pub fn tolerates(&self, quirk: Quirk) -> bool {
        let yes = self.would_tolerate(quirk);
        if yes {
            self.noticed.fetch_or(quirk.bit(), Ordering::Relaxed);
        }
        yes
    }

    /// Whether a shape would be taken; notes nothing. For choices that are made in every request.
    pub fn would_tolerate(&self, quirk: Quirk) -> bool {
        let shown = |evidence: Evidence| self.noticed.load(Ordering::Relaxed) & evidence.bit() != 0;
        self.dialect.has(quirk) || (self.dialect == Dialect::Auto && quirk.row().evidence.is_some_and(shown))
    }

    /// Notes what the request shows of its provider.
    pub fn shows(&self, evidence: Evidence) {
        self.noticed.fetch_or(evidence.bit(), Ordering::Relaxed);
    }

    /// What was tolerated so far.
    pub fn noticed(&self) -> impl Iterator<Item = Quirk> + use<> {
        let bits = self.noticed.load(Ordering::Relaxed);
        Quirk::TABLE.iter().map(|row| row.quirk).filter(move |quirk| bits & quirk.bit() != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_rows_are_where_the_enum_says() {
        for (index, row) in Quirk::TABLE.iter().enumerate() {
            assert_eq!(row.quirk as usize, index);
            assert_eq!(Quirk::TABLE.iter().filter(|other| other.id == row.id).count(), 1, "{}", row.id);
            assert!(!row.on.contains(&Dialect::Strict) || row.on.contains(&Dialect::Auto), "{}", row.id);
        }
    }

    #[test]
    fn auto_lets_the_request_decide_what_contradicts() {
        let auto = Reading::new(Dialect::Auto);
        assert!(!auto.tolerates(Quirk::ReplaceCreates));
        auto.shows(Evidence::Okta);
        assert!(!auto.tolerates(Quirk::ReplaceCreates) && auto.tolerates(Quirk::PostReactivates));
        auto.shows(Evidence::Entra);
        assert!(auto.tolerates(Quirk::ReplaceCreates));
        let okta = Reading::new(Dialect::Okta);
        okta.shows(Evidence::Entra);
        assert!(!okta.tolerates(Quirk::ReplaceCreates), "a named dialect is what it is");
    }

    #[test]
    fn only_what_was_asked_for_and_taken_is_noted() {
        let strict = Reading::new(Dialect::Strict);
        assert!(!strict.tolerates(Quirk::OpCase));
        assert_eq!(strict.noticed().count(), 0);
        let auto = Reading::default();
        let copy = auto.clone();
        assert!(copy.tolerates(Quirk::OpCase) && copy.would_tolerate(Quirk::BareId));
        assert_eq!(auto.noticed().collect::<Vec<_>>(), [Quirk::OpCase], "clones share");
    }
}

//! What a server says it can do: `/ServiceProviderConfig` and `/ResourceTypes`, read once before the checks.
//!
//! What cannot be read counts as not supported, except PATCH and filters, which every provider needs: those are tried.

use serde_json::Value;

/// A part of SCIM that a server may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// `patch.supported`.
    Patch,
    /// `bulk.supported`.
    Bulk,
    /// `filter.supported`.
    Filter,
    /// `sort.supported`.
    Sort,
    /// `etag.supported`.
    Etag,
    /// `pagination.cursor` (RFC 9865).
    Cursor,
    /// A resource type with the schema of groups.
    Groups,
    /// The enterprise extension of users.
    Enterprise,
}

impl Feature {
    /// Where the server says that it has not got it.
    pub fn missing(self) -> &'static str {
        match self {
            Self::Patch => "ServiceProviderConfig says patch.supported: false",
            Self::Bulk => "ServiceProviderConfig does not say bulk.supported: true",
            Self::Filter => "ServiceProviderConfig says filter.supported: false",
            Self::Sort => "ServiceProviderConfig does not say sort.supported: true",
            Self::Etag => "ServiceProviderConfig does not say etag.supported: true",
            Self::Cursor => "ServiceProviderConfig does not say pagination.cursor: true",
            Self::Groups => "ResourceTypes lists no type with the schema of groups",
            Self::Enterprise => "ResourceTypes lists no enterprise extension of users",
        }
    }

    /// The word for a list of them.
    pub fn name(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Bulk => "bulk",
            Self::Filter => "filter",
            Self::Sort => "sort",
            Self::Etag => "etag",
            Self::Cursor => "cursor",
            Self::Groups => "groups",
            Self::Enterprise => "enterprise",
        }
    }
}

/// Everything that may be left out, in the order of a report.
pub(super) const ALL: [Feature; 8] = [
    Feature::Patch,
    Feature::Filter,
    Feature::Sort,
    Feature::Etag,
    Feature::Bulk,
    Feature::Cursor,
    Feature::Groups,
    Feature::Enterprise,
];

/// What one server has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    supported: Vec<Feature>,
    /// `bulk.maxOperations`; 0 = not said.
    pub(super) operations_max: u64,
    /// `bulk.maxPayloadSize` in bytes; 0 = not said.
    pub(super) payload_bytes_max: u64,
    /// The endpoint of users, without its slash.
    pub(super) users: String,
    /// The endpoint of groups, without its slash.
    pub(super) groups: String,
}

impl Features {
    /// Reads the two documents; `Null` for one that could not be had.
    pub(super) fn read(config: &Value, types: &Value) -> Self {
        let says = |pointer: &str| config.pointer(pointer).and_then(Value::as_bool);
        let number = |pointer: &str| config.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
        let listed = types.get("Resources").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let with = |schema: &str| listed.iter().find(|kind| kind["schema"].as_str() == Some(schema));
        let endpoint = |schema: &str, otherwise: &str| {
            let path = with(schema).and_then(|kind| kind["endpoint"].as_str()).unwrap_or(otherwise);
            // Some servers give a whole address.
            path.trim_end_matches('/').rsplit('/').next().unwrap_or(otherwise).to_owned()
        };
        let enterprise = with(super::USER)
            .and_then(|kind| kind["schemaExtensions"].as_array())
            .is_some_and(|all| all.iter().any(|extension| extension["schema"].as_str() == Some(super::ENTERPRISE)));
        let has = |feature: &Feature| match feature {
            Feature::Patch => says("/patch/supported").unwrap_or(true),
            Feature::Filter => says("/filter/supported").unwrap_or(true),
            Feature::Bulk => says("/bulk/supported") == Some(true),
            Feature::Sort => says("/sort/supported") == Some(true),
            Feature::Etag => says("/etag/supported") == Some(true),
            Feature::Cursor => says("/pagination/cursor") == Some(true),
            Feature::Groups => listed.is_empty() || with(super::GROUP).is_some(),
            Feature::Enterprise => enterprise,
        };
        Self {
            supported: ALL.into_iter().filter(has).collect(),
            operations_max: number("/bulk/maxOperations"),
            payload_bytes_max: number("/bulk/maxPayloadSize"),
            users: endpoint(super::USER, "Users"),
            groups: endpoint(super::GROUP, "Groups"),
        }
    }

    /// Whether the server says that it has it.
    pub fn has(&self, feature: Feature) -> bool {
        self.supported.contains(&feature)
    }

    /// The names of what it has, and of what it has not.
    pub(super) fn names(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        let (has, not): (Vec<_>, Vec<_>) = ALL.into_iter().partition(|feature| self.has(*feature));
        (has.into_iter().map(Feature::name).collect(), not.into_iter().map(Feature::name).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_cannot_be_read_is_not_there_but_patch_filters_and_groups_are_tried() {
        let features = Features::read(&Value::Null, &Value::Null);
        assert_eq!(features.names().0, ["patch", "filter", "groups"]);
        assert_eq!((features.users.as_str(), features.groups.as_str()), ("Users", "Groups"));
    }

    #[test]
    fn what_the_server_says_is_believed() {
        let config = json!({
            "patch": { "supported": false }, "filter": { "supported": true }, "sort": { "supported": true },
            "bulk": { "supported": true, "maxOperations": 7, "maxPayloadSize": 100 },
            "pagination": { "cursor": true },
        });
        let extension = json!([{ "schema": super::super::ENTERPRISE, "required": false }]);
        let user =
            json!({ "schema": super::super::USER, "endpoint": "https://h/v2/People", "schemaExtensions": extension });
        let features = Features::read(&config, &json!({ "Resources": [user] }));
        let (has, not) = features.names();
        assert_eq!(has, ["filter", "sort", "bulk", "cursor", "enterprise"]);
        assert_eq!(not, ["patch", "etag", "groups"]);
        assert_eq!((features.operations_max, features.payload_bytes_max), (7, 100));
        assert_eq!(features.users, "People");
    }
}

//! Who a directory is where no API server gives it a uid.

use uuid::Uuid;

/// The uid of a directory that is kept in files: the same for the same namespace and name, always and everywhere, so
/// that a store is known again. UUIDv5 (RFC 9562).
pub fn directory_uid(namespace: &str, name: &str) -> String {
    let url = format!("https://scim-operator.dev/directories/{namespace}/{name}");
    Uuid::new_v5(&Uuid::NAMESPACE_URL, url.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_in_files_keeps_its_uid_for_ever() {
        // Frozen: stores in the field carry uids made so.
        assert_eq!(directory_uid("default", "corp"), "a04a6e27-218d-569c-a3b0-17d84d3bab56");
        assert_ne!(directory_uid("a", "b"), directory_uid("a", "c"));
    }
}

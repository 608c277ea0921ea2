//! Labels and annotations that people or other tools read or write on our objects. Frozen like field names.

/// Label: the ScimDirectory an object belongs to (its name; same namespace).
pub const DIRECTORY: &str = "scim-operator.dev/directory";
/// Label, `"true"`: one of the five rules that are made once with a directory (B072).
pub const DEFAULT_RULE: &str = "scim-operator.dev/default-rule";
/// Annotation on children: `<namespace>/<name>` of the owning ScimDirectory. A retained volume is taken up by it.
pub const OWNER: &str = "scim-operator.dev/owner";
/// Annotation on a ScimDirectory: its default rules were made, so that a deleted one stays deleted (B079, reading 9).
pub const DEFAULT_RULES_SEEDED: &str = "scim-operator.dev/default-rules-seeded";
/// Annotation on a ScimDirectory: the id of the store that a person accepts in place of the one known (C009).
pub const ACCEPT_STORE: &str = "scim-operator.dev/accept-store";
/// Annotation on a ScimDirectory: the id of the store that a person takes from the directory that owns it (C009). The
/// operator takes the annotation away once that is done.
pub const TAKE_STORE: &str = "scim-operator.dev/take-store";
/// Annotation on any of the four kinds: a new value asks for one reconcile now; answered in
/// `status.lastHandledReconcileAt`.
pub const RECONCILE_REQUESTED_AT: &str = "scim-operator.dev/reconcile-requested-at";

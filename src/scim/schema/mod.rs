//! Schemas as data: what attributes exist and of which kind they are. RFC 7643 §4, §7.

/// Which kind of resource a body, filter or path is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// `/Users`.
    User,
    /// `/Groups`.
    Group,
}

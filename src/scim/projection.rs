//! `attributes` and `excludedAttributes`. RFC 7644 §3.9.

use super::{Attributes, Error, ResourceKind};

/// `attributes` and `excludedAttributes`; the default wants everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Projection {}

impl Projection {
    /// Reads both query parameters.
    pub fn parse(_attributes: Option<&str>, _excluded: Option<&str>, _kind: ResourceKind) -> Result<Self, Error> {
        Ok(Self {})
    }

    /// Whether this top-level attribute is part of the answer, so that it need not be loaded otherwise.
    pub fn wants(&self, _attribute: &str) -> bool {
        true
    }

    /// Takes out of a rendered resource what was not asked for.
    pub fn apply(&self, _resource: &mut Attributes) {}
}

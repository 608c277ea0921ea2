//! Where in a body something is, as errors name it: `emails[0].primary`.

use crate::scim::schema::{Attribute, Schema};
use std::fmt;

/// An attribute, a value of it, a part of that.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    extension: Option<&'static Schema>,
    attribute: &'static str,
    index: Option<usize>,
    sub: Option<&'static str>,
}

impl Place {
    /// The whole attribute.
    pub fn of(extension: Option<&'static Schema>, attribute: &'static Attribute) -> Self {
        Self { extension, attribute: attribute.name, index: None, sub: None }
    }

    /// One value of its list.
    pub fn at(self, index: usize) -> Self {
        Self { index: Some(index), ..self }
    }

    /// A part of it.
    pub fn part(self, sub: &'static Attribute) -> Self {
        Self { sub: Some(sub.name), ..self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = self.extension {
            write!(f, "{}:", schema.urn)?;
        }
        f.write_str(self.attribute)?;
        if let Some(index) = self.index {
            write!(f, "[{index}]")?;
        }
        self.sub.map_or(Ok(()), |sub| write!(f, ".{sub}"))
    }
}

//! Paths: how filters, PATCH operations and projections name a part of a resource. RFC 7644 §3.5.2, §3.10.
//!
//! ```text
//! PATH     = attrPath / attrPath "[" FILTER "]" [subAttr]
//! attrPath = [URI ":"] ATTRNAME [subAttr]        ; Entra ID also joins URI and name with a dot
//! subAttr  = "." ATTRNAME
//! ATTRNAME = (ALPHA / "$" / "_") *(ALPHA / DIGIT / "-" / "_" / "$")
//! ```
//! Names are resolved against the schema while they are read, in any case. A well-formed name that the schema does not
//! know is kept as text: whether that is an error is for the caller to say.

mod attribute;
mod target;

pub use attribute::{AttributePath, Malformed, Scope};
pub use target::Path;

//! Mutual TLS between operator and endpoints: an authority of the operator's own, which is replaced in time, and
//! short-lived certificates.

mod authority;
mod kept;
mod rotate;
mod rotation;
mod secret;

pub use authority::{Authority, CERTIFICATE_VALIDITY, Issued, RENEW_BEFORE, Usage};
pub use kept::{AUTHORITY_SECRET, Kept, ROTATE, load};
pub use rotate::run as rotate;
pub use rotation::Authorities;
pub use secret::{AUTHORITIES, EndpointTls, NOT_AFTER, bytes, endpoint_tls, text};

//! Mutual TLS between operator and endpoints: an authority of the operator's own and short-lived certificates.

mod authority;
mod secret;

pub use authority::{Authority, CERTIFICATE_VALIDITY, Issued, RENEW_BEFORE, Usage};
pub use secret::{AUTHORITY_SECRET, EndpointTls, NOT_AFTER, authority, bytes, endpoint_tls, text};

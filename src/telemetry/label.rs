//! The values that metric labels may have: closed enums, nothing a caller can grow.

use prometheus_client::encoding::{EncodeLabelValue, LabelValueEncoder};
use std::fmt::Write;

macro_rules! label {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident => $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// As written in metrics and logs.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl EncodeLabelValue for $name {
            fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
                encoder.write_str(self.as_str())
            }
        }
    };
}

label! {
    /// What a request asks for.
    Operation {
        /// `POST` of a resource.
        Create => "create",
        /// `GET` of one resource.
        Read => "read",
        /// `GET` of a collection.
        List => "list",
        /// `PUT`.
        Replace => "replace",
        /// `PATCH`.
        Patch => "patch",
        /// `DELETE`.
        Delete => "delete",
        /// Any other method.
        Other => "other",
    }
}

label! {
    /// What a request is about.
    Resource {
        /// SCIM users.
        User => "user",
        /// SCIM groups.
        Group => "group",
        /// ServiceProviderConfig, Schemas, ResourceTypes.
        Discovery => "discovery",
        /// Access views.
        Access => "access",
        /// Rule runs.
        Sync => "sync",
        /// What changed rules would do.
        Plan => "plan",
        /// The change feed.
        Change => "change",
        /// The audit trail.
        Audit => "audit",
        /// Messages that could not be applied.
        FailedEvent => "failed_event",
        /// Manual grants.
        Grant => "grant",
        /// Anything else.
        Other => "other",
    }
}

label! {
    /// The first digit of a status.
    StatusClass {
        /// 2xx and 3xx.
        Success => "2xx",
        /// 4xx.
        Refused => "4xx",
        /// 5xx.
        Failed => "5xx",
    }
}

label! {
    /// How an operation ended (B111).
    Outcome {
        /// It was carried out.
        Done => "done",
        /// The request was at fault.
        Refused => "refused",
        /// This side was at fault, or not ready.
        Failed => "failed",
    }
}

label! {
    /// Why a request was not let in.
    AuthFailure {
        /// No `Authorization` header.
        Missing => "missing",
        /// Not `Bearer` and one value.
        Malformed => "malformed",
        /// No such token, expired, or revoked.
        Invalid => "invalid",
        /// A token that may not call this part.
        Scope => "scope",
    }
}

label! {
    /// How a sign-in ended.
    SignInOutcome {
        /// The person came in.
        SignedIn => "signed_in",
        /// The person may not come in, or the provider did not let them.
        Refused => "refused",
        /// It was not begun here, or too long ago.
        Expired => "expired",
        /// The provider or this side was at fault.
        Failed => "failed",
    }
}

impl StatusClass {
    /// The class of a status code.
    pub fn of(status: u16) -> Self {
        match status {
            0..400 => Self::Success,
            400..500 => Self::Refused,
            _ => Self::Failed,
        }
    }
}

impl From<StatusClass> for Outcome {
    fn from(class: StatusClass) -> Self {
        match class {
            StatusClass::Success => Self::Done,
            StatusClass::Refused => Self::Refused,
            StatusClass::Failed => Self::Failed,
        }
    }
}

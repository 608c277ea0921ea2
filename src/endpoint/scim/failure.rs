//! A refused or failed SCIM request as an answer. RFC 7644 §3.12.

use super::failed;
use super::respond::SCIM_JSON;
use crate::directory;
use crate::endpoint::answer::{self, Fault};
use crate::endpoint::body::BodyError;
use crate::endpoint::query::BadQuery;
use crate::scim::Error;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};

/// Why a SCIM request was not carried out; the only way to an error answer under `/scim/v2`.
#[derive(Debug)]
pub(crate) struct Failure {
    error: Error,
    fault: Option<Fault>,
    retry_after_s: Option<u32>,
}

impl Failure {
    /// 503 with `Retry-After` (C013).
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self { error: Error::plain(503, detail), fault: None, retry_after_s: Some(answer::RETRY_AFTER_S) }
    }

    /// 503 with `Retry-After` and a fixed text; the cause goes to the log.
    fn full(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::unavailable(answer::FULL_DETAIL) }
    }

    /// 500 with a fixed text; the cause goes to the log.
    pub(crate) fn internal(fault: Fault) -> Self {
        Self { error: Error::plain(500, answer::INTERNAL_DETAIL), fault: Some(fault), retry_after_s: None }
    }
}

impl Failure {
    /// The error, whoever's fault it is.
    pub(super) fn error(&self) -> &Error {
        &self.error
    }

    /// The error that the client is told; itself when it is a failure of this side, which is no part of an answer.
    pub(super) fn refusal(self) -> Result<Error, Self> {
        if self.error.status < 500 || self.error.status == 501 { Ok(self.error) } else { Err(self) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, fault: None, retry_after_s: None }
    }
}

impl From<directory::Error> for Failure {
    fn from(error: directory::Error) -> Self {
        use directory::Error as E;
        match error {
            E::Scim(error) => error.into(),
            E::NotConfigured => Self::unavailable("This endpoint has no configuration yet; try again later."),
            E::Full(_) => Self::full(Fault(error.to_string())),
            E::Unavailable(_) => {
                Self { fault: Some(Fault(error.to_string())), ..Self::unavailable(answer::UNAVAILABLE_DETAIL) }
            }
            E::StaleRevision(_)
            | E::StaleWriter { .. }
            | E::BadPublication(_)
            | E::BadRun(_)
            | E::BadPlan(_)
            | E::BadGrant(_)
            | E::ManagedByRules(_)
            | E::Gone(_)
            | E::BadQuery(_)
            | E::Store(_) => Self::internal(Fault(error.to_string())),
        }
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        let detail = error.to_string();
        match error {
            BodyError::TooLarge { .. } | BodyError::Slow => Error::plain(error.status().as_u16(), detail).into(),
            BodyError::Broken | BodyError::Syntax(_) => Error::invalid_syntax(detail).into(),
            BodyError::Internal(cause) => Self::internal(Fault(cause)),
        }
    }
}

impl From<BadQuery> for Failure {
    fn from(error: BadQuery) -> Self {
        Error::invalid_value(error.to_string()).into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self { error, fault, retry_after_s } = self;
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = answer::json(status, SCIM_JSON, &error.to_json());
        failed::beside(&mut response, error);
        if let Some(seconds) = retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if let Some(fault) = fault {
            response.extensions_mut().insert(fault);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_store_says_never_reaches_a_client() {
        let failure = Failure::from(directory::Error::Store("disk I/O error at page 7 of ana@example.com".to_owned()));
        assert_eq!(failure.error.status, 500);
        assert!(!failure.error.to_json().to_string().contains("ana@"));
        let response = failure.into_response();
        let Fault(cause) = response.extensions().get::<Fault>().unwrap();
        assert!(cause.contains("page 7"), "the log gets the cause");
    }

    #[test]
    fn c011_a_full_disk_is_503_to_come_back_and_its_place_is_for_the_log() {
        let failure = Failure::from(directory::Error::Full("the disk that holds /data/scim.db is full".to_owned()));
        assert_eq!((failure.error.status, failure.retry_after_s), (503, Some(answer::RETRY_AFTER_S)));
        assert_eq!(failure.error.to_json()["detail"], answer::FULL_DETAIL);
        let response = failure.into_response();
        let Fault(cause) = response.extensions().get::<Fault>().unwrap();
        assert_eq!(cause, "store: the disk that holds /data/scim.db is full");
    }

    #[test]
    fn every_body_error_has_its_status() {
        let status = |error: BodyError| Failure::from(error).into_response().status().as_u16();
        assert_eq!(status(BodyError::TooLarge { max: 1 }), 413);
        assert_eq!(status(BodyError::Slow), 408);
        assert_eq!(status(BodyError::Broken), 400);
        assert_eq!(status(BodyError::Syntax("x".into())), 400);
        assert_eq!(status(BodyError::Internal("x".into())), 500);
    }
}

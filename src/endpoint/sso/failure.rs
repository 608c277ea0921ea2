//! Why somebody is not signed in, as a page: what is wrong, a word for whoever is asked for help, and what to do.
//!
//! Never on a page: the provider's free text, a token, a code, a name. The cause of what is this side's or the
//! provider's fault goes to the log beside the request's id; of a provider that does not answer as no fault, since
//! everybody can ask again and again: the line about the refused sign-in has it.

use super::claims::TokenFault;
use super::exchange::ExchangeError;
use super::place::Place;
use crate::directory::{self, SignInRefusal};
use crate::endpoint::answer::{self, Fault};
use crate::endpoint::console;
use crate::telemetry::SignInOutcome;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};

/// When to come back after a refusal that passes by itself, in seconds.
const SOON_S: u32 = 30;
const NEXT_MINUTE_S: u32 = 60;

/// A sign-in that did not come to its end.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    title: &'static str,
    code: &'static str,
    message: String,
    /// Where another try begins.
    retry: Option<String>,
    retry_after_s: Option<u32>,
    /// Why, for the log.
    cause: Option<String>,
    /// Whether that is a fault of this side's or the provider's.
    is_fault: bool,
    outcome: SignInOutcome,
}

impl Failure {
    fn new(status: StatusCode, title: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        let (message, outcome) = (message.into(), SignInOutcome::Refused);
        Self { status, title, code, message, retry: None, retry_after_s: None, cause: None, is_fault: false, outcome }
    }

    fn failed(self, cause: String) -> Self {
        Self { cause: Some(cause), is_fault: true, outcome: SignInOutcome::Failed, ..self }
    }

    fn again(self, place: &Place) -> Self {
        Self { retry: Some(place.path("/sso/login")), ..self }
    }

    /// 404: there is nothing to sign in to.
    pub(super) fn closed() -> Self {
        let (title, message) = console::NO_SIGN_IN;
        Self::new(StatusCode::NOT_FOUND, title, "NotConfigured", message)
    }

    /// 400: not begun here, begun too long ago, or ended already.
    pub(super) fn expired(place: &Place) -> Self {
        let message = "It was not begun in this browser, it took longer than ten minutes, or it has ended already. \
                       Begin again.";
        let status = StatusCode::BAD_REQUEST;
        let outcome = SignInOutcome::Expired;
        Self { outcome, ..Self::new(status, "This sign-in does not hold any more", "SignInExpired", message) }
            .again(place)
    }

    /// 503: the provider does not answer, or this side is not ready for it. The reason is for the log and the operator.
    pub(super) fn unavailable(reason: String, place: &Place) -> Self {
        let message = "The identity provider does not answer, or signing in is not set up completely. Try again in \
                       half a minute; the status of the ScimDirectory (condition SSOReady) says more to an \
                       administrator.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let page = Self::new(status, "Nobody can sign in at the moment", "ProviderUnavailable", message);
        let (retry_after_s, cause, outcome) = (Some(SOON_S), Some(reason), SignInOutcome::Failed);
        Self { retry_after_s, cause, outcome, ..page }.again(place)
    }

    /// 503: as many sign-ins as may be are waiting for the provider already.
    pub(super) fn busy(place: &Place) -> Self {
        let message = "Many people are signing in just now, and the identity provider is slow to answer. Try again in \
                       half a minute.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let page = Self::new(status, "Not everybody can sign in at once", "TooManySignIns", message);
        Self { retry_after_s: Some(SOON_S), outcome: SignInOutcome::Failed, ..page }.again(place)
    }

    /// 403 or 502: the provider sent the person back with one of its errors.
    pub(super) fn of_provider(error: &'static str, place: &Place) -> Self {
        let (status, message) = match error {
            "access_denied" => (
                StatusCode::FORBIDDEN,
                "The identity provider did not let you in. Ask its administrator whether the application is assigned \
                 to you.",
            ),
            "login_required" | "consent_required" | "interaction_required" | "account_selection_required" => {
                (StatusCode::FORBIDDEN, "The identity provider wants something of you first. Begin again.")
            }
            "server_error" | "temporarily_unavailable" => {
                (StatusCode::BAD_GATEWAY, "The identity provider has failed. Try again in a moment.")
            }
            _ => (
                StatusCode::BAD_GATEWAY,
                "The identity provider does not accept how this directory asks. An administrator checks the \
                 application there: client id, redirect URI and scopes.",
            ),
        };
        let page = Self::new(status, "The identity provider said no", error, message).again(place);
        if status == StatusCode::FORBIDDEN { page } else { page.failed(format!("the provider answered {error}")) }
    }

    /// 502: an ID token that cannot be taken.
    pub(super) fn of_token(fault: TokenFault, place: &Place) -> Self {
        let message = format!(
            "The identity provider's ID token is not accepted: {fault}. Begin again; if it stays so, \
                               an administrator checks the provider."
        );
        let page = Self::new(StatusCode::BAD_GATEWAY, "The sign-in cannot be checked", "IdTokenInvalid", message);
        page.again(place).failed(format!("the ID token is not accepted: {fault}"))
    }

    /// 400, 502 or 503: no ID token.
    pub(super) fn of_exchange(error: &ExchangeError, place: &Place) -> Self {
        if matches!(error, ExchangeError::Refused { error: "invalid_grant", .. }) {
            // The code was used already, or is too old: nobody's fault.
            return Self::expired(place);
        }
        if matches!(error, ExchangeError::Fetch(_)) {
            return Self::unavailable(error.to_string(), place);
        }
        let message = "The identity provider does not exchange the sign-in for an identity. Begin again; if it stays \
                       so, an administrator checks client id, client secret and redirect URI.";
        let page = Self::new(StatusCode::BAD_GATEWAY, "The sign-in cannot be completed", "ProviderRefused", message);
        page.again(place).failed(error.to_string())
    }

    /// 403, or what else goes with it: the person is known to the provider, and may not come in here (reading 20).
    pub(super) fn refused(refusal: &SignInRefusal, place: &Place) -> Self {
        use SignInRefusal as R;
        let (status, retry_after_s) = match refusal {
            R::NotConfigured => return Self::closed(),
            R::TooManyNewAccounts => (StatusCode::TOO_MANY_REQUESTS, Some(NEXT_MINUTE_S)),
            R::SyncPending => (StatusCode::FORBIDDEN, Some(SOON_S)),
            R::UserNotFound | R::UserInactive | R::IdentityMappingMissing | R::NoAccess(_) => {
                (StatusCode::FORBIDDEN, None)
            }
        };
        let page = Self::new(status, "You cannot come in", refusal.code(), refusal.to_string());
        Self { retry_after_s, ..page }.again(place)
    }

    /// 403: another site sent the form.
    pub(super) fn of_another_site() -> Self {
        let message = "Sign out with the button on a page of this console.";
        Self::new(StatusCode::FORBIDDEN, "This was asked for by another site", "OtherSite", message)
    }

    /// 500: this side's fault.
    pub(super) fn internal(Fault(cause): Fault) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "The endpoint failed", "Internal", answer::INTERNAL_DETAIL).failed(cause)
    }

    /// What it counts as.
    pub(super) fn outcome(&self) -> SignInOutcome {
        self.outcome
    }

    /// The word for it.
    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// Why, for the log, where it is no fault.
    pub(super) fn cause(&self) -> Option<&str> {
        self.cause.as_deref().filter(|_| !self.is_fault)
    }
}

impl From<directory::Error> for Failure {
    fn from(error: directory::Error) -> Self {
        use directory::Error as E;
        let cause = error.to_string();
        let detail = match error {
            E::NotConfigured => "This endpoint has no configuration yet; try again later.",
            E::Full(_) => answer::FULL_DETAIL,
            E::Unavailable(_) => console::UNAVAILABLE,
            E::Scim(_)
            | E::StaleRevision(_)
            | E::StaleWriter { .. }
            | E::BadPublication(_)
            | E::BadRun(_)
            | E::BadPlan(_)
            | E::BadGrant(_)
            | E::ManagedByRules(_)
            | E::Gone(_)
            | E::BadQuery(_)
            | E::Store(_) => return Self::internal(Fault(cause)),
        };
        let page = Self::new(StatusCode::SERVICE_UNAVAILABLE, "Not available", "Unavailable", detail);
        Self { retry_after_s: Some(answer::RETRY_AFTER_S), ..page.failed(cause) }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self { status, title, code, message, retry, retry_after_s, cause, is_fault, outcome: _ } = self;
        let mut response = console::failed(status, title, code, &message, retry.as_deref());
        if let Some(seconds) = retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if let Some(cause) = cause.filter(|_| is_fault) {
            response.extensions_mut().insert(Fault(cause));
        }
        response
    }
}

/// A page for what comes before any handler: a path that is not served, a method, a directory that is not ready.
pub(crate) fn page(status: StatusCode, detail: &str) -> Response {
    let (title, code) = match status {
        StatusCode::NOT_FOUND => ("Nothing is here", "NotFound"),
        StatusCode::METHOD_NOT_ALLOWED => ("This is not done here", "MethodNotAllowed"),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => ("The request is too large", "HeadersTooLarge"),
        StatusCode::SERVICE_UNAVAILABLE => ("Not available at the moment", "Unavailable"),
        StatusCode::INTERNAL_SERVER_ERROR => ("The endpoint failed", "Internal"),
        _ => ("This cannot be done", "BadRequest"),
    };
    let mut response = console::failed(status, title, code, detail, None);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, answer::RETRY_AFTER_S.into());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place::of("https://example.com/corp")
    }

    async fn text(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn b140_b141_a_refusal_names_its_code_and_says_what_to_do() {
        let table = [
            (SignInRefusal::UserNotFound, 403, "UserNotFound", ""),
            (SignInRefusal::UserInactive, 403, "UserInactive", ""),
            (SignInRefusal::IdentityMappingMissing, 403, "IdentityMappingMissing", ""),
            (SignInRefusal::SyncPending, 403, "SyncPending", "30"),
            (SignInRefusal::TooManyNewAccounts, 429, "TooManyNewAccounts", "60"),
            (SignInRefusal::NotConfigured, 404, "NotConfigured", ""),
        ];
        for (refusal, status, code, retry_after) in table {
            let response = Failure::refused(&refusal, &place()).into_response();
            let after = response.headers().get(RETRY_AFTER).map_or("", |value| value.to_str().unwrap());
            assert_eq!((response.status().as_u16(), after), (status, retry_after), "{code}");
            assert!(text(response).await.contains(code), "{code}");
        }
    }

    #[tokio::test]
    async fn what_the_store_or_the_provider_says_is_for_the_log_only() {
        let store = directory::Error::Store("the disk of ana@example.com".to_owned());
        let refused = ExchangeError::Refused { status: 401, error: "invalid_client" };
        let refused = Failure::of_exchange(&refused, &place());
        for (failure, status, cause) in [(Failure::from(store), 500, "the disk of"), (refused, 502, "invalid_client")] {
            assert_eq!(failure.outcome(), SignInOutcome::Failed);
            let response = failure.into_response();
            assert_eq!(response.status(), status);
            assert!(response.extensions().get::<Fault>().is_some_and(|fault| fault.0.contains(cause)));
            let text = text(response).await;
            assert!(!text.contains("ana@") && !text.contains(cause), "{text}");
        }
    }

    #[tokio::test]
    async fn a_provider_that_does_not_answer_is_no_fault_for_whoever_asks_again_and_again() {
        let unavailable = Failure::unavailable("https://idp.example.com: the disk of ana@".to_owned(), &place());
        assert_eq!(unavailable.cause(), Some("https://idp.example.com: the disk of ana@"));
        for (failure, code) in [(unavailable, "ProviderUnavailable"), (Failure::busy(&place()), "TooManySignIns")] {
            assert_eq!(failure.outcome(), SignInOutcome::Failed);
            let response = failure.into_response();
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(response.headers()[RETRY_AFTER], "30");
            assert!(response.extensions().get::<Fault>().is_none(), "{code}");
            let text = text(response).await;
            assert!(text.contains(code) && !text.contains("ana@"), "{text}");
        }
    }

    #[tokio::test]
    async fn b133_another_try_begins_below_the_public_url() {
        let response = Failure::expired(&place()).into_response();
        assert_eq!(response.status(), 400);
        assert!(text(response).await.contains("href=\"/corp/sso/login\""));
    }

    #[test]
    fn a_code_that_was_used_already_is_nobodys_fault() {
        let used = ExchangeError::Refused { status: 400, error: "invalid_grant" };
        assert_eq!(Failure::of_exchange(&used, &place()).outcome(), SignInOutcome::Expired);
        let secret = ExchangeError::Refused { status: 401, error: "invalid_client" };
        let failure = Failure::of_exchange(&secret, &place());
        assert_eq!((failure.outcome(), failure.code()), (SignInOutcome::Failed, "ProviderRefused"));
    }

    #[test]
    fn the_providers_errors_are_the_persons_or_the_set_ups() {
        for (error, status) in [("access_denied", 403), ("login_required", 403), ("server_error", 502), ("error", 502)]
        {
            assert_eq!(Failure::of_provider(error, &place()).status, status, "{error}");
        }
    }
}

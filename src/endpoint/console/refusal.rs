//! What is shown instead of a page: a way to sign in, or what is wrong and what to do.

use super::page::{Failed, Link, html};
use super::{NO_SIGN_IN, UNAVAILABLE};
use crate::directory;
use crate::endpoint::answer::{Fault, INTERNAL_DETAIL, RETRY_AFTER_S};
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// Why a page is not shown.
#[derive(Debug)]
pub(super) enum Refusal {
    /// People do not sign in here.
    Closed,
    /// Nobody is signed in; the path of the page to come back to.
    SignIn(&'static str),
    /// Nobody is signed in any more, and something was asked for in the page of this path.
    Ended(&'static str),
    /// The page is for holders of the top role.
    NotManaging,
    /// What was searched for cannot be searched for; for people.
    BadSearch(String),
    /// The directory has no answer.
    Directory(directory::Error),
}

impl From<directory::Error> for Refusal {
    fn from(error: directory::Error) -> Self {
        Self::Directory(error)
    }
}

impl Refusal {
    /// The answer, where links begin with `root`.
    pub(super) fn answer(self, root: &str) -> Response {
        let page = |status, title: &str, code: &str, message: &str, link| {
            html(status, &Failed { root, title, code, message, link })
        };
        match self {
            Self::SignIn(path) => see_other(&sign_in(root, path)),
            Self::Ended(path) => page(
                StatusCode::FORBIDDEN,
                "Your session has ended",
                "SessionEnded",
                "Sign in again, and then search again.",
                Some(Link { to: sign_in(root, path), text: "Sign in" }),
            ),
            Self::Closed => page(StatusCode::NOT_FOUND, NO_SIGN_IN.0, "NotConfigured", NO_SIGN_IN.1, None),
            Self::NotManaging => page(
                StatusCode::FORBIDDEN,
                "This page is for administrators",
                "NotAnAdministrator",
                "User management opens for holders of the highest role in the directory's own tenant. \
                 Ask an administrator if you need it.",
                Some(Link { to: format!("{root}/console"), text: "My access" }),
            ),
            Self::BadSearch(message) => {
                let all = Link { to: format!("{root}/console/users"), text: "Everybody" };
                page(StatusCode::BAD_REQUEST, "This cannot be searched for", "BadRequest", &message, Some(all))
            }
            Self::Directory(error) => of_directory(error, root),
        }
    }
}

/// Where to sign in and come back from to this page.
fn sign_in(root: &str, path: &str) -> String {
    format!("{root}/sso/login?return={path}")
}

fn of_directory(error: directory::Error, root: &str) -> Response {
    use directory::Error as E;
    match error {
        E::BadQuery(message) => Refusal::BadSearch(message).answer(root),
        E::NotConfigured | E::Full(_) | E::Unavailable(_) => {
            let page = Failed { root, title: "Not available", code: "Unavailable", message: UNAVAILABLE, link: None };
            let mut response = html(StatusCode::SERVICE_UNAVAILABLE, &page);
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_S.into());
            response.extensions_mut().insert(Fault(error.to_string()));
            response
        }
        error => internal(&error.to_string(), root),
    }
}

/// 500; the cause goes to the log.
fn internal(cause: &str, root: &str) -> Response {
    let page = Failed { root, title: "The endpoint failed", code: "Internal", message: INTERNAL_DETAIL, link: None };
    let mut response = html(StatusCode::INTERNAL_SERVER_ERROR, &page);
    response.extensions_mut().insert(Fault(cause.to_owned()));
    response
}

fn see_other(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(error) => internal(&format!("the public URL cannot stand in a header: {error}"), ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn text(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn b133_nobody_is_sent_to_sign_in_below_the_public_url_and_comes_back() {
        let response = Refusal::SignIn("/console/users").answer("/people");
        assert_eq!(response.status(), 303);
        assert_eq!(response.headers()["location"], "/people/sso/login?return=/console/users");
    }

    #[tokio::test]
    async fn b133_a_search_without_a_session_is_not_sent_elsewhere_but_told_where_to_sign_in() {
        let response = Refusal::Ended("/console/users").answer("/people");
        assert_eq!(response.status(), 403);
        assert!(!response.headers().contains_key(LOCATION), "a form of ours is not led to the provider");
        let text = text(response).await;
        let link = r#"<a href="/people/sso/login?return=/console/users">Sign in</a>"#;
        assert!(text.contains(link) && text.contains("<code>SessionEnded</code>"), "{text}");
    }

    #[tokio::test]
    async fn b101_who_does_not_manage_users_is_told_who_does() {
        let response = Refusal::NotManaging.answer("");
        assert_eq!(response.status(), 403);
        let text = text(response).await;
        assert!(text.contains("highest role") && text.contains(r#"<a href="/console">"#), "{text}");
    }

    #[tokio::test]
    async fn a_fault_of_this_side_is_for_the_log_only() {
        for (error, status) in [
            (directory::Error::Store("the disk of ana".to_owned()), 500_u16),
            (directory::Error::Unavailable("the disk of ana".to_owned()), 503),
        ] {
            let response = Refusal::from(error).answer("");
            assert_eq!(response.status(), status);
            let fault = response.extensions().get::<Fault>().cloned().unwrap();
            assert!(fault.0.contains("the disk of ana"));
            assert_eq!(response.headers().contains_key(RETRY_AFTER), status == 503);
            assert!(!text(response).await.contains("ana"));
        }
    }

    #[tokio::test]
    async fn what_was_sent_is_escaped_in_what_is_said_of_it() {
        let error = directory::Error::BadQuery("cursor \"<script>\" is not one of ours".to_owned());
        let response = Refusal::from(error).answer("");
        assert_eq!(response.status(), 400);
        let text = text(response).await;
        assert!(text.contains("&#60;script&#62;") && !text.contains("<script"), "{text}");
    }
}

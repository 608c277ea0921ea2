//! Where a directory's pages lie, and who looks at them.

use super::refusal::Refusal;
use crate::directory::Session;
use crate::endpoint::shared::Shared;
use crate::endpoint::sso::session;
use axum::http::HeaderMap;
use axum::response::Response;

/// Where the pages are for a browser, and of which directory they are.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// What comes before `/console` and `/sso` in every link.
    pub(super) root: String,
    /// The home tenant.
    pub(super) tenant: String,
    /// Whether people sign in here at all.
    pub(super) is_open: bool,
}

impl Place {
    /// By the configuration in force.
    pub(super) fn of(shared: &Shared) -> Self {
        let in_force = shared.directory.in_force();
        match in_force.document.as_ref() {
            Some(document) => Self {
                root: prefix(document.profile.public_url()).to_owned(),
                tenant: document.tenant.clone(),
                is_open: document.sign_in.is_some(),
            },
            None => Self { root: String::new(), tenant: String::new(), is_open: false },
        }
    }

    /// Who looks at the page of this path; nobody is sent to sign in and comes back to it. Whoever asked for something
    /// in it (`raw`) is told instead: our own form may have sent that, and a browser that keeps to our content policy
    /// follows no form to the provider.
    pub(super) async fn session(
        &self,
        shared: &Shared,
        headers: &HeaderMap,
        path: &'static str,
        raw: Option<&str>,
    ) -> Result<Session, Refusal> {
        if !self.is_open {
            return Err(Refusal::Closed);
        }
        let asks = raw.is_some_and(|raw| !raw.is_empty());
        let nobody = if asks { Refusal::Ended(path) } else { Refusal::SignIn(path) };
        session::current(shared, headers).await?.ok_or(nobody)
    }

    /// The page, or what is shown instead of it.
    pub(super) fn answer(&self, page: Result<Response, Refusal>) -> Response {
        page.unwrap_or_else(|refusal| refusal.answer(&self.root))
    }
}

/// The path of a public URL: what a proxy in front puts before `/console` and `/sso`. Empty, or without a slash at its
/// end.
pub(in crate::endpoint) fn prefix(public_url: &str) -> &str {
    let behind_scheme = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let path = behind_scheme.find('/').and_then(|at| behind_scheme.get(at..));
    path.unwrap_or_default().trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::prefix;
    use crate::config::Profile;

    #[test]
    fn links_begin_with_the_path_of_the_public_url() {
        for (base_url, expected) in [
            ("https://scim.example.com/scim/v2", ""),
            ("https://scim.example.com/scim/v2/", ""),
            ("https://example.com/people/scim/v2", "/people"),
            ("https://example.com:8443/people/hr/scim/v2", "/people/hr"),
            ("http://127.0.0.1:8080/scim/v2", ""),
        ] {
            assert_eq!(prefix(Profile::new(base_url).public_url()), expected, "{base_url}");
        }
        assert_eq!(prefix("https://example.com/people/"), "/people");
        assert_eq!(prefix("https://example.com"), "");
    }
}

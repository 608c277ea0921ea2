//! Where a directory is seen from outside: its origin, and what lies before its paths when another service shares the
//! host. Pure.

use crate::endpoint::console;

/// The public address of a directory, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    origin: String,
    prefix: String,
}

impl Place {
    /// The place of a public URL without a slash at its end, as `Profile::public_url` gives it.
    pub(super) fn of(public_url: &str) -> Self {
        let public_url = public_url.trim_end_matches('/');
        let prefix = console::prefix(public_url);
        let origin = public_url.strip_suffix(prefix).unwrap_or(public_url);
        Self { origin: origin.to_owned(), prefix: prefix.to_owned() }
    }

    /// Scheme and host, as browsers write it in `Origin`.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// A path of ours as a browser has to ask for it.
    pub(super) fn path(&self, local: &str) -> String {
        format!("{}{local}", self.prefix)
    }

    /// Whether no other service shares the host: everything there is ours.
    pub(super) fn has_the_host(&self) -> bool {
        self.prefix.is_empty()
    }

    /// What the session's cookie is sent to.
    pub(super) fn root(&self) -> &str {
        if self.prefix.is_empty() { "/" } else { &self.prefix }
    }

    /// Where the provider sends people back to (OpenID Connect Core §3.1.2.1).
    pub(super) fn redirect_uri(&self) -> String {
        format!("{}{}/sso/callback", self.origin, self.prefix)
    }

    /// Whether cookies may ask for an encrypted connection.
    pub(super) fn is_encrypted(&self) -> bool {
        self.origin.get(.."https://".len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
    }

    /// Where to go after signing in: a page of the console, with or without the prefix; anything else is its first
    /// page, so that nobody is sent elsewhere from here.
    pub(super) fn page(&self, asked: Option<&str>) -> String {
        const LONGEST: usize = 512;
        let Some(asked) = asked else { return "/console".to_owned() };
        let inside = asked.strip_prefix(self.prefix.as_str()).filter(|inside| is_console(inside));
        let page = inside.unwrap_or(asked);
        let harmless = |c: char| c.is_ascii_graphic() && c != '\\';
        if is_console(page) && page.len() <= LONGEST && page.chars().all(harmless) {
            page.to_owned()
        } else {
            "/console".to_owned()
        }
    }
}

/// None of our pages has anything encoded in its path: a proxy or a browser that decodes it would see another one.
fn is_console(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let is_page = |rest: &str| rest.is_empty() || rest.starts_with('/');
    let inside = path.strip_prefix("/console").filter(|rest| is_page(rest));
    inside.is_some_and(|rest| ["//", "..", "%"].iter().all(|odd| !rest.contains(odd)))
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn b133_a_place_has_an_origin_and_perhaps_a_prefix() {
        let bare = Place::of("https://scim.example.com");
        assert_eq!((bare.origin(), bare.root()), ("https://scim.example.com", "/"));
        assert_eq!(bare.redirect_uri(), "https://scim.example.com/sso/callback");
        let shared = Place::of("http://example.com:8080/people/corp");
        assert_eq!((shared.origin(), shared.root()), ("http://example.com:8080", "/people/corp"));
        assert_eq!(shared.path("/console"), "/people/corp/console");
        assert_eq!(shared.redirect_uri(), "http://example.com:8080/people/corp/sso/callback");
        assert!(bare.is_encrypted() && !shared.is_encrypted());
    }

    #[test]
    fn after_signing_in_people_go_to_the_console_and_nowhere_else() {
        let place = Place::of("https://example.com/corp");
        for ok in ["/console", "/console/users?q=ana&cursor=1", "/console/users?q=%C3%BC", "/console/users"] {
            assert_eq!(place.page(Some(ok)), ok);
            assert_eq!(place.page(Some(&format!("/corp{ok}"))), ok, "the prefix is ours");
        }
        let long = format!("/console/{}", "a".repeat(600));
        for bad in [
            "https://evil.example.com/console",
            "//evil.example.com/console",
            "/console//evil.example.com",
            "/console/../sso/logout",
            "/console/%2e%2e/sso/logout",
            "/console/%2F%2Fevil.example.com",
            "/console%2F..%2Fsso?q=1",
            "/consoles",
            "/console\\evil",
            "/console/a b",
            "/console/\r\nSet-Cookie:x",
            "/sso/logout",
            "",
            &long,
        ] {
            assert_eq!(place.page(Some(bad)), "/console", "{bad}");
        }
        assert_eq!(place.page(None), "/console");
    }
}

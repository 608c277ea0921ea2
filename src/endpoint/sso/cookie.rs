//! The two cookies of sign-in. Both are sealed: a browser can keep them, but not read or make them.
//!
//! No script reads them (`HttpOnly`), no other site's form sends them (`SameSite=Lax`), and over an encrypted
//! connection they are never sent without one (`Secure`). Their names say so to the browser, which then takes them from
//! nobody else (RFC 6265bis §4.1.3): `__Host-` where the whole host is ours, `__Secure-` below a path of a host, none
//! without encryption. How long they are good for is inside too: a browser may keep one longer.

use super::place::Place;
use crate::endpoint::seal;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A cookie of sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cookie {
    /// What a sign-in under way has to remember until the person is back.
    Login,
    /// Who somebody is.
    Session,
}

#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    until: i64,
    value: T,
}

impl Cookie {
    /// What it is for; a value that was sealed for one is none of the other.
    fn purpose(self) -> &'static str {
        match self {
            Self::Login => "scim-login",
            Self::Session => "scim-session",
        }
    }

    /// The one name that is given and read at this place: one that anybody else could have set counts nothing.
    fn name(self, place: &Place) -> String {
        let guarded = match (place.is_encrypted(), place.has_the_host()) {
            (true, true) => "__Host-",
            (true, false) => "__Secure-",
            (false, _) => "",
        };
        format!("{guarded}{}", self.purpose())
    }

    /// What it is sent to. A browser takes `__Host-` for the whole host only.
    fn path(self, place: &Place) -> String {
        match self {
            Self::Login if place.is_encrypted() && place.has_the_host() => place.root().to_owned(),
            Self::Login => place.path("/sso"),
            Self::Session => place.root().to_owned(),
        }
    }

    /// Ten minutes to sign in; eight hours, a day's work.
    fn seconds(self) -> i64 {
        match self {
            Self::Login => 10 * 60,
            Self::Session => 8 * 60 * 60,
        }
    }

    /// `Set-Cookie` with a sealed value; `None` only when the cipher fails.
    pub(super) fn give(
        self,
        key: &[u8; 32],
        place: &Place,
        value: &impl Serialize,
        now: Timestamp,
    ) -> Option<HeaderValue> {
        let until = now.as_second().saturating_add(self.seconds());
        let sealed = seal::seal(key, self.purpose(), &Sealed { until, value })?;
        self.header(place, &sealed, self.seconds())
    }

    /// `Set-Cookie` that makes a browser forget it.
    pub(super) fn end(self, place: &Place) -> Option<HeaderValue> {
        self.header(place, "", 0)
    }

    fn header(self, place: &Place, value: &str, seconds: i64) -> Option<HeaderValue> {
        let secure = if place.is_encrypted() { "; Secure" } else { "" };
        let (name, path) = (self.name(place), self.path(place));
        let text = format!("{name}={value}; Max-Age={seconds}; Path={path}; HttpOnly; SameSite=Lax{secure}");
        let mut header = HeaderValue::try_from(text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// What a browser sent back, if we sealed it and it still holds. Without encryption another site of the same domain
    /// can plant cookies of our names beside ours: the first one that opens counts.
    pub(super) fn read<T: DeserializeOwned>(
        self,
        key: &[u8; 32],
        place: &Place,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Option<T> {
        let wanted = self.name(place);
        let sent = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = sent.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut ours = pairs.filter(|(name, _)| *name == wanted);
        ours.find_map(|(_, value)| {
            let sealed: Sealed<T> = seal::open(key, self.purpose(), value)?;
            (now.as_second() < sealed.until).then_some(sealed.value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn sent(text: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_str(text).unwrap());
        headers
    }

    fn pair(header: &HeaderValue) -> String {
        header.to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    #[test]
    fn b133_a_cookie_is_closed_to_scripts_and_other_sites() {
        let shown = |cookie: Cookie, public_url: &str| {
            let header = cookie.give(&KEY, &Place::of(public_url), &"ana", at(0)).unwrap();
            assert!(header.is_sensitive(), "no log shows it");
            let (name, rest) = header.to_str().unwrap().split_once('=').unwrap();
            format!("{name} {}", rest.split_once("; ").unwrap().1)
        };
        let login = shown(Cookie::Login, "https://scim.example.com");
        assert_eq!(login, "__Host-scim-login Max-Age=600; Path=/; HttpOnly; SameSite=Lax; Secure");
        let session = shown(Cookie::Session, "https://scim.example.com");
        assert_eq!(session, "__Host-scim-session Max-Age=28800; Path=/; HttpOnly; SameSite=Lax; Secure");
        let shared = shown(Cookie::Login, "https://example.com/corp");
        assert_eq!(shared, "__Secure-scim-login Max-Age=600; Path=/corp/sso; HttpOnly; SameSite=Lax; Secure");
        let shared = shown(Cookie::Session, "https://example.com/corp");
        assert_eq!(shared, "__Secure-scim-session Max-Age=28800; Path=/corp; HttpOnly; SameSite=Lax; Secure");
        let open = shown(Cookie::Login, "http://127.0.0.1:8080");
        assert_eq!(open, "scim-login Max-Age=600; Path=/sso; HttpOnly; SameSite=Lax");
        let open = shown(Cookie::Session, "http://example.com/corp");
        assert_eq!(open, "scim-session Max-Age=28800; Path=/corp; HttpOnly; SameSite=Lax");
        let end = Cookie::Session.end(&Place::of("http://example.com")).unwrap();
        assert_eq!(end, "scim-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn b133_a_cookie_comes_back_until_its_time_is_over_and_for_its_own_use_only() {
        let place = Place::of("https://scim.example.com");
        let given = pair(&Cookie::Session.give(&KEY, &place, &"ana", at(1_000)).unwrap());
        let read = |text: &str, key: &[u8; 32], second: i64| -> Option<String> {
            Cookie::Session.read(key, &place, &sent(text), at(second))
        };
        assert_eq!(read(&given, &KEY, 1_000).as_deref(), Some("ana"));
        assert_eq!(read(&given, &KEY, 1_000 + 8 * 3600 - 1).as_deref(), Some("ana"));
        assert_eq!(read(&given, &KEY, 1_000 + 8 * 3600), None, "too old");
        assert_eq!(read(&given, &[8; 32], 1_000), None, "of another store");
        assert_eq!(read(&given.replace("session", "login"), &KEY, 1_000), None, "another name");
        let renamed = given.replace("scim-session", "scim-login");
        let login: Option<String> = Cookie::Login.read(&KEY, &place, &sent(&renamed), at(1_000));
        assert_eq!(login, None, "a session is no sign-in under way");
        let planted = format!("theme=dark; __Host-scim-session=made-up; {given}");
        assert_eq!(read(&planted, &KEY, 1_000).as_deref(), Some("ana"), "one that does not open is passed over");
        assert_eq!(read("__Host-scim-session=", &KEY, 1_000), None);
    }

    #[test]
    fn b133_only_the_name_that_fits_the_place_is_read() {
        let places = ["https://scim.example.com", "https://example.com/corp", "http://scim.example.com"].map(Place::of);
        for (i, place) in places.iter().enumerate() {
            let given = pair(&Cookie::Session.give(&KEY, place, &"ana", at(0)).unwrap());
            for (j, other) in places.iter().enumerate() {
                let read: Option<String> = Cookie::Session.read(&KEY, other, &sent(&given), at(0));
                assert_eq!(read.is_some(), i == j, "{given} at {other:?}");
            }
        }
    }
}

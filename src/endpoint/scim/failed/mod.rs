//! Messages that could not be applied are kept, and those that ask for the same later make them go (C004).
//!
//! All writes of a provider pass here, whichever route they take: [`watch`] stands around the routes, and [`Write`]
//! does the same for one operation of a bulk message. It changes no answer: what cannot be kept is only logged, without
//! what was in it. While a body is read nothing of it is copied; see [`seen`].

mod message;
mod retry;
mod seen;

pub(crate) use retry::try_again;

use super::respond::Name;
use crate::access::fold;
use crate::directory::{Directory, Failed, FailedMessage};
use crate::endpoint::gate::Caller;
use crate::endpoint::request_id;
use crate::endpoint::shared::Shared;
use crate::scim::{Error, Types};
use axum::extract::{Request, State};
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use seen::Seen;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The flag of Entra ID's tenant URL. It stands behind a kept `User-Agent`, since a dialect is known by it too.
const ENTRA_FLAG: &str = "aadOptscim062020";

/// The error that an answer tells; beside the answer, for whoever keeps it.
#[derive(Debug, Clone)]
pub(super) struct Told(pub(super) Error);

/// Whether a message that was answered so is kept: it can be mended. What was not let in, not served, meant for another
/// version, too large, too late or of another media type cannot, or says nothing about anybody.
pub(crate) fn is_kept(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 401 | 403 | 405 | 408 | 412 | 413 | 415 | 429)
}

/// The middleware around the SCIM routes.
pub(super) async fn watch(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let Some(write) = Write::of_request(&shared, &request) else { return next.run(request).await };
    let (request, seen) = Seen::in_passing(request, &write.method);
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let told = response.extensions().get::<Told>();
    if response.status().is_success() {
        // Nearly always nothing is kept: then the body is not read a second time. An error is told by what follows.
        if matches!(shared.directory.may_have_failed().await, Ok(false)) {
            return response;
        }
        // A PUT says nothing that its path and its answer do not.
        let needed = write.method != Method::PUT;
        let (body, digest) = if needed { seen.whole(shared.limits.json_depth_max) } else { (None, String::new()) };
        let name = response.extensions().get::<Name>().map(|Name(name)| name.as_str());
        write.applied(&shared.directory, body.as_ref(), name, &digest).await;
    } else if let Some(Told(error)) = told.filter(|_| is_kept(status)) {
        let (body, digest) = seen.whole(shared.limits.json_depth_max);
        write.keep(&shared.directory, error, body, &digest).await;
    }
    response
}

/// One write of the provider.
pub(super) struct Write {
    method: Method,
    /// The path behind the SCIM base.
    resource: String,
    /// How things of this type are called in a subject.
    prefix: String,
    /// The attribute that names them for people.
    title: Option<&'static str>,
    /// The id, in lower case; absent where something new is made.
    id: Option<String>,
    request_id: String,
    user_agent: String,
}

impl Write {
    fn of_request(shared: &Shared, request: &Request) -> Option<Self> {
        let path = request.uri().path().strip_prefix("/scim/v2")?;
        let request_id = match request.extensions().get::<Caller>() {
            Some(Caller(actor)) => actor.request_id.clone(),
            None => request_id::of(request.headers()),
        };
        let agent = user_agent(request.headers(), request.uri().query());
        Self::of(&shared.directory.in_force().types, request.method(), path, request_id, agent)
    }

    /// A write of something that is served; `path` begins behind the SCIM base.
    pub(super) fn of(
        types: &Types,
        method: &Method,
        path: &str,
        request_id: String,
        user_agent: String,
    ) -> Option<Self> {
        let mut parts = path.trim_matches('/').split('/');
        let (segment, id) = (parts.next()?, parts.next());
        let kind = types.at(segment)?;
        let fits = match (*method == Method::POST, id) {
            (true, None) => true,
            (false, Some(_)) => matches!(*method, Method::PUT | Method::PATCH | Method::DELETE),
            _ => false,
        };
        if !fits || parts.next().is_some() {
            return None;
        }
        let (prefix, title) = if kind.is_user() {
            ("user".to_owned(), Some("userName"))
        } else if kind.is_group() {
            ("group".to_owned(), Some("displayName"))
        } else {
            (segment.to_owned(), None)
        };
        let resource = format!("/{}", path.trim_matches('/'));
        let (method, id) = (method.clone(), id.map(str::to_ascii_lowercase));
        Some(Self { method, resource, prefix, title, id, request_id, user_agent })
    }

    /// It succeeded: what it makes up for is over. `name` is what the resource is called now.
    pub(super) async fn applied(&self, directory: &Directory, body: Option<&Value>, name: Option<&str>, digest: &str) {
        let subjects = self.subjects(body, name, digest);
        self.settled(directory, subjects, &self.asked(body, digest)).await;
    }

    /// The same, where what it asked for was looked at before.
    pub(super) async fn settled(&self, directory: &Directory, subjects: Vec<String>, asked: &BTreeSet<String>) {
        if let Err(error) = directory.supersede(subjects, asked).await {
            let request_id = &self.request_id;
            tracing::error!(request_id, %error, "failed events that are made up for could not be taken away");
        }
    }

    /// It was refused: it is kept, without passwords. Without a body it cannot be tried again.
    pub(super) async fn keep(&self, directory: &Directory, error: &Error, body: Option<Value>, digest: &str) {
        let name = body.as_ref().and_then(|body| self.name(body)).map(str::to_owned);
        let subject = self.subjects(body.as_ref(), None, digest).into_iter().next().unwrap_or_default();
        let asked = self.asked(body.as_ref(), digest);
        let text = |mut body: Value| {
            message::forget_passwords(&mut body);
            body.to_string()
        };
        let body = if self.method == Method::DELETE { Some(String::new()) } else { body.map(text) };
        let of_user = self.title == Some("userName");
        let (user_name, display_name) = if of_user { (name, None) } else { (None, name) };
        let failed = Failed {
            operation: self.method.to_string(),
            resource: self.resource.clone(),
            subject,
            user_name,
            display_name,
            status: error.status,
            scim_type: error.scim_type.map(|kind| kind.as_str().to_owned()),
            detail: error.detail.clone(),
            request_id: self.request_id.clone(),
            message: FailedMessage { user_agent: self.user_agent.clone(), body, asked },
        };
        if let Err(error) = directory.note_failed(failed).await {
            let request_id = &self.request_id;
            tracing::error!(request_id, %error, "a message that could not be applied could not be kept either");
        }
    }

    /// What it is about, the surest first: an id, a name, and for want of both whatever tells it from others.
    pub(super) fn subjects(&self, body: Option<&Value>, name: Option<&str>, digest: &str) -> Vec<String> {
        let prefix = &self.prefix;
        let mut subjects: Vec<String> = self.id.iter().map(|id| format!("{prefix}-id:{id}")).collect();
        let name = name.or_else(|| self.name(body?)).filter(|_| self.title.is_some());
        subjects.extend(name.map(|name| self.called(name)));
        if self.id.is_none() {
            let external = body.and_then(|body| message::text(body, "externalId"));
            subjects.extend(external.map(|id| format!("{prefix}-external:{id}")));
            if name.is_none() {
                subjects.push(format!("{prefix}-text:{digest}"));
            }
        }
        subjects
    }

    /// The subject of whatever has this name.
    pub(super) fn called(&self, name: &str) -> String {
        format!("{}:{}", self.prefix, fold(name))
    }

    /// What tells a body from others, where no name does.
    pub(super) fn digest(&self, body: &Value) -> String {
        if self.id.is_some() || self.name(body).is_some() {
            return String::new();
        }
        seen::digest(body.to_string().as_bytes())
    }

    /// What it asks for.
    pub(super) fn asked(&self, body: Option<&Value>, digest: &str) -> BTreeSet<String> {
        match (&self.method, body) {
            (&Method::PATCH, Some(body)) => message::asked_of_patch(body),
            (&Method::PATCH, None) => BTreeSet::from([format!("text {digest}")]),
            (method, _) => BTreeSet::from([method.as_str().to_ascii_lowercase()]),
        }
    }

    fn name<'a>(&self, body: &'a Value) -> Option<&'a str> {
        let title = self.title?;
        if self.method == Method::PATCH { message::patched(body, title) } else { message::text(body, title) }
    }
}

/// The `User-Agent` as it is kept.
pub(super) fn user_agent(headers: &HeaderMap, query: Option<&str>) -> String {
    let sent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let query = query.unwrap_or_default().to_ascii_lowercase();
    let flagged = query.contains("aadoptscim") || query.contains("azureadscim");
    if flagged { format!("{sent} {ENTRA_FLAG}").trim_start().to_owned() } else { sent.to_owned() }
}

/// Beside the answer to a refusal, what it tells.
pub(super) fn beside(response: &mut Response, error: Error) {
    if is_kept(error.status) {
        response.extensions_mut().insert(Told(error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn write(method: Method, path: &str) -> Option<Write> {
        Write::of(&Types::default(), &method, path, "r".to_owned(), String::new())
    }

    fn about(method: Method, path: &str, body: Value, name: Option<&str>) -> Vec<String> {
        write(method, path).unwrap().subjects(Some(&body), name, "0f")
    }

    #[test]
    fn writes_of_resources_are_watched_and_nothing_else_is() {
        for (method, path) in [
            (Method::POST, "/Users"),
            (Method::POST, "/Groups/"),
            (Method::PUT, "/Users/1"),
            (Method::PATCH, "/Groups/1"),
            (Method::DELETE, "/Groups/1"),
        ] {
            assert!(write(method, path).is_some(), "{path}");
        }
        for (method, path) in [
            (Method::GET, "/Users"),
            (Method::POST, "/Users/.search"),
            (Method::POST, "/Bulk"),
            (Method::POST, "/"),
            (Method::DELETE, "/Users"),
            (Method::PATCH, "/Groups/1/members"),
            (Method::POST, "/Things"),
        ] {
            assert!(write(method.clone(), path).is_none(), "{method} {path}");
        }
    }

    #[test]
    fn a_message_is_about_an_id_or_a_name_in_any_case() {
        let ana = json!({ "USERNAME": "ÀNA@x", "externalId": "7" });
        assert_eq!(about(Method::POST, "/Users", ana.clone(), None), ["user:àna@x", "user-external:7"]);
        assert_eq!(about(Method::PUT, "/Users/AB", ana, None), ["user-id:ab", "user:àna@x"]);
        let rename = json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": "New" }] });
        assert_eq!(about(Method::PATCH, "/Groups/1", rename.clone(), None), ["group-id:1", "group:new"]);
        assert_eq!(about(Method::PATCH, "/Groups/1", rename, Some("Kept")), ["group-id:1", "group:kept"]);
        assert_eq!(about(Method::POST, "/Groups", json!({}), None), ["group-text:0f"]);
    }

    #[test]
    fn what_nobody_can_mend_is_not_kept() {
        for status in [400, 404, 409] {
            assert!(is_kept(status), "{status}");
        }
        for status in [200, 401, 403, 405, 408, 412, 413, 415, 429, 500, 501, 503] {
            assert!(!is_kept(status), "{status}");
        }
    }

    #[test]
    fn the_flag_of_a_tenant_url_stands_behind_the_agent() {
        let mut headers = HeaderMap::new();
        assert_eq!(user_agent(&headers, Some("aadOptscim062020&count=1")), ENTRA_FLAG);
        headers.insert(USER_AGENT, "Azure".parse().unwrap());
        assert_eq!(user_agent(&headers, Some("aadOptscim062020=")), format!("Azure {ENTRA_FLAG}"));
        assert_eq!(user_agent(&headers, None), "Azure");
    }
}

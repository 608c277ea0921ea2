//! What a run makes, and how it takes all of it away again.
//!
//! Every resource has a name that begins with this run's own prefix, is written down before it is asked for, and is
//! the only thing that is ever deleted: nothing of anybody else is touched.

use super::answer::Answer;
use super::session::Session;
use super::verdict::{Verdict, text, undecided};
use super::{GROUP, USER};
use crate::client::Method;
use crate::client::raw::RawRequest;
use serde_json::{Value, json};

/// What can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Group,
}

impl Kind {
    /// The attribute that names one.
    fn name(self) -> &'static str {
        match self {
            Self::User => "userName",
            Self::Group => "displayName",
        }
    }
}

/// Something of this run that is, or may be, on the server.
#[derive(Debug, Clone)]
pub(super) struct Made {
    kind: Kind,
    name: String,
    /// Absent until the server has named it.
    id: Option<String>,
    /// Stays until the end of the run: several checks look at it.
    shared: bool,
}

impl Session {
    /// The body of a new user with everything that servers ask for, and `more` over it; `null` takes out.
    pub(super) fn user_body(&mut self, more: &Value) -> Value {
        let name = self.name();
        let address = format!("{name}@example.com");
        let body = json!({
            "schemas": [USER],
            "userName": address,
            "externalId": name,
            "name": { "formatted": format!("Check {name}"), "givenName": "Check", "familyName": name },
            "displayName": format!("Check {name}"),
            "emails": [{ "type": "work", "primary": true, "value": address }],
            "active": true,
        });
        over(body, more)
    }

    /// The body of a new group with these members, and `more` over it.
    pub(super) fn group_body(&mut self, members: &[&str], more: &Value) -> Value {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        over(json!({ "schemas": [GROUP], "displayName": self.name(), "members": members }), more)
    }

    /// `POST` of something that may come to be: written down first.
    pub(super) async fn create(&mut self, kind: Kind, body: &Value) -> Result<Answer, Verdict> {
        let path = self.path(kind, "");
        self.create_by(kind, RawRequest::new(Method::POST, path).json(body), body).await
    }

    /// The same with a request of the caller's own.
    pub(super) async fn create_by(&mut self, kind: Kind, request: RawRequest, body: &Value) -> Result<Answer, Verdict> {
        self.announce(kind, body);
        let answer = self.send(request).await?;
        if let (true, Ok(id)) = (answer.is_success(), answer.id())
            && let Some(last) = self.made.last_mut()
        {
            last.id = Some(id.to_owned());
        } else if (400..500).contains(&answer.status) {
            self.forget();
        }
        Ok(answer)
    }

    /// Writes down that something of this run may come to be by a request that is not a plain `POST`.
    pub(super) fn announce(&mut self, kind: Kind, body: &Value) {
        let named = |(key, value): (&String, &Value)| {
            key.eq_ignore_ascii_case(kind.name()).then(|| value.as_str().map(str::to_owned)).flatten()
        };
        let name = body.as_object().and_then(|body| body.iter().find_map(named)).unwrap_or_default();
        self.made.push(Made { kind, name, id: None, shared: false });
    }

    /// What was written down last did not come to be.
    pub(super) fn forget(&mut self) {
        self.made.pop();
    }

    /// A new user that a check needs; the resource.
    pub(super) async fn user(&mut self, more: Value) -> Result<Value, Verdict> {
        let body = self.user_body(&more);
        self.needed(Kind::User, &body).await
    }

    /// A user that many checks look at and none changes.
    pub(super) async fn reader(&mut self) -> Result<Value, Verdict> {
        if let Some(made) = &self.reader {
            return made.clone();
        }
        let made = self.user(Value::Null).await;
        self.share();
        self.reader = Some(made.clone());
        made
    }

    /// Another one is made for whoever looks next: this one may have been changed after all.
    pub(super) fn renew_reader(&mut self) {
        self.reader = None;
    }

    /// A new user's id.
    pub(super) async fn user_id(&mut self) -> Result<String, Verdict> {
        let user = self.user(Value::Null).await?;
        Ok(text(&user, "/id")?.to_owned())
    }

    /// A new group that a check needs; its id.
    pub(super) async fn group_id(&mut self, members: &[&str]) -> Result<String, Verdict> {
        let body = self.group_body(members, &Value::Null);
        let group = self.needed(Kind::Group, &body).await?;
        Ok(text(&group, "/id")?.to_owned())
    }

    async fn needed(&mut self, kind: Kind, body: &Value) -> Result<Value, Verdict> {
        let answer = self.create(kind, body).await?;
        let cannot = || undecided(format!("what this check needs could not be made: {}", answer.told()));
        if answer.status != 201 || answer.id().is_err() {
            return Err(cannot());
        }
        Ok(answer.body)
    }

    fn path(&self, kind: Kind, id: &str) -> String {
        match kind {
            Kind::User => self.users(id),
            Kind::Group => self.groups(id),
        }
    }

    /// From here on, what was made so far stays until the end of the run.
    pub(super) fn share(&mut self) {
        self.made.iter_mut().for_each(|made| made.shared = true);
    }

    /// Takes away what was made, the newest first; `all` = also what several checks look at. What cannot be taken away
    /// is answered by name.
    pub(super) async fn clean(&mut self, all: bool) -> Vec<String> {
        let (go, stay): (Vec<Made>, Vec<Made>) =
            std::mem::take(&mut self.made).into_iter().partition(|made| all || !made.shared);
        self.made = stay;
        let mut left = Vec::new();
        for made in go.into_iter().rev() {
            if let Err(why) = self.remove(&made).await {
                left.push(format!("{} {}: {why}", self.path(made.kind, made.id.as_deref().unwrap_or("?")), made.name));
            }
        }
        left
    }

    async fn remove(&mut self, made: &Made) -> Result<(), String> {
        let ids = match &made.id {
            Some(id) => vec![id.clone()],
            None if made.name.is_empty() => return Ok(()),
            None => self.lookup(made).await?,
        };
        for id in ids {
            let request = RawRequest::new(Method::DELETE, self.path(made.kind, &id));
            let answer = self.deliver(&request).await?;
            if !matches!(answer.status, 200 | 204 | 404) {
                return Err(Answer::new(answer).told());
            }
        }
        Ok(())
    }

    /// The ids of what has exactly this name, which is of this run.
    async fn lookup(&mut self, made: &Made) -> Result<Vec<String>, String> {
        let filter = format!("{} eq \"{}\"", made.kind.name(), made.name);
        let request = RawRequest::new(Method::GET, self.path(made.kind, "")).with("filter", filter);
        let answer = self.deliver(&request).await?;
        let answer = Answer::new(answer);
        // A server that cannot look up by name can be told nothing more.
        let (_, found) = answer.list().map_err(|_| format!("cannot be looked up by name: {}", answer.told()))?;
        let ours = |resource: &&Value| {
            let name = resource.get(made.kind.name()).and_then(Value::as_str).unwrap_or_default();
            name.to_lowercase().starts_with(&self.prefix) && name.eq_ignore_ascii_case(&made.name)
        };
        Ok(found.iter().filter(ours).filter_map(|one| one.get("id")?.as_str().map(str::to_owned)).collect())
    }
}

/// A body with other attributes over it; `null` takes one out.
pub(super) fn over(mut body: Value, more: &Value) -> Value {
    if let (Some(into), Some(more)) = (body.as_object_mut(), more.as_object()) {
        for (name, value) in more {
            if value.is_null() {
                into.shift_remove(name);
            } else {
                into.insert(name.clone(), value.clone());
            }
        }
    }
    body
}

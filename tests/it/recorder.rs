//! A SCIM service that remembers every request and knows just enough to answer it: ids, and who is in which group.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// One request as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// `GET /Users?filter=…`, below the base and decoded.
    pub line: String,
    /// The JSON body, or `Null`.
    pub body: Value,
    /// The `Authorization` header.
    pub authorization: String,
    /// The `User-Agent` header; `None`: there is none.
    pub user_agent: Option<String>,
    /// Path and query as they were sent.
    pub target: String,
}

#[derive(Default)]
struct Memory {
    requests: Vec<Recorded>,
    resources: BTreeMap<String, Value>,
    members: BTreeSet<(String, String)>,
    refuse: BTreeMap<String, u16>,
    unique: bool,
    lossy: bool,
}

/// The running service.
#[derive(Clone)]
pub struct Recorder {
    memory: Arc<Mutex<Memory>>,
    /// The SCIM base URL.
    pub url: String,
}

impl Recorder {
    /// Listens on a free port of the loopback interface until the test ends.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/scim/v2", listener.local_addr().unwrap());
        let memory = Arc::new(Mutex::new(Memory::default()));
        let app = Router::new().fallback(answer).with_state(memory.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { memory, url }
    }

    /// From now on, requests whose line contains this text are answered so.
    pub fn refuse(&self, containing: &str, status: u16) {
        self.memory.lock().unwrap().refuse.insert(containing.to_owned(), status);
    }

    /// From now on nothing is refused.
    pub fn refuse_nothing(&self) {
        self.memory.lock().unwrap().refuse.clear();
    }

    /// From now on, whoever is created under a name that is there already is answered 409.
    pub fn keep_names_unique(&self) {
        self.memory.lock().unwrap().unique = true;
    }

    /// From now on every page lacks one of those that belong on it.
    pub fn lose_from_pages(&self) {
        self.memory.lock().unwrap().lossy = true;
    }

    /// The requests since the last call.
    pub fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.memory.lock().unwrap().requests)
    }
}

async fn answer(
    State(memory): State<Arc<Mutex<Memory>>>,
    method: Method,
    uri: Uri,
    headers: axum::http::HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().trim_start_matches("/scim/v2").to_owned();
    let url = reqwest::Url::parse(&format!("http://h{uri}")).unwrap();
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let shown = query.iter().map(|(k, v)| if v.is_empty() { k.clone() } else { format!("{k}={v}") });
    let shown = shown.collect::<Vec<_>>().join("&");
    let line = if shown.is_empty() { format!("{method} {path}") } else { format!("{method} {path}?{shown}") };
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (authorization, user_agent) = (header("authorization").unwrap_or_default(), header("user-agent"));
    let mut memory = memory.lock().unwrap();
    let recorded =
        Recorded { line: line.clone(), body: body.clone(), authorization, user_agent, target: uri.to_string() };
    memory.requests.push(recorded);
    if let Some(status) = memory.refuse.iter().find(|(text, _)| line.contains(*text)).map(|(_, status)| *status) {
        let detail = json!({ "detail": "no, not today", "scimType": "invalidValue", "status": status.to_string() });
        return (StatusCode::from_u16(status).unwrap(), detail.to_string()).into_response();
    }
    let value = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let number = |name: &str| value(name).and_then(|text| text.parse::<usize>().ok());
    let page = (number("startIndex").unwrap_or(1), number("count").unwrap_or(usize::MAX));
    let (status, body) = memory.reply(&method, &path, (value("filter"), page), body);
    (status, body.to_string()).into_response()
}

/// Names are compared without regard to case, as services do.
fn same(a: Option<&str>, b: Option<&str>) -> bool {
    a.map(str::to_lowercase) == b.map(str::to_lowercase)
}

impl Memory {
    fn reply(
        &mut self,
        method: &Method,
        path: &str,
        (filter, page): (Option<&str>, (usize, usize)),
        body: Value,
    ) -> (StatusCode, Value) {
        let (kind, id) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
        match (method.as_str(), filter) {
            ("GET", Some(filter)) => (StatusCode::OK, self.find(kind, filter)),
            ("GET", None) if id.is_empty() => (StatusCode::OK, self.list(kind, page)),
            ("GET", None) => match self.resources.get(id) {
                Some(resource) => (StatusCode::OK, resource.clone()),
                None => (StatusCode::NOT_FOUND, json!({ "detail": "no such resource", "status": "404" })),
            },
            ("POST", _) if self.unique && self.is_taken(kind, &body) => {
                (StatusCode::CONFLICT, json!({ "detail": "the name is taken", "scimType": "uniqueness" }))
            }
            ("POST", _) => {
                let id = format!("{}-{}", kind.trim_end_matches('s').to_lowercase(), self.resources.len());
                (StatusCode::CREATED, self.keep(&id, kind, body))
            }
            ("PUT", _) => (StatusCode::OK, self.keep(id, kind, body)),
            ("PATCH", _) => {
                self.note_members(id, &body);
                self.note_values(id, &body);
                (StatusCode::OK, json!({ "id": id }))
            }
            ("DELETE", _) => {
                self.resources.remove(id);
                (StatusCode::NO_CONTENT, Value::Null)
            }
            _ => (StatusCode::NO_CONTENT, Value::Null),
        }
    }

    /// Keeps a resource as a service would: with its id and `meta`, without the password.
    fn keep(&mut self, id: &str, kind: &str, mut resource: Value) -> Value {
        resource["id"] = json!(id);
        if resource["meta"].is_null() {
            resource["meta"] = json!({ "resourceType": kind.trim_end_matches('s') });
        }
        resource.as_object_mut().unwrap().remove("password");
        self.resources.insert(id.to_owned(), resource.clone());
        resource
    }

    fn is_taken(&self, kind: &str, body: &Value) -> bool {
        let name = if kind == "Users" { "userName" } else { "displayName" };
        self.of(kind).any(|other| same(other[name].as_str(), body[name].as_str()))
    }

    fn of(&self, kind: &str) -> impl Iterator<Item = &Value> {
        let prefix = kind.trim_end_matches('s').to_lowercase();
        self.resources.iter().filter(move |(id, _)| id.starts_with(&prefix)).map(|(_, resource)| resource)
    }

    fn list(&self, kind: &str, (start, count): (usize, usize)) -> Value {
        let all: Vec<&Value> = self.of(kind).collect();
        let count = count.saturating_sub(usize::from(self.lossy));
        let page: Vec<&Value> = all.iter().skip(start.saturating_sub(1)).take(count).copied().collect();
        json!({ "totalResults": all.len(), "startIndex": start, "itemsPerPage": page.len(), "Resources": page })
    }

    /// What a PATCH without a path says, but for the password.
    fn note_values(&mut self, id: &str, body: &Value) {
        let values = body.pointer("/Operations/0/value").and_then(Value::as_object);
        if let (Some(values), Some(Value::Object(resource))) = (values, self.resources.get_mut(id)) {
            let kept = values.iter().filter(|(name, _)| *name != "password");
            resource.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
        }
    }

    /// Knows `attribute eq "value"` and the reference check `id eq "…" and members eq "…"`.
    fn find(&self, kind: &str, filter: &str) -> Value {
        let texts: Vec<&str> = filter.split('"').skip(1).step_by(2).collect();
        let attribute = filter.split(' ').next().unwrap_or_default();
        let known = match (filter.contains(" and "), texts.as_slice()) {
            (true, [id, other]) => self.members.contains(&((*id).to_owned(), (*other).to_owned())),
            _ => false,
        };
        let fits = |r: &&Value| same(r[attribute].as_str(), texts.first().copied());
        let found: Vec<Value> = self.of(kind).filter(fits).cloned().collect();
        let resources = if filter.contains(" and ") && !known { Vec::new() } else { found };
        json!({ "totalResults": resources.len(), "Resources": resources })
    }

    fn note_members(&mut self, group: &str, body: &Value) {
        for operation in body["Operations"].as_array().unwrap_or(&Vec::new()) {
            let op = operation["op"].as_str().unwrap_or_default().to_lowercase();
            let path = operation["path"].as_str().unwrap_or_default();
            let named = operation["value"].as_array().into_iter().flatten().filter_map(|v| v["value"].as_str());
            let quoted = path.split('"').nth(1).filter(|_| path.starts_with("members["));
            for member in named.chain(quoted) {
                let pair = (group.to_owned(), member.to_owned());
                if path.starts_with("members") && op == "add" {
                    self.members.insert(pair);
                } else if path.starts_with("members") {
                    self.members.remove(&pair);
                }
            }
        }
    }
}

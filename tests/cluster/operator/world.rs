//! One test's world: a namespace of its own, an operator process that looks at nothing else, and eyes on both.

use crate::support::cluster::{Cluster, connect};
use crate::support::http::Caller;
use crate::support::program::Program;
use crate::support::wait::until;
use k8s_openapi::api::core::v1::{Secret, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::NamespaceResourceScope;
use kube::{Resource, ResourceExt};
use scim_operator::api::{RuleSync, ScimAccessToken, ScimDirectory, UserManagementRule, label};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Debug;
use std::time::Duration;

/// Pods have to be scheduled and started.
pub const STARTED: Duration = Duration::from_secs(90);
/// What the operator does by itself, on a busy machine.
pub const SOON: Duration = Duration::from_secs(20);

/// One test's world. `end` it: a namespace that stays keeps its volume.
pub struct World {
    pub cluster: Cluster,
    pub namespace: String,
    folder: tempfile::TempDir,
    operator: Option<Program>,
    probes: String,
}

impl World {
    /// A world for the test of this name; nothing when there is no cluster and that is allowed.
    pub async fn start(test: &str, prefix: &str) -> Option<Self> {
        let mut world = Self::without_operator(test, prefix).await?;
        world.start_operator().await;
        Some(world)
    }

    /// The same without an operator, for a test that starts its own, and removes the namespace itself.
    pub async fn without_operator(test: &str, prefix: &str) -> Option<Self> {
        let cluster = connect(test).await?;
        let namespace = cluster.namespace(prefix).await;
        let folder = tempfile::tempdir().unwrap();
        Some(Self { cluster, namespace, folder, operator: None, probes: String::new() })
    }

    /// Starts the operator and waits until it has seen everything once and leads: right after one that was killed that
    /// is when the dead one's Lease has run out.
    pub async fn start_operator(&mut self) {
        let image = std::env::var("SCIM_OPERATOR_IMAGE").unwrap_or_else(|_| "localhost/scim-operator:dev".to_owned());
        let (own, watched) =
            (format!("--namespace={}", self.namespace), format!("--watch-namespace={}", self.namespace));
        let image = format!("--image={image}");
        let program =
            Program::start(self.folder.path(), &["operator", &own, &watched, &image, "--metrics-listen=127.0.0.1:0"]);
        self.probes = format!("http://{}", program.logged("listening").await["metrics"].as_str().unwrap());
        program.logged("reconciling").await;
        self.operator = Some(program);
    }

    /// Ends the operator as a roll-out would; it must end well.
    pub async fn stop_operator(&mut self) {
        let ended = self.operator.take().unwrap().stop().await;
        assert!(ended.success(), "the operator ends well: {ended}");
    }

    /// Ends the operator as a power cut would.
    pub async fn kill_operator(&mut self) {
        self.operator.take().unwrap().kill().await;
    }

    /// Ends the operator as a roll-out would, starts it again, and waits until it has looked at everything.
    pub async fn restart_operator(&mut self) {
        self.stop_operator().await;
        self.start_operator().await;
        let rules_and_tokens =
            self.names::<UserManagementRule>().await.len() + self.names::<ScimAccessToken>().await.len();
        let objects = (self.names::<ScimDirectory>().await.len() + rules_and_tokens) as u64;
        let looked = async || (self.writes().await.1 > objects).then_some(());
        until("the restarted operator has looked at everything", SOON, looked).await;
    }

    /// Everything the operator has logged since it was started.
    pub fn log(&self) -> String {
        self.operator.as_ref().map(|program| format!("{:?}", program.log())).unwrap_or_default()
    }

    /// How many objects the operator has written since it was started, and how often it reconciled.
    pub async fn writes(&self) -> (u64, u64) {
        let text = reqwest::get(format!("{}/metrics", self.probes)).await.unwrap().text().await.unwrap();
        let sum = |name: &str| {
            let lines = text.lines().filter(|line| line.starts_with(name));
            lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
        };
        (sum("scim_operator_writes_total"), sum("scim_operator_reconcile_total"))
    }

    /// Removes everything of the test.
    pub async fn end(mut self) {
        self.stop_operator().await;
        self.cluster.remove(&self.namespace).await;
    }

    /// The API of a kind in the test's namespace.
    pub fn api<K: Resource<DynamicType = (), Scope = NamespaceResourceScope>>(&self) -> Api<K> {
        Api::namespaced(self.cluster.client.clone(), &self.namespace)
    }

    /// Creates an object from JSON.
    pub async fn create<K>(&self, object: Value) -> K
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + serde::Serialize,
        K: Clone + Debug,
    {
        let mut object = object;
        object["apiVersion"] = json!(K::api_version(&()));
        object["kind"] = json!(K::kind(&()));
        let object: K = serde_json::from_value(object).unwrap();
        self.api::<K>().create(&PostParams::default(), &object).await.unwrap()
    }

    /// Changes an object by a merge patch.
    pub async fn patch<K>(&self, name: &str, patch: Value)
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug,
    {
        self.api::<K>().patch(name, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
    }

    /// Deletes an object.
    pub async fn delete<K>(&self, name: &str)
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug,
    {
        self.api::<K>().delete(name, &DeleteParams::background()).await.unwrap();
    }

    /// An object as JSON, `Null` when it is not there.
    pub async fn get<K>(&self, name: &str) -> Value
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug,
    {
        let resource = kube::discovery::ApiResource::erase::<K>(&());
        let api: Api<DynamicObject> = Api::namespaced_with(self.cluster.client.clone(), &self.namespace, &resource);
        api.get_opt(name).await.unwrap().map_or(Value::Null, |object| serde_json::to_value(object).unwrap())
    }

    /// The names of a kind, sorted.
    pub async fn names<K>(&self) -> Vec<String>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug,
    {
        let list = self.api::<K>().list(&Default::default()).await.unwrap();
        let mut names: Vec<_> = list.items.iter().map(ResourceExt::name_any).collect();
        names.sort();
        names
    }

    /// `status reason` of a condition.
    pub async fn condition<K>(&self, name: &str, kind: &str) -> String
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug,
    {
        match self.whole_condition::<K>(name, kind).await {
            Value::Null => "absent".to_owned(),
            found => format!("{} {}", text(&found["status"]), text(&found["reason"])),
        }
    }

    /// What a condition tells people.
    pub async fn message<K>(&self, name: &str, kind: &str) -> String
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug,
    {
        text(&self.whole_condition::<K>(name, kind).await["message"]).to_owned()
    }

    async fn whole_condition<K>(&self, name: &str, kind: &str) -> Value
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug,
    {
        let object = self.get::<K>(name).await;
        let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions.into_iter().find(|condition| condition["type"] == kind).unwrap_or_default()
    }

    /// Waits until a condition reads so.
    pub async fn reads<K>(&self, name: &str, kind: &str, wanted: &str)
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug,
    {
        let what = format!("{} {name} {kind} = {wanted}", K::kind(&()));
        let limit = if wanted.starts_with("True Published") { STARTED } else { SOON };
        until(&what, limit, async || (self.condition::<K>(name, kind).await == wanted).then_some(())).await;
    }

    /// Asks for a reconcile, by a `request` that was not the last one, and waits until it was done.
    pub async fn reconciled<K>(&self, name: &str, request: &str)
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug,
    {
        let annotations = json!({label::RECONCILE_REQUESTED_AT: request});
        self.patch::<K>(name, json!({"metadata": {"annotations": annotations}})).await;
        until(&format!("{} {name} is reconciled", K::kind(&())), SOON, async || {
            (self.get::<K>(name).await["status"]["lastHandledReconcileAt"] == request).then_some(())
        })
        .await;
    }

    /// The type, `Normal` or `Warning`, of each Event with this reason about an object of this name.
    pub async fn events(&self, about: &str, reason: &str) -> Vec<String> {
        let told = |event: &Event| {
            let name = event.regarding.as_ref().and_then(|object| object.name.as_deref());
            name == Some(about) && event.reason.as_deref() == Some(reason)
        };
        let events = self.api::<Event>().list(&ListParams::default()).await.unwrap();
        events.into_iter().filter(told).filter_map(|event| event.type_).collect()
    }

    /// A directory that serves.
    pub async fn directory(&self, name: &str, more: Value) {
        self.create::<ScimDirectory>(directory(name, more)).await;
        self.reads::<ScimDirectory>(name, "Ready", "True Published").await;
    }

    /// A rule of the directory `acme` over a group of this name.
    pub async fn rule(&self, name: &str, group: &str, role: &str) {
        self.rule_of("acme", name, group, role).await;
    }

    /// A rule of a directory over a group of this name.
    pub async fn rule_of(&self, directory: &str, name: &str, group: &str, role: &str) {
        let spec = json!({"directoryRef": {"name": directory}, "idpGroup": {"displayName": group}, "role": role});
        self.create::<UserManagementRule>(json!({"metadata": {"name": name}, "spec": spec})).await;
    }

    /// A token of the directory `acme`.
    pub async fn token(&self, name: &str, scope: &str, issued_to: &str) {
        self.token_of("acme", name, scope, issued_to).await;
    }

    /// A token of a directory.
    pub async fn token_of(&self, directory: &str, name: &str, scope: &str, issued_to: &str) {
        let spec = json!({
            "directoryRef": {"name": directory}, "description": format!("for {name}"), "scope": scope,
            "issuedTo": issued_to,
        });
        self.create::<ScimAccessToken>(json!({"metadata": {"name": name}, "spec": spec})).await;
    }

    /// The names of all runs, sorted.
    pub async fn runs(&self) -> Vec<String> {
        self.names::<RuleSync>().await
    }

    /// A token's value.
    pub async fn key(&self, token: &str) -> String {
        let name = format!("{token}-scim-api-key");
        let secret =
            until(&format!("Secret {name}"), SOON, async || self.api::<Secret>().get_opt(&name).await.unwrap()).await;
        String::from_utf8(secret.data.unwrap()["apiKey"].0.clone()).unwrap()
    }

    /// Who calls a pod behind a Service of the directory, without a token. Not by the Service's own address: a packet
    /// sent there before kube-proxy knows it is lost without a word. And not by a slice of an earlier Service of this
    /// name, which nobody keeps true until it is collected.
    pub async fn caller(&self, service: &str) -> Caller {
        let slices = ListParams::default().labels(&format!("kubernetes.io/service-name={service}"));
        let live = self.api::<Service>().get(service).await.unwrap().metadata.uid.unwrap();
        let ready = |slice: &EndpointSlice| {
            slice.owner_references().iter().find(|owner| owner.uid == live)?;
            let port = slice.ports.as_ref()?.first()?.port?;
            let endpoint =
                slice.endpoints.iter().find(|e| e.conditions.as_ref().is_some_and(|c| c.ready == Some(true)));
            Some(format!("http://{}:{port}", endpoint?.addresses.first()?))
        };
        let address = until(&format!("a ready pod is behind {service}"), SOON, async || {
            self.api::<EndpointSlice>().list(&slices).await.unwrap().items.iter().find_map(ready)
        })
        .await;
        Caller::new(address)
    }

    /// The identity provider of the directory `acme`.
    pub async fn provider(&self) -> Caller {
        self.provider_of("acme").await
    }

    /// The identity provider of a directory.
    pub async fn provider_of(&self, directory: &str) -> Caller {
        self.caller(&format!("{directory}-scim")).await.with_token(&self.key(directory).await)
    }

    /// An application that reads access in the directory `acme`; makes its token.
    pub async fn application(&self) -> Caller {
        self.application_of("acme", "reader").await
    }

    /// An application that reads access in a directory; makes its token.
    pub async fn application_of(&self, directory: &str, token: &str) -> Caller {
        self.token_of(directory, token, "Access", "application").await;
        self.reads::<ScimAccessToken>(token, "Ready", "True Active").await;
        self.caller(&format!("{directory}-access")).await.with_token(&self.key(token).await)
    }
}

/// A directory's manifest.
pub fn directory(name: &str, more: Value) -> Value {
    let mut spec = json!({"displayName": "Acme", "tenant": "main", "sso": {"none": {}}});
    for (key, value) in more.as_object().cloned().unwrap_or_default() {
        spec[key] = value;
    }
    json!({"metadata": {"name": name}, "spec": spec})
}

/// A user's body.
pub fn user(name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("{name}@example.com"),
        "name": {"givenName": name, "familyName": "Example"}, "emails": [{"value": format!("{name}@example.com")}],
    })
}

/// A group's body.
pub fn group(name: &str) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name})
}

/// Puts a user into a group.
pub async fn join(provider: &Caller, group: &Value, user: &Value) {
    let operation = json!([{"op": "add", "path": "members", "value": [{"value": user["id"]}]}]);
    provider.patch(&format!("/scim/v2/Groups/{}", text(&group["id"])), operation).await;
}

/// The role of a person in the home tenant, as an application sees it.
pub async fn role(application: &Caller, user: &str) -> Option<String> {
    let (_, view) = application.get(&format!("/access/v1/users/{user}@example.com")).await;
    view["tenants"][0]["role"].as_str().map(str::to_owned)
}

/// A JSON text.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

//! Claims about the four definitions as a whole: names that are frozen, bounds, descriptions, and what CEL refuses.

use super::crd::{crds, yaml};
use super::directory::Endpoint;
use super::*;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{JSONSchemaProps, JSONSchemaPropsOrArray};
use serde_json::{Value, json};
use std::fs::read_to_string;

/// Calls `visit` with the dotted path of every field of every kind.
fn each_field(mut visit: impl FnMut(&str, &JSONSchemaProps)) {
    fn walk(path: &str, schema: &JSONSchemaProps, visit: &mut impl FnMut(&str, &JSONSchemaProps)) {
        for (name, field) in schema.properties.iter().flatten() {
            let path = format!("{path}.{name}");
            visit(&path, field);
            walk(&path, field, visit);
        }
        if let Some(JSONSchemaPropsOrArray::Schema(items)) = &schema.items {
            walk(&format!("{path}[]"), items, visit);
        }
    }
    for crd in crds() {
        let root = crd.spec.versions[0].schema.clone().unwrap().open_api_v3_schema.unwrap();
        walk(&crd.spec.names.kind, &root, &mut visit);
    }
}

#[test]
fn names_are_frozen() {
    let names: Vec<String> = crds()
        .iter()
        .map(|crd| {
            let names = &crd.spec.names;
            assert_eq!(crd.spec.group, GROUP);
            assert_eq!(crd.spec.scope, "Namespaced");
            assert_eq!(crd.spec.versions.len(), 1);
            assert_eq!(crd.spec.versions[0].name, VERSION);
            assert_eq!(crd.metadata.name.as_deref(), Some(format!("{}.{GROUP}", names.plural).as_str()));
            let words = |list: &Option<Vec<String>>| list.as_deref().unwrap_or_default().join(",");
            let (short, categories) = (words(&names.short_names), words(&names.categories));
            format!("{} {} {} {short} {categories}", names.kind, names.plural, names.singular.as_deref().unwrap())
        })
        .collect();
    assert_eq!(
        names,
        [
            "ScimDirectory scimdirectories scimdirectory sdir scim",
            "UserManagementRule usermanagementrules usermanagementrule umr scim",
            "RuleSync rulesyncs rulesync  scim",
            "ScimAccessToken scimaccesstokens scimaccesstoken stoken scim",
        ]
    );
}

#[test]
fn every_field_is_described() {
    let mut seen = 0;
    each_field(|path, field| {
        seen += 1;
        let text = field.description.as_deref().unwrap_or_default();
        assert!(text.ends_with('.') && text.len() > 10, "{path}: {text:?}");
        assert!(!text.contains('\n'), "{path} is one paragraph");
    });
    assert!(seen > 100, "the walk reached {seen} fields");
}

#[test]
fn the_words_a_field_may_have_are_in_its_description() {
    each_field(|path, field| {
        for word in field.enum_.iter().flatten() {
            let word = word.0.as_str().unwrap();
            assert!(
                field.description.as_deref().unwrap().contains(&format!("`{word}`")),
                "{path} does not explain {word}"
            );
        }
    });
}

#[test]
fn every_text_list_and_number_is_bounded() {
    fn check(path: &str, field: &JSONSchemaProps) {
        let format = field.format.as_deref();
        match field.type_.as_deref() {
            Some("string") => {
                let bounded = field.max_length.is_some() || field.enum_.is_some() || format == Some("date-time");
                assert!(bounded, "{path} has no bound");
            }
            Some("array") => {
                assert!(field.max_items.is_some(), "{path} has no bound");
                assert!(field.x_kubernetes_list_type.is_some(), "{path} does not say how it merges");
                match &field.items {
                    Some(JSONSchemaPropsOrArray::Schema(items)) => check(&format!("{path}[]"), items),
                    other => panic!("{path}: {other:?}"),
                }
            }
            Some("integer") => {
                assert!(matches!(format, Some("int32" | "int64")), "{path}: format {format:?}");
                assert!(field.minimum.is_some(), "{path} has no lower bound");
            }
            Some("object") => assert!(field.additional_properties.is_none(), "{path}: a map without bound"),
            Some("boolean") => {}
            None => assert_eq!(field.x_kubernetes_int_or_string, Some(true), "{path} has no type"),
            Some(other) => panic!("{path}: {other}"),
        }
    }
    each_field(check);
}

#[test]
fn nothing_has_a_default_but_the_status() {
    each_field(|path, field| {
        let default = field.default.as_ref().map(|default| default.0.clone());
        if path.matches('.').count() == 1 && path.ends_with(".status") {
            assert_eq!(default, Some(json!({"observedGeneration": -1})), "{path}");
        } else {
            assert_eq!(default, None, "{path}");
        }
        let object = field.type_.as_deref() == Some("object");
        assert!(object || field.nullable.is_none(), "{path} may be null");
        let amount = field.x_kubernetes_int_or_string == Some(true);
        assert!(field.one_of.is_none() && field.any_of.is_some() == amount, "{path} has alternatives");
    });
}

#[test]
fn optional_fields_are_not_required_and_the_sign_in_choice_is_left_to_cel() {
    let required = |kind: &str| {
        let crd = crds().into_iter().find(|crd| crd.spec.names.kind == kind).unwrap();
        let root = crd.spec.versions[0].schema.clone().unwrap().open_api_v3_schema.unwrap();
        assert_eq!(root.required.unwrap(), ["spec"]);
        root.properties.unwrap()["spec"].required.as_ref().unwrap().join(" ")
    };
    assert_eq!(required("ScimDirectory"), "displayName tenant");
    assert_eq!(required("UserManagementRule"), "directoryRef idpGroup role");
    assert_eq!(required("RuleSync"), "directoryRef scope");
    assert_eq!(required("ScimAccessToken"), "description directoryRef issuedTo scope");
}

#[test]
fn generated_files_are_those_of_the_types() {
    let root = env!("CARGO_MANIFEST_DIR");
    let made = crds();
    for crd in &made {
        let file = format!("{root}/crds/{}.yaml", crd.spec.names.plural);
        let kept = read_to_string(&file).unwrap_or_default();
        assert!(kept == yaml(crd).unwrap(), "{file} is not what the types say: run `make generate`");
    }
    let files = std::fs::read_dir(format!("{root}/crds")).unwrap().count();
    assert_eq!(files, made.len(), "crds/ holds files of no kind");
    let kept = read_to_string(format!("{root}/docs/reference/resources.md")).unwrap_or_default();
    assert!(
        kept == page::markdown(&made),
        "docs/reference/resources.md is not what the types say: run `make generate`"
    );
}

fn directory(spec: Value) -> ScimDirectory {
    let mut whole = json!({"displayName": "Corp", "tenant": "main", "sso": {"none": {}}});
    merge(&mut whole, spec);
    serde_json::from_value(json!({
        "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimDirectory",
        "metadata": {"name": "corp"}, "spec": whole,
    }))
    .unwrap()
}

fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

/// What CEL says against the new object, after the old one.
fn refusal(old: Value, new: Value) -> String {
    match directory(new).validate_cel_update(&directory(old)) {
        Ok(()) => String::new(),
        Err(errors) => errors.to_string(),
    }
}

#[test]
fn b027_a_name_that_leaves_no_room_for_suffixes_is_refused() {
    let mut long = directory(json!({}));
    assert!(long.validate_cel().is_ok());
    long.metadata.name = Some("a".repeat(41));
    assert!(long.validate_cel().unwrap_err().to_string().contains("at most 40"));
    long.metadata.name = Some("9to5".to_owned());
    assert!(long.validate_cel().is_err());
}

#[test]
fn tenant_and_class_never_change_and_the_volume_only_grows() {
    let size = |size: &str| json!({"endpoint": {"storage": {"sqlite": {"size": size}}}});
    let class = |class: &str| json!({"endpoint": {"storage": {"sqlite": {"storageClassName": class}}}});
    assert_eq!(refusal(json!({}), json!({"displayName": "New"})), "");
    assert!(refusal(json!({}), json!({"tenant": "other"})).contains("spec.tenant is immutable"));
    assert_eq!(refusal(size("1Gi"), size("2Gi")), "");
    assert_eq!(refusal(json!({}), size("1024Mi")), "", "the same size in other words");
    assert!(refusal(size("2Gi"), size("1Gi")).contains("cannot shrink"));
    assert!(refusal(size("2Gi"), json!({})).contains("cannot shrink"), "left out is 1Gi");
    assert!(refusal(json!({}), size("512Mi")).contains("cannot shrink"), "left out was 1Gi");
    assert_eq!(refusal(class("fast"), class("fast")), "");
    for (old, new) in [(json!({}), class("fast")), (class("fast"), json!({})), (class(""), class("fast"))] {
        assert!(refusal(old, new).contains("storageClassName is immutable"));
    }
}

/// A directory on a database, with these further fields of `postgres`.
fn on_postgres(more: Value) -> Value {
    let mut spec = json!({"endpoint": {"storage": {"postgres": {"urlSecretRef": {"name": "db"}}}}});
    merge(&mut spec["endpoint"]["storage"]["postgres"], more);
    spec
}

#[test]
fn several_replicas_need_a_database() {
    let mut several = json!({"endpoint": {"replicas": 3}});
    assert!(refusal(json!({}), several.clone()).contains("spec.endpoint.replicas: write 1, or a database"));
    several["endpoint"]["storage"] = json!({"sqlite": {}});
    assert!(refusal(json!({}), several).contains("sqlite is one volume for one pod"));
    let mut several = on_postgres(json!({}));
    several["endpoint"]["replicas"] = json!(3);
    assert_eq!(refusal(on_postgres(json!({})), several), "");
    assert_eq!(refusal(json!({}), json!({"endpoint": {"replicas": 1}})), "");
}

#[test]
fn a_directory_stays_where_its_people_are() {
    let choice = "the choice between sqlite and postgres is immutable";
    assert!(refusal(json!({}), on_postgres(json!({}))).contains(choice), "left out was sqlite");
    assert!(refusal(on_postgres(json!({})), json!({})).contains(choice));
    let schema = |name: &str| on_postgres(json!({"schema": name}));
    assert_eq!(refusal(schema("people"), schema("people")), "");
    for (old, new) in [(on_postgres(json!({})), schema("people")), (schema("people"), on_postgres(json!({})))] {
        assert!(refusal(old, new).contains("postgres.schema is immutable"));
    }
    assert!(refusal(schema("people"), schema("others")).contains("postgres.schema is immutable"));
    let moved = on_postgres(json!({"urlSecretRef": {"name": "other", "key": "uri"}, "caSecretRef": {"name": "ca"}}));
    assert_eq!(refusal(on_postgres(json!({})), moved), "", "the same data may be reached another way");
}

#[test]
fn two_directories_on_one_database_do_not_meet() {
    let schema = |directory_name: &str, more: Value| {
        let spec = directory(on_postgres(more)).spec.endpoint().storage();
        let directory::Storage::Postgres(postgres) = spec else { panic!("{spec:?}") };
        assert_eq!((postgres.url_key(), postgres.ca()), ("url", None));
        postgres.schema(directory_name)
    };
    assert_eq!(schema("corp", json!({})), "scim_corp");
    assert_eq!(schema("corp-eu-2", json!({})), "scim_corp_eu_2");
    assert_eq!(schema("corp", json!({"schema": "people"})), "people");
}

/// The spec's `sso` of a provider, with these fields in place of others.
fn oidc(more: Value) -> Value {
    let mut oidc = json!({
        "issuer": "https://login.example.com", "clientId": "corp",
        "subject": {"claim": "oid", "attribute": "externalId"},
    });
    merge(&mut oidc, more);
    json!({"oidc": oidc})
}

/// A directory that says this of sign-in.
fn signing_in(sso: Value, more: Value) -> ScimDirectory {
    let mut whole = directory(more);
    whole.spec.sso = serde_json::from_value(sso).unwrap();
    whole
}

/// What CEL says of it.
fn sign_in_refusal(sso: Value, more: Value) -> String {
    signing_in(sso, more).validate_cel().err().map(|errors| errors.to_string()).unwrap_or_default()
}

#[test]
fn b129_what_is_left_out_of_a_provider_has_the_documented_effect_and_comes_back_as_written() {
    let written = oidc(json!({}));
    let spec = signing_in(written.clone(), json!({})).spec;
    assert_eq!(serde_json::to_value(&spec.sso).unwrap(), written, "nothing is filled in");
    let oidc_spec = spec.sso.oidc().unwrap();
    assert_eq!(oidc_spec.scopes(), ["openid", "profile", "email"]);
    assert_eq!((oidc_spec.client_secret(), oidc_spec.ca()), (None, None));
    let named = oidc(json!({"clientSecretRef": {"name": "idp"}, "caSecretRef": {"name": "idp", "key": "root.pem"}}));
    let spec = signing_in(named.clone(), json!({})).spec;
    let oidc_spec = spec.sso.oidc().unwrap();
    let files = (oidc_spec.client_secret(), oidc_spec.ca());
    assert_eq!(files, (Some(("idp", "clientSecret")), Some(("idp", "root.pem"))));
    assert_eq!(serde_json::to_value(&spec.sso).unwrap(), named);
    let elsewhere = directory(json!({})).spec;
    assert_eq!((elsewhere.sso.oidc(), serde_json::to_value(&elsewhere.sso).unwrap()), (None, json!({"none": {}})));
}

#[test]
fn b006_b007_b008_nobody_is_onboarded_unless_the_spec_says_so() {
    let onboarding = directory(json!({})).spec.auto_onboarding();
    assert_eq!((onboarding.enabled(), onboarding.reenable_disabled()), (false, false));
    assert_eq!((onboarding.role.as_deref(), onboarding.max_per_minute()), (None, 60));
    let enabled = json!({"autoOnboarding": {"enabled": true, "reenableDisabled": true}});
    assert_eq!(sign_in_refusal(oidc(json!({})), enabled.clone()), "");
    let refused = sign_in_refusal(json!({"none": {}}), enabled);
    assert!(refused.contains("spec.autoOnboarding.enabled: people are onboarded when they sign in"), "{refused}");
    assert_eq!(sign_in_refusal(json!({"none": {}}), json!({"autoOnboarding": {"enabled": false}})), "");
}

#[test]
fn b129_an_issuer_is_protected_on_its_way_and_named_without_its_document() {
    let refused = |issuer: &str| sign_in_refusal(oidc(json!({"issuer": issuer})), json!({}));
    let loopback = ["http://localhost", "http://localhost:8080/realms/a", "http://127.0.0.1:9/", "http://[::1]:9"];
    for issuer in loopback.into_iter().chain(["https://login.example.com/tenant/v2.0"]) {
        assert_eq!(refused(issuer), "", "{issuer}");
    }
    let open = ["http://login.example.com", "http://localhost.example.com", "http://127.0.0.10", "http://127x0x0x1"];
    for issuer in open {
        assert!(refused(issuer).contains("spec.sso.oidc.issuer: write an https address"), "{issuer}");
    }
    let document = refused("https://login.example.com/.well-known/openid-configuration");
    assert!(document.contains("spec.sso.oidc.issuer: write the issuer alone"), "{document}");
}

#[test]
fn b129_scopes_without_openid_are_refused() {
    let refused = |scopes: &[&str]| sign_in_refusal(oidc(json!({"scopes": scopes})), json!({}));
    assert_eq!(refused(&["email", "openid"]), "");
    assert!(refused(&["email", "openid2"]).contains("spec.sso.oidc.scopes: write openid too"));
}

#[test]
fn what_is_left_out_has_the_documented_effect() {
    let spec = directory(json!({})).spec;
    assert_eq!(spec.sync_policy(), directory::SyncPolicy::Automatic);
    assert_eq!((spec.guard().max_revoked_users(), spec.guard().max_revoked_percent()), (50, 20));
    assert_eq!((spec.audit().max_age(), spec.audit().max_records), (Ok(None), None));
    assert_eq!(spec.deletion_policy(), directory::DeletionPolicy::Retain);
    assert!(!spec.suspended());
    assert_eq!(spec.default_rules().wanted(), directory::DefaultRule::ALL);
    assert_eq!(spec.provisioning().required_attributes(), ["givenName", "familyName", "emails"]);
    assert!(!spec.provisioning().paused());
    assert_eq!(spec.provisioning().dialect(), directory::Dialect::Auto);
    assert!(spec.provisioning().serve_groups());
    assert_eq!(spec.provisioning().on_user_delete(), directory::OnUserDelete::Delete);
    assert_eq!(spec.provisioning().max_body_bytes, None);
    assert!(spec.provisioning().schemas.is_empty() && spec.provisioning().resource_types.is_empty());
    assert_eq!(spec.access_token().validity().unwrap().as_secs(), 365 * 24 * 3600);
    assert_eq!(spec.endpoint().replicas(), 1);
    let directory::Storage::Sqlite(sqlite) = spec.endpoint().storage() else { panic!("sqlite is the default") };
    assert_eq!(sqlite.size(), "1Gi");
    assert_eq!(serde_json::to_value(&spec).unwrap().as_object().unwrap().len(), 3, "nothing is filled in");
}

#[test]
fn a_limit_that_is_written_leaves_the_others_as_they_are() {
    let spec = directory(json!({"guard": {"maxRevokedUsers": 0}, "audit": {"maxAge": "17520h"}})).spec;
    assert_eq!((spec.guard().max_revoked_users(), spec.guard().max_revoked_percent()), (0, 20));
    assert_eq!(spec.audit().max_age().unwrap().unwrap().as_secs(), 2 * 365 * 24 * 3600);
    let refused = |age: &str| refusal(json!({}), json!({"audit": {"maxAge": age}}));
    assert_eq!(refused("1h"), "");
    for age in ["59m", "999999h"] {
        assert!(refused(age).contains("spec.audit.maxAge: write a duration from 1h to 876000h"), "{age}");
    }
}

#[test]
fn b079_excluded_default_rules_are_not_wanted() {
    let spec = directory(json!({"defaultRules": {"exclude": ["administrators", "automation-admins"]}})).spec;
    let wanted: Vec<_> = spec.default_rules().wanted().into_iter().map(directory::DefaultRule::suffix).collect();
    assert_eq!(wanted, ["participants", "designers", "developers"]);
    let none = directory(json!({"defaultRules": {"enabled": false}})).spec;
    assert_eq!(none.default_rules().wanted(), []);
}

#[test]
fn an_object_that_server_side_apply_emptied_reads_as_left_out() {
    let spec = |endpoint: Value| directory(json!({"endpoint": endpoint})).spec.endpoint();
    assert_eq!(spec(json!(null)), Endpoint::default());
    assert_eq!(spec(json!({"resources": null})), Endpoint::default());
}

#[test]
fn amounts_may_be_bare_numbers() {
    let spec = directory(json!({"endpoint": {"resources": {"limits": {"cpu": 1, "memory": "128Mi"}}}})).spec;
    let limits = spec.endpoint().resources.unwrap().limits.unwrap().to_map();
    assert_eq!(limits["cpu"].0, "1");
    assert_eq!(limits["memory"].0, "128Mi");
}

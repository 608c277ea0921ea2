//! Which part of the house a path belongs to, decided by its prefix alone, before routing and body.
//!
//! Whatever the router would do, the scope of a token is settled here first (api.md: 401, then 403, then the rest).

use crate::config::Scope;
use crate::telemetry::{Operation, Resource};
use axum::http::Method;

/// A part with its own tokens and its own form of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    /// `/healthz`, `/readyz`: open to everybody.
    Probe,
    /// `/scim/v2`.
    Scim,
    /// `/access/v1`.
    Access,
    /// `/admin/v1`: no bearer token opens it.
    Admin,
}

impl Area {
    /// The area of a path; `home` is the area of paths that no prefix claims.
    pub(crate) fn of(path: &str, home: Self) -> Self {
        if matches!(path, "/healthz" | "/readyz") {
            return Self::Probe;
        }
        match path.split('/').nth(1) {
            Some("scim") => Self::Scim,
            Some("access") => Self::Access,
            Some("admin") => Self::Admin,
            _ => home,
        }
    }

    /// Whether a token of this scope may call the area with this method.
    pub(crate) fn admits(self, scope: Scope, method: &Method) -> bool {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        match (self, scope) {
            (Self::Probe, _) | (Self::Scim, Scope::Scim) | (Self::Access, Scope::Admin) => true,
            (Self::Access, Scope::Access) => reads,
            (Self::Scim | Self::Access | Self::Admin, _) => false,
        }
    }
}

/// What a request asks for, as far as metrics and the provisioning counts care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    /// The part of the house.
    pub(crate) area: Area,
    /// What is done.
    pub(crate) operation: Operation,
    /// To what.
    pub(crate) resource: Resource,
}

impl Target {
    /// The target of a request on a listener whose `home` area is given.
    pub(crate) fn of(method: &Method, path: &str, home: Area) -> Self {
        let area = Area::of(path, home);
        let mut parts = path.split('/').skip(3);
        let resource = match (area, parts.next()) {
            (Area::Scim, Some("Users")) => Resource::User,
            (Area::Scim, Some("Groups")) => Resource::Group,
            (Area::Scim, Some("ServiceProviderConfig" | "Schemas" | "ResourceTypes")) => Resource::Discovery,
            (Area::Access, Some("users")) => Resource::Access,
            (Area::Access | Area::Admin, Some("syncs")) => Resource::Sync,
            _ => Resource::Other,
        };
        let single = parts.next().is_some_and(|id| !id.is_empty());
        let operation = match *method {
            Method::GET | Method::HEAD if single => Operation::Read,
            Method::GET | Method::HEAD => Operation::List,
            // A query in a body makes nothing.
            Method::POST if path.ends_with("/.search") => Operation::List,
            Method::POST => Operation::Create,
            Method::PUT => Operation::Replace,
            Method::PATCH => Operation::Patch,
            Method::DELETE => Operation::Delete,
            _ => Operation::Other,
        };
        Self { area, operation, resource }
    }

    /// Whether this is a write of the identity provider, which the provisioning counts know (B111).
    pub(crate) fn is_provisioning(self) -> bool {
        let writes =
            matches!(self.operation, Operation::Create | Operation::Replace | Operation::Patch | Operation::Delete);
        writes && matches!(self.resource, Resource::User | Resource::Group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_decides() {
        let on_public = |path| Area::of(path, Area::Scim);
        assert_eq!(on_public("/scim/v2/Users"), Area::Scim);
        assert_eq!(on_public("/scim"), Area::Scim);
        assert_eq!(on_public("/access/v1/users"), Area::Access);
        assert_eq!(on_public("/access"), Area::Access);
        assert_eq!(on_public("/admin/v1/config"), Area::Admin);
        assert_eq!(on_public("/accessories"), Area::Scim, "a prefix is a whole segment");
        assert_eq!(on_public("//access/v1"), Area::Scim, "the router does not know this path either");
        assert_eq!(on_public("/"), Area::Scim);
        assert_eq!(on_public("/metrics"), Area::Scim);
        assert_eq!(on_public("/healthz"), Area::Probe);
        assert_eq!(on_public("/healthz/"), Area::Scim);
        assert_eq!(Area::of("/", Area::Access), Area::Access);
    }

    #[test]
    fn b122_scopes_by_area_and_method() {
        let mut table = String::new();
        for area in [Area::Probe, Area::Scim, Area::Access, Area::Admin] {
            for method in [Method::GET, Method::POST] {
                let may = [Scope::Scim, Scope::Access, Scope::Admin]
                    .map(|scope| if area.admits(scope, &method) { "✔" } else { "✘" });
                table.push_str(&format!("{area:?} {method}: {}\n", may.join(" ")));
            }
        }
        insta::assert_snapshot!(table, @r"
        Probe GET: ✔ ✔ ✔
        Probe POST: ✔ ✔ ✔
        Scim GET: ✔ ✘ ✘
        Scim POST: ✔ ✘ ✘
        Access GET: ✘ ✔ ✔
        Access POST: ✘ ✘ ✔
        Admin GET: ✘ ✘ ✘
        Admin POST: ✘ ✘ ✘
        ");
    }

    #[test]
    fn targets_are_bounded() {
        let of = |method, path| Target::of(&method, path, Area::Scim);
        let target = of(Method::PATCH, "/scim/v2/Groups/1");
        assert_eq!((target.operation, target.resource), (Operation::Patch, Resource::Group));
        assert!(target.is_provisioning());
        let target = of(Method::GET, "/scim/v2/Users");
        assert_eq!((target.operation, target.resource), (Operation::List, Resource::User));
        assert!(!target.is_provisioning());
        let target = of(Method::GET, "/scim/v2/Users/1");
        assert_eq!((target.operation, target.resource), (Operation::Read, Resource::User));
        let target = of(Method::POST, "/scim/v2/Users/.search");
        assert_eq!((target.operation, target.resource), (Operation::List, Resource::User));
        assert!(!target.is_provisioning(), "nobody is provisioned by a search");
        let target = of(Method::TRACE, "/whatever/it/is");
        assert_eq!((target.operation, target.resource), (Operation::Other, Resource::Other));
    }
}

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
    /// `/sso`, on the public listener: people who are on their way in or out.
    Sso,
    /// `/console`, on the public listener: people, by their session.
    Console,
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
            // On the other listeners these are paths like any that are not served.
            Some("sso") if home == Self::Scim => Self::Sso,
            Some("console") if home == Self::Scim => Self::Console,
            _ => home,
        }
    }

    /// Whether people come here with a browser: no token is asked for, and errors are pages.
    pub(crate) fn is_for_people(self) -> bool {
        match self {
            Self::Sso | Self::Console => true,
            Self::Probe | Self::Scim | Self::Access | Self::Admin => false,
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
    /// Whether it only reads access, or asks what a change of it would do.
    reads: bool,
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
            (Area::Access, Some("plan")) => Resource::Plan,
            (Area::Access, Some("changes")) => Resource::Change,
            (Area::Access, Some("audit")) => Resource::Audit,
            (Area::Access, Some("failed-events")) => Resource::FailedEvent,
            (Area::Access, Some("manual-grants")) => Resource::Grant,
            (Area::Access | Area::Admin, Some("syncs")) => Resource::Sync,
            _ => Resource::Other,
        };
        let single = parts.next().is_some_and(|id| !id.is_empty());
        let operation = match *method {
            Method::GET | Method::HEAD if single => Operation::Read,
            Method::GET | Method::HEAD => Operation::List,
            // A question in a body makes nothing.
            Method::POST if path.ends_with("/.search") || resource == Resource::Plan => Operation::List,
            Method::POST => Operation::Create,
            Method::PUT => Operation::Replace,
            Method::PATCH => Operation::Patch,
            Method::DELETE => Operation::Delete,
            _ => Operation::Other,
        };
        // Records and failed messages say of people what is not their access. A plan writes nothing: whoever may see
        // everybody's access may also ask what it would be under other rules.
        let reads = match resource {
            Resource::Audit | Resource::FailedEvent => false,
            Resource::Plan => *method == Method::POST || is_read(method),
            _ => is_read(method),
        };
        Self { area, operation, resource, reads }
    }

    /// Whether a token of this scope may ask for it.
    pub(crate) fn admits(self, scope: Scope) -> bool {
        match (self.area, scope) {
            (Area::Probe | Area::Sso | Area::Console, _) => true,
            (Area::Scim, Scope::Scim) | (Area::Access, Scope::Admin) => true,
            (Area::Access, Scope::Access) => self.reads,
            (Area::Scim | Area::Access | Area::Admin, _) => false,
        }
    }

    /// Whether this is a write of the identity provider, which the provisioning counts know (B111).
    pub(crate) fn is_provisioning(self) -> bool {
        let writes =
            matches!(self.operation, Operation::Create | Operation::Replace | Operation::Patch | Operation::Delete);
        writes && matches!(self.resource, Resource::User | Resource::Group)
    }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
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
        assert_eq!((on_public("/sso/login"), on_public("/console")), (Area::Sso, Area::Console));
        assert_eq!((on_public("/ssor"), on_public("/consoles/x")), (Area::Scim, Area::Scim));
        for home in [Area::Access, Area::Admin] {
            assert_eq!((Area::of("/sso/login", home), Area::of("/console", home)), (home, home));
        }
    }

    #[test]
    fn b122_scopes_by_path_and_method() {
        let mut table = String::new();
        for line in [
            "GET /healthz",
            "POST /healthz",
            "GET /scim/v2/Users",
            "POST /scim/v2/Users",
            "GET /access/v1/users",
            "GET /access/v1/users/ana/explain",
            "GET /access/v1/changes",
            "POST /access/v1/plan",
            "DELETE /access/v1/plan",
            "POST /access/v1/syncs",
            "GET /access/v1/audit",
            "HEAD /access/v1/audit",
            "GET /access/v1/failed-events",
            "POST /access/v1/failed-events/1/retry",
            "POST /access/v1/manual-grants",
            "GET /admin/v1/config",
            "POST /admin/v1/config",
        ] {
            let (method, path) = line.split_once(' ').unwrap();
            let target = Target::of(&method.parse().unwrap(), path, Area::Scim);
            let may =
                [Scope::Scim, Scope::Access, Scope::Admin].map(|scope| if target.admits(scope) { "✔" } else { "✘" });
            table.push_str(&format!("{line}: {}\n", may.join(" ")));
        }
        insta::assert_snapshot!(table, @r"
        GET /healthz: ✔ ✔ ✔
        POST /healthz: ✔ ✔ ✔
        GET /scim/v2/Users: ✔ ✘ ✘
        POST /scim/v2/Users: ✔ ✘ ✘
        GET /access/v1/users: ✘ ✔ ✔
        GET /access/v1/users/ana/explain: ✘ ✔ ✔
        GET /access/v1/changes: ✘ ✔ ✔
        POST /access/v1/plan: ✘ ✔ ✔
        DELETE /access/v1/plan: ✘ ✘ ✔
        POST /access/v1/syncs: ✘ ✘ ✔
        GET /access/v1/audit: ✘ ✘ ✔
        HEAD /access/v1/audit: ✘ ✘ ✔
        GET /access/v1/failed-events: ✘ ✘ ✔
        POST /access/v1/failed-events/1/retry: ✘ ✘ ✔
        POST /access/v1/manual-grants: ✘ ✘ ✔
        GET /admin/v1/config: ✘ ✘ ✘
        POST /admin/v1/config: ✘ ✘ ✘
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
        let target = of(Method::POST, "/access/v1/plan");
        assert_eq!((target.operation, target.resource), (Operation::List, Resource::Plan));
        let target = of(Method::GET, "/access/v1/audit");
        assert_eq!((target.operation, target.resource), (Operation::List, Resource::Audit));
        let target = of(Method::TRACE, "/whatever/it/is");
        assert_eq!((target.operation, target.resource), (Operation::Other, Resource::Other));
    }
}

//! The pages as values: what stands in them, and filling them in. Everything is escaped as HTML by the templates.

use crate::access::{AccessView, Source, TenantAccess};
use crate::endpoint::answer::Fault;
use askama::Template;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// My access.
#[derive(Template)]
#[template(path = "access.html")]
pub(super) struct Access<'a> {
    /// What every link begins with.
    pub(super) root: &'a str,
    /// The home tenant.
    pub(super) tenant: &'a str,
    /// Whether the other page opens, too.
    pub(super) manages_users: bool,
    /// Whether this is that page.
    pub(super) on_users: bool,
    /// Who looks.
    pub(super) person: Person,
}

/// User management.
#[derive(Template)]
#[template(path = "users.html")]
pub(super) struct Users<'a> {
    /// What every link begins with.
    pub(super) root: &'a str,
    /// The home tenant.
    pub(super) tenant: &'a str,
    /// Whether this page opens, which it does.
    pub(super) manages_users: bool,
    /// Whether this is that page.
    pub(super) on_users: bool,
    /// What is searched for; empty = everybody.
    pub(super) search: &'a str,
    /// How much may be searched for.
    pub(super) search_chars_max: usize,
    /// Who is on this page.
    pub(super) people: Vec<Person>,
    /// Where the next page is.
    pub(super) next: Option<String>,
}

/// What went wrong.
#[derive(Template)]
#[template(path = "failed.html")]
pub(super) struct Failed<'a> {
    /// What the stylesheet's place begins with.
    pub(super) root: &'a str,
    /// The heading.
    pub(super) title: &'a str,
    /// A word for whoever is asked for help.
    pub(super) code: &'a str,
    /// What is wrong, and what to do.
    pub(super) message: &'a str,
    /// Where to go on.
    pub(super) link: Option<Link>,
}

/// The session has ended.
#[derive(Template)]
#[template(path = "signed_out.html")]
pub(super) struct SignedOut<'a> {
    /// What every link begins with.
    pub(super) root: &'a str,
    /// The home tenant.
    pub(super) tenant: &'a str,
}

/// Where to go on.
pub(super) struct Link {
    /// The reference.
    pub(super) to: String,
    /// What is read.
    pub(super) text: &'static str,
}

/// Somebody, as shown.
pub(super) struct Person {
    user_name: String,
    email: Option<String>,
    managed: bool,
    /// What the provider last said.
    active: bool,
    enabled: bool,
    grants: Vec<Grant>,
    evaluated: Option<String>,
}

struct Grant {
    tenant: String,
    role: String,
    application_groups: String,
    given_by: String,
}

impl Person {
    /// Effective access is shown, never what waits for an account to be enabled again.
    pub(super) fn of(view: &AccessView) -> Self {
        Self {
            user_name: view.user_name.clone(),
            email: view.email.clone(),
            managed: view.managed,
            active: view.active,
            enabled: view.account_enabled,
            grants: view.tenants.iter().map(Grant::of).collect(),
            // In whole seconds: nobody reads more.
            evaluated: view.last_evaluated.map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        }
    }

    /// Whether a sign-in let in somebody whom the provider has disabled (B008).
    fn is_reenabled(&self) -> bool {
        self.enabled && !self.active
    }

    fn state(&self) -> &'static str {
        match (self.enabled, self.active) {
            (true, true) => "active",
            (true, false) => "disabled by the provider, let in by sign-in",
            (false, _) => "disabled",
        }
    }
}

impl Grant {
    fn of(access: &TenantAccess) -> Self {
        let given_by = match access.source {
            Source::Rules => access.rules.join(", "),
            Source::Manual => "an administrator".to_owned(),
            Source::Onboarding => "signing in".to_owned(),
        };
        Self {
            tenant: access.tenant.clone(),
            role: access.role.clone(),
            application_groups: access.application_groups.join(", "),
            given_by,
        }
    }
}

/// A page as an answer.
pub(super) fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => {
            let mut response = Response::new(Body::from(text));
            *response.status_mut() = status;
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            response
        }
        Err(error) => {
            let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
            response.extensions_mut().insert(Fault(format!("a page cannot be filled in: {error}")));
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::onboarded;

    fn by_rules() -> TenantAccess {
        TenantAccess {
            tenant: "hr".to_owned(),
            role: "Designer".to_owned(),
            application_groups: vec!["HR Reviewers".to_owned(), "Payroll".to_owned()],
            rules: vec!["hr-designers".to_owned(), "hr-leads".to_owned()],
            source: Source::Rules,
        }
    }

    fn view(user_name: &str, tenants: Vec<TenantAccess>) -> AccessView {
        AccessView {
            id: "019ab0c4-7d0e-7c3a-9d6f-0c2b8f6f1a11".to_owned(),
            user_name: user_name.to_owned(),
            active: true,
            account_enabled: true,
            managed: crate::access::managed(&tenants),
            organization_admin: false,
            stored_grants: tenants.clone(),
            tenants,
            last_evaluated: Some("2026-11-22T13:00:00.25Z".parse().unwrap()),
            email: Some("ada@example.com".to_owned()),
        }
    }

    fn my_access(view: &AccessView, manages_users: bool) -> String {
        let person = Person::of(view);
        Access { root: "/people", tenant: "main", manages_users, on_users: false, person }.render().unwrap()
    }

    fn users(views: &[AccessView], search: &str, next: Option<&str>) -> String {
        let people = views.iter().map(Person::of).collect();
        let (root, tenant, next) = ("", "main", next.map(str::to_owned));
        Users { root, tenant, manages_users: true, on_users: true, search, search_chars_max: 256, people, next }
            .render()
            .unwrap()
    }

    #[test]
    fn b133_my_access_says_what_one_may_do_and_which_rules_gave_it() {
        let page = my_access(&view("ada", vec![by_rules()]), false);
        let row = "<tr><th scope=\"row\">hr</th><td>Designer</td><td>HR Reviewers, Payroll</td>\
                   <td>hr-designers, hr-leads</td></tr>";
        assert!(page.contains(row), "{page}");
        assert!(page.contains("<dd>ada</dd>") && page.contains("<dd>ada@example.com</dd>"), "{page}");
        assert!(page.contains("datetime=\"2026-11-22T13:00:00Z\""), "{page}");
        assert!(page.contains("action=\"/people/sso/logout\"") && page.contains("method=\"post\""), "{page}");
        assert!(page.contains("href=\"/people/console/style.css\""), "{page}");
    }

    #[test]
    fn b007_what_signing_in_or_an_administrator_gave_is_told_apart() {
        let manual = TenantAccess { rules: Vec::new(), source: Source::Manual, ..by_rules() };
        let page = my_access(&view("ada", vec![manual, onboarded("main", "Participant")]), false);
        assert!(page.contains("<td>an administrator</td>") && page.contains("<td>signing in</td>"), "{page}");
        assert!(!page.contains("class=\"badge\""), "no rule manages her: {page}");
    }

    #[test]
    fn b101_the_link_to_user_management_is_for_those_for_whom_it_opens() {
        let link = "href=\"/people/console/users\"";
        assert!(my_access(&view("ada", vec![by_rules()]), true).contains(link));
        assert!(!my_access(&view("ada", vec![by_rules()]), false).contains(link));
    }

    #[test]
    fn b008_somebody_whom_the_provider_disabled_is_told_what_signing_in_gave() {
        let mut view = view("ada", vec![onboarded("main", "Participant")]);
        assert!(!my_access(&view, false).contains("lists your account as disabled"));
        view.active = false;
        assert!(my_access(&view, false).contains("lists your account as disabled"));
        assert!(users(&[view], "", None).contains("let in by sign-in"));
    }

    #[test]
    fn b070_the_badge_stands_beside_the_address_of_whom_rules_manage_and_of_nobody_else() {
        let managed = users(&[view("ada", vec![by_rules()])], "", None);
        assert!(managed.contains("<td>ada@example.com <span class=\"badge\">SCIM</span></td>"), "{managed}");
        let not = users(&[view("bob", vec![onboarded("main", "Participant")])], "", None);
        assert!(not.contains("<td>ada@example.com </td>"), "{not}");
    }

    #[test]
    fn user_management_shows_state_and_effective_access() {
        let mut disabled = view("bob", vec![by_rules()]);
        (disabled.active, disabled.account_enabled, disabled.tenants) = (false, false, Vec::new());
        let page = users(&[view("ada", vec![by_rules()]), disabled], "", Some("/console/users?cursor=x&q=a"));
        assert!(page.contains("<td>active</td><td><ul><li>Designer in hr</li></ul></td>"), "{page}");
        assert!(page.contains("<td>disabled</td><td>none</td>"), "{page}");
        assert!(page.contains("People, 2 on this page"), "{page}");
        assert!(page.contains("href=\"/console/users?cursor=x&#38;q=a\""), "{page}");
        assert!(!users(&[], "", None).contains("Next page"));
    }

    #[test]
    fn names_are_text_and_never_markup() {
        let mut mean = view("<script>alert(1)</script>", vec![by_rules()]);
        mean.email = Some("\"><img src=x>".to_owned());
        mean.tenants[0].rules = vec!["<b>".to_owned()];
        let pages = [my_access(&mean, true), users(&[mean], "\"><script>", None)];
        for page in pages {
            assert!(page.contains("&#60;script&#62;"), "{page}");
            for markup in ["<script", "<img", "<b>", "\"><"] {
                assert!(!page.replace("\"><button", "").contains(markup), "{markup}: {page}");
            }
        }
    }

    #[test]
    fn a_page_brings_no_script_no_style_of_its_own_and_a_language() {
        let failed = Failed { root: "..", title: "T", code: "C", message: "M", link: None }.render().unwrap();
        let out = SignedOut { root: "", tenant: "main" }.render().unwrap();
        for page in [my_access(&view("ada", vec![by_rules()]), true), users(&[], "", None), failed, out] {
            assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"), "{page}");
            assert!(page.contains("<main id=\"main\"") && page.contains("href=\"#main\""), "{page}");
            assert_eq!((page.matches("<h1>").count(), page.matches("<title>").count()), (1, 1), "{page}");
            for forbidden in ["<script", "<style", " style=", " onclick", "<img", "http:", "https:"] {
                assert!(!page.contains(forbidden), "{forbidden}: {page}");
            }
        }
    }

    #[test]
    fn a_page_that_failed_says_why_and_where_to_go_on() {
        let link = Some(Link { to: "/sso/login".to_owned(), text: "Try again" });
        let page = Failed { root: "..", title: "No way in", code: "UserNotFound", message: "Ask.", link };
        let page = page.render().unwrap();
        assert!(page.contains("<title>No way in</title>") && page.contains("<code>UserNotFound</code>"), "{page}");
        assert!(page.contains("<a href=\"/sso/login\">Try again</a>") && page.contains("<p>Ask.</p>"), "{page}");
    }
}

//! What a person sees of a simulation: a line for every request, then the sum. The token never comes this far: it
//! lives in a header that only the client knows. The password of a run is in bodies, and no line shows it.

use super::{Error, Password};
use crate::client::{Answer, Request};
use serde_json::Value;
use std::io::Write;
use std::time::Duration;

/// The longest summary of a body, in characters.
const SUMMARY_CHARS_MAX: usize = 100;

/// What a cycle did, each a number of people, groups, memberships or requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// People created.
    pub created: u64,
    /// People changed.
    pub updated: u64,
    /// People whose `active` became false.
    pub disabled: u64,
    /// Groups created or changed.
    pub groups: u64,
    /// Members added.
    pub added: u64,
    /// Members removed.
    pub removed: u64,
    /// Steps that could not be done because something they need was refused before.
    pub skipped: u64,
    /// Requests sent.
    pub requests: u64,
    /// Who or what was refused, and the service's words.
    pub refused: Vec<String>,
}

/// Writes lines to somewhere and counts.
pub struct Report<'a> {
    out: &'a mut (dyn Write + Send),
    verbose: bool,
    password: Option<Password>,
    /// The figures so far.
    pub tally: Tally,
}

impl<'a> Report<'a> {
    /// A report that prints bodies too when `verbose`.
    pub fn new(out: &'a mut (dyn Write + Send), verbose: bool) -> Self {
        Self { out, verbose, password: None, tally: Tally::default() }
    }

    /// Hides a password: wherever it stands, `***` is written.
    pub fn hide(&mut self, password: Password) {
        self.password = Some(password);
    }

    /// The text without the password.
    pub(super) fn hidden(&self, text: &str) -> String {
        match &self.password {
            Some(password) => text.replace(password.expose(), "***"),
            None => text.to_owned(),
        }
    }

    /// One request and its answer.
    pub fn request(&mut self, request: &Request, answer: &Answer) -> Result<(), Error> {
        self.tally.requests += 1;
        let what = shortened(&self.hidden(&summary(request.body.as_ref())));
        let line = format!(
            "{:<6} {}{}{what}",
            request.method.as_str(),
            target(request),
            if what.is_empty() { "" } else { "  " }
        );
        let found = answer.body.get("totalResults").map(|n| format!(" {n} found")).unwrap_or_default();
        let millis = answer.took.as_millis();
        self.line(&format!("{line}  -> {}{found}  {millis} ms", answer.status))?;
        if self.verbose {
            for body in [request.body.as_ref(), Some(&answer.body)].into_iter().flatten().filter(|b| !b.is_null()) {
                self.line(&format!("       {body}"))?;
            }
        }
        Ok(())
    }

    /// Somebody or something was refused.
    pub fn refused(&mut self, whom: &str, answer: &Answer) -> Result<(), Error> {
        self.wrong(&format!("{whom}: {} {}", answer.status, answer.detail()))
    }

    /// An answer that cannot be right: counts as a refusal.
    pub fn wrong(&mut self, what: &str) -> Result<(), Error> {
        let line = self.hidden(what);
        self.line(&format!("       REFUSED {line}"))?;
        self.tally.refused.push(line);
        Ok(())
    }

    /// A step that cannot be done now.
    pub fn skipped(&mut self, why: &str) -> Result<(), Error> {
        self.tally.skipped += 1;
        self.line(&format!("       skipped: {why}"))
    }

    /// Anything else worth a line.
    pub fn note(&mut self, text: &str) -> Result<(), Error> {
        self.line(&format!("       {text}"))
    }

    /// The sum, and everything refused once more.
    pub fn end(&mut self, took: Duration) -> Result<(), Error> {
        let Tally { created, updated, disabled, groups, added, removed, skipped, requests, refused } =
            self.tally.clone();
        self.line("")?;
        self.line(&format!("people   {created} created, {updated} updated, {disabled} disabled"))?;
        self.line(&format!("groups   {groups} created or changed, {added} members added, {removed} removed"))?;
        let seconds = took.as_secs_f64();
        self.line(&format!("requests {requests} in {seconds:.1} s, {} refused, {skipped} skipped", refused.len()))?;
        for line in refused {
            self.line(&format!("refused  {line}"))?;
        }
        Ok(())
    }

    fn line(&mut self, text: &str) -> Result<(), Error> {
        writeln!(self.out, "{}", self.hidden(text).trim_end()).map_err(Error::Report)
    }
}

fn target(request: &Request) -> String {
    let query = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/{}{mark}{query}", request.path.join("/"))
}

/// What a body says: operations of a PATCH, otherwise the name.
fn summary(body: Option<&Value>) -> String {
    let Some(body) = body else { return String::new() };
    match body.get("Operations").and_then(Value::as_array) {
        Some(operations) => operations.iter().map(operation).collect::<Vec<_>>().join(", "),
        None => {
            ["userName", "displayName"].iter().find_map(|name| body.get(name)).map(Value::to_string).unwrap_or_default()
        }
    }
}

/// A few words of a text that is to fit into a line.
fn shortened(text: &str) -> String {
    if text.chars().count() <= SUMMARY_CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(SUMMARY_CHARS_MAX).chain("…".chars()).collect()
}

fn operation(operation: &Value) -> String {
    let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    // The URN of the extension says nothing here and fills the line.
    let path = text("path").replace(&format!("{}:", super::profile::ENTERPRISE), "");
    let value = match operation.get("value") {
        Some(Value::Array(list)) => {
            let names = list.iter().filter_map(|v| v.get("value")?.as_str());
            names.collect::<Vec<_>>().join(" ")
        }
        Some(value) => value.to_string(),
        None => String::new(),
    };
    [text("op"), path, value].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Report, shortened, summary};
    use crate::client::{Answer, Request};
    use crate::simulate::Password;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn a_line_says_method_path_body_status_and_time() {
        let body = json!({ "Operations": [{ "op": "Replace", "path": "active", "value": "False" }] });
        let request = Request::new(crate::client::Method::PATCH, &["Users", "42"]).with_body(body);
        let answer = Answer { status: 200, body: json!({}), retry_after: None, took: Duration::from_millis(3) };
        let mut out = Vec::new();
        Report::new(&mut out, false).request(&request, &answer).unwrap();
        let line = String::from_utf8(out).unwrap();
        insta::assert_snapshot!(line, @r#"PATCH  /Users/42  Replace active "False"  -> 200  3 ms"#);
    }

    #[test]
    fn a_long_body_is_shortened_on_a_character() {
        let long = shortened(&summary(Some(&json!({ "userName": "ä".repeat(300) }))));
        assert_eq!(long.chars().count(), 101);
    }

    #[test]
    fn no_line_shows_the_password_not_even_a_part_of_it() {
        let password = Password::random();
        let secret = password.expose().to_owned();
        // The summary of the body ends within the password.
        let value = json!({ "a": "a".repeat(60), "password": secret });
        let body = json!({ "Operations": [{ "op": "replace", "value": value }] });
        let request = Request::new(crate::client::Method::PATCH, &["Users", "42"]).with_body(body);
        let detail = json!({ "detail": format!("{secret} is too simple") });
        let answer = Answer { status: 400, body: detail, retry_after: None, took: Duration::ZERO };
        let mut out = Vec::new();
        let mut report = Report::new(&mut out, true);
        report.hide(password);
        report.request(&request, &answer).unwrap();
        report.refused("ada", &answer).unwrap();
        assert_eq!(report.tally.refused, ["ada: 400 *** is too simple"]);
        report.end(Duration::ZERO).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("***") && !text.contains(&secret[..12]), "{text}");
    }
}

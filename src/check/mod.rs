//! A conformance suite for any SCIM 2.0 server: each check holds a server to one sentence of RFC 7643, 7644, 9865 or
//! 6750, or to what one identity provider needs.
//!
//! It makes people and groups of its own, with names that nobody has, and takes them away again whatever happens. It
//! never touches what it did not make, follows no redirect and never shows the token. It knows nothing of this
//! project's own endpoint: what it checks, it checks of everybody.
//!
//! To add a check: an `async fn(&mut Session) -> Outcome` in the file of its section, and a line in that file's
//! `CHECKS`. A check that needs what a server may leave out names it in brackets there.

mod answer;
mod auth;
mod bulk;
mod create;
mod delete;
mod discovery;
mod error;
mod errors;
mod etag;
mod features;
mod filter;
mod group;
mod list;
mod made;
mod me;
mod media;
mod paging;
mod patch;
mod provider;
mod read;
mod replace;
mod report;
mod resource;
mod schema;
mod search;
mod selection;
mod session;
mod text;
mod user;
mod verdict;

pub use error::Error;
pub use features::{Feature, Features};
pub use provider::Provider;
pub use report::{Claims, Exchange, ProviderSum, Report, Row, SectionSum, Tally};
pub use selection::Selection;
pub use session::{Session, Target};
pub use text::Text;
pub use verdict::Verdict;

use std::pin::Pin;
use std::time::Instant;
use verdict::{Outcome, skipped};

/// The schema of users.
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of groups.
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The enterprise extension of users.
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The schema of a PATCH body.
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// An id that no server gives out.
const NOBODY: &str = "check-00000000-0000-nobody";

type Run = for<'a> fn(&'a mut Session) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// One sentence that a server is held to.
pub struct Check {
    /// Its name, for `--only` and for reports; never changes.
    pub id: &'static str,
    /// Where the sentence stands: `RFC 7644 §3.5.2`, or `interop` for what only a provider asks for.
    pub section: &'static str,
    /// The sentence, in short.
    pub title: &'static str,
    /// The identity provider that needs it; `None` = the standard itself.
    pub provider: Option<Provider>,
    /// What the server must say it has, else the check is skipped.
    pub needs: &'static [Feature],
    run: Run,
}

/// A line of a table of checks.
macro_rules! check {
    ($id:literal, $section:expr, $title:literal, [$($need:ident),*], $run:path) => {
        $crate::check::Check {
            id: $id,
            section: $section,
            title: $title,
            provider: None,
            needs: &[$($crate::check::Feature::$need),*],
            run: |session| Box::pin($run(session)),
        }
    };
    ($provider:ident: $id:literal, $title:literal, [$($need:ident),*], $run:path) => {
        $crate::check::Check {
            id: $id,
            section: "interop",
            title: $title,
            provider: Some($crate::check::Provider::$provider),
            needs: &[$($crate::check::Feature::$need),*],
            run: |session| Box::pin($run(session)),
        }
    };
}
use check;

/// Every check, in the order in which they run.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    let sections: [&'static [Check]; 20] = [
        discovery::CHECKS,
        schema::CHECKS,
        auth::CHECKS,
        resource::CHECKS,
        user::CHECKS,
        group::CHECKS,
        media::CHECKS,
        create::CHECKS,
        read::CHECKS,
        filter::CHECKS,
        list::CHECKS,
        search::CHECKS,
        replace::CHECKS,
        patch::CHECKS,
        delete::CHECKS,
        bulk::CHECKS,
        me::CHECKS,
        errors::CHECKS,
        etag::CHECKS,
        paging::CHECKS,
    ];
    sections.into_iter().flatten().chain(patch::more()).chain(filter::more()).chain(provider::checks())
}

/// Runs the checks that are chosen. `seen` is told of each verdict; `stop` ends the run early: what was made is taken
/// away even then, and the report says that it is not whole.
pub async fn run(
    target: &Target,
    selection: &Selection,
    seen: &mut (dyn FnMut(&Row) + Send),
    stop: impl Future<Output = ()>,
) -> Result<Report, Error> {
    let chosen = selection.choose()?;
    let start = Instant::now();
    let mut session = Session::new(target.clone(), uuid::Uuid::new_v4().as_fields().0);
    session.features = first(&mut session).await?;
    let (mut rows, mut left, mut whole) = (Vec::new(), Vec::new(), true);
    tokio::pin!(stop);
    for check in chosen {
        session.take_exchanges();
        let verdict = tokio::select! {
            verdict = decide(check, &mut session) => verdict,
            () = &mut stop => {
                whole = false;
                break;
            }
        };
        let row = Row::new(check, verdict, session.take_exchanges());
        seen(&row);
        rows.push(row);
        left.extend(session.clean(false).await);
    }
    left.extend(session.clean(true).await);
    let features = &session.features;
    Ok(Report::new(target.base_url(), features, rows, left, session.requests(), start.elapsed(), whole))
}

async fn decide(check: &Check, session: &mut Session) -> Verdict {
    match check.needs.iter().find(|need| !session.features.has(**need)) {
        Some(missing) => skipped(missing.missing()),
        None => (check.run)(session).await.into(),
    }
}

/// What the server says it has. Also the moment to learn that it is not there, or that the token is not its own.
async fn first(session: &mut Session) -> Result<Features, Error> {
    let unheard = |verdict: Verdict| match verdict {
        Verdict::Error { why } => Error::NoAnswer(why),
        _ => Error::NoAnswer("no answer".to_owned()),
    };
    let config = session.get("ServiceProviderConfig").await.map_err(unheard)?;
    if matches!(config.status, 401 | 403) {
        return Err(Error::Unauthorized { status: config.status, detail: verdict::shortened(&config.told()) });
    }
    let types = session.get("ResourceTypes").await.map_err(unheard)?;
    Ok(Features::read(&config.body, &types.body))
}

#[cfg(test)]
mod report_tests;

#[cfg(test)]
mod tests {
    use super::checks;
    use std::collections::BTreeSet;

    #[test]
    fn every_check_has_an_id_of_its_own_and_a_place_in_the_standard_or_a_provider() {
        let mut ids = BTreeSet::new();
        for check in checks() {
            assert!(ids.insert(check.id), "{} stands twice", check.id);
            let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(check.id.chars().all(word), "{}", check.id);
            let placed = check.section.starts_with("RFC ") != check.provider.is_some();
            assert!(placed, "{}: {}", check.id, check.section);
            assert!(!check.title.ends_with('.') && check.title.len() <= 90, "{}: {}", check.id, check.title);
        }
        assert!(ids.len() > 150, "{}", ids.len());
    }
}

//! What is known of the identity provider: where it lets people in, and its keys (OpenID Connect Discovery §4).
//!
//! Asked when a configuration with `spec.sso.oidc` comes into force, again every ten minutes, and sooner after a
//! failure; also when somebody wants to sign in and nothing is known yet. What was known stays while the provider does
//! not answer, and what one provider said is never kept as another's: a look that ends when another sign-in is in force
//! is forgotten. Whether people can sign in is told to whoever watches the directory's state (B002, B141); SCIM goes on
//! without it (B004).

use super::discovery::{Metadata, discover, keys_at};
use crate::config::{SignIn, SignInState};
use crate::directory::Directory;
use crate::endpoint::SignInSettings;
use crate::endpoint::shared::Shared;
use arc_swap::{ArcSwap, ArcSwapOption};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

/// Between two looks at a provider that answers.
const FRESH: Duration = Duration::from_secs(600);
/// After a first failure; each further one doubles it.
const FIRST_RETRY: Duration = Duration::from_secs(10);
const LONGEST_RETRY: Duration = Duration::from_secs(300);
/// Between two looks that people bring about.
const ASKED_FOR: Duration = Duration::from_secs(1);
/// Between two looks for a key that is not known.
const UNKNOWN_KEY: Duration = Duration::from_secs(10);
/// Codes that are exchanged at the same time: everybody can bring one, and each may wait for the provider.
const EXCHANGES_MAX: usize = 16;
/// Bytes of a file with a client secret.
const SECRET_BYTES_MAX: usize = 4096;

/// The provider of the sign-in in force.
pub(crate) struct Provider {
    settings: SignInSettings,
    known: ArcSwap<Known>,
    /// One asks at a time. When keys were last asked for because one was not known.
    asking: Mutex<Option<Instant>>,
    exchanges: Semaphore,
    /// By what the last ID token could not be mapped to anybody.
    unmapped: ArcSwapOption<Claim>,
}

/// The claim by which people are found, of an issuer.
#[derive(PartialEq, Eq)]
struct Claim {
    issuer: String,
    name: String,
}

/// What came of asking.
#[derive(Default, Clone)]
struct Known {
    asked: Option<Asked>,
    metadata: Option<Arc<Metadata>>,
    /// Why the last look failed, for people.
    problem: Option<String>,
    /// How many looks in a row did of those that nobody brought about.
    failures: u32,
}

/// Who was asked, and when.
#[derive(Clone)]
struct Asked {
    issuer: String,
    has_client_secret: bool,
    at: Instant,
}

/// What brings a look about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// It is time to.
    Watch,
    /// Somebody wants to sign in.
    Person,
}

impl Asked {
    fn now(sign_in: &SignIn) -> Self {
        Self { issuer: sign_in.issuer.clone(), has_client_secret: sign_in.has_client_secret, at: Instant::now() }
    }

    fn is_about(&self, sign_in: &SignIn) -> bool {
        self.issuer == sign_in.issuer && self.has_client_secret == sign_in.has_client_secret
    }
}

impl Known {
    /// When this provider was asked.
    fn asked_at(&self, sign_in: &SignIn) -> Option<Instant> {
        self.asked.as_ref().filter(|asked| asked.is_about(sign_in)).map(|asked| asked.at)
    }

    /// What is known once this has come of a look.
    fn after(&self, sign_in: &SignIn, found: Result<Metadata, String>, occasion: Occasion) -> Self {
        let asked = Some(Asked::now(sign_in));
        let before = self.asked_at(sign_in).map(|_| self);
        match found {
            Ok(metadata) => Self { asked, metadata: Some(Arc::new(metadata)), problem: None, failures: 0 },
            Err(problem) => Self {
                asked,
                metadata: before.and_then(|before| before.metadata.clone()),
                problem: Some(problem),
                failures: before.map_or(0, |before| before.failures).saturating_add(match occasion {
                    Occasion::Watch => 1,
                    Occasion::Person => 0,
                }),
            },
        }
    }

    /// The same with other keys, if it is still about this provider; else there is nothing to keep them with.
    fn with(&self, sign_in: &SignIn, renewed: &Arc<Metadata>) -> Option<Self> {
        self.asked_at(sign_in)?;
        Some(Self { metadata: Some(Arc::clone(renewed)), ..self.clone() })
    }

    /// How long nobody has to look again.
    fn pause(&self) -> Duration {
        match self.problem {
            None => FRESH,
            // A look that people brought about is no reason to come later, and none to come no more.
            Some(_) => pause(self.failures.max(1)),
        }
    }

    /// Whether people can sign in; `None` = this provider was not asked yet.
    fn state(&self, sign_in: &SignIn) -> Option<SignInState> {
        self.asked_at(sign_in)?;
        let message = self.problem.clone().unwrap_or_default();
        Some(SignInState { ready: self.problem.is_none(), message })
    }
}

impl Claim {
    fn of(sign_in: &SignIn) -> Self {
        Self { issuer: sign_in.issuer.clone(), name: sign_in.subject.claim.clone() }
    }

    fn is_missing(&self) -> SignInState {
        let Self { issuer, name } = self;
        let message = format!(
            "The last ID token of {issuer} has no claim `{name}`, or no text in it: nobody can be found by it. Check \
             spec.sso.oidc.subject.claim, and whether spec.sso.oidc.scopes asks for it."
        );
        SignInState { ready: false, message }
    }
}

impl Provider {
    /// Of which nothing is known yet.
    pub(crate) fn new(settings: SignInSettings) -> Self {
        let exchanges = Semaphore::new(EXCHANGES_MAX);
        let (known, unmapped) = (ArcSwap::default(), ArcSwapOption::empty());
        Self { settings, known, asking: Mutex::new(None), exchanges, unmapped }
    }

    /// Leave to exchange a code at the provider, until it is dropped; `None` = too many do.
    pub(super) fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.exchanges.try_acquire().ok()
    }

    /// Whether people can sign in; `None` where they do not, and while that is not known.
    pub(crate) fn state(&self, directory: &Directory) -> Option<SignInState> {
        let in_force = directory.in_force();
        let sign_in = in_force.document.as_ref()?.sign_in.as_ref()?;
        let state = self.known.load().state(sign_in)?;
        let is_unmapped = self.unmapped.load().as_deref() == Some(&Claim::of(sign_in));
        Some(if state.ready && is_unmapped { Claim::of(sign_in).is_missing() } else { state })
    }

    /// Notes whether an ID token had the claim by which people are found (B141).
    pub(super) fn mapped(&self, directory: &Directory, sign_in: &SignIn, is_there: bool) {
        let in_force = directory.in_force();
        if in_force.document.as_ref().and_then(|document| document.sign_in.as_ref()) != Some(sign_in) {
            return;
        }
        let unmapped = (!is_there).then(|| Arc::new(Claim::of(sign_in)));
        if *self.unmapped.load() != unmapped {
            self.unmapped.store(unmapped);
            directory.announce();
        }
    }

    /// What is known; asks when nothing is. The error is for people.
    pub(super) async fn metadata(&self, directory: &Directory, sign_in: &SignIn) -> Result<Arc<Metadata>, String> {
        // Once: who was asked and what came of it belong together.
        let known = self.known.load_full();
        let asked_at = known.asked_at(sign_in);
        if let Some(metadata) = known.metadata.as_ref().filter(|_| asked_at.is_some()) {
            return Ok(Arc::clone(metadata));
        }
        if asked_at.is_none_or(|at| at.elapsed() >= ASKED_FOR) {
            self.ask(directory, sign_in, Occasion::Person).await;
        }
        let known = self.known.load_full();
        match &known.metadata {
            Some(metadata) if known.asked_at(sign_in).is_some() => Ok(Arc::clone(metadata)),
            _ => {
                let state = known.state(sign_in).map(|state| state.message);
                Err(state.unwrap_or_else(|| format!("the provider {} has not been asked yet", sign_in.issuer)))
            }
        }
    }

    /// The same with the keys of this moment, when some were not known; at most every ten seconds.
    pub(super) async fn with_new_keys(&self, sign_in: &SignIn, old: &Arc<Metadata>) -> Arc<Metadata> {
        let mut last = self.asking.lock().await;
        let known = self.known.load_full();
        let current = known.metadata.as_ref().filter(|_| known.asked_at(sign_in).is_some());
        if let Some(current) = current.filter(|current| !Arc::ptr_eq(current, old)) {
            return Arc::clone(current);
        }
        if last.is_some_and(|last| last.elapsed() < UNKNOWN_KEY) {
            return Arc::clone(old);
        }
        *last = Some(Instant::now());
        match keys_at(&old.http, &old.jwks_uri).await {
            Ok(keys) => {
                let renewed = Arc::new(Metadata { keys, ..Metadata::clone(old) });
                if let Some(known) = known.with(sign_in, &renewed) {
                    self.known.store(Arc::new(known));
                }
                renewed
            }
            Err(reason) => {
                tracing::warn!(issuer = sign_in.issuer, reason, "the keys of the identity provider stay as they were");
                Arc::clone(old)
            }
        }
    }

    /// The client secret, read again at each use; `None` where there is none to send. The error is for people.
    pub(super) async fn client_secret(&self, sign_in: &SignIn) -> Result<Option<SecretString>, String> {
        if !sign_in.has_client_secret {
            return Ok(None);
        }
        let Some(path) = &self.settings.client_secret else {
            return Err("spec.sso.oidc names a client secret, and the endpoint was not given its file: start it with \
                        --sso-client-secret FILE."
                .to_owned());
        };
        let shown = path.display();
        let text = tokio::fs::read_to_string(path).await.map_err(|error| {
            format!(
                "the file {shown} with the client secret cannot be read: {error}. Check spec.sso.oidc.clientSecretRef."
            )
        })?;
        let value = text.trim();
        if value.is_empty() || value.len() > SECRET_BYTES_MAX {
            return Err(format!("the file {shown} holds no client secret: it is empty or too long."));
        }
        Ok(Some(SecretString::from(value.to_owned())))
    }

    async fn ask(&self, directory: &Directory, sign_in: &SignIn, occasion: Occasion) {
        let wanted = Instant::now();
        let _one = self.asking.lock().await;
        let before = self.known.load_full();
        if before.asked_at(sign_in).is_some_and(|at| at >= wanted) {
            return;
        }
        let known = before.after(sign_in, self.look(sign_in).await, occasion);
        if !is_in_force(directory, known.asked.as_ref()) {
            return;
        }
        let (was, is) = (before.state(sign_in), known.state(sign_in));
        self.known.store(Arc::new(known));
        if was != is {
            if let Some(is) = &is {
                log(sign_in, is);
            }
            directory.announce();
        }
    }

    async fn look(&self, sign_in: &SignIn) -> Result<Metadata, String> {
        self.client_secret(sign_in).await?;
        let issuer = &sign_in.issuer;
        discover(issuer, self.settings.ca.as_deref()).await.map_err(|reason| {
            format!(
                "{issuer} does not answer as an OpenID Connect provider: {reason}. Check spec.sso.oidc.issuer, and \
                 that the endpoint may reach it."
            )
        })
    }
}

/// Whether people still sign in at whoever was asked.
fn is_in_force(directory: &Directory, asked: Option<&Asked>) -> bool {
    let in_force = directory.in_force();
    let sign_in = in_force.document.as_ref().and_then(|document| document.sign_in.as_ref());
    sign_in.zip(asked).is_some_and(|(sign_in, asked)| asked.is_about(sign_in))
}

fn log(sign_in: &SignIn, state: &SignInState) {
    let SignInState { ready, message } = state;
    if *ready {
        tracing::info!(issuer = sign_in.issuer, "people can sign in");
    } else {
        tracing::warn!(issuer = sign_in.issuer, reason = message, "people cannot sign in");
    }
}

/// Asks whenever it is time to, until the endpoint stops.
pub(crate) async fn follow(shared: Arc<Shared>) {
    let provider = &shared.provider;
    loop {
        let in_force = shared.directory.in_force();
        let sign_in = in_force.document.as_ref().and_then(|document| document.sign_in.as_ref());
        if let Some(sign_in) = sign_in.filter(|sign_in| provider.is_due(sign_in)) {
            tokio::select! {
                () = shared.stopping.cancelled() => return,
                () = provider.ask(&shared.directory, sign_in, Occasion::Watch) => {}
            }
        }
        tokio::select! {
            () = shared.stopping.cancelled() => return,
            () = tokio::time::sleep(shared.limits.reload_interval) => {}
        }
    }
}

impl Provider {
    fn is_due(&self, sign_in: &SignIn) -> bool {
        let known = self.known.load();
        known.asked_at(sign_in).is_none_or(|at| at.elapsed() >= known.pause())
    }
}

/// How long to wait after so many failures in a row.
fn pause(failures: u32) -> Duration {
    FIRST_RETRY.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST_RETRY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{SubjectAttribute, SubjectMapping};
    use crate::endpoint::sso::keys::Keys;

    fn sign_in(issuer: &str, has_client_secret: bool) -> SignIn {
        SignIn {
            issuer: issuer.to_owned(),
            client_id: "corp".to_owned(),
            has_client_secret,
            scopes: vec!["openid".to_owned()],
            subject: SubjectMapping { claim: "sub".to_owned(), attribute: SubjectAttribute::ExternalId },
        }
    }

    #[test]
    fn b002_a_provider_that_fails_is_asked_again_later_and_later() {
        let seconds: Vec<u64> = [1, 2, 3, 4, 5, 6, 7, 1_000].map(|failures| pause(failures).as_secs()).to_vec();
        assert_eq!(seconds, [10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(Known::default().pause().as_secs(), 600);
    }

    fn metadata() -> Metadata {
        let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let url = |text: &str| reqwest::Url::parse(text).unwrap();
        Metadata {
            authorization_endpoint: url("https://a/authorize"),
            token_endpoint: url("https://a/token"),
            secret_in_body: false,
            jwks_uri: url("https://a/keys"),
            keys: Keys::default(),
            http: reqwest::Client::new(),
        }
    }

    #[test]
    fn b002_people_who_want_to_sign_in_do_not_make_the_watch_come_later() {
        let a = sign_in("https://a", false);
        let failed = |known: &Known, occasion| known.after(&a, Err("it is down".to_owned()), occasion);
        let mut known = failed(&Known::default(), Occasion::Person);
        for _ in 0..20 {
            known = failed(&known, Occasion::Person);
        }
        assert_eq!((known.failures, known.pause().as_secs()), (0, 10));
        let known = failed(&failed(&known, Occasion::Watch), Occasion::Watch);
        assert_eq!((known.failures, known.pause().as_secs()), (2, 20));
        let known = failed(&known, Occasion::Person);
        assert_eq!(known.failures, 2);
        let known = known.after(&a, Ok(metadata()), Occasion::Person);
        assert_eq!((known.failures, known.pause().as_secs()), (0, 600));
    }

    #[test]
    fn b129_new_keys_are_kept_only_with_the_provider_whose_they_are() {
        let (a, b) = (sign_in("https://a", false), sign_in("https://b", false));
        let renewed = Arc::new(metadata());
        let known = Known::default().after(&b, Ok(metadata()), Occasion::Watch);
        assert!(known.with(&a, &renewed).is_none(), "B's people would be sent to A");
        let known = Known::default().after(&a, Ok(metadata()), Occasion::Watch).with(&a, &renewed).unwrap();
        assert!(known.metadata.is_some_and(|kept| Arc::ptr_eq(&kept, &renewed)));
        assert!(Known::default().with(&a, &renewed).is_none());
    }

    #[test]
    fn b002_what_another_provider_said_does_not_outlast_it() {
        let (a, b) = (sign_in("https://a", false), sign_in("https://b", false));
        let known = Known::default().after(&a, Ok(metadata()), Occasion::Watch);
        assert!(known.after(&a, Err("it is down".to_owned()), Occasion::Watch).metadata.is_some());
        assert!(known.after(&b, Err("it is down".to_owned()), Occasion::Watch).metadata.is_none());
    }

    #[tokio::test]
    async fn b002_what_comes_of_a_look_that_ends_under_another_sign_in_is_forgotten() {
        let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let directory = Directory::open(crate::directory::Settings::new(folder.path())).await.unwrap();
        let provider = Provider::new(SignInSettings::default());
        let before = sign_in("http://127.0.0.1:9", false);
        assert!(provider.metadata(&directory, &before).await.unwrap_err().contains("has not been asked yet"));
        assert!(provider.known.load().asked.is_none(), "nobody signs in there any more");
    }

    #[test]
    fn b129_only_so_many_codes_are_exchanged_at_once() {
        let provider = Provider::new(SignInSettings::default());
        let mut turns: Vec<_> = (0..EXCHANGES_MAX).map(|_| provider.turn().unwrap()).collect();
        assert!(provider.turn().is_none());
        turns.pop();
        assert!(provider.turn().is_some());
    }

    #[test]
    fn b002_the_state_is_about_the_provider_in_force_and_no_other() {
        let asked = |problem: Option<&str>| Known {
            asked: Some(Asked { issuer: "https://a".to_owned(), has_client_secret: false, at: Instant::now() }),
            metadata: None,
            problem: problem.map(str::to_owned),
            failures: 0,
        };
        assert!(asked(None).state(&sign_in("https://a", false)).unwrap().ready);
        for other in [sign_in("https://b", false), sign_in("https://a", true)] {
            assert_eq!(asked(None).state(&other), None, "nobody knows yet");
        }
        let state = asked(Some("it is down")).state(&sign_in("https://a", false)).unwrap();
        assert_eq!((state.ready, state.message.as_str()), (false, "it is down"));
    }

    #[tokio::test]
    async fn b002_a_client_secret_is_read_again_at_each_use_and_its_absence_says_what_to_do() {
        use secrecy::ExposeSecret;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("client-secret");
        let provider = Provider::new(SignInSettings { client_secret: Some(file.clone()), ca: None });
        let (with, without) = (sign_in("https://a", true), sign_in("https://a", false));
        assert!(provider.client_secret(&without).await.unwrap().is_none());
        assert!(provider.client_secret(&with).await.unwrap_err().contains("cannot be read"));
        for value in ["first", "second"] {
            std::fs::write(&file, format!("{value}\n")).unwrap();
            assert_eq!(provider.client_secret(&with).await.unwrap().unwrap().expose_secret(), value);
        }
        std::fs::write(&file, "\n").unwrap();
        assert!(provider.client_secret(&with).await.unwrap_err().contains("no client secret"));
        let none = Provider::new(SignInSettings::default());
        assert!(none.client_secret(&with).await.unwrap_err().contains("--sso-client-secret"));
    }
}

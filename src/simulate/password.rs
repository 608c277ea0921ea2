//! The password that goes with people whom a provider creates with one: made anew for each run, sent, never shown.

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// A random password of one run; `Debug` hides it.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

impl Password {
    /// A new one: 122 random bits, with letters of both cases, digits and a sign, as password rules like it.
    pub fn random() -> Self {
        Self(SecretString::from(format!("Sim-{}", Uuid::new_v4().simple())))
    }

    /// The value, for a body.
    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::Password;

    #[test]
    fn each_run_has_its_own_and_debug_shows_none() {
        let (one, two) = (Password::random(), Password::random());
        assert_ne!(one.expose(), two.expose());
        assert!(!format!("{one:?}").contains(one.expose()));
    }
}

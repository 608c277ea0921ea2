//! A bearer token: read from a file or from the environment, sent, never shown.

use super::Error;
use reqwest::header::HeaderValue;
use std::path::Path;

/// A bearer token as a header that is marked sensitive: `Debug` and traces hide it.
#[derive(Debug, Clone)]
pub struct Token(HeaderValue);

impl Token {
    /// Reads the token from a file; white space around it is dropped.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
        Self::from_value(&text, &path.display().to_string())
    }

    /// Takes the value of a setting, say of an environment variable; `origin` names it in errors.
    pub fn from_value(text: &str, origin: &str) -> Result<Self, Error> {
        let value = text.trim();
        let broken = || Error::Token { origin: origin.to_owned() };
        if value.is_empty() || !value.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(broken());
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {value}")).map_err(|_| broken())?;
        header.set_sensitive(true);
        Ok(Self(header))
    }

    pub(super) fn header(&self) -> &HeaderValue {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn ok_white_space_around_the_value_is_dropped() {
        let token = Token::from_value(" abc\n", "SETTING").unwrap();
        assert_eq!(token.header().as_bytes(), b"Bearer abc");
    }

    #[test]
    fn err_empty_or_two_lines_name_their_origin() {
        for text in ["", " \n", "a\nb", "a b", "a\u{e9}"] {
            let message = Token::from_value(text, "SETTING").unwrap_err().to_string();
            assert!(message.starts_with("SETTING holds no usable token"), "{message}");
        }
    }

    #[test]
    fn b030_the_value_is_never_shown() {
        let token = Token::from_value("very-secret", "SETTING").unwrap();
        assert!(!format!("{token:?}").contains("very-secret"));
    }
}

//! A filter as words, strings and brackets. Nothing is copied; strings are decoded when their value is wanted.

use super::Fault;

/// A piece of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'a> {
    /// A name, an operator or an unquoted value.
    Word(&'a str),
    /// A string with its quotes, still escaped.
    Quoted(&'a str),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// Nothing more.
    End,
}

/// Reads tokens one after another.
#[derive(Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    /// A reader at the beginning of the text.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next token and the byte where it begins.
    pub fn next(&mut self) -> Result<(usize, Token<'a>), Fault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let begin = self.at + (rest.len() - rest.trim_ascii_start().len());
        let rest = rest.trim_ascii_start();
        let (token, length) = match rest.bytes().next() {
            None => (Token::End, 0),
            Some(b'(') => (Token::Open, 1),
            Some(b')') => (Token::Close, 1),
            Some(b'[') => (Token::OpenBracket, 1),
            Some(b']') => (Token::CloseBracket, 1),
            Some(b'"') => quoted(rest).ok_or_else(|| Fault::expected(self.text.len(), "the closing `\"`"))?,
            Some(_) => word(rest),
        };
        self.at = begin + length;
        Ok((begin, token))
    }
}

fn word(rest: &str) -> (Token<'_>, usize) {
    let ends = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'(' | b')' | b'[' | b']' | b'"');
    let length = rest.bytes().position(ends).unwrap_or(rest.len());
    (Token::Word(rest.get(..length).unwrap_or_default()), length)
}

/// The string that `rest` begins with; `None` when it does not end.
fn quoted(rest: &str) -> Option<(Token<'_>, usize)> {
    let mut escaped = false;
    let inside = rest.bytes().skip(1).position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        byte => byte == b'"',
    })?;
    let length = inside + 2;
    Some((Token::Quoted(rest.get(..length)?), length))
}

/// The value of a quoted string, by the rules of JSON.
pub fn decode(quoted: &str, at: usize) -> Result<Box<str>, Fault> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if inner.bytes().all(|byte| byte != b'\\' && byte >= 0x20) {
        return Ok(inner.into());
    }
    serde_json::from_str::<Box<str>>(quoted)
        .map_err(|_| Fault::expected(at, "a JSON string, where `\\` and `\"` are written `\\\\` and `\\\"`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<Vec<Token<'_>>, Fault> {
        let mut lexer = Lexer::new(text);
        let mut all = Vec::new();
        loop {
            match lexer.next()?.1 {
                Token::End => return Ok(all),
                token => all.push(token),
            }
        }
    }

    #[test]
    fn ok_words_strings_and_brackets() {
        use Token::{Close, CloseBracket, Open, OpenBracket, Quoted, Word};
        assert_eq!(
            tokens(r#"not (emails[type eq "work"].value co "@")"#).unwrap(),
            [
                Word("not"),
                Open,
                Word("emails"),
                OpenBracket,
                Word("type"),
                Word("eq"),
                Quoted("\"work\""),
                CloseBracket,
                Word(".value"),
                Word("co"),
                Quoted("\"@\""),
                Close
            ]
        );
    }

    #[test]
    fn ok_an_escaped_quote_does_not_end_a_string() {
        let text = r#""a\"b\\""#;
        assert_eq!(tokens(text).unwrap(), [Token::Quoted(text)]);
        assert_eq!(&*decode(text, 0).unwrap(), r#"a"b\"#);
        assert_eq!(&*decode(r#""\u00e9""#, 0).unwrap(), "é");
    }

    #[test]
    fn err_a_string_that_does_not_end() {
        assert_eq!(tokens(r#"a eq "b"#).unwrap_err().at, 7);
        assert_eq!(tokens(r#"a eq "b\""#).unwrap_err().at, 9);
    }

    #[test]
    fn err_escapes_that_json_does_not_know() {
        assert_eq!(decode(r#""DOMAIN\user""#, 5).unwrap_err().at, 5);
        assert!(decode("\"a\nb\"", 0).is_err());
    }
}

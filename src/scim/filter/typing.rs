//! Comparisons checked against the schema, so that evaluation meets only pairs that can be compared. RFC 7644 §3.4.2.2.
//!
//! Which literals are taken beyond the grammar is for the dialect to say. A complex attribute stands
//! for its `value` (`members eq "…"`). What the schema does not know compares with anything and never matches.

use super::Fault;
use super::expression::{Comparison, Literal, Operator};
use super::lexer::{Token, decode};
use crate::scim::dialect::{Quirk, Reading};
use crate::scim::path::AttributePath;
use crate::scim::schema::{Attribute, Kind};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Number;

/// A value as it is written.
#[derive(Debug, Clone, Copy)]
pub enum Raw<'a> {
    /// In double quotes, still escaped.
    Quoted(&'a str),
    /// Without quotes.
    Word(&'a str),
}

/// A comparison of these, or what is wrong with it. `at` is where the value begins.
pub fn compare(
    path: AttributePath,
    operator: Operator,
    raw: Raw<'_>,
    at: usize,
    how: &Reading,
) -> Result<Comparison, Fault> {
    let path = value_of(path, at)?;
    let literal = literal(raw, at, how)?;
    let literal = match path.leaf() {
        None => literal,
        Some(leaf) => typed(leaf, &path, operator, literal, how).map_err(|message| Fault::new(at, message))?,
    };
    Ok(Comparison { path, operator, literal })
}

/// How an error names a token. Values are not repeated: they may be personal data.
pub fn describe(token: Token<'_>) -> String {
    match token {
        Token::Word(word) if word.len() <= 16 && word.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            format!("`{word}`")
        }
        Token::Word(_) => "an unquoted word".to_owned(),
        Token::Quoted(_) => "a string".to_owned(),
        Token::Open => "`(`".to_owned(),
        Token::Close => "`)`".to_owned(),
        Token::OpenBracket => "`[`".to_owned(),
        Token::CloseBracket => "`]`".to_owned(),
        Token::End => "the end".to_owned(),
    }
}

/// A time as RFC 3339 has it; one without an offset is UTC.
pub fn time(text: &str) -> Option<Timestamp> {
    let zoned = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| zoned().map(|zoned| zoned.timestamp()))
}

/// The part of a complex attribute that stands for it.
fn value_of(path: AttributePath, at: usize) -> Result<AttributePath, Fault> {
    match path {
        AttributePath::Known { extension, attribute, sub: None } if attribute.kind == Kind::Complex => {
            let sub = attribute.value_sub().ok_or_else(|| {
                let part = attribute.sub_attributes.first().map_or("", |sub| sub.name);
                Fault::new(at, format!("`{path}` has parts; compare one of them, such as `{path}.{part}`"))
            })?;
            Ok(AttributePath::Known { extension, attribute, sub: Some(sub) })
        }
        AttributePath::Whole(_) => {
            Err(Fault::new(at, format!("`{path}` is a schema; compare one of its attributes, as `{path}:name`")))
        }
        path => Ok(path),
    }
}

fn literal(raw: Raw<'_>, at: usize, how: &Reading) -> Result<Literal, Fault> {
    match raw {
        Raw::Quoted(quoted) => decode(quoted, at).map(Literal::Text),
        Raw::Word(word) if word.eq_ignore_ascii_case("true") => Ok(Literal::Boolean(true)),
        Raw::Word(word) if word.eq_ignore_ascii_case("false") => Ok(Literal::Boolean(false)),
        Raw::Word(word) if word.eq_ignore_ascii_case("null") => Ok(Literal::Null),
        Raw::Word(word) => match serde_json::from_str::<Number>(word) {
            Ok(number) => Ok(Literal::Number(number, word.into())),
            Err(_) if how.tolerates(Quirk::UnquotedFilterValue) => Ok(Literal::Text(word.into())),
            Err(_) => {
                let expected = "a value: a string in double quotes, a number, true, false or null";
                Err(Fault::new(at, format!("expected {expected}, found a word without quotes")))
            }
        },
    }
}

/// The literal as the attribute has it, or what is wrong.
fn typed(
    leaf: &Attribute,
    path: &AttributePath,
    operator: Operator,
    literal: Literal,
    how: &Reading,
) -> Result<Literal, String> {
    if literal == Literal::Null {
        return match operator {
            Operator::Eq | Operator::Ne => Ok(literal),
            _ => Err(format!("`{path}`: null is compared with eq or ne only")),
        };
    }
    let refused = |kind: &str| Err(format!("`{path}` is a {kind}: `{}` does not compare it", operator.as_str()));
    match (leaf.kind, literal) {
        (Kind::Boolean, _) if operator.is_ordering() || operator.is_partial() => refused("boolean"),
        (Kind::Binary, _) if operator.is_ordering() => refused("binary value"),
        (Kind::Boolean, Literal::Boolean(value)) => Ok(Literal::Boolean(value)),
        (Kind::Boolean, Literal::Text(text)) if is_boolean(&text) && how.tolerates(Quirk::QuotedBooleanInFilter) => {
            Ok(Literal::Boolean(text.eq_ignore_ascii_case("true")))
        }
        (Kind::Boolean, other) => Err(format!("`{path}`: expected true or false, found {}", other.kind())),
        (Kind::DateTime, Literal::Text(text)) if !operator.is_partial() => match time(&text) {
            Some(time) => Ok(Literal::Time(time, text)),
            None => Err(format!("`{path}`: expected a time such as \"2026-01-31T08:00:00Z\", found another string")),
        },
        (Kind::Integer | Kind::Decimal, _) if operator.is_partial() => refused("number"),
        (Kind::Integer | Kind::Decimal, Literal::Number(number, text)) => Ok(Literal::Number(number, text)),
        (Kind::Integer | Kind::Decimal, other) => Err(format!("`{path}`: expected a number, found {}", other.kind())),
        // Without quotes on purpose: `userName eq 4711`.
        (kind, Literal::Number(_, text)) if kind != Kind::DateTime && how.tolerates(Quirk::UnquotedFilterValue) => {
            Ok(Literal::Text(text))
        }
        (_, Literal::Text(text)) => Ok(Literal::Text(text)),
        (_, other) => Err(format!("`{path}`: expected a string in double quotes, found {}", other.kind())),
    }
}

fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

impl Literal {
    /// How an error names it.
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Time(..) => "a string",
            Self::Number(..) => "a number",
            Self::Boolean(_) => "a boolean",
            Self::Null => "null",
        }
    }
}

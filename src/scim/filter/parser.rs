//! The grammar of filters, by precedence: `not` binds closer than `and`, `and` closer than `or`.
//! RFC 7644 §3.4.2.2, figure 1.
//!
//! ```text
//! FILTER    = and *("or" and)
//! and       = factor *("and" factor)
//! factor    = "(" FILTER ")" / "not" "(" FILTER ")" / attrPath "pr" / attrPath compareOp compValue / valuePath
//! valuePath = attrPath "[" FILTER "]" [subAttr ("pr" / compareOp compValue)]
//! ```
//! One rule, one function. It calls itself only under `Parser::deeper`, which is bounded.

use super::expression::{Expression, Operator, Within};
use super::lexer::{Lexer, Token};
use super::typing::{Raw, compare, describe};
use super::{DEPTH_MAX, Fault, TERMS_MAX};
use crate::scim::dialect::Reading;
use crate::scim::path::{AttributePath, Path, Scope};
use crate::scim::schema::Kind;

const OPERATORS: &str = "an operator (eq, ne, co, sw, ew, gt, ge, lt, le, pr)";

/// Reads one filter or path.
pub struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token<'a>,
    /// Where `token` begins.
    at: usize,
    depth: usize,
    terms: usize,
    how: &'a Reading,
}

impl<'a> Parser<'a> {
    /// A parser before the first token.
    pub fn new(text: &'a str, how: &'a Reading) -> Result<Self, Fault> {
        let mut lexer = Lexer::new(text);
        let (at, token) = lexer.next()?;
        Ok(Self { lexer, token, at, depth: 0, terms: 0, how })
    }

    /// A whole text that is a filter.
    pub fn whole_filter(mut self, scope: Scope) -> Result<Expression, Fault> {
        let filter = self.filter(scope)?;
        match self.token {
            Token::End => Ok(filter),
            _ => Err(self.fault("`and`, `or` or the end")),
        }
    }

    /// A whole text that is a PATCH path.
    pub fn whole_path(mut self, scope: Scope) -> Result<Path, Fault> {
        let Token::Word(word) = self.token else { return Err(self.fault("the name of an attribute")) };
        let attribute = self.attribute(word, scope)?;
        let mut path = Path::plain(attribute);
        self.advance()?;
        if self.token == Token::OpenBracket {
            check_complex(&path.attribute, self.at)?;
            let within = Path::scope_within(&path.attribute);
            path.selector = Some(self.brackets(within).map_err(Fault::of_filter)?);
            path.part = self.part(within)?;
        }
        match self.token {
            Token::End => Ok(path),
            _ => Err(self.fault("the end of the path")),
        }
    }

    fn filter(&mut self, scope: Scope) -> Result<Expression, Fault> {
        let first = self.conjunction(scope)?;
        if !self.is_word("or") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.is_word("or") {
            self.advance()?;
            parts.push(self.conjunction(scope)?);
        }
        Ok(Expression::Or(parts))
    }

    fn conjunction(&mut self, scope: Scope) -> Result<Expression, Fault> {
        let first = self.factor(scope)?;
        if !self.is_word("and") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.is_word("and") {
            self.advance()?;
            parts.push(self.factor(scope)?);
        }
        Ok(Expression::And(parts))
    }

    fn factor(&mut self, scope: Scope) -> Result<Expression, Fault> {
        match self.token {
            Token::Open => self.parentheses(scope),
            Token::Word(word) => {
                let at = self.at;
                self.advance()?;
                if word.eq_ignore_ascii_case("not") && self.token == Token::Open {
                    return Ok(Expression::Not(Box::new(self.parentheses(scope)?)));
                }
                let path = AttributePath::parse(word, scope, self.how).map_err(|fault| Fault::at_path(at, &fault))?;
                if self.token == Token::OpenBracket { self.value_path(path, scope) } else { self.term(path, at) }
            }
            _ => Err(self.fault("the name of an attribute, `not (` or `(`")),
        }
    }

    fn parentheses(&mut self, scope: Scope) -> Result<Expression, Fault> {
        self.enclosed(scope, Token::Close, "`)`, `and` or `or`")
    }

    fn brackets(&mut self, scope: Scope) -> Result<Expression, Fault> {
        self.enclosed(scope, Token::CloseBracket, "`]`, `and` or `or`")
    }

    /// A filter between the current token and `end`.
    fn enclosed(&mut self, scope: Scope, end: Token<'_>, expected: &'static str) -> Result<Expression, Fault> {
        if self.depth == DEPTH_MAX {
            return Err(Fault::new(self.at, format!("nested deeper than {DEPTH_MAX} levels; ask in several requests")));
        }
        self.depth += 1;
        self.advance()?;
        let inner = self.filter(scope)?;
        if self.token != end {
            return Err(self.fault(expected));
        }
        self.advance()?;
        self.depth -= 1;
        Ok(inner)
    }

    fn value_path(&mut self, attribute: AttributePath, scope: Scope) -> Result<Expression, Fault> {
        if !matches!(scope, Scope::Resource(_)) {
            return Err(self.fault("an operator: brackets do not nest"));
        }
        check_complex(&attribute, self.at)?;
        let within = Path::scope_within(&attribute);
        let filter = self.brackets(within)?;
        let at = self.at;
        let part = match self.part(within)? {
            None => None,
            Some(part) => Some(self.term(part, at)?),
        };
        Ok(Expression::Within(Box::new(Within { attribute, filter, part })))
    }

    /// `.value` behind brackets.
    fn part(&mut self, scope: Scope) -> Result<Option<AttributePath>, Fault> {
        let Token::Word(word) = self.token else { return Ok(None) };
        let Some(name) = word.strip_prefix('.') else { return Ok(None) };
        let part = AttributePath::parse(name, scope, self.how).map_err(|fault| Fault::at_path(self.at + 1, &fault))?;
        self.advance()?;
        Ok(Some(part))
    }

    /// What follows an attribute path: `pr`, or an operator and a value.
    fn term(&mut self, path: AttributePath, at: usize) -> Result<Expression, Fault> {
        self.terms += 1;
        if self.terms > TERMS_MAX {
            return Err(Fault::new(at, format!("more than {TERMS_MAX} comparisons; ask in several requests")));
        }
        let Token::Word(word) = self.token else { return Err(self.fault(OPERATORS)) };
        if word.eq_ignore_ascii_case("pr") {
            self.advance()?;
            return Ok(Expression::Present(path));
        }
        let operator = Operator::named(word).ok_or_else(|| self.fault(OPERATORS))?;
        self.advance()?;
        let value_at = self.at;
        let raw = match self.token {
            Token::Quoted(quoted) => Raw::Quoted(quoted),
            Token::Word(word) => Raw::Word(word),
            _ => return Err(self.fault("a value: a string in double quotes, a number, true, false or null")),
        };
        let comparison = compare(path, operator, raw, value_at, self.how)?;
        self.advance()?;
        Ok(Expression::Compare(comparison))
    }

    fn attribute(&self, word: &str, scope: Scope) -> Result<AttributePath, Fault> {
        AttributePath::parse(word, scope, self.how).map_err(|fault| Fault::at_path(self.at, &fault))
    }

    fn is_word(&self, wanted: &str) -> bool {
        matches!(self.token, Token::Word(word) if word.eq_ignore_ascii_case(wanted))
    }

    fn advance(&mut self) -> Result<(), Fault> {
        (self.at, self.token) = self.lexer.next()?;
        Ok(())
    }

    fn fault(&self, expected: &str) -> Fault {
        Fault::new(self.at, format!("expected {expected}, found {}", describe(self.token)))
    }
}

/// Brackets are for complex attributes, and for those the schema does not know.
fn check_complex(path: &AttributePath, at: usize) -> Result<(), Fault> {
    match path {
        AttributePath::Known { attribute, sub: None, .. } if attribute.kind == Kind::Complex => Ok(()),
        AttributePath::Unknown(_) => Ok(()),
        _ => Err(Fault::new(at, format!("`{path}` has no parts that a filter in brackets could select"))),
    }
}

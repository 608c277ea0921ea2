//! Query strings: names in any case (Entra sends `startindex`), stray `?` and `&` ignored (OneLogin ends URLs in them),
//! unknown names ignored (Entra's `aadOptscim062020` rides on every call), values valid UTF-8.

use std::num::IntErrorKind;
use std::ops::RangeInclusive;
use std::time::Duration;

/// A decoded query string.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

/// A name or value whose percent-encoding is not UTF-8 or not complete.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the query string is not percent-encoded UTF-8 near `{0}`")]
pub(crate) struct BadQuery(String);

impl Query {
    /// Reads a raw query string, without the leading `?`.
    pub(crate) fn parse(raw: Option<&str>) -> Result<Self, BadQuery> {
        let mut pairs = Vec::new();
        let raw = raw.unwrap_or_default().trim_matches('?');
        for part in raw.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            pairs.push((decode(name)?.to_ascii_lowercase(), decode(value)?));
        }
        Ok(Self(pairs))
    }

    /// Parameters that came otherwise: names in lower case.
    pub(crate) fn of(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// Whether a name given in lower case begins so.
    pub(crate) fn has_prefix(&self, prefix: &str) -> bool {
        self.0.iter().any(|(known, _)| known.starts_with(prefix))
    }

    /// The first value of a name given in lower case that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Whether a name given in lower case is there, if only without a value.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// An integer; the message names the parameter and what was sent. One that is too large is the largest.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, String> {
        let read = |text: &str| {
            text.trim().parse::<i64>().or_else(|error| match error.kind() {
                IntErrorKind::PosOverflow => Ok(i64::MAX),
                IntErrorKind::NegOverflow => Ok(i64::MIN),
                _ => {
                    let shown = if name == "startindex" { "startIndex" } else { name };
                    let sent: String = text.chars().take(40).collect();
                    Err(format!("{shown} is not an integer: `{sent}`; send digits"))
                }
            })
        };
        self.get(name).map(read).transpose()
    }

    /// `count`, which must be in this range.
    pub(crate) fn count(&self, default: u64, range: RangeInclusive<u64>) -> Result<u64, String> {
        let sent = self.integer("count")?.map(u64::try_from);
        match sent.unwrap_or(Ok(default)) {
            Ok(count) if range.contains(&count) => Ok(count),
            _ => Err(format!("count is a number from {} to {}", range.start(), range.end())),
        }
    }

    /// `wait` in seconds, with or without the unit: `30` or `30s`; nothing where it is absent.
    pub(crate) fn wait(&self) -> Result<Duration, String> {
        let Some(text) = self.get("wait") else { return Ok(Duration::ZERO) };
        let seconds = text.strip_suffix('s').unwrap_or(text).parse::<u32>();
        seconds.map(|seconds| Duration::from_secs(seconds.into())).map_err(|_| "wait is a number of seconds".to_owned())
    }

    /// The first value of a name given in lower case, as a text of its own.
    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }
}

fn decode(text: &str) -> Result<String, BadQuery> {
    let bad = || BadQuery(text.chars().take(40).collect());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                let (high, low) = (digit().ok_or_else(bad)?, digit().ok_or_else(bad)?);
                bytes.push(u8::try_from(high * 16 + low).map_err(|_| bad())?);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_any_case() {
        let query = Query::parse(Some("startindex=2&Count=5&FILTER=a%20eq%20%22b%22")).unwrap();
        assert_eq!(query.integer("startindex"), Ok(Some(2)));
        assert_eq!(query.integer("count"), Ok(Some(5)));
        assert_eq!(query.get("filter"), Some("a eq \"b\""));
    }

    #[test]
    fn stray_separators_and_flags_do_no_harm() {
        for raw in ["?", "&", "&&count=5&", "aadOptscim062020&count=5", "count=5?", "count=&count=5"] {
            let query = Query::parse(Some(raw)).unwrap();
            assert_eq!(query.integer("count"), Ok(raw.contains('5').then_some(5)), "{raw}");
        }
        assert_eq!(Query::parse(None).unwrap().get("count"), None);
    }

    #[test]
    fn a_question_mark_inside_a_value_stays() {
        assert_eq!(Query::parse(Some("filter=title eq \"why?\"")).unwrap().get("filter"), Some("title eq \"why?\""));
    }

    #[test]
    fn a_plus_is_a_space_and_percent_2b_is_a_plus() {
        let query = Query::parse(Some("filter=userName+eq+%22a%2Bb%40x%22")).unwrap();
        assert_eq!(query.get("filter"), Some("userName eq \"a+b@x\""));
    }

    #[test]
    fn err_broken_encoding() {
        for raw in ["filter=%", "filter=%4", "filter=%zz", "filter=%ff", "%c3%28=1"] {
            assert!(Query::parse(Some(raw)).is_err(), "{raw}");
        }
    }

    #[test]
    fn an_integer_without_end_is_the_largest() {
        let query = Query::parse(Some("count=99999999999999999999&startIndex=-99999999999999999999")).unwrap();
        assert_eq!(query.integer("count"), Ok(Some(i64::MAX)));
        assert_eq!(query.integer("startindex"), Ok(Some(i64::MIN)));
    }

    #[test]
    fn seconds_come_with_or_without_their_unit() {
        let wait = |text: &str| Query::parse(Some(&format!("wait={text}"))).unwrap().wait();
        assert_eq!(Query::parse(None).unwrap().wait(), Ok(Duration::ZERO));
        assert_eq!(wait("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(wait("5"), Ok(Duration::from_secs(5)));
        for text in ["s", "-1", "1m", "0.5"] {
            assert!(wait(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_count_is_in_its_range_or_refused() {
        let count = |raw: &str| Query::parse(Some(raw)).unwrap().count(100, 1..=1000);
        assert_eq!((count(""), count("count=7"), count("count=1000")), (Ok(100), Ok(7), Ok(1000)));
        for raw in ["count=0", "count=1001", "count=-1", "count=99999999999999999999"] {
            assert_eq!(count(raw), Err("count is a number from 1 to 1000".to_owned()), "{raw}");
        }
        assert!(count("count=x").is_err());
    }

    #[test]
    fn err_not_an_integer_names_the_parameter() {
        let query = Query::parse(Some("count=many")).unwrap();
        assert_eq!(query.integer("count"), Err("count is not an integer: `many`; send digits".to_owned()));
    }
}

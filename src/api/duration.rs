//! Durations as Go and Kubernetes write them: `8760h`, `1h30m`, `45s`. Hours, minutes and seconds, each at most once,
//! in that order.

use std::time::Duration;

/// What the schema holds a duration to.
pub const PATTERN: &str = r"^([0-9]{1,6}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?$";

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Nothing was written.
    #[error("a duration is empty: write hours, minutes or seconds, such as 8760h")]
    Empty,
    /// Not digits followed by `h`, `m` or `s`, largest unit first.
    #[error("{0:?} is no duration: write hours, minutes and seconds in this order, such as 8760h or 1h30m")]
    Malformed(String),
}

/// Reads a duration.
///
/// # Errors
/// When the text is empty, a unit is missing, unknown, repeated or out of order, or a number does not fit.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let malformed = || DurationError::Malformed(text.chars().take(40).collect());
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    let mut units = [('h', 3600_u64), ('m', 60), ('s', 1)].into_iter();
    let mut seconds = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(malformed)?;
        let (number, tail) = rest.split_at(digits);
        let mut tail = tail.chars();
        let unit = tail.next().ok_or_else(malformed)?;
        let (_, length) = units.find(|(name, _)| *name == unit).ok_or_else(malformed)?;
        let number: u64 = number.parse().map_err(|_| malformed())?;
        seconds = number.checked_mul(length).and_then(|n| seconds.checked_add(n)).ok_or_else(malformed)?;
        rest = tail.as_str();
    }
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_year_and_mixed_units() {
        assert_eq!(parse("8760h"), Ok(Duration::from_secs(8760 * 3600)));
        assert_eq!(parse("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse("1h5s"), Ok(Duration::from_secs(3605)));
        assert_eq!(parse("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn err_what_is_not_digits_and_units_in_order() {
        let overflow = "99999999999999999999h";
        let order = ["1m1h", "1h1h"];
        for text in
            ["8760", "h", "1d", "-1h", "+1h", "1.5h", "1h ", " 1h", "1H", "٣h", overflow].into_iter().chain(order)
        {
            assert!(matches!(parse(text), Err(DurationError::Malformed(_))), "{text}");
        }
        assert_eq!(parse(""), Err(DurationError::Empty));
        assert!(parse("18446744073709551615h").is_err(), "more seconds than fit");
    }
}

//! Comparing text without regard to case. One rule for filters, uniqueness and indexes. RFC 7643 §2.2 (`caseExact`).

use std::cmp::Ordering;

/// The text in the form in which two texts are equal that differ in case only: the key for an index.
pub fn folded(text: &str) -> String {
    fold(text).collect()
}

/// Compares two texts without regard to case.
pub fn compare_folded(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() {
        let lower = |byte: u8| byte.to_ascii_lowercase();
        return left.bytes().map(lower).cmp(right.bytes().map(lower));
    }
    fold(left).cmp(fold(right))
}

/// Character by character, so that a prefix folds to a prefix.
fn fold(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_count_beyond_ascii() {
        assert_eq!(compare_folded("JÜRGEN", "jürgen"), Ordering::Equal);
        assert_eq!(folded("JÜRGEN@Example.Org"), "jürgen@example.org");
        assert_eq!(compare_folded("a", "B"), Ordering::Less);
        assert_eq!(compare_folded("Σ", "ς").is_eq(), folded("Σ") == folded("ς"));
    }
}

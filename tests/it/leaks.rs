//! Looking for what must not be written down: one search for all tests that do, and that it finds what is there.

/// `place: value` for each of these values that stands in one of these texts, given as place and text.
pub fn leaks(texts: &[(&str, &str)], values: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (place, text) in texts {
        let held = values.iter().filter(|value| text.contains(**value));
        found.extend(held.map(|value| format!("{place}: {value}")));
    }
    found
}

#[test]
fn a_planted_value_is_found_in_its_place_and_in_no_other() {
    let texts = [("log", "{\"status\":409}"), ("metrics", "requests{user=\"ana@example.com\"} 1"), ("output", "ana@")];
    assert_eq!(leaks(&texts, &["ana@", "Given"]), ["metrics: ana@", "output: ana@"]);
    assert_eq!(leaks(&texts, &["bram@"]), Vec::<String>::new());
}

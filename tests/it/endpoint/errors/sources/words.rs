//! The words of errors as the sources have them: format strings, found where errors are made.
//!
//! A small reader and no parser: it knows brackets, literals and the tests at the end of a file.

/// What begins an error. The first two are followed by a name and a parenthesis.
const NAMED: [&str; 2] = ["Error::", "Failure::"];
const OPENERS: [&str; 12] = [
    "E::custom(",
    "refused(",
    "refuse(",
    "mismatch(",
    "unavailable(",
    "internal(",
    "Fault::new(",
    "Fault::expected(",
    ".fault(",
    "Malformed {",
    "Err(format!(",
    "#[error(",
];

/// A place that makes an error.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: usize,
    /// What it says: format strings; empty where it passes on.
    pub(super) words: Vec<String>,
}

/// The text without comments and without the tests at its end.
fn shipped(text: &str) -> String {
    let is_module = |at: &usize| text[*at..].lines().nth(1).is_some_and(|line| line.trim_end().ends_with('{'));
    let end = text.match_indices("#[cfg(test)]").map(|(at, _)| at).find(is_module).unwrap_or(text.len());
    let line = |line: &str| if line.trim_start().starts_with("//") { "\n".to_owned() } else { format!("{line}\n") };
    text[..end].lines().map(line).collect()
}

/// Offsets behind the bracket that opens what an error is made of, with the name of what makes it.
fn openings(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for opener in NAMED {
        for (at, _) in code.match_indices(opener) {
            let rest = &code[at + opener.len()..];
            let name = rest.split(|c: char| !(c.is_ascii_lowercase() || c == '_')).next().unwrap_or_default();
            if !name.is_empty() && rest[name.len()..].starts_with('(') {
                found.push((at + opener.len() + name.len() + 1, name));
            }
        }
    }
    for opener in OPENERS {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        for (at, _) in code.match_indices(opener) {
            let before = &code[..at];
            let is_call = !opener.starts_with(is_word) || !before.ends_with(is_word);
            if is_call && !before.ends_with("fn ") && !before.ends_with("Failure::") {
                found.push((at + opener.len(), opener.trim_end_matches('(')));
            }
        }
    }
    found.sort_unstable();
    found
}

/// The string literals up to the bracket that closes what was open before the text, or to the end of the statement.
fn literals(text: &str) -> Vec<String> {
    let (mut found, mut depth) = (Vec::new(), 0_usize);
    let mut rest = text.chars().peekable();
    let mut previous = ' ';
    while let Some(c) = rest.next() {
        match c {
            '"' if previous == '\'' => {}
            '"' => found.push(literal(&mut rest)),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ';' if depth == 0 => break,
            _ => {}
        }
        previous = c;
    }
    found
}

/// A literal up to its closing quote, unescaped.
fn literal(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => match rest.next() {
                Some('\n') => while rest.next_if(|c| c.is_whitespace()).is_some() {},
                Some('n') => text.push('\n'),
                Some(escaped) => text.push(escaped),
                None => {}
            },
            c => text.push(c),
        }
    }
    text
}

/// What a format string says for certain, in its order.
fn fragments(words: &str) -> Vec<String> {
    let (mut found, mut inside) = (vec![String::new()], false);
    let mut rest = words.chars().peekable();
    while let Some(c) = rest.next() {
        let doubled = matches!(c, '{' | '}') && rest.peek() == Some(&c);
        match (c, inside) {
            ('{' | '}', false) if doubled => {
                rest.next();
                found.last_mut().expect("one at least").push(c);
            }
            ('{', false) => {
                inside = true;
                found.push(String::new());
            }
            ('}', true) => inside = false,
            (_, true) => {}
            (c, false) => found.last_mut().expect("one at least").push(c),
        }
    }
    found.retain(|fragment| !fragment.is_empty());
    found
}

/// Whether a text has the words of a format string.
pub(super) fn says(detail: &str, words: &str) -> bool {
    let mut rest = detail;
    fragments(words).iter().all(|fragment| match rest.split_once(fragment.as_str()) {
        Some((_, behind)) => {
            rest = behind;
            true
        }
        None => false,
    })
}

/// The places of a file that make errors.
pub(super) fn places(file: &str, text: &str) -> Vec<Place> {
    let code = shipped(text);
    let has_words = |words: &String| fragments(words).concat().contains(char::is_alphabetic);
    let place = |(at, name): (usize, &str)| {
        let mut words = literals(&code[at..]);
        if name == "not_found" {
            // The kind of what is not there; `Error::not_found` has the rest.
            words.push("` does not exist in this directory".to_owned());
        }
        words.retain(has_words);
        let said = code[..at].rfind("let detail = ").filter(|said| at - said < 600);
        let names_it = code[at..].chars().take(60).collect::<String>().contains("detail");
        if let (true, true, Some(said)) = (words.is_empty(), names_it, said) {
            words = literals(&code[said + "let detail = ".len()..]);
            words.retain(has_words);
        }
        Place { file: file.to_owned(), line: code[..at].matches('\n').count() + 1, words }
    };
    openings(&code).into_iter().map(place).collect()
}

/// A file with errors in it, and with what only looks like some.
pub(super) const SAMPLE: &str = r#"
//! refuse("a comment")
fn refuse(error: Error) -> Decision { Err(error) }
fn f() {
    let detail = format!("`{name}` is \"old\"; \
        wait {{a}} while");
    refuse(Error::of(ScimType::Mutability, detail));
    Err(Error::not_found("User", id))
}
#[cfg(test)]
mod tests;
fn g() { mismatch(place, "a boolean", &other, "send true") }
#[cfg(test)]
mod tests {
    fn h() { refuse("a test") }
}
"#;

#[test]
fn the_words_of_an_error_are_read() {
    let read: Vec<(usize, Vec<String>)> = places("a.rs", SAMPLE).into_iter().map(|p| (p.line, p.words)).collect();
    let old = "`{name}` is \"old\"; wait {{a}} while";
    let expected = [
        (7, vec![old]),
        (7, vec![old]),
        (8, vec!["User", "` does not exist in this directory"]),
        (12, vec!["a boolean", "send true"]),
    ];
    assert_eq!(read, expected.map(|(line, words)| (line, words.into_iter().map(str::to_owned).collect())));
    assert_eq!(fragments(old), ["`", "` is \"old\"; wait {a} while"]);
    assert!(says("`x` is \"old\"; wait {a} while", old) && !says("`x` is \"old\"; wait", old));
}

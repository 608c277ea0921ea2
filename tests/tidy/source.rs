//! Rust files as text: what is code, what is comment or literal, what is test, and which functions there are.
//!
//! A small scanner and not a parser: it knows comments, strings and braces, which is all that the checks need.

use std::path::Path;

/// One file of the repository.
#[derive(Debug, Clone)]
pub struct Source {
    /// Relative to the repository, with `/`.
    pub path: String,
    /// As it is.
    pub text: String,
    /// The same lines with comments and the insides of literals blanked; equal to `text` for other than Rust files.
    pub code: String,
}

impl Source {
    /// A file with this content.
    pub fn new(path: &str, text: &str) -> Self {
        let code = if path.ends_with(".rs") { blank(text) } else { text.to_owned() };
        Self { path: path.to_owned(), text: text.to_owned(), code }
    }

    /// Whether this is a Rust file.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The room of `src/` this file belongs to; `main` and `lib` for the two roots.
    pub fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        inside.split('/').next().map(|first| first.trim_end_matches(".rs"))
    }

    /// Whether the whole file is test code.
    pub fn is_test(&self) -> bool {
        let path = &self.path;
        path.starts_with("tests/")
            || path.ends_with("/tests.rs")
            || path.ends_with("_tests.rs")
            || path.contains("/tests/")
    }

    /// The code that ships: `code` with every `#[cfg(test)]` item blanked; empty for test files.
    pub fn shipped(&self) -> String {
        if self.is_test() {
            return String::new();
        }
        let mut code = self.code.clone();
        while let Some(start) = code.find("#[cfg(test)]") {
            let end = item_end(&code, start + "#[cfg(test)]".len());
            let blanked: String = code[start..end].chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
            code.replace_range(start..end, &blanked);
        }
        code
    }

    /// `path:line` of a byte offset into `text` or `code`.
    pub fn at(&self, offset: usize) -> String {
        let before = self.code.get(..offset).unwrap_or(&self.code);
        format!("{}:{}", self.path, before.matches('\n').count() + 1)
    }
}

/// A function: its name and the lines from its signature to its closing brace.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of its signature, from 1.
    pub line: usize,
    /// How many lines it has.
    pub lines: usize,
}

/// The functions that have a body, nested ones and methods included.
pub fn functions(code: &str) -> Vec<Function> {
    let mut out = Vec::new();
    for start in words(code, "fn") {
        let name: String = code[start + 2..].trim_start().chars().take_while(|c| is_word(*c)).collect();
        let end = item_end(code, start);
        if name.is_empty() || !code[start..end].ends_with('}') {
            continue;
        }
        let line = code[..start].matches('\n').count() + 1;
        out.push(Function { name, line, lines: code[start..end].matches('\n').count() + 1 });
    }
    out
}

/// Offsets at which `word` stands as a whole word.
pub fn words(code: &str, word: &str) -> Vec<usize> {
    let starts = |at: usize| !code[..at].chars().next_back().is_some_and(is_word);
    let ends = |at: usize| !code[at + word.len()..].chars().next().is_some_and(is_word);
    let whole = |&at: &usize| (!word.starts_with(is_word) || starts(at)) && (!word.ends_with(is_word) || ends(at));
    code.match_indices(word).map(|(at, _)| at).filter(whole).collect()
}

/// A character of an identifier.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The end of the item at `start`: past its first `;` outside brackets, or past the brace that closes its body.
pub fn item_end(code: &str, start: usize) -> usize {
    let (mut braces, mut brackets) = (0_i32, 0_i32);
    for (at, c) in code[start..].char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            '{' => braces += 1,
            '}' => braces -= 1,
            _ => {}
        }
        let closed = c == '}' && braces <= 0 && brackets <= 0;
        if closed || (c == ';' && braces == 0 && brackets == 0) {
            return start + at + 1;
        }
    }
    code.len()
}

/// Replaces comments and the insides of string and character literals by blanks; lines stay where they are.
fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let previous = out.chars().next_back().unwrap_or(' ');
        let taken = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            'r' if !is_word(previous) || previous == 'b' => raw_string(rest),
            '"' => quoted(rest, '"'),
            '\'' => character(rest),
            _ => 0,
        };
        if taken == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let literal = c == '"' || c == 'r' || c == '\'';
        for (i, inside) in rest[..taken].char_indices() {
            let edge = literal && (i == 0 || i + inside.len_utf8() == taken);
            match inside {
                '\n' => out.push('\n'),
                _ if edge => out.push('"'),
                // As many blanks as bytes, so that offsets into `text` and `code` are the same.
                _ => out.extend(std::iter::repeat_n(' ', inside.len_utf8())),
            }
        }
        rest = &rest[taken..];
    }
    out
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        let tail = &rest.as_bytes()[at..];
        if tail.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of `r"…"` or `r#"…"#` at the start; 0 if it is none.
fn raw_string(rest: &str) -> usize {
    let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
    if !rest[1 + hashes..].starts_with('"') {
        return 0;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let open = 2 + hashes;
    rest[open..].find(&close).map_or(rest.len(), |at| open + at + close.len())
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a character literal; 0 for a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some('\\'), _) => quoted(rest, '\''),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 0,
    }
}

/// All files under the repository's root that people write, sorted by path.
pub fn repository() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut out = Vec::new();
    walk(root, root, &mut out);
    out.sort_by(|a, b| a.path.cmp(&b.path));
    out
}

fn walk(root: &Path, folder: &Path, out: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).expect("the repository can be read").flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let hidden = name.starts_with('.') && name != ".github";
        if hidden || name == "target" || name == "Cargo.lock" || name == "proptest-regressions" {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, out);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let relative = path.strip_prefix(root).expect("inside the root").to_string_lossy().replace('\\', "/");
            out.push(Source::new(&relative, &text));
        }
    }
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "let a = \"fn x() {\"; // fn y() {\n/* { /* nested */ { */ let b = r#\"} \"quoted\" \"#; let c = '{';";
    let code = blank(text);
    assert_eq!(code.len(), text.len());
    assert!(!code.contains('{') && !code.contains('}'), "{code}");
    assert!(code.contains("let a = ") && code.contains("let b = ") && code.contains("let c = "));
    assert_eq!(blank("fn f<'a>(x: &'a str) {}"), "fn f<'a>(x: &'a str) {}");
    assert_eq!(blank(r"let q = '\''; let r = '{';").matches('{').count(), 0);
}

#[test]
fn functions_are_found_with_their_lengths() {
    let code = "fn one() {\n}\ntrait T { fn two(); fn three(a: [u8; 3]) -> u8 {\n if x {\n }\n} }";
    let found: Vec<_> = functions(code).into_iter().map(|f| (f.name, f.line, f.lines)).collect();
    assert_eq!(found, [("one".to_owned(), 1, 2), ("three".to_owned(), 3, 4)]);
}

#[test]
fn modules_of_tests_do_not_ship() {
    let source = Source::new("src/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\nfn c() {}");
    let shipped = source.shipped();
    assert!(shipped.contains("fn a") && shipped.contains("fn c") && !shipped.contains("fn b"));
    assert!(Source::new("src/access/tests/x.rs", "fn a() {}").shipped().is_empty());
}

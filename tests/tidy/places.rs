//! The project stands alone: no file names a machine, a private network or a private host, and none lies around unused.

use crate::source::{Source, words};
use std::collections::BTreeSet;
use std::path::Path;

/// Folders of a machine; written in two halves, so that this table does not complain about itself. Home folders of one
/// system are missing: SCIM has its own use for their name.
const MACHINE: &[(&str, &str)] = &[("/wo", "rk/"), ("/tmp/ba", "sh"), ("/ro", "ot/"), ("/ho", "me/"), ("/mnt/", "c/")];

/// Endings of host names that only some private network resolves.
const PRIVATE_HOSTS: &[&str] = &[".internal", ".lan", ".intranet", ".corp", ".localdomain", ".home.arpa"];

/// Where addresses of private networks may stand: what configures a network.
const NETWORKS: &[&str] = &["hack/", "charts/"];

/// Absolute paths of machines, private hosts and private addresses.
pub fn places(file: &Source) -> Vec<String> {
    let mut out = Vec::new();
    for (first, second) in MACHINE {
        let path = format!("{first}{second}");
        // A path inside a URL or another path is somebody else's.
        let free = |at: &usize| {
            let before = file.text[..*at].chars().next_back().unwrap_or(' ');
            before.is_whitespace() || matches!(before, '"' | '\'' | '`' | '=' | '(' | ':' | '<' | ',')
        };
        let found = file.text.match_indices(&path).map(|(at, _)| at).filter(free);
        out.extend(found.map(|at| format!("{}: `{path}`: no machine's folders here", file.at(at))));
    }
    for ending in PRIVATE_HOSTS {
        let found = words(&file.text, ending).into_iter().filter(|at| is_host(&file.text, *at, ending));
        out.extend(found.map(|at| format!("{}: a private host `…{ending}`: use example.com", file.at(at))));
    }
    if !NETWORKS.iter().any(|folder| file.path.starts_with(folder)) {
        let found = private_addresses(&file.text);
        out.extend(found.into_iter().map(|at| format!("{}: a private address: use 192.0.2.0/24", file.at(at))));
    }
    out
}

/// Whether the ending closes a host name: of a URL, or with a port after it.
fn is_host(text: &str, at: usize, ending: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let name = text[..at].trim_end_matches(part);
    let rest = &text[at + ending.len()..];
    let port = rest.strip_prefix(':').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    name.len() < at && (name.ends_with("//") || name.ends_with('@') || port)
}

/// Offsets of IPv4 addresses in the ranges of RFC 1918.
fn private_addresses(text: &str) -> Vec<usize> {
    let part = |c: char| c.is_ascii_digit() || c == '.';
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| c.is_ascii_digit()).map(|i| at + i) {
        let end = text[start..].find(|c: char| !part(c)).map_or(text.len(), |i| start + i);
        let numbers: Vec<_> = text[start..end].trim_end_matches('.').split('.').map(str::parse::<u8>).collect();
        if let [Ok(a), Ok(b), Ok(_), Ok(_)] = numbers.as_slice()
            && (*a == 10 || (*a == 172 && (16..32).contains(b)) || (*a == 192 && *b == 168))
        {
            out.push(start);
        }
        at = end;
    }
    out
}

/// Rust files that no other file declares as a module.
pub fn orphans(files: &[Source]) -> Vec<String> {
    let rust: Vec<&Source> = files.iter().filter(|file| file.is_rust()).collect();
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = rust.iter().map(|file| file.path.clone()).filter(|path| is_root(path)).collect();
    while let Some(path) = open.pop() {
        if let Some(file) = rust.iter().find(|file| file.path == path).filter(|_| reached.insert(path.clone())) {
            open.extend(declared(file));
        }
    }
    let lost = rust.iter().filter(|file| !reached.contains(&file.path));
    lost.map(|file| format!("{}: no file declares this module: declare it or delete it", file.path)).collect()
}

fn is_root(path: &str) -> bool {
    let parts: Vec<_> = path.split('/').collect();
    matches!(
        parts.as_slice(),
        ["src", "lib.rs" | "main.rs"]
            | ["build.rs"]
            | ["tests" | "benches" | "examples", _]
            | ["tests" | "benches" | "examples", _, "main.rs"]
            | ["tests", "crash", "vfs", "lib.rs"]
            | ["tests", "fuzz", "lib.rs"]
            | ["tests", "fuzz", "bin", _]
    )
}

/// The paths where the modules that a file declares can lie.
fn declared(file: &Source) -> Vec<String> {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let own = match name.trim_end_matches(".rs") {
        "mod" | "lib" | "main" => folder.to_owned(),
        _ if is_root(&file.path) => folder.to_owned(),
        stem => format!("{folder}/{stem}"),
    };
    let mut out = Vec::new();
    for at in words(&file.code, "mod") {
        let rest = file.code[at + 3..].trim_start();
        if let Some((name, _)) = rest.split_once(';').filter(|(name, _)| name.chars().all(crate::source::is_word)) {
            out.extend([format!("{own}/{name}.rs"), format!("{own}/{name}/mod.rs")]);
            out.extend(path_attribute(file, at).map(|path| normalised(&format!("{folder}/{path}"))));
        }
    }
    out
}

/// The value of the `#[path = "…"]` on the line before a declaration.
fn path_attribute(file: &Source, at: usize) -> Option<&str> {
    let before = file.text.get(..at)?.trim_end_matches("pub ").trim_end();
    let line = before.lines().last()?.trim();
    line.strip_prefix("#[path = \"")?.strip_suffix("\"]")
}

/// The path with its `..` taken out.
fn normalised(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    for part in Path::new(path).iter().filter_map(|part| part.to_str()) {
        match part {
            ".." => drop(out.pop()),
            part => out.push(part),
        }
    }
    out.join("/")
}

#[test]
fn a_place_outside_is_found() {
    let found = |text: &str| places(&Source::new("docs/a.md", text)).len();
    for (first, second) in MACHINE {
        assert_eq!(found(&format!("see {first}{second}thing")), 1, "{first}{second}");
        assert_eq!(found(&format!("see https://example.com{first}{second}thing")), 0, "{first}{second}");
    }
    for ending in PRIVATE_HOSTS {
        assert_eq!(found(&format!("pull from https://mirror.company{ending}/x")), 1, "{ending}");
        assert_eq!(found(&format!("proxy mirror{ending}:3128")), 1, "{ending}");
        assert_eq!(found(&format!("config{ending} is a field")), 0, "{ending}");
    }
}

#[test]
fn a_private_address_is_found_and_a_public_one_is_not() {
    let of = |parts: [u8; 4]| parts.map(|part| part.to_string()).join(".");
    let found = |path: &str, parts| places(&Source::new(path, &format!("listen on {}:80.", of(parts)))).len();
    for parts in [[10, 1, 2, 3], [172, 16, 0, 1], [172, 31, 0, 1], [192, 168, 0, 1]] {
        assert_eq!(found("src/a.rs", parts), 1, "{parts:?}");
        assert_eq!(found("hack/up.sh", parts), 0, "{parts:?}");
    }
    for parts in [[127, 0, 0, 1], [192, 0, 2, 1], [172, 32, 0, 1], [11, 0, 0, 1]] {
        assert_eq!(found("src/a.rs", parts), 0, "{parts:?}");
    }
}

#[test]
fn an_orphan_is_found_and_declared_files_are_not() {
    let file = |path: &str, text: &str| Source::new(path, text);
    let mut files = vec![
        file("src/lib.rs", "pub mod a;\nmod b;"),
        file("src/a/mod.rs", "mod c; // mod lost;"),
        file("src/a/c.rs", ""),
        file("src/b.rs", "mod d;"),
        file("src/b/d.rs", ""),
        file("tests/it/main.rs", "#[path = \"../support/mod.rs\"]\nmod support;\nmod x;"),
        file("tests/it/x.rs", ""),
        file("tests/support/mod.rs", "pub mod wait;"),
        file("tests/support/wait.rs", ""),
    ];
    assert_eq!(orphans(&files), Vec::<String>::new());
    files.push(file("src/a/lost.rs", ""));
    assert_eq!(orphans(&files).len(), 1);
}

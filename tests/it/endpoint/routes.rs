//! Whether the table of `coverage` has every route there is. The routes are read out of the endpoint's source, which
//! says them plainly: `.route("/path", get(…).put(…))`, under at most one `.nest("/prefix", …)` a file. What cannot be
//! read so is a complaint: no route is overlooked.

use super::coverage::ROUTES;
use std::path::{Path, PathBuf};

/// What makes a route serve a method; `any` is all of them.
const METHODS: [&str; 10] = ["get", "head", "post", "put", "patch", "delete", "options", "trace", "connect", "any"];

/// Ways to serve something that are not read here.
const UNREADABLE: [&str; 6] =
    [".route_service(", ".nest_service(", ".fallback_service(", "Router::route(", "MethodFilter", "MethodRouter"];

/// Lines of the table that no route answers, on purpose.
const NOT_SERVED: [&str; 1] = ["GET /"];

/// The routes that a file adds: `PUT /prefix/path/{name}`, `ANY …` for all methods.
fn read(text: &str) -> Result<Vec<String>, String> {
    let code = shipped(text);
    if let Some(word) = UNREADABLE.iter().find(|word| code.contains(**word)) {
        return Err(format!("`{word}` is not read here: write `.route(\"/path\", get(…))`"));
    }
    let nests: Vec<&str> = code.split(".nest(").skip(1).collect();
    let prefix = match nests.as_slice() {
        [] => "",
        [only] => literal(only).ok_or("write the prefix out: `.nest(\"/prefix\", …)`")?,
        _ => return Err("two prefixes in one file: which route is under which is not read here".to_owned()),
    };
    let mut routes = Vec::new();
    for rest in code.split(".route(").skip(1) {
        let call = inside(rest);
        let path = literal(call).ok_or_else(|| format!("write the path out: `.route({call})`"))?;
        // The root of a prefix is the prefix.
        let path = if prefix.is_empty() { path } else { path.trim_end_matches('/') };
        let methods: Vec<&str> = METHODS.into_iter().filter(|method| is_called(call, method)).collect();
        if methods.is_empty() {
            return Err(format!("no method is seen in `.route({call})`"));
        }
        routes.extend(methods.iter().map(|method| format!("{} {prefix}{path}", method.to_uppercase())));
    }
    Ok(routes)
}

/// The text without comments and without its tests, which stand at the end.
fn shipped(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// The string literal that a text begins with.
fn literal(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix('"')?.split_once('"').map(|(inside, _)| inside)
}

/// A text up to the parenthesis that closes what was open before it.
fn inside(text: &str) -> &str {
    let mut open = 1_usize;
    let end = text.char_indices().find_map(|(at, c)| {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        (open == 0).then_some(at)
    });
    &text[..end.unwrap_or(text.len())]
}

fn is_called(text: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(&format!("{word}(")).any(|(at, _)| !text[..at].ends_with(is_word))
}

/// The route that answers a line of the table: as in the router, a path written out goes before one with names in it.
fn answering<'a>(line: &str, routes: &'a [String]) -> Option<&'a String> {
    let (method, path) = line.split_once(' ')?;
    let known = routes.iter().filter_map(|route| route.split_once(' ')).map(|(_, known)| known);
    let known = known.filter(|known| fits(known, path)).min_by_key(|known| known.matches('{').count())?;
    routes.iter().find(|route| **route == format!("{method} {known}") || **route == format!("ANY {known}"))
}

/// Whether a path is one of a route's: a name in braces stands for anything.
fn fits(known: &str, path: &str) -> bool {
    let (known, path): (Vec<&str>, Vec<&str>) = (known.split('/').collect(), path.split('/').collect());
    known.len() == path.len() && known.iter().zip(&path).all(|(part, given)| part.starts_with('{') || part == given)
}

/// Routes that are not in the table, and lines of the table that are no routes.
fn complaints(routes: &[String], table: &[&str]) -> Vec<String> {
    let answered: Vec<&String> = table.iter().filter_map(|line| answering(line, routes)).collect();
    let missing = routes.iter().filter(|route| !answered.contains(route));
    let missing = missing.map(|route| format!("{route}: add it to ROUTES in coverage.rs"));
    let idle = table.iter().filter(|line| answering(line, routes).is_none() && !NOT_SERVED.contains(line));
    missing.chain(idle.map(|line| format!("{line}: no route answers it; take it out of ROUTES"))).collect()
}

/// All Rust files below a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_route_of_the_endpoint_is_in_the_table() {
    let mut routes = Vec::new();
    for file in rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/endpoint")) {
        let text = std::fs::read_to_string(&file).unwrap();
        routes.extend(read(&text).unwrap_or_else(|why| panic!("{}: {why}", file.display())));
    }
    assert_eq!(complaints(&routes, ROUTES), Vec::<String>::new());
}

#[test]
fn a_route_that_is_not_in_the_table_is_found() {
    let text = r#"
        let v2 = Router::new()
            .route("/Users/{id}", get(user::read).delete(user::delete))
            .route(
                "/Users/.search",
                any(not_served),
            );
        // .route("/Old", get(old))
        Router::new().nest("/scim/v2", v2)
        #[cfg(test)]
        mod tests { fn f() { Router::new().route("/", get(f)) } }
    "#;
    let routes = read(text).unwrap();
    assert_eq!(routes, ["GET /scim/v2/Users/{id}", "DELETE /scim/v2/Users/{id}", "ANY /scim/v2/Users/.search"]);
    let whole = ["GET /", "GET /scim/v2/Users/0", "DELETE /scim/v2/Users/0", "POST /scim/v2/Users/.search"];
    assert_eq!(complaints(&routes, &whole), Vec::<String>::new());
    // `.search` is no id: it does not stand for the route above it.
    let lacking = ["GET /scim/v2/Users/.search", "DELETE /scim/v2/Users/0", "PUT /scim/v2/Users/0"];
    let expected = [
        "GET /scim/v2/Users/{id}: add it to ROUTES in coverage.rs",
        "PUT /scim/v2/Users/0: no route answers it; take it out of ROUTES",
    ];
    assert_eq!(complaints(&routes, &lacking), expected);
}

#[test]
fn a_route_that_cannot_be_read_is_a_complaint() {
    for text in [
        "Router::new().route(USERS, get(list))",
        "Router::new().route(\"/Users\", methods())",
        "Router::new().route_service(\"/Users\", service)",
        "Router::new().nest(PREFIX, v2)",
        "Router::new().nest(\"/a\", a).nest(\"/b\", b)",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

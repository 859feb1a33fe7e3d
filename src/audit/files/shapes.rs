//! What files look like inside: a 200 alone proves nothing on a site that answers 200 to everything.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::wire::{Response, printable};

/// A page of the site's own.
pub fn is_page(answer: &Response) -> bool {
    let start = answer.body.get(..512.min(answer.body.len())).unwrap_or_default().to_ascii_lowercase();
    let text = String::from_utf8_lossy(&start);
    text.contains("<!doctype html") || text.contains("<html")
}

fn text(answer: &Response) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

pub fn version_control(answer: &Response) -> Option<String> {
    let body = text(answer);
    let start = body.trim_start();
    let hash = start.len() >= 40 && start.bytes().take(40).all(|b| b.is_ascii_hexdigit()) && start.len() < 64;
    if start.starts_with("ref: refs/") || hash {
        Some("the head of a git repository".into())
    } else if start.starts_with("[core]") {
        Some("the configuration of a git repository".into())
    } else if start
        .lines()
        .next()
        .is_some_and(|line| line.trim().parse::<u32>().is_ok_and(|n| (4..=31).contains(&n)))
        && body.contains("\ndir")
    {
        Some("the entries of a Subversion folder".into())
    } else if start.lines().any(|line| matches!(line.trim(), "revlogv1" | "dotencode" | "fncache")) {
        Some("the requirements of a Mercurial repository".into())
    } else {
        None
    }
}

static ASSIGNMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)^[ \t]*(?:export[ \t]+)?([A-Z][A-Z0-9_]{2,60})[ \t]*=").ok());

pub fn environment(answer: &Response) -> Option<String> {
    if is_page(answer) {
        return None;
    }
    let names: Vec<String> = ASSIGNMENT
        .as_ref()?
        .captures_iter(&answer.body)
        .filter_map(|found| Some(printable(&String::from_utf8_lossy(found.get(1)?.as_bytes()), 60)))
        .take(8)
        .collect();
    (!names.is_empty()).then(|| format!("an environment file that sets {}", names.join(", ")))
}

static REQUIREMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?mi)^(?:django|djangorestframework|gunicorn|psycopg2?[\w-]*)\s*(?:==|>=|~=|<|$)").ok()
});

pub fn project(answer: &Response) -> Option<String> {
    if answer.body.starts_with(b"SQLite format 3\0") {
        return Some("an SQLite database".into());
    }
    if is_page(answer) {
        return None;
    }
    let body = text(answer);
    if body.contains("DJANGO_SETTINGS_MODULE")
        || body.contains("INSTALLED_APPS")
        || body.contains("SECRET_KEY")
    {
        return Some("source of a Django project".into());
    }
    let docker = body.lines().any(|line| line.starts_with("FROM ")) && body.contains("\nRUN ")
        || body.contains("services:") && body.contains("image:");
    if docker {
        return Some("the recipe of a container".into());
    }
    REQUIREMENT.as_ref()?.is_match(&answer.body).then(|| "a list of installed packages".into())
}

pub fn listing(answer: &Response) -> Option<String> {
    let body = text(answer);
    let lower = body.to_ascii_lowercase();
    let shape =
        ["<title>index of /", "<h1>index of /", "<title>directory listing for", "<h1>directory listing for"];
    shape.iter().any(|mark| lower.contains(mark)).then(|| "a listing of the folder".into())
}

pub fn outside(answer: &Response) -> Option<String> {
    if is_page(answer) || answer.body.is_empty() {
        return None;
    }
    let kind = answer.header("content-type").unwrap_or_default();
    let file = kind.starts_with("text/css")
        || kind.contains("javascript")
        || kind.starts_with("image/")
        || kind.starts_with("font/");
    if project(answer).is_some() {
        return Some("a file beside the folder of static files".into());
    }
    file.then(|| "served from beside the folder of static files".into())
}

pub fn source_map(answer: &Response) -> bool {
    let body = text(answer);
    body.trim_start().starts_with('{') && body.contains("\"mappings\"")
}

pub fn status(answer: &Response) -> Option<String> {
    let body = text(answer);
    let is = |what: &str| Some(what.to_owned());
    if body.starts_with("Active connections:") {
        is("nginx's status page")
    } else if body.contains("Apache Server Status") {
        is("Apache's status page")
    } else if body.lines().any(|line| line.starts_with("# HELP ") || line.starts_with("# TYPE ")) {
        is("a metrics page")
    } else if body.contains("\"_links\"") && body.contains("actuator") {
        is("the actuator of Spring")
    } else if body.contains("\"memstats\"") && body.contains("\"cmdline\"") {
        is("expvar of Go")
    } else if body.contains("<title>phpinfo()</title>")
        || body.contains("PHP Version") && body.contains("php.ini")
    {
        is("phpinfo")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Response {
        Response { status: 200, body: body.as_bytes().to_vec(), ..Response::default() }
    }

    #[test]
    fn shapes_are_told_from_pages() {
        let page =
            answer("<!doctype html><title>Index</title><p>SECRET_KEY=1 DEBUG = True ref: refs/heads/main");
        for shape in [version_control, environment, project, listing, outside, status] {
            assert_eq!(shape(&page), None);
            assert_eq!(shape(&answer("")), None);
            assert_eq!(shape(&answer("not found")), None);
        }
        assert!(version_control(&answer("ref: refs/heads/main\n")).is_some());
        assert!(version_control(&answer("9f2c1d0a9f2c1d0a9f2c1d0a9f2c1d0a9f2c1d0a\n")).is_some());
        assert!(version_control(&answer("[core]\n\tbare = false")).is_some());
        assert_eq!(
            environment(&answer("DEBUG=1\nexport DATABASE_URL = postgres://u:p@h/d\n# A=1")).as_deref(),
            Some("an environment file that sets DEBUG, DATABASE_URL")
        );
        assert!(project(&answer("SQLite format 3\0xyz")).is_some());
        assert!(project(&answer("Django==5.2\n")).is_some());
        assert!(project(&answer("FROM python:3\nRUN pip install x")).is_some());
        assert!(listing(&answer("<html><title>Index of /static/</title>")).is_some());
        assert!(status(&answer("Active connections: 1 \nserver accepts")).is_some());
        assert!(status(&answer("# HELP python_gc")).is_some());
    }
}

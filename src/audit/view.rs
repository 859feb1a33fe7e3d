//! The catalogue as others number it: by chapter of OWASP's ASVS, by the ids of Django's `check --deploy`, by family.

use std::collections::BTreeMap;

use super::check::Check;

/// How checks are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// By chapter of ASVS 5.0.0, each check under every requirement that it names.
    Asvs,
    /// By id of Django's deployment checks.
    Django,
    /// By what their own ids begin with.
    Family,
}

/// Checks that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `V3 Web Frontend Security`.
    pub title: String,
    /// In the order of the references, then of the catalogue.
    pub entries: Vec<Entry>,
}

/// A check in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What puts it there: `3.4.1`, `security.W004`; empty for its family.
    pub reference: String,
    /// Its id.
    pub check: &'static str,
}

/// Chapters of ASVS 5.0.0, the first is V1.
const CHAPTERS: [&str; 17] = [
    "Encoding and Sanitization",
    "Validation and Business Logic",
    "Web Frontend Security",
    "API and Web Service",
    "File Handling",
    "Authentication",
    "Session Management",
    "Authorization",
    "Self-contained Tokens",
    "OAuth and OIDC",
    "Cryptography",
    "Secure Communication",
    "Configuration",
    "Data Protection",
    "Secure Coding and Architecture",
    "Security Logging and Error Handling",
    "WebRTC",
];

/// What Django's deployment checks look at.
const DJANGO: [(&str, &str); 20] = [
    ("security.W001", "SecurityMiddleware"),
    ("security.W002", "XFrameOptionsMiddleware"),
    ("security.W003", "CsrfViewMiddleware"),
    ("security.W004", "SECURE_HSTS_SECONDS"),
    ("security.W005", "SECURE_HSTS_INCLUDE_SUBDOMAINS"),
    ("security.W006", "SECURE_CONTENT_TYPE_NOSNIFF"),
    ("security.W008", "SECURE_SSL_REDIRECT"),
    ("security.W009", "SECRET_KEY"),
    ("security.W010", "SESSION_COOKIE_SECURE"),
    ("security.W012", "SESSION_COOKIE_SECURE"),
    ("security.W013", "SESSION_COOKIE_HTTPONLY"),
    ("security.W015", "SESSION_COOKIE_HTTPONLY"),
    ("security.W016", "CSRF_COOKIE_SECURE"),
    ("security.W018", "DEBUG"),
    ("security.W019", "X_FRAME_OPTIONS"),
    ("security.W020", "ALLOWED_HOSTS"),
    ("security.W021", "SECURE_HSTS_PRELOAD"),
    ("security.W022", "SECURE_REFERRER_POLICY"),
    ("security.E023", "SECURE_REFERRER_POLICY"),
    ("security.E024", "SECURE_CROSS_ORIGIN_OPENER_POLICY"),
];

/// The chapters of ASVS 5.0.0 that a check's references name: 3 for `ASVS v5.0.0-3.4.1`.
pub fn chapters(check: &Check) -> impl Iterator<Item = usize> {
    requirements(check).map(|(chapter, _, _)| chapter)
}

/// A chapter in words: `V3 Web Frontend Security`.
#[must_use]
pub fn chapter(number: usize) -> String {
    let name = number.checked_sub(1).and_then(|at| CHAPTERS.get(at)).copied().unwrap_or_default();
    format!("V{number} {name}").trim_end().to_owned()
}

type Requirement = (usize, usize, usize);

fn requirements(check: &Check) -> impl Iterator<Item = Requirement> {
    check.references.iter().filter_map(|reference| {
        let mut numbers = reference.strip_prefix("ASVS v5.0.0-")?.split('.').map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some((next()?, next()?, next()?))
    })
}

fn django(check: &Check) -> impl Iterator<Item = &'static str> {
    check.references.iter().filter_map(|reference| reference.strip_prefix("Django ")).filter(|id| {
        let code = id.strip_prefix("security.").unwrap_or_default();
        code.len() == 4 && code.is_char_boundary(1) && code.split_at(1).1.bytes().all(|b| b.is_ascii_digit())
    })
}

/// The checks grouped, those without a group last.
#[must_use]
pub fn view(by: View, checks: &[&'static Check]) -> Vec<Group> {
    let mut groups: BTreeMap<(usize, String), Vec<Entry>> = BTreeMap::new();
    let mut none = Vec::new();
    // Keys sort the groups; entries are sorted by theirs below.
    for check in checks {
        let id = check.id;
        let mut keys: Vec<(usize, String, String)> = match by {
            View::Asvs => {
                let key = |(c, s, r): Requirement| (c, chapter(c), format!("{c}.{s}.{r}"));
                requirements(check).map(key).collect()
            }
            View::Django => django(check).map(|id| (0, titled(id), id.to_owned())).collect(),
            View::Family => {
                vec![(0, id.split('-').next().unwrap_or(id).to_owned(), String::new())]
            }
        };
        keys.dedup();
        if keys.is_empty() {
            none.push(Entry { reference: String::new(), check: id });
        }
        for (number, title, reference) in keys {
            groups.entry((number, title)).or_default().push(Entry { reference, check: id });
        }
    }
    let mut out: Vec<Group> = groups
        .into_iter()
        .map(|((_, title), mut entries)| {
            entries.sort_by_key(|entry| numbers(&entry.reference));
            Group { title, entries }
        })
        .collect();
    if !none.is_empty() {
        let title = match by {
            View::Asvs => "In no chapter of ASVS",
            View::Django | View::Family => "Not among Django's checks",
        };
        out.push(Group { title: title.to_owned(), entries: none });
    }
    out
}

/// The parts of `3.10.1`, so that 10 comes after 9.
fn numbers(reference: &str) -> Vec<usize> {
    reference.split('.').filter_map(|part| part.parse().ok()).collect()
}

/// `security.W004 SECURE_HSTS_SECONDS`.
fn titled(id: &str) -> String {
    let name = DJANGO.iter().find(|(known, _)| *known == id).map_or("", |(_, name)| name);
    format!("{id} {name}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::catalogue;

    fn all(by: View) -> Vec<Group> {
        view(by, &catalogue().collect::<Vec<_>>())
    }

    #[test]
    fn every_check_is_in_every_view() {
        for by in [View::Asvs, View::Django, View::Family] {
            let groups = all(by);
            for check in catalogue() {
                let has = |group: &Group| group.entries.iter().any(|entry| entry.check == check.id);
                assert!(groups.iter().any(has), "{} is missing by {by:?}", check.id);
            }
        }
    }

    #[test]
    fn every_requirement_that_a_check_names_is_one_of_asvs() {
        for check in catalogue() {
            let named = check.references.iter().filter(|reference| reference.contains("ASVS")).count();
            assert_eq!(requirements(check).count(), named, "{}", check.id);
            assert!(chapters(check).all(|chapter| (1..=CHAPTERS.len()).contains(&chapter)), "{}", check.id);
        }
    }

    #[test]
    fn chapters_and_requirements_stand_in_their_order() {
        let groups = all(View::Asvs);
        let titles: Vec<&str> = groups.iter().map(|group| group.title.as_str()).collect();
        assert_eq!(titles.first(), Some(&"V3 Web Frontend Security"));
        assert_eq!(titles.last(), Some(&"In no chapter of ASVS"));
        let at = |title: &str| titles.iter().position(|known| known.starts_with(title));
        assert!(at("V9 ") < at("V13 "), "{titles:?}");
        let web = &groups[0].entries;
        assert!(web.windows(2).all(|pair| numbers(&pair[0].reference) <= numbers(&pair[1].reference)));
        assert!(web.iter().any(|entry| (entry.reference.as_str(), entry.check) == ("3.4.1", "HDR-HSTS")));
    }

    #[test]
    fn django_s_ids_are_named() {
        let groups = all(View::Django);
        let ids: Vec<&str> = groups.iter().map(|group| group.title.as_str()).collect();
        assert!(ids.contains(&"security.W004 SECURE_HSTS_SECONDS"), "{ids:?}");
        assert!(ids.iter().all(|title| title.contains(' ')), "one has no name: {ids:?}");
    }
}

//! Serialized policies as CSP 3 (section 2.2) reads them.

use std::collections::BTreeSet;

use super::source::{Source, is_base64};
use crate::wire::Response;

const ENFORCED: &str = "content-security-policy";
const REPORTED: &str = "content-security-policy-report-only";
/// Directives kept of one policy, and values of one directive: no sane policy comes near.
const MOST: usize = 512;
/// Policies kept of one answer: they are compared with each other.
const MOST_POLICIES: usize = 16;

/// Where a policy stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A header line: enforced.
    Header,
    /// A header line that only reports.
    ReportOnly,
    /// A `<meta http-equiv>` of the page: enforced.
    Meta,
}

/// A directive's value and where it starts in its policy, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// As written.
    pub text: String,
    /// Bytes before it.
    pub offset: usize,
}

impl Token {
    /// What it means as a source expression.
    pub fn source(&self) -> Source<'_> {
        Source::of(&self.text)
    }
}

/// One directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// In lower case.
    pub name: String,
    /// Bytes before it.
    pub offset: usize,
    /// Its values.
    pub values: Vec<Token>,
}

impl Directive {
    /// The sources that count: `'none'` beside others means nothing.
    pub fn sources(&self) -> impl Iterator<Item = (&Token, Source<'_>)> {
        self.values.iter().map(|token| (token, token.source())).filter(|(_, source)| !source.is("none"))
    }

    /// Whether a keyword (without quotes) is among the sources; its token.
    pub fn keyword(&self, name: &str) -> Option<&Token> {
        self.values.iter().find(|token| token.source().is(name))
    }

    /// Whether nothing at all matches.
    pub fn is_none(&self) -> bool {
        self.sources().next().is_none()
    }

    /// Whether it lists a nonce or a hash; browsers ignore a nonce that is not base64.
    pub fn has_proof(&self) -> bool {
        self.values.iter().any(|token| match token.source() {
            Source::Nonce(value) => is_base64(value),
            source => source == Source::Hash,
        })
    }

    /// Sources that match by address: none for scripts beside `'strict-dynamic'`.
    pub fn addresses(&self) -> impl Iterator<Item = (&Token, Source<'_>)> {
        let ignored = self.name.starts_with("script-src") || self.name == "default-src";
        let ignored = ignored && self.keyword("strict-dynamic").is_some();
        let by_address = |source: &Source<'_>| matches!(source, Source::Scheme(_) | Source::Host(_));
        self.sources().filter(move |(_, source)| !ignored && by_address(source))
    }

    /// The token that lets any inline script or style run.
    pub fn inline(&self) -> Option<&Token> {
        let token = self.keyword("unsafe-inline")?;
        let scripts = !self.name.starts_with("style-src");
        let ignored = self.has_proof() || (scripts && self.keyword("strict-dynamic").is_some());
        (!ignored).then_some(token)
    }
}

/// One policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Where it stood.
    pub place: Place,
    /// Its directives, the first of each name.
    pub directives: Vec<Directive>,
    /// Names of later directives that were already there.
    pub duplicates: Vec<Token>,
}

impl Policy {
    /// Reads one serialized policy; never fails.
    pub fn parse(text: &str, place: Place) -> Policy {
        let mut policy = Policy { place, directives: Vec::new(), duplicates: Vec::new() };
        let mut names = BTreeSet::new();
        let mut start = 0;
        for part in text.split(';').take(MOST) {
            let mut tokens = tokens(part, start);
            start += part.len() + 1;
            let Some(Token { text, offset }) = tokens.next() else { continue };
            let name = text.to_ascii_lowercase();
            if names.insert(name.clone()) {
                policy.directives.push(Directive { name, offset, values: tokens.take(MOST).collect() });
            } else {
                policy.duplicates.push(Token { text: name, offset });
            }
        }
        policy
    }

    /// Every policy of an answer: each header line and each part of a comma list, then the page's own.
    pub fn all(response: &Response, metas: &[String]) -> Vec<Policy> {
        let mut policies = Vec::new();
        for (header, place) in [(ENFORCED, Place::Header), (REPORTED, Place::ReportOnly)] {
            for line in response.header_lines(header) {
                let parts: Vec<&str> = line.split(',').filter(|part| !part.trim().is_empty()).collect();
                if parts.is_empty() {
                    policies.push(Policy::parse("", place));
                }
                policies.extend(parts.into_iter().take(MOST_POLICIES).map(|part| Policy::parse(part, place)));
            }
        }
        policies.extend(metas.iter().take(MOST_POLICIES).map(|content| Policy::parse(content, Place::Meta)));
        policies.truncate(MOST_POLICIES);
        policies
    }

    /// Whether browsers enforce it.
    pub fn is_enforced(&self) -> bool {
        self.place != Place::ReportOnly && !self.directives.is_empty()
    }

    /// A directive by its name. Pages cannot set some of them in a meta element, and browsers skip one that is not
    /// ASCII throughout (CSP3 2.2.1).
    pub fn directive(&self, name: &str) -> Option<&Directive> {
        if self.place == Place::Meta && ["frame-ancestors", "report-uri", "sandbox"].contains(&name) {
            return None;
        }
        let ascii = |directive: &&Directive| directive.values.iter().all(|token| token.text.is_ascii());
        self.directives.iter().find(|directive| directive.name == name).filter(ascii)
    }

    /// The directive that decides: the first of the chain that is there.
    pub fn governing(&self, chain: &[&str]) -> Option<&Directive> {
        chain.iter().find_map(|name| self.directive(name))
    }
}

/// Values of every enforced policy's `frame-ancestors`, a list for each policy that has the directive.
/// An empty list means the same as `'none'`.
pub fn frame_ancestors(response: &Response) -> Vec<Vec<String>> {
    Policy::all(response, &[])
        .iter()
        .filter(|policy| policy.is_enforced())
        .filter_map(|policy| policy.directive("frame-ancestors"))
        .map(|directive| directive.values.iter().map(|token| token.text.clone()).collect())
        .collect()
}

fn tokens(part: &str, start: usize) -> impl Iterator<Item = Token> + '_ {
    let mut position = 0;
    part.split(|c: char| c.is_ascii_whitespace()).filter_map(move |word| {
        let offset = start + position;
        position += word.len() + 1;
        (!word.is_empty()).then(|| Token { text: word.to_owned(), offset })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&str, &str)]) -> Response {
        Response {
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec())).collect(),
            ..Response::default()
        }
    }

    #[test]
    fn lines_and_lists_are_policies_of_their_own() {
        let response = answer(&[
            ("Content-Security-Policy", "default-src 'self', object-src 'none'"),
            ("content-security-policy", "base-uri 'none'"),
            ("Content-Security-Policy-Report-Only", "img-src *"),
        ]);
        let policies = Policy::all(&response, &["script-src 'self'".to_owned()]);
        let places: Vec<Place> = policies.iter().map(|policy| policy.place).collect();
        assert_eq!(places, [Place::Header, Place::Header, Place::Header, Place::ReportOnly, Place::Meta]);
        assert_eq!(policies.iter().filter(|policy| policy.is_enforced()).count(), 4);
    }

    #[test]
    fn the_first_of_two_directives_wins() {
        let policy = Policy::parse("Script-Src 'self';; script-src *", Place::Header);
        assert_eq!(policy.directives.len(), 1);
        assert_eq!(policy.directives[0].values, [Token { text: "'self'".into(), offset: 11 }]);
        assert_eq!(policy.duplicates, [Token { text: "script-src".into(), offset: 20 }]);
    }

    #[test]
    fn scripts_fall_back() {
        let chain = ["script-src-elem", "script-src", "default-src"];
        let name = |text: &str| {
            Policy::parse(text, Place::Header).governing(&chain).map(|directive| directive.name.clone())
        };
        assert_eq!(
            name("default-src *; script-src *; script-src-elem *").as_deref(),
            Some("script-src-elem")
        );
        assert_eq!(name("default-src *; script-src *").as_deref(), Some("script-src"));
        assert_eq!(name("default-src *").as_deref(), Some("default-src"));
        assert_eq!(name("img-src *"), None);
    }

    #[test]
    fn is_bounded() {
        let policy = "img-src ".to_owned() + &"a ".repeat(9000) + &";x".repeat(9000);
        let response = answer(&[("Content-Security-Policy", &[policy.as_str(); 40].join(","))]);
        let policies = Policy::all(&response, &vec![policy; 40]);
        assert_eq!(policies.len(), MOST_POLICIES);
        assert_eq!(policies[0].directives[0].values.len(), MOST);
        assert!(policies[0].duplicates.len() < MOST);
    }

    #[test]
    fn frame_ancestors_of_enforced_headers() {
        let response = answer(&[
            ("Content-Security-Policy", "frame-ancestors 'none', frame-ancestors; img-src *, img-src *"),
            ("Content-Security-Policy-Report-Only", "frame-ancestors *"),
        ]);
        assert_eq!(frame_ancestors(&response), [vec!["'none'".to_owned()], vec![]]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in ".{0,200}") {
            let policy = Policy::parse(&text, Place::Header);
            for token in policy.directives.iter().flat_map(|directive| &directive.values) {
                proptest::prop_assert!(text[token.offset..].starts_with(&token.text));
                let _ = token.source();
            }
        }
    }
}

//! Which answers a row looks at, and how it quotes them.

use crate::audit::{Exchange, Facts, Judgement, Level, Observation, Purpose};
use crate::plan::RouteKind;
use crate::wire::{Response, printable};

/// Characters of a header that a finding quotes.
const QUOTE: usize = 120;

/// An answer to an ordinary GET, with its position.
pub type Answer<'a> = (usize, &'a Exchange, &'a Response);

/// Ordinary answers: the routes as the scenario asks for them, and the login page.
pub fn ordinary(facts: &Facts) -> impl Iterator<Item = Answer<'_>> {
    facts.answers().filter(|(_, e, _)| matches!(e.purpose, Purpose::Rest | Purpose::LoginPage))
}

/// Ordinary answers but redirects, which have a row of their own; all of them where there is nothing else.
pub fn settled(facts: &Facts) -> impl Iterator<Item = Answer<'_>> {
    let redirects = |answer: &Response| (300..400).contains(&answer.status);
    let nothing_else = ordinary(facts).all(|(_, _, answer)| redirects(answer));
    ordinary(facts).filter(move |(_, _, answer)| nothing_else || !redirects(answer))
}

/// Ordinary answers with a page in them.
pub fn pages(facts: &Facts) -> impl Iterator<Item = Answer<'_>> {
    ordinary(facts).filter(|(_, exchange, answer)| is_page(exchange, answer))
}

fn is_page(exchange: &Exchange, answer: &Response) -> bool {
    if !(200..300).contains(&answer.status) {
        return false;
    }
    match answer.header("content-type") {
        Some(kind) => kind.trim_start().to_ascii_lowercase().starts_with("text/html"),
        None => exchange.site.kind == RouteKind::Html,
    }
}

/// A quotation that is safe to print.
pub fn quoted(text: &str) -> String {
    format!("`{}`", printable(text, QUOTE))
}

/// Judges each of these answers by itself.
pub fn each<'a>(
    answers: impl Iterator<Item = Answer<'a>>,
    subject: &str,
    otherwise: &str,
    rule: impl Fn(&Response) -> Option<(Level, String)>,
) -> Judgement {
    let mut places = 0;
    let mut observations = Vec::new();
    for (index, _, answer) in answers {
        places += 1;
        if let Some((level, detail)) = rule(answer) {
            observations.push(Observation::new(level, index, subject, detail));
        }
    }
    Judgement::of(places, observations, otherwise)
}

/// What a header says by itself, when several lines of it are one list.
pub fn joined(answer: &Response, name: &str) -> Option<String> {
    let lines: Vec<String> = answer.header_lines(name).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

//! The whole report as one page: no request to anywhere, charts as SVG, one script that only adds to it.

mod audit;
mod axis;
mod cell;
mod chapters;
mod chart;
mod course;
mod errors;
mod figures;
mod headline;
mod intervals;
mod numbers;
mod prose;
mod routes;
mod series;
mod setting;
mod spread;
mod top;
mod trust;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use self::prose::prose;
use super::{Document, foreign};

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// The document as a self-contained page. Its policy forbids everything but its own style sheet and script.
pub fn render(document: &Document<'_>) -> String {
    let title = foreign::line(&document.record.title, 120);
    let sections = [
        ("gates", "Gates", gates(document)),
        ("trust", "Trust", trust::section(document)),
        ("stacks", "Side by side", comparison(document)),
        ("capacity", "Capacity", series::searches(document)),
        ("scaling", "Throughput by users", series::sweeps(document)),
        ("insights", "What the numbers show", insights(document)),
        ("latency", "Latency and load", latency(document)),
        ("routes", "Routes", routes::section(document)),
        ("errors", "Errors", errors::section(document)),
        ("audit", "Audit", audit::section(document)),
        ("numbers", "All figures", numbers::section(document)),
        ("setting", "How this was measured", setting::section(document)),
    ];
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) " · shakedown" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (top::section(document, &title))
                nav aria-label="sections" {
                    @for (id, name, markup) in &sections {
                        @if markup.0.contains(&format!("<section id=\"{id}\"")) { a href=(format!("#{id}")) { (name) } }
                    }
                }
                // The short ones at the top stand beside each other where there is room.
                @let (short, long) = sections.split_at(2);
                main {
                    div.beside[document.record.stacks.len() <= 3] { @for (_, _, markup) in short { (markup) } }
                    @for (_, _, markup) in long { (markup) }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

/// Nothing may be loaded, and nothing run or styled but what has these digests.
fn policy() -> String {
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

fn gates(document: &Document<'_>) -> Markup {
    if document.gates.is_empty() {
        return html! {};
    }
    html! {
        section id="gates" {
            h2 { "Gates" }
            ul.gates {
                @for gate in &document.gates {
                    li {
                        (top::sign(gate.verdict))
                        div {
                            code { (foreign::line(&gate.text, 160)) }
                            div.quiet { (prose(&foreign::line(&gate.reason, 400))) }
                        }
                    }
                }
            }
        }
    }
}

fn comparison(document: &Document<'_>) -> Markup {
    if !document.has_figures() {
        return html! {};
    }
    html! {
        section id="stacks" {
            h2 { @if document.comparisons.is_empty() { "The stack" } @else { "Side by side" } }
            @if document.is_series() { p.quiet { "Here: " (document.basis()) "." } }
            div.beside {
                div { (headline::table(document)) }
                (intervals::table(document))
            }
        }
    }
}

fn insights(document: &Document<'_>) -> Markup {
    if document.insights.is_empty() {
        return html! {};
    }
    html! {
        section id="insights" {
            h2 { "What the numbers show" }
            ul.insights {
                @for insight in &document.insights {
                    li {
                        strong {
                            (foreign::line(&insight.stack, 40))
                            @if let Some(route) = &insight.route { " · " (foreign::line(route, 80)) }
                        }
                        " " span.tag { (insight.pattern) }
                        div { (prose(&foreign::line(&insight.text, 1200))) }
                    }
                }
            }
        }
    }
}

fn latency(document: &Document<'_>) -> Markup {
    let record = document.record;
    if !document.has_figures() {
        return html! {};
    }
    html! {
        section id="latency" {
            h2 { "Latency and load" }
            p.quiet {
                "Response time counts from the moment a request should have been sent, of good answers only. A line by percentile ends \
                 where too few slower answers are left to say."
            }
            div.figures {
                (figures::percentiles(record))
                (figures::spread(record))
                (figures::waiting(document))
                (figures::over_time(record))
                (figures::resources(record))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;
    use crate::report::fixture;

    /// Bytes of the largest page that is usual: two stacks, sixty routes, twenty blocks. Mail and pull requests take it.
    const LARGE: usize = 5 << 18;

    fn page(record: &Record) -> String {
        let page = render(&Document::of(record));
        let shown = page.replace(SCRIPT, "");
        assert!(!shown.contains("NaN") && !shown.contains("inf\""), "a number that is none");
        page
    }

    #[test]
    fn is_whole_in_itself_and_runs_only_its_own_script() {
        let text = page(&fixture::two_stacks());
        let tags: Vec<&str> =
            text.match_indices('<').filter_map(|(at, _)| text[at..].split('>').next()).collect();
        for forbidden in ["<link", "<img", "<iframe", "<object", " src=", " style=", " on"] {
            let found = tags.iter().find(|tag| {
                let quoted = ["http-equiv", "title=", "aria-label", "<script", "<details class=\"place\""];
                tag.contains(forbidden) && !quoted.iter().any(|quoted| tag.contains(quoted))
            });
            assert_eq!(found, None, "{forbidden}");
        }
        let links = tags.iter().filter(|tag| tag.starts_with("<a "));
        assert!(
            links.clone().count() > 5 && links.clone().all(|tag| tag.contains("href=\"#")),
            "only to itself"
        );
        assert!(!text.contains("url(") && !SCRIPT.contains("innerHTML") && !SCRIPT.contains("eval"));
        assert_eq!(text.matches("<script").count(), 1);
        for own in [STYLE, SCRIPT] {
            let digest = format!("sha256-{}", STANDARD.encode(Sha256::digest(own.as_bytes())));
            assert!(text.contains(&digest) && text.contains(own));
            assert!(!own.contains("</"), "it cannot end its element");
        }
    }

    #[test]
    fn every_part_is_there() {
        let text = page(&fixture::two_stacks());
        for id in [
            "gates", "trust", "stacks", "insights", "latency", "routes", "errors", "audit", "numbers",
            "setting",
        ] {
            assert!(text.contains(&format!("<section id=\"{id}\"")), "{id}");
        }
        for part in
            ["split-write", "Response time by percentile", "DJ-DEBUG-404", "curl -sS", "database is locked"]
        {
            assert!(text.contains(part), "{part}");
        }
    }

    #[test]
    fn a_search_and_a_sweep_have_charts() {
        let text = page(&fixture::searched());
        for part in ["<section id=\"capacity\"", "p99 by rate", "objective: p99 &lt; 200 ms", "confirmation"]
        {
            assert!(text.contains(part), "{part}");
        }
        let swept = page(&fixture::swept());
        for part in ["<section id=\"scaling\"", "Good answers by users", "contention σ", "prod, the law"] {
            assert!(swept.contains(part), "{part}");
        }
    }

    #[test]
    fn a_failed_or_partial_run_says_so_at_the_top() {
        let text = page(&fixture::partial());
        assert!(text.contains("This record is partial"));
        let text = page(&fixture::failed_stack());
        assert!(
            text.contains("No module named &#39;notes.wsgi&#39;")
                || text.contains("No module named 'notes.wsgi'")
        );
        assert!(text.contains("not measured"));
    }

    #[test]
    fn without_gates_there_is_no_pass() {
        let mut record = fixture::two_stacks();
        record.gates.clear();
        let text = page(&record);
        assert!(text.contains("<p class=\"verdict\"><span class=\"mark\">no gates</span>"));
        let markdown = crate::report::markdown::render(&Document::of(&record));
        assert!(markdown.starts_with("## no gates · ") && !markdown.contains('✅'), "{markdown}");
    }

    #[test]
    fn hostile_text_stays_text() {
        let text = page(&fixture::hostile());
        assert!(foreign::is_harmless(&text));
        assert_eq!(text.matches("<script").count(), 1, "its own");
        for forbidden in ["<img", "]]></style>", "\"onmouseover"] {
            assert!(!text.contains(forbidden), "{forbidden}");
        }
        for element in ["section", "table", "details", "pre", "div", "svg", "ul"] {
            let open =
                text.matches(&format!("<{element}>")).count() + text.matches(&format!("<{element} ")).count();
            assert_eq!(open, text.matches(&format!("</{element}>")).count(), "{element}");
        }
        assert_eq!(text.matches("</style>").count(), 1);
        assert!(text.len() < 2_000_000, "bounded: {}", text.len());
    }

    #[test]
    fn sixty_routes_in_twenty_blocks_stay_small() {
        let text = page(&fixture::many_in_turns());
        assert!(text.contains("route-59: response time by block"));
        assert!(text.len() < LARGE, "{} bytes", text.len());
    }

    #[test]
    fn one_stack_sixty_routes_and_nothing_at_all() {
        assert!(page(&fixture::one_stack()).contains("The stack"));
        let text = page(&fixture::many_routes());
        assert!(text.contains("route-59") && text.len() < 3_000_000);
        let mut empty = fixture::two_stacks();
        (empty.stacks, empty.audit, empty.gates) = Default::default();
        assert!(page(&empty).contains("Nothing was measured."));
    }
}

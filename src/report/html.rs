//! The whole report as one page: no script, no request to anywhere, charts as SVG.

mod audit;
mod chart;
mod figures;
mod series;
mod tables;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::{Document, foreign};
use crate::compare::quantity;
use crate::gate::Verdict;
use crate::record::StackRecord;

const STYLE: &str = include_str!("html/style.css");

/// The document as a self-contained page. Its policy forbids everything but its own style sheet.
pub fn render(document: &Document<'_>) -> String {
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'");
    let title = foreign::line(&document.record.title, 120);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) " · shakedown" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (top(document, &title))
                main {
                    (gates(document))
                    (trust(document))
                    (series::section(document))
                    (comparison(document))
                    (insights(document))
                    (latency(document))
                    (tables::errors(document))
                    (audit::section(document))
                    (setting(document))
                }
            }
        }
    }
    .into_string()
}

fn sign(verdict: Verdict) -> Markup {
    let (class, text) = match verdict {
        Verdict::Pass => ("pass", "✓ pass"),
        Verdict::Fail => ("high", "✗ fail"),
        Verdict::Unknown => ("medium", "? unknown"),
        Verdict::Skipped => ("skipped", "– skipped"),
    };
    html! { span.mark.(class) { (text) } }
}

/// The run's own sign; a pass that no gate gave is none.
fn status(document: &Document<'_>) -> Markup {
    match document.status() {
        Verdict::Pass if !document.is_judged() => html! { span.mark { "no gates" } },
        status => sign(status),
    }
}

fn top(document: &Document<'_>, title: &str) -> Markup {
    let record = document.record;
    html! {
        header {
            p.brand { "shakedown " span.quiet { (record.started.strftime("%Y-%m-%d %H:%M UTC")) } }
            h1 { (title) }
            @if let Some(description) = &record.description { p.lead { (foreign::line(description, 600)) } }
            @if record.partial.is_some() { p.banner { "This record is partial: the run did not reach its end." } }
            p.verdict { (status(document)) " " (document.verdict()) }
            p.quiet { (foreign::line(&record.load.summary, 300)) }
        }
    }
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
                        (sign(gate.verdict))
                        div {
                            code { (foreign::line(&gate.text, 160)) }
                            div.quiet { (foreign::line(&gate.reason, 400)) }
                        }
                    }
                }
            }
        }
    }
}

fn trust(document: &Document<'_>) -> Markup {
    let record = document.record;
    html! {
        section id="trust" {
            h2 { "Can the numbers be trusted?" }
            @let doubts = document.doubts();
            @if doubts.is_empty() && record.stacks.iter().all(|stack| stack.warnings.is_empty()) && record.warnings.is_empty() {
                p {
                    "Nothing speaks against it: "
                    @if document.has_load() { "every stack was measured to the end and the generator had room to spare." }
                    @else { "every stack was audited to the end." }
                }
            } @else {
                ul {
                    @for doubt in &doubts { li.bad { (doubt) } }
                    @for warning in &record.warnings { li { (foreign::line(warning, 400)) } }
                    @for stack in &record.stacks {
                        @for warning in stack.warnings.iter().take(20) {
                            li { strong { (foreign::line(&stack.name, 40)) } ": " (foreign::line(warning, 400)) }
                        }
                    }
                }
            }
            @for stack in record.stacks.iter().filter(|stack| stack.failure.is_some()) {
                @if let Some(failure) = stack.failure.as_ref().filter(|failure| failure.trim().contains('\n')) {
                    details open { summary { "Why " (foreign::line(&stack.name, 40)) " failed" } pre { (foreign::block(failure, foreign::BLOCK)) } }
                }
            }
            @if document.has_figures() { (generators(&record.stacks)) }
        }
    }
}

/// How each stack's load was generated: the stacks in columns, so that it fits a narrow page.
fn generators(stacks: &[StackRecord]) -> Markup {
    type Cell = fn(&StackRecord) -> Markup;
    let rows: [(&str, Cell); 6] = [
        ("p99 schedule lag", |stack| match stack.generator.schedule_lag.p99_ms {
            Some(ms) => html! { (quantity::latency(ms)) },
            None => html! { span.absent title="too few samples" { "–" } },
        }),
        ("its CPU", |stack| {
            let share = (stack.generator.cpu_share * 1000.0).round() / 1000.0;
            html! { (quantity::percent(share)) }
        }),
        ("threads", |stack| html! { (stack.generator.threads) }),
        ("waited for a connection", |stack| html! { (quantity::count(stack.generator.queued)) }),
        ("never sent", |stack| html! { (quantity::count(stack.generator.unsent)) }),
        ("connections", |stack| html! { (quantity::count(stack.generator.peak_connections)) }),
    ];
    html! {
        div.scroll {
            table {
                thead { tr {
                    th scope="col" { "generator" }
                    @for stack in stacks { th.number scope="col" { "on " (foreign::line(&stack.name, 40)) } }
                } }
                tbody {
                    @for (name, cell) in rows {
                        tr {
                            th scope="row" { (name) }
                            @for stack in stacks { td.number { (cell(stack)) } }
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
            (tables::headline(document))
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
                        div { (foreign::line(&insight.text, 1200)) }
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
            p.quiet { "Response time counts from the moment a request should have been sent, of good answers only." }
            div.figures {
                (figures::percentiles(record))
                (figures::waiting(document))
                (figures::over_time(record))
                (figures::resources(record))
            }
        }
        @if record.stacks.iter().any(|stack| !stack.routes.is_empty()) {
            section id="routes" { h2 { "Routes" } (tables::routes(document)) }
        }
    }
}

fn setting(document: &Document<'_>) -> Markup {
    let record = document.record;
    let machine = &record.machine;
    html! {
        section id="setting" {
            h2 { "How this was measured" }
            div.scroll {
                table.setting {
                    tbody {
                        tr { th { "scenario" } td { code { (foreign::line(&record.scenario.path, 300)) } } }
                        tr { th { "load" } td { (foreign::line(&record.load.summary, 300)) } }
                        tr { th { "started" } td { (record.started.strftime("%Y-%m-%d %H:%M:%S UTC")) } }
                        tr { th { "ended" } td { @match record.finished {
                            Some(at) => (at.strftime("%Y-%m-%d %H:%M:%S UTC")),
                            None => span.bad { "not: the record is partial" },
                        } } }
                        tr { th { "load from" } td {
                            (foreign::line(&machine.os, 120)) ", " (foreign::line(&machine.cpu, 120)) ", "
                            (machine.cores) " processors, " (quantity::bytes(machine.memory_bytes as f64))
                        } }
                        @for stack in &record.stacks {
                            tr { th { "stack " (foreign::line(&stack.name, 40)) } td {
                                code { (foreign::line(&stack.url, 300)) }
                                @if let Some(server) = &stack.server { ", Server: " (foreign::line(server, 120)) }
                                @if let Some(startup) = stack.startup_s { ", ready after " (quantity::latency(startup * 1e3)) }
                            } }
                        }
                        tr { th { "tool" } td { (foreign::line(&record.tool.name, 40)) " " (foreign::line(&record.tool.version, 40)) } }
                    }
                }
            }
            p { "Repeat it: " code { "shakedown run " (foreign::line(&record.scenario.path, 300)) } }
            details { summary { "The scenario as run (secrets taken out)" } pre { (foreign::block(&record.scenario.text, 100_000)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;
    use crate::report::fixture;

    fn page(record: &Record) -> String {
        render(&Document::of(record))
    }

    #[test]
    fn is_whole_in_itself_and_runs_nothing() {
        let text = page(&fixture::two_stacks());
        for forbidden in ["<script", " style=", "<link", "<img", "<iframe", " src=", " href=", " on", "url("]
        {
            let found = text.find(&format!("<{forbidden}")).or_else(|| {
                let tags = text.match_indices('<').filter_map(|(at, _)| text[at..].split('>').next());
                tags.into_iter().position(|tag| {
                    tag.contains(forbidden)
                        && !tag.contains("http-equiv")
                        && !tag.contains("title=")
                        && !tag.contains("aria-label")
                })
            });
            assert_eq!(found, None, "{forbidden}");
        }
        let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
        assert!(
            text.contains(&format!("style-src &#39;sha256-{digest}&#39;"))
                || text.contains(&format!("style-src 'sha256-{digest}'"))
        );
        assert!(!STYLE.contains('<'), "the style sheet cannot end its element");
    }

    #[test]
    fn every_part_is_there() {
        let text = page(&fixture::two_stacks());
        for id in ["gates", "trust", "stacks", "insights", "latency", "routes", "errors", "audit", "setting"]
        {
            assert!(text.contains(&format!("<section id=\"{id}\"")), "{id}");
        }
        for part in
            ["split-write", "Response time by percentile", "DJ-DEBUG-404", "curl -sS", "database is locked"]
        {
            assert!(text.contains(part), "{part}");
        }
        assert!(!text.contains("NaN") && !text.contains("inf\""));
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
        assert!(!text.contains("NaN") && !swept.contains("NaN") && !swept.contains("inf\""));
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
        for forbidden in ["<script", "<img", "]]></style>", "\"onmouseover"] {
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
    fn one_stack_sixty_routes_and_nothing_at_all() {
        assert!(page(&fixture::one_stack()).contains("The stack"));
        let text = page(&fixture::many_routes());
        assert!(text.contains("route-59") && text.len() < 3_000_000);
        let mut empty = fixture::two_stacks();
        (empty.stacks, empty.audit, empty.gates) = Default::default();
        assert!(page(&empty).contains("Nothing was measured."));
    }
}

//! Reports in a real browser: what a person sees, clicks and hears read out. Pictures are left in the target folder.
//!
//! Without Chromium or axe-core the tests say so and do nothing, but where `CI` is set they fail.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod chromium;
#[path = "../harness/mod.rs"]
mod harness;

// The fixture is the library's own; these names are what it imports.
use shakedown::{engine, plan, record, report, stack};

#[allow(dead_code, reason = "the library's own tests use the rest")]
#[path = "../../src/report/fixture/mod.rs"]
mod fixture;

use std::fs;
use std::path::{Path, PathBuf};

use chromium::{Browser, View};
use record::Record;
use report::{Document, html};

/// A browser; without one the test is over, and failed where it must not be skipped.
macro_rules! browser {
    () => {
        match Browser::start() {
            Some(browser) => browser,
            None => return skipped("chromium"),
        }
    };
}

fn skipped(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "{what} is missing, and this is CI");
    eprintln!("skipped: {what} is not installed");
}

/// Where pictures and pages go.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn written(name: &str, record: &Record) -> PathBuf {
    let file = folder().join(format!("{name}.html"));
    fs::write(&file, html::render(&Document::of(record))).unwrap();
    file
}

/// What sticks out of a page so wide, to the right, and is in no part that scrolls.
fn wider(width: u32) -> String {
    format!(
        "document.documentElement.scrollWidth <= {width} ? [] : [...document.querySelectorAll('body *')] \
         .filter(e => e.getBoundingClientRect().right > {width} + 1 && !e.parentElement.closest('.scroll, svg')) \
         .map(e => e.outerHTML.slice(0, 120)).slice(0, 5).concat('the page')"
    )
}

/// Looks at a report in some ways: nothing complains, every chart has a size, nothing is wider than the page. Leaves a
/// picture of each.
fn look(browser: &mut Browser, name: &str, file: &Path, views: &[View]) {
    for view in views {
        let way = view.name();
        browser.open(file, *view);
        let small = browser.ask(
            "[...document.querySelectorAll('figure.chart > svg')].filter(c => c.checkVisibility()) \
             .map(c => c.getBoundingClientRect()).filter(r => r.width < 200 || r.height < 90).length",
        );
        assert_eq!(small, 0, "{name}, {way}: charts without a size");
        browser.picture(&folder().join(format!("{name}-{way}.png")));
        assert_eq!(
            browser.ask(&wider(view.width)),
            serde_json::json!([]),
            "{name}, {way}: wider than the page"
        );
        assert_eq!(browser.complaints(), Vec::<String>::new(), "{name}, {way}");
    }
}

/// What axe-core finds serious or worse on a page with everything unfolded.
fn serious(browser: &mut Browser, file: &Path, view: View) -> Vec<String> {
    let Ok(axe) = fs::read_to_string(axe()) else {
        skipped("axe-core");
        return Vec::new();
    };
    browser.open(file, view);
    browser.ask("document.querySelectorAll('details').forEach(fold => fold.open = true)");
    browser.picture(&file.with_extension("unfolded.png"));
    browser.ask(&format!("{axe}; 0"));
    let found = browser.ask(
        "axe.run(document, { resultTypes: ['violations'] }).then(found => found.violations \
         .filter(v => v.impact === 'serious' || v.impact === 'critical') \
         .map(v => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join(' | ')}`))",
    );
    found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Where `npm install --prefix target/axe axe-core` puts it.
fn axe() -> PathBuf {
    let place = "target/axe/node_modules/axe-core/axe.min.js";
    std::env::var_os("AXE_CORE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(place), PathBuf::from)
}

/// The quick start with shorter loads: a real record of real stacks.
fn quick_start() -> Record {
    let mut text = fs::read_to_string("scenarios/quickstart.toml").unwrap();
    for (whole, short) in
        [("duration = \"10s\"", "duration = \"3s\""), ("warmup = \"2s\"", "warmup = \"1s\"")]
    {
        assert!(text.contains(whole), "its loads are shortened");
        text = text.replace(whole, short);
    }
    let trial = harness::Trial::new(&text);
    trial.run(&[]);
    trial.record()
}

#[test]
fn the_quick_start_is_looked_at_and_worked_with() {
    let mut browser = browser!();
    let file = written("quickstart", &quick_start());
    assert!(fs::metadata(&file).unwrap().len() < 1 << 20, "under 1 MiB");
    look(&mut browser, "quickstart", &file, &[View::LIGHT, View::DARK, View::PHONE, View::PRINT]);
    for view in [View::LIGHT, View::DARK] {
        assert_eq!(serious(&mut browser, &file, view), Vec::<String>::new());
    }
}

#[test]
fn routes_are_sorted() {
    let mut browser = browser!();
    let file = written("two", &fixture::two_stacks());
    look(&mut browser, "two", &file, &[View::LIGHT, View::DARK]);
    browser.open(&file, View::LIGHT);
    let order = "[...document.querySelectorAll('.routes tbody > tr > th')].map(th => th.firstChild.textContent.trim()).join(' ')";
    let written_order = browser.ask(order);
    let click = |browser: &mut Browser, name: &str| {
        browser.ask(&format!(
            "[...document.querySelectorAll('.routes th button')].find(b => b.textContent.startsWith('{name}')).click()"
        ));
    };
    click(&mut browser, "errors");
    assert!(
        browser.ask(order).as_str().unwrap().starts_with("note-create "),
        "the one that failed comes first"
    );
    click(&mut browser, "requests");
    assert!(browser.ask(order).as_str().unwrap().starts_with("notes "));
    click(&mut browser, "requests");
    assert!(browser.ask(order).as_str().unwrap().starts_with("note-delete "));
    assert_eq!(browser.ask("document.querySelectorAll('[aria-sort=ascending]').length"), 1);
    click(&mut browser, "route");
    assert_eq!(browser.ask(order), written_order);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn checks_are_filtered_and_unfold() {
    let mut browser = browser!();
    browser.open(&written("filtered", &fixture::two_stacks()), View::LIGHT);
    let shown = "[...document.querySelectorAll('details.check')].filter(row => row.checkVisibility()).map(row => row.querySelector('.id').textContent).join(' ')";
    let choose = |browser: &mut Browser, name: &str, value: &str| {
        browser.ask(&format!(
            "(() => {{ const select = document.querySelector('#filters [name={name}]'); select.value = '{value}'; \
             select.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()"
        ));
    };
    choose(&mut browser, "severity", "high");
    assert_eq!(browser.ask(shown), "DJ-DEBUG-404");
    choose(&mut browser, "stack", "1");
    assert_eq!(browser.ask(shown), "", "it is on dev");
    assert_eq!(browser.ask("document.getElementById('none').checkVisibility()"), true);
    choose(&mut browser, "severity", "");
    choose(&mut browser, "outcome", "fail");
    assert_eq!(browser.ask(shown), "HDR-HSTS");
    choose(&mut browser, "outcome", "not run");
    assert_eq!(browser.ask(shown), "CSRF-REQUIRED");
    choose(&mut browser, "outcome", "");
    choose(&mut browser, "family", "CSP");
    assert_eq!(browser.ask(shown), "CSP-MISSING");
    assert_eq!(browser.ask("document.querySelector('#filters output').value"), "1 of 5 checks");
    let evidence = "document.querySelector('[data-family=CSP] pre').checkVisibility()";
    assert_eq!(browser.ask(evidence), false);
    browser
        .ask("document.querySelectorAll('[data-family=CSP] summary').forEach(summary => summary.click()), 0");
    assert_eq!(browser.ask(evidence), true);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn charts_of_a_route_are_chosen() {
    let mut browser = browser!();
    browser.open(&written("chosen", &fixture::duet()), View::LIGHT);
    browser.ask("document.getElementById('picker').closest('details').open = true");
    let shown = "[...document.querySelectorAll('.each figcaption')].filter(c => c.checkVisibility()).map(c => c.textContent).join('; ')";
    assert_eq!(browser.ask(shown), "notes: response time by percentile; notes: response time by block");
    let choose = |browser: &mut Browser, value: &str| {
        browser.ask(&format!(
            "(() => {{ const choice = document.querySelector('#picker select'); choice.value = '{value}'; \
             choice.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()"
        ));
    };
    choose(&mut browser, "1");
    assert_eq!(
        browser.ask(shown),
        "note-create: response time by percentile; note-create: response time by block; note-create: failed requests by block"
    );
    browser.picture(&folder().join("chosen-light.png"));
    choose(&mut browser, "");
    let all = browser.ask(shown);
    let all = all.as_str().unwrap();
    assert_eq!(all.matches("by percentile").count(), 10, "{all}");
    assert_eq!(all.matches("time by block").count(), 8, "two routes have too few answers in a block: {all}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn paper_shows_what_was_found_and_how_to_mend_it() {
    let mut browser = browser!();
    let mut record = fixture::two_stacks();
    let check = "CK-SECURE";
    let found = fixture::outcome(check, "prod", record::Outcome::Fail, record::Severity::High, "no Secure");
    let small = fixture::outcome("HDR-XCTO", "prod", record::Outcome::Warn, record::Severity::Low, "small");
    record.audit = vec![found, small];
    let file = written("paper", &record);
    let parts = ["summary", "pre", ".place .label", ":scope > p"].map(|part| {
        format!("document.querySelector('.matrix > .check').querySelector('{part}').checkVisibility()")
    });
    for (view, unfolded) in [(View::LIGHT, false), (View::PRINT, true)] {
        browser.open(&file, view);
        let seen: Vec<_> = parts.iter().map(|part| browser.ask(part)).collect();
        assert_eq!(seen, [true, unfolded, unfolded, unfolded], "{}", view.name());
    }
    let small = browser.ask("['.seen', '.place pre', ':scope > p'].map(part => document.querySelector('[data-family=HDR]').querySelector(part).checkVisibility())");
    assert_eq!(small, serde_json::json!([true, false, true]), "a small finding is told without its exchange");
    let said = "document.querySelector('.matrix > .check').innerText";
    let said = browser.ask(said);
    let said = said.as_str().unwrap();
    for part in ["GET /api/notes/ HTTP/1.1", "curl -sS", "To mend it", "SESSION_COOKIE_SECURE"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let pages = browser.paper(&folder().join("paper.pdf"));
    assert!((2..=8).contains(&pages), "{pages} pages");
}

#[test]
fn charts_are_read_by_pointer_and_by_keys() {
    let mut browser = browser!();
    browser.open(&written("charts", &fixture::two_stacks()), View::LIGHT);
    let legend = "document.querySelector('figure.chart .legend').textContent.replace(/\\s+/g, ' ')";
    assert!(!browser.ask(legend).as_str().unwrap().contains(" ms"));
    browser.point_at("document.querySelectorAll('figure.chart:first-of-type rect.reading')[30]");
    let pointed = browser.ask(legend);
    assert!(
        pointed.as_str().unwrap().contains("at 9") && pointed.as_str().unwrap().contains(" ms"),
        "{pointed}"
    );
    browser.ask("document.querySelector('figure.chart > svg').focus()");
    browser.press("Home");
    let first = browser.ask(legend);
    browser.press("ArrowRight");
    assert_ne!(browser.ask(legend), first);
    assert!(first.as_str().unwrap().contains(" ms"), "{first}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_page_is_whole_without_its_script() {
    let mut browser = browser!();
    browser.open(&written("scriptless", &fixture::two_stacks()), View::WITHOUT_SCRIPTS);
    assert_eq!(browser.ask("document.querySelectorAll('th button').length"), 0, "the script did not run");
    assert_eq!(browser.ask("document.getElementById('filters').checkVisibility()"), false);
    let shown = "[...document.querySelectorAll('details.check')].filter(row => row.checkVisibility()).length";
    assert_eq!(browser.ask(shown), 5);
    let title = browser.ask("document.querySelector('rect.reading title').textContent");
    assert!(title.as_str().unwrap().contains("dev: "), "values are read by pointing: {title}");
}

#[test]
fn one_route_and_sixty_one_stack_and_five() {
    let mut browser = browser!();
    let mut one = fixture::one_stack();
    one.stacks[0].routes.truncate(1);
    look(&mut browser, "one", &written("one", &one), &[View::LIGHT]);
    let mut sixty = fixture::many_in_turns();
    let file = written("sixty", &sixty);
    look(&mut browser, "sixty", &file, &[View::LIGHT, View::PHONE]);
    assert_eq!(serious(&mut browser, &file, View::LIGHT), Vec::<String>::new());
    for name in ["canary", "old", "a-stack-with-quite-a-long-name"] {
        let mut stack = sixty.stacks[1].clone();
        stack.name = name.into();
        sixty.stacks.push(stack);
    }
    look(&mut browser, "five", &written("five", &sixty), &[View::LIGHT, View::PHONE]);
}

#[test]
fn failed_partial_and_series() {
    let mut browser = browser!();
    for (name, record) in [
        ("failed", fixture::failed_stack()),
        ("partial", fixture::partial()),
        ("duet", fixture::duet()),
        ("searched", fixture::searched()),
        ("swept", fixture::swept()),
    ] {
        let file = written(name, &record);
        look(&mut browser, name, &file, &[View::PHONE]);
        assert_eq!(serious(&mut browser, &file, View::LIGHT), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_hostile_record_runs_nothing() {
    let mut browser = browser!();
    let file = written("hostile", &fixture::hostile());
    look(&mut browser, "hostile", &file, &[View::LIGHT, View::PHONE]);
    browser.open(&file, View::LIGHT);
    assert_eq!(browser.ask("document.scripts.length"), 1, "its own");
    assert_eq!(browser.ask("document.querySelectorAll('img, iframe, object, embed, link, base').length"), 0);
    let handlers = "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => /^on|^style$/.test(a.name))).length";
    assert_eq!(browser.ask(handlers), 0);
    let links = "[...document.links].filter(a => !a.getAttribute('href').startsWith('#')).length";
    assert_eq!(browser.ask(links), 0);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

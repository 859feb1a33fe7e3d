//! How Django is deployed: who serves static files, what stands in front, whose headers it believes.

use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::collect::routes;
use crate::audit::exchange::{Facts, Purpose, Site};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{get, nonsense, site};
use crate::audit::scene;
use crate::plan::{Role, RouteKind};
use crate::record::Confidence;
use crate::wire::{Response, printable};

pub const FORWARDED_HOST: Purpose = Purpose::Own("django-forwarded-host");
pub const ROUTE_HOST: Purpose = Purpose::Own("django-route-host");
pub const PLAIN: Purpose = Purpose::Own("django-plain");
pub const FORWARDED_PROTO: Purpose = Purpose::Own("django-forwarded-proto");
pub const ADMIN: Purpose = Purpose::Own("django-admin");
pub const TOOLBAR: Purpose = Purpose::Own("django-toolbar");

pub static DJANGO: Probe = Probe {
    name: "django",
    consent: Consent::Active,
    about: "the front page with X-Forwarded-Host of somebody else, /admin/, and the paths of debugging tools",
    most: 8,
    lacks: |_| None,
    send: |prober| {
        Box::pin(async move {
            let mut request = scene::front(prober.input);
            request.headers.push(("X-Forwarded-Host".to_owned(), format!("{}.invalid", nonsense())));
            prober.send(FORWARDED_HOST, site("X-Forwarded-Host", RouteKind::Html), request).await;
            for path in ["/admin/", "/admin/login/"] {
                prober.send(ADMIN, site(path, RouteKind::Html), get(path)).await;
            }
            for path in ["/__debug__/", "/silk/", "/__debug__/render_panel/"] {
                prober.send(TOOLBAR, site(path, RouteKind::Html), get(path)).await;
            }
        })
    },
};

/// Most routes beside the front page that are asked as somebody else's.
const ROUTES: usize = 20;

pub static FOREIGN_HOSTS: Probe = Probe {
    name: "foreign-hosts",
    consent: Consent::Active,
    about: "up to 20 routes beside the front page, no static ones, with Host and with X-Forwarded-Host of somebody else; no credential",
    most: 2 * ROUTES,
    lacks: |_| None,
    send: |prober| {
        Box::pin(async move {
            let (input, front) = (prober.input, scene::front(prober.input).target);
            let pages = routes::of(input).into_iter().filter(|route| route.kind != RouteKind::Static);
            let pages = pages.filter_map(|route| Some((route, routes::request(input, route, 0)?)));
            for (route, page) in pages.filter(|(_, page)| page.target != front).take(ROUTES) {
                for name in ["Host", "X-Forwarded-Host"] {
                    let mut request = page.clone();
                    request.headers.insert(0, (name.to_owned(), format!("{}.invalid", nonsense())));
                    let site = Site::of(route, format!("{name} of somebody else"), false);
                    prober.send(ROUTE_HOST, site, request).await;
                }
            }
        })
    },
};

pub static SPOOFED_PROTO: Probe = Probe {
    name: "spoofed-proto",
    consent: Consent::Active,
    about: "the front page over plain http, without and with `X-Forwarded-Proto: https`",
    most: 2,
    lacks: |input| input.endpoint.tls.is_some().then_some("the stack's url is https"),
    send: |prober| {
        Box::pin(async move {
            let mut request = scene::front(prober.input);
            prober.send(PLAIN, site("plain http", RouteKind::Html), request.clone()).await;
            request.headers.push(("X-Forwarded-Proto".to_owned(), "https".to_owned()));
            prober.send(FORWARDED_PROTO, site("X-Forwarded-Proto: https", RouteKind::Html), request).await;
        })
    },
};

fn mild(facts: &Facts, level: Level) -> Level {
    if facts.role == Role::Dev { Level::Info } else { level }
}

pub fn static_dev(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    let files = facts.of(Purpose::Rest).filter(|(_, exchange, _)| exchange.site.kind == RouteKind::Static);
    for (index, _, answer) in files.filter(|(_, _, answer)| answer.status == 200) {
        places += 1;
        let inline =
            answer.header("content-disposition").is_some_and(|value| value.starts_with("inline; filename"));
        if inline && answer.header("etag").is_none() && answer.header("x-content-type-options").is_none() {
            let detail = "a file's name in Content-Disposition, no ETag, no nosniff: Django's own view for development";
            observations.push(Observation::new(mild(facts, Level::Fail), index, "static", detail));
        }
    }
    Judgement::of(places, observations, "no static file answered 200")
}

pub fn static_insecure(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    let asked =
        facts.of(Purpose::NotFound).filter(|(_, exchange, _)| exchange.site.kind == RouteKind::Static);
    for (index, _, answer) in asked {
        places += 1;
        let body = String::from_utf8_lossy(&answer.body);
        let technical = body.contains("Page not found at") || body.contains("Raised by:");
        if technical
            && (body.contains("staticfiles")
                || body.contains("static.serve")
                || body.contains("could not be found"))
        {
            let detail = "Django itself looks for static files, and shows its technical page";
            observations.push(Observation::new(mild(facts, Level::Fail), index, "static", detail));
        }
    }
    Judgement::of(places, observations, "the scenario has no static route")
}

pub fn app_direct(facts: &Facts) -> Judgement {
    const SERVERS: [&str; 6] = ["gunicorn", "uvicorn", "daphne", "hypercorn", "waitress", "uwsgi"];
    let (mut places, mut observations) = (0, Vec::new());
    for (index, _, answer) in facts.of(Purpose::Rest) {
        places += 1;
        let server = answer.header("server").unwrap_or_default();
        if SERVERS.iter().any(|name| server.to_ascii_lowercase().starts_with(name)) {
            let detail = format!(
                "`Server: {}`: clients talk to the application server itself",
                printable(&server, 60)
            );
            let mut seen = Observation::new(mild(facts, Level::Warn), index, "server", detail);
            // A proxy may pass the header on.
            seen.confidence = Confidence::Heuristic;
            observations.push(seen);
        }
    }
    observations.truncate(1);
    Judgement::of(places, observations, "no answer")
}

pub fn host(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    let asked = [Purpose::ForeignHost, FORWARDED_HOST, ROUTE_HOST].into_iter();
    for (index, exchange, answer) in asked.flat_map(|purpose| facts.of(purpose)) {
        places += 1;
        let sent = exchange.request.headers.iter().find(|(_, value)| value.ends_with(".invalid"));
        let Some((name, value)) = sent else { continue };
        let location = answer.header("location").unwrap_or_default();
        let technical = String::from_utf8_lossy(&answer.body);
        let level = if location.contains(value.as_str()) {
            Some((Level::Fail, format!("`{name}` of a stranger comes back in Location")))
        } else if answer.status < 400 && technical.contains(value.as_str()) {
            Some((Level::Fail, format!("`{name}` of a stranger comes back in the page")))
        } else if exchange.purpose == Purpose::ForeignHost && answer.status < 300 {
            Some((Level::Warn, format!("a Host that nobody serves is answered {}", answer.status)))
        } else {
            None
        };
        if let Some((level, detail)) = level {
            observations.push(Observation::new(level, index, name.clone(), detail));
        }
    }
    Judgement::of(places, observations, "no foreign Host was answered")
}

fn redirects(answer: &Response) -> bool {
    matches!(answer.status, 301 | 302 | 307 | 308)
        && answer.header("location").is_some_and(|location| location.starts_with("https://"))
}

fn secured(answer: &Response) -> bool {
    let secure = answer
        .header_lines("set-cookie")
        .any(|line| line.split(';').any(|attribute| attribute.trim().eq_ignore_ascii_case("secure")));
    secure || answer.header("strict-transport-security").is_some()
}

pub fn spoofed_proto(facts: &Facts) -> Judgement {
    let Some((_, _, plain)) = facts.of(PLAIN).next() else {
        return Judgement::NotRun("the front page did not answer".into());
    };
    let (mut places, mut observations) = (0, Vec::new());
    for (index, _, answer) in facts.of(FORWARDED_PROTO) {
        places += 1;
        let detail = if redirects(plain) && !redirects(answer) {
            "X-Forwarded-Proto from the client turns the redirect to https off"
        } else if secured(answer) && !secured(plain) {
            "X-Forwarded-Proto from the client makes the application believe in https"
        } else {
            continue;
        };
        observations.push(Observation::new(Level::Fail, index, "x-forwarded-proto", detail));
    }
    Judgement::of(places, observations, "the front page did not answer")
}

pub fn admin(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.of(ADMIN) {
        places += 1;
        let to = answer.header("location").unwrap_or_default();
        let page = String::from_utf8_lossy(&answer.body);
        let there = to.contains("/admin/login/")
            || page.contains("Django administration")
            || page.contains("Django site admin");
        if there && answer.status < 400 {
            let path = printable(&exchange.request.target, 60);
            observations.push(Observation::new(
                Level::Info,
                index,
                "admin",
                format!("Django's admin answers at `{path}`"),
            ));
        }
    }
    observations.truncate(1);
    Judgement::of(places, observations, "no answer")
}

pub fn toolbar(facts: &Facts) -> Judgement {
    let (mut places, mut observations) = (0, Vec::new());
    for (index, exchange, answer) in facts.answers() {
        let ours = exchange.purpose == TOOLBAR;
        if !ours && exchange.purpose != Purpose::Rest {
            continue;
        }
        places += usize::from(ours);
        let page = String::from_utf8_lossy(&answer.body);
        let path = printable(&exchange.request.target, 60);
        let tool = ours
            && answer.status == 200
            && (page.contains("djdt") || page.contains("silk") || page.contains("Silk"));
        if page.contains("id=\"djDebug\"") || tool {
            observations.push(Observation::new(
                Level::Fail,
                index,
                "toolbar",
                format!("`{path}` shows a debugging tool"),
            ));
        }
    }
    if places == 0 && observations.is_empty() {
        return Judgement::NotRun("the paths of debugging tools were not asked for".into());
    }
    Judgement::Judged { places: places.max(1), observations }
}

#[cfg(test)]
pub(in crate::audit) mod samples {
    //! A sound stack's answers to the probes of this part of the family, and what breaks each check.

    use super::*;
    use crate::audit::samples::{change, plain};

    pub fn sound(facts: &mut Facts) {
        for (purpose, status) in
            [(FORWARDED_HOST, 200), (PLAIN, 200), (FORWARDED_PROTO, 200), (ADMIN, 404), (TOOLBAR, 404)]
        {
            plain(facts, purpose, status, "hello");
        }
        for exchange in &mut facts.exchanges {
            let header = match exchange.purpose {
                Purpose::ForeignHost => "Host",
                FORWARDED_HOST => "X-Forwarded-Host",
                _ => continue,
            };
            exchange.request.headers.push((header.into(), "stranger.invalid".into()));
        }
    }

    pub fn spoil(check: &str, facts: &mut Facts) -> bool {
        let files = |facts: &mut Facts, purpose: Purpose, with: &dyn Fn(&mut Response)| {
            for exchange in &mut facts.exchanges {
                if exchange.purpose == purpose
                    && exchange.site.kind == RouteKind::Static
                    && let Ok(answer) = &mut exchange.answer
                {
                    with(answer);
                }
            }
        };
        match check {
            "DJ-STATIC-DEV" => files(facts, Purpose::Rest, &|answer| {
                answer.headers.retain(|(name, _)| name != "ETag" && name != "X-Content-Type-Options");
                answer.headers.push(("Content-Disposition".into(), b"inline; filename=\"app.css\"".to_vec()));
            }),
            "DJ-STATIC-INSECURE" => files(facts, Purpose::NotFound, &|answer| {
                answer.body =
                    b"Page not found at /static/x. Raised by: django.contrib.staticfiles.views.serve"
                        .to_vec();
            }),
            "DJ-APP-DIRECT" => change(facts, Purpose::Rest, |answer| {
                answer.headers.retain(|(name, _)| name != "Server");
                answer.headers.push(("Server".into(), b"gunicorn".to_vec()));
            }),
            "DJ-HOST" => {
                change(facts, FORWARDED_HOST, |answer| answer.body = b"<a href=//stranger.invalid/>".to_vec())
            }
            "DJ-PROTO-SPOOF" => {
                change(facts, PLAIN, |answer| {
                    answer.headers.retain(|(name, _)| name != "Strict-Transport-Security")
                });
            }
            "DJ-ADMIN" => change(facts, ADMIN, |answer| {
                answer.status = 302;
                answer.headers.push(("Location".into(), b"/admin/login/?next=/admin/".to_vec()));
            }),
            "DJ-TOOLBAR" => change(facts, TOOLBAR, |answer| {
                answer.status = 200;
                answer.body = b"<div id=\"djDebug\">".to_vec();
            }),
            _ => return false,
        }
        true
    }
}

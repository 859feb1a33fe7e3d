//! What one client's requests cost another: its times alone, beside them, and alone again.

use std::time::Duration;

use super::no_load;
use super::trials::{Trial, When};
use crate::audit::AuditInput;
use crate::audit::check::{Judgement, Level, Observation};
use crate::audit::exchange::{Facts, Purpose, Site};
use crate::audit::forged::success;
use crate::audit::login::probes::{limited, no_login, wrong};
use crate::audit::login::visitor::visitors;
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Noise, Prober, Quiet, nonsense, site};
use crate::audit::scene;
use crate::plan::RouteKind;
use crate::record::Confidence;
use crate::wire::Request;

/// One user's reads beside another's.
pub const NEIGHBOUR: Purposes = Purposes {
    alone: Purpose::Own("load-quiet-alone"),
    beside: Purpose::Own("load-quiet-beside"),
    noise: Purpose::Own("load-noise"),
};
/// Reads beside logins.
pub const LOGINS: Purposes = Purposes {
    alone: Purpose::Own("load-reads-alone"),
    beside: Purpose::Own("load-reads-beside"),
    noise: Purpose::Own("load-logins"),
};
/// The same reads beside as many requests for the front page: what any client costs.
pub const PAGES: Purposes = Purposes {
    alone: Purpose::Own("load-reads-alone"),
    beside: Purpose::Own("load-reads-beside-pages"),
    noise: Purpose::Own("load-pages"),
};

/// Reads in each part, requests beside them, and so many of these at once: what one client can send.
const READS: usize = 30;
const NOISE: usize = 300;
const LANES: usize = 3;
/// Longest part.
const PART: Duration = Duration::from_secs(12);
/// Of thirty reads the 25th is below their 95th percentile with 99 % certainty.
const SURE: usize = 24;
/// Fewer are no part.
const FEWEST: usize = READS;
/// A wait that is shorter than this hurts nobody, and is within what a busy machine does to any request.
const FLOOR: Duration = Duration::from_millis(100);
/// How many times as slow is too slow.
const NEIGHBOURLY: u32 = 2;
const STARVED: u32 = 5;
/// A share of reads without a good answer that chance does not explain.
const FAILED: usize = 3;

/// Why the requests of a part were sent.
#[derive(Debug, Clone, Copy)]
pub struct Purposes {
    pub alone: Purpose,
    pub beside: Purpose,
    pub noise: Purpose,
}

static NEIGHBOURS_PROBE: Probe = Probe {
    name: "load-neighbours",
    consent: Consent::Guarded,
    about: "after the load, to a stack on this machine: ninety reads of a protected route by its first user, alone, beside up to three hundred \
            of its second user at three connections, and alone again",
    most: 3 * READS + NOISE,
    lacks: |input| {
        let none = scene::protected(input, 1).is_empty();
        none.then_some("no protected GET route of the scenario has two users")
    },
    send: |_| Box::pin(async {}),
};

pub const NEIGHBOURS: Trial =
    Trial { probe: &NEIGHBOURS_PROBE, when: When::Afterwards, send: |prober| Box::pin(neighbours(prober)) };

static STARVE_PROBE: Probe = Probe {
    name: "load-login-starve",
    consent: Consent::Guarded,
    about: "after the load, to a stack on this machine: a hundred and twenty reads, alone, beside up to three hundred requests for the front \
            page at three connections, beside as many wrong passwords in names nobody has, and alone again",
    most: 4 * READS + 2 * NOISE + 2,
    lacks: no_login,
    send: |_| Box::pin(async {}),
};

pub const LOGIN_STARVE: Trial =
    Trial { probe: &STARVE_PROBE, when: When::Afterwards, send: |prober| Box::pin(starve(prober)) };

/// Whether a stack may be asked as fast as it answers.
fn is_here(prober: &mut Prober<'_>) -> bool {
    let here = prober.input.endpoint.address.ip().is_loopback();
    if !here {
        prober.refuse("asks more often than the audit may ask a stack that is not on this machine");
    }
    here
}

async fn part(
    prober: &mut Prober<'_>,
    (site, request): &(Site, Request),
    purpose: Purpose,
    noise: Option<Noise<'_>>,
) {
    prober.send_beside(Quiet { purpose, site, request, times: READS, longest: PART }, noise).await;
}

async fn neighbours(prober: &mut Prober<'_>) {
    if !is_here(prober) {
        return;
    }
    let Some(other) = scene::protected(prober.input, 1).into_iter().next() else { return };
    let own = scene::protected(prober.input, 0);
    let Some(own) = own.into_iter().find(|target| target.route.name == other.route.name) else { return };
    let quiet = (own.site("first user", true), own.genuine());
    let loud = (other.site("second user", true), other.genuine());
    let make = || loud.1.clone();
    let noise = Noise { purpose: NEIGHBOUR.noise, site: &loud.0, request: &make, lanes: LANES, most: NOISE };
    part(prober, &quiet, NEIGHBOUR.alone, None).await;
    part(prober, &quiet, NEIGHBOUR.beside, Some(noise)).await;
    part(prober, &quiet, NEIGHBOUR.alone, None).await;
}

/// An ordinary read: a protected route, or else the front page.
fn read(input: &AuditInput<'_>) -> (Site, Request) {
    match scene::protected(input, 0).first() {
        Some(target) => (target.site("read", true), target.genuine()),
        None => (site("front page", RouteKind::Html), scene::front(input)),
    }
}

async fn starve(prober: &mut Prober<'_>) {
    if !is_here(prober) {
        return;
    }
    let Some(mut visitor) = visitors(prober.input, false).into_iter().next() else { return };
    visitor.arrive(prober).await;
    let quiet = read(prober.input);
    let (page, place) = (scene::front(prober.input), site("front page", RouteKind::Html));
    let pages = || page.clone();
    let logins = || visitor.login(&nonsense(), &wrong());
    let login_site = visitor.site("a wrong password beside reads");
    let of = |purpose, site, request| Noise { purpose, site, request, lanes: LANES, most: NOISE };
    part(prober, &quiet, LOGINS.alone, None).await;
    part(prober, &quiet, PAGES.beside, Some(of(PAGES.noise, &place, &pages))).await;
    part(prober, &quiet, LOGINS.beside, Some(of(LOGINS.noise, &login_site, &logins))).await;
    part(prober, &quiet, LOGINS.alone, None).await;
}

/// The reads of a part.
struct Reads {
    /// Times of good answers, the shortest first.
    times: Vec<Duration>,
    /// Position of one without a good answer, and how many there are.
    failed: Option<usize>,
    failures: usize,
    /// Position of the slowest.
    slowest: Option<usize>,
}

impl Reads {
    fn of(facts: &Facts, purpose: Purpose) -> Reads {
        let mut reads = Reads { times: Vec::new(), failed: None, failures: 0, slowest: None };
        let mut slowest = Duration::ZERO;
        let asked = facts.exchanges.iter().enumerate().filter(|(_, exchange)| exchange.purpose == purpose);
        for (index, exchange) in asked {
            match exchange.answer.as_ref().ok().filter(|answer| success(answer)) {
                Some(answer) => {
                    reads.times.push(answer.total);
                    if answer.total >= slowest {
                        (slowest, reads.slowest) = (answer.total, Some(index));
                    }
                }
                None => {
                    reads.failures += 1;
                    reads.failed = Some(index);
                }
            }
        }
        reads.times.sort_unstable();
        reads
    }

    /// Below their 95th percentile with 99 % certainty; the longest where there are fewer.
    fn surely(&self) -> Duration {
        self.times.get(SURE).or(self.times.last()).copied().unwrap_or_default()
    }

    /// Above it with 95 % certainty for sixty.
    fn longest(&self) -> Duration {
        self.times.last().copied().unwrap_or_default()
    }

    fn median(&self) -> Duration {
        self.times.get(self.times.len() / 2).copied().unwrap_or_default()
    }
}

/// The reads alone, once they are fit to compare with.
fn alone(facts: &Facts, purpose: Purpose) -> Result<Reads, Judgement> {
    let alone = Reads::of(facts, purpose);
    if alone.times.len() + alone.failures < 2 * FEWEST {
        return Err(Judgement::NotRun("too few reads were sent after the load".into()));
    }
    if alone.failures > 0 {
        let why = format!("{} of the reads alone got no good answer either", alone.failures);
        return Err(Judgement::Inconclusive(why));
    }
    if alone.longest() > FLOOR.max(10 * alone.median()) {
        let (longest, median) = (milliseconds(alone.longest()), milliseconds(alone.median()));
        let why =
            format!("the times of the reads alone scatter too much: median {median}, longest {longest}");
        return Err(Judgement::Inconclusive(why));
    }
    Ok(alone)
}

fn milliseconds(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}

/// Those beside others, when they were slower than so many times the slowest alone.
fn slower(reads: &Reads, than: &Reads, times: u32) -> bool {
    reads.surely() > (times * than.longest()).max(than.longest() + FLOOR)
}

fn told(reads: &Reads, alone: &Reads, beside: &str) -> String {
    format!(
        "the 95th percentile of reads {beside} is over {} where no read alone took longer than {} (median {}, {} of each)",
        milliseconds(reads.surely()),
        milliseconds(alone.longest()),
        milliseconds(alone.median()),
        reads.times.len()
    )
}

fn timing(level: Level, index: Option<usize>, subject: &str, detail: String) -> Observation {
    Observation {
        confidence: Confidence::Timing,
        ..Observation::new(level, index.unwrap_or_default(), subject, detail)
    }
}

/// LOAD-RATE-COLLATERAL.
pub fn collateral(facts: &Facts) -> Judgement {
    if facts.load.is_none() {
        return no_load();
    }
    let alone = match alone(facts, NEIGHBOUR.alone) {
        Ok(alone) => alone,
        Err(other) => return other,
    };
    let beside = Reads::of(facts, NEIGHBOUR.beside);
    let stopped = facts.of(NEIGHBOUR.noise).any(|(_, _, answer)| limited(answer, 0));
    let mut observations = Vec::new();
    if beside.failures >= FAILED {
        let what = format!(
            "{} of {READS} reads of one user got no good answer while another asked often",
            beside.failures
        );
        let (level, detail) = if stopped {
            (Level::Warn, format!("{what}: a limit that both share, by address or for everybody"))
        } else {
            (Level::Fail, what)
        };
        observations.push(Observation::new(level, beside.failed.unwrap_or_default(), "refused", detail));
    }
    if slower(&beside, &alone, NEIGHBOURLY) {
        let detail = told(&beside, &alone, "beside another user's");
        observations.push(timing(Level::Warn, beside.slowest, "time", detail));
    }
    Judgement::Judged { places: beside.times.len() + beside.failures, observations }
}

/// LOAD-LOGIN-STARVE.
pub fn starved(facts: &Facts) -> Judgement {
    if facts.load.is_none() {
        return no_load();
    }
    let alone = match alone(facts, LOGINS.alone) {
        Ok(alone) => alone,
        Err(other) => return other,
    };
    let (pages, logins) = (Reads::of(facts, PAGES.beside), Reads::of(facts, LOGINS.beside));
    let mut observations = Vec::new();
    if logins.failures >= FAILED && pages.failures == 0 {
        let detail =
            format!("{} of {READS} reads got no good answer beside {LANES} logins at once", logins.failures);
        observations.push(Observation::new(
            Level::Fail,
            logins.failed.unwrap_or_default(),
            "refused",
            detail,
        ));
    }
    // Whoever asks that often slows others somewhat: it has to be the logins.
    if slower(&logins, &alone, STARVED) && slower(&logins, &pages, NEIGHBOURLY) {
        let detail = told(&logins, &alone, &format!("beside {LANES} logins at once"));
        observations.push(timing(Level::Fail, logins.slowest, "time", detail));
    }
    Judgement::Judged { places: logins.times.len() + logins.failures, observations }
}

//! Logins that should fail, beside one that should not.

use super::visitor::{Visitor, visitors};
use crate::audit::AuditInput;
use crate::audit::exchange::{Exchange, Purpose};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, nonsense};
use crate::secret::ExposeSecret;
use crate::wire::Response;

/// Control: the user's own password.
pub const GENUINE: Purpose = Purpose::Own("login-genuine");
pub const KNOWN: Purpose = Purpose::Own("login-known");
pub const UNKNOWN: Purpose = Purpose::Own("login-unknown");
pub const BY_GET: Purpose = Purpose::Own("login-by-get");
pub const TIME_KNOWN: Purpose = Purpose::Own("login-time-known");
pub const TIME_UNKNOWN: Purpose = Purpose::Own("login-time-unknown");
pub const LONG_PASSWORD: Purpose = Purpose::Own("login-long-password");
/// Control: a wrong password before those that a product comes with.
const REFUSED: Purpose = Purpose::Own("login-refused");
pub const DEFAULT: Purpose = Purpose::Own("login-default");
/// Many at once.
pub const BURST: Purpose = Purpose::Own("login-burst");
/// One after the other.
pub const SERIAL: Purpose = Purpose::Own("login-serial");
/// The right password after a series without a limit.
pub const AFTERWARDS: Purpose = Purpose::Own("login-afterwards");
pub const FORWARDED: Purpose = Purpose::Own("login-forwarded");
/// A plain one after those: the limit still holds.
pub const STILL: Purpose = Purpose::Own("login-still");
pub const OTHER_NAME: Purpose = Purpose::Own("login-other-name");
pub const SPELLING: Purpose = Purpose::Own("login-spelling");

/// What a visitor's own login, or one that opened, is called.
pub const OPENED: &str = "opened";
pub const AUTHTOKEN: &str = "drf-token";

/// Wrong passwords in a row.
pub const SERIES: usize = 30;
/// Logins at once, and how often.
pub const AT_ONCE: usize = 16;
pub const ROUNDS: usize = 3;
/// Names that one password is tried on.
pub const NAMES: usize = 20;
/// Pairs of logins whose times are compared.
const PAIRS: usize = 30;
/// Pairs after which the right password clears what a limit may have counted.
const BREATH: usize = 5;
/// Entrances of one scenario.
const ENTRANCES: usize = 4;

pub fn no_login(input: &AuditInput<'_>) -> Option<&'static str> {
    visitors(input, false).is_empty().then_some("the scenario has no login with a password")
}

fn nobody_lockable(input: &AuditInput<'_>) -> Option<&'static str> {
    no_login(input).or_else(|| {
        let nobody = visitors(input, true).is_empty();
        nobody.then_some("the scenario names no user who may be locked out: `lockable` in [audit]")
    })
}

/// A password nobody has. Letters, digits and dashes: it stands as it is in JSON, forms and pages.
pub fn wrong() -> String {
    format!("wrong-{}", uuid::Uuid::new_v4().simple())
}

/// Whether an answer refuses for the number of tries rather than for the password.
pub fn limited(answer: &Response, first: u16) -> bool {
    matches!(answer.status, 423 | 429) || (matches!(answer.status, 403 | 503) && first != answer.status)
}

pub static ANSWERS: Probe = Probe {
    name: "login-answers",
    consent: Consent::Active,
    about: "at each login: the right password of one user, a wrong one, one in a name nobody has, and a login by GET",
    most: 6 * ENTRANCES,
    lacks: no_login,
    send: |prober| {
        Box::pin(async move {
            for mut visitor in visitors(prober.input, false).into_iter().take(ENTRANCES) {
                visitor.arrive(prober).await;
                let name = visitor.user.name.as_str();
                let nobody = nonsense();
                for (purpose, name) in [(KNOWN, name), (UNKNOWN, nobody.as_str())] {
                    let request = visitor.login(name, &wrong());
                    if let Some(answer) = prober.send(purpose, visitor.site(name), request).await {
                        visitor.refused(&answer);
                    }
                }
                let (request, shown) = visitor.by_get(name, visitor.password());
                if let Some(exchange) = prober.ask(BY_GET, visitor.site("by GET"), request).await {
                    // The password is not kept: written for a URL it would not be recognised.
                    let form = visitor.entrance.form;
                    let opened = exchange.answer.as_ref().is_ok_and(|answer| opens(&visitor, answer, form));
                    prober.keep(named(Exchange { request: shown, ..exchange }, opened));
                }
                genuine(prober, &visitor, GENUINE).await;
            }
        })
    },
};

/// A form that answers a GET with a redirect is no login: it wants the user's session cookie.
fn opens(visitor: &Visitor<'_>, answer: &Response, form: bool) -> bool {
    let sets = answer.header_lines("set-cookie").next().is_some();
    let token = || String::from_utf8_lossy(&answer.body).contains("\"access\"");
    let drf = || String::from_utf8_lossy(&answer.body).contains("\"token\"");
    visitor.opened(answer)
        && if form { sets && answer.status < 400 && answer.status >= 300 } else { token() || drf() }
}

fn named(mut exchange: Exchange, opened: bool) -> Exchange {
    if opened {
        exchange.site.variant = OPENED.to_owned();
    }
    exchange
}

/// The right password; whether it opened stands in the site.
async fn genuine(prober: &mut Prober<'_>, visitor: &Visitor<'_>, purpose: Purpose) -> bool {
    let request = visitor.login(&visitor.user.name, visitor.password());
    let Some(exchange) = prober.ask(purpose, visitor.site("right password"), request).await else {
        return false;
    };
    let opened = exchange.answer.as_ref().is_ok_and(|answer| visitor.opened(answer));
    prober.keep(named(exchange, opened));
    opened
}

pub static TIMES: Probe = Probe {
    name: "login-times",
    consent: Consent::Guarded,
    about: "at the first login: up to thirty wrong passwords in the name of `lockable` and as many in names nobody has, in turns, \
            with a right one before every five",
    most: 2 * PAIRS + 3 * PAIRS / BREATH + 3,
    lacks: nobody_lockable,
    send: |prober| {
        Box::pin(async move {
            let Some(mut visitor) = visitors(prober.input, true).into_iter().next() else { return };
            visitor.arrive(prober).await;
            let mut nobody = String::new();
            for turn in 0..PAIRS {
                if turn % BREATH == 0 {
                    nobody = nonsense();
                    if !genuine(prober, &visitor, GENUINE).await {
                        let last = prober.exchanges.last().and_then(|exchange| exchange.answer.as_ref().ok());
                        // Where it is a limit that refuses, what came before it is judged.
                        if !last.is_some_and(|answer| limited(answer, 0)) {
                            prober.refuse("the right password did not open either");
                        }
                        return;
                    }
                    visitor.arrive(prober).await;
                }
                let known = (TIME_KNOWN, visitor.user.name.as_str());
                let unknown = (TIME_UNKNOWN, nobody.as_str());
                // Who comes first changes: a server may be slower after a pause.
                let pair = if turn % 2 == 0 { [known, unknown] } else { [unknown, known] };
                for (purpose, name) in pair {
                    let request = visitor.login(name, &wrong());
                    let answer = prober.send(purpose, visitor.site(""), request).await;
                    if answer.is_none_or(|answer| limited(&answer, 0)) {
                        return;
                    }
                }
            }
            genuine(prober, &visitor, GENUINE).await;
        })
    },
};

pub static LONG: Probe = Probe {
    name: "login-long-password",
    consent: Consent::Guarded,
    about: "at the first login: passwords of 20 bytes, 4 KiB and 1 MiB in a name nobody has",
    most: 4,
    lacks: no_login,
    send: |prober| {
        Box::pin(async move {
            let Some(mut visitor) = visitors(prober.input, false).into_iter().next() else { return };
            visitor.arrive(prober).await;
            let nobody = nonsense();
            for (variant, size) in [("short", 20), ("4 KiB", 4096), ("1 MiB", 1024 * 1024)] {
                let request = visitor.login(&nobody, &"x".repeat(size));
                let site = visitor.site(&format!("password of {variant}"));
                prober.send(LONG_PASSWORD, site, request).await;
            }
        })
    },
};

pub static DEFAULTS: Probe = Probe {
    name: "login-defaults",
    consent: Consent::Guarded,
    about: "at each login: a wrong password in a name nobody has, and the `default_logins` of [audit], once each",
    most: 60 + ENTRANCES,
    lacks: |input| {
        let none = input.plan.default_logins.is_empty();
        no_login(input)
            .or(none.then_some("the scenario lists no default passwords: `default_logins` in [audit]"))
    },
    send: |prober| {
        Box::pin(async move {
            for mut visitor in visitors(prober.input, false).into_iter().take(ENTRANCES) {
                visitor.arrive(prober).await;
                let request = visitor.login(&nonsense(), &wrong());
                let refused = prober.ask(REFUSED, visitor.site("wrong password"), request).await;
                if let Some(answer) = refused.and_then(|exchange| exchange.answer.ok()) {
                    visitor.refused(&answer);
                }
                for (name, password) in &prober.input.plan.default_logins {
                    let request = visitor.login(name, password.expose_secret());
                    let Some(exchange) = prober.ask(DEFAULT, visitor.site(name), request).await else {
                        return;
                    };
                    let opened = exchange.answer.as_ref().is_ok_and(|answer| visitor.opened(answer));
                    let mut kept = exchange;
                    kept.site.variant = if opened { format!("{OPENED} {name}") } else { name.clone() };
                    prober.keep(kept);
                }
            }
        })
    },
};

/// Series of wrong logins.
pub static RATE: Probe = Probe {
    name: "login-rate",
    consent: Consent::Guarded,
    about: "wrong passwords: sixteen at once three times in a name nobody has; at each login up to thirty in the name of `lockable`; \
            then with headers of a proxy, in twenty other names, and in other spellings of the name",
    most: ROUNDS * AT_ONCE + ENTRANCES * (SERIES + 3) + NAMES + 14,
    lacks: nobody_lockable,
    send: |prober| Box::pin(rate(prober)),
};

async fn rate(prober: &mut Prober<'_>) {
    let mut beyond = false;
    for (position, mut visitor) in visitors(prober.input, true).into_iter().take(ENTRANCES).enumerate() {
        visitor.arrive(prober).await;
        if position == 0 {
            let nobody = nonsense();
            for _ in 0..ROUNDS {
                let requests = (0..AT_ONCE).map(|_| visitor.login(&nobody, &wrong())).collect();
                prober.send_at_once(BURST, &visitor.site("sixteen at once"), requests).await;
            }
        }
        let stopped = series(prober, &mut visitor).await;
        if let Some(first) = stopped.filter(|_| !beyond) {
            beyond = true;
            evade(prober, &visitor, first).await;
        }
    }
}

/// Wrong passwords until a limit comes: the status of the first refusal for the password, when one came.
async fn series(prober: &mut Prober<'_>, visitor: &mut Visitor<'_>) -> Option<u16> {
    let mut site = visitor.site("");
    if visitor.is_authtoken() {
        site.variant = AUTHTOKEN.to_owned();
    }
    let mut first = 0;
    for _ in 0..SERIES {
        let request = visitor.login(&visitor.user.name, &wrong());
        let answer = prober.send(SERIAL, site.clone(), request).await?;
        if limited(&answer, first) {
            return Some(first);
        }
        if first == 0 {
            first = answer.status;
            visitor.refused(&answer);
        }
    }
    genuine(prober, visitor, AFTERWARDS).await;
    None
}

/// Ways past a limit that refuses now.
async fn evade(prober: &mut Prober<'_>, visitor: &Visitor<'_>, first: u16) {
    let name = visitor.user.name.as_str();
    // Addresses of documentation (RFC 5737).
    for (position, header) in
        ["X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP"].into_iter().enumerate()
    {
        for last in [1, 2] {
            let address = format!("203.0.113.{}", 10 * position + last);
            let value = if header == "Forwarded" { format!("for={address}") } else { address };
            let mut request = visitor.login(name, &wrong());
            request.headers.push((header.to_owned(), value));
            prober.send(FORWARDED, visitor.site(header), request).await;
        }
    }
    prober.send(STILL, visitor.site("plain again"), visitor.login(name, &wrong())).await;
    for spelling in [name.to_uppercase(), format!("{name} "), format!("{name}.")] {
        let request = visitor.login(&spelling, visitor.password());
        let Some(exchange) = prober.ask(SPELLING, visitor.site("another spelling"), request).await else {
            return;
        };
        let opened = exchange.answer.as_ref().is_ok_and(|answer| visitor.opened(answer));
        prober.keep(named(exchange, opened));
    }
    for _ in 0..NAMES {
        let request = visitor.login(&nonsense(), &wrong());
        let answer = prober.send(OTHER_NAME, visitor.site("another name"), request).await;
        if answer.is_none_or(|answer| limited(&answer, first)) {
            return;
        }
    }
}

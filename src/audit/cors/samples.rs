//! A sound stack's answers to the probes of this family, and what breaks each check.

use super::probes::{AFFIX, FOREIGN, NULL, PREFLIGHT};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::samples::{change, plain};
use crate::wire::Response;

const ORIGIN: &str = "https://shakedown.invalid";

pub fn sound(facts: &mut Facts) {
    for (purpose, origin) in [(FOREIGN, ORIGIN), (NULL, "null"), (AFFIX, ORIGIN), (PREFLIGHT, ORIGIN)] {
        plain(facts, purpose, 200, "{}");
        if let Some(last) = facts.exchanges.last_mut() {
            last.site.name = "cors".into();
            last.request.headers.push(("Origin".into(), origin.into()));
        }
    }
}

fn allow(answer: &mut Response, origin: &str, more: &[(&str, &str)]) {
    for (name, value) in [("Access-Control-Allow-Origin", origin)].iter().chain(more) {
        answer.headers.push(((*name).to_owned(), value.as_bytes().to_vec()));
    }
}

const CREDENTIALS: (&str, &str) = ("Access-Control-Allow-Credentials", "true");

pub fn spoil(check: &str, facts: &mut Facts) -> bool {
    match check {
        "CORS-REFLECT" => change(facts, FOREIGN, |a| allow(a, ORIGIN, &[CREDENTIALS, ("Vary", "Origin")])),
        "CORS-NULL" => change(facts, NULL, |a| allow(a, "null", &[CREDENTIALS])),
        "CORS-AFFIX" => change(facts, AFFIX, |a| allow(a, ORIGIN, &[CREDENTIALS])),
        "CORS-STAR" => change(facts, Purpose::Rest, |a| allow(a, "*", &[CREDENTIALS])),
        "CORS-VARY" => change(facts, FOREIGN, |a| allow(a, ORIGIN, &[])),
        "CORS-PREFLIGHT" => {
            change(facts, PREFLIGHT, |a| allow(a, ORIGIN, &[("Access-Control-Max-Age", "604800")]))
        }
        _ => return false,
    }
    true
}

mod tests {
    use super::*;
    use crate::audit::Judgement;
    use crate::audit::Level;
    use crate::audit::fixture::{facts, judge, worst};
    use crate::plan::RouteKind;

    #[test]
    fn only_answers_to_other_origins_show_that_they_matter() {
        let constant = [("Access-Control-Allow-Origin", "https://app.example")];
        let of = |facts: Facts, purpose, status, headers: &[(&str, &str)]| {
            facts.answer(purpose, RouteKind::Json, status, headers, "{}")
        };
        let mut facts = of(facts(true), FOREIGN, 200, &constant);
        facts = of(facts, Purpose::Rest, 200, &constant);
        facts = of(facts, Purpose::Own("another"), 400, &[]);
        assert_eq!(worst("CORS-VARY", &facts), None);
        facts = of(facts, Purpose::Rest, 200, &[]);
        assert_eq!(worst("CORS-VARY", &facts), Some(Level::Warn));
    }

    #[test]
    fn one_route_that_echoes_everything_hides_no_other() {
        let mut facts = facts(true);
        sound(&mut facts);
        sound(&mut facts);
        for exchange in facts.exchanges.iter_mut().skip(4) {
            exchange.site.name = "other".into();
        }
        change(&mut facts, AFFIX, |answer| allow(answer, ORIGIN, &[CREDENTIALS]));
        if let Ok(answer) = &mut facts.exchanges[0].answer {
            allow(answer, ORIGIN, &[CREDENTIALS]);
        }
        assert_eq!(worst("CORS-AFFIX", &facts), Some(Level::Fail));
        facts.exchanges.truncate(4);
        assert!(matches!(judge("CORS-AFFIX", &facts), Judgement::NotApplicable(_)));
    }
}

//! A sound stack's answers to the probes of this family, and what breaks each check.

use std::time::Duration;

use super::framing::{
    ALONE, BARE_LF, CONTROL, DISGUISED, FOREIGN, HOST, IN_LINE, MARKER, SYNTAX_LINE, TWO_LENGTHS, TWO_LINES,
};
use super::limits::{BODY, FIELD, HEADER, URI};
use super::probes::{BY_GET, METHOD, TRACE_HEADER, TRACED};
use super::slow;
use crate::audit::exchange::{ByHand, Facts, Purpose};
use crate::audit::samples::{change, plain};
use crate::wire::{Failure, FailureKind};

const PATIENCE: Duration = Duration::from_secs(90);

fn add(facts: &mut Facts, purpose: Purpose, variant: &str, status: u16) {
    plain(facts, purpose, status, "Plain.");
    if let Some(last) = facts.exchanges.last_mut() {
        last.site.name = "front page".into();
        last.site.variant = variant.to_owned();
    }
}

pub fn sound(facts: &mut Facts) {
    add(facts, TRACED, "", 405);
    if let Some(last) = facts.exchanges.last_mut() {
        last.request.headers.push((TRACE_HEADER.into(), "a-word-of-ours".into()));
    }
    add(facts, BY_GET, "before", 200);
    add(facts, METHOD, "PUT", 403);
    add(facts, BY_GET, "after", 200);
    add(facts, ALONE, "", 200);
    add(facts, CONTROL, "", 403);
    add(facts, TWO_LENGTHS, "Content-Length first", 400);
    add(facts, MARKER, "Content-Length first", 200);
    add(facts, DISGUISED, "xchunked", 501);
    add(facts, SYNTAX_LINE, "space before the colon", 400);
    add(facts, SYNTAX_LINE, BARE_LF, 400);
    add(facts, FOREIGN, "", 421);
    add(facts, HOST, TWO_LINES, 400);
    add(facts, HOST, IN_LINE, 421);
    for (purpose, small, large) in [(HEADER, 200, 431), (BODY, 403, 413), (URI, 200, 414), (FIELD, 400, 400)]
    {
        add(facts, purpose, "small", small);
        add(facts, purpose, "large", large);
    }
    add(facts, slow::ALONE, "", 200);
    for purpose in [slow::HEADER, slow::BODY] {
        add(facts, purpose, "", 408);
        if let Some(last) = facts.exchanges.last_mut() {
            let by_hand = ByHand { open: Duration::from_secs(15), longest: PATIENCE, ..ByHand::default() };
            last.by_hand = Some(Box::new(by_hand));
        }
    }
    add(facts, slow::BESIDE, "", 200);
}

/// The server still waits.
fn waits(facts: &mut Facts, purpose: Purpose) {
    for exchange in facts.exchanges.iter_mut().filter(|exchange| exchange.purpose == purpose) {
        let message = "still waiting".to_owned();
        exchange.answer = Err(Failure { kind: FailureKind::Timeout, message });
        if let Some(by_hand) = &mut exchange.by_hand {
            by_hand.open = PATIENCE;
        }
    }
}

pub fn spoil(check: &str, facts: &mut Facts) -> bool {
    match check {
        "HTTP-TRACE" => change(facts, TRACED, |a| a.body = b"X-Shakedown: a-word-of-ours".to_vec()),
        "HTTP-METHODS" => change(facts, METHOD, |a| a.status = 200),
        "HTTP-DUP-HOST" => change(facts, HOST, |a| a.status = 200),
        "HTTP-CL-TE" => {
            change(facts, TWO_LENGTHS, |a| a.status = 403);
            change(facts, MARKER, |a| a.status = 400);
        }
        "HTTP-TE-OBFUSCATED" => change(facts, DISGUISED, |a| a.status = 403),
        "HTTP-BARE-LF" => change(facts, SYNTAX_LINE, |a| a.status = 200),
        "HTTP-SLOW-HEADER" => waits(facts, slow::HEADER),
        "HTTP-SLOW-BODY" => change(facts, slow::BESIDE, |a| a.total = Duration::from_secs(8)),
        "HTTP-HEADER-LIMIT" => change(facts, HEADER, |a| a.status = 200),
        "HTTP-BODY-LIMIT" => change(facts, BODY, |a| a.status = 502),
        "HTTP-URI-LIMIT" => change(facts, URI, |a| a.status = 200),
        "HTTP-FIELDS-LIMIT" => change(facts, FIELD, |a| a.status = 500),
        "HTTP-KEEPALIVE" => change(facts, Purpose::Rest, |a| a.closed = true),
        "HTTP-CL-MISMATCH" => change(facts, Purpose::Rest, |a| {
            a.closed = true;
            a.headers.push(("Content-Length".into(), a.body.len().to_string().into_bytes()));
        }),
        _ => return false,
    }
    true
}

mod tests {
    use super::*;
    use crate::audit::fixture::{facts, judge, worst};
    use crate::audit::{Judgement, Level};

    fn fresh() -> Facts {
        let mut facts = facts(true);
        sound(&mut facts);
        facts
    }

    #[test]
    fn two_lengths_that_are_accepted_are_less_than_a_confused_answer() {
        let mut facts = fresh();
        change(&mut facts, TWO_LENGTHS, |a| a.status = 403);
        assert_eq!(worst("HTTP-CL-TE", &facts), Some(Level::Warn));
        change(&mut facts, TWO_LENGTHS, |a| a.closed = true);
        assert_eq!(worst("HTTP-CL-TE", &facts), None, "it closes the connection");
    }

    #[test]
    fn a_control_that_is_refused_alike_is_no_refusal() {
        let mut facts = fresh();
        change(&mut facts, CONTROL, |a| a.status = 400);
        change(&mut facts, TWO_LENGTHS, |a| a.status = 400);
        assert_eq!(worst("HTTP-CL-TE", &facts), Some(Level::Warn));
        change(&mut facts, TWO_LENGTHS, |a| a.body = b"two lengths".to_vec());
        assert_eq!(worst("HTTP-CL-TE", &facts), None, "it says another thing");
    }

    #[test]
    fn a_page_that_is_not_there_tells_nothing_of_hosts() {
        let mut facts = fresh();
        change(&mut facts, ALONE, |a| a.status = 404);
        change(&mut facts, HOST, |a| a.status = 404);
        assert!(matches!(judge("HTTP-DUP-HOST", &facts), Judgement::Inconclusive(_)));
    }

    #[test]
    fn a_stack_that_takes_any_host_is_not_judged_by_the_request_line() {
        let mut facts = fresh();
        change(&mut facts, FOREIGN, |a| a.status = 200);
        for exchange in facts.exchanges.iter_mut().filter(|e| e.site.variant == IN_LINE) {
            exchange.answer.as_mut().unwrap().status = 200;
        }
        assert_eq!(worst("HTTP-DUP-HOST", &facts), None);
    }

    #[test]
    fn line_feeds_alone_are_only_noted() {
        let mut facts = fresh();
        for exchange in facts.exchanges.iter_mut().filter(|e| e.site.variant == BARE_LF) {
            exchange.answer.as_mut().unwrap().status = 200;
        }
        assert_eq!(worst("HTTP-BARE-LF", &facts), Some(Level::Info));
    }

    #[test]
    fn a_body_that_is_waited_for_holds_up_nobody_by_itself() {
        let mut facts = fresh();
        waits(&mut facts, slow::BODY);
        assert_eq!(worst("HTTP-SLOW-BODY", &facts), Some(Level::Warn));
    }

    #[test]
    fn a_route_that_changed_is_worse_than_an_answer() {
        let mut facts = fresh();
        for exchange in facts.exchanges.iter_mut().filter(|e| e.site.variant == "after") {
            exchange.answer.as_mut().unwrap().status = 404;
        }
        assert_eq!(worst("HTTP-METHODS", &facts), Some(Level::Fail));
        change(&mut facts, BY_GET, |a| a.status = 500);
        assert!(matches!(judge("HTTP-METHODS", &facts), Judgement::Inconclusive(_)));
    }

    #[test]
    fn an_answer_that_breaks_off_is_shorter_than_it_says() {
        let mut facts = facts(true).answer(Purpose::Rest, crate::plan::RouteKind::Html, 200, &[], "");
        let message = "the connection ended in the middle of the answer".to_owned();
        facts.exchanges[0].answer = Err(Failure { kind: FailureKind::Reset, message });
        assert_eq!(worst("HTTP-CL-MISMATCH", &facts), Some(Level::Fail));
    }
}

//! Fabricated facts for the checks' tests.

use std::collections::BTreeMap;

use super::exchange::{Exchange, Facts, Purpose, Site};
use super::{Check, Judgement, Level};
use crate::plan::{Profile, Role, RouteKind};
use crate::wire::{Request, Response};

/// A production stack without any exchange, baseline profile, active probes allowed, with a session auth.
pub fn facts(https: bool) -> Facts {
    Facts {
        stack: "prod".into(),
        role: Role::Production,
        profile: Profile::Baseline,
        https,
        http2: false,
        active: true,
        host: "127.0.0.1:8443".into(),
        session_cookies: vec!["sessionid".into()],
        csrf_cookies: vec!["csrftoken".into()],
        users: vec!["ada".into(), "grace".into()],
        secrets: Vec::new(),
        has_session: true,
        exchanges: Vec::new(),
        unsent: BTreeMap::new(),
        declared: None,
        load: None,
        gave_up: None,
        repeats: Vec::new(),
        beside: None,
    }
}

impl Facts {
    /// Adds an answer to a GET of `/<purpose>`.
    pub fn answer(
        mut self,
        purpose: Purpose,
        kind: RouteKind,
        status: u16,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Self {
        let site = Site {
            name: format!("{kind:?}").to_lowercase(),
            variant: String::new(),
            kind,
            line: Some(7),
            authenticated: false,
        };
        let request = Request { method: "GET".into(), target: "/".into(), ..Request::default() };
        let answer = Response {
            status,
            minor_version: 1,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec())).collect(),
            body: body.as_bytes().to_vec(),
            body_length: body.len() as u64,
            ..Response::default()
        };
        self.exchanges.push(Exchange::new(purpose, site, request, Ok(answer)));
        self
    }

    /// Adds a header to the request of the last exchange.
    pub fn sent(mut self, name: &str, value: &str) -> Self {
        if let Some(last) = self.exchanges.last_mut() {
            last.request.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// The worst level a check sees in the facts; `None` when it passes.
///
/// # Panics
/// When the check does not judge.
#[track_caller]
pub fn worst(check: &str, facts: &Facts) -> Option<Level> {
    match judge(check, facts) {
        Judgement::Judged { observations, .. } => observations.iter().map(|o| o.level).max(),
        other => panic!("{check} did not judge: {other:?}"),
    }
}

/// What a check says of the facts.
#[track_caller]
pub fn judge(id: &str, facts: &Facts) -> Judgement {
    let check: &Check = super::find(id).unwrap_or_else(|| panic!("{id} is not in the catalogue"));
    (check.judge)(facts)
}

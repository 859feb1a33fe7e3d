//! The dev stack's credentials on production.

use crate::audit::AuditInput;
use crate::audit::check::{Judgement, Level};
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::forged::{refused, success};
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::Prober;
use crate::audit::scene::{self, Target};
use crate::plan::AuthId;
use crate::scenario::model::Auth;
use crate::secret::ExposeSecret as _;

pub const OF_DEV: Purpose = Purpose::Own("diff-credential");

/// One route of each auth whose credential the server keeps or signs by itself, and no JWT.
fn targets<'a>(input: &AuditInput<'a>) -> Vec<Target<'a>> {
    let mut targets = scene::one_of_each_auth(input, 0);
    targets.retain(|target| matches!(target.auth.auth, Auth::Session { .. } | Auth::DrfToken { .. }));
    targets
}

pub static EARLIER: Probe = Probe {
    name: "diff-credential",
    consent: Consent::Active,
    about: "the dev stack's session or DRF token of the same user on one route of each auth, and the route without it",
    most: 20,
    lacks: |input| {
        if input.earlier.is_none() {
            return Some("needs a dev stack that stands before this one in the scenario, in the same run");
        }
        targets(input)
            .is_empty()
            .then_some("the scenario has no protected GET route with a session or a DRF token")
    },
    send: |prober| Box::pin(of_dev(prober)),
};

async fn of_dev(prober: &mut Prober<'_>) {
    let Some(earlier) = prober.input.earlier else { return };
    let plan = prober.input.plan;
    for target in targets(prober.input) {
        prober.control(&target).await;
        let anonymous = target.site("no credential", false);
        prober.send(crate::audit::auth::ANONYMOUS, anonymous, target.bare.clone()).await;
        let position = plan.auths.iter().position(|auth| auth.name == target.auth.name);
        let Some(credential) = position.and_then(|position| earlier.wallet.get(AuthId(position), 0)) else {
            prober.refuse(format!("{} gave no credential for auth `{}`", earlier.stack, target.auth.name));
            continue;
        };
        let mut request = target.bare.clone();
        for (name, value) in &credential.headers {
            request.headers.push((name.clone(), value.expose_secret().to_owned()));
        }
        let what = format!("a credential of {}", earlier.stack);
        prober.send(OF_DEV, target.site(&what, false), request).await;
        prober.control(&target).await;
    }
}

pub fn shared(facts: &Facts) -> Judgement {
    refused(facts, OF_DEV, |exchange, answer, _| {
        success(answer)
            .then(|| (Level::Fail, format!("`{}` opens to {}", exchange.site.name, exchange.site.variant)))
    })
}

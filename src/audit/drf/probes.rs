//! API routes asked in ways that only Django REST framework answers.

use crate::audit::exchange::Purpose;
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{get, post_json, site};
use crate::audit::scene;
use crate::plan::RouteKind;
use crate::scenario::model::Auth;
use crate::secret::ExposeSecret;
use crate::wire::Request;

pub const BROWSER: Purpose = Purpose::Own("drf-browser");
pub const OPTIONS: Purpose = Purpose::Own("drf-options");
pub const SCHEMA: Purpose = Purpose::Own("drf-schema");
pub const LARGE_PAGE: Purpose = Purpose::Own("drf-large-page");
pub const TOKEN: Purpose = Purpose::Own("drf-token");

/// API routes that are looked at.
const ROUTES: usize = 5;
const SCHEMAS: [&str; 6] =
    ["/schema/", "/api/schema/", "/swagger/", "/redoc/", "/openapi.json", "/api/schema/swagger-ui/"];

pub static HABITS: Probe = Probe {
    name: "drf",
    consent: Consent::Active,
    about: "protected routes as a browser asks for them and by OPTIONS without a credential; usual addresses of schemas",
    most: 2 * ROUTES + SCHEMAS.len(),
    lacks: |_| None,
    send: |prober| {
        Box::pin(async move {
            for target in scene::protected(prober.input, 0)
                .into_iter()
                .filter(|target| target.token().is_some())
                .take(ROUTES)
            {
                let mut page = target.genuine();
                page.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("accept"));
                page.headers.push(("Accept".to_owned(), "text/html".to_owned()));
                prober.send(BROWSER, target.site("Accept: text/html", true), page).await;
                let options = Request { method: "OPTIONS".to_owned(), ..target.bare.clone() };
                prober.send(OPTIONS, target.site("OPTIONS", false), options).await;
            }
            for path in SCHEMAS {
                prober.send(SCHEMA, site(path, RouteKind::Json), get(path)).await;
            }
        })
    },
};

pub static LARGE_PAGES: Probe = Probe {
    name: "drf-large-pages",
    consent: Consent::Guarded,
    about: "protected routes with ?limit=100000&page_size=100000",
    most: 2 * ROUTES,
    lacks: |input| scene::protected(input, 0).is_empty().then_some("the scenario has no protected GET route"),
    send: |prober| {
        Box::pin(async move {
            for target in scene::protected(prober.input, 0)
                .into_iter()
                .filter(|target| target.token().is_some())
                .take(ROUTES)
            {
                prober.control(&target).await;
                let separator = if target.bare.target.contains('?') { '&' } else { '?' };
                let path = format!("{}{separator}limit=100000&page_size=100000", target.bare.target);
                let request = Request { target: path, ..target.genuine() };
                prober.send(LARGE_PAGE, target.site("100,000 items", true), request).await;
            }
        })
    },
};

pub static TOKENS: Probe = Probe {
    name: "drf-tokens",
    consent: Consent::Active,
    about: "two logins of the last user at each `drf-token` endpoint",
    most: 4,
    lacks: |input| {
        let kind = |auth: &crate::plan::AuthPlan| matches!(auth.auth, Auth::DrfToken { .. });
        (!input.plan.auths.iter().any(kind)).then_some("the scenario has no auth of kind `drf-token`")
    },
    send: |prober| {
        Box::pin(async move {
            let plan = prober.input.plan;
            for auth in &plan.auths {
                let Auth::DrfToken { obtain, .. } = &auth.auth else { continue };
                let users = plan.populations.get(auth.population.0).map_or(&[][..], |p| p.users.as_slice());
                let Some((user, password)) =
                    users.iter().next_back().and_then(|user| Some((user, user.password.as_ref()?)))
                else {
                    continue;
                };
                let body = serde_json::json!({ "username": user.name, "password": password.expose_secret() });
                for _ in 0..2 {
                    let place = site("token endpoint", RouteKind::Login);
                    prober.send(TOKEN, place, post_json(obtain.as_str(), &body)).await;
                }
            }
        })
    },
};

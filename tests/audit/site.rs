//! A target process, the scenario about it, and its audit.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use shakedown::audit::{AuditInput, Mode, Selection, collect};
use shakedown::auth::Wallet;
use shakedown::plan::{Plan, StackId};
use shakedown::record::CheckOutcome;
use shakedown::wire::{Endpoint, Limits, Request, fetch};

/// Routes of every kind that the target has.
const ROUTES: &str = r#"
[users]
pattern = "user{1..2}"
password = "shakedown-{{n}}"

[auth.jwt]
kind = "jwt"
obtain = "/api/token/"

[auth.token]
kind = "drf-token"
obtain = "/api-token-auth/"

[auth.session]
kind = "session"
login = "/accounts/login/"
logout = "/accounts/logout/"

[[routes]]
name = "home"
get = "/"

[[routes]]
name = "health"
get = "/healthz"
kind = "json"

[[routes]]
name = "whoami"
get = "/api/whoami/"
auth = "jwt"

[[routes]]
name = "notes"
get = "/api/notes/"
auth = "token"

[[routes]]
name = "dashboard"
get = "/dashboard/"
auth = "session"

[[routes]]
name = "to the login"
get = "/redirect/?to=/accounts/login/"

[[routes]]
name = "stylesheet"
get = "{{vars.css}}"
kind = "static"

[[routes]]
name = "boom"
get = "/boom/"
expect = { status = 500 }

[[flows]]
name = "note"
auth = "jwt"
steps = [
  { name = "create", post = "/api/notes/", body = { json = { title = "a note of mine", body = "{{uuid}}" } }, expect = { status = 201 }, extract = { id = { json = "$.id" } } },
  { name = "read", get = "/api/notes/{{id}}/" },
  { name = "delete", delete = "/api/notes/{{id}}/", expect = { status = 204 } },
]

[audit]
forbidden = ["/admin/"]
media = ["/media/page.html"]

[load]
model = "open"
rate = 1
duration = "1s"
"#;

/// The scenario about one stack.
pub fn plan(url: &str, stack: &str, routes: &str) -> Plan {
    let text = format!("title = \"t\"\n[stacks.prod]\nurl = \"{url}\"\n{stack}\n{routes}");
    Plan::parse(Path::new("test.toml"), &text).unwrap_or_else(|error| panic!("{error:?}"))
}

/// `shakedown target` as a process of its own.
pub struct Site {
    child: Child,
    url: url::Url,
    css: String,
    endpoint: Endpoint,
}

impl Site {
    /// Its certificates are kept in `tls` for the next one.
    pub async fn start(profile: &str, faults: &[&str], tls: &Path) -> Site {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shakedown"));
        command.args(["target", "--profile", profile, "--port", "0", "--tls-dir"]).arg(tls);
        for fault in faults {
            command.args(["--fault", fault]);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url: url::Url = line.trim().strip_prefix("listening on ").unwrap().parse().unwrap();
        let ca = (profile == "production").then(|| tls.join("ca.pem"));
        let endpoint = Endpoint::resolve(&url, ca.as_deref(), None).await.unwrap();
        let home = Request { method: "GET".into(), target: "/".into(), ..Request::default() };
        let page = fetch(&endpoint, &home, Limits::default()).await.unwrap();
        let page = String::from_utf8(page.body).unwrap();
        let css = page.split('"').find(|word| word.ends_with(".css")).unwrap().to_owned();
        Site { child, url, css, endpoint }
    }

    /// Every check of the catalogue.
    pub async fn audit(&self, active: bool) -> Vec<CheckOutcome> {
        self.audit_of(&Selection::default(), active).await
    }

    /// The selected checks.
    pub async fn audit_of(&self, selection: &Selection, active: bool) -> Vec<CheckOutcome> {
        let stack = format!("vars = {{ css = \"{}\" }}\naudit = {{ active = {active} }}", self.css);
        let plan = plan(self.url.as_str().trim_end_matches('/'), &stack, ROUTES);
        let wallet = Wallet::obtain(&plan, &self.endpoint, &|_, _| {}).await.unwrap();
        let values = BTreeMap::from([("vars.css".to_owned(), self.css.clone())]);
        run(&plan, &self.endpoint, &values, &wallet, selection).await
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The audit of a plan's only stack.
pub async fn run(
    plan: &Plan,
    endpoint: &Endpoint,
    values: &BTreeMap<String, String>,
    wallet: &Wallet,
    selection: &Selection,
) -> Vec<CheckOutcome> {
    let redactor = wallet.redactor(plan);
    let input = AuditInput { plan, stack: StackId(0), endpoint, values, wallet, redactor: &redactor };
    let audited = collect(&input, selection, &|_| {}).await.unwrap();
    audited.judge(&[Mode::Passive, Mode::Active], input.redactor)
}

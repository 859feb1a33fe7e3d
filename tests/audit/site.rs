//! A target process, the scenario about it, and its audit.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shakedown::audit::{AuditInput, Audited, Earlier, Mode, Policy, Selection, collect};
use shakedown::auth::Wallet;
use shakedown::plan::{Plan, StackId};
use shakedown::record::CheckOutcome;
use shakedown::run::Options;
use shakedown::wire::{Endpoint, FailureKind, Limits, Request, fetch};

/// Routes of every kind that the target has.
const ROUTES: &str = r#"
[users]
pattern = "user{1..2}"
password = "shakedown-{{n}}"

[auth.jwt]
kind = "jwt"
obtain = "/api/token/"
refresh = "/api/token/refresh/"
logout = "/api/token/logout/"
verify = { jwks = "keys.json" }

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
patience = "3s"
lockable = "user2"
login_limit = "8/min"
default_logins = [{ username = "admin", password = "admin" }]

[load]
model = "open"
rate = 1
duration = "1s"
"#;

/// The same routes, where whoami says whose it is.
const OWNER: &str = "auth = \"jwt\"\nexpect = { owner = { json = \"$.username\", equals = \"user.username\" } }\n\n\
                     [[routes]]\nname = \"notes\"";

/// What the target signs JWTs with.
const JWT_SECRET: &str = "what the tests sign with, 0f6a8d3e51c2";
/// What it signs with by the faults of a weak and of a shared key.
const OTHER_SECRETS: [&str; 3] =
    ["another secret of the tests, c71e", "my-jwt-secret-key", "one key for all environments, 8d1f0c7b6a59"];

/// The scenario about one stack.
pub fn plan(url: &str, stack: &str, routes: &str) -> Plan {
    plan_in(Path::new("."), url, stack, routes)
}

/// The same, with its files in a folder.
pub fn plan_in(folder: &Path, url: &str, stack: &str, routes: &str) -> Plan {
    let text = format!("title = \"t\"\n[stacks.prod]\nurl = \"{url}\"\n{stack}\n{routes}");
    Plan::parse(&folder.join("test.toml"), &text).unwrap_or_else(|error| panic!("{error:?}"))
}

/// A load, and the rows that judge it.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub rows: &'static str,
    pub rate: u32,
    pub seconds: u32,
}

/// `shakedown target` as a process of its own.
pub struct Site {
    child: Child,
    url: url::Url,
    css: String,
    endpoint: Endpoint,
    folder: PathBuf,
    /// Names of the users that it takes for disabled.
    disabled: tempfile::TempPath,
}

impl Site {
    /// Its certificates are kept in `tls` for the next one.
    pub async fn start(profile: &str, faults: &[&str], tls: &Path) -> Site {
        Site::start_with(profile, faults, tls, JWT_SECRET).await
    }

    /// The same, signing its JWTs with this secret.
    pub async fn start_with(profile: &str, faults: &[&str], tls: &Path, secret: &str) -> Site {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shakedown"));
        command.args(["target", "--profile", profile, "--port", "0", "--read-timeout", "1"]);
        command.arg("--tls-dir").arg(tls);
        for fault in faults {
            command.args(["--fault", fault]);
        }
        let disabled = tempfile::NamedTempFile::new_in(tls).unwrap().into_temp_path();
        command.env("TARGET_JWT_SECRET", secret).arg("--disabled").arg(&disabled);
        std::fs::write(tls.join("keys.json"), key_set()).unwrap();
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url: url::Url = line.trim().strip_prefix("listening on ").unwrap().parse().unwrap();
        let ca = (profile == "production").then(|| tls.join("ca.pem"));
        let endpoint = Endpoint::resolve(&url, ca.as_deref(), None).await.unwrap();
        let home = Request { method: "GET".into(), target: "/".into(), ..Request::default() };
        let css = match fetch(&endpoint, &home, Limits::default()).await {
            Ok(page) => {
                let page = String::from_utf8(page.body).unwrap();
                page.split('"').find(|word| word.ends_with(".css")).unwrap().to_owned()
            }
            // By fault, a certificate that nobody trusts.
            Err(failure) => {
                assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
                String::new()
            }
        };
        Site { child, url, css, endpoint, folder: tls.to_owned(), disabled }
    }

    /// The rest of its table in the scenario.
    fn stack(&self, active: bool) -> String {
        let list = self.disabled.display();
        let (css, port) = (&self.css, self.url.port().unwrap());
        format!(
            "vars = {{ css = \"{css}\" }}\n[stacks.prod.audit]\nactive = {active}\nplain_port = \"{port}\"\n\
             backends = [\"127.0.0.1:1\"]\n\
             check_deploy = {{ run = [\"echo\", \"System check identified no issues (0 silenced).\"] }}\n\
             disable_user = {{ run = [\"sh\", \"-c\", \"echo $SHAKEDOWN_USER > {list}\"] }}\n\
             enable_user = {{ run = [\"sh\", \"-c\", \": > {list}\"] }}"
        )
    }

    /// What the rows under load say of a load.
    pub async fn load(&self, load: Load) -> Vec<CheckOutcome> {
        let Load { rows, rate, seconds } = load;
        let stack = format!("ca = \"ca.pem\"\n{}", self.stack(true));
        let routes = ROUTES.replace("auth = \"jwt\"\n\n[[routes]]\nname = \"notes\"", OWNER).replace(
            "rate = 1\nduration = \"1s\"",
            &format!("rate = {rate}\nduration = \"{seconds}s\"\nwarmup = \"500ms\""),
        );
        let plan = plan_in(&self.folder, self.url.as_str().trim_end_matches('/'), &stack, &routes);
        let out = tempfile::tempdir().unwrap();
        let options = Options {
            folder: out.path().to_owned(),
            only: Vec::new(),
            audit: true,
            checks: Selection::parse(rows).unwrap(),
            policy: Policy::read(&plan).unwrap(),
            load: true,
            itself: false,
            parallel: false,
        };
        let (events, _heard) = tokio::sync::mpsc::unbounded_channel();
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        shakedown::run::run(&plan, &options, events, stopped).await.unwrap().record.audit
    }

    /// Every check of the catalogue.
    pub async fn audit(&self, active: bool) -> Vec<CheckOutcome> {
        self.audit_of(&Selection::default(), active).await
    }

    /// The selected checks.
    pub async fn audit_of(&self, selection: &Selection, active: bool) -> Vec<CheckOutcome> {
        let stack = self.stack(active);
        let plan = plan_in(&self.folder, self.url.as_str().trim_end_matches('/'), &stack, ROUTES);
        let wallet = Wallet::obtain(&plan, &self.endpoint, &|_, _| {}).await.unwrap();
        let values = BTreeMap::from([("vars.css".to_owned(), self.css.clone())]);
        run(&plan, &self.endpoint, &values, &wallet, selection).await
    }

    /// The selected checks, without any credential.
    pub async fn audit_from_outside(&self, selection: &Selection) -> Vec<CheckOutcome> {
        let stack = self.stack(true);
        let plan = plan_in(&self.folder, self.url.as_str().trim_end_matches('/'), &stack, ROUTES);
        run(&plan, &self.endpoint, &BTreeMap::new(), &Wallet::default(), selection).await
    }

    /// The credentials that it gives the scenario's users.
    pub async fn wallet(&self) -> Wallet {
        let stack = self.stack(false);
        let plan = plan_in(&self.folder, self.url.as_str().trim_end_matches('/'), &stack, ROUTES);
        Wallet::obtain(&plan, &self.endpoint, &|_, _| {}).await.unwrap()
    }

    /// The facts of these checks, where a stack called dev had given these credentials before.
    pub async fn audited_after(&self, earlier: &Wallet, selection: &Selection) -> Audited {
        let stack = self.stack(true);
        let plan = plan_in(&self.folder, self.url.as_str().trim_end_matches('/'), &stack, ROUTES);
        let wallet = Wallet::obtain(&plan, &self.endpoint, &|_, _| {}).await.unwrap();
        let values = BTreeMap::from([("vars.css".to_owned(), self.css.clone())]);
        let redactor = wallet.redactor(&plan);
        let input = AuditInput {
            plan: &plan,
            stack: StackId(0),
            endpoint: &self.endpoint,
            values: &values,
            wallet: &wallet,
            redactor: &redactor,
            earlier: Some(Earlier { stack: "dev", wallet: earlier }),
        };
        collect(&input, selection, &|_| {}).await.unwrap()
    }
}

/// The secrets that targets of the tests sign with, as a key set.
fn key_set() -> String {
    let keys = [JWT_SECRET].into_iter().chain(OTHER_SECRETS).map(|secret| {
        let k = URL_SAFE_NO_PAD.encode(secret);
        serde_json::json!({ "kty": "oct", "k": k })
    });
    serde_json::json!({ "keys": keys.collect::<Vec<_>>() }).to_string()
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
    let input =
        AuditInput { plan, stack: StackId(0), endpoint, values, wallet, redactor: &redactor, earlier: None };
    let audited = collect(&input, selection, &|_| {}).await.unwrap();
    audited.judge(&[Mode::Passive, Mode::Active], input.redactor)
}

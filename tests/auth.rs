//! Every kind of auth against a server that means it, and logins against servers that do not.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod harness;
mod support;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use harness::{Target, Trial};
use shakedown::auth::{AuthError, Wallet, inspect};
use shakedown::plan::Plan;
use shakedown::secret::ExposeSecret;
use shakedown::wire::Endpoint;
use support::{App, response};

const PASSWORD: &str = "the-very-secret-password";

/// A scenario with one user, one auth and one route that uses it.
fn plan(app: &App, auth: &str) -> Plan {
    let text = format!(
        "title = \"t\"\n[stacks.one]\nurl = \"{}\"\n[users]\nlist = [{{ username = \"ada\", password = \"{PASSWORD}\" }}]\n\
         [auth.it]\n{auth}\n[[routes]]\nname = \"r\"\nget = \"/\"\nauth = \"it\"\n",
        app.url().as_str().trim_end_matches('/')
    );
    Plan::parse(Path::new("trial.toml"), &text).unwrap()
}

async fn obtain(app: &App, auth: &str) -> (Plan, Result<Wallet, AuthError>) {
    let plan = plan(app, auth);
    let endpoint = Endpoint::resolve(&app.url(), None, None).await.unwrap();
    let wallet = Wallet::obtain(&plan, &endpoint, &|_, _| ()).await;
    (plan, wallet)
}

const TOKEN: &str = "kind = \"drf-token\"\nobtain = \"/token/\"";
const JWT: &str = "kind = \"jwt\"\nobtain = \"/token/\"\nrefresh = \"/refresh/\"";
const SESSION: &str = "kind = \"session\"\nlogin = \"/login/\"";

async fn refusal(auth: &str, answer: impl Fn(&str) -> String + Send + Sync + 'static) -> String {
    let app = App::start(answer).await;
    let error = obtain(&app, auth).await.1.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains(PASSWORD), "{text}");
    assert!(!error.to_string().chars().any(char::is_control), "{text:?}");
    text
}

#[tokio::test]
async fn refusals_name_user_endpoint_status_and_remedy() {
    for (auth, status, body, remedy) in [
        (TOKEN, 400, r#"{"non_field_errors": ["no"]}"#, "check the user name and the password"),
        (JWT, 401, r#"{"detail": "no"}"#, "check the user name and the password"),
        (TOKEN, 404, "", "check the path"),
        (TOKEN, 301, "", "check the stack's scheme"),
        (TOKEN, 500, "no such table: authtoken_token", "migrate"),
        (JWT, 503, "", "see the stack's log"),
    ] {
        let said = refusal(auth, move |_| response(status, "", body)).await;
        for part in ["`it`", "`ada`", "POST http://127.0.0.1:", "/token/", &status.to_string(), remedy] {
            assert!(said.contains(part), "`{part}` is not in: {said}");
        }
    }
}

#[tokio::test]
async fn hostile_answers_are_refused_in_a_line() {
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    let long = format!("{{\"token\": \"{}\"}}", "x".repeat(10 << 20));
    for body in [
        String::new(),
        "not json".into(),
        "{\"token\": 7}".into(),
        "{\"token\": \"a\\r\\nX-Injected: 1\"}".into(),
        "\u{1b}[31mred\u{7}".into(),
        deep,
        long,
    ] {
        let said = refusal(TOKEN, move |_| response(200, "", &body)).await;
        assert!(said.len() < 2000, "{} characters", said.len());
    }
}

#[tokio::test]
async fn an_answer_that_repeats_the_password_does_not_bring_it_into_the_error() {
    refusal(TOKEN, |request| response(400, "", request)).await;
}

#[tokio::test]
async fn throttled_logins_wait_and_say_so() {
    let tries = AtomicUsize::new(0);
    let app = App::start(move |_| match tries.fetch_add(1, Ordering::SeqCst) {
        0 => response(429, "Retry-After: 0\r\n", ""),
        _ => response(200, "", r#"{"token": "abcdef0123"}"#),
    })
    .await;
    let wallet = obtain(&app, TOKEN).await.1.unwrap();
    assert_eq!(app.requests().len(), 2);
    assert!(wallet.warnings[0].contains("throttled"), "{:?}", wallet.warnings);
}

#[tokio::test]
async fn a_login_throttled_to_the_end_says_how_often_it_was_tried() {
    let app = App::start(|_| response(429, "Retry-After: 0\r\n", "")).await;
    let error = obtain(&app, TOKEN).await.1.unwrap_err().to_string();
    assert_eq!(app.requests().len(), 5);
    assert!(error.contains("answered 429 at each of 5 tries"), "{error}");
}

#[tokio::test]
async fn a_session_login_carries_the_csrf_token_and_takes_the_rotated_one() {
    let app = App::start(|request| {
        if request.starts_with("GET") {
            return response(
                200,
                "Set-Cookie: csrftoken=first; Path=/\r\n",
                "<input name=csrfmiddlewaretoken value=masked>",
            );
        }
        let good = request.contains("csrfmiddlewaretoken=masked")
            && request.to_lowercase().contains("cookie: csrftoken=first");
        if !good {
            return response(403, "", "CSRF");
        }
        response(
            302,
            "Location: /\r\nSet-Cookie: sessionid=the-session\r\nSet-Cookie: csrftoken=second\r\n",
            "",
        )
    })
    .await;
    let (plan, wallet) = obtain(&app, SESSION).await;
    let wallet = wallet.unwrap();
    let credential = &wallet.credentials[0][0];
    assert_eq!(credential.headers[0].1.expose_secret(), "csrftoken=second; sessionid=the-session");
    assert_eq!(credential.unsafe_headers[0].0, "X-CSRFToken");
    assert_eq!(credential.unsafe_headers[0].1.expose_secret(), "second");
    let clean = wallet.redactor(&plan).scrub(&format!("the-session second {PASSWORD}"));
    for secret in ["the-session", "second", PASSWORD] {
        assert!(!clean.contains(secret), "{clean}");
    }
}

#[tokio::test]
async fn a_form_that_comes_again_is_a_wrong_password() {
    let said = refusal(SESSION, |_| response(200, "", "<form>")).await;
    assert!(said.contains("the form again"), "{said}");
    let said =
        refusal(SESSION, |request| response(if request.starts_with("GET") { 200 } else { 403 }, "", ""))
            .await;
    assert!(said.contains("CSRF"), "{said}");
}

fn signed(exp: i64) -> String {
    use jsonwebtoken::{EncodingKey, Header, encode};
    let claims = serde_json::json!({ "sub": "ada", "exp": exp, "iat": now() });
    encode(&Header::default(), &claims, &EncodingKey::from_secret(b"the signing secret of this test"))
        .unwrap()
}

fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().cast_signed()
}

#[tokio::test]
async fn tokens_are_refreshed_before_they_end_and_obtained_anew_when_that_is_refused() {
    let refreshes = AtomicUsize::new(0);
    let app = App::start(move |request| {
        if request.starts_with("POST /token/") {
            return response(
                200,
                "",
                &format!(r#"{{"access": "{}", "refresh": "refresh-one"}}"#, signed(now() + 5)),
            );
        }
        match refreshes.fetch_add(1, Ordering::SeqCst) {
            0 if request.contains("refresh-one") => response(
                200,
                "",
                &format!(r#"{{"access": "{}", "refresh": "refresh-two"}}"#, signed(now() + 7)),
            ),
            _ => response(401, "", "blacklisted"),
        }
    })
    .await;
    let (plan, wallet) = obtain(&app, JWT).await;
    let mut wallet = wallet.unwrap();
    let endpoint = Endpoint::resolve(&app.url(), None, None).await.unwrap();
    let none = wallet.renew(&plan, &endpoint, Duration::ZERO).await.unwrap();
    assert!(none.is_empty(), "nothing ends yet");
    let renewed = wallet.renew(&plan, &endpoint, Duration::from_secs(60)).await.unwrap();
    assert_eq!(renewed[0].credential.refresh.as_ref().unwrap().expose_secret(), "refresh-two");
    let renewed = wallet.renew(&plan, &endpoint, Duration::from_secs(60)).await.unwrap();
    assert_eq!(
        renewed[0].credential.refresh.as_ref().unwrap().expose_secret(),
        "refresh-one",
        "obtained anew"
    );
}

#[tokio::test]
async fn a_token_that_does_not_verify_is_an_error() {
    let app = App::start(|request| {
        if request.starts_with("GET /jwks") {
            return response(200, "", r#"{"keys":[{"kty":"oct","k":"b3RoZXI"}]}"#);
        }
        response(200, "", &format!(r#"{{"access": "{}"}}"#, signed(now() + 60)))
    })
    .await;
    let error =
        obtain(&app, &format!("{JWT}\nverify = {{ jwks = \"/jwks\" }}")).await.1.unwrap_err().to_string();
    assert!(error.contains("does not verify") && error.contains("/jwks"), "{error}");
}

#[tokio::test]
async fn minted_tokens_carry_their_users_claims() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
    std::fs::write(folder.path().join("public.pem"), key.public_key_pem()).unwrap();
    let app = App::start(|_| response(200, "", "")).await;
    let text = format!(
        "title = \"t\"\n[stacks.one]\nurl = \"{}\"\n[users]\nlist = [{{ username = \"ada\" }}, {{ username = \"bob\" }}]\n\
         [auth.it]\nkind = \"mint\"\nalgorithm = \"ES256\"\nkey = \"key.pem\"\nclaims = {{ sub = \"{{{{user.username}}}}\", admin = true }}\n\
         [[routes]]\nname = \"r\"\nget = \"/\"\nauth = \"it\"\n",
        app.url().as_str().trim_end_matches('/')
    );
    let plan = Plan::parse(&folder.path().join("trial.toml"), &text).unwrap();
    let endpoint = Endpoint::resolve(&app.url(), None, None).await.unwrap();
    let wallet = Wallet::obtain(&plan, &endpoint, &|_, _| ()).await.unwrap();
    let keys = inspect::Keys::read_pem(&folder.path().join("public.pem")).unwrap();
    for (credential, name) in wallet.credentials[0].iter().zip(["ada", "bob"]) {
        let token = credential.headers[0].1.expose_secret().strip_prefix("Bearer ").unwrap();
        inspect::verify(token, &keys).unwrap();
        let token = inspect::decode(token).unwrap();
        assert_eq!(token.claims["sub"], name);
        assert_eq!(token.claims["admin"], true);
        assert_eq!(token.time("exp").unwrap() - token.time("iat").unwrap(), 300);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn minted_tokens_of_each_key_are_sent_under_load() {
    for (algorithm, kind) in [
        ("ES256", &rcgen::PKCS_ECDSA_P256_SHA256),
        ("RS256", &rcgen::PKCS_RSA_SHA256),
        ("EdDSA", &rcgen::PKCS_ED25519),
    ] {
        let key = rcgen::KeyPair::generate_for(kind).unwrap();
        let app = App::start(|_| response(200, "", "")).await;
        let trial = Trial::new(&format!(
            "title = \"t\"\n[stacks.one]\nurl = \"{}\"\n[users]\nlist = [{{ username = \"ada\" }}, {{ username = \"bob\" }}]\n\
             [auth.it]\nkind = \"mint\"\nalgorithm = \"{algorithm}\"\nkey = \"key.pem\"\nclaims = {{ sub = \"{{{{user.username}}}}\" }}\n\
             [[routes]]\nname = \"r\"\nget = \"/minted\"\nauth = \"it\"\n[load]\nrate = 20\nduration = \"1s\"\nwarmup = \"0s\"\n",
            app.url().as_str().trim_end_matches('/')
        ));
        std::fs::write(trial.file("key.pem"), key.serialize_pem()).unwrap();
        std::fs::write(trial.file("public.pem"), key.public_key_pem()).unwrap();
        let keys = inspect::Keys::read_pem(&trial.file("public.pem")).unwrap();
        let trial = tokio::task::spawn_blocking(move || {
            trial.run(&["--no-audit"]).expect(0);
            trial
        });
        let trial = trial.await.unwrap();
        assert_eq!(trial.record().stacks[0].total.error_count(), 0);
        let mut names = std::collections::BTreeSet::new();
        let asked = app.requests();
        for request in asked.iter().filter(|request| request.starts_with("GET /minted ")) {
            let token = support::header(request, "authorization").unwrap().strip_prefix("Bearer ").unwrap();
            inspect::verify(token, &keys).unwrap();
            let token = inspect::decode(token).unwrap();
            assert_eq!(token.header["alg"], algorithm);
            names.insert(token.claims["sub"].as_str().unwrap().to_owned());
        }
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["ada", "bob"], "{algorithm}");
    }
}

/// The kinds that a server has to take, under load, on the embedded target over TLS.
#[test]
fn every_kind_is_taken_by_the_target_under_load() {
    let tls = tempfile::tempdir().unwrap();
    // The child hands its environment on to the target.
    let secret = "client-secret-of-this-test";
    let target = Target::start_with("production", Some(tls.path()), &[], &[("TARGET_CLIENT_SECRET", secret)]);
    let route = |auth: &str| {
        format!(
            "[[routes]]\nname = \"{auth}\"\nget = \"/api/whoami/\"\nauth = \"{auth}\"\nexpect = {{ owner = {{ json = \"$.username\", equals = \"user.username\" }} }}\n"
        )
    };
    let owned: String = ["token", "jwt", "session", "basic"].map(route).concat();
    let scenario = format!(
        "title = \"kinds\"\n[stacks.prod]\nurl = \"{}\"\nca = \"{}\"\n[users]\npattern = \"user{{1..5}}\"\npassword = \"shakedown-{{{{n}}}}\"\n\
         [auth.token]\nkind = \"drf-token\"\nobtain = \"/api-token-auth/\"\n\
         [auth.jwt]\nkind = \"jwt\"\nobtain = \"/api/token/\"\nrefresh = \"/api/token/refresh/\"\n\
         [auth.session]\nkind = \"session\"\nlogin = \"/accounts/login/\"\n\
         [auth.basic]\nkind = \"basic\"\n\
         [auth.client]\nkind = \"oauth2-client-credentials\"\ntoken = \"/oauth/token\"\nclient_id = \"shakedown\"\nclient_secret_env = \"CLIENT_SECRET\"\n\
         {owned}\
         [[routes]]\nname = \"client\"\nget = \"/\"\nauth = \"client\"\n\
         [[routes]]\nname = \"session-write\"\npost = \"/api/notes/\"\nauth = \"session\"\nbody = {{ json = {{ title = \"t\", body = \"b\" }} }}\nexpect = {{ status = 201 }}\n\
         [load]\nrate = 120\nduration = \"2s\"\nwarmup = \"0s\"\n",
        target.url,
        tls.path().join("ca.pem").display()
    );
    let trial = Trial::new(&scenario);
    harness::on_a_calm_machine(|| {
        let mut command = trial.command();
        command.arg("--no-audit").env("CLIENT_SECRET", secret);
        command
    })
    .expect(0);
    let stack = &trial.record().stacks[0];
    for route in &stack.routes {
        assert!(
            route.requests > 0 && route.error_count() == 0,
            "{}: {:?} {:?}",
            route.name,
            route.errors,
            stack.samples
        );
    }
}

#[test]
fn a_static_header_comes_from_the_environment_or_is_asked_for() {
    let target = Target::start("dev", None, &[]);
    let scenario = format!(
        "title = \"static\"\n[stacks.dev]\nurl = \"{}\"\n[auth.key]\nkind = \"static\"\nvalue_env = \"API_KEY_OF_THIS_TEST\"\n\
         [[routes]]\nname = \"whoami\"\nget = \"/api/whoami/\"\nauth = \"key\"\n[load]\nrate = 20\nduration = \"1s\"\nwarmup = \"0s\"\n",
        target.url
    );
    let trial = Trial::new(&scenario);
    let unset = trial.run(&["--no-audit"]).expect(3);
    assert!(unset.stderr.contains("API_KEY_OF_THIS_TEST"), "{}", unset.stderr);
    let basic = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, "user1:shakedown-1");
    harness::on_a_calm_machine(|| {
        let mut command = trial.command();
        command.args(["--no-audit", "--quiet"]).env("API_KEY_OF_THIS_TEST", format!("Basic {basic}"));
        command
    })
    .expect(0);
    assert_eq!(trial.record().stacks[0].total.error_count(), 0);
}

#[test]
fn a_run_longer_than_its_tokens_stays_logged_in() {
    let target = Target::start_with("dev", None, &["--access-ttl", "6"], &[]);
    let scenario = format!(
        "title = \"refresh\"\n[stacks.dev]\nurl = \"{}\"\n[users]\npattern = \"user{{1..3}}\"\npassword = \"shakedown-{{{{n}}}}\"\n\
         [auth.jwt]\nkind = \"jwt\"\nobtain = \"/api/token/\"\nrefresh = \"/api/token/refresh/\"\n\
         [[routes]]\nname = \"whoami\"\nget = \"/api/whoami/\"\nauth = \"jwt\"\n[load]\nrate = 20\nduration = \"12s\"\nwarmup = \"0s\"\n",
        target.url
    );
    let trial = Trial::new(&scenario);
    trial.run(&["--no-audit"]).expect(0);
    let stack = &trial.record().stacks[0];
    assert_eq!(stack.total.error_count(), 0, "{:?}", stack.samples);
}

/// A stack that writes every header it gets, and every token it gives, into its log.
const TALKATIVE: &str = r#"
import base64, http.server, json, sys, time
n = 0
def part(data): return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, body):
        body = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        print("got", self.headers.get("Authorization"), flush=True)
        self.answer({})
    def do_POST(self):
        global n
        n += 1
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        now = int(time.time())
        token = lambda kind: ".".join([part({"alg": "HS256"}), part({"kind": kind, "n": n, "iat": now, "exp": now + 6}), part({"signature": n})])
        pair = {"access": token("access"), "refresh": token("refresh")}
        print("gave", pair["access"], pair["refresh"], flush=True)
        self.answer(pair)
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"#;

#[test]
fn tokens_renewed_during_the_load_do_not_stay_in_the_stacks_log() {
    let scenario = "title = \"talk\"\n[stacks.dev]\nurl = \"http://127.0.0.1:{{port}}\"\n\
         start = [{ name = \"talk\", run = [\"python3\", \"{{scenario}}/talk.py\", \"{{port}}\"] }]\n\
         [users]\npattern = \"user{1..2}\"\npassword = \"shakedown-{{n}}\"\n\
         [auth.jwt]\nkind = \"jwt\"\nobtain = \"/token/\"\nrefresh = \"/refresh/\"\n\
         [[routes]]\nname = \"r\"\nget = \"/\"\nauth = \"jwt\"\n[load]\nrate = 5\nduration = \"8s\"\nwarmup = \"0s\"\n";
    let trial = Trial::new(scenario);
    std::fs::write(trial.file("talk.py"), TALKATIVE).unwrap();
    trial.run(&["--no-audit"]).expect(0);
    let logs = trial.out().join("logs");
    let mut text = String::new();
    for entry in std::fs::read_dir(logs).unwrap() {
        text += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    let given = text.lines().filter(|line| line.starts_with("gave ")).count();
    assert!(given > 2, "tokens were renewed: {text}");
    assert!(text.contains("got Bearer [redacted"), "{text}");
    assert!(!text.contains("eyJ"), "{text}");
}

#[tokio::test]
async fn a_path_of_two_slashes_stays_on_the_stack() {
    let app = App::start(|head| {
        let asked = head.lines().next().unwrap_or_default().to_owned();
        assert_eq!(asked, "POST //elsewhere.invalid/token/ HTTP/1.1");
        response(200, "", r#"{"token": "0123456789abcdef"}"#)
    })
    .await;
    let (_, wallet) = obtain(&app, "kind = \"drf-token\"\nobtain = \"//elsewhere.invalid/token/\"").await;
    assert_eq!(wallet.unwrap().credentials[0].len(), 1);
}

#[tokio::test]
async fn a_name_with_several_addresses_gets_the_password_at_one() {
    // `localhost` is 127.0.0.1 and ::1; the stack answers on the first alone.
    let app = App::start(|_| response(200, "", r#"{"token": "0123456789abcdef"}"#)).await;
    let mut url = app.url();
    url.set_host(Some("localhost")).unwrap();
    let plan = plan(&app, TOKEN);
    let mut endpoint = Endpoint::resolve(&url, None, None).await.unwrap();
    endpoint.address = app.url().socket_addrs(|| None).unwrap()[0];
    let wallet = Wallet::obtain(&plan, &endpoint, &|_, _| ()).await.unwrap();
    assert_eq!(wallet.credentials[0].len(), 1);
}

#[tokio::test]
async fn a_redirect_to_https_says_what_to_write() {
    let said = refusal(JWT, |_| response(301, "Location: https://127.0.0.1/token/\r\n", "")).await;
    assert!(said.contains("write https:// in the stack's `url`"), "{said}");
}

#[tokio::test]
async fn what_a_server_repeats_of_a_secret_is_not_repeated_here() {
    // `refusal` itself looks for the password in the error.
    for body in [format!("wrong password {PASSWORD}"), format!("{{\"password\": [\"{PASSWORD} is wrong\"]}}")]
    {
        let said = refusal(TOKEN, move |_| response(400, "", &body)).await;
        assert!(said.contains("[redacted"), "{said}");
    }
    // An answer that means success may hold the token under another key: only its keys are told.
    let said = refusal(TOKEN, |_| response(200, "", r#"{"key": "secret-token-0123456789"}"#)).await;
    assert!(said.contains("its keys are `key`") && !said.contains("secret-token"), "{said}");
}

#[tokio::test]
async fn oddities_are_told_once_and_not_without_end() {
    let counter = AtomicUsize::new(0);
    let app = App::start(move |_| {
        // A token that never ends is an oddity; each answer is another one's.
        let n = counter.fetch_add(1, Ordering::Relaxed);
        let claims = base64_url(&format!("{{\"n\": {n}, \"exp\": \"soon {n}\"}}"));
        response(200, "", &format!("{{\"access\": \"{}.{claims}.c2ln\"}}", base64_url("{\"alg\":\"HS256\"}")))
    })
    .await;
    let text = format!(
        "title = \"t\"\n[stacks.one]\nurl = \"{}\"\n[users]\npattern = \"u{{1..60}}\"\npassword = \"{PASSWORD}\"\n\
         [auth.it]\n{JWT}\n[[routes]]\nname = \"r\"\nget = \"/\"\nauth = \"it\"\n",
        app.url().as_str().trim_end_matches('/')
    );
    let plan = Plan::parse(Path::new("trial.toml"), &text).unwrap();
    let endpoint = Endpoint::resolve(&app.url(), None, None).await.unwrap();
    let wallet = Wallet::obtain(&plan, &endpoint, &|_, _| ()).await.unwrap();
    assert_eq!(wallet.credentials[0].len(), 60);
    assert!(wallet.warnings.len() <= 20, "{} warnings", wallet.warnings.len());
}

fn base64_url(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

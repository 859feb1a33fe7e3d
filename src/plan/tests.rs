//! The plan as a specification: what is accepted and what each mistake says.

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::secret::ExposeSecret;

fn environment(name: &str) -> Option<String> {
    (name == "LOADTEST_PASSWORD").then(|| "from-the-environment".to_owned())
}

fn plan(text: &str) -> Plan {
    Plan::parse_with(Path::new("s.toml"), text, &environment).unwrap_or_else(|d| panic!("{}", d.plain()))
}

fn mistakes(text: &str) -> String {
    Plan::parse_with(Path::new("s.toml"), text, &environment).map_or_else(|d| d.plain(), |_| "none".into())
}

/// A right scenario with one more line of a kind: top-level keys before, tables behind.
fn with(top: &str, tables: &str) -> String {
    format!("title = \"t\"\n{top}\n[stacks.dev]\nurl = \"http://127.0.0.1:8000\"\n{tables}")
}

const ROUTE: &str = "[[routes]]\nname = \"home\"\nget = \"/\"\n";

#[test]
fn ten_mistakes_come_at_once() {
    let text = r#"title = "Ten mistakes"

[stacks.prod]
url = "ftp://127.0.0.1"
start = [{ run = [] }]

[users]
pattern = "user{9..1}"

[auth.jwt]
kind = "jwt"
obtain = "api/token/"

[[routes]]
name = "whoami"
get = "/api/whoami/?q={{user.nmae}}&r={{cuonter}}"
auth = "jtw"
weight = 0
timeout = "20"
expect = { matches = "(", owner = { json = "username", equals = "user.username" } }

[[routes]]
name = "whoami"
get = "/a b"
post = "/"

[load]
model = "closed"
rate = 5
users = 3
duration = "-2s"
"#;
    insta::assert_snapshot!(mistakes(text));
}

#[test]
fn a_person_sees_the_line_and_the_help() {
    let text = with("", "[[routes]]\nname = \"home\"\nget = \"/{{uuidd}}\"\n");
    let diagnostics = Plan::parse(Path::new("s.toml"), &text).unwrap_err();
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor());
    let mut out = String::new();
    handler.render_report(&mut out, &diagnostics).unwrap();
    insta::assert_snapshot!(out);
}

#[test]
fn defaults_are_those_of_the_reference() {
    let plan = plan(&with("", ROUTE));
    assert_eq!(plan.slug, "s");
    assert!(plan.state.is_absolute() && plan.state.ends_with(".shakedown/s"));
    let stack = &plan.stacks[0];
    assert_eq!((stack.role, stack.line, stack.ready.path.as_str()), (Role::Dev, 3, "/"));
    let route = &plan.routes[0];
    assert_eq!((route.method.as_ref(), route.kind, route.line), ("GET", RouteKind::Html, 5));
    assert_eq!(route.expect.status, StatusRule::SuccessOrRedirect);
    assert_eq!(route.timeout, Duration::from_secs(10));
    let ModelPlan::Open { profile, connections, .. } = &plan.load.model else {
        panic!("open is the default")
    };
    assert_eq!((profile.start, &profile.stages), (50.0, &vec![(50.0, Duration::from_secs(10))]));
    assert_eq!((*connections, plan.load.threads, plan.load.seed), (256, 1, 1));
    assert_eq!(plan.audit, Some(Profile::Baseline));
}

#[test]
fn users_by_pattern_have_passwords_by_number_and_name() {
    let text = with("users = { pattern = \"u{08..10}\", password = \"{{name}}-{{n}}\" }", ROUTE);
    let users = &plan(&text).populations[0].users;
    let seen: Vec<_> =
        users.iter().map(|u| (u.name.as_str(), u.password.as_ref().unwrap().expose_secret())).collect();
    assert_eq!(seen, [("u08", "u08-08"), ("u09", "u09-09"), ("u10", "u10-10")]);
    let text = with("users = { pattern = \"u{1..2}\", password_env = \"LOADTEST_PASSWORD\" }", ROUTE);
    assert_eq!(
        plan(&text).populations[0].users[1].password.as_ref().unwrap().expose_secret(),
        "from-the-environment"
    );
    let text = with("users = { pattern = \"u{1..2}\", password_env = \"ABSENT\" }", ROUTE);
    assert!(
        mistakes(&text)
            .starts_with("s.toml:2:47: the environment variable `ABSENT` is not set (set it before")
    );
}

#[test]
fn a_flow_passes_values_on_and_inherits_its_auth() {
    let plan = plan(&with(
        "users = { list = [{ username = \"ada\", password = \"pass-ada\", plan = \"pro\" }] }",
        r#"[auth.jwt]
kind = "jwt"
obtain = "/t/"
[auth.key]
kind = "static"
value_env = "KEY"
[[flows]]
name = "note"
auth = "jwt"
think = "100ms"
weight = 2
steps = [
  { name = "create", post = "/n/", body = { json = { t = "{{user.plan}}" } }, extract = { id = { json = "$.id" }, tag = { header = "ETag" } } },
  { name = "read", get = "/n/{{id}}/", headers = { If-None-Match = "{{tag}}" } },
  { name = "ping", get = "/ping", auth = "key" },
]
"#,
    ));
    let names: Vec<_> = plan.routes.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["note/create", "note/read", "note/ping"]);
    let item = &plan.items[0];
    assert_eq!((item.slots, item.weight, item.think), (2, 2, Duration::from_millis(100)));
    assert_eq!(plan.routes[1].auth, Some(AuthId(0)));
    assert_eq!((plan.routes[2].auth, plan.routes[2].population), (Some(AuthId(1)), PopulationId(1)));
    assert_eq!(plan.populations[1].users.len(), 1);
    assert!(plan.populations[1].users[0].name.is_empty());
    let scope = Scope {
        user: &plan.populations[0].users[0].values,
        feeders: &[],
        extracted: &["7".into(), "W/x".into()],
        counter: 0,
        random: 0,
    };
    assert_eq!(plan.routes[1].path.to_text(&scope), "/n/7/");
    assert_eq!(plan.routes[1].headers[0].1.to_text(&scope), "W/x");
    let Some(BodyPlan { content: BodyContent::Template(body), content_type: "application/json" }) =
        &plan.routes[0].body
    else {
        panic!("a JSON body");
    };
    assert_eq!(body.to_text(&scope), r#"{"t":"pro"}"#);
}

#[test]
fn stages_make_the_profile() {
    let text = with(
        "",
        &format!(
            "{ROUTE}[load]\nstages = [{{ target = 100, duration = \"5s\" }}, {{ target = 20, duration = \"0s\" }}]\n"
        ),
    );
    let plan = plan(&text);
    let ModelPlan::Open { profile, .. } = &plan.load.model else { panic!("open is the default") };
    assert_eq!(
        profile,
        &LoadProfile { start: 0.0, stages: vec![(100.0, Duration::from_secs(5)), (20.0, Duration::ZERO)] }
    );
}

#[test]
fn every_mistake_says_what_would_be_right() {
    let auth = "[users]\npattern = \"u{1..2}\"\npassword = \"pass-{{n}}\"\n[auth.a]\nkind = \"basic\"\n";
    let route = |more: &str| with("", &format!("{ROUTE}{more}\n"));
    let cases = [
        (with("", ""), "no routes and no flows"),
        (format!("title = \"t\"\nstacks = {{}}\n{ROUTE}"), "there is no stack"),
        (with("", "[[routes]]\nget = \"/\"\n"), "has no `name`"),
        (with("", "[[routes]]\nname = \"a\"\n"), "a request needs one of"),
        (with("", "[[routes]]\nname = \"a\"\npath = \"/\"\n"), "`path` goes with `method`"),
        (with("", "[[routes]]\nname = \"a\"\nmethod = \"PROPFIND\"\n"), "`method` goes with `path`"),
        (with("", "[[routes]]\nname = \"a\"\nget = \"x\"\n"), "write `/x`"),
        (with("", "[[routes]]\nname = \"a/b\"\nget = \"/\"\n"), "cannot hold '/'"),
        (with("", "[[routes]]\nname = \"a\\u202eb\"\nget = \"/\"\n"), "cannot hold '\\u{202e}'"),
        (route("[audit]\nsecrets = \"absent.txt\""), "cannot read `./absent.txt`"),
        (
            route("[stacks.dev.audit]\ndisable_user = { run = [\"manage\"] }"),
            "`disable_user` needs `enable_user` beside it",
        ),
        (route("[stacks.dev.audit]\njwt_secret = \"{{nope}}\""), "unknown value `{{nope}}`"),
        (route("auth = \"jwt\""), "add a table `[auth.jwt]`"),
        (route("headers = { \"a b\" = \"x\" }"), "cannot be a header's name"),
        (route("headers = { a = \"x\\r\\nHost: evil\" }"), "a header's value has one line"),
        (route("headers = { a = \"{{\" }"), "`{{` without `}}`"),
        (route("body = {}"), "`body` needs one of"),
        (route("body = { text = \"a\", json = 1 }"), "`body` has both `text` and `json`"),
        (route("body = { file = \"absent.bin\" }"), "cannot read `./absent.bin`"),
        (route("body = { json = { a = [\"{{nope}}\"] } }"), "unknown value `{{nope}}`"),
        (route("body = { json = { a = nan } }"), "JSON has no such number"),
        (route("extract = { id = { json = \"$.id\" } }"), "a lone route has no later step"),
        (route("expect = { status = 700 }"), "700 is no status"),
        (route("expect = { status = [] }"), "no status would be good"),
        (route("expect = { json = { \"a.b\" = 1 } }"), "`a.b` is no JSONPath"),
        (route("expect = { headers = { a = \"[\" } }"), "does not compile"),
        (
            route("expect = { owner = { json = \"$\", equals = \"user.username\" } }"),
            "there are no users here",
        ),
        (route("follow = 11"), "too many redirects"),
        (route("[load]\nrate = 0"), "the rate must be above 0"),
        (route("[load]\nrate = -1.5"), "the rate must be above 0"),
        (route("[load]\nrate = nan"), "this level cannot be"),
        (route("[load]\nusers = 4"), "`users` belongs to the closed model"),
        (route("[load]\nmodel = \"closed\""), "add `users = 8`"),
        (route("[load]\nmodel = \"closed\"\nusers = 0"), "without users nobody asks"),
        (
            route("[load]\nduration = \"1s\"\nstages = [{ target = 1, duration = \"1s\" }]"),
            "exclude each other",
        ),
        (route("[load]\nstages = [{ target = 1, duration = \"0s\" }]"), "the stages take no time"),
        (route("[load]\nstages = [{ target = 0, duration = \"1s\" }]"), "nothing would be sent"),
        (route("[load]\nduration = \"0s\""), "must be longer than zero"),
        (route("[load]\nconnections = 0"), "so many connections"),
        (route("[load]\nthreads = 0"), "no thread"),
        (route("[gates]\npass = [\"dve: errors < 1%\"]"), "s.toml:9:10:"),
        (route("[gates]\npass = [\"dev/hmoe: p99 < 1s\"]"), "did you mean `home`"),
        (
            route("[gates]\npass = [\"dev: p99 < 1s\",\n \"dev:p99 < 1000ms\"]"),
            "s.toml:10:2: this gate stands twice (leave it out: line 9 has it)",
        ),
        (route("[users]\n"), "`users` needs one of"),
        (route("[users]\ncsv = \"absent.csv\""), "cannot read `./absent.csv`"),
        (route("[users]\nlist = []"), "`list` has no users"),
        (route("[users]\nlist = [{ name = \"x\" }]"), "this user has no `username`"),
        (route("[users]\nlist = [{ username = \"x\" }, { username = \"x\" }]"), "was there before"),
        (
            route("[users]\nlist = [{ username = \"x\", a = \"1\" }, { username = \"y\" }]"),
            "user `y` has no `a`",
        ),
        (route("[users]\nlist = [{ username = \"x\" }]\npassword = \"p\""), "goes with `pattern`"),
        (route("[users]\npattern = \"x{1..2}\"\npassword = \"p{{nn}}\""), "one of `{{n}}`, `{{name}}`"),
        (route("[auth.a]\nkind = \"basic\""), "auth `a` has no users"),
        (
            route("[users]\npattern = \"u{1..2}\"\n[auth.a]\nkind = \"basic\""),
            "user `u1` (and 1 more) has none",
        ),
        (
            route("[auth.a]\nkind = \"static\"\nvalue_env = \"Bearer abc\""),
            "no name of an environment variable",
        ),
        (route("[feeders.q]\ncsv = \"absent.csv\""), "cannot read `./absent.csv`"),
        (
            route("[[discover]]\nname = \"c\"\nget = \"/\"\nauth = \"x\"\nfrom = { regex = \"a\" }"),
            "no auth `x`",
        ),
        (route("[[discover]]\nname = \"c\"\nget = \"/\"\nfrom = {}"), "a value to take needs one of"),
        (
            with("", &format!("{auth}[[routes]]\nname = \"a\"\nget = \"/{{{{user.password}}}}\"\n")),
            "passwords never go into templates",
        ),
        (
            with("", &format!("{auth}[[routes]]\nname = \"a\"\nget = \"/{{{{user.usernam}}}}\"\n")),
            "did you mean `user.username`?",
        ),
        (
            with(
                "",
                &format!("{ROUTE}{auth}[auth.m]\nkind = \"mint\"\nalgorithm = \"HS265\"\nclaims = {{}}\n"),
            ),
            "did you mean `HS256`?",
        ),
        (
            with(
                "",
                &format!("{ROUTE}{auth}[auth.m]\nkind = \"mint\"\nalgorithm = \"RS256\"\nclaims = {{}}\n"),
            ),
            "add `key`",
        ),
        (
            with(
                "",
                "[[flows]]\nname = \"f\"\nsteps = [{ name = \"a\", get = \"/{{id}}\", extract = { id = { json = \"$\" } } }]\n",
            ),
            "unknown value `{{id}}`",
        ),
        (with("", "[[flows]]\nname = \"f\"\nsteps = []\n"), "flow `f` has no steps"),
        (
            with(
                "",
                "[[flows]]\nname = \"f\"\nsteps = [{ name = \"a\", get = \"/\" }, { name = \"a\", get = \"/\", weight = 1 }]\n",
            ),
            "has two steps `a`",
        ),
    ];
    for (text, part) in cases {
        let found = mistakes(&text);
        assert!(found.contains(part), "wanted {part:?}, got:\n{found}\nfor:\n{text}");
        assert_eq!(
            found.lines().count() - usize::from(part.contains("two steps")),
            1,
            "one mistake:\n{found}"
        );
    }
}

#[test]
fn stacks_are_checked() {
    let cases = [
        ("url = \"http://example.org\"", "set `authorized = true`"),
        ("url = \"http://127.0.0.1.example.org\"", "not a loopback address"),
        ("url = \"http://localhost:{{prot}}\"", "did you mean `port`?"),
        ("url = \"http://u:hunter2@localhost\"", "must not hold a user or password"),
        ("url = \"http://localhost/app\"", "a stack's URL has no path"),
        ("url = \"localhost:8000\"", "not http or https"),
        ("url = \"http://localhost\"\nca = \"{{state}}/ca.pem\"", "`ca` is for https"),
        ("url = \"https://localhost\"\nca = \"absent.pem\"", "there is no file `./absent.pem`"),
        ("url = \"http://localhost\"\nready = { get = \"up\" }", "write `/up`"),
        ("url = \"http://localhost\"\nready = { timeout = \"30\" }", "write `30s`"),
        ("url = \"http://localhost\"\nprepare = [{ name = \"m\", run = [\"\"] }]", "`run` names no program"),
        (
            "url = \"http://localhost\"\nstart = [{ run = [\"x\", \"{{vars.a}}\"] }]",
            "unknown value `{{vars.a}}`",
        ),
        ("url = \"http://localhost\"\nfiles = [{ from = \"s.absent\", to = \"a\" }]", "there is no file"),
        (
            "url = \"http://localhost\"\nfiles = [{ from = \"{{state}}\", to = \"../a\" }]",
            "leaves the state folder",
        ),
    ];
    for (stack, part) in cases {
        let found = mistakes(&format!("title = \"t\"\n{ROUTE}[stacks.dev]\n{stack}\n"));
        assert!(found.contains(part), "wanted {part:?}, got:\n{found}");
        assert!(!found.contains("hunter2"), "{found}");
        assert_eq!(found.lines().count(), 1, "one mistake:\n{found}");
    }
    for url in [
        "http://127.8.9.1:80",
        "https://[::1]:8443",
        "http://localhost:{{port.app}}",
        "http://127.0.0.1:{{vars.p}}",
    ] {
        plan(&format!("title = \"t\"\n{ROUTE}[stacks.dev]\nurl = \"{url}\"\nvars = {{ p = \"81\" }}\n"));
    }
    plan(&format!("title = \"t\"\nauthorized = true\n{ROUTE}[stacks.dev]\nurl = \"https://example.org\"\n"));
}

#[test]
fn a_value_only_one_stack_has_is_a_mistake() {
    let text = "title = \"t\"\n[stacks.a]\nurl = \"http://localhost\"\nvars = { css = \"x\" }\n[stacks.b]\nurl = \"http://localhost\"\n\
                [[routes]]\nname = \"c\"\nget = \"/{{vars.css}}\"\n";
    assert!(
        mistakes(text).contains("stack `b` does not have it: add it to `[stacks.b.vars]`"),
        "{}",
        mistakes(text)
    );
}

#[test]
fn files_are_relative_to_the_scenario_and_their_mistakes_have_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep.toml");
    std::fs::write(
        folder.path().join("u.csv"),
        "password,username,plan\nsecret-1,ada,pro\nsecret-2,bob,free\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("q.csv"), "term\nrust\n").unwrap();
    std::fs::write(folder.path().join("b.json"), "{}").unwrap();
    let text = with(
        "users = { csv = \"u.csv\" }",
        "[feeders.q]\ncsv = \"q.csv\"\n[[routes]]\nname = \"a\"\npost = \"/{{user.plan}}?q={{feeder.q.term}}\"\nbody = { file = \"b.json\" }\n",
    );
    let plan = Plan::parse(&path, &text).unwrap();
    let people = &plan.populations[0];
    assert_eq!(people.columns, ["username", "plan"]);
    assert_eq!(people.users[1].values, ["bob", "free"]);
    assert_eq!(people.users[1].password.as_ref().unwrap().expose_secret(), "secret-2");
    assert!(
        matches!(&plan.routes[0].body, Some(BodyPlan { content: BodyContent::Fixed(b), .. }) if b == b"{}")
    );
    for (csv, part) in [
        ("username,password\nada\n", "u.csv:2: the row has 1 fields, the header has 2"),
        ("user,password\nada,x\n", "there is no column `username`"),
        ("username\nada\nada\n", "u.csv:3: the user name was there before"),
    ] {
        std::fs::write(folder.path().join("u.csv"), csv).unwrap();
        let found = Plan::parse(&path, &text).unwrap_err().plain();
        assert!(found.contains(part) && found.contains("deep.toml:2:17"), "{found}");
        assert_eq!(found.lines().count(), 1, "a wrong file is told once:\n{found}");
    }
}

#[test]
fn secrets_stay_out_of_debug_records_and_diagnostics() {
    let text = with(
        "users = { list = [{ username = \"ada\", password = \"hunter2-hunter2\" }] }",
        &format!(
            "[auth.a]\nkind = \"basic\"\nusers = {{ pattern = \"u{{1..2}}\", password = \"other-secret\" }}\n{ROUTE}"
        ),
    );
    let plan = plan(&text);
    let everything = format!("{plan:?}{}", plan.redacted_source(&Redactor::default()));
    assert!(!everything.contains("hunter2") && !everything.contains("other-secret"), "{everything}");
    assert!(plan.redacted_source(&Redactor::default()).contains("username = \"ada\""));
    let wrong = text.replace("kind = \"basic\"", "kind = \"basics\"");
    let diagnostics = Plan::parse(Path::new("s.toml"), &wrong).unwrap_err();
    let shown = format!("{}{diagnostics:?}", diagnostics.plain());
    let shown = shown + &format!("{:?}", miette::Report::new(diagnostics));
    assert!(!shown.contains("hunter2") && !shown.contains("other-secret"), "{shown}");
}

#[test]
fn mistakes_of_shape_and_of_meaning_come_together() {
    let text = "title = \"many\"\nauthorised = true\n\
         [stacks.prod]\nurl = \"ftp://x\"\n\
         [[routes]]\nname = \"a\"\nget = \"/\"\nwieght = 3\n\
         [[routes]]\nname = \"b\"\nget = \"no-slash\"\n\
         [[routes]]\nname = \"c\"\ngte = \"/c/\"\n\
         [load]\nrate = 10\nduration = \"ten seconds\"\n";
    let said = Plan::parse(Path::new("s.toml"), text).unwrap_err().plain();
    let lines: Vec<&str> = said.lines().filter_map(|line| line.split(':').nth(1)).collect();
    // Line 14 has no method, but only because its name is misspelt: that is said once.
    assert_eq!(lines, ["2", "4", "8", "11", "14", "17"], "{said}");
}

#[test]
fn ten_mistakes_of_every_sort_come_together() {
    let text = "description = \"no title\"\n\
         [stacks.prod]\nurl = \"http://127.0.0.1:1\"\nready = { timeout = \"soon\" }\n\
         [stacks.dev]\nrole = \"dev\"\n\
         [auth.token]\nkind = \"jtw\"\nobtain = \"/t/\"\nusers = { list = [{ username = \"a\", password = \"b\" }] }\n\
         [[routes]]\nname = \"a\"\nget = 3\nauth = \"token\"\n\
         [[routes]]\nname = \"b\"\nget = \"/\"\nwieght = 3\n\
         [[routes]]\nname = \"c\"\nget = \"/\"\nauth = \"tokne\"\n\
         [[routes]]\nname = \"d\"\nget = \"/{{nobody}}\"\n\
         [[routes]]\nname = \"e\"\nget = \"/{{user.username}}\"\nauth = \"token\"\n\
         [load]\nrate = 10\nduration = \"ten seconds\"\n\
         [gates]\npass = [\"prod: p95 <\"]\n";
    let said = Plan::parse(Path::new("s.toml"), text).unwrap_err().plain();
    let lines: Vec<&str> = said.lines().filter_map(|line| line.split(':').nth(1)).collect();
    assert_eq!(lines, ["1", "4", "5", "8", "13", "18", "22", "25", "32", "34"], "{said}");
    for part in ["no `title`", "no `url`", "`jtw`", "`get` is an integer", "`wieght`", "`tokne`", "nobody"] {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
    let elsewhere = "title = \"t\"\nload = { rate = 1 }\n[[routes]]\nname = \"a\"\nget = [1]\n\
         [[routes]]\nname = \"b\"\nget = { x = 1 }\nexpect = { status = [200, \"x\"] }\n\
         [stacks]\nprod = 3\n[[routes]]\nname = \"c\"\nget = \"x\"\n[auth.a]\n";
    let said = Plan::parse(Path::new("s.toml"), elsewhere).unwrap_err().plain();
    let lines: Vec<&str> = said.lines().filter_map(|line| line.split(':').nth(1)).collect();
    assert_eq!(lines, ["5", "8", "9", "11", "14", "15"], "{said}");
}

#[test]
fn a_search_has_bounds_and_says_how_long_it_takes() {
    let load = "[load]\nmodel = \"search\"\nobjective = [\"p99 < 200ms\", \"/home: errors < 0.1%\"]\n";
    let plan_of = |more: &str| plan(&with("", &format!("{ROUTE}{load}{more}")));
    let plan = plan_of("");
    let Some(SeriesPlan::Search(search)) = &plan.load.series else { panic!("a search") };
    assert_eq!((search.from, search.to, search.step, search.precision), (50.0, 5_000.0, 2.0, 0.05));
    assert_eq!(search.objective[1].route.as_deref(), Some("home"));
    // 50, 100, … 3200, 5000; four halvings of a doubling; each end once more.
    assert_eq!((search.usual_probes(), search.needed()), (8 + 4 + 2, 2));
    let (usual, most) = plan.load.series_time().unwrap();
    assert_eq!(usual, Duration::from_millis(12_500) * 14);
    assert_eq!(most, Duration::from_millis(17_500) * search.most_probes());
    let (usual, most) = plan_of("budget = \"1m\"\n").load.series_time().unwrap();
    assert_eq!((usual, most), (Duration::from_secs(60), Duration::from_secs(60)));
    let at = plan.load.at(400.0, 3);
    let ModelPlan::Open { profile, .. } = &at.model else { panic!("open") };
    assert_eq!(
        (profile.start, &profile.stages, at.seed),
        (400.0, &vec![(400.0, Duration::from_secs(10))], 4)
    );
}

#[test]
fn a_sweep_has_levels() {
    let load = "[load]\nmodel = \"sweep\"\nlevels = [1, 2, 4]\nduration = \"3s\"\nwarmup = \"1s\"\n";
    let plan = plan(&with("", &format!("{ROUTE}{load}")));
    assert_eq!(plan.load.series, Some(SeriesPlan::Sweep(SweepPlan { levels: vec![1, 2, 4] })));
    assert_eq!(plan.load.series_time().unwrap().0, Duration::from_millis(13_500));
}

#[test]
fn mistakes_of_a_series_are_pointed_at() {
    let wrong = |load: &str| mistakes(&with("", &format!("{ROUTE}[load]\n{load}")));
    insta::assert_snapshot!(
        [
            "model = \"search\"\n",
            "model = \"search\"\nrate = 5\nobjective = [\"p99 < 200\", \"prod: p99 < 1s\", \"rss < 1GiB\"]\n",
            "model = \"search\"\nobjective = [\"p99 < 1s\"]\nfrom = 10\nto = 5\nstep = 1\nprecision = \"0.05\"\n",
            "model = \"search\"\nobjective = [\"p99.9 < 1s\"]\nusers = 3\nlevels = [1]\n",
            "model = \"sweep\"\nusers = 5\nlevels = [4, 2, 0]\nobjective = []\n",
            "model = \"sweep\"\n",
            "objective = [\"p99 < 1s\"]\n[gates]\npass = [\"capacity > 5/s\"]\n",
        ]
        .map(wrong)
        .join("\n---\n")
    );
}

#[test]
fn mistakes_of_meaning_are_told_beside_mistakes_of_shape() {
    let said = mistakes(
        "title = \"t\"\n[stacks.dev]\nurl = \"http://127.0.0.1:1\"\n[stacks.prod]\nurl = 5\n\
         [users]\nlist = [{ username = \"u\", password = \"p\" }]\n[auth.token]\nkind = \"basic\"\n\
         [[routes]]\nname = \"a\"\nget = \"/{{usr.name}}\"\nauth = \"tokn\"\nweight = \"heavy\"\n\
         [[routes]]\nname = 7\nget = \"b\"\nauth = \"nope\"\ntimeout = \"2 parsecs\"\n\
         [load]\nduration = 15\nwarmup = \"soon\"\n[gates]\npass = [\"dev: p98 < 5ms\", \"prod: p99 < 5ms\"]\n",
    );
    for part in [
        "`url` is an integer",
        "unknown value `{{usr.name}}` (did you mean `user.name`?)",
        "there is no auth `tokn` (did you mean `token`?)",
        "`weight` is a string",
        "`name` is an integer",
        "the path `b` does not begin with `/`",
        "there is no auth `nope`",
        "`2 parsecs` is no duration",
        "`duration` is a number without a unit (write `\"15s\"`",
        "`soon` is no duration",
        "no metric `p98`",
    ] {
        assert!(said.contains(part), "{part}:\n{said}");
    }
    assert_eq!(said.lines().count(), 11, "{said}");
}

#[test]
fn names_that_only_something_broken_defines_are_not_missed() {
    let said = mistakes(
        "title = \"t\"\nusers = 5\n[stacks]\nprod = \"http://127.0.0.1:1\"\n[stacks.dev]\nurl = \"http://127.0.0.1:1\"\n\
         vars = { tenant = 3 }\n[auth]\njwt = \"on\"\n[feeders]\nq = 1\n\
         [[flows]]\nname = \"f\"\n[[flows.steps]]\nname = \"one\"\nget = \"/\"\nextract = { id = \"$.id\" }\n\
         [[flows.steps]]\nname = \"two\"\nget = \"/{{id}}/{{vars.tenant}}/{{feeder.q.a}}/{{user.username}}\"\nauth = \"jwt\"\n\
         [gates]\npass = [\"prod: p99 < 5ms\", \"prod vs dev: p50 < 2x\"]\n",
    );
    assert!(!said.contains("unknown value") && !said.contains("there is no"), "{said}");
    assert!(!said.contains("no stack"), "{said}");
    assert_eq!(said.lines().count(), 6, "{said}");
}

#[test]
fn an_address_without_its_scheme_is_told_what_it_lacks() {
    let said = mistakes(
        "title = \"t\"\n[stacks.dev]\nurl = \"127.0.0.1:9\"\n[[routes]]\nname = \"a\"\nget = \"/\"\n",
    );
    let wanted =
        "`127.0.0.1:9` is no URL: it has no `http://` or `https://` (for example `http://127.0.0.1:8000`)";
    assert!(said.contains(wanted), "{said}");
}

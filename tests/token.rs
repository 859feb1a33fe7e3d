//! `shakedown token` from outside.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod harness;

use std::io::Write as _;
use std::process::{Command, Stdio};

use harness::{Ended, Target, Trial};

const SECRET: &str = "TOKEN_TEST_SECRET";

fn token(arguments: &[&str], input: &str) -> Ended {
    let mut command = Command::new(harness::BINARY);
    command
        .arg("token")
        .args(arguments)
        .env(SECRET, "correct horse battery staple, 32+")
        .env("OTHER", "wrong");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that refuses its arguments does not read what it is given.
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    Ended::of(child.wait_with_output().unwrap())
}

fn minted(claims: &[&str]) -> String {
    let mut arguments = vec!["mint", "--alg", "HS256", "--secret-env", SECRET, "--ttl", "10m30s"];
    for claim in claims {
        arguments.extend(["--claim", claim]);
    }
    token(&arguments, "").expect(0).stdout
}

#[test]
fn a_minted_token_is_explained_and_verified() {
    let minted = minted(&["sub=ada", "admin=true", "iss=here", "aud=there"]);
    let said = token(&["inspect", "--secret-env", SECRET], &minted).expect(0).stdout;
    for part in ["HS256", "\"ada\"", "true", "expires in 10 min", "issued", "private claim", "verified with"]
    {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
    let json = token(&["inspect", "--json", "--secret-env", SECRET], &minted).expect(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["signature"]["state"], "verified");
}

#[test]
fn what_a_token_says_moves_no_terminal_and_commands_no_ci_system() {
    let odd = "\u{9b}2J\u{202e}evil ##[stop-commands]x";
    let minted = minted(&[&format!("sub={odd}"), "::add-mask::a=1"]);
    for arguments in [&["inspect"][..], &["inspect", "--json"]] {
        let said = token(arguments, &minted).expect(0).stdout;
        assert!(!said.contains(['\u{9b}', '\u{202e}']) && !said.contains("##["), "{said}");
        assert!(said.lines().all(|row| !row.trim_start().starts_with("::")), "{said}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&token(&["inspect", "--json"], &minted).expect(0).stdout).unwrap();
    let fields = json["fields"].as_array().unwrap();
    assert!(fields.iter().any(|field| field["value"] == odd), "programs get it whole: {json}");
}

#[test]
fn a_wrong_key_is_exit_1() {
    let said = token(&["inspect", "--secret-env", "OTHER"], &minted(&[])).expect(1).stdout;
    assert!(said.contains("NOT VERIFIED"), "{said}");
}

#[test]
fn without_a_key_it_says_that_nothing_was_checked() {
    let said = token(&["inspect"], &format!("Bearer {}", minted(&[]))).expect(0).stdout;
    assert!(said.contains("not checked") && said.contains("it has no `aud`"), "{said}");
}

#[test]
fn what_is_no_token_is_exit_2_with_the_part() {
    let said = token(&["inspect"], "a.b").expect(2).stderr;
    assert!(said.contains("2 parts"), "{said}");
}

#[test]
fn a_token_as_an_argument_is_refused_and_not_repeated() {
    let minted = minted(&[]);
    // A header that begins with a space does not begin with `eyJ`.
    let spaced = format!("{}.e30.c2ln", "eyAiYWxnIjoiSFMyNTYiIH0");
    for argument in [minted.trim(), &format!("Bearer {}", minted.trim()), &spaced] {
        let said = token(&["inspect", argument], "").expect(2).stderr;
        assert!(said.contains("process list"), "{said}");
        assert!(!said.contains(argument), "{said}");
    }
}

#[test]
fn control_characters_in_claims_stay_out_of_the_terminal() {
    let said = token(&["inspect"], &minted(&["note=\"\\u001b[31mred\""])).expect(0).stdout;
    assert!(!said.contains('\x1b'), "{said:?}");
}

#[test]
fn obtain_shows_the_shape_and_with_show_the_token() {
    let target = Target::start("dev", None, &[]);
    let trial = Trial::new(&format!(
        "title = \"t\"\n[stacks.dev]\nurl = \"{}\"\n[users]\npattern = \"user{{1..3}}\"\npassword = \"shakedown-{{{{n}}}}\"\n\
         [auth.jwt]\nkind = \"jwt\"\nobtain = \"/api/token/\"\n[[routes]]\nname = \"whoami\"\nget = \"/api/whoami/\"\nauth = \"jwt\"\n",
        target.url
    ));
    let scenario = trial.scenario();
    let base = ["obtain", scenario.to_str().unwrap(), "--stack", "dev", "--auth", "jwt", "--user", "user2"];
    let masked = token(&base, "").expect(0).stdout;
    assert!(masked.contains("user user2") && masked.contains("Authorization: [redacted"), "{masked}");
    assert!(!masked.contains("eyJ"), "{masked}");
    let shown = token(&[&base[..], &["--show"]].concat(), "").expect(0).stdout;
    assert!(shown.contains("Authorization: Bearer eyJ"), "{shown}");
    let stranger =
        ["obtain", scenario.to_str().unwrap(), "--stack", "dev", "--auth", "jwt", "--user", "nobody"];
    assert!(token(&stranger, "").expect(2).stderr.contains("no such user"));
}

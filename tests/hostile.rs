//! A stack that answers, and writes, what would take over a terminal: nothing that a run says or leaves does it to a reader.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

mod harness;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use harness::{Ended, Trial};

/// Colours, a title, the clipboard, a cleared screen, C1 controls, a line that is written over, a text that runs backwards.
const ODD: &str = "\u{1b}[31mred\u{1b}]0;title\u{7}\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{8}\u{9b}2J\u{90}q\u{202e}evil\u{2066}\u{7f}";
/// What of it a header may hold (RFC 9110 5.5).
const OBSCURE: &str = "\u{9b}2J\u{90}q\u{202e}evil\u{2066}\u{feff}##[group]";

/// What GitHub or Azure would obey in a step's log.
const COMMANDS: &str = "::error::x ##[stop-commands]y ##vso[task.setvariable variable=PATH]z";

/// Answers by the last part of the path.
fn answer(path: &str) -> Vec<u8> {
    let page = |head: &str, body: &str| {
        format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    };
    match path {
        "/name" => page(&format!("200 OK\r\nX-{ODD}: 1"), "x"),
        "/obscure-name" => page(&format!("200 OK\r\nX-{OBSCURE}: 1"), "x"),
        "/value" => page(&format!("200 OK\r\nX-Odd: {ODD}"), "x"),
        "/reason" => page(&format!("200 {ODD}"), "x"),
        "/obscure-reason" => page(&format!("500 {OBSCURE}"), "x"),
        "/status" => page(ODD, "x"),
        "/json" => page("200 OK\r\nContent-Type: application/json", &format!("{{\"is\": \"{OBSCURE}\"}}")),
        "/error" => page(
            &format!("500 {OBSCURE}\r\nContent-Type: text/html; charset={OBSCURE}"),
            &format!("Traceback (most recent call last): File \"/srv/{ODD}/app.py\", line 1, in {ODD}"),
        ),
        _ => page(
            &format!(
                "200 OK\r\nServer: {OBSCURE}/1.0\r\nX-Powered-By: PHP/5 {OBSCURE}\r\nSet-Cookie: s{OBSCURE}={OBSCURE}; Path=/\r\n\
                 Location: /{OBSCURE}\r\nContent-Security-Policy: script-src {OBSCURE}\r\nContent-Type: text/html"
            ),
            &format!("<html>{ODD}<script>{ODD}</script></html>"),
        ),
    }
    .into_bytes()
}

fn serve(mut stream: TcpStream) {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut chunk) {
            Ok(n) if n > 0 => head.extend_from_slice(&chunk[..n]),
            _ => return,
        }
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let path = text.split(' ').nth(1).unwrap_or("/").to_owned();
    // A reader that has gone has seen enough.
    let _ = stream.write_all(&answer(&path));
}

/// A server that ends with the test.
fn hostile() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    url
}

/// The first character that a terminal would obey, or that changes how its neighbours look.
fn odd(text: &str) -> Option<String> {
    let is_odd = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let at = text.find(is_odd)?;
    let around = text[..at].chars().rev().take(80).collect::<Vec<char>>().into_iter().rev();
    Some(around.chain(text[at..].chars().take(20)).collect::<String>().escape_debug().to_string())
}

/// The first line that a CI system would take for a command.
fn command(text: &str) -> Option<&str> {
    text.lines()
        .find(|row| row.trim_start().starts_with("::") || row.contains("##[") || row.contains("##vso["))
}

const ROUTES: [&str; 8] =
    ["name", "obscure-name", "value", "reason", "obscure-reason", "status", "json", "error"];

fn scenario(url: &str) -> String {
    let route = |path: &&str| {
        format!("[[routes]]\nname = \"{path}\"\nget = \"/{path}\"\nexpect = {{ status = 200 }}\n")
    };
    let routes: String = ROUTES.iter().map(route).collect();
    format!(
        r#"
title = "Hostile"

[stacks.hostile]
url = "{url}"
ready = {{ status = 200 }}

[stacks.own]
url = "http://127.0.0.1:{{{{port}}}}"
start = [{{ name = "target", run = ["sh", "-c", "cat {{{{scenario}}}}/said; exec '{{{{shakedown}}}}' target --profile dev --port {{{{port}}}}"] }}]

[[routes]]
name = "home"
get = "/"

[[routes]]
name = "owned"
get = "/json"
expect = {{ json = {{ "$.is" = "sound" }} }}

{routes}
[load]
rate = 40
duration = "1s"
warmup = "0s"

[gates]
pass = ["hostile: errors < 1%"]
"#
    )
}

const FORMATS: &str = "html,md,json,csv,series,junit,sarif,codequality,summary,prometheus,otlp";

#[test]
fn nothing_that_a_run_says_or_leaves_moves_a_terminal() {
    let trial = Trial::new(&scenario(&hostile()));
    std::fs::write(trial.file("said"), format!("{ODD}\ncoloured \u{1b}[1;32mline\u{1b}[0m\r\n")).unwrap();
    let ended = trial.run(&["--format", FORMATS]).expect(1);
    for (what, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
        assert_eq!(odd(text), None, "{what}");
        assert_eq!(command(text), None, "{what}");
    }
    let mut seen = 0;
    for folder in [trial.out(), trial.out().join("logs")] {
        for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if file.is_file() {
                let text = std::fs::read_to_string(&file).unwrap();
                assert_eq!(odd(&text.replace("\r\n", "\n")), None, "{}", file.display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 14, "{seen} files");
    let log = std::fs::read_to_string(trial.out().join("logs/own-target.log")).unwrap();
    assert!(log.contains("coloured line\n"), "{log}");
    // What was there is still seen to have been there.
    let record = trial.record();
    let hostile = &record.stacks[0];
    for path in ["name", "value", "reason", "status"] {
        let route = hostile.routes.iter().find(|route| route.name == path).unwrap();
        assert!(route.error_count() > 0, "{path}: {:?}", route.errors);
    }
    for format in ["text", "html", "md", "json"] {
        let mut command = Command::new(harness::BINARY);
        command.arg("report").arg(trial.out()).args(["--format", format]).env("NO_COLOR", "1");
        assert_eq!(odd(&Ended::of(command.output().unwrap()).expect(0).stdout), None, "{format}");
    }
}

#[test]
fn what_a_stack_said_before_it_ended_moves_no_terminal() {
    let trial = Trial::new(
        "title = \"t\"\n[stacks.dev]\nurl = \"http://127.0.0.1:{{port}}\"\n\
         start = [{ run = [\"sh\", \"-c\", \"cat {{scenario}}/said; exit 1\"] }]\n[[routes]]\nname = \"home\"\nget = \"/\"\n",
    );
    std::fs::write(trial.file("said"), format!("last words {ODD}\n{COMMANDS}\n")).unwrap();
    let ended = trial.run(&[]).expect(3);
    assert!(ended.stderr.contains("last words") && ended.stderr.contains(":error::x"), "{}", ended.stderr);
    assert_eq!((command(&ended.stdout), command(&ended.stderr)), (None, None), "{}", ended.stderr);
    assert_eq!(odd(&ended.stderr), None);
    assert_eq!(odd(&ended.stdout), None);
}

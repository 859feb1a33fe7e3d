//! A command line that repeats a request; secrets stand as environment variables.

use super::evidence::{LONG_VALUE, Reporter};
use crate::wire::{Endpoint, Request};

/// Where requests go.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin {
    /// `https`.
    pub(super) scheme: String,
    /// As in the Host header.
    pub(super) host: String,
    /// `name:port:address` when the name is not what the URL of the scenario says.
    pub(super) resolve: Option<String>,
    /// The authority's file as the scenario has it.
    pub(super) authority: Option<String>,
    /// Asked over HTTP/2 without TLS.
    pub(super) prior_knowledge: bool,
}

impl Origin {
    /// Of a stack whose scenario names this authority.
    pub(super) fn new(endpoint: &Endpoint, authority: Option<&str>) -> Self {
        let port = endpoint.address.port();
        let name = endpoint.host.strip_suffix(&format!(":{port}")).unwrap_or(&endpoint.host);
        let given = endpoint.url.host_str().unwrap_or_default();
        Origin {
            scheme: endpoint.url.scheme().to_owned(),
            host: endpoint.host.clone(),
            resolve: (name != given).then(|| format!("{name}:{port}:{}", endpoint.address.ip())),
            authority: authority.map(str::to_owned),
            prior_knowledge: endpoint.http2.is_some() && endpoint.tls.is_none(),
        }
    }
}

/// Characters that are left of a target too long to repeat.
const START: usize = 64;

/// The command; `$LONG` stands for what is too long to repeat.
pub(super) fn command(origin: &Origin, request: &Request, reporter: &Reporter<'_>) -> String {
    let mut words = vec!["curl -sS -i --path-as-is".to_owned()];
    if request.method == "HEAD" {
        words.push("--head".to_owned());
    } else {
        words.push(format!("-X {}", quoted(&request.method)));
    }
    if origin.prior_knowledge {
        words.push("--http2-prior-knowledge".to_owned());
    }
    match &origin.authority {
        // Rendered for each run: only a variable can name it.
        Some(file) if file.contains("{{") => words.push("--cacert \"$CA\"".to_owned()),
        Some(file) => words.push(format!("--cacert {}", quoted(file))),
        None => {}
    }
    if let Some(resolve) = &origin.resolve {
        words.push(format!("--resolve {}", quoted(resolve)));
    }
    for (name, value) in &request.headers {
        words.push(header(name, value, reporter));
    }
    if !request.body.is_empty() {
        words.push("--data-binary @-".to_owned());
    }
    let target = reporter.scrub(&request.target);
    let url = |target: &str| quoted(&format!("{}://{}{target}", origin.scheme, origin.host));
    words.push(if target.len() > LONG_VALUE {
        format!("{}\"$LONG\"", url(&target.chars().take(START).collect::<String>()))
    } else {
        url(&target)
    });
    words.join(" ")
}

/// The same for bytes that curl does not send: printf and a plain connection.
pub(super) fn by_hand(origin: &Origin, text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\r' => escaped.push_str("\\r"),
            '\n' => escaped.push_str("\\n"),
            '\\' => escaped.push_str("\\\\"),
            '%' => escaped.push_str("%%"),
            ' '..='~' => escaped.push(c),
            // Octal of three digits is what every printf reads.
            c => escaped.push_str(&format!("\\{:03o}", u32::from(c) & 0xff)),
        }
    }
    let host = with_port(origin);
    let send = format!("printf {}", quoted(&escaped));
    if origin.scheme == "https" {
        return format!("{send} | openssl s_client -quiet -connect {}", quoted(&host));
    }
    let (name, port) = host.rsplit_once(':').unwrap_or((&host, "80"));
    format!("{send} | nc {} {port}", quoted(name))
}

/// A TLS handshake with these options, and no request behind it.
pub(super) fn handshake(origin: &Origin, options: &str) -> String {
    let host = with_port(origin);
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    let connect = match origin.resolve.as_deref().and_then(|resolve| resolve.splitn(3, ':').nth(2)) {
        Some(address) => format!("{address}{}", host.get(name.len()..).unwrap_or_default()),
        None => host.clone(),
    };
    let name = if name.parse::<std::net::Ipv4Addr>().is_ok() || name.starts_with('[') {
        String::new()
    } else {
        format!(" -servername {}", quoted(name))
    };
    format!("openssl s_client -connect {}{name} {options} </dev/null", quoted(&connect))
}

/// The host with the port in any case.
fn with_port(origin: &Origin) -> String {
    let port = if origin.scheme == "https" { 443 } else { 80 };
    match origin.host.rsplit_once(':') {
        Some((_, port)) if port.bytes().all(|b| b.is_ascii_digit()) => origin.host.clone(),
        _ => format!("{}:{port}", origin.host),
    }
}

fn header(name: &str, value: &str, reporter: &Reporter<'_>) -> String {
    let instead = if reporter.is_secret(name) {
        Some(variable(name))
    } else {
        (value.len() > LONG_VALUE).then(|| "LONG".to_owned())
    };
    if let Some(variable) = instead {
        // A field name may hold `$` and a backtick (RFC 9110 5.6.2): those not between double quotes.
        let harmless = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        return if harmless {
            format!("-H \"{name}: ${variable}\"")
        } else {
            format!("-H {}\": ${variable}\"", quoted(name))
        };
    }
    format!("-H {}", quoted(&reporter.scrub(&format!("{name}: {value}"))))
}

/// `AUTHORIZATION` would say little of what belongs there.
fn variable(name: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        "authorization" => "TOKEN".to_owned(),
        "x-csrftoken" => "CSRF_TOKEN".to_owned(),
        other => other
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
            .collect(),
    }
}

/// One word for a POSIX shell. Control characters are dropped: pasted into a terminal they would act there.
fn quoted(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_one_word_and_nothing_of_it() {
        assert_eq!(quoted("https://a.example/x?y=1"), "'https://a.example/x?y=1'");
        assert_eq!(quoted("it's; rm $HOME `id`"), r"'it'\''s; rm $HOME `id`'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("a\x1b[31m\nb"), "'a[31mb'");
        assert_eq!(quoted("PATCH"), "PATCH");
    }

    #[test]
    fn bytes_by_hand_are_printed_as_they_are() {
        let origin = Origin { scheme: "http".into(), host: "127.0.0.1:8000".into(), ..Origin::default() };
        let bytes = "GET /%41 HTTP/1.1\r\nX: a\0\u{b}'b\\n\n";
        let command = by_hand(&origin, bytes);
        let script = command.strip_suffix(" | nc 127.0.0.1 8000").unwrap();
        let out = std::process::Command::new("sh").args(["-c", script]).output().unwrap();
        assert_eq!(out.stdout, bytes.as_bytes());
    }

    #[test]
    fn a_real_shell_agrees() {
        for text in ["it's; $(exit 7) `exit 7`", "\"a\" \\ $HOME", "x'y''z", "*", "-n"] {
            let script = format!("printf '%s' {}", quoted(text));
            let out = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(out.stdout).unwrap(), text);
        }
    }
}

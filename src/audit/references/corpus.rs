//! The header sets: policies by construction, and values of single headers as they are met.

/// Headers of one answer.
pub struct HeaderSet {
    /// Its own name: what it is about, and the value.
    pub name: String,
    pub headers: Vec<(&'static str, String)>,
}

/// All of them.
pub fn all() -> Vec<HeaderSet> {
    let mut sets: Vec<HeaderSet> =
        policies().into_iter().map(|policy| of("csp", &[("Content-Security-Policy", &policy)])).collect();
    let single = [
        ("hsts", "Strict-Transport-Security", HSTS),
        ("nosniff", "X-Content-Type-Options", NOSNIFF),
        ("frame", "X-Frame-Options", FRAME),
        ("referrer", "Referrer-Policy", REFERRER),
        ("corp", "Cross-Origin-Resource-Policy", CORP),
        ("cookies", "Set-Cookie", COOKIES),
    ];
    for (about, name, values) in single {
        sets.extend(values.iter().map(|value| of(about, &[(name, value)])));
    }
    for ancestors in ["'none'", "'self'", "*", "https:", "https://shop.example"] {
        for frame in ["", "DENY", "SAMEORIGIN", "ALLOW-FROM https://shop.example"] {
            let policy = format!("default-src 'self'; frame-ancestors {ancestors}");
            let mut headers = vec![("Content-Security-Policy", policy.as_str())];
            headers.extend((!frame.is_empty()).then_some(("X-Frame-Options", frame)));
            sets.push(of("frame", &headers));
        }
    }
    for cookie in COOKIES {
        let hsts = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains");
        sets.push(of("cookies", &[hsts, ("Set-Cookie", cookie)]));
    }
    sets.push(HeaderSet { name: "nothing".to_owned(), headers: Vec::new() });
    sets
}

fn of(about: &str, headers: &[(&'static str, &str)]) -> HeaderSet {
    let shown: Vec<&str> = headers.iter().map(|(_, value)| *value).collect();
    HeaderSet {
        name: format!("{about}: {}", shown.join(" | ")),
        headers: headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
    }
}

/// Sources of scripts, by themselves and behind `default-src`, with and without what closes the rest; then shapes of their own.
fn policies() -> Vec<String> {
    let mut policies = Vec::new();
    for sources in SCRIPTS {
        for (directive, rest) in [
            ("script-src", ""),
            ("default-src", ""),
            ("script-src", "; object-src 'none'; base-uri 'none'"),
            ("default-src 'none'; script-src", "; base-uri 'self'; report-uri /csp"),
            ("default-src", "; object-src 'none'; style-src 'self' 'unsafe-inline'"),
            (
                "default-src 'self'; img-src *; script-src",
                "; require-trusted-types-for 'script'; report-to csp",
            ),
        ] {
            policies.push(format!("{directive} {sources}{rest}"));
        }
    }
    policies.extend(SHAPES.iter().map(|policy| (*policy).to_owned()));
    policies
}

const SCRIPTS: &[&str] = &[
    "'none'",
    "'self'",
    "*",
    "http:",
    "https:",
    "data:",
    "blob:",
    "'self' data:",
    "'unsafe-inline'",
    "'self' 'unsafe-inline'",
    "'self' 'unsafe-eval'",
    "'self' 'wasm-unsafe-eval'",
    "'self' 'unsafe-hashes'",
    "'self' 'unsafe-inline' 'unsafe-eval'",
    "'nonce-4AEemGb0xJptoIGFP3Nd'",
    "'nonce-4AEemGb0xJptoIGFP3Nd' 'unsafe-inline'",
    "'nonce-4AEemGb0xJptoIGFP3Nd' 'strict-dynamic'",
    "'nonce-4AEemGb0xJptoIGFP3Nd' 'strict-dynamic' 'unsafe-inline' https:",
    "'nonce-4AEemGb0xJptoIGFP3Nd' 'strict-dynamic' https: http:",
    "'nonce-abc'",
    "'nonce-a$b%c!defghijklmn'",
    "'sha256-LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564='",
    "'sha256-LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=' 'strict-dynamic'",
    "'strict-dynamic'",
    "'self' 'strict-dynamic'",
    "https://shop.example",
    "http://shop.example",
    "shop.example",
    "*.shop.example",
    "https://*.shop.example:443",
    "'self' https://ajax.googleapis.com",
    "'self' https://cdn.jsdelivr.net",
    "'self' https://www.google.com",
    "'self' 192.0.2.7",
    "'self' 'report-sample'",
];

const SHAPES: &[&str] = &[
    "default-src none",
    "default-src self",
    "script-src unsafe-inline",
    "script-src nonce-4AEemGb0xJptoIGFP3Nd",
    "default-src 'self' script-src 'self'",
    "default-src 'self' object-src 'none'; base-uri 'none'",
    "defualt-src 'self'",
    "script-scr 'self'; default-src 'none'",
    "default-src 'none'; script-src 'self' 'none'",
    "default-src 'self'; default-src *",
    "default-src 'none'; script-src-elem 'self' 'unsafe-inline'",
    "default-src 'none'; script-src 'self'; script-src-attr 'unsafe-inline'",
    "default-src 'none'; script-src-elem *",
    "default-src 'none'; frame-ancestors 'none'",
    "frame-ancestors 'none'",
    "upgrade-insecure-requests",
    "object-src 'none'",
    "style-src 'self' 'unsafe-inline'",
    "img-src http:; default-src 'self'",
    "default-src 'self'; img-src http://images.example",
    "default-src 'self'; style-src http://styles.example",
    "default-src 'self'; connect-src *",
    "default-src 'self'; font-src data:",
    "default-src 'self'; img-src *; media-src *",
    "default-src 'self'; object-src *",
    "default-src 'self'; base-uri *",
    "default-src 'self'; form-action *",
    "default-src 'self'; report-uri /csp",
    "default-src 'self'; report-to csp",
    "default-src 'self'; report-uri /csp; report-to csp",
    "default-src 'self'; require-trusted-types-for 'script'",
    "default-src 'self'; plugin-types application/pdf",
    "default-src 'self'; referrer no-referrer",
    "default-src 'self'; reflected-xss block",
    "default-src 'self'; sandbox",
    "default-src 'self'; worker-src blob:",
    "DEFAULT-SRC 'SELF'",
    "default-src 'self';;",
    "script-src 'self'; object-src 'none'; base-uri 'none'; require-trusted-types-for 'script'; report-uri /csp",
    "script-src 'nonce-4AEemGb0xJptoIGFP3Nd' 'strict-dynamic'; object-src 'none'; base-uri 'none'; report-uri /csp",
    "script-src 'nonce-4AEemGb0xJptoIGFP3Nd'; object-src 'self'; base-uri 'self'",
    "script-src 'nonce-MTIzNDU2'; object-src 'none'; base-uri 'none'",
    "default-src https: 'unsafe-inline' 'unsafe-eval'",
    "default-src * 'unsafe-inline' 'unsafe-eval' data: blob:",
];

const HSTS: &[&str] = &[
    "max-age=63072000",
    "max-age=63072000; includeSubDomains",
    "max-age=63072000; includeSubDomains; preload",
    "max-age=31536000",
    "max-age=31536000;includeSubdomains",
    "MAX-AGE=31536000; INCLUDESUBDOMAINS",
    "max-age=\"31536000\"",
    "max-age = 31536000",
    " max-age=31536000 ; includeSubDomains ;",
    "includeSubDomains; max-age=31536000",
    "max-age=15768000",
    "max-age=15552000",
    "max-age=15551999",
    "max-age=2592000",
    "max-age=300",
    "max-age=0",
    "max-age=-1",
    "max-age=abc",
    "max-age=31536000.5",
    "max-age=31536000abc",
    "max-age=",
    "max-age",
    "includeSubDomains",
    "preload",
    "max-age=31536000; max-age=0",
    "max-age=0; max-age=31536000",
    "max-age=31536000, max-age=0",
    "max-age=31536000; includeSubDomains, max-age=31536000",
    "max-age=31536000; unknown=1",
    "max-age=31536000; includeSubDomains=1",
    "maxage=31536000",
    "31536000",
    "'max-age=31536000'",
    "max-age=99999999999999999999",
];

const NOSNIFF: &[&str] = &[
    "nosniff",
    "NOSNIFF",
    " nosniff ",
    "nosniff, nosniff",
    "nosniff,",
    "no-sniff",
    "nosniff; x",
    "'nosniff'",
    "sniff",
    "none",
    "1",
    "foo, nosniff",
];

const FRAME: &[&str] = &[
    "DENY",
    "deny",
    "SAMEORIGIN",
    "sameorigin",
    " SAMEORIGIN ",
    "ALLOW-FROM https://shop.example",
    "ALLOWALL",
    "ALLOW",
    "SAMEORIGIN, SAMEORIGIN",
    "DENY, SAMEORIGIN",
    "SAME-ORIGIN",
    "'DENY'",
    "none",
    "*",
];

const REFERRER: &[&str] = &[
    "no-referrer",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "origin",
    "origin-when-cross-origin",
    "no-referrer-when-downgrade",
    "unsafe-url",
    "NO-REFERRER",
    " same-origin ",
    "no-referrer, strict-origin-when-cross-origin",
    "unsafe-url, no-referrer",
    "no-referrer, unsafe-url",
    "no-referrer, future-policy",
    "future-policy",
    "never",
    "always",
    "default",
    "strict-origin; x",
];

const CORP: &[&str] = &[
    "same-origin",
    "same-site",
    "cross-origin",
    "SAME-ORIGIN",
    " same-site ",
    "same-orgin",
    "none",
    "*",
    "same-origin, same-origin",
    "same-origin; report-to=x",
];

const COOKIES: &[&str] = &[
    "sessionid=wzhk3pfq8t2v5b7n9m4x; Secure; HttpOnly; SameSite=Lax",
    "sessionid=wzhk3pfq8t2v5b7n9m4x; Secure; HttpOnly; SameSite=Strict",
    "sessionid=wzhk3pfq8t2v5b7n9m4x; Secure; HttpOnly; SameSite=None",
    "sessionid=wzhk3pfq8t2v5b7n9m4x; Secure; HttpOnly",
    "sessionid=wzhk3pfq8t2v5b7n9m4x; Secure; SameSite=Lax",
    "sessionid=wzhk3pfq8t2v5b7n9m4x; HttpOnly; SameSite=Lax",
    "sessionid=wzhk3pfq8t2v5b7n9m4x",
    "sessionid=wzhk3pfq8t2v5b7n9m4x; Secure; HttpOnly; SameSite=Invalid",
    "sessionid=wzhk3pfq8t2v5b7n9m4x; Secure; HttpOnly; SameSite",
    "sessionid=wzhk3pfq8t2v5b7n9m4x; HttpOnly; SameSite=None",
    "sessionid=; Max-Age=0; Path=/",
    "sessionid=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax",
    "csrftoken=wzhk3pfq8t2v5b7n9m4x; Secure; SameSite=Lax",
    "csrftoken=wzhk3pfq8t2v5b7n9m4x; Secure",
    "csrftoken=wzhk3pfq8t2v5b7n9m4x",
    "theme=dark",
    "theme=dark; Secure",
    "theme=dark; Secure; SameSite=Lax",
    "last_login=2026-01-01; Secure; SameSite=Lax",
    "__Host-sessionid=wzhk3pfq8t2v5b7n9m4x; Secure; HttpOnly; SameSite=Lax; Path=/",
    "access=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlc2lnbmF0dXJl; Secure; SameSite=Lax",
];

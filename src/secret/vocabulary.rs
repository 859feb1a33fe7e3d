//! Words that requests, logs and reports consist of, and that people also take for passwords.

/// In alphabetical order. Only words that stand in ordinary answers, addresses and logs: a guessable password that does not, like
/// `letmein`, harms no text when it is taken out of all of it.
const WORDS: [&str; 96] = [
    "access",
    "account",
    "accounts",
    "active",
    "admin",
    "administrator",
    "agent",
    "apache",
    "apikey",
    "auth",
    "authorization",
    "backend",
    "basic",
    "bearer",
    "body",
    "cache",
    "client",
    "code",
    "content",
    "cookie",
    "credential",
    "credentials",
    "csrf",
    "data",
    "database",
    "date",
    "debug",
    "default",
    "demo",
    "detail",
    "developer",
    "django",
    "email",
    "error",
    "example",
    "false",
    "file",
    "form",
    "guest",
    "header",
    "home",
    "host",
    "html",
    "http",
    "https",
    "index",
    "info",
    "json",
    "localhost",
    "login",
    "logout",
    "manager",
    "name",
    "nginx",
    "none",
    "notes",
    "null",
    "oauth",
    "object",
    "operator",
    "owner",
    "page",
    "pass",
    "passwd",
    "password",
    "path",
    "post",
    "postgres",
    "prod",
    "production",
    "public",
    "redis",
    "refresh",
    "request",
    "response",
    "root",
    "secret",
    "server",
    "service",
    "session",
    "staff",
    "static",
    "status",
    "superuser",
    "support",
    "system",
    "test",
    "tester",
    "testing",
    "text",
    "token",
    "true",
    "user",
    "username",
    "users",
    "value",
];

/// Whether a secret is such a word, in whatever letters.
pub(super) fn is_common(secret: &str) -> bool {
    WORDS.binary_search(&secret.to_ascii_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_in_order_and_no_secrets() {
        assert!(WORDS.is_sorted(), "a binary search needs them in order");
        assert!(WORDS.iter().all(|word| word.chars().all(|c| c.is_ascii_lowercase())));
        assert!(is_common("password") && is_common("Admin"));
        for secret in ["letmein", "shakedown-1", "passw0rd", "test1234", "password1", "correct horse"] {
            assert!(!is_common(secret), "{secret}");
        }
    }
}

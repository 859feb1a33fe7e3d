//! A sound stack's answers to the probes of this family, and what breaks each check.

use super::probes::*;
use crate::audit::exchange::{Facts, Purpose};
use crate::audit::samples::{change, plain};

const SOUND: &[Purpose] =
    &[CONTROL, VERSION_CONTROL, ENVIRONMENT, DJANGO, BACKUP, DIRECTORY, ALIAS, SOURCE_MAP, STATUS];

pub fn sound(facts: &mut Facts) {
    for purpose in SOUND {
        plain(facts, *purpose, 404, "not here");
    }
    plain(facts, SECURITY_TXT, 200, "Contact: mailto:a@example.com\nExpires: 2999-01-01T00:00:00Z\n");
    plain(facts, MEDIA, 200, "<script>1</script>");
    change(facts, MEDIA, |answer| {
        answer.headers.push(("Content-Disposition".into(), b"attachment; filename=a.html".to_vec()));
    });
}

pub fn spoil(check: &str, facts: &mut Facts) -> bool {
    let (purpose, body) = match check {
        "FILE-VCS" => (VERSION_CONTROL, "ref: refs/heads/main"),
        "FILE-ENV" => (ENVIRONMENT, "SECRET_KEY=abc"),
        "FILE-DJANGO" => (DJANGO, "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'x')"),
        "FILE-BACKUP" => (BACKUP, "PK\u{3}\u{4}"),
        "FILE-DIRLIST" => (DIRECTORY, "<title>Index of /static/</title>"),
        "FILE-ALIAS-TRAVERSAL" => (ALIAS, "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'x')"),
        "FILE-SOURCEMAP" => (SOURCE_MAP, "{\"version\":3,\"mappings\":\"AA\"}"),
        "FILE-STATUS" => (STATUS, "Active connections: 3 "),
        "FILE-MEDIA-HTML" => {
            change(facts, MEDIA, |answer| {
                answer.headers.retain(|(name, _)| name != "Content-Disposition" && name != "Content-Type");
                answer.headers.push(("Content-Type".into(), b"text/html; charset=utf-8".to_vec()));
            });
            return true;
        }
        "FILE-SECURITY-TXT" => {
            (SECURITY_TXT, "Contact: mailto:a@example.com\nExpires: 2001-01-01T00:00:00Z\n")
        }
        _ => return false,
    };
    change(facts, purpose, |answer| {
        answer.status = 200;
        answer.body = body.into();
        answer.body_length = body.len() as u64;
    });
    true
}

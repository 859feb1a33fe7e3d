//! Faults of files: what answers under paths where nothing should.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Fault;
use super::app::App;

/// A fault, the path under which it answers, its type and its body.
type File = (Fault, &'static str, &'static str, &'static str);

const TEXT: &str = "text/plain; charset=utf-8";
const FILES: &[File] = &[
    (Fault::GitFolder, "/.git/HEAD", TEXT, "ref: refs/heads/main\n"),
    (Fault::EnvFile, "/.env", TEXT, "DEBUG=1\nSECRET_KEY=not-a-real-one\n"),
    (
        Fault::ProjectFiles,
        "/manage.py",
        TEXT,
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'notes.settings')\n",
    ),
    (Fault::BackupFile, "/backup.zip", "application/zip", "PK\u{3}\u{4} and so on"),
    (
        Fault::FolderListing,
        "/static/",
        "text/html; charset=utf-8",
        "<html><title>Index of /static/</title></html>",
    ),
    (
        Fault::AliasTraversal,
        "/static../manage.py",
        TEXT,
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a')\n",
    ),
    (
        Fault::StatusPage,
        "/nginx_status",
        TEXT,
        "Active connections: 1 \nserver accepts handled requests\n 1 1 1\n",
    ),
    (Fault::MediaPage, "/media/page.html", "text/html; charset=utf-8", "<script>document.domain</script>"),
    (Fault::SchemaOpen, "/api/schema/", "application/json", "{\"openapi\":\"3.0.3\",\"paths\":{}}"),
    (
        Fault::AdminThere,
        "/admin/login/",
        "text/html; charset=utf-8",
        "<title>Log in | Django site admin</title>",
    ),
    (
        Fault::Toolbar,
        "/__debug__/",
        "text/html; charset=utf-8",
        "<div id=\"djDebug\" class=\"djdt-hidden\"></div>",
    ),
    (
        Fault::JwtPrivateKeySet,
        "/.well-known/jwks.json",
        "application/json",
        r#"{"keys":[{"kty":"oct","kid":"notes","alg":"HS256","k":"bm90IGEgcmVhbCBvbmU"}]}"#,
    ),
    (
        Fault::SecurityTxtExpired,
        "/.well-known/security.txt",
        TEXT,
        "Contact: mailto:security@example.com\nExpires: 2020-01-01T00:00:00Z\n",
    ),
];

/// The file that a fault puts under this path.
pub(super) fn file(app: &App, path: &str) -> Option<Response> {
    if app.has(Fault::SourceMaps) && path.ends_with(".map") {
        let headers = [(header::CONTENT_TYPE, "application/json")];
        return Some(
            (headers, "{\"version\":3,\"sources\":[\"a.ts\"],\"mappings\":\"AAAA\"}").into_response(),
        );
    }
    let (_, _, kind, body) = FILES.iter().find(|(fault, at, ..)| *at == path && app.has(*fault))?;
    Some((StatusCode::OK, [(header::CONTENT_TYPE, *kind)], *body).into_response())
}

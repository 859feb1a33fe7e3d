//! GETs of files that should not be there, without any credential.

use crate::audit::AuditInput;
use crate::audit::collect::routes;
use crate::audit::exchange::Purpose;
use crate::audit::probe::{Consent, Probe};
use crate::audit::prober::{Prober, get, nonsense, site};
use crate::plan::RouteKind;

pub const CONTROL: Purpose = Purpose::Own("file-control");
pub const VERSION_CONTROL: Purpose = Purpose::Own("file-vcs");
pub const ENVIRONMENT: Purpose = Purpose::Own("file-env");
pub const DJANGO: Purpose = Purpose::Own("file-django");
pub const BACKUP: Purpose = Purpose::Own("file-backup");
pub const DIRECTORY: Purpose = Purpose::Own("file-directory");
pub const ALIAS: Purpose = Purpose::Own("file-alias");
pub const SOURCE_MAP: Purpose = Purpose::Own("file-source-map");
pub const STATUS: Purpose = Purpose::Own("file-status");
pub const SECURITY_TXT: Purpose = Purpose::Own("file-security-txt");
pub const MEDIA: Purpose = Purpose::Own("file-media");

/// Paths under the root, by what they would tell.
const PATHS: [(Purpose, &[&str]); 6] = [
    (VERSION_CONTROL, &["/.git/HEAD", "/.git/config", "/.svn/entries", "/.hg/requires"]),
    (ENVIRONMENT, &["/.env", "/.env.local", "/.env.production", "/.envrc"]),
    (
        DJANGO,
        &[
            "/settings.py",
            "/manage.py",
            "/local_settings.py",
            "/requirements.txt",
            "/db.sqlite3",
            "/Dockerfile",
            "/docker-compose.yml",
        ],
    ),
    (BACKUP, &["/backup.zip", "/backup.tar.gz", "/dump.sql", "/db.sql"]),
    (
        STATUS,
        &[
            "/server-status",
            "/nginx_status",
            "/stub_status",
            "/metrics",
            "/actuator",
            "/debug/vars",
            "/phpinfo.php",
        ],
    ),
    (SECURITY_TXT, &["/.well-known/security.txt"]),
];
/// What editors and people put behind a name.
const COPIES: [&str; 6] = ["~", ".bak", ".old", ".orig", ".swp", ".save"];
/// Static files that are started from.
const STATIC: usize = 6;
/// Folders beside which a project's static files usually stand.
const FOLDERS: [&str; 4] = ["static", "staticfiles", "assets", "public"];

pub static FILES: Probe = Probe {
    name: "files",
    consent: Consent::Active,
    about: "GETs without a credential: version control, environment, project and backup files, status pages, security.txt; \
            beside static files their maps, copies, folders, and paths that leave the folder",
    most: 130,
    lacks: |_| None,
    send: |prober| Box::pin(send(prober)),
};

pub static MEDIA_FILES: Probe = Probe {
    name: "media-files",
    consent: Consent::Active,
    about: "GETs of the files that `media` in [audit] names",
    most: 20,
    lacks: |input| {
        input.plan.media.is_empty().then_some("the scenario names no file of a user: `media` in [audit]")
    },
    send: |prober| {
        Box::pin(async move {
            for path in prober.input.plan.media.iter().take(20) {
                prober.send(MEDIA, site(path, RouteKind::Static), get(path.as_str())).await;
            }
        })
    },
};

async fn send(prober: &mut Prober<'_>) {
    let path = format!("/{}.txt", nonsense());
    prober.send(CONTROL, site("unknown file", RouteKind::Html), get(path)).await;
    for (purpose, paths) in PATHS {
        for path in paths {
            prober.send(purpose, site(path, RouteKind::Html), get(*path)).await;
        }
    }
    let mut folders: Vec<String> = Vec::new();
    for file in static_files(prober.input) {
        let Some((folder, name)) = file.rsplit_once('/') else { continue };
        if file.ends_with(".js") || file.ends_with(".css") {
            prober.send(SOURCE_MAP, site("source map", RouteKind::Static), get(format!("{file}.map"))).await;
        }
        if folders.is_empty() {
            for copy in COPIES {
                prober
                    .send(BACKUP, site("editor's copy", RouteKind::Static), get(format!("{file}{copy}")))
                    .await;
            }
        }
        if !folders.iter().any(|known| known == folder) {
            folders.push(folder.to_owned());
            for path in [format!("{folder}/"), folder.to_owned()] {
                if !path.is_empty() && path != "/" {
                    prober.send(DIRECTORY, site("folder", RouteKind::Static), get(path)).await;
                }
            }
            outside(prober, folder, name).await;
        }
    }
}

/// `/static../static/app.css`, for a location that ends without a slash.
async fn outside(prober: &mut Prober<'_>, folder: &str, name: &str) {
    let mut parts = folder.trim_start_matches('/').splitn(2, '/');
    let (Some(first), rest) = (parts.next().filter(|first| !first.is_empty()), parts.next()) else { return };
    let inside = rest.map_or_else(|| name.to_owned(), |rest| format!("{rest}/{name}"));
    let own = [first].into_iter().chain(FOLDERS.into_iter().filter(|folder| *folder != first));
    for guess in own {
        let path = format!("/{first}../{guess}/{inside}");
        prober.send(ALIAS, site("beside the folder", RouteKind::Static), get(path)).await;
    }
    for path in [format!("/{first}../manage.py"), format!("/{first}..%2fmanage.py")] {
        prober.send(ALIAS, site("beside the folder", RouteKind::Static), get(path)).await;
    }
}

/// Paths of the scenario's static routes.
fn static_files(input: &AuditInput<'_>) -> Vec<String> {
    routes::of(input)
        .into_iter()
        .filter(|route| route.kind == RouteKind::Static && route.auth.is_none())
        .filter_map(|route| routes::request(input, route, 0))
        .map(|request| request.target.split(['?', '#']).next().unwrap_or_default().to_owned())
        .take(STATIC)
        .collect()
}

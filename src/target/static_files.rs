//! Static files: plain names on dev; on production hashed names with ETag, long caching and gzip made beforehand.

use std::collections::HashMap;
use std::io::Write;

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::app::Shared;
use super::{Fault, Faults, Profile, TargetError, odd, random};

const SOURCES: [(&str, &str, &[u8]); 3] = [
    ("app.css", "text/css; charset=utf-8", include_bytes!("assets/app.css")),
    ("app.js", "text/javascript; charset=utf-8", include_bytes!("assets/app.js")),
    ("logo.svg", "image/svg+xml; charset=utf-8", include_bytes!("assets/logo.svg")),
];
/// Where production lists its hashed names, as Django's manifest storage does.
const MANIFEST: &str = "staticfiles.json";
const FOREVER: &str = "public, max-age=31536000, immutable";

struct File {
    kind: HeaderValue,
    bytes: Bytes,
    gzip: Option<Bytes>,
    /// Strong, without the quotes.
    tag: String,
    cache: &'static str,
}

/// The files by the names they are served under.
pub(super) struct StaticFiles {
    files: HashMap<String, File>,
    names: HashMap<&'static str, String>,
    modified: String,
    profile: Profile,
}

impl StaticFiles {
    /// By fault, production's names have no hash either, or the files are other ones.
    pub(super) fn new(profile: Profile, faults: &Faults) -> Result<Self, TargetError> {
        let (plain, others) = (faults.has(Fault::StaticPlainNames), faults.has(Fault::OtherFiles));
        let mut files = HashMap::new();
        let mut names = HashMap::new();
        for (name, kind, bytes) in SOURCES {
            let bytes = if others { [bytes, b"\n"].concat().into() } else { Bytes::from_static(bytes) };
            let file = File::new(kind, bytes, FOREVER)?;
            let served = match profile {
                Profile::Dev => name.to_owned(),
                Profile::Production if plain => name.to_owned(),
                Profile::Production => hashed(name, &file.tag),
            };
            names.insert(name, served.clone());
            files.insert(served, file);
        }
        if profile == Profile::Production {
            let manifest = json!({ "version": "1.1", "paths": names, "hash": "" }).to_string();
            files.insert(MANIFEST.to_owned(), File::new("application/json", manifest.into(), "no-cache")?);
        }
        let modified = jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&jiff::Timestamp::now())
            .unwrap_or_default();
        Ok(StaticFiles { files, names, modified, profile })
    }

    /// Path of a file on this profile.
    pub(super) fn url(&self, name: &str) -> String {
        format!("/static/{}", self.names.get(name).map_or(name, String::as_str))
    }

    fn answer(&self, name: &str, headers: &HeaderMap) -> Option<Response> {
        let file = self.files.get(name)?;
        Some(match self.profile {
            Profile::Dev => self.plain(name, file, headers),
            Profile::Production => file.cached(headers),
        })
    }

    /// As Django's `runserver` does it: Last-Modified and a name, nothing else.
    fn plain(&self, name: &str, file: &File, headers: &HeaderMap) -> Response {
        let known =
            headers.get(header::IF_MODIFIED_SINCE).is_some_and(|since| since == self.modified.as_str());
        let status = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        let mut response = status.into_response();
        put(&mut response, header::LAST_MODIFIED, &self.modified);
        if !known {
            put(&mut response, header::CONTENT_DISPOSITION, &format!("inline; filename=\"{name}\""));
            response.headers_mut().insert(header::CONTENT_TYPE, file.kind.clone());
            *response.body_mut() = file.bytes.clone().into();
        }
        response
    }
}

impl File {
    fn new(kind: &'static str, bytes: Bytes, cache: &'static str) -> Result<Self, TargetError> {
        let tag = random::to_hex(&Sha256::digest(&bytes)).chars().take(16).collect();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let gzip = encoder.write_all(&bytes).and_then(|()| encoder.finish());
        let gzip = gzip.map_err(TargetError::io("compressing a static file"))?;
        let gzip = (gzip.len() < bytes.len()).then(|| gzip.into());
        Ok(File { kind: HeaderValue::from_static(kind), bytes, gzip, tag, cache })
    }

    fn cached(&self, headers: &HeaderMap) -> Response {
        let zipped = self.gzip.as_ref().filter(|_| takes_gzip(headers));
        let tag =
            if zipped.is_some() { format!("\"{}-gzip\"", self.tag) } else { format!("\"{}\"", self.tag) };
        let known = header_text(headers, header::IF_NONE_MATCH).is_some_and(|list| {
            list.split(',').any(|t| matches!(t.trim().trim_start_matches("W/"), t if t == tag || t == "*"))
        });
        let mut response = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK }.into_response();
        put(&mut response, header::ETAG, &tag);
        put(&mut response, header::CACHE_CONTROL, self.cache);
        put(&mut response, header::VARY, "Accept-Encoding");
        if known {
            return response;
        }
        response.headers_mut().insert(header::CONTENT_TYPE, self.kind.clone());
        if zipped.is_some() {
            put(&mut response, header::CONTENT_ENCODING, "gzip");
        }
        *response.body_mut() = zipped.unwrap_or(&self.bytes).clone().into();
        response
    }
}

/// `GET /static/NAME`.
pub(super) async fn serve(State(app): State<Shared>, Path(name): Path<String>, request: Request) -> Response {
    app.files.answer(&name, request.headers()).unwrap_or_else(|| odd::no_such_page(&app, &request))
}

/// `app.css` → `app.0123456789ab.css`.
fn hashed(name: &str, tag: &str) -> String {
    let hash = tag.get(..12).unwrap_or(tag);
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}.{hash}.{ending}"),
        None => format!("{name}.{hash}"),
    }
}

/// Whether `Accept-Encoding` takes gzip (RFC 9110 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let weight = |list: &str, coding: &str| {
        list.split(',').find_map(|item| {
            let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
            let q = parameters.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).unwrap_or(1.0);
            name.trim().eq_ignore_ascii_case(coding).then_some(q)
        })
    };
    header_text(headers, header::ACCEPT_ENCODING)
        .is_some_and(|list| weight(list, "gzip").or_else(|| weight(list, "*")).is_some_and(|q| q > 0.0))
}

fn header_text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn put(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let takes = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
            takes_gzip(&headers)
        };
        assert!(takes("gzip") && takes("br, GZip;q=0.5") && takes("*"));
        assert!(!takes("br") && !takes("gzip;q=0") && !takes("*, gzip; q=0") && !takes("identity"));
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn a_hash_stands_before_the_ending() {
        assert_eq!(hashed("app.css", "0123456789abcdef"), "app.0123456789ab.css");
    }
}

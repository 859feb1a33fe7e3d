//! Static files on both profiles.

use std::io::Read;

use reqwest::{Method, Response};
use serde_json::Value;

use crate::process::{Target, line, text};

async fn get(target: &Target, path: &str, header: (&str, &str)) -> Response {
    target.request(Method::GET, path).header(header.0, header.1).send().await.unwrap()
}

#[tokio::test]
async fn dev_serves_plain_names_with_last_modified_only() {
    let target = Target::start("dev");
    assert!(target.get("/").await.text().await.unwrap().contains("href=\"/static/app.css\""));
    let answer = get(&target, "/static/app.css", ("Accept-Encoding", "gzip")).await;
    let headers = answer.headers();
    assert_eq!(line(headers, "content-type"), "text/css; charset=utf-8");
    assert_eq!(line(headers, "content-disposition"), "inline; filename=\"app.css\"");
    for absent in ["etag", "cache-control", "content-encoding", "x-content-type-options", "vary"] {
        assert_eq!(line(headers, absent), "", "{absent}");
    }
    let modified = line(headers, "last-modified");
    assert!(modified.ends_with(" GMT"), "{modified}");
    let again = get(&target, "/static/app.css", ("If-Modified-Since", &modified)).await;
    assert_eq!(again.status(), 304);
}

#[tokio::test]
async fn production_serves_hashed_names_to_be_kept_for_ever() {
    let target = Target::start("production");
    let manifest: Value = target.get("/static/staticfiles.json").await.json().await.unwrap();
    let name = text(&manifest["paths"]["app.css"]);
    assert!(name.starts_with("app.") && name.ends_with(".css") && name.len() > "app.css".len() + 8, "{name}");
    let path = format!("/static/{name}");
    assert!(target.get("/").await.text().await.unwrap().contains(&path));
    assert_eq!(target.get("/static/app.css").await.status(), 404);

    let plain = target.get(&path).await;
    assert_eq!(line(plain.headers(), "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(line(plain.headers(), "vary"), "Accept-Encoding");
    assert_eq!(line(plain.headers(), "content-encoding"), "");
    assert_eq!(line(plain.headers(), "set-cookie"), "");
    let tag = line(plain.headers(), "etag");
    assert!(tag.starts_with('"'), "a strong one: {tag}");
    let body = plain.bytes().await.unwrap();

    let zipped = get(&target, &path, ("Accept-Encoding", "br, gzip")).await;
    assert_eq!(line(zipped.headers(), "content-encoding"), "gzip");
    let zipped_tag = line(zipped.headers(), "etag");
    assert_ne!(zipped_tag, tag, "another representation, another tag");
    let zipped = zipped.bytes().await.unwrap();
    assert!(zipped.len() < body.len() / 2);
    let mut unzipped = Vec::new();
    flate2::read::GzDecoder::new(&zipped[..]).read_to_end(&mut unzipped).unwrap();
    assert_eq!(unzipped, body);

    for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let again = get(&target, &path, ("If-None-Match", &known)).await;
        assert_eq!(again.status(), 304, "{known}");
        assert_eq!(line(again.headers(), "etag"), tag);
        assert!(again.bytes().await.unwrap().is_empty());
    }
    assert_eq!(get(&target, &path, ("If-None-Match", &zipped_tag)).await.status(), 200);
}

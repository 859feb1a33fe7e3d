//! A request as it is rendered for HTTP/1.1, made one of HTTP/2 (RFC 9113 8.3).

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

use super::parser::MAX_HEADERS;

/// Whom requests are for.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
}

/// The request and its body. Lines about the connection are left out: HTTP/2 has none (RFC 9113 8.2.2).
pub(super) fn convert(request: &[u8], origin: &Origin) -> Result<(Request<()>, Bytes), &'static str> {
    let bytes = Bytes::copy_from_slice(request);
    let mut storage = [const { MaybeUninit::<httparse::Header<'_>>::uninit() }; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut []);
    let Ok(httparse::Status::Complete(length)) = parsed.parse_with_uninit_headers(&bytes, &mut storage)
    else {
        return Err("the request has a line that cannot be sent over HTTP/2");
    };
    let mut authority = origin.authority.clone();
    let mut headers = HeaderMap::with_capacity(parsed.headers.len());
    for line in parsed.headers.iter() {
        let name =
            HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| "a header name cannot be sent")?;
        if name == http::header::HOST {
            if line.value != authority.as_str().as_bytes() {
                authority = Authority::try_from(line.value)
                    .map_err(|_| "the Host header cannot stand in an HTTP/2 request")?;
            }
            continue;
        }
        if is_about_connection(&name, line.value) {
            continue;
        }
        let value = HeaderValue::from_maybe_shared(bytes.slice_ref(line.value));
        headers.append(name, value.map_err(|_| "a header value cannot be sent")?);
    }
    let path = parsed.path.unwrap_or("/");
    let path = PathAndQuery::from_maybe_shared(bytes.slice_ref(path.as_bytes()));
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(origin.scheme.clone());
    uri.authority = Some(authority);
    uri.path_and_query = Some(path.map_err(|_| "the path cannot be sent")?);
    let mut converted = Request::new(());
    *converted.method_mut() = Method::from_bytes(parsed.method.unwrap_or_default().as_bytes())
        .map_err(|_| "the method cannot be sent")?;
    *converted.uri_mut() = Uri::from_parts(uri).map_err(|_| "the path cannot be sent")?;
    *converted.headers_mut() = headers;
    Ok((converted, bytes.slice(length..)))
}

fn is_about_connection(name: &HeaderName, value: &[u8]) -> bool {
    use http::header::{CONNECTION, TE, TRANSFER_ENCODING, UPGRADE};
    *name == CONNECTION
        || *name == TRANSFER_ENCODING
        || *name == UPGRADE
        || matches!(name.as_str(), "keep-alive" | "proxy-connection")
        || (*name == TE && value != b"trailers")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin { scheme: Scheme::HTTPS, authority: Authority::from_static("a.example:8443") }
    }

    #[test]
    fn lines_about_the_connection_stay_behind() {
        let (request, body) = convert(
            b"POST /a?b=%20 HTTP/1.1\r\nHost: a.example:8443\r\nConnection: close\r\nTE: gzip\r\nX-A: 1\r\nx-a: 2\r\n\
              Content-Length: 2\r\n\r\nhi",
            &origin(),
        )
        .unwrap();
        assert_eq!(request.uri().to_string(), "https://a.example:8443/a?b=%20");
        assert_eq!(request.method(), Method::POST);
        let lines: Vec<_> = request.headers().iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
        assert_eq!(lines, [("x-a", &b"1"[..]), ("x-a", b"2"), ("content-length", b"2")]);
        assert_eq!(body, "hi");
    }

    #[test]
    fn the_host_header_is_the_authority() {
        let (request, body) = convert(b"GET / HTTP/1.1\r\nHost: b.example\r\n\r\n", &origin()).unwrap();
        assert_eq!(request.uri().authority().unwrap(), "b.example");
        assert!(request.headers().is_empty() && body.is_empty());
        assert!(convert(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", &origin()).is_err());
    }
}

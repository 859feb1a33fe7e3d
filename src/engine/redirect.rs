//! Redirects that stay on the stack (RFC 9110 15.4). One that leads elsewhere is the answer: the credential
//! never leaves the origin it is for.

use url::Url;

use crate::wire::{Endpoint, ResponseHead};

/// Where to next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Next {
    /// Path and query.
    pub(super) target: String,
    /// Whether it is asked for by GET without body.
    pub(super) get: bool,
}

/// The request a redirect asks for; `None` when the answer is none, has no usable Location or leads elsewhere.
pub(super) fn follow(head: &ResponseHead, endpoint: &Endpoint, path: &[u8], method: &str) -> Option<Next> {
    let get = match head.status {
        303 => method != "HEAD",
        301 | 302 => method == "POST",
        307 | 308 => false,
        _ => return None,
    };
    let location = head.headers.values("location").next()?;
    let location = str::from_utf8(&location).ok()?;
    // The server names itself as it was addressed: by the Host header.
    let origin = Url::parse(&format!("{}://{}", endpoint.url.scheme(), endpoint.host)).ok()?;
    let next = origin.join(str::from_utf8(path).ok()?).ok()?.join(location).ok()?;
    if next.origin() != origin.origin() && next.origin() != endpoint.url.origin() {
        return None;
    }
    let query = next.query().map(|query| format!("?{query}")).unwrap_or_default();
    Some(Next { target: format!("{}{query}", next.path()), get })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{ResponseParser, Step};

    fn next(status: u16, location: &str, method: &str) -> Option<(String, bool)> {
        let endpoint = Endpoint {
            url: "http://127.0.0.1:8000".parse().unwrap(),
            address: "127.0.0.1:8000".parse().unwrap(),
            host: "shop.example:8000".into(),
            tls: None,
            http2: None,
        };
        let mut parser = ResponseParser::default();
        parser.begin(false);
        let answer = format!("HTTP/1.1 {status} X\r\nLocation: {location}\r\n\r\n");
        assert_eq!(parser.advance(answer.as_bytes()).unwrap().1, Step::Head);
        follow(parser.head(), &endpoint, b"/a/b?c", method).map(|next| (next.target, next.get))
    }

    #[test]
    fn the_same_origin_is_followed() {
        assert_eq!(next(302, "/x?y#z", "GET"), Some(("/x?y".into(), false)));
        assert_eq!(next(302, "x", "GET"), Some(("/a/x".into(), false)));
        assert_eq!(next(301, "http://127.0.0.1:8000/x", "GET"), Some(("/x".into(), false)));
        assert_eq!(next(301, "http://shop.example:8000/x", "GET"), Some(("/x".into(), false)));
    }

    #[test]
    fn another_origin_is_the_answer() {
        for elsewhere in [
            "https://127.0.0.1:8000/x",
            "http://127.0.0.1:8001/x",
            "http://evil.example/x",
            "//evil.example:8000/",
            "\\\\evil.example\\x",
        ] {
            assert_eq!(next(302, elsewhere, "GET"), None, "{elsewhere}");
        }
        assert_eq!(next(200, "/x", "GET"), None);
        assert_eq!(next(304, "/x", "GET"), None);
    }

    #[test]
    fn methods_change_as_the_standard_says() {
        let get = |status, method| next(status, "/", method).unwrap().1;
        assert!(get(303, "POST") && get(303, "PUT") && get(301, "POST") && get(302, "POST"));
        assert!(!get(307, "POST") && !get(308, "POST") && !get(301, "PUT") && !get(303, "HEAD"));
    }
}

//! An answer as hyper's client reads it.

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::forms::Form;
use crate::{Read, Reading};

/// So often everything that can go on is let go on: the connection is in memory, nothing else is waited for.
const TURNS: usize = 200;

/// Once with the end of the connection after the bytes, for what is read; once without, for what happens to the
/// connection.
pub async fn read(form: &Form) -> Read {
    let mut reading = read_once(form, true).await?;
    reading.reusable = tokio::select! {
        biased;
        kept = read_once(form, false) => kept.is_ok_and(|kept| kept.reusable),
        () = turns(TURNS * 20) => false,
    };
    Ok(reading)
}

async fn turns(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

async fn read_once(form: &Form, end: bool) -> Read {
    let (client, mut server) = tokio::io::duplex(1 << 21);
    let bytes = form.bytes.clone();
    let serving = tokio::spawn(async move {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            if server.read_buf(&mut request).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let _ = server.write_all(&bytes).await;
        if end {
            let _ = server.shutdown().await;
        }
        while server.read_buf(&mut request).await.unwrap_or(0) > 0 {}
    });
    // The limits and leniences this crate has, so that only judgement differs.
    let (mut sender, connection) = http1::Builder::new()
        .allow_obsolete_multiline_headers_in_responses(true)
        .max_headers(256)
        .handshake(TokioIo::new(client))
        .await
        .map_err(drop)?;
    let connection = tokio::spawn(connection);
    let request = Request::builder()
        .method(form.method)
        .uri("/")
        .header("host", "x")
        .body(Empty::<Bytes>::new())
        .unwrap();
    let read = async {
        let response = sender.send_request(request).await.map_err(drop)?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(drop)?;
        let trailers = body.trailers().map(fields).unwrap_or_default();
        let mut reading = Reading {
            status: head.status.as_u16(),
            fields: fields(&head.headers),
            body: body.to_bytes().to_vec(),
            trailers,
            reusable: false,
        };
        turns(TURNS).await;
        reading.reusable = sender.is_ready();
        Ok(reading)
    }
    .await;
    connection.abort();
    serving.abort();
    read
}

fn fields(map: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    let mut fields: Vec<(String, Vec<u8>)> =
        map.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    fields
}

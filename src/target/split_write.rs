//! An answer whose head and body leave in two writes, as runserver's do.
//!
//! Without TCP_NODELAY the body then waits on a kept-alive connection until the client has acknowledged the head,
//! which a client with delayed acknowledgements does after some 40 ms.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

/// A body that is not there yet when it is first asked for: the server writes the head meanwhile.
pub(super) struct SplitWrite {
    body: Body,
    asked: bool,
}

impl SplitWrite {
    /// Wraps a body.
    pub(super) fn body(body: Body) -> Body {
        Body::new(SplitWrite { body, asked: false })
    }
}

impl HttpBody for SplitWrite {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.asked {
            self.asked = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[test]
    fn the_body_comes_when_it_is_asked_for_again() {
        let mut body = SplitWrite::body(Body::from("notes"));
        assert_eq!(body.size_hint().exact(), Some(5), "Content-Length is still known");
        let mut context = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut body).poll_frame(&mut context).is_pending());
        let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(&mut context) else {
            panic!("no body");
        };
        assert_eq!(frame.into_data().unwrap(), "notes");
    }
}

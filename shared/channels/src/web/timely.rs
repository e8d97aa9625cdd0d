//! A request's body that is given out in time or not at all. A process that was frozen between the look at a
//! permit's end and the write must not send on what the permit no longer covers; a head without its body is
//! no text.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

#[derive(Debug)]
pub(super) struct Timely {
    bytes: Option<Bytes>,
    not_after: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is too late to send this")]
pub(super) struct TooLate;

impl Timely {
    pub(super) fn new(bytes: Bytes, not_after: Instant) -> Self {
        Self {
            bytes: Some(bytes).filter(|bytes| !bytes.is_empty()),
            not_after,
        }
    }
}

impl Body for Timely {
    type Data = Bytes;
    type Error = TooLate;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TooLate>>> {
        let late = Instant::now() >= self.not_after;
        Poll::Ready(self.bytes.take().map(|bytes| {
            if late {
                Err(TooLate)
            } else {
                Ok(Frame::data(bytes))
            }
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_body_is_given_out_before_its_time_is_over_and_never_after() {
        let now = Instant::now();
        let in_time = Timely::new(Bytes::from_static(b"text"), now + Duration::from_secs(9));
        assert_eq!(in_time.size_hint().exact(), Some(4));
        assert_eq!(in_time.collect().await.unwrap().to_bytes(), "text");
        let late = Timely::new(Bytes::from_static(b"text"), now);
        assert_eq!(late.collect().await.unwrap_err(), TooLate);
    }
}

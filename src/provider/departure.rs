//! Sends the request of an attempt and waits until a reply begins; says which step it has come to, and with whom.
//! That a request leaves shows in its body, which is asked for once there is a connection to write it to.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use reqwest::Response;
use tokio::sync::Notify;

use super::Inner;
use super::assembly::Sink;
use super::error::Error;
use super::slumber::{Slumber, run_out};
use super::stream::Watch;
use crate::chat::{Step, StreamEvent};

impl Inner {
    /// Sends `http`, which has this body. What the client says is left to the caller; the errors are that it said nothing.
    pub(super) async fn depart(
        &self,
        mut http: reqwest::Request,
        body: Bytes,
        watch: &Watch,
        slumber: &mut Slumber,
        sink: &mut Sink<'_>,
    ) -> Result<reqwest::Result<Response>, Error> {
        let place = &self.place;
        let server = || place.server.clone();
        sink(StreamEvent::Step(Step::Connecting {
            server: server(),
            proxy: place.proxy.as_ref().map(|p| p.place.clone()),
        }));
        let leaves = Arc::new(Notify::new());
        *http.body_mut() = Some(reqwest::Body::wrap(Watched {
            bytes: Some(body),
            leaves: Arc::clone(&leaves),
        }));
        let leaving = async {
            leaves.notified().await;
            sink(StreamEvent::Step(Step::Sent { server: server() }));
            std::future::pending::<Infallible>().await
        };
        let reply = tokio::select! {
            // The reply first: what comes of it is timed.
            biased;
            reply = self.client.execute(http) => reply,
            () = run_out(watch.first_reply()) => return Err(watch.no_reply(place)),
            never = leaving => match never {},
            () = slumber.overslept() => return Err(place.overslept()),
        };
        if let Ok(response) = &reply {
            sink(StreamEvent::Step(Step::Replied {
                server: server(),
                status: response.status().as_u16(),
            }));
        }
        Ok(reply)
    }
}

/// A body in one piece. On the wire it is as any other: its length is known.
struct Watched {
    bytes: Option<Bytes>,
    leaves: Arc<Notify>,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = self.bytes.take();
        if bytes.is_some() {
            self.leaves.notify_one();
        }
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.bytes.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(left as u64)
    }
}

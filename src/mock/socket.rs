//! The connection under the HTTP library: plain TCP that can be told to write in small pieces, to send raw bytes in
//! place of a response, or to end in a reset. Without such an order it only passes bytes on.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::stamps::Stamps;

/// Connections at a time. A workbench of 64 panes needs a few more than 64.
const CONNECTIONS: usize = 512;

/// Accepts connections without Nagle's delay, so that a delta leaves when it is written.
#[derive(Debug)]
pub(crate) struct Sockets {
    listener: TcpListener,
    places: Arc<Semaphore>,
}

impl Sockets {
    pub(crate) fn new(listener: TcpListener) -> Self {
        Self {
            listener,
            places: Arc::new(Semaphore::new(CONNECTIONS)),
        }
    }
}

impl Listener for Sockets {
    type Io = Socket;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Socket, SocketAddr) {
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    // A connection that was closed at once refuses this; the first read tells.
                    let _ = stream.set_nodelay(true);
                    return (
                        Socket {
                            stream,
                            orders: Orders::default(),
                            _place: place,
                        },
                        peer,
                    );
                }
                // No descriptors are left, or the client has gone: the next one may do better.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    orders: Orders,
    _place: Option<OwnedSemaphorePermit>,
}

/// What a handler may order about the connection it answers on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Most bytes of a write; 0 for any.
    piece: AtomicUsize,
    reset: AtomicBool,
    raw: Mutex<Option<VecDeque<u8>>>,
    is_raw: AtomicBool,
    stamps: Mutex<Option<Arc<Stamps>>>,
    is_stamped: AtomicBool,
}

impl Orders {
    /// At most `bytes` in a write.
    pub(crate) fn split(&self, bytes: usize) {
        self.0.piece.store(bytes, Ordering::Relaxed);
    }

    /// The connection ends in a TCP reset.
    pub(crate) fn reset(&self) {
        self.0.reset.store(true, Ordering::Relaxed);
    }

    /// These bytes in place of whatever the HTTP library writes, then the end.
    pub(crate) fn send_raw(&self, bytes: Vec<u8>) {
        *lock(&self.0.raw) = Some(bytes.into());
        self.0.is_raw.store(true, Ordering::Relaxed);
    }

    /// Notes each write from here on.
    pub(crate) fn stamp(&self, stamps: Option<Arc<Stamps>>) {
        self.0.is_stamped.store(stamps.is_some(), Ordering::Relaxed);
        *lock(&self.0.stamps) = stamps;
    }
}

impl Connected<IncomingStream<'_, Sockets>> for Orders {
    fn connect_info(stream: IncomingStream<'_, Sockets>) -> Self {
        stream.io().orders.clone()
    }
}

impl Socket {
    fn poll_raw(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut raw = lock(&self.orders.0.raw);
        let Some(bytes) = raw.as_mut() else {
            return Poll::Ready(Ok(0));
        };
        while !bytes.is_empty() {
            match Pin::new(&mut self.stream).poll_write(cx, bytes.as_slices().0) {
                Poll::Ready(Ok(written)) => drop(bytes.drain(..written)),
                other => return other,
            }
        }
        Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
    }

    fn note<'a>(
        &self,
        written: &Poll<io::Result<usize>>,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) {
        if self.orders.0.is_stamped.load(Ordering::Relaxed)
            && let Poll::Ready(Ok(bytes)) = written
            && let Some(stamps) = lock(&self.orders.0.stamps).as_ref()
        {
            stamps.add(*bytes, pieces);
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.orders.0.is_raw.load(Ordering::Relaxed) {
            return self.poll_raw(cx);
        }
        let piece = self.orders.0.piece.load(Ordering::Relaxed);
        let part = if piece == 0 {
            buf
        } else {
            buf.get(..piece).unwrap_or(buf)
        };
        let written = Pin::new(&mut self.stream).poll_write(cx, part);
        self.note(&written, [part]);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let is_plain = !self.orders.0.is_raw.load(Ordering::Relaxed)
            && self.orders.0.piece.load(Ordering::Relaxed) == 0;
        if is_plain {
            let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
            self.note(&written, bufs.iter().map(|b| &**b));
            return written;
        }
        let first = bufs.iter().find(|b| !b.is_empty()).map_or(&[][..], |b| b);
        self.poll_write(cx, first)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.orders.0.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.orders.0.reset.load(Ordering::Relaxed) {
            // Without lingering, closing sends a reset; if it cannot be set, the client sees a plain close.
            let _ = self.stream.set_zero_linger();
        }
    }
}

/// The data behind these locks is complete after every statement, so a panic elsewhere leaves it usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

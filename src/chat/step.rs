//! How far an attempt has come before its answer begins: what it waits for then.

/// What an attempt does. The first two come before [`super::StreamEvent::Sent`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The server counts as down, and another request finds out whether it is back.
    Behind {
        /// Host and port of the server.
        server: String,
    },
    /// Its key is being read.
    Key {
        /// Names the source, without any part of the key.
        from: String,
    },
    /// It waits for a connection: name, TCP, TLS.
    Connecting {
        /// Host and port of the server.
        server: String,
        /// Host and port of the proxy on the way.
        proxy: Option<String>,
    },
    /// There is a connection, and the request goes out over it.
    Sent {
        /// Host and port of the server.
        server: String,
    },
    /// A reply has begun, which need not be an answer.
    Replied {
        /// Host and port of the server.
        server: String,
        /// HTTP status.
        status: u16,
    },
}

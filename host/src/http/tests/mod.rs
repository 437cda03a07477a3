//! Requests over real sockets.

mod closing;
mod examination;
mod pooling;
mod streaming;

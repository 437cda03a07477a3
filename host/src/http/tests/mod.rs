//! Requests over real sockets.

mod closing;
mod examination;
mod flood;
mod pooling;
mod streaming;

//! Load, verify, link and run an auth:connector component under Wasmtime.

//! Tests through the real component.

//! The embedded target as the built binary serves it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its helpers too")]

mod endpoints;
mod faults;
mod lifecycle;
mod process;
mod sessions;
mod static_files;
mod tokens;

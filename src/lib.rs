//! `shakedown`: load-test and audit a web deployment, compare stacks, give a verdict.
//!
//! The modules stand in the order data flows; each imports only from those before it:
//! `secret`, `expression`, `scenario` → `plan` → `wire` → `stack`, `auth` → `engine` → `record` → `stats` →
//! `compare` → `capacity`, `audit`, `gate` → `run` → `report` → `cli`. `target` is the embedded server under
//! test and is imported by `cli` and the tests only. ARCHITECTURE.md is the map.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::unimplemented,
    clippy::todo
)]

pub mod audit;
pub mod auth;
pub mod capacity;
pub mod cli;
pub mod compare;
pub mod engine;
pub mod expression;
pub mod gate;
pub mod plan;
pub mod record;
pub mod report;
pub mod run;
pub mod scenario;
pub mod secret;
pub mod stack;
pub mod stats;
pub mod target;
pub mod wire;

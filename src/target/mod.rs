//! The embedded target: a small notes application in a dev-like and a production-like profile, with real tokens,
//! sessions and static files. Imported by `cli` and the tests only.

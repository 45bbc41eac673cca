//! The readers of TypeScript and Dockerfiles beside the parsers that decide what a build sees: TypeScript's own, and `BuildKit`'s.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may panic and print"
)]

mod tools;

mod oracle {
    pub mod dockerfile;
    pub mod soup;
    pub mod typescript;
}

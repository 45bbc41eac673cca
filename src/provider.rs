//! What no document can say of an agent provider: its protocol, its sign-in, and how a turn of it fails. Installs nothing.

pub mod codex;

//! What no document can say of an agent provider: its sign-in, its protocol, and how a turn of it fails. Installs nothing.

pub mod codex;

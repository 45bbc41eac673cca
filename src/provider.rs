//! What no document can say of a provider, a module each.

pub mod codex;

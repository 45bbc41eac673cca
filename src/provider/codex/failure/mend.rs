//! What mends a failure, and the doctor's checks that may explain it. Tells none.

use super::{Failure, Setting, Who};
use crate::provider::codex::CODEX;

impl Failure {
    /// The doctor's checks that may explain it.
    pub(super) fn checks(&self) -> &'static str {
        match self {
            Self::NotSignedIn | Self::Unauthorized => "`sign-in`",
            Self::Model(_) => "`pin` and `model`",
            Self::NoResponses(_) | Self::Unreachable(_) | Self::Broken(_) | Self::Late(..) => {
                "`endpoint`"
            }
            Self::Unloaded(_)
            | Self::Unregistered(_)
            | Self::Unmade(_)
            | Self::Stuck(..)
            | Self::Provider(_) => "`sources`",
            _ => "",
        }
    }

    /// What mends it: a command, or a step.
    pub(super) fn mend(&self, setting: &Setting) -> String {
        const KEY: &str = "printf %s \"$KEY\" | codex login --with-api-key";
        match self {
            Self::NotSignedIn => format!("codex login, or with an API key: {KEY}"),
            Self::Unauthorized => format!("sign in anew: codex login, or {KEY}"),
            Self::Model(_) => "name another with --model (in containers: `CODEX_MODEL` in the host's environment), or take a newer codex".to_owned(),
            Self::NoResponses(_) => "codex speaks the Responses API alone: another endpoint in codex's config.toml".to_owned(),
            Self::Quota(_) => "wait until it is renewed, or sign in with another account or key".to_owned(),
            Self::Unreachable(_) if setting.endpoint.is_none() => {
                "look at the network, and at a proxy between".to_owned()
            }
            Self::Unreachable(_) | Self::Broken(_) => {
                "look at that endpoint, and at its address in codex's config.toml".to_owned()
            }
            Self::Silent | Self::Endless => "another model with --model, or another --prompt".to_owned(),
            Self::Late(..) => "a longer --timeout, or another endpoint".to_owned(),
            Self::Unloaded(said) if !lacks_package(said) => {
                format!("nanoclaw skill verify {CODEX}")
            }
            Self::Unloaded(_) if setting.who == Who::Container => {
                format!("nanoclaw skill build {CODEX}")
            }
            Self::Unloaded(_) => {
                "cd container/agent-runner && bun install --frozen-lockfile".to_owned()
            }
            Self::Unregistered(_) => format!("nanoclaw skill add {CODEX}"),
            Self::Stuck(..) => format!("a longer --timeout, or nanoclaw skill verify {CODEX}"),
            Self::Unmade(_) | Self::Provider(_) | Self::OtherThread(..) | Self::LostThread(_) => {
                format!("nanoclaw skill verify {CODEX}")
            }
            Self::Unanswered(_) | Self::Answered(_) => {
                format!("nanoclaw skill try {CODEX} --level container")
            }
            Self::HungUp(_) => "run the command again".to_owned(),
            Self::OtherProvider => "pnpm ncl groups restart --id ID, with the id that nanoclaw provider list prints".to_owned(),
            Self::Ended(..) | Self::NoMessage(_) if setting.who != Who::Codex => {
                format!("nanoclaw skill try {CODEX} asks codex alone")
            }
            Self::Other(_) | Self::Ended(..) | Self::Refused(..) | Self::NoMessage(_) => {
                "codex itself says more: codex exec --skip-git-repo-check hello".to_owned()
            }
        }
    }
}

/// Whether modules do not load for lack of a package, in Bun's words, and not for what the checkout's own files hold.
fn lacks_package(words: &str) -> bool {
    let named = words.split('\'').nth(1).unwrap_or_default();
    words.starts_with("Cannot find") && !named.starts_with(['.', '/'])
}

//! The command line of `skill configure`. Its doc comments are the help.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{EXIT_CODES, LockWait};

/// The arguments of `skill configure`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, after_long_help = EXIT_CODES)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub struct Configure {
    /// The skill's name, or the path of a document: it holds a `/` or ends in `.md`
    #[arg(value_name = "SKILL|PATH")]
    pub skill: String,
    /// Sign in with a ChatGPT subscription, in a browser, or with an API key
    #[arg(long, value_enum)]
    pub auth: Option<Auth>,
    /// Read the API key from standard input
    #[arg(long, conflicts_with = "api_key_file")]
    pub api_key_stdin: bool,
    /// Read the API key from a file
    #[arg(long, value_name = "FILE")]
    pub api_key_file: Option<PathBuf>,
    /// Sign in also where that takes the place of a ChatGPT login; the old file is kept
    #[arg(long)]
    pub replace_login: bool,
    /// Give this model to the host's service
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Give this endpoint, which speaks the Responses API, to the image
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Answer a question of the document: no secret, which the variable `NC_INPUT_<NAME>` takes; may be given more than once
    #[arg(long, value_name = "NAME=VALUE")]
    pub input: Vec<String>,
    /// Print the files as a patch that `git apply` takes, and what else would be done, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Leave the builds that need a container engine for later
    #[arg(long)]
    pub no_image: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
    #[allow(missing_docs, reason = "clap would take the comment for help")]
    #[command(flatten)]
    pub lock: LockWait,
}

/// How to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    /// With a ChatGPT subscription
    Chatgpt,
    /// With an API key, typed, from standard input or from a file
    ApiKey,
}

impl Auth {
    /// The answer of a document's question that it stands for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Chatgpt => "chatgpt",
            Self::ApiKey => "api-key",
        }
    }
}

//! The command line. The doc comments here are the help.

mod configure;
mod deferred;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use configure::{Auth, Configure};
pub use deferred::Deferred;

use crate::masking::mask;
use crate::problem::{Exit, Problem};
use crate::shown;

/// Reads the command line; inside, the exit code where help or the version was all that it called for, which is then shown. What is wrong with
/// it is a [`Problem`], without bytes that a terminal would obey and credentials in an address.
pub fn parse(
    arguments: impl IntoIterator<Item = OsString>,
) -> anyhow::Result<std::result::Result<Cli, Exit>> {
    let arguments = arguments.into_iter().collect::<Vec<_>>();
    let error = match Cli::try_parse_from(&arguments) {
        Ok(cli) => return Ok(Ok(cli)),
        Err(error) => error,
    };
    let exit = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Some(Exit::Done),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Some(Exit::CouldNotRun),
        _ => None,
    };
    if let Some(exit) = exit {
        match error.print() {
            // A reader that has gone away is no error.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                return Err(error).context("failed to write to stdout");
            }
            _ => return Ok(Err(exit)),
        }
    }
    // The same error, in which each argument stays on its line.
    let shown = arguments
        .iter()
        .map(|argument| mask(&shown::line(argument)));
    let error = Cli::try_parse_from(shown).err().unwrap_or(error);
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    Err(Problem::could_not_run(text.trim_end()).into())
}

/// The end of the program's own help text, and of that of every command which takes arguments.
const EXIT_CODES: &str = "\
Exit codes:
  0    done, nothing to do, or clean
  1    findings: something is missing, wrong or blocked, a check or a trial failed, a question has no answer, a recovery left a file, or --check has changes pending
  2    could not run: usage, no NanoClaw v2 checkout, git, disk, network, a check that cannot start
  3    refused, nothing written: blocked facts, unmet needs, another layout, an edited file in the way of undo
  4    the files are in place and a build failed; the next `add` goes on from there
  130  interrupted
  143  terminated";

/// Installs NanoClaw skills into your own checkout, shows the change first as a patch, and verifies it in CI.
#[derive(Debug, Parser)]
#[command(name = "nanoclaw", version, after_help = EXIT_CODES, after_long_help = EXIT_CODES, propagate_version = true)]
pub struct Cli {
    /// Work on the checkout that holds this folder, instead of the current one
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    #[allow(missing_docs, reason = "clap would take the comment for help")]
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Install, verify and look at skills
    #[command(subcommand)]
    Skill(Skill),
    /// Show and set the agent provider of groups
    #[command(subcommand)]
    Provider(Provider),
}

/// The commands on agent providers.
#[derive(Debug, Subcommand)]
pub enum Provider {
    /// List the registered providers, and the groups with theirs
    List,
    /// Set the provider of groups, where the host and its containers read it
    Use(Deferred<UseProvider>),
}

/// The arguments of `provider use`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("groups").required(true).args(["group", "all"]), after_help = EXIT_CODES, after_long_help = EXIT_CODES)]
pub struct UseProvider {
    /// The provider, such as `codex`, or `claude` to go back
    #[arg(value_name = "PROVIDER")]
    pub provider: String,
    /// Set it for this group: a name, a folder or an id; may be given more than once
    #[arg(long, value_name = "GROUP")]
    pub group: Vec<String>,
    /// Set it for every group
    #[arg(long, conflicts_with = "group")]
    pub all: bool,
    /// Set it for this session alone, whose group has the provider already
    #[arg(long, value_name = "ID", conflicts_with = "all")]
    pub session: Option<String>,
    /// Print what would change, files as a patch that `git apply` takes, and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
    #[allow(missing_docs, reason = "clap would take the comment for help")]
    #[command(flatten)]
    pub lock: LockWait,
}

/// The commands on skills.
#[derive(Debug, Subcommand)]
pub enum Skill {
    /// Install a skill: copy its files, insert its lines, run its builds
    Add(Deferred<Add>),
    /// Check that a skill is installed, and run its tests
    Verify(Deferred<Verify>),
    /// Make a round trip with the real provider of a skill, which spends a little of the plan's quota
    Try(Deferred<Try>),
    /// Show what of a skill is there: the pre-flight alone, or a line for every skill
    Status(Deferred<Status>),
    /// Run a skill's builds alone
    Build(Deferred<Build>),
    /// Take the last installation back, or one that was broken off
    Undo(Deferred<Undo>),
    /// Answer what a skill asks: sign in, choose the model and the endpoint
    Configure(Deferred<Configure>),
    /// Look for what keeps an installed skill from answering, from its sources to the host's log
    Doctor(Deferred<Doctor>),
    /// List the skills
    List,
    /// Print a skill's document
    Show(Deferred<Show>),
}

/// The arguments of `skill add`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, after_long_help = EXIT_CODES)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub struct Add {
    /// The skill's name, or the path of a document: it holds a `/` or ends in `.md`
    #[arg(value_name = "SKILL|PATH")]
    pub skill: String,
    /// Print the change as a patch that `git apply` takes, and change nothing
    #[arg(short = 'n', long, conflicts_with_all = ["check", "demo"])]
    pub dry_run: bool,
    /// Print no patch; exit with 1 when there is something to do
    #[arg(long, conflicts_with = "demo")]
    pub check: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
    /// Leave all builds for later
    #[arg(long)]
    pub no_build: bool,
    /// Leave the builds that need a container engine for later
    #[arg(long)]
    pub no_image: bool,
    /// Fetch from this remote: a name, a URL, a path or a bundle file
    #[arg(long, value_name = "NAME|URL")]
    pub remote: Option<String>,
    /// Take the files of just this commit, branch or tag
    #[arg(long = "ref", value_name = "COMMIT|BRANCH|TAG")]
    pub reference: Option<String>,
    /// Pin this version, such as `CODEX_VERSION=0.130.0`
    #[arg(long, value_name = "ARG=VERSION")]
    pub set: Vec<String>,
    /// End a fetch that takes longer than this; without it, git takes its time
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: Option<u64>,
    /// Use what is known here of the branch, and no network
    #[arg(long)]
    pub offline: bool,
    /// Make a small sample checkout in a temporary folder and do the whole job there
    #[arg(long, conflicts_with_all = ["remote", "reference", "offline"])]
    pub demo: bool,
    #[allow(missing_docs, reason = "clap would take the comment for help")]
    #[command(flatten)]
    pub lock: LockWait,
}

/// How long a command that writes waits for another one.
#[derive(Debug, Clone, Args)]
pub struct LockWait {
    /// Wait so long for another nanoclaw that is writing to the checkout; 0 waits for none
    #[arg(long = "lock-timeout", value_name = "SECONDS", default_value_t = 60)]
    pub seconds: u32,
}

impl LockWait {
    /// The time to wait at most.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

impl Add {
    /// How long a fetch may take.
    #[must_use]
    pub fn limit(&self) -> Option<Duration> {
        self.timeout.map(Duration::from_secs)
    }
}

/// The arguments of `skill verify`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, after_long_help = EXIT_CODES)]
pub struct Verify {
    /// The skill's name, or the path of a document: it holds a `/` or ends in `.md`
    #[arg(value_name = "SKILL|PATH")]
    pub skill: String,
    /// Look at the files alone, and run no test
    #[arg(long)]
    pub no_tests: bool,
    /// Agree to the tests of a document that is named by its path
    #[arg(short, long)]
    pub yes: bool,
    /// The form of the report on stdout
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// The forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines for people
    Text,
    /// One JSON object, its form numbered by `schema`
    Json,
    /// GitHub workflow annotations, and a job summary
    Github,
}

/// The arguments of `skill try`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, after_long_help = EXIT_CODES)]
pub struct Try {
    /// The skill's name
    #[arg(value_name = "SKILL")]
    pub skill: String,
    /// How much of the way takes part
    #[arg(long, value_enum, default_value_t = Level::AppServer)]
    pub level: Level,
    /// Ask the model this; without it, for one word
    #[arg(long, value_name = "TEXT")]
    pub prompt: Option<String>,
    /// Ask this model; without it, the one that the host's service, the provider or codex itself is set to
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// End a round trip that takes longer
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub timeout: u64,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
}

/// How much of the way from a chat to the model a trial takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// The provider's program on this machine: a thread, a turn, the thread resumed, and a lost one
    AppServer,
    /// The installed provider as well, by bun on this machine, with a home of its own
    Provider,
    /// The same in a container of the image that the host starts
    Container,
    /// A message to the group that the host's CLI channel leads to, through the running host
    Chat,
}

/// The arguments of `skill status`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, after_long_help = EXIT_CODES)]
pub struct Status {
    /// The skill's name, or the path of a document; without it, a line for every skill
    #[arg(value_name = "SKILL|PATH")]
    pub skill: Option<String>,
}

/// The arguments of `skill build`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, after_long_help = EXIT_CODES)]
pub struct Build {
    /// The skill's name, or the path of a document: it holds a `/` or ends in `.md`
    #[arg(value_name = "SKILL|PATH")]
    pub skill: String,
    /// Leave out the builds that need a container engine
    #[arg(long)]
    pub no_image: bool,
    /// Agree to the builds of a document that is named by its path
    #[arg(short, long)]
    pub yes: bool,
    #[allow(missing_docs, reason = "clap would take the comment for help")]
    #[command(flatten)]
    pub lock: LockWait,
}

/// The arguments of `skill undo`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, after_long_help = EXIT_CODES)]
pub struct Undo {
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
    #[allow(missing_docs, reason = "clap would take the comment for help")]
    #[command(flatten)]
    pub lock: LockWait,
}

/// The arguments of `skill doctor`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, after_long_help = EXIT_CODES)]
pub struct Doctor {
    /// The skill's name, or the path of a document: it holds a `/` or ends in `.md`
    #[arg(value_name = "SKILL|PATH")]
    pub skill: String,
    /// The form of the report on stdout
    #[arg(long, value_enum, default_value_t = DoctorFormat::Text)]
    pub format: DoctorFormat,
}

/// The forms of a doctor's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DoctorFormat {
    /// A line a check
    Text,
    /// One JSON object, its form numbered by `schema`
    Json,
}

/// The arguments of `skill show`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, after_long_help = EXIT_CODES)]
pub struct Show {
    /// The skill's name, or the path of a document: it holds a `/` or ends in `.md`
    #[arg(value_name = "SKILL|PATH")]
    pub skill: String,
}

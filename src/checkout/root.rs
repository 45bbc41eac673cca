//! Which folder is the root of a NanoClaw v2 checkout. Never writes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::sparse::is_sparse;
use crate::names;
use crate::problem::Problem;
use crate::shown;

/// The files that make a folder a v2 checkout: either provider barrel.
pub const BARRELS: [&str; 2] = [
    "src/providers/index.ts",
    "container/agent-runner/src/providers/index.ts",
];

/// Where the container's half of a checkout lies.
const AGENT_RUNNER: &str = "container/agent-runner";

/// The agent-runner's file that v1 has and v2 has not, and the one that v2 has and v1 has not.
const RUNNERS: [&str; 2] = [
    "container/agent-runner/src/ipc-mcp-stdio.ts",
    "container/agent-runner/src/poll-loop.ts",
];

const MIGRATE: &str = "skills of this kind need NanoClaw v2: bash migrate-v2.sh in a v2 clone";

/// The root of the checkout that holds a folder: absolute, with no symlink in it. A [`Problem`] where there is none, or one of v1.
pub(super) fn find(from: &Path) -> Result<PathBuf> {
    let start = fs::canonicalize(from)
        .with_context(|| format!("failed to open the folder `{}`", shown::line(from)))?;
    let root = start
        .ancestors()
        .find(|folder| BARRELS.iter().any(|barrel| folder.join(barrel).is_file()));
    let root = root.ok_or_else(|| no_checkout(&start))?;
    // The agent-runner has its own `src/providers/index.ts`, and is no checkout but a part of one.
    let whole = root
        .ancestors()
        .nth(2)
        .filter(|_| root.ends_with(AGENT_RUNNER));
    let root = whole.unwrap_or(root);
    // Messages, records and git's own variables hold the root's path, a line each.
    if let Some(reason) = names::forged(root) {
        let found = format!(
            "the checkout cannot be named: {reason}: `{}`",
            shown::line(root)
        );
        let hint = "give the folder, or the one above it that has that name, another name";
        return Err(Problem::could_not_run(found).hint(hint).into());
    }
    match half_migrated(root) {
        Some(problem) => Err(problem.into()),
        None => Ok(root.to_path_buf()),
    }
}

/// A v1 checkout with a file of its own where v2 has one of its two barrels. A v2 checkout that lost a barrel has v2's agent-runner.
fn half_migrated(root: &Path) -> Option<Problem> {
    let is_file = |path: &&str| root.join(path).is_file();
    let lost = BARRELS.iter().find(|barrel| !is_file(barrel))?;
    let [of_v1, of_v2] = RUNNERS;
    if !is_file(&of_v1) || is_file(&of_v2) {
        return None;
    }
    let found = format!(
        "{} is a NanoClaw v1 checkout, or one that is half migrated: it has v1's {of_v1}, and neither v2's {of_v2} nor {lost}",
        root.display()
    );
    Some(Problem::could_not_run(found).hint(MIGRATE))
}

fn no_checkout(start: &Path) -> Problem {
    let looked = format!(
        "looked for {} or {} from here upward",
        BARRELS[0], BARRELS[1]
    );
    let v1 = start.ancestors().find(|folder| {
        folder.join("container/agent-runner").is_dir()
            || folder.join("src/container-runner.ts").is_file()
    });
    if is_sparse(start) {
        let found = format!(
            "{} is not in a NanoClaw v2 checkout ({looked}), or its sparse checkout leaves those files out",
            shown::line(start)
        );
        let mend = "if git has them (git ls-files '*providers/index.ts'): git sparse-checkout add src container";
        return Problem::could_not_run(found).hint(mend);
    }
    match v1 {
        Some(folder) => Problem::could_not_run(format!(
            "{} is a NanoClaw v1 checkout, which has no provider barrels ({looked})",
            shown::line(folder)
        ))
        .hint(MIGRATE),
        None => Problem::could_not_run(format!(
            "{} is not in a NanoClaw v2 checkout ({looked})",
            shown::line(start)
        ))
        .hint("go to the checkout, or name it: nanoclaw -C DIR skill ..."),
    }
}

//! The sample checkout that `--demo` makes in a temporary folder, and the whole job done there. Touches nothing else.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use crate::checkout::Checkout;
use crate::cli::{Add, Format};
use crate::command::add;
use crate::command::consent::Yes;
use crate::command::verify::{self, Tests};
use crate::needs;
use crate::next;
use crate::problem::Exit;
use crate::process;
use crate::skill::Skill;
use crate::skills;
use crate::ui::{Tint, Ui};

/// Makes the sample, adds the skill to it, verifies it, and says where it is and what could not run there.
pub fn run(arguments: &Add, here: &Path, ui: Ui) -> Result<Exit> {
    let (skill, _) = skills::find(&arguments.skill, here)?;
    let folder = tempfile::Builder::new()
        .prefix("nanoclaw-demo-")
        .tempdir()
        .context("failed to make a temporary folder")?;
    make(folder.path(), &folder.path().join("nanoclaw"))?;
    // One that could not be made goes.
    let folder = folder.keep();
    let root = folder.join("nanoclaw");
    let where_it_is = format!(
        "a sample checkout and its origin are in {}",
        folder.display()
    );
    ui.tell(Tint::Strong, "demo    ", &where_it_is);
    let exit = add::run(&without_builds(arguments), &root, ui)?;
    if exit != Exit::Done {
        return Ok(exit);
    }
    let checkout = Checkout::find(&root)?;
    ui.tell(Tint::Strong, "Builds", "");
    say_builds(&skill, &checkout, ui)?;
    ui.tell(Tint::Strong, "Verify", "");
    let unmet = unmet(&skill, &checkout)?;
    let tests = unmet
        .as_deref()
        .map_or(Tests::Run(Yes::of(arguments.yes)), Tests::Leave);
    let report = verify::report(&skill, &checkout, tests, ui)?;
    verify::print(&report, &checkout, Format::Text, ui)?;
    ui.tell(Tint::Strong, "The sample", "");
    ui.say(&format!(
        "  look around: cd {} && git status",
        next::quoted(&root)
    ));
    ui.say(&format!("  remove it:   rm -r {}", next::quoted(&folder)));
    Ok(report.exit())
}

/// A demo builds nothing: the sample has no dependencies installed, and its image is nobody's.
fn without_builds(arguments: &Add) -> Add {
    Add {
        skill: arguments.skill.clone(),
        set: arguments.set.clone(),
        yes: true,
        no_build: true,
        dry_run: false,
        check: false,
        no_image: false,
        remote: None,
        reference: None,
        timeout: None,
        offline: false,
        demo: true,
        lock: arguments.lock.clone(),
    }
}

/// Says of each build that it was not run, and why it could not have been.
fn say_builds(skill: &Skill, checkout: &Checkout, ui: Ui) -> Result<()> {
    let layout = checkout.layout();
    for (step, task) in layout.iter().flat_map(|layout| skill.builds(*layout)) {
        let unmet = needs::unmet(checkout, task)?;
        let found = unmet.iter().map(|unmet| unmet.found.as_str());
        let mut why = found.collect::<Vec<_>>().join("; ");
        if why.is_empty() {
            why = format!(
                "a demo builds nothing; nanoclaw skill build {} in the sample does",
                skill.called
            );
        }
        ui.tell(Tint::Warn, "  not run", &format!("{}: {why}", step.label));
    }
    Ok(())
}

/// What the tests need and do not find.
fn unmet(skill: &Skill, checkout: &Checkout) -> Result<Option<String>> {
    let layout = checkout.layout();
    for (_, task) in layout.iter().flat_map(|layout| skill.checks(*layout)) {
        if let Some(unmet) = needs::unmet(checkout, task)?.into_iter().next() {
            return Ok(Some(unmet.found));
        }
    }
    Ok(None)
}

/// Makes `origin` in `folder`, with the branches `main` and `providers`, and clones it to `checkout`.
fn make(folder: &Path, checkout: &Path) -> Result<()> {
    let origin = folder.join("origin");
    fs::create_dir_all(&origin).context("failed to make the sample's origin")?;
    process::git_in(&origin, &["init", "--quiet"])?;
    write(&origin, CHECKOUT)?;
    process::git_in(&origin, &["add", "--all"])?;
    process::git_in(
        &origin,
        &["commit", "--quiet", "--message", "A sample checkout"],
    )?;
    process::git_in(&origin, &["branch", "-M", "main"])?;
    process::git_in(&origin, &["checkout", "--quiet", "-b", "providers"])?;
    write(&origin, PROVIDERS)?;
    process::git_in(&origin, &["add", "--all"])?;
    process::git_in(
        &origin,
        &[
            "commit",
            "--quiet",
            "--message",
            "The sample's codex provider",
        ],
    )?;
    process::git_in(&origin, &["checkout", "--quiet", "main"])?;
    let (from, to) = (origin.to_string_lossy(), checkout.to_string_lossy());
    process::git_in(folder, &["clone", "--quiet", &from, &to])
}

fn write(folder: &Path, files: &[(&str, &[u8])]) -> Result<()> {
    for (path, bytes) in files {
        let target = folder.join(path);
        let context = || format!("failed to write the sample's `{path}`");
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).with_context(context)?;
        }
        fs::write(&target, bytes).with_context(context)?;
        if bytes.starts_with(b"#!") {
            fs::set_permissions(&target, Permissions::from_mode(0o755)).with_context(context)?;
        }
    }
    Ok(())
}

/// The sample's files on `main`, by path.
pub const CHECKOUT: &[(&str, &[u8])] = &[
    (
        ".gitignore",
        include_bytes!("../fixtures/sample/checkout/.gitignore"),
    ),
    (
        "container/Dockerfile",
        include_bytes!("../fixtures/sample/checkout/container/Dockerfile"),
    ),
    (
        "container/agent-runner/bun.lock",
        include_bytes!("../fixtures/sample/checkout/container/agent-runner/bun.lock"),
    ),
    (
        "container/agent-runner/package.json",
        include_bytes!("../fixtures/sample/checkout/container/agent-runner/package.json"),
    ),
    (
        "container/agent-runner/src/providers/claude.ts",
        include_bytes!(
            "../fixtures/sample/checkout/container/agent-runner/src/providers/claude.ts"
        ),
    ),
    (
        "container/agent-runner/src/providers/factory.ts",
        include_bytes!(
            "../fixtures/sample/checkout/container/agent-runner/src/providers/factory.ts"
        ),
    ),
    (
        "container/agent-runner/src/providers/index.ts",
        include_bytes!("../fixtures/sample/checkout/container/agent-runner/src/providers/index.ts"),
    ),
    (
        "container/agent-runner/src/providers/mock.ts",
        include_bytes!("../fixtures/sample/checkout/container/agent-runner/src/providers/mock.ts"),
    ),
    (
        "container/agent-runner/src/providers/provider-registry.ts",
        include_bytes!(
            "../fixtures/sample/checkout/container/agent-runner/src/providers/provider-registry.ts"
        ),
    ),
    (
        "container/agent-runner/src/providers/types.ts",
        include_bytes!("../fixtures/sample/checkout/container/agent-runner/src/providers/types.ts"),
    ),
    (
        "container/agent-runner/tsconfig.json",
        include_bytes!("../fixtures/sample/checkout/container/agent-runner/tsconfig.json"),
    ),
    (
        "container/build.sh",
        include_bytes!("../fixtures/sample/checkout/container/build.sh"),
    ),
    (
        "container/entrypoint.sh",
        include_bytes!("../fixtures/sample/checkout/container/entrypoint.sh"),
    ),
    (
        "package.json",
        include_bytes!("../fixtures/sample/checkout/package.json"),
    ),
    (
        "src/container-runtime.ts",
        include_bytes!("../fixtures/sample/checkout/src/container-runtime.ts"),
    ),
    (
        "src/index.ts",
        include_bytes!("../fixtures/sample/checkout/src/index.ts"),
    ),
    (
        "src/config.ts",
        include_bytes!("../fixtures/sample/checkout/src/config.ts"),
    ),
    (
        "src/install-slug.ts",
        include_bytes!("../fixtures/sample/checkout/src/install-slug.ts"),
    ),
    (
        "src/providers/index.ts",
        include_bytes!("../fixtures/sample/checkout/src/providers/index.ts"),
    ),
    (
        "src/providers/provider-container-registry.ts",
        include_bytes!("../fixtures/sample/checkout/src/providers/provider-container-registry.ts"),
    ),
    (
        "tsconfig.json",
        include_bytes!("../fixtures/sample/checkout/tsconfig.json"),
    ),
];

/// What the branch `providers` has beside them.
pub const PROVIDERS: &[(&str, &[u8])] = &[
    (
        "container/agent-runner/src/providers/codex-app-server.ts",
        include_bytes!(
            "../fixtures/sample/providers/container/agent-runner/src/providers/codex-app-server.ts"
        ),
    ),
    (
        "container/agent-runner/src/providers/codex.factory.test.ts",
        include_bytes!(
            "../fixtures/sample/providers/container/agent-runner/src/providers/codex.factory.test.ts"
        ),
    ),
    (
        "container/agent-runner/src/providers/codex.ts",
        include_bytes!(
            "../fixtures/sample/providers/container/agent-runner/src/providers/codex.ts"
        ),
    ),
    (
        "src/providers/codex.ts",
        include_bytes!("../fixtures/sample/providers/src/providers/codex.ts"),
    ),
];

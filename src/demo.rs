//! The sample checkout that `--demo` makes in a temporary folder, and the whole job done there. Touches nothing else.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use crate::builds::{Leave, Ready};
use crate::checkout::Checkout;
use crate::cli::{Add, Format, Verify};
use crate::command::{add, verify};
use crate::plan;
use crate::problem::Exit;
use crate::process;
use crate::skills;
use crate::ui::{Tint, Ui};

/// Makes the sample, adds the skill to it, verifies it, and says where it is and which builds could not run there.
pub fn run(arguments: &Add, ui: Ui) -> Result<Exit> {
    let (skill, _) = skills::find(&arguments.skill)?;
    let folder = tempfile::Builder::new()
        .prefix("nanoclaw-demo-")
        .tempdir()
        .context("failed to make a temporary folder")?
        .keep();
    let checkout = folder.join("nanoclaw");
    make(&folder, &checkout)?;
    ui.tell(
        Tint::Strong,
        "demo",
        &format!(
            "a sample checkout, its origin and its providers branch are in {}",
            folder.display()
        ),
    );
    let leave_builds = Add {
        skill: skill.name.clone(),
        dry_run: false,
        check: false,
        yes: true,
        no_build: true,
        no_image: false,
        remote: None,
        reference: None,
        set: arguments.set.clone(),
        offline: false,
        demo: false,
    };
    let exit = add::run(&leave_builds, &checkout, ui)?;
    if exit != Exit::Done {
        return Ok(exit);
    }
    say_builds(&skill.name, &checkout, ui)?;
    ui.tell(Tint::Strong, "verify", "");
    verify::run(
        &Verify {
            skill: skill.name,
            no_tests: true,
            format: Format::Text,
        },
        &checkout,
        ui,
    )?;
    ui.say(&format!(
        "look around: cd {} && git status",
        checkout.display()
    ));
    ui.say(&format!("remove it:   rm -r {}", folder.display()));
    Ok(Exit::Done)
}

/// Says of each build that it was not run in the demo, and why it could not have been.
fn say_builds(skill: &str, checkout: &Path, ui: Ui) -> Result<()> {
    let (skill, _) = skills::find(skill)?;
    let checkout = Checkout::find(checkout)?;
    let Some(layout) = checkout.layout() else {
        return Ok(());
    };
    let builds = plan::builds(&skill, layout).collect::<Vec<_>>();
    let ready = Ready::look(&checkout, &builds, Leave::None)?;
    for ((step, _), unmet) in ready.refused.iter().chain(&ready.unavailable) {
        let why = unmet
            .iter()
            .map(|unmet| unmet.found.as_str())
            .collect::<Vec<_>>()
            .join("; ");
        ui.tell(Tint::Warn, "not run ", &format!("{}: {why}", step.label));
    }
    for (step, _) in &ready.run {
        ui.tell(
            Tint::Warn,
            "not run ",
            &format!(
                "{}: a demo builds nothing; nanoclaw skill build {} in the sample does",
                step.label, skill.name
            ),
        );
    }
    Ok(())
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

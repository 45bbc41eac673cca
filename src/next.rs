//! What an installation leaves to the person: commands with this checkout's own names. Runs none of them.

use std::path::{Path, PathBuf};

use crate::checkout::Checkout;
use crate::digest::sha1;
use crate::skill::{Effect, Layout, Skill};

/// What is left to do, each with its command.
#[must_use]
pub fn steps(
    checkout: &Checkout,
    skill: &Skill,
    layout: Layout,
    written: &[PathBuf],
) -> Vec<(String, String)> {
    let mut steps = Vec::new();
    if !written.is_empty() {
        let paths = written.iter().map(|path| quoted(path)).collect::<Vec<_>>();
        let add = format!("git add {}", paths.join(" \\\n      "));
        let commit = format!("git commit -m 'Add {}'", skill.name);
        steps.push(("commit".to_owned(), format!("{add} &&\n    {commit}")));
    }
    steps.push(("restart the host".to_owned(), restart(checkout)));
    steps.push((
        "running containers keep the old image until they stop".to_owned(),
        containers(checkout),
    ));
    let by_hand = skill
        .tasks(layout)
        .filter(|(_, task)| matches!(task.effect, Effect::External | Effect::Wire));
    steps.extend(by_hand.map(|(step, task)| (step.label.clone(), task.commands.join(" && "))));
    steps
}

/// The first 8 hex digits of the SHA-1 of the root's path: NanoClaw's `src/install-slug.ts`.
fn slug(checkout: &Checkout) -> Option<String> {
    checkout.is_file(Path::new("src/install-slug.ts")).then(|| {
        let digest = sha1(checkout.root().to_string_lossy().as_bytes());
        digest.get(..8).unwrap_or(&digest).to_owned()
    })
}

/// The command for the service that is there, by the places where NanoClaw's `setup/service.ts` puts them; else for the one it would make.
fn restart(checkout: &Checkout) -> String {
    let slug = slug(checkout);
    let unit = slug.as_ref().map_or_else(
        || "nanoclaw".to_owned(),
        |slug| format!("nanoclaw-v2-{slug}"),
    );
    let label = slug.as_ref().map_or_else(
        || "com.nanoclaw".to_owned(),
        |slug| format!("com.nanoclaw-v2-{slug}"),
    );
    let home = std::env::home_dir().unwrap_or_default();
    let agent = home.join(format!("Library/LaunchAgents/{label}.plist"));
    if Path::new(&format!("/etc/systemd/system/{unit}.service")).is_file() {
        format!("sudo systemctl restart {unit}")
    } else if !home
        .join(format!(".config/systemd/user/{unit}.service"))
        .is_file()
        && checkout.is_file(Path::new("start-nanoclaw.sh"))
    {
        "bash start-nanoclaw.sh".to_owned()
    } else if agent.is_file() || cfg!(target_os = "macos") {
        format!("launchctl kickstart -k gui/$(id -u)/{label}")
    } else {
        format!("systemctl --user restart {unit}")
    }
}

fn containers(checkout: &Checkout) -> String {
    let engine = checkout.engine();
    match slug(checkout) {
        Some(slug) => format!("{engine} ps --filter label=nanoclaw-install={slug}"),
        None => format!("{engine} ps --filter name=nanoclaw-"),
    }
}

/// A path as a shell takes it.
#[must_use]
pub fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | '@');
    if text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

//! The provider in a container of the image that the host starts: with the mounts of the host's own (NanoClaw's `container-runner.ts`) that a query
//! needs, and without a session, its other tool servers and its gateway for credentials.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Result;

use super::CODEX;
use super::failure::Who;
use super::home::Home;
use super::login::FILE;
use super::settings::CODEX_MODEL;
use super::way::{APP_SERVER, Launch, Way, bun_arguments, folder_of_providers};
use crate::checkout::Checkout;
use crate::host;
use crate::problem::Problem;
use crate::process::{self, OfImage};
use crate::shown;

/// Where the image has what the host mounts.
const SOURCE: &str = "/app/src";
const WORK: &str = "/workspace/agent";
const HOME: &str = "/home/node";

/// The image that the host starts containers of. Where its sources do not name it, or its engine does not have it or does not tell, a [`Problem`].
pub fn image(checkout: &Checkout) -> Result<String> {
    let Some(image) = host::image(checkout) else {
        let found = "src/install-slug.ts gives the image's name in no way that is read here";
        let hint = "nanoclaw skill try codex --level provider takes no image";
        return Err(Problem::could_not_run(found).hint(hint).into());
    };
    let engine = checkout.engine();
    let shown = shown::line(&image);
    let (found, hint) = match process::of_image(&engine, &["image", "inspect", &image])? {
        OfImage::Says(_) => return Ok(image),
        OfImage::None => (
            format!("`{engine}` has no image {shown}"),
            format!("nanoclaw skill build {CODEX}"),
        ),
        OfImage::NotTold(why) => (
            format!("the image {shown} is not looked at: {why}"),
            format!("{engine} image inspect {shown}"),
        ),
    };
    Err(Problem::could_not_run(found).hint(hint).into())
}

/// Bun and codex of an image, each in a container of its own.
pub(super) fn way(checkout: &Checkout, image: &str, model: Option<&str>) -> Result<Way> {
    let home = Home::new()?;
    let providers = folder_of_providers(checkout)?;
    let source = providers.parent().unwrap_or(&providers);
    let launch = |entry: &str, arguments: Vec<String>| {
        let name = name();
        let options = options(&home, source, &name, model);
        let entry = ["--entrypoint", entry, image].map(str::to_owned);
        Launch {
            program: checkout.engine(),
            arguments: [options, entry.to_vec(), arguments].concat(),
            environment: Vec::new(),
            folder: home.work(),
            work: WORK.into(),
            container: Some(name),
        }
    };
    Ok(Way {
        who: Who::Container,
        runner: launch("bun", bun_arguments()),
        codex: launch(CODEX, APP_SERVER.map(str::to_owned).to_vec()),
        providers: Path::new(SOURCE).join("providers"),
        _home: home,
    })
}

/// A name that none of the host's own has: the host would take it for one of its own, and end it.
fn name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("nanoclaw-try-{}-{count}", std::process::id())
}

fn options(home: &Home, source: &Path, name: &str, model: Option<&str>) -> Vec<String> {
    let mut options = ["run", "--rm", "-i", "--name", name, "--workdir", WORK]
        .map(str::to_owned)
        .to_vec();
    let mut option = |name: &str, value: String| options.extend([name.to_owned(), value]);
    if let Some(model) = model {
        option("-e", format!("{CODEX_MODEL}={model}"));
    }
    if cfg!(target_os = "linux") {
        option("--add-host", "host.docker.internal:host-gateway".to_owned());
    }
    // The image's own user has this id.
    let user = rustix::process::getuid().as_raw();
    let group = rustix::process::getgid().as_raw();
    if user != 0 && user != 1000 {
        option("--user", format!("{user}:{group}"));
        option("-e", format!("HOME={HOME}"));
    }
    let mut mount = |from: &Path, to: &str| option("-v", format!("{}:{to}", from.display()));
    mount(source, &format!("{SOURCE}:ro"));
    mount(&home.work(), WORK);
    mount(&home.codex(), &format!("{HOME}/.codex"));
    if let Some(file) = &home.sign_in {
        mount(file, &format!("{HOME}/{FILE}"));
    }
    options
}

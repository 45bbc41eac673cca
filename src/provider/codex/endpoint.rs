//! Which endpoint codex asks in a container. It honours one of its configuration alone, of which the image's own file is the one that the
//! provider does not write over.

use crate::doctor::{Check, Patient};

const NAME: &str = "endpoint";

/// Codex's configuration in the image, and that of this user, which no container gets.
const OF_IMAGE: &str = "/etc/codex/config.toml";
const OF_USER: &str = ".codex/config.toml";

/// The key of an endpoint in it.
const KEY: &str = "openai_base_url";

/// Variables that codex reads no endpoint and no key in.
const IGNORED: [&str; 2] = ["OPENAI_BASE_URL", "OPENAI_API_KEY"];

pub(super) fn check(patient: &Patient<'_>) -> Check {
    let file = patient.pinned.as_ref().map(|pinned| pinned.file);
    let dockerfile = file.and_then(|file| patient.checkout.bytes(file));
    let is_given = |name: &&str| patient.service.variable(name).is_some();
    let given = IGNORED.into_iter().filter(is_given).collect::<Vec<_>>();
    // One that cannot be read is the sign-in's matter, or codex's own.
    let of_user = patient.in_home(OF_USER).ok().flatten();
    judge(
        &live(&dockerfile.unwrap_or_default()),
        &live(&of_user.unwrap_or_default()),
        &given,
    )
}

/// The lines of a text that are no comments.
fn live(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let lines = text.lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

fn judge(dockerfile: &str, of_user: &str, given: &[&str]) -> Check {
    if dockerfile.contains(OF_IMAGE) {
        return Check::ok(NAME, format!("the one of the image's {OF_IMAGE}"));
    }
    let mend = format!(
        "an endpoint counts in the image's {OF_IMAGE}, a key by nanoclaw skill configure codex --auth api-key"
    );
    if !given.is_empty() {
        let found = format!(
            "OpenAI's own: codex reads no {} of the host's environment",
            given.join(", ")
        );
        return Check::warning(NAME, found, mend);
    }
    if of_user.lines().any(|line| line.starts_with(KEY)) {
        let found = format!("OpenAI's own: no container gets the {KEY} of ~/{OF_USER}");
        return Check::warning(NAME, found, mend);
    }
    Check::ok(NAME, "OpenAI's own")
}

#[cfg(test)]
mod tests {
    use super::{judge, live};
    use crate::doctor::Level;

    #[test]
    fn an_endpoint_is_that_of_the_images_configuration() {
        let image = "RUN echo 'openai_base_url = \"http://h\"' > /etc/codex/config.toml\n";
        let user = "model = \"x\"\n  openai_base_url = \"http://h\"\n";
        for (dockerfile, of_user, given, level, words) in [
            ("", "", &[][..], Level::Ok, "OpenAI's own"),
            (image, user, &["OPENAI_BASE_URL"], Level::Ok, "the image's"),
            ("", user, &[], Level::Warning, "no container gets"),
            ("", "# openai_base_url = 1", &[], Level::Ok, "OpenAI's own"),
            (
                "# > /etc/codex/config.toml",
                "",
                &["OPENAI_BASE_URL", "OPENAI_API_KEY"],
                Level::Warning,
                "codex reads no OPENAI_BASE_URL, OPENAI_API_KEY of",
            ),
        ] {
            let check = judge(
                &live(dockerfile.as_bytes()),
                &live(of_user.as_bytes()),
                given,
            );
            assert_eq!(check.level, level, "{check:?}");
            assert!(check.found.contains(words), "{check:?}");
        }
    }
}

//! The names under which the host of a checkout runs: its service and its containers, as its own sources give them. Reads them as text, and runs nothing.

use std::path::Path;

use crate::checkout::Checkout;
use crate::digest::sha1;

/// What the host calls its service. A name that cannot be read from the sources is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The systemd unit, without `.service`.
    pub unit: Option<String>,
    /// The launchd label.
    pub label: Option<String>,
}

impl Service {
    /// Reads the names from `src/install-slug.ts`. Before there was one, every NanoClaw's service was called alike (its `setup/service.ts`).
    #[must_use]
    pub fn of(checkout: &Checkout) -> Self {
        let Some(source) = text(checkout, SLUG) else {
            return Self {
                unit: Some("nanoclaw".to_owned()),
                label: Some("com.nanoclaw".to_owned()),
            };
        };
        let slug = slug(checkout, &source);
        let named = |function| Some(format!("{}{}", slugged(&source, function)?, slug.as_ref()?));
        Self {
            unit: named("getSystemdUnit"),
            label: named("getLaunchdLabel"),
        }
    }
}

/// The command that lists the containers which run for the checkout: by the label that the host gives them, else by how their names begin, else all.
#[must_use]
pub fn containers(checkout: &Checkout) -> String {
    let engine = checkout.engine();
    let name = || name_head(&text(checkout, "src/container-runner.ts")?);
    // Apple's engine has no `ps`, and filters nothing.
    if engine == "container" {
        let only = name().map(|head| format!(" | grep {head}"));
        return format!("{engine} ls{}", only.unwrap_or_default());
    }
    let filter = label(checkout)
        .map(|label| format!("label={label}"))
        .or_else(|| name().map(|head| format!("name={head}")));
    let filter = filter.map(|filter| format!(" --filter {filter}"));
    format!("{engine} ps{}", filter.unwrap_or_default())
}

/// The image that the host starts containers of, where its sources say so; a host that is told another one by its environment is not seen.
#[must_use]
pub fn image(checkout: &Checkout) -> Option<String> {
    let source = text(checkout, SLUG)?;
    let base = slugged(&source, "getContainerImageBase")?;
    let slug = slug(checkout, &source)?;
    source
        .contains(":latest`")
        .then(|| format!("{base}{slug}:latest"))
}

/// Where NanoClaw tells two installations on one machine apart.
const SLUG: &str = "src/install-slug.ts";

fn label(checkout: &Checkout) -> Option<String> {
    let key = label_key(&text(checkout, "src/config.ts")?)?;
    let slug = slug(checkout, &text(checkout, SLUG)?)?;
    Some(format!("{key}={slug}"))
}

/// A source, where it is there.
fn text(checkout: &Checkout, path: &str) -> Option<String> {
    let bytes = checkout.bytes(Path::new(path))?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The first 8 hex digits of the SHA-1 of the root's path, where the source makes it so.
fn slug(checkout: &Checkout, source: &str) -> Option<String> {
    let hash = ["createHash('sha1')", "createHash(\"sha1\")"];
    if !hash.iter().any(|hash| source.contains(hash)) || !source.contains(".slice(0, 8)") {
        return None;
    }
    let root = checkout.root().to_string_lossy();
    let digest = sha1(root.as_bytes());
    digest.get(..8).map(str::to_owned)
}

/// What stands before the slug in the one name that a function returns.
fn slugged(source: &str, function: &str) -> Option<String> {
    let read = |rest: &str| {
        let (before, template) = rest.split_once('`')?;
        let (head, slug) = head(template)?;
        let (call, end) = slug.split_once('}')?;
        let one =
            !before.contains('}') && call.starts_with("getInstallSlug(") && end.starts_with('`');
        one.then(|| head.to_owned())
    };
    mentions(source, function).find_map(read)
}

/// What stands before the slug in the label that the host gives its containers.
fn label_key(source: &str) -> Option<String> {
    let read = |rest| Some(assigned(rest)?.strip_suffix('=')?.to_owned());
    mentions(source, "CONTAINER_INSTALL_LABEL").find_map(read)
}

/// What the names of the host's containers begin with.
fn name_head(source: &str) -> Option<String> {
    let read = |rest| Some(assigned(rest)?.to_owned());
    mentions(source, "containerName").find_map(read)
}

/// What follows each mention of a name.
fn mentions<'a>(source: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    source.split(name).skip(1)
}

/// The beginning of the template that a name is given.
fn assigned(rest: &str) -> Option<&str> {
    let template = rest.trim_start().strip_prefix('=')?.trim_start();
    Some(head(template.strip_prefix('`')?)?.0)
}

/// What stands before the first value in a template, when it is plain, and what stands behind.
fn head(template: &str) -> Option<(&str, &str)> {
    let (head, rest) = template.split_once("${")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '=');
    (!head.is_empty() && head.chars().all(plain)).then_some((head, rest))
}

#[cfg(test)]
mod tests {
    use super::{label_key, name_head, slugged};

    #[test]
    fn a_name_before_the_slug_is_read_and_one_of_other_parts_is_not() {
        let unit = |body: &str| {
            let source = format!(
                "function getInstallSlug() {{ return ''; }}\nfunction getSystemdUnit(root?: string): string {{\n{body}\n}}\nfunction getImage() {{ return `image-${{getInstallSlug(root)}}`; }}\n"
            );
            slugged(&source, "getSystemdUnit")
        };
        assert_eq!(
            unit("  return `claw-v2-${getInstallSlug(root)}`;").as_deref(),
            Some("claw-v2-")
        );
        assert_eq!(
            unit("  return `${name}-claw-${getInstallSlug(root)}`;"),
            None
        );
        assert_eq!(
            unit(
                "  if (name) { return `${name}-claw`; }\n  return `claw-${getInstallSlug(root)}`;"
            ),
            None
        );
        assert_eq!(unit("  return 'claw';"), None);
        assert_eq!(slugged("", "getSystemdUnit"), None);
        let arrow =
            "export const getSystemdUnit = (root: string) => `claw-${getInstallSlug(root)}`;";
        assert_eq!(slugged(arrow, "getSystemdUnit").as_deref(), Some("claw-"));
    }

    #[test]
    fn containers_are_named_as_the_sources_say() {
        let label = "export const CONTAINER_INSTALL_LABEL = `org.claw.install=${INSTALL_SLUG}`;";
        assert_eq!(label_key(label).as_deref(), Some("org.claw.install"));
        assert_eq!(label_key("const CONTAINER_INSTALL_LABEL = label();"), None);
        let name = |text: &str| name_head(&format!("  const containerName = {text};"));
        assert_eq!(
            name("`claw-v2-${folder}-${Date.now()}`").as_deref(),
            Some("claw-v2-")
        );
        assert_eq!(name("`${CONTAINER_PREFIX}-${folder}`"), None);
    }
}

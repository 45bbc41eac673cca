//! The names under which the host of a checkout runs: its service and its containers, as its own sources give them. Reads them as text, and runs nothing.

use std::path::Path;

use regex::bytes::Regex;

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
        let Some(source) = checkout.bytes(Path::new(SLUG)) else {
            return Self {
                unit: Some("nanoclaw".to_owned()),
                label: Some("com.nanoclaw".to_owned()),
            };
        };
        let named = |function: &str| {
            let head = slugged(&source, function)?;
            Some(format!("{head}{}", slug(checkout, &source)?))
        };
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
    let name = || source(checkout, "src/container-runner.ts", name_head);
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

/// Where NanoClaw tells two installations on one machine apart.
const SLUG: &str = "src/install-slug.ts";

fn label(checkout: &Checkout) -> Option<String> {
    let key = source(checkout, "src/config.ts", label_key)?;
    let slug = slug(checkout, &checkout.bytes(Path::new(SLUG))?)?;
    Some(format!("{key}={slug}"))
}

/// What is read of a source, where it is there.
fn source(checkout: &Checkout, path: &str, read: fn(&[u8]) -> Option<String>) -> Option<String> {
    read(&checkout.bytes(Path::new(path))?)
}

/// The first 8 hex digits of the SHA-1 of the root's path, where the source makes it so.
fn slug(checkout: &Checkout, source: &[u8]) -> Option<String> {
    captured(
        source,
        r#"createHash\(['"](sha1)['"]\)[^;]*\.slice\(0, 8\)"#,
    )?;
    let digest = sha1(checkout.root().to_string_lossy().as_bytes());
    digest.get(..8).map(str::to_owned)
}

/// What stands before the slug in the one name that a function returns.
fn slugged(source: &[u8], function: &str) -> Option<String> {
    captured(
        source,
        &format!(r"\b{function}\b[^`}}]*`([\w.-]+)\$\{{getInstallSlug\([^`}}]*\}}`"),
    )
}

/// What stands before the slug in the label that the host gives its containers.
fn label_key(source: &[u8]) -> Option<String> {
    captured(
        source,
        r"\bCONTAINER_INSTALL_LABEL\s*=\s*`([\w.-]+)=\$\{[^`}]*\}`",
    )
}

/// What the names of the host's containers begin with.
fn name_head(source: &[u8]) -> Option<String> {
    captured(source, r"\bcontainerName\s*=\s*`([\w.-]+)\$\{")
}

/// The first group of a pattern over bytes, where it is found.
fn captured(source: &[u8], pattern: &str) -> Option<String> {
    let pattern = Regex::new(&format!("(?-u){pattern}")).ok()?;
    let group = pattern.captures(source)?.get(1)?;
    Some(String::from_utf8_lossy(group.as_bytes()).into_owned())
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
            slugged(source.as_bytes(), "getSystemdUnit")
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
        assert_eq!(slugged(b"", "getSystemdUnit"), None);
        let arrow =
            b"export const getSystemdUnit = (root: string) => `claw-${getInstallSlug(root)}`;";
        assert_eq!(slugged(arrow, "getSystemdUnit").as_deref(), Some("claw-"));
    }

    #[test]
    fn containers_are_named_as_the_sources_say() {
        let label = "export const CONTAINER_INSTALL_LABEL = `org.claw.install=${INSTALL_SLUG}`;";
        assert_eq!(
            label_key(label.as_bytes()).as_deref(),
            Some("org.claw.install")
        );
        assert_eq!(label_key(b"const CONTAINER_INSTALL_LABEL = label();"), None);
        let name = |text: &str| name_head(format!("  const containerName = {text};").as_bytes());
        assert_eq!(
            name("`claw-v2-${folder}-${Date.now()}`").as_deref(),
            Some("claw-v2-")
        );
        assert_eq!(name("`${CONTAINER_PREFIX}-${folder}`"), None);
    }
}

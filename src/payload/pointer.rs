//! Pointers of git-lfs: small texts in the place of files that are kept elsewhere. Follows none of them.

/// Whether a file is a pointer, by git-lfs's `docs/spec.md`: its first line names the version, and the others an `oid` and a `size`.
#[must_use]
pub fn is_pointer(bytes: &[u8]) -> bool {
    /// No pointer is longer, in bytes.
    const LENGTH: usize = 1024;
    let short = bytes.get(..LENGTH).is_none();
    let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.next() == Some(b"version https://git-lfs.github.com/spec/v1");
    short && first && {
        let keys = lines.filter_map(|line| line.split(|byte| *byte == b' ').next());
        let keys = keys.collect::<Vec<_>>();
        [&b"oid"[..], b"size"].iter().all(|key| keys.contains(key))
    }
}

#[cfg(test)]
mod tests {
    use super::is_pointer;

    #[test]
    fn a_pointer_has_a_version_an_oid_and_a_size() {
        let version = "version https://git-lfs.github.com/spec/v1";
        for (text, expected) in [
            (format!("{version}\noid sha256:4d7a\nsize 12\n"), true),
            (format!("{version}\r\noid sha256:4d7a\r\nsize 12\r\n"), true),
            (
                format!("{version}\next-0-x sha256:1\noid sha256:4\nsize 1\n"),
                true,
            ),
            (format!("{version}\n"), false),
            (format!("// {version}\noid sha256:4d7a\nsize 12\n"), false),
            (
                format!("{version}\noid a\nsize 1\n{}", "x".repeat(1024)),
                false,
            ),
            (String::new(), false),
        ] {
            assert_eq!(is_pointer(text.as_bytes()), expected, "{text}");
        }
    }
}

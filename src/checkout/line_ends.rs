//! Git's conversion of line ends between a blob and the work tree, by gitattributes(5), "End-of-line conversion". Reads nothing itself.

use std::borrow::Cow;

use git2::AttrValue;

/// What git does with the line ends of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnds {
    /// The work tree has the bytes of the blob.
    AsTheyAre,
    /// The work tree has CRLF where the blob has LF.
    Crlf {
        /// Only when the file looks like text, and has no CR of its own.
        auto: bool,
    },
}

/// The configuration that counts where the attributes leave it open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Config {
    /// `core.autocrlf` is true; `input` changes nothing on the way into the work tree.
    pub autocrlf: bool,
    /// A text has CRLF in the work tree: `core.autocrlf`, else `core.eol`.
    pub crlf: bool,
}

impl LineEnds {
    /// Decides by a path's attributes `text` (or the older `crlf`) and `eol`.
    #[must_use]
    pub fn of(text: AttrValue<'_>, eol: AttrValue<'_>, config: Config) -> Self {
        let eol = match eol {
            AttrValue::String("lf") => Some(false),
            AttrValue::String("crlf") => Some(true),
            _ => None,
        };
        let (crlf, auto) = match text {
            AttrValue::False | AttrValue::String("input") => (false, false),
            AttrValue::True => (eol.unwrap_or(config.crlf), false),
            AttrValue::String("auto") => (eol.unwrap_or(config.crlf), true),
            _ => (eol.unwrap_or(config.autocrlf), eol.is_none()),
        };
        if crlf {
            Self::Crlf { auto }
        } else {
            Self::AsTheyAre
        }
    }

    /// The bytes that the work tree gets for those of a blob.
    #[must_use]
    pub fn in_work_tree(self, blob: &[u8]) -> Cow<'_, [u8]> {
        let Self::Crlf { auto } = self else {
            return Cow::Borrowed(blob);
        };
        if auto && (blob.contains(&b'\r') || is_binary(blob)) {
            return Cow::Borrowed(blob);
        }
        let mut bytes = Vec::with_capacity(blob.len());
        for line in blob.split_inclusive(|byte| *byte == b'\n') {
            match line {
                [.., b'\r', b'\n'] => bytes.extend(line),
                [said @ .., b'\n'] => {
                    bytes.extend(said);
                    bytes.extend(b"\r\n");
                }
                _ => bytes.extend(line),
            }
        }
        Cow::Owned(bytes)
    }

    /// The bytes of the blob that git makes of those in the work tree. Where it would not give them back, they are left as they are.
    #[must_use]
    pub fn in_blob(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        let blob = || {
            let lines = bytes.split_inclusive(|byte| *byte == b'\n');
            let parts = lines.flat_map(|line| match line {
                [said @ .., b'\r', b'\n'] => [said, b"\n"],
                _ => [line, b""],
            });
            parts.flatten().copied().collect::<Vec<_>>()
        };
        match self {
            Self::AsTheyAre => None,
            Self::Crlf { .. } => Some(blob()),
        }
        .filter(|blob| *self.in_work_tree(blob) == *bytes)
        .map_or(Cow::Borrowed(bytes), Cow::Owned)
    }
}

/// Git's guess (`convert.c`): a NUL, or more than one byte in 128 that no text has, a closing Ctrl-Z aside. A lone CR is judged before.
fn is_binary(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_suffix(b"\x1a").unwrap_or(bytes);
    let odd = |byte: &u8| matches!(byte, 0..=7 | 11 | 14..=26 | 28..=31 | 127);
    let odd = bytes.iter().filter(|byte| odd(byte)).count();
    let ends = memchr::memchr_iter(b'\n', bytes).count();
    bytes.contains(&0) || (bytes.len() - odd - ends) >> 7 < odd
}

#[cfg(test)]
mod tests {
    use git2::AttrValue::{False, String, True, Unspecified};

    use super::{Config, LineEnds};

    const AUTO: LineEnds = LineEnds::Crlf { auto: true };
    const TEXT: LineEnds = LineEnds::Crlf { auto: false };

    #[test]
    fn attributes_come_before_the_configuration() {
        let plain = Config::default();
        let eol = Config {
            autocrlf: false,
            crlf: true,
        };
        let autocrlf = Config {
            autocrlf: true,
            crlf: true,
        };
        for (text, ends, config, expected) in [
            (Unspecified, Unspecified, plain, LineEnds::AsTheyAre),
            (Unspecified, Unspecified, eol, LineEnds::AsTheyAre),
            (Unspecified, Unspecified, autocrlf, AUTO),
            (Unspecified, String("crlf"), plain, TEXT),
            (Unspecified, String("lf"), autocrlf, LineEnds::AsTheyAre),
            (True, Unspecified, plain, LineEnds::AsTheyAre),
            (True, Unspecified, eol, TEXT),
            (True, String("lf"), eol, LineEnds::AsTheyAre),
            (String("auto"), Unspecified, autocrlf, AUTO),
            (String("auto"), String("crlf"), plain, AUTO),
            (String("auto"), String("lf"), autocrlf, LineEnds::AsTheyAre),
            (False, String("crlf"), autocrlf, LineEnds::AsTheyAre),
        ] {
            let found = LineEnds::of(text, ends, config);
            assert_eq!(found, expected, "text {text:?}, eol {ends:?}, {config:?}");
        }
    }

    /// A blob, and what it is in the work tree; back again it is the blob.
    fn check(ends: LineEnds, blob: &[u8], in_work_tree: &[u8]) {
        assert_eq!(&*ends.in_work_tree(blob), in_work_tree, "{ends:?}");
        assert_eq!(&*ends.in_blob(in_work_tree), blob, "{ends:?}");
    }

    #[test]
    fn line_ends_go_there_and_back() {
        check(LineEnds::AsTheyAre, b"a\nb\r\n", b"a\nb\r\n");
        check(AUTO, b"a\nb", b"a\r\nb");
        check(AUTO, b"a\nb\r\n", b"a\nb\r\n");
        check(AUTO, b"a\rb\n", b"a\rb\n");
        check(AUTO, b"a\0b\n", b"a\0b\n");
        check(AUTO, "\u{feff}é\n".as_bytes(), "\u{feff}é\r\n".as_bytes());
        check(TEXT, b"a\0b\n", b"a\0b\r\n");
        check(TEXT, b"\n\n", b"\r\n\r\n");
    }

    #[test]
    fn bytes_that_git_would_not_give_back_stay() {
        assert_eq!(&*AUTO.in_blob(b"a\r\nb\n"), b"a\r\nb\n");
        assert_eq!(&*TEXT.in_blob(b"a\r\nb\n"), b"a\r\nb\n");
    }
}

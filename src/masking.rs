//! What hides secrets in texts that are shown or kept: by their form, in addresses, and by the words before them.

use std::sync::LazyLock;

// Bytes without Unicode classes: those cost milliseconds to compile.
use regex::bytes::Regex;

/// A form of credentials.
struct Form {
    /// What each text with one holds: one of these at least. A pattern costs more to compile than that takes to see.
    signs: &'static [&'static str],
    pattern: LazyLock<Option<Regex>>,
    /// What stands in its place.
    hidden: &'static [u8],
}

macro_rules! form {
    ($signs:expr, $pattern:literal, $hidden:literal) => {
        Form {
            signs: &$signs,
            pattern: LazyLock::new(|| Regex::new($pattern).ok()),
            hidden: $hidden,
        }
    };
}

/// What hides credentials. Wrong addresses are those that people mistype, so that a password with a `/`, one before scp's host and an `@` that
/// was encoded are hidden as well.
static CREDENTIALS: [Form; 9] = [
    // The user's part of a URL, up to the last `@` that may end it.
    form!(
        ["@", "%40"],
        r"(?i-u)([a-z][a-z0-9+.-]*://)[^/?#\s]*(?:@|%40)",
        b"${1}***@"
    ),
    // The same where the password holds what would end it, so that what stands after the colon is no port.
    form!(
        ["@"],
        r"(?i-u)([a-z][a-z0-9+.-]*://)[^/?#@\s]*:(?:[0-9]*[^0-9/?#@\s'\x22][^@\s]*|[0-9]+[?#][^@\s]*)@",
        b"${1}***@"
    ),
    // A password in scp's form, which has none.
    form!(
        ["@"],
        r"(?-u)[^\s/:@'\x22`(]+:[^\s/]+@([A-Za-z0-9.\[\]-]+:)",
        b"***@${1}"
    ),
    form!(
        ["="],
        r"(?i-u)([?&;#][^=&;#\s'\x22]*(?:token|key|secret|pass|pwd|auth|sig|cred)[^=&;#\s'\x22]*=)[^&;#\s'\x22]+",
        b"${1}***"
    ),
    // Tokens that their makers gave a form of their own.
    form!(
        ["gh", "glpat-"],
        r"(?-u)\b(?:gh[a-z]_|github_pat_|glpat-)[A-Za-z0-9_-]{6,}",
        b"***"
    ),
    // Keys of APIs, which their makers' errors repeat in part.
    form!(["sk-"], r"(?-u)\bsk-[A-Za-z0-9_*-]{8,}", b"***"),
    // Tokens of chats, clouds and registries, in their makers' forms; and codex's own for a refresh.
    form!(
        ["xox", "xapp-", "AKIA", "AIza", "npm_", "rt_"],
        r"(?-u)\b(?:xox[a-z]-[A-Za-z0-9-]{6,}|xapp-[A-Za-z0-9-]{6,}|AKIA[A-Z0-9]{12,}|AIza[A-Za-z0-9_-]{20,}|npm_[A-Za-z0-9]{20,}|rt_[A-Za-z0-9._-]{6,})",
        b"***"
    ),
    // A Telegram bot's, in its addresses, too.
    form!([":"], r"(?-u)[0-9]{6,}:[A-Za-z0-9_-]{30,}", b"***"),
    // JSON web tokens (RFC 7519).
    form!(
        ["eyJ"],
        r"(?-u)\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_.-]+",
        b"***"
    ),
];

/// What is a secret by the word before it, in the output of other programs: in headers, JSON, assignments and options.
static LABELLED: [Form; 5] = [
    // A header of HTTP, with whatever scheme.
    form!(
        ["uthorization", "UTHORIZATION"],
        r#"(?i-u)(authorization["']?\s*[:=]?\s*["']?)(?:[a-z]+\s+)?[^\s"',;}]+"#,
        b"${1}***"
    ),
    form!(
        ["earer ", "EARER "],
        r#"(?i-u)(bearer\s+)[^\s"',;}]+"#,
        b"${1}***"
    ),
    form!(
        ["ookie", "OOKIE"],
        r#"(?i-u)(cookie["']?\s*[:=]\s*["']?)[^"'\r\n]+"#,
        b"${1}***"
    ),
    // A value in quotes is hidden to its end.
    form!(
        [":", "="],
        r#"(?i-u)((?:key|token|secret|passwd|password|pwd|credential|auth)s?["']?\s*[:=]\s*)(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s"',;}&]+)"#,
        b"${1}***"
    ),
    // An option with its value behind it, and a header that is named like a variable.
    form!(
        ["-key", "-token", "-secret", "-password", "-KEY", "-Key"],
        r#"(?i-u)(-(?:key|token|secret|password)["']?[\s,=:]+["']?)[^\s"',\]}]+"#,
        b"${1}***"
    ),
];

/// Hides what is a secret in a text of another program: as [`mask`], and by the words before it. It may hide what is none.
#[must_use]
pub fn mask_labelled(text: &str) -> String {
    hide(mask(text), &LABELLED)
}

/// Hides user names, passwords and tokens in the addresses of a text, and keys and tokens whose form tells them.
#[must_use]
pub fn mask(text: &str) -> String {
    hide(text.to_owned(), &CREDENTIALS)
}

fn hide(text: String, forms: &[Form]) -> String {
    let hide = |text: String, form: &Form| {
        if !form.signs.iter().any(|sign| text.contains(sign)) {
            return text;
        }
        match &*form.pattern {
            Some(pattern) => {
                let masked = pattern.replace_all(text.as_bytes(), form.hidden);
                String::from_utf8_lossy(&masked).into_owned()
            }
            None => "***".to_owned(),
        }
    };
    forms.iter().fold(text, hide)
}

#[cfg(test)]
mod tests {
    use super::{mask, mask_labelled};

    #[test]
    fn credentials_in_addresses_are_masked() {
        for (text, masked) in [
            ("https://github.com/a/b.git", "https://github.com/a/b.git"),
            ("https://user:pw@host/a", "https://***@host/a"),
            ("https://ghp_secret@host/a", "https://***@host/a"),
            ("https://user:p@ss@host/", "https://***@host/"),
            ("https://user:p'w\"x@host/", "https://***@host/"),
            ("https://user:pa/ss@host/a", "https://***@host/a"),
            ("https://user:pa#s?s@host/a", "https://***@host/a"),
            (
                "https://user:12/ss@host:8080/a",
                "https://user:12/ss@host:8080/a",
            ),
            ("https://user:12?ss@host:8080/a", "https://***@host:8080/a"),
            ("HTTPS://user:pw@HOST/a", "HTTPS://***@HOST/a"),
            ("https://user%3Apw%40x@host/a", "https://***@host/a"),
            ("https://user%3Apw%40host/a", "https://***@host/a"),
            ("ssh://user:pw@host/a", "ssh://***@host/a"),
            ("git+ssh://user:pw@host:22/a", "git+ssh://***@host:22/a"),
            ("foo::https://user:pw@host/a", "foo::https://***@host/a"),
            ("user:pw@host:a/b", "***@host:a/b"),
            ("user:p@ss@host:a/b", "***@host:a/b"),
            ("git@github.com:a/b.git", "git@github.com:a/b.git"),
            ("ghp_abcdefgh@github.com:a/b", "***@github.com:a/b"),
            ("file:///srv/a@b/c", "file:///srv/a@b/c"),
            ("https://host:8080/@scope/a", "https://host:8080/@scope/a"),
            ("https://host/@scope/a", "https://host/@scope/a"),
            ("https://host/a?token=x", "https://host/a?token=***"),
            (
                "https://host/a?Access_Token=x&y=1",
                "https://host/a?Access_Token=***&y=1",
            ),
            (
                "https://host/a?x=1&api_key=x;sig=y",
                "https://host/a?x=1&api_key=***;sig=***",
            ),
            (
                "https://host/a#access_token=x",
                "https://host/a#access_token=***",
            ),
            (
                "fatal: unable to access 'https://x:p@ss@host/': no",
                "fatal: unable to access 'https://***@host/': no",
            ),
            (
                "fatal: Authentication failed for 'https://u:p@h/a/' and https://v:q@h/b",
                "fatal: Authentication failed for 'https://***@h/a/' and https://***@h/b",
            ),
            (
                "From https://u:p@h/a\n * branch",
                "From https://***@h/a\n * branch",
            ),
            (
                "Incorrect API key provided: sk-proj-abcdef12**********wxyz. See",
                "Incorrect API key provided: ***. See",
            ),
            ("Bearer eyJhbGciOi.eyJzdWIi.c2ln-x, url", "Bearer ***, url"),
            (
                "a task-force-of-nine and sk-8",
                "a task-force-of-nine and sk-8",
            ),
            (
                "https://api.telegram.org/bot123456:AAHabcdefghijklmnopqrstuvwxyz01234/x",
                "https://api.telegram.org/bot***/x",
            ),
            (
                "xoxb-1234567-abc AKIAABCDEFGHIJKLMNOP rt_abcdef.x",
                "*** *** ***",
            ),
            (
                "at 2026-05-01T12:00:00 in a/b.ts:12:3",
                "at 2026-05-01T12:00:00 in a/b.ts:12:3",
            ),
            ("../a/b", "../a/b"),
        ] {
            assert_eq!(mask(text), masked, "{text}");
        }
    }

    #[test]
    fn what_its_label_tells_is_hidden_in_the_words_of_other_programs() {
        for (text, masked) in [
            (
                "Authorization: Bearer abc.SECRET-x y",
                "Authorization: *** y",
            ),
            ("authorization: Basic c2VjcmV0Og==", "authorization: ***"),
            (
                r#"{"Authorization":"token SECRET"}"#,
                r#"{"Authorization":"***"}"#,
            ),
            ("Bearer SECRET, url", "Bearer ***, url"),
            ("cookie: session=SECRET; other=SECRET", "cookie: ***"),
            (r#""x-api-key": "SECRET""#, r#""x-api-key": ***"#),
            ("x-api-key SECRET end", "x-api-key *** end"),
            ("OPENAI_API_KEY=SECRET x", "OPENAI_API_KEY=*** x"),
            (
                r#"{"refresh_token":"SECRET","a":2}"#,
                r#"{"refresh_token":***,"a":2}"#,
            ),
            (r#""apiKey": "first SECRET", b"#, r#""apiKey": ***, b"#),
            (r#""apiKey": "first SECRET"#, r#""apiKey": ***"#),
            (
                "password='a SECRET' pwd: SECRET passwd=SECRET",
                "password=*** pwd: *** passwd=***",
            ),
            (r#"["--api-key","SECRET"]"#, r#"["--api-key","***"]"#),
            ("run --token SECRET -x", "run --token *** -x"),
            ("auth=SECRET&b=1", "auth=***&b=1"),
            ("the model has no key", "the model has no key"),
            (
                "src/a.ts(1,2): error TS2307: no module",
                "src/a.ts(1,2): error TS2307: no module",
            ),
        ] {
            assert_eq!(mask_labelled(text), masked, "{text}");
        }
    }
}

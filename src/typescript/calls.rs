//! The names that calls of a function are given. Calls nothing, and follows no variable.

use super::{Kind, Scan, Token};

/// The texts that stand as the first argument of a call to `function` itself, in the text's order: not those of a method called so, nor of
/// the function's own declaration.
pub(super) fn named(scan: &Scan, function: &str) -> Vec<String> {
    let code = scan.code();
    let is = |token: &Token, text: &str| scan.raw(token) == text.as_bytes();
    let called = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| code.get(at));
        let is_own =
            before.is_none_or(|token| [".", "?.", "function"].iter().all(|word| !is(token, word)));
        let [name, bracket, argument] = code.get(at..at + 3)? else {
            return None;
        };
        let is_call = is(name, function) && is(bracket, "(") && argument.kind == Kind::Text;
        (is_own && is_call).then(|| scan.value(argument))?
    };
    (0..code.len()).filter_map(called).collect()
}

#[cfg(test)]
mod tests {
    use crate::typescript::named_in_calls;

    #[test]
    fn a_call_gives_its_first_argument_where_that_is_a_text() {
        for (text, expected) in [
            ("f('a', x); f(\"b\")", &["a", "b"][..]),
            ("f ( 'a' )", &["a"]),
            ("if (x) f('a')", &["a"]),
            ("x.f('a'); x?.f('b')", &[]),
            ("function f('a') {}", &[]),
            ("f(a, 'b'); f(); f(`a`); f", &[]),
            ("// f('a')\n'f(\"a\")'", &[]),
            ("g('a'); ff('b')", &[]),
        ] {
            assert_eq!(named_in_calls(text.as_bytes(), "f"), expected, "{text}");
        }
    }
}

//! How far one token or one blank reaches, in bytes, and what a string says; it knows nothing of what stands around them.

/// The length of the ASCII white space that a text starts with.
pub(super) fn blanks(text: &[u8]) -> usize {
    text.iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count()
}

/// The length of the white space that a text starts with, one character of it; ECMA-262's white space and line ends.
pub(super) fn blank(text: &[u8]) -> Option<usize> {
    match text {
        [b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C, ..] => Some(1),
        [0xC2, 0xA0, ..] => Some(2),
        [first, second, third, ..] => wide_blank([*first, *second, *third]).then_some(3),
        _ => None,
    }
}

fn wide_blank(bytes: [u8; 3]) -> bool {
    match bytes {
        [0xE2, 0x80, last] => matches!(last, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF),
        [0xE2, 0x81, 0x9F] | [0xE1, 0x9A, 0x80] | [0xE3, 0x80, 0x80] | [0xEF, 0xBB, 0xBF] => true,
        _ => false,
    }
}

/// The length of the name, keyword or number that a text starts with; bytes beyond ASCII are part of names.
pub(super) fn word_length(text: &[u8]) -> usize {
    let mut length = 0;
    loop {
        let rest = text.get(length..).unwrap_or_default();
        length += rest.iter().take_while(|byte| in_word(**byte)).count();
        match text.get(length..) {
            Some(rest @ [byte, ..]) if !byte.is_ascii() && blank(rest).is_none() => length += 1,
            _ => return length,
        }
    }
}

/// Whether a byte of ASCII belongs to names, keywords and numbers.
pub(super) fn in_word(byte: u8) -> bool {
    WORD.get(usize::from(byte)).is_some_and(|word| *word)
}

/// Which bytes of ASCII belong to names: a table, since every byte of every name is asked for.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated when the program is compiled"
)]
const WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        word[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#' | b'\\');
        byte += 1;
    }
    word
};

/// The length of the number that a text starts with: a dot belongs to it, so that `1.` is no property.
pub(super) fn digits(text: &[u8]) -> usize {
    text.iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"._".contains(byte))
        .count()
}

/// The length of a text's first line, without its end.
pub(super) fn line_length(text: &[u8]) -> usize {
    let ends = |place: &usize| text.get(*place..).is_some_and(at_line_end);
    memchr::memchr3_iter(b'\n', b'\r', 0xE2, text)
        .find(ends)
        .unwrap_or(text.len())
}

fn at_line_end(text: &[u8]) -> bool {
    matches!(text, [b'\n' | b'\r', ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..])
}

/// The length of the string that a text starts with; as an error, how far it goes when its line or the text ends first.
pub(super) fn quoted_length(text: &[u8]) -> Result<usize, usize> {
    let quote = text.first().copied().unwrap_or_default();
    let mut at = 1;
    loop {
        match text.get(at..).unwrap_or_default() {
            [b'\\', b'\r', b'\n', ..] => at += 3,
            [b'\\', _, ..] => at += 2,
            [] | [b'\n' | b'\r', ..] => return Err(at),
            [byte, ..] if *byte == quote => return Ok(at + 1),
            _ => at += 1,
        }
    }
}

/// The length of the regular expression with its flags; as an error, how far it goes when its line or the text ends first.
pub(super) fn regex_length(text: &[u8]) -> Result<usize, usize> {
    let (mut at, mut class) = (1, false);
    loop {
        let rest = text.get(at..).unwrap_or_default();
        match rest {
            [] => return Err(at),
            _ if at_line_end(rest) => return Err(at),
            [b'\\', after @ ..] if !after.is_empty() && !at_line_end(after) => at += 2,
            [b'/', flags @ ..] if !class => return Ok(at + 1 + word_length(flags)),
            [byte, ..] => {
                class = *byte == b'[' || (class && *byte != b']');
                at += 1;
            }
        }
    }
}

/// The length of a template's text from its backtick, or the `}` before it, to the next backtick or `${`, with both.
pub(super) fn template_length(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match text.get(at..)? {
            [] => return None,
            [b'`', ..] => return Some(at + 1),
            [b'$', b'{', ..] => return Some(at + 2),
            [b'\\', _, ..] => at += 2,
            _ => at += 1,
        }
    }
}

/// What the text between two quotes says: ECMA-262's escape sequences; bytes that are not UTF-8 become U+FFFD.
pub(crate) fn decode(body: &[u8]) -> String {
    let (mut said, mut rest) = (Vec::new(), body);
    while let [byte, after @ ..] = rest {
        if *byte == b'\\' {
            rest = unescape(after, &mut said);
        } else {
            said.push(*byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

/// Says one escape sequence, without its backslash, and gives what is left after it.
fn unescape<'t>(text: &'t [u8], said: &mut Vec<u8>) -> &'t [u8] {
    match text {
        [b'\r', b'\n', rest @ ..]
        | [b'\n' | b'\r', rest @ ..]
        | [0xE2, 0x80, 0xA8 | 0xA9, rest @ ..] => rest,
        [b'x', high, low, rest @ ..] => hexadecimal(&[*high, *low], rest, said),
        [b'u', b'{', rest @ ..] => {
            let length = rest
                .iter()
                .position(|byte| *byte == b'}')
                .unwrap_or(rest.len());
            let (code, rest) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            hexadecimal(code, rest.get(1..).unwrap_or_default(), said)
        }
        [b'u', a, b, c, d, rest @ ..] => hexadecimal(&[*a, *b, *c, *d], rest, said),
        [byte, rest @ ..] => {
            said.push(control(*byte));
            rest
        }
        [] => text,
    }
}

fn hexadecimal<'t>(code: &[u8], rest: &'t [u8], said: &mut Vec<u8>) -> &'t [u8] {
    let number = std::str::from_utf8(code)
        .ok()
        .and_then(|code| u32::from_str_radix(code, 16).ok());
    let letter = number
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER);
    said.extend(letter.to_string().bytes());
    rest
}

fn control(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 0x08,
        b'f' => 0x0C,
        b'v' => 0x0B,
        b'0' => 0,
        _ => byte,
    }
}

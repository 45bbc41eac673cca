//! A terminal's text as an SVG picture: a dark window with a title, the command, and the lines in their colours. Reads and writes nothing.

use std::fmt::Write as _;

/// How many columns the window has.
const COLUMNS: usize = 118;
/// The width of a column: 0.602 em in the fonts below, at 13 pixels.
const COLUMN: f64 = 7.83;
const LINE: usize = 17;
const BAR: usize = 36;
const MARGIN: usize = 18;

const STYLE: &str = "\
text { font: 13px ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', 'Liberation Mono', Consolas, monospace; fill: #c9d1d9; white-space: pre }
.title { fill: #8b949e }
.prompt { fill: #7ee787 }
.s1 { fill: #f0f6fc; font-weight: bold }
.s2 { fill: #8b949e }
.s31 { fill: #ff7b72 }
.s32 { fill: #56d364 }
.s33 { fill: #e3b341 }
";

/// A piece of a line and the number of its colour (SGR), 0 for none.
type Piece = (u8, String);

/// The picture of a command and of what it printed, with the escape sequences that `ui` writes: one colour, and the end of it.
pub fn svg(command: &str, printed: &str) -> String {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "about a hundred columns"
    )]
    let width = (COLUMNS as f64 * COLUMN).ceil() as usize + 2 * MARGIN;
    let lines = printed
        .lines()
        .map(|line| cut(pieces(line)))
        .collect::<Vec<_>>();
    let height = BAR + (lines.len() + 1) * LINE + MARGIN;
    let title = escaped(command);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title} in a terminal\">\n<style>\n{STYLE}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"9\" fill=\"#0d1117\"/>\n\
         <path d=\"M0 {BAR}V9a9 9 0 0 1 9-9H{}a9 9 0 0 1 9 9V{BAR}z\" fill=\"#21262d\"/>\n",
        width - 9
    );
    for (at, color) in [(20, "#ff5f57"), (40, "#febc2e"), (60, "#28c840")] {
        let _ = writeln!(
            svg,
            "<circle cx=\"{at}\" cy=\"{}\" r=\"6\" fill=\"{color}\"/>",
            BAR / 2
        );
    }
    let _ = writeln!(
        svg,
        "<text class=\"title\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{title}</text>",
        width / 2,
        BAR / 2 + 4
    );
    let prompt = format!("<tspan class=\"prompt\">$</tspan> <tspan class=\"s1\">{title}</tspan>");
    let texts = lines
        .iter()
        .map(|line| line.iter().map(tspan).collect::<String>());
    for (row, text) in std::iter::once(prompt).chain(texts).enumerate() {
        let y = BAR + (row + 1) * LINE + 6;
        let _ = writeln!(
            svg,
            "<text x=\"{MARGIN}\" y=\"{y}\" xml:space=\"preserve\">{text}</text>"
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn tspan((color, text): &Piece) -> String {
    let text = escaped(text);
    if *color == 0 {
        text
    } else {
        format!("<tspan class=\"s{color}\">{text}</tspan>")
    }
}

/// The pieces of a line between its escape sequences.
fn pieces(line: &str) -> Vec<Piece> {
    let mut parts = line.split("\x1b[");
    let first = (0, parts.next().unwrap_or_default().to_owned());
    let rest = parts.map(|part| {
        let (color, text) = part.split_once('m').expect("an SGR sequence");
        (color.parse().expect("one SGR code"), text.to_owned())
    });
    std::iter::once(first)
        .chain(rest)
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// A line that fits: what is over the window's edge gives way to `…`.
fn cut(pieces: Vec<Piece>) -> Vec<Piece> {
    let length = pieces
        .iter()
        .map(|(_, text)| text.chars().count())
        .sum::<usize>();
    if length <= COLUMNS {
        return pieces;
    }
    let mut left = COLUMNS - 1;
    let mut kept = Vec::new();
    for (color, text) in pieces {
        let text = text.chars().take(left).collect::<String>();
        left -= text.chars().count();
        kept.push((color, text));
    }
    kept.push((2, "…".to_owned()));
    kept
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, cut, escaped, pieces};

    #[test]
    fn escape_sequences_colour_what_stands_between_them() {
        let plain = |text: &str| (0, text.to_owned());
        assert_eq!(pieces("a b"), [plain("a b")]);
        assert_eq!(
            pieces("\x1b[32mok\x1b[0m rest"),
            [(32, "ok".to_owned()), plain(" rest")]
        );
        assert_eq!(pieces(""), []);
    }

    #[test]
    fn only_what_is_over_the_edge_is_cut() {
        let fits = vec![(0, "x".repeat(COLUMNS))];
        assert_eq!(cut(fits.clone()), fits);
        let over = cut(vec![(32, "ab".to_owned()), (0, "x".repeat(COLUMNS))]);
        let text = over
            .iter()
            .map(|(_, text)| text.as_str())
            .collect::<String>();
        assert_eq!(text, format!("ab{}…", "x".repeat(COLUMNS - 3)));
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(
            escaped("a && <b> \"c\""),
            "a &amp;&amp; &lt;b&gt; &quot;c&quot;"
        );
    }
}

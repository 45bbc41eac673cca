//! What holds of any bytes that are taken for a Dockerfile: how it is read, and what a layer and a setting make of it.

use std::sync::LazyLock;

use nanoclaw::dockerfile::{Dockerfile, Instruction};
use nanoclaw::fact::dockerfile as layer_fact;
use nanoclaw::fact::dockerfile::Wanted;
use nanoclaw::skill::{Fact, Layer, Setting, What};
use nanoclaw::skills;

use super::edited;
use super::lines::{Ends, Line, added};

/// The layers of the built-in documents, added to a Dockerfile of these bytes, with a version asked for and without; and to one that
/// has lost its pin, which these bytes may know.
pub fn dockerfile(bytes: &[u8]) {
    read(bytes);
    for layer in LAYERS.iter() {
        for set in [None, Some("9.9.9")] {
            add_layer(bytes, layer, &Wanted { set, head: None });
        }
        let lost = format!("FROM node\n{}\n", layer.run);
        let (set, head) = (None, Some(bytes));
        add_layer(lost.as_bytes(), layer, &Wanted { set, head });
        // A setting goes below an install, and most texts have the layer's anchor.
        for after in [&layer.package, &layer.after] {
            SETTINGS
                .iter()
                .for_each(|setting| add_setting(bytes, setting, after));
        }
    }
}

/// What the built-in documents state of a kind.
fn stated<T>(of: impl Fn(Fact) -> Option<T>) -> Vec<T> {
    let all = skills::all().expect("the built-in documents are valid");
    let steps = all.into_iter().flat_map(|(skill, _)| skill.steps);
    let facts = steps.filter_map(|step| match step.what {
        What::Fact(fact) => Some(fact),
        _ => None,
    });
    let stated: Vec<T> = facts.filter_map(of).collect();
    assert!(!stated.is_empty(), "no document states one");
    stated
}

static LAYERS: LazyLock<Vec<Layer>> = LazyLock::new(|| {
    stated(|fact| match fact {
        Fact::Dockerfile { layer, .. } => Some(layer),
        _ => None,
    })
});

static SETTINGS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
    stated(|fact| match fact {
        Fact::Setting { setting, .. } => Some(setting),
        _ => None,
    })
});

/// Reads a Dockerfile: its instructions stand in it one after the other, and a mistake has a line of it.
fn read(bytes: &[u8]) {
    let last = Line::last(bytes, Ends::OfDockerfile);
    match Dockerfile::parse(bytes) {
        Ok(file) => {
            let mut end = 0;
            for instruction in &file.instructions {
                let span = &instruction.span;
                assert!(end <= span.start && span.start < span.end && span.end <= bytes.len());
                assert!((1..=last).contains(&instruction.line));
                end = span.end;
            }
        }
        Err(error) => assert!(
            error.line.is_none_or(|line| (1..=last).contains(&line)),
            "{error:?}"
        ),
    }
}

fn add_layer(before: &[u8], layer: &Layer, wanted: &Wanted) {
    let look = |bytes: &[u8]| layer_fact::outcome(bytes, layer, wanted);
    let Some(after) = edited(before, Ends::OfDockerfile, look) else {
        return;
    };
    if let Some(set) = wanted.set {
        assert_eq!(layer_fact::pin(&after, layer).as_deref(), Some(set));
    }
    let (old, new) = (Unpinned::of(before, layer), Unpinned::of(&after, layer));
    let arg = format!("ARG {}=", layer.arg);
    let run = new.text(&layer.run);
    let ours: Vec<&str> = [arg.as_str(), ""].into_iter().chain(run.lines()).collect();
    let found = added(
        &Line::all(&old.bytes, Ends::OfDockerfile),
        &Line::all(&new.bytes, Ends::OfDockerfile),
    );
    for line in &found {
        assert!(ours.contains(&line.as_str()), "a line of its own: {line:?}");
    }
    let (mut args, mut runs) = (0, 0);
    for said in added(&old.instructions, &new.instructions) {
        match said.replace("\r\n", "\n") {
            said if said == arg => args += 1,
            said if said == run => runs += 1,
            said => panic!("an instruction of its own: {said:?}"),
        }
    }
    assert!(args <= 1 && runs <= 1);
    // A layer has one blank line before it, an ARG none.
    assert_eq!(
        found.len(),
        args + runs * (run.lines().count() + 1),
        "{found:?}"
    );
    assert!(args + runs > 0 || old.pins == new.pins);
}

/// A setting below the install of a package: the text has it with its value afterwards, and what was there but for that value.
fn add_setting(before: &[u8], setting: &Setting, after: &str) {
    let value = "http://h:1/v1";
    let setting = Setting {
        after: after.to_owned(),
        value: value.to_owned(),
        ..setting.clone()
    };
    let look = |bytes: &[u8]| layer_fact::setting::outcome(bytes, &setting);
    let Some(after) = edited(before, Ends::OfDockerfile, look) else {
        return;
    };
    assert_eq!(
        layer_fact::setting::value(&after, &setting).as_deref(),
        Some(value)
    );
    let layer = Layer {
        after: setting.after.clone(),
        package: String::new(),
        arg: setting.arg.clone(),
        version: value.to_owned(),
        run: setting.run.clone(),
    };
    let (old, new) = (Unpinned::of(before, &layer), Unpinned::of(&after, &layer));
    let arg = format!("ARG {}=", setting.arg);
    let run = new.text(&setting.run);
    for said in added(&old.instructions, &new.instructions) {
        let said = said.replace("\r\n", "\n");
        assert!(
            said == arg || said == run,
            "an instruction of its own: {said:?}"
        );
    }
}

/// A Dockerfile without the values of a layer's ARG, which an edit may change.
struct Unpinned {
    bytes: Vec<u8>,
    /// What each instruction says, in the file's order.
    instructions: Vec<String>,
    /// How many declarations of the ARG there are.
    pins: usize,
    escape: char,
}

impl Unpinned {
    fn of(bytes: &[u8], layer: &Layer) -> Self {
        let file = Dockerfile::parse(bytes).expect("what is edited can be read, before and after");
        let mut found = Self {
            bytes: Vec::new(),
            instructions: Vec::new(),
            pins: 0,
            escape: file.escape,
        };
        let mut at = 0;
        for instruction in &file.instructions {
            found.bytes.extend(&bytes[at..instruction.span.start]);
            let said = found.unpinned(bytes, instruction, layer);
            found.bytes.extend(&said);
            found
                .instructions
                .push(String::from_utf8_lossy(&said).into_owned());
            at = instruction.span.end;
        }
        found.bytes.extend(&bytes[at..]);
        found
    }

    fn unpinned(&mut self, bytes: &[u8], instruction: &Instruction, layer: &Layer) -> Vec<u8> {
        let mut said = Vec::new();
        let mut at = instruction.span.start;
        for pin in instruction
            .declarations()
            .iter()
            .filter(|found| found.name == layer.arg)
        {
            said.extend(&bytes[at..pin.name_end]);
            said.push(b'=');
            at = pin
                .value
                .as_ref()
                .map_or(pin.name_end, |value| value.span.end);
            self.pins += 1;
        }
        said.extend(&bytes[at..instruction.span.end]);
        said
    }

    /// The lines of a document as they stand in this file.
    fn text(&self, lines: &str) -> String {
        let line = |line: &str| match line.strip_suffix('\\') {
            Some(line) => format!("{line}{}", self.escape),
            None => line.to_owned(),
        };
        lines.lines().map(line).collect::<Vec<_>>().join("\n")
    }
}

//! The fact that a Dockerfile gives what it installs a setting: an ARG that holds the value, and a RUN that writes it into the image. It never
//! changes a line of the user's but that value.

use crate::dockerfile::{Declaration, Instruction, Value, What, one_line};
use crate::skill::{ByHand, Layer, Outcome, Setting};

use super::by_hand::{self, Stop};
use super::edit::Edit;
use super::site::{Site, is_among};
use super::{Dockerfile, added, fault, read};

/// Returns whether the Dockerfile of these bytes has the setting with its value, and otherwise its bytes with it, or why it must be added by hand.
#[must_use]
pub fn outcome(before: &[u8], setting: &Setting) -> Outcome {
    let layer = as_layer(setting);
    decide(before, setting, &layer).unwrap_or_else(|Stop { fault, mut by_hand }| {
        if by_hand.is_empty() {
            by_hand.push(ByHand::write(by_hand::lines(&layer, &setting.value)));
        }
        Outcome::Blocked { fault, by_hand }
    })
}

/// The value that counts in the Dockerfile of these bytes, if it has the setting.
#[must_use]
pub fn value(before: &[u8], setting: &Setting) -> Option<String> {
    let file = Dockerfile::read(before).ok()?;
    value_in(&file, setting, &as_layer(setting))
}

fn value_in(file: &Dockerfile, setting: &Setting, layer: &Layer) -> Option<String> {
    let value = Site { file, layer }.set(setting)?.1?.filled()?;
    Some(value.said().to_owned())
}

/// What finds the ARG and the place of a layer finds those of a setting: it is a layer that installs nothing.
fn as_layer(setting: &Setting) -> Layer {
    Layer {
        after: setting.after.clone(),
        package: String::new(),
        arg: setting.arg.clone(),
        version: setting.value.clone(),
        run: setting.run.clone(),
    }
}

fn decide(before: &[u8], setting: &Setting, layer: &Layer) -> Result<Outcome, Stop> {
    let file = match read(before)? {
        Ok(file) => file,
        Err(unresolved) => return Ok(unresolved),
    };
    let site = Site { file: &file, layer };
    let wanted = setting.value.as_str();
    let value = |pin: &Declaration| pin.filled().map(|value| Value::said(value).to_owned());
    let mut edit = Edit::new(Some(wanted));
    let fault = if let Some((run, declared)) = site.set(setting) {
        if let Some(env) = site.hiding(run) {
            return Err(site.hidden(env));
        }
        let found = declared.and_then(value);
        if found.as_deref() == Some(wanted) {
            return Ok(Outcome::Holds {
                line: Some(run.line),
                note: None,
            });
        }
        match declared {
            Some(declared) => edit.set_value(declared, wanted),
            None => edit.add_before(before, run, &site.arg_line(wanted)),
        }
        let found = found.unwrap_or_else(|| "nothing".to_owned());
        let found = format!("`{}` is {found}, not {wanted}", setting.arg);
        fault("setting-differs", Some(run.line), &found)
    } else {
        let (anchor, _) = site.anchor()?;
        if let Some(env) = site.hiding(anchor) {
            return Err(site.hidden(env));
        }
        let lines = layer.run.lines().map(|line| site.escaped(line));
        let lines = lines.collect::<Vec<_>>().join("\n");
        // The ARG has a line of its own here also where one of its name stands above: that one is somebody else's.
        edit.add_after(before, anchor, &site.arg_line(wanted), 1);
        edit.add_after(before, anchor, &lines, 0);
        let found = format!("no RUN writes `{}` into the image", setting.arg);
        fault("setting-missing", None, &found)
    };
    let after = edit.apply(before);
    let read_back = |file: &Dockerfile| value_in(file, setting, layer).as_deref() == Some(wanted);
    if added(&file, &after, &edit).is_some_and(|after| read_back(&after)) {
        return Ok(Outcome::Edit { fault, after });
    }
    let found = "the lines would not be read there as instructions of their own";
    Err(super::fault("layer-unplaceable", fault.line, found).into())
}

impl<'a> Site<'a> {
    /// The last RUN of the image that makes the setting, and the declaration that gives it its value, where one does.
    fn set(self, setting: &Setting) -> Option<(&'a Instruction, Option<&'a Declaration>)> {
        let wanted = one_line(&setting.run, '\\');
        let built = self.file.built();
        let mut runs = self
            .file
            .instructions
            .iter()
            .filter(|found| matches!(found.what, What::Run(_)) && is_among(&built, found));
        let run = runs.rfind(|run| self.file.one_line(run) == wanted)?;
        Some((run, self.declaration(run)))
    }
}

#[cfg(test)]
mod tests {
    use super::{outcome, value};
    use crate::skill::{Outcome, Setting};

    const HEAD: &str = "FROM node:22\nARG TOOL_VERSION=1.0.0\n";
    const INSTALL: &str = "RUN pnpm install -g \"@x/tool@${TOOL_VERSION}\"\n";
    const LINES: &str = "\nARG ENDPOINT=http://h/v1\nRUN write \"${ENDPOINT}\" > /etc/x\n";

    fn setting(value: &str) -> Setting {
        Setting {
            after: "@x/tool".to_owned(),
            arg: "ENDPOINT".to_owned(),
            value: value.to_owned(),
            run: "RUN write \"${ENDPOINT}\" > /etc/x".to_owned(),
        }
    }

    fn edited(before: &str, wanted: &str) -> String {
        let setting = setting(wanted);
        match outcome(before.as_bytes(), &setting) {
            Outcome::Edit { after, .. } => {
                assert_eq!(value(&after, &setting).as_deref(), Some(wanted));
                let again = outcome(&after, &setting);
                assert!(matches!(again, Outcome::Holds { .. }), "{again:?}");
                String::from_utf8_lossy(&after).into_owned()
            }
            found => panic!("{before}: {found:?}"),
        }
    }

    #[test]
    fn a_setting_goes_after_its_install_and_its_value_alone_changes() {
        let before = format!("{HEAD}{INSTALL}USER node\n");
        let after = format!("{HEAD}{INSTALL}{LINES}USER node\n");
        assert_eq!(edited(&before, "http://h/v1"), after);
        assert_eq!(
            edited(&after, "http://other:1/v1"),
            after.replace("http://h/v1", "http://other:1/v1")
        );
        let windows = before.replace('\n', "\r\n");
        assert_eq!(edited(&windows, "http://h/v1"), after.replace('\n', "\r\n"));
        // Written by somebody on two lines, with an ARG above its stage's.
        let own =
            format!("{HEAD}{INSTALL}ARG ENDPOINT\nRUN write \"${{ENDPOINT}}\" \\\n  > /etc/x\n");
        assert_eq!(
            edited(&own, "http://h/v1"),
            own.replace("ARG ENDPOINT\n", "ARG ENDPOINT=http://h/v1\n")
        );
    }

    /// One that is in no stage of the image, or is no RUN, makes nothing.
    #[test]
    fn only_a_run_of_the_image_makes_a_setting() {
        let image = format!("{HEAD}{INSTALL}");
        for before in [
            format!(
                "FROM node:22 AS unused\nARG ENDPOINT=http://h/v1\nRUN write \"${{ENDPOINT}}\" > /etc/x\n{image}"
            ),
            format!("{image}# RUN write \"${{ENDPOINT}}\" > /etc/x\n"),
        ] {
            let after = edited(&before, "http://h/v1");
            assert_eq!(after.len(), before.len() + LINES.len(), "{after}");
        }
    }

    #[test]
    fn what_cannot_be_placed_or_would_not_count_is_blocked() {
        for (before, code) in [
            (HEAD.to_owned(), "anchor-missing"),
            (format!("{HEAD}ENV ENDPOINT=x\n{INSTALL}"), "arg-hidden"),
            (
                format!("{HEAD}ENV ENDPOINT=x\n{INSTALL}{LINES}"),
                "arg-hidden",
            ),
            (
                format!("{HEAD}{} \\\n", INSTALL.trim_end()),
                "layer-unplaceable",
            ),
            (
                format!("{HEAD}{INSTALL}FROM node:22\nARG TOOL_VERSION=1\n{INSTALL}"),
                "anchor-ambiguous",
            ),
            (format!("{HEAD}{INSTALL}<<<<<<< a\n"), "conflict-markers"),
            (format!("{HEAD}{INSTALL}BOGUS x\n"), "dockerfile-unreadable"),
        ] {
            match outcome(before.as_bytes(), &setting("http://h/v1")) {
                Outcome::Blocked { fault, by_hand } => {
                    assert_eq!(fault.code, code, "{before}");
                    assert!(!by_hand.is_empty());
                }
                found => panic!("{before}: {found:?}"),
            }
        }
    }
}

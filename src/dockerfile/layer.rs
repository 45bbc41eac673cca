//! The body of a document's `dockerfile` block as a layer. It knows nothing of the Dockerfile that the layer goes into.

use super::{
    Declaration, Dockerfile, Install, Instruction, Manager, Unreadable, Value, Version, What,
};
use crate::skill::{Layer, Setting};
use crate::variables;

/// What a block's body describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// One `ARG NAME=VERSION`, and one RUN that installs one package with pnpm by that ARG.
    Layer(Layer),
    /// One `ARG NAME=VALUE`, and one RUN that installs nothing and uses that ARG.
    Setting(Setting),
}

/// Reads a block's body. `after` is the package whose install anchors what it describes. An error says what was expected and what was found.
pub fn block(after: &str, body: &str) -> Result<Block, String> {
    let body = body.replace("\r\n", "\n");
    // A block is a piece of a stage of an image that is not known, so it is read as one.
    let text = format!("FROM image\n{body}");
    let file = Dockerfile::parse(text.as_bytes()).map_err(|error| sentence(&error))?;
    let (arg, run) = pair(&file)?;
    let said = text.get(run.span.clone()).unwrap_or_default();
    Ok(if run.installs().is_empty() {
        Block::Setting(setting(after, arg, said)?)
    } else {
        Block::Layer(layer(after, arg, run, said)?)
    })
}

fn layer(after: &str, arg: &Instruction, run: &Instruction, said: &str) -> Result<Layer, String> {
    let (name, version) = pin(arg)?;
    let install = install(run)?;
    by(install, name)?;
    if install.package == after {
        return Err(format!(
            "expected an `after` other than the package that the RUN installs, found `{after}` for both"
        ));
    }
    Ok(Layer {
        after: after.to_owned(),
        package: install.package.clone(),
        arg: name.to_owned(),
        version: version.to_owned(),
        run: said.to_owned(),
    })
}

fn setting(after: &str, arg: &Instruction, run: &str) -> Result<Setting, String> {
    let (name, value) = pin(arg)?;
    if !takes_value(run, name) || variables::names(run).next().is_some() {
        return Err(format!(
            "expected a RUN that takes its value as `\"${{{name}}}\"`, in double quotes, and no other way"
        ));
    }
    Ok(Setting {
        after: after.to_owned(),
        arg: name.to_owned(),
        value: value.to_owned(),
        run: run.to_owned(),
    })
}

/// Whether a RUN's shell takes an ARG's value as one word wherever it takes it, and takes it at all.
fn takes_value(run: &str, name: &str) -> bool {
    let quoted = format!("\"${{{name}}}\"");
    let places = run.match_indices(&quoted).map(|(at, _)| at);
    let places = places.collect::<Vec<_>>();
    let named = [format!("${name}"), format!("${{{name}")];
    let named = named.iter().map(|it| run.matches(it.as_str()).count());
    // The exec form has no shell.
    let arguments = run.split_once(char::is_whitespace).map_or("", |(_, it)| it);
    let is_shell = !arguments.trim_start().starts_with('[');
    let is_all = named.sum::<usize>() == places.len();
    let outside = |at: &usize| variables::is_outside_quotes(run.get(..*at).unwrap_or_default());
    is_shell && is_all && !places.is_empty() && places.iter().all(outside)
}

fn sentence(error: &Unreadable) -> String {
    let line = error
        .line
        .map(|line| format!(" in line {}", line.saturating_sub(1).max(1)));
    format!(
        "expected an ARG and a RUN, found that {}{}",
        error.why,
        line.unwrap_or_default()
    )
}

fn pair(file: &Dockerfile) -> Result<(&Instruction, &Instruction), String> {
    match file.instructions.as_slice() {
        [_, arg, run] if matches!(arg.what, What::Arg(_)) && matches!(run.what, What::Run(_)) => {
            Ok((arg, run))
        }
        found => {
            let count = |is: fn(&What) -> bool| {
                found
                    .iter()
                    .skip(1)
                    .filter(|instruction| is(&instruction.what))
                    .count()
            };
            let args = count(|what| matches!(what, What::Arg(_)));
            let runs = count(|what| matches!(what, What::Run(_)));
            let others = found.len().saturating_sub(1 + args + runs);
            Err(format!(
                "expected one ARG and then one RUN, found {args} ARG, {runs} RUN and {others} other instructions"
            ))
        }
    }
}

fn pin(arg: &Instruction) -> Result<(&str, &str), String> {
    let [declaration] = arg.declarations() else {
        return Err(format!(
            "expected an ARG of one name, found {} names",
            arg.declarations().len()
        ));
    };
    let Declaration { name, .. } = declaration;
    let version = declaration
        .filled()
        .map(Value::said)
        .ok_or_else(|| format!("expected `ARG {name}=VERSION`, found `{name}` without a value"))?;
    if version.contains(|glyph: char| glyph.is_whitespace() || "\"'\\$`".contains(glyph)) {
        return Err(format!(
            "expected a plain version in `ARG {name}=VERSION`, found `{version}`"
        ));
    }
    Ok((name, version))
}

fn install(run: &Instruction) -> Result<&Install, String> {
    match run.installs() {
        [install] if install.manager == Manager::Pnpm => Ok(install),
        [install] => Err(format!(
            "expected a global install with pnpm, found one with {}",
            install.manager.program()
        )),
        installs => Err(format!(
            "expected a RUN that installs one package globally, found {} packages",
            installs.len()
        )),
    }
}

fn by(install: &Install, name: &str) -> Result<(), String> {
    let package = &install.package;
    match &install.version {
        Version::Arg(arg) if arg == name => Ok(()),
        Version::Arg(arg) => Err(format!(
            "expected `{package}@${{{name}}}`, found `{package}` by `{arg}`"
        )),
        Version::Literal(text) => Err(format!(
            "expected `{package}@${{{name}}}`, found `{package}@{text}`"
        )),
        Version::Unpinned => Err(format!(
            "expected `{package}@${{{name}}}`, found `{package}` without a version"
        )),
    }
}

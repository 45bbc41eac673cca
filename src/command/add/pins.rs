//! The versions that `--set` asks for. Looks at no checkout.

use anyhow::Result;
use regex::Regex;

use crate::masking::mask;
use crate::plan::Pins;
use crate::problem::Problem;
use crate::shown;
use crate::skill::Skill;

/// The versions that `--set` asks for: exact ones, for ARGs that the skill has.
pub(super) fn read(skill: &Skill, set: &[String]) -> Result<Pins> {
    if set.is_empty() {
        return Ok(Pins::new());
    }
    let exact = Regex::new(
        r"(?-u)^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$",
    )?;
    let known = skill.pins();
    let read = |pin: &String| {
        let (name, version) = pin.split_once('=').unwrap_or((pin, ""));
        if !known.contains(&name) {
            let name = mask(&shown::line(name));
            let problem =
                Problem::could_not_run(format!("`{}` has no version called `{name}`", skill.name));
            return Err(problem
                .hint(format!("there are: {}", known.join(", ")))
                .into());
        }
        if !exact.is_match(version) {
            let version = mask(&shown::line(version));
            let problem = Problem::could_not_run(format!(
                "expected an exact version for `{name}`, found `{version}`"
            ));
            return Err(problem.hint(format!("such as --set {name}=1.2.3")).into());
        }
        Ok((name.to_owned(), version.to_owned()))
    };
    set.iter().map(read).collect()
}

//! Whether the skill's sources are there, and whether what the host runs was built of them.

use std::path::{Path, PathBuf};

use super::{Check, Moment, Patient};
use crate::barrels;
use crate::journal;
use crate::pending::Pending;
use crate::plan::Finding;
use crate::registry;
use crate::report::text;
use crate::skill::Fact;
use crate::typescript;

pub(super) fn checks(patient: &Patient<'_>) -> Vec<Check> {
    let mut checks = vec![installed(patient)];
    checks.extend(half_done(patient));
    checks.extend(unloadable(patient));
    checks.extend([host_build(patient), builds(patient)]);
    checks
}

fn installed(patient: &Patient<'_>) -> Check {
    let survey = &patient.survey;
    let count = text::count(&survey.findings);
    if survey.holds() {
        return Check::ok("sources", count);
    }
    let called = &patient.skill.called;
    let command = if survey.is_blocked() { "verify" } else { "add" };
    Check::error(
        "sources",
        count,
        format!("nanoclaw skill {command} {called}"),
    )
}

/// A write that was broken off, or is under way.
fn half_done(patient: &Patient<'_>) -> Option<Check> {
    let (found, mend) = match journal::report(patient.checkout) {
        Ok(report) => report?,
        Err(error) => (
            format!("{error:#}"),
            "git status and git diff show what the work tree holds".to_owned(),
        ),
    };
    Some(Check::error("sources", found, mend))
}

/// The imports that keep a barrel from being loaded.
fn unloadable(patient: &Patient<'_>) -> Vec<Check> {
    let findings = barrels::findings(patient.skill, patient.checkout);
    let check = |finding: Finding| {
        let line = finding.line.unwrap_or_default();
        let found = finding.found.unwrap_or_default();
        let found = format!(
            "{}:{line}: {found}, so that no provider is loaded",
            finding.path.display()
        );
        Check::error("sources", found, barrels::MEND)
    };
    findings.into_iter().map(check).collect()
}

/// A source of the host's, and what was built of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Output {
    source: PathBuf,
    changed: Option<Moment>,
    /// When it was built; `None` where it was not.
    built: Option<Moment>,
    /// An import that the source has and what was built has not.
    lacks: Option<String>,
    /// A provider that the source registers and what was built does not.
    unregistered: Option<String>,
}

/// The host runs `dist/`, which the checkout's `tsconfig.json` has of `src/`.
fn host_build(patient: &Patient<'_>) -> Check {
    let built = |path: &Path, imports: &[String]| {
        let inside = path.strip_prefix("src").ok()?;
        let target = Path::new("dist").join(inside).with_extension("js");
        let text = patient.checkout.bytes(&target);
        let there = text
            .as_deref()
            .map(typescript::side_effect_imports)
            .unwrap_or_default();
        let source = patient.checkout.bytes(path).unwrap_or_default();
        let mut registers = registry::named_in(&source).into_iter();
        let registered = text.as_deref().map(registry::named_in).unwrap_or_default();
        let is_there = |specifier: &&String| there.iter().any(|it| it.specifier == **specifier);
        Some(Output {
            source: path.to_path_buf(),
            changed: patient.changed(path),
            built: patient.changed(&target),
            lacks: imports
                .iter()
                .find(|specifier| !is_there(specifier))
                .cloned(),
            unregistered: registers.find(|name| !registered.contains(name)),
        })
    };
    let of_fact = |fact: &Fact| match fact {
        Fact::Copy { files, .. } => files
            .iter()
            .filter_map(|file| built(&file.to, &[]))
            .collect(),
        Fact::Append { to, lines, .. } => {
            let lines = lines.join("\n");
            let imports = typescript::side_effect_imports(lines.as_bytes()).into_iter();
            let imports = imports.map(|import| import.specifier).collect::<Vec<_>>();
            Vec::from_iter(built(to, &imports))
        }
        Fact::Dockerfile { .. } | Fact::Setting { .. } | Fact::EnvSet { .. } => Vec::new(),
    };
    let all = patient.facts().flat_map(of_fact).collect::<Vec<Output>>();
    judge_build(&all, &patient.build())
}

fn judge_build(all: &[Output], mend: &str) -> Check {
    const NAME: &str = "host build";
    for Output {
        source,
        changed,
        built,
        lacks,
        unregistered,
    } in all
    {
        let source = source.display();
        let Some(built) = built else {
            return Check::error(NAME, format!("dist/ has nothing built of {source}"), mend);
        };
        if let Some(specifier) = lacks {
            let found = format!(
                "what dist/ has of {source} does not import `{specifier}`: the host does not register it"
            );
            return Check::error(NAME, found, mend);
        }
        if let Some(name) = unregistered {
            let found = format!("what dist/ has of {source} does not register `{name}`");
            return Check::error(NAME, found, mend);
        }
        if changed.is_some_and(|changed| changed > *built) {
            return Check::warning(
                NAME,
                format!("{source} is newer than what dist/ has of it"),
                mend,
            );
        }
    }
    Check::ok(
        NAME,
        format!(
            "dist/ has {} files of the skill's, built after their sources",
            all.len()
        ),
    )
}

/// What this program knows of the builds.
fn builds(patient: &Patient<'_>) -> Check {
    const NAME: &str = "builds";
    let pending = Pending::of(patient.checkout, &patient.skill.records());
    match pending.map_or(Ok(None), |pending| pending.read()) {
        Err(error) => Check::not_looked_at(NAME, &error, &patient.build()),
        Ok(None) => Check::ok(NAME, "none recorded here"),
        Ok(Some(pending)) if pending.is_empty() => Check::ok(NAME, "none pending"),
        Ok(Some(pending)) => Check::warning(
            NAME,
            format!("pending: {}", pending.join(", ")),
            patient.build(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Moment, Output, judge_build};
    use crate::doctor::Level;

    #[test]
    fn a_build_is_there_whole_and_after_its_sources() {
        let good = Output {
            source: PathBuf::from("src/a.ts"),
            changed: Some(Moment(10)),
            built: Some(Moment(10)),
            lacks: None,
            unregistered: None,
        };
        let absent = Output {
            built: None,
            ..good.clone()
        };
        let lacking = Output {
            lacks: Some("./x.js".to_owned()),
            ..good.clone()
        };
        let empty = Output {
            unregistered: Some("codex".to_owned()),
            ..good.clone()
        };
        let older = Output {
            built: Some(Moment(9)),
            ..good.clone()
        };
        for (second, level, words) in [
            (good.clone(), Level::Ok, "dist/ has 2 files"),
            (absent, Level::Error, "dist/ has nothing built of src/a.ts"),
            (lacking, Level::Error, "does not import `./x.js`"),
            (empty, Level::Error, "does not register `codex`"),
            (older, Level::Warning, "src/a.ts is newer"),
        ] {
            let check = judge_build(&[good.clone(), second], "build");
            assert_eq!(check.level, level, "{check:?}");
            assert!(check.found.contains(words), "{check:?}");
            assert_eq!(check.mend.is_some(), level > Level::Ok);
        }
    }
}

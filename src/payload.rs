//! The files that one commit of a branch holds for a skill, and which of their imports a checkout cannot satisfy. Reads no disk and no git itself.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::checkout::File;
use crate::skill::Copied;
use crate::typescript::{ModuleUse, Scan, is_relative};

/// A commit, as messages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The id, in hex digits.
    pub id: String,
    /// The committer's date in UTC, `YYYY-MM-DD`.
    pub date: String,
}

impl Commit {
    /// The first seven digits of the id.
    #[must_use]
    pub fn short(&self) -> &str {
        self.id.get(..7).unwrap_or(&self.id)
    }
}

/// The files that one commit holds for a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The commit that every file comes from.
    pub commit: Commit,
    /// By path in the branch. A path that the commit has no regular file for is not there.
    pub files: BTreeMap<String, File>,
}

/// An import of a relative module that is not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unresolved {
    /// The importing file, as it would stand in the checkout.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// The module, as the import names it.
    pub specifier: String,
}

impl Payload {
    /// The imports of the copied files that neither the copies nor the checkout satisfy. `None` when a file itself is not in the commit.
    #[must_use]
    pub fn unresolved(
        &self,
        copies: &[Copied],
        is_file: &dyn Fn(&Path) -> bool,
    ) -> Option<Vec<Unresolved>> {
        let there = |path: &Path| copies.iter().any(|copy| copy.to == path) || is_file(path);
        let mut found = Vec::new();
        for copy in copies {
            let file = self
                .files
                .get(&copy.from)
                .filter(|file| !file.bytes.is_empty())?;
            if let Some(source) = source(&copy.to, &file.bytes) {
                found.extend(unresolved(&copy.to, &source, &there));
            }
        }
        Some(found)
    }
}

/// The relative imports of the source at `path` for which `is_file` knows no module.
#[must_use]
pub fn unresolved(
    path: &Path,
    source: &Scan<'_>,
    is_file: &dyn Fn(&Path) -> bool,
) -> Vec<Unresolved> {
    relative_imports(source)
        .filter(|module| !candidates(path, &module.specifier).any(|file| is_file(&file)))
        .map(|module| Unresolved {
            file: path.to_path_buf(),
            line: module.line,
            specifier: module.specifier,
        })
        .collect()
}

/// Every file that the file at `path` may mean by a relative import.
#[must_use]
pub fn imported(path: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let imports = source(path, bytes).map(|source| relative_imports(&source).collect::<Vec<_>>());
    imports
        .unwrap_or_default()
        .iter()
        .flat_map(|module| candidates(path, &module.specifier))
        .collect()
}

/// The file as a source, where it is TypeScript or JavaScript by its name: only those have imports.
#[must_use]
pub fn source<'a>(path: &Path, bytes: &'a [u8]) -> Option<Scan<'a>> {
    let known = ["ts", "tsx", "mts", "cts", "js", "mjs"];
    let end = path.extension()?;
    known
        .iter()
        .any(|known| end == *known)
        .then(|| Scan::of(bytes))
}

fn relative_imports(source: &Scan<'_>) -> impl Iterator<Item = ModuleUse> + use<> {
    let uses = source.module_specifiers().into_iter();
    uses.filter(|module| is_relative(&module.specifier))
}

/// The files that a relative specifier can mean, by TypeScript's resolution for `NodeNext` and by Bun's, the usual first: the sources of a
/// compiled module, the path as written, and a folder's index.
fn candidates(importer: &Path, specifier: &str) -> impl Iterator<Item = PathBuf> + use<> {
    /// What may stand in the place of a path's end.
    const ENDS: [(&str, &[&str]); 5] = [
        (".js", &[".ts", ".tsx", ".d.ts"]),
        (".mjs", &[".mts", ".d.mts"]),
        (".cjs", &[".cts", ".d.cts"]),
        (".jsx", &[".tsx"]),
        (
            "",
            &["", ".ts", ".tsx", ".d.ts", ".js", "/index.ts", "/index.js"],
        ),
    ];
    let target = normalize(&importer.parent().unwrap_or(Path::new("")).join(specifier));
    target.into_iter().flat_map(|target| {
        let target = target.to_string_lossy().into_owned();
        let ends = ENDS.iter().flat_map(|(compiled, ends)| {
            let of = move |end: &&'static str| (*compiled, *end);
            ends.iter().map(of)
        });
        ends.filter_map(move |(compiled, end)| {
            let stem = target.strip_suffix(compiled)?;
            Some(PathBuf::from(format!("{stem}{end}")))
        })
    })
}

/// Resolves `.` and `..` by the text alone; `None` when the path leaves the root.
fn normalize(path: &Path) -> Option<PathBuf> {
    let mut found = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => found.push(name),
            Component::CurDir => {}
            Component::ParentDir => {
                if !found.pop() {
                    return None;
                }
            }
            _ => return None,
        }
    }
    Some(found)
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{source, unresolved};

    /// What of a file in `src/providers` is unresolved where `there` is all that is there.
    fn check(text: &str, there: &[&str], expected: &[(usize, &str)]) {
        let path = Path::new("src/providers/new.ts");
        let is_file = |path: &Path| there.iter().any(|file| Path::new(file) == path);
        let source = source(path, text.as_bytes()).unwrap();
        let found = unresolved(path, &source, &is_file);
        let found = found
            .iter()
            .map(|missing| (missing.line, missing.specifier.as_str()))
            .collect::<Vec<_>>();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn an_import_is_resolved_as_typescript_and_bun_do() {
        let there = [
            "src/providers/a.ts",
            "src/config.ts",
            "src/lib/index.ts",
            "src/providers/data.json",
            "src/providers/old.mts",
        ];
        check("import './a.js';", &there, &[]);
        check("import './a.ts';\nimport './a';", &there, &[]);
        check(
            "import '../config.js';\nexport * from '../lib';",
            &there,
            &[],
        );
        check(
            "import data from './data.json' with { type: 'json' };\nimport './old.mjs';",
            &there,
            &[],
        );
        check("import fs from 'fs';\nimport x from '@scope/x';", &[], &[]);
        check("import './b.js';", &there, &[(1, "./b.js")]);
        check(
            "\nimport type { B } from './b.js';",
            &there,
            &[(2, "./b.js")],
        );
        check(
            "const b = await import('./b.js');",
            &there,
            &[(1, "./b.js")],
        );
        check(
            "import '../../../outside.js';",
            &there,
            &[(1, "../../../outside.js")],
        );
        check(
            "// import './b.js';\nconst s = \"import './b.js'\";",
            &there,
            &[],
        );
    }
}

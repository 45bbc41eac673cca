//! The files that one commit of a branch holds for a skill, and which of their imports a checkout cannot satisfy. Reads no disk and no git itself.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Component, Path, PathBuf};

use crate::checkout::File;
use crate::skill::Copied;
use crate::typescript::{Exports, ModuleUse, Scan, is_relative};

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

/// An import of a relative module that is not there, or that does not export a name which the import takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unresolved {
    /// The importing file, as it would stand in the checkout.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// The module, as the import names it.
    pub specifier: String,
    /// The name that it does not export; none when the module itself is not there.
    pub name: Option<String>,
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "`{name}` of {}", self.specifier),
            None => f.write_str(&self.specifier),
        }
    }
}

/// What knows the modules of a checkout, by paths relative to its root.
#[derive(Clone, Copy)]
pub struct Modules<'a> {
    /// Whether a regular file is there.
    pub is_file: &'a dyn Fn(&Path) -> bool,
    /// The bytes of one that is there.
    pub read: &'a dyn Fn(&Path) -> Option<Vec<u8>>,
}

impl Payload {
    /// The imports of the copied files that neither the copies nor the checkout satisfy. `None` when a file itself is not in the commit.
    #[must_use]
    pub fn unresolved(&self, copies: &[Copied], checkout: Modules<'_>) -> Option<Vec<Unresolved>> {
        let brought = |path: &Path| {
            let copy = copies.iter().find(|copy| copy.to == path)?;
            self.files.get(&copy.from)
        };
        let there = Modules {
            is_file: &|path| brought(path).is_some() || (checkout.is_file)(path),
            read: &|path| {
                let copy = brought(path).map(|file| file.bytes.clone());
                copy.or_else(|| (checkout.read)(path))
            },
        };
        let mut found = Vec::new();
        for copy in copies {
            let file = self
                .files
                .get(&copy.from)
                .filter(|file| !file.bytes.is_empty())?;
            if let Some(source) = source(&copy.to, &file.bytes) {
                found.extend(unresolved(&copy.to, &source, there));
            }
        }
        Some(found)
    }
}

/// The relative imports of the source at `path` that the modules do not satisfy, an entry for each name that one does not export.
#[must_use]
pub fn unresolved(path: &Path, source: &Scan<'_>, modules: Modules<'_>) -> Vec<Unresolved> {
    let mut found = Vec::new();
    for import in relative_imports(source) {
        let mut files = candidates(path, &import.specifier);
        let lacking = match files.find(|file| (modules.is_file)(file)) {
            None => vec![None],
            Some(file) => lacking(&file, &import, modules),
        };
        found.extend(lacking.into_iter().map(|name| Unresolved {
            file: path.to_path_buf(),
            line: import.line,
            specifier: import.specifier.clone(),
            name,
        }));
    }
    found
}

/// The names that an import takes and its module does not export. What is no TypeScript may export by other means.
fn lacking(file: &Path, import: &ModuleUse, modules: Modules<'_>) -> Vec<Option<String>> {
    let ends = ["ts", "tsx", "mts", "cts"];
    let typed = file
        .extension()
        .is_some_and(|end| ends.iter().any(|known| end == *known));
    if import.names.is_empty() || !typed {
        return Vec::new();
    }
    // A copy that is not there yet, or empty, is a finding of its own.
    let Some(bytes) = (modules.read)(file).filter(|bytes| !bytes.is_empty()) else {
        return Vec::new();
    };
    let exports = Exports::of(&Scan::of(&bytes));
    let names = import.names.iter().filter(|name| !exports.has(name));
    names.cloned().map(Some).collect()
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

/// The file as a source, as far as it may name modules, where it is TypeScript or JavaScript by its name: only those have imports.
#[must_use]
pub fn source<'a>(path: &Path, bytes: &'a [u8]) -> Option<Scan<'a>> {
    let known = ["ts", "tsx", "mts", "cts", "js", "mjs"];
    let end = path.extension()?;
    known
        .iter()
        .any(|known| end == *known)
        .then(|| Scan::of_modules(bytes))
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

    use super::{Modules, source, unresolved};

    /// What of a file in `src/providers` is unresolved where `there` is all that is there.
    fn check(text: &str, there: &[&str], expected: &[(usize, &str)]) {
        let path = Path::new("src/providers/new.ts");
        let is_file = |path: &Path| there.iter().any(|file| Path::new(file) == path);
        let source = source(path, text.as_bytes()).unwrap();
        let modules = Modules {
            is_file: &is_file,
            read: &|path| path.ends_with("a.ts").then(|| A.to_vec()),
        };
        let found = unresolved(path, &source, modules);
        let found = found
            .iter()
            .map(|missing| (missing.line, missing.to_string()))
            .collect::<Vec<_>>();
        let expected = expected
            .iter()
            .map(|(line, missing)| (*line, (*missing).to_owned()))
            .collect::<Vec<_>>();
        assert_eq!(found, expected, "{text}");
    }

    const A: &[u8] = b"export const one = 1;\nexport type Two = 2;\nconst three = 3;\n";

    #[test]
    fn an_import_takes_only_what_its_module_exports() {
        let there = ["src/providers/a.ts", "src/providers/data.json"];
        check("import { one, Two as two } from './a.js';", &there, &[]);
        check(
            "import {\n  one,\n  three,\n} from './a.js';",
            &there,
            &[(4, "`three` of ./a.js")],
        );
        check("import { type three } from './a.js';", &there, &[]);
        check("import type { three } from './a.js';", &there, &[]);
        check("import * as a from './a.js';", &there, &[]);
        check(
            "export { four as one } from './a.js';",
            &there,
            &[(1, "`four` of ./a.js")],
        );
        check("import { x } from './data.json';", &there, &[]);
        check("import { x } from 'elsewhere';", &there, &[]);
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

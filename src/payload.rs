//! The files that one commit of a branch holds for a skill, and which of their imports a checkout cannot satisfy. Reads no disk and no git itself.

mod pointer;
mod resolution;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

pub use pointer::is_pointer;
use resolution::candidates;

use crate::checkout::File;
use crate::memo::Memo;
use crate::shown;
use crate::skill::Copied;
use crate::typescript::{ENDS, Exports, ModuleUse, Scan, UseKind, is_relative};

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
    /// What of it is not there.
    pub lack: Lack,
}

/// What an import does not find.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// The module itself.
    Module,
    /// An export of this name.
    Export(String),
    /// An export of this name, which the checkout's file has and the copy that would replace it has not.
    Lost {
        /// The name.
        name: String,
        /// The file that would be replaced, in the checkout.
        from: PathBuf,
    },
}

impl Unresolved {
    /// What is wrong with the import, a clause.
    #[must_use]
    pub fn found(&self) -> String {
        let module = &self.specifier;
        match &self.lack {
            Lack::Module => format!("the imported module `{module}` is not there"),
            Lack::Export(name) => {
                format!("the imported module `{module}` does not export `{name}`")
            }
            Lack::Lost { name, .. } => format!(
                "the imported module `{module}` would be replaced by one that does not export `{name}`"
            ),
        }
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.lack {
            Lack::Export(name) | Lack::Lost { name, .. } => {
                write!(
                    f,
                    "`{}` of {}",
                    shown::line(name),
                    shown::line(&self.specifier)
                )
            }
            Lack::Module => f.write_str(&shown::line(&self.specifier)),
        }
    }
}

/// A file of the checkout: its path and its bytes.
pub type Source = (PathBuf, Vec<u8>);

/// What knows the modules of a checkout, by paths relative to its root.
#[derive(Clone, Copy)]
pub struct Modules<'a> {
    /// Whether a regular file is there.
    pub is_file: &'a dyn Fn(&Path) -> bool,
    /// The bytes of one that is there.
    pub read: &'a dyn Fn(&Path) -> Option<Vec<u8>>,
    /// The sources that may import one, each with its bytes.
    pub importers: &'a dyn Fn(&Path) -> Vec<Source>,
}

impl Payload {
    /// The imports that nothing satisfies when the copies are in place: those of the copies, and those of the checkout's own files that
    /// a copy replaces an export of. `None` when a file itself is not in the commit; a file that is a pointer of git-lfs has no imports to
    /// tell, and the commit is taken as it is, for the plan to block.
    #[must_use]
    pub fn unresolved(&self, copies: &[Copied], checkout: Modules<'_>) -> Option<Vec<Unresolved>> {
        if copies
            .iter()
            .filter_map(|copy| self.files.get(&copy.from))
            .any(|file| is_pointer(&file.bytes))
        {
            return Some(Vec::new());
        }
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
            importers: checkout.importers,
        };
        let mut found = Vec::new();
        for copy in copies {
            let file = self
                .files
                .get(&copy.from)
                .filter(|file| !file.bytes.is_empty())?;
            if let Some(source) = source(&copy.to, &file.bytes) {
                found.extend(unresolved(&copy.to, &source, there, Names::All));
            }
        }
        for copy in copies {
            let after = self.files.get(&copy.from)?;
            let own = |path: &Path| copies.iter().all(|other| other.to != path);
            let lost = lost(copy, &after.bytes, checkout).into_iter();
            found.extend(lost.filter(|missing| own(&missing.file)));
        }
        Some(found)
    }
}

/// The imports of the checkout's files that find their names in the file that a copy would replace, and not in the copy.
///
/// Seen are the names of an import's or re-export's list, those taken from the whole as [`Scan::members`] says, and a folder's index by
/// the folder's name. Not seen are files that are not under the copy's own outermost `src` folder, default imports, and what an
/// `export *` hands on to a third file.
fn lost(copy: &Copied, after: &[u8], checkout: Modules<'_>) -> Vec<Unresolved> {
    let before = Some(&copy.to).filter(|path| is_typed(path));
    let before = before.and_then(|path| (checkout.read)(path));
    let Some(before) = before.filter(|before| before != after) else {
        return Vec::new();
    };
    let [before, after] = [&before, after].map(Exports::of);
    if before.are_in(&after) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (file, bytes) in (checkout.importers)(&copy.to) {
        let Some(source) = source(&file, &bytes) else {
            continue;
        };
        for import in relative_imports(&source) {
            let means = candidates(&file, &import.specifier).find(|path| (checkout.is_file)(path));
            if means.as_ref() != Some(&copy.to) {
                continue;
            }
            let names = Names::All.of(&import).map(str::to_owned);
            let members = Scan::of(&bytes).members(import.start);
            let names = names.chain(members).collect::<BTreeSet<_>>().into_iter();
            let names = names.filter(|name| before.has(name) && !after.has(name));
            found.extend(names.map(|name| Unresolved {
                file: file.clone(),
                line: import.line,
                specifier: import.specifier.clone(),
                lack: Lack::Lost {
                    name,
                    from: copy.to.clone(),
                },
            }));
        }
    }
    found
}

/// Which of the names count that an import takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Those that a running program needs.
    Values,
    /// Types as well, which a build checks.
    All,
}

impl Names {
    fn of(self, import: &ModuleUse) -> impl Iterator<Item = &str> {
        let names = import.names.iter();
        let names = names.filter(move |name| self == Self::All || !name.is_type);
        names.map(|name| name.name.as_str())
    }
}

/// The relative imports of the source at `path` that the modules do not satisfy, an entry for each name that one does not export.
#[must_use]
pub fn unresolved(
    path: &Path,
    source: &Scan<'_>,
    modules: Modules<'_>,
    names: Names,
) -> Vec<Unresolved> {
    lacks(path, relative_imports(source), modules, names)
}

/// Those imports alone that keep the source from being loaded: what it names in a call it may bear the lack of, and types are gone when it runs.
#[must_use]
pub fn unloadable(path: &Path, source: &Scan<'_>, modules: Modules<'_>) -> Vec<Unresolved> {
    let loads = |kind| {
        matches!(
            kind,
            UseKind::SideEffect | UseKind::Binding | UseKind::ReExport
        )
    };
    let imports = relative_imports(source).filter(|import| loads(import.kind));
    lacks(path, imports, modules, Names::Values)
}

fn lacks(
    path: &Path,
    imports: impl Iterator<Item = ModuleUse>,
    modules: Modules<'_>,
    names: Names,
) -> Vec<Unresolved> {
    let mut found = Vec::new();
    let mut known = BTreeMap::new();
    for import in imports {
        let mut files = candidates(path, &import.specifier);
        let lacking = match files.find(|file| (modules.is_file)(file)) {
            None => vec![Lack::Module],
            Some(file) => {
                let exports = || exports(&file, modules);
                let names = names.of(&import).collect::<Vec<_>>();
                if names.is_empty() {
                    Vec::new()
                } else {
                    lacking(
                        known.entry(file.clone()).or_insert_with(exports).as_deref(),
                        &names,
                    )
                }
            }
        };
        found.extend(lacking.into_iter().map(|lack| Unresolved {
            file: path.to_path_buf(),
            line: import.line,
            specifier: import.specifier.clone(),
            lack,
        }));
    }
    found
}

/// Whether a file is TypeScript by its name: what is not may export by other means than statements.
fn is_typed(file: &Path) -> bool {
    let ends = ["ts", "tsx", "mts", "cts"];
    file.extension()
        .is_some_and(|end| ends.iter().any(|known| end == *known))
}

/// What a module exports, as far as it says so.
fn exports(file: &Path, modules: Modules<'_>) -> Option<Rc<Exports>> {
    let bytes = Some(file).filter(|file| is_typed(file));
    // A copy that is not there yet, or empty, is a finding of its own.
    let bytes = bytes.and_then(|file| (modules.read)(file));
    let bytes = bytes.filter(|bytes| !bytes.is_empty())?;
    thread_local! {
        /// Those of the few modules that all copies import.
        static EXPORTS: Memo<Rc<Exports>> = const { Memo::new(16) };
    }
    Some(EXPORTS.with(|known| known.get(&bytes, |bytes| Rc::new(Exports::of(bytes)))))
}

/// Those of the names that a module does not export.
fn lacking(exports: Option<&Exports>, names: &[&str]) -> Vec<Lack> {
    let lacks = |name: &&&str| exports.is_some_and(|exports| !exports.has(name));
    let names = names.iter().filter(lacks);
    names.map(|name| Lack::Export((*name).to_owned())).collect()
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
    let end = path.extension()?;
    ENDS.iter()
        .any(|known| end == *known)
        .then(|| Scan::of_modules(bytes))
}

fn relative_imports(source: &Scan<'_>) -> impl Iterator<Item = ModuleUse> + use<> {
    let uses = source.module_specifiers().into_iter();
    uses.filter(|module| is_relative(&module.specifier))
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests;

//! The sources of a checkout that may import one of its files. Reads file by file, and holds what it read for as long as it is asked.

use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

use memchr::memmem;

use super::{Checkout, Entry};
use crate::typescript::ENDS;

impl Checkout {
    /// The sources that name the file at a path, each with its bytes: those under the path's own `src` folder, its outermost, by the
    /// stem of its name, or for an `index` by its folder's. What is installed or hidden (`node_modules`, `.git`) is none, nor is what lies behind a symlink.
    #[must_use]
    pub fn importers(&self, path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let above = path
            .ancestors()
            .skip(1)
            .filter(|folder| folder.ends_with("src"));
        let (Some(folder), Some(stem)) = (above.last(), path.file_stem()) else {
            return Vec::new();
        };
        let parent = path.parent().and_then(Path::file_name);
        let parent = parent.filter(|_| stem == "index");
        let names = [Some(stem), parent].map(|name| name.map(OsStr::as_encoded_bytes));
        let read = self.sources_below(folder).into_iter();
        let read = read.filter(|(source, _)| source != path);
        let names_it = |bytes: &[u8]| {
            let mut names = names.iter().flatten();
            names.any(|name| memmem::find(bytes, name).is_some())
        };
        read.filter(|(_, bytes)| names_it(bytes)).collect()
    }

    /// The sources under a folder that can be read, each with its bytes: those that [`Self::importers`] looks at.
    #[must_use]
    pub fn sources_below(&self, folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let sources = self.sources(folder).into_iter();
        let read = sources.filter_map(|source| match self.entry(&source) {
            Ok(Entry::File { file, .. }) => Some((source, file.bytes)),
            _ => None,
        });
        read.collect()
    }

    /// The sources under a folder, by their paths relative to the root, in the order of their names.
    fn sources(&self, folder: &Path) -> Vec<PathBuf> {
        let (mut found, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(self.root.join(&folder)).into_iter().flatten();
            for entry in entries.flatten().filter(is_of_source) {
                let path = folder.join(entry.file_name());
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(path),
                    Ok(kind) if kind.is_file() && is_source(&path) => found.push(path),
                    _ => {}
                }
            }
        }
        found.sort();
        found
    }
}

fn is_of_source(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    name != "node_modules" && !name.as_encoded_bytes().starts_with(b".")
}

fn is_source(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| ENDS.iter().any(|known| end == *known))
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use crate::checkout::{BARRELS, Checkout};

    #[test]
    fn an_index_is_imported_by_the_name_of_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("src/providers")).unwrap();
        for (path, text) in [
            (BARRELS[0], ""),
            ("src/a.ts", "import { a } from './providers';"),
            ("src/b.ts", "import { a } from './providers/index.js';"),
            ("src/c.ts", "import { a } from './elsewhere';"),
        ] {
            fs::write(folder.path().join(path), text).unwrap();
        }
        let checkout = Checkout::find(folder.path()).unwrap();
        let found = checkout.importers(Path::new(BARRELS[0])).into_iter();
        let found = found.map(|(path, _)| path).collect::<Vec<_>>();
        assert_eq!(found, ["src/a.ts", "src/b.ts"].map(Path::new));
    }
}

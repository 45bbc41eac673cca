//! Which files a relative specifier may mean. Knows names only, and looks at none of the files.

use std::path::{Component, Path, PathBuf};

/// The files that a relative specifier can mean, by TypeScript's resolution for `NodeNext` and by Bun's, the usual first: the sources of a
/// compiled module, the path as written, and a folder's index.
pub(super) fn candidates(
    importer: &Path,
    specifier: &str,
) -> impl Iterator<Item = PathBuf> + use<> {
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

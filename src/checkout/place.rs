//! Where a path of the checkout really lies, and why it must not be used. Reads no file's content, and writes nothing.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::Checkout;
use crate::names;
use crate::shown;

/// Where a path of the checkout really lies.
pub(super) struct Place {
    /// The path with its symlinks resolved, relative to the root.
    pub(super) real: PathBuf,
    /// The same, absolute.
    pub(super) target: PathBuf,
    /// What stands there; `None` when nothing does.
    pub(super) metadata: Option<Metadata>,
}

/// A place, or the reason why it must not be used, a clause.
type Usable<T> = Result<T, String>;

impl Checkout {
    /// The place of `path` with its symlinks resolved, relative to the root; inside, the reason why it must not be used.
    pub(super) fn resolve(&self, path: &Path) -> io::Result<Usable<Place>> {
        let known = path.parent().filter(|folder| self.is_plain(folder));
        // The names of a folder that is known were looked at.
        let (known, rest) = match (known, path.file_name()) {
            (Some(known), Some(name)) => (known, Path::new(name)),
            _ => (Path::new(""), path),
        };
        if let Some(reason) = names::refused(rest) {
            return Ok(Err(reason.to_owned()));
        }
        let mut place = self.place_of(known, path.as_os_str().len());
        for part in rest {
            match self.step(place, part)? {
                Ok(next) => place = next,
                Err(reason) => return Ok(Err(reason)),
            }
        }
        if place.real != path
            && let Some(reason) = names::refused(&place.real)
        {
            let real = shown::line(&place.real);
            return Ok(Err(format!("a symlink leads to `{real}`: {reason}")));
        }
        if self.is_own(&place.real) {
            return Ok(Err("the path leads into git's own directory".to_owned()));
        }
        Ok(Ok(place))
    }

    /// The place of a path without symlinks, with room for one as long as `room`.
    fn place_of(&self, path: &Path, room: usize) -> Place {
        let joined = |start: &Path| {
            let mut joined = PathBuf::with_capacity(start.as_os_str().len() + 1 + room);
            joined.push(start);
            joined.push(path);
            joined
        };
        Place {
            real: joined(Path::new("")),
            target: joined(&self.root),
            metadata: None,
        }
    }

    fn is_plain(&self, folder: &Path) -> bool {
        self.plain.borrow().contains(folder.as_os_str())
    }

    /// Whether a place is in the git directory, which `.git` may only point to.
    fn is_own(&self, real: &Path) -> bool {
        let own = self.git_directory_inside.get_or_init(|| {
            let own = self.git_directory()?;
            Some(own.strip_prefix(&self.root).ok()?.to_path_buf())
        });
        own.as_ref().is_some_and(|own| real.starts_with(own))
    }

    /// Goes from a folder to what has a name in it.
    fn step(&self, mut place: Place, name: &OsStr) -> io::Result<Usable<Place>> {
        let above = place.real.as_os_str().is_empty() || self.is_plain(&place.real);
        place.real.push(name);
        place.target.push(name);
        place.metadata = match fs::symlink_metadata(&place.target) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                let file = place.real.parent().unwrap_or(Path::new(""));
                let found = format!("`{}`, which should be a folder, is none", shown::line(file));
                return Ok(Err(found));
            }
            Err(error) => return Err(error),
        };
        let metadata = place.metadata.as_ref();
        if metadata.is_some_and(Metadata::is_symlink) {
            return Ok(match self.follow(&place.target)? {
                Ok(inside) => {
                    let place = self.place_of(&inside, inside.as_os_str().len());
                    let metadata = Some(fs::metadata(&place.target)?);
                    Ok(Place { metadata, ..place })
                }
                Err(reason) => Err(reason),
            });
        }
        if above && metadata.is_some_and(Metadata::is_dir) {
            let folder = place.real.as_os_str().to_owned();
            self.plain.borrow_mut().insert(folder);
        }
        Ok(Ok(place))
    }

    fn follow(&self, link: &Path) -> io::Result<Usable<PathBuf>> {
        let target = match fs::canonicalize(link) {
            Ok(target) => target,
            Err(error) => {
                let reason = match Errno::from_io_error(&error) {
                    Some(Errno::NOENT | Errno::NOTDIR) => "a symlink leads to nothing",
                    Some(Errno::LOOP) => "a symlink leads in a circle",
                    _ => return Err(error),
                };
                return Ok(Err(reason.to_owned()));
            }
        };
        let inside = target.strip_prefix(&self.root).map(Path::to_path_buf);
        Ok(inside.map_err(|_| {
            format!(
                "a symlink leads out of the checkout, to {}",
                shown::line(&target)
            )
        }))
    }

    /// Why a file that is not there must not be made at a path: a folder on its way has a name that differs by case alone. On a disk that
    /// does not tell case apart both are one file, and git cannot check both out there. Each folder is read once.
    pub(super) fn twin(&self, path: &Path) -> io::Result<Option<String>> {
        let mut known = self.names.borrow_mut();
        let mut folder = PathBuf::new();
        for part in path {
            if !known.contains_key(folder.as_os_str()) {
                let Some(names) = names_in(&self.root.join(&folder))? else {
                    return Ok(None);
                };
                known.insert(folder.as_os_str().to_owned(), names);
            }
            let mut names = known.get(folder.as_os_str()).into_iter().flatten();
            if let Some(name) = names.find(|name| differ_by_case(name, part)) {
                return Ok(Some(format!(
                    "`{}` is there, which differs from `{}` by case alone: some disks take both for one",
                    shown::line(folder.join(name)),
                    shown::line(folder.join(part)),
                )));
            }
            folder.push(part);
        }
        Ok(None)
    }
}

/// The names in a folder, where it is there.
fn names_in(folder: &Path) -> io::Result<Option<Vec<OsString>>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let names = entries.map(|entry| Ok(entry?.file_name()));
    names.collect::<io::Result<_>>().map(Some)
}

fn differ_by_case(one: &OsStr, other: &OsStr) -> bool {
    if one == other {
        return false;
    }
    if one.is_ascii() && other.is_ascii() {
        return one.eq_ignore_ascii_case(other);
    }
    let [one, other] = [one, other].map(|name| name.to_string_lossy().to_lowercase());
    one == other
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::{Path, PathBuf};

    use git2::{Repository, RepositoryInitOptions};
    use tempfile::TempDir;

    use crate::checkout::{BARRELS, Checkout, Entry};

    /// A checkout without a repository, and the folder around it.
    fn checkout() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap().join("checkout");
        fs::create_dir_all(root.join("src/providers")).unwrap();
        fs::write(root.join(BARRELS[0]), "").unwrap();
        (folder, root)
    }

    /// The reason for which a path is refused; what is not refused gives none.
    fn reason(root: &Path, path: &str) -> String {
        match Checkout::find(root).unwrap().entry(Path::new(path)) {
            Ok(Entry::Refused(reason)) => reason,
            other => format!("not refused: {other:?}"),
        }
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        let (_folder, root) = checkout();
        fs::create_dir(root.join(".git")).unwrap();
        fs::write(root.with_file_name("outside.ts"), "x").unwrap();
        fs::write(root.join("src/file"), "x").unwrap();
        symlink("../../outside.ts", root.join("src/out.ts")).unwrap();
        symlink("providers", root.join("src/inside")).unwrap();
        symlink("../.git", root.join("src/git")).unwrap();
        symlink("nothing", root.join("src/dangling")).unwrap();
        symlink("turning", root.join("src/turning")).unwrap();
        symlink("file", root.join("src/to-file")).unwrap();
        UnixListener::bind(root.join("src/socket")).unwrap();
        for (path, words) in [
            ("src/out.ts", "leads out of the checkout"),
            ("../outside.ts", "not a plain relative one"),
            ("/etc/passwd", "not a plain relative one"),
            (".git/config", "git's own directory"),
            (".GIT/config", "git's own directory"),
            ("GIT~1/config", "git's own directory"),
            (".g\u{200c}it/config", "git's own directory"),
            (".git ./config", "git's own directory"),
            ("src/git/config", "git's own directory"),
            ("src", "a folder is where a file should be"),
            ("src/socket", "a special file is where a file should be"),
            (
                "src/file/new.ts",
                "`src/file`, which should be a folder, is none",
            ),
            (
                "src/file/in/new.ts",
                "`src/file`, which should be a folder, is none",
            ),
            (
                "src/to-file/new.ts",
                "`src/file`, which should be a folder, is none",
            ),
            (
                "src/socket/new.ts",
                "`src/socket`, which should be a folder, is none",
            ),
            ("src/dangling", "a symlink leads to nothing"),
            ("src/turning", "a symlink leads in a circle"),
            ("src/turning/new.ts", "a symlink leads in a circle"),
            ("src/a\nb.ts", "control characters"),
        ] {
            let found = reason(&root, path);
            assert!(found.contains(words), "{path}: {found}");
        }
        for path in [
            "src/inside/index.ts",
            "src/providers/index.ts",
            "src/new.ts",
            "src/new/new.ts",
        ] {
            let found = reason(&root, path);
            assert!(found.starts_with("not refused"), "{path}: {found}");
        }
    }

    #[test]
    fn a_symlinked_file_is_read_where_it_lies() {
        let (_folder, root) = checkout();
        fs::write(root.join("src/file.ts"), "x").unwrap();
        symlink("../file.ts", root.join("src/providers/link.ts")).unwrap();
        let checkout = Checkout::find(&root).unwrap();
        let link = Path::new("src/providers/link.ts");
        let Entry::File { real, file } = checkout.entry(link).unwrap() else {
            panic!("no file");
        };
        assert_eq!(
            (real.as_path(), &*file.bytes),
            (Path::new("src/file.ts"), &b"x"[..])
        );
        let (target, _) = checkout.standing(link).unwrap().unwrap();
        assert_eq!(target, root.join("src/file.ts"));
    }

    #[test]
    fn what_the_disk_does_not_answer_is_an_error_and_no_refusal() {
        let (_folder, root) = checkout();
        let checkout = Checkout::find(&root).unwrap();
        let long = Path::new("src").join("x".repeat(300));
        let error = checkout.entry(&long).unwrap_err();
        assert!(format!("{error:#}").contains("name too long"), "{error:#}");
    }

    #[test]
    fn a_symlink_to_a_name_that_no_line_can_hold_is_refused_and_named_safely() {
        let (_folder, root) = checkout();
        for (name, shown) in [
            (
                &b"line\nhint: x"[..],
                "`src/line\\nhint: x`: the path holds control characters",
            ),
            (
                b"bell\x07",
                "`src/bell\\u{7}`: the path holds control characters",
            ),
            (b"caf\xe9", "`src/caf\\xe9`: the path is not UTF-8"),
        ] {
            let target = root.join("src").join(OsStr::from_bytes(name));
            fs::write(&target, "x").unwrap();
            let link = root.join("src/link.ts");
            symlink(&target, &link).unwrap();
            let found = reason(&root, "src/link.ts");
            assert!(found.contains(shown), "{found}");
            fs::remove_file(link).unwrap();
        }
        let outside = root.with_file_name("out\nside");
        fs::write(&outside, "x").unwrap();
        symlink(&outside, root.join("src/link.ts")).unwrap();
        let found = reason(&root, "src/link.ts");
        assert!(
            !found.contains('\n') && found.contains("out\\nside"),
            "{found}"
        );
    }

    #[test]
    fn a_git_directory_of_another_name_is_gits_own_as_well() {
        let (_folder, root) = checkout();
        let mut options = RepositoryInitOptions::new();
        options.no_dotgit_dir(true).workdir_path(&root);
        Repository::init_opts(root.join("store"), &options).unwrap();
        assert!(root.join(".git").is_file());
        for path in ["store/config", "store/new"] {
            let found = reason(&root, path);
            assert!(found.contains("git's own directory"), "{path}: {found}");
        }
    }

    #[test]
    fn a_new_file_beside_its_twin_is_refused() {
        let (_folder, root) = checkout();
        fs::create_dir_all(root.join("src/Channels")).unwrap();
        fs::create_dir_all(root.join("SRC")).unwrap();
        fs::write(root.join("README.md"), "").unwrap();
        fs::create_dir_all(root.join("docs/inner")).unwrap();
        fs::write(root.join("docs/Ünder"), "").unwrap();
        symlink("docs", root.join("link")).unwrap();
        fs::create_dir_all(root.join("Deep/Docs")).unwrap();
        fs::create_dir_all(root.join("deep")).unwrap();
        symlink("Deep/Docs", root.join("way")).unwrap();
        for (path, twin) in [
            ("readme.md", "`README.md`"),
            ("docs/ünder", "`docs/Ünder`"),
            ("docs/UnDeR/x", ""),
            ("Docs/new", "`docs`"),
            ("docs/Inner/new", "`docs/inner`"),
            ("src/new.ts", "`SRC`"),
            ("src/channels/new.ts", "`SRC`"),
            ("link/INNER/new", "`link/inner`"),
            ("LINK/new", "`link`"),
            ("docs/new", ""),
            ("link/new", ""),
            // Where it would really lie counts as well.
            ("way/new", "`deep`"),
            // What is there is looked at as it is.
            ("src/providers/index.ts", ""),
        ] {
            let found = reason(&root, path);
            if twin.is_empty() {
                assert!(found.starts_with("not refused"), "{path}: {found}");
            } else {
                assert!(
                    found.starts_with(&format!("{twin} is there")),
                    "{path}: {found}"
                );
            }
        }
    }
}

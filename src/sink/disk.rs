//! Writes edits into the work tree: each file whole, beside its place and then renamed onto it. Writes nothing that the plan does not hold.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use crate::checkout::{Checkout, Entry, File};
use crate::digest::blob_id;
use crate::plan::{Edit, Plan, Role};
use crate::problem::Problem;
use crate::sink::Sink;

/// Writes edits into a checkout.
pub struct Disk<'a> {
    checkout: &'a Checkout,
    /// The files that were written over, and where their old bytes are: both as paths, the second absolute.
    pub kept: Vec<(PathBuf, PathBuf)>,
}

impl<'a> Disk<'a> {
    /// Readies the writing of a plan: looks again at every file that it was made from, and refuses, with nothing written, when one has changed.
    pub fn ready(checkout: &'a Checkout, plan: &Plan) -> Result<Self> {
        for edit in &plan.edits {
            as_planned(checkout, edit)?;
        }
        Ok(Self {
            checkout,
            kept: Vec::new(),
        })
    }

    /// Keeps the bytes that a payload file is about to replace, under the git directory, named by their own id.
    fn keep(&mut self, path: &Path, file: &File) -> Result<()> {
        let state = self
            .checkout
            .state()
            .ok_or_else(|| anyhow!("the checkout has no git directory"))?;
        let id = blob_id(&file.bytes);
        let kept = state
            .join("kept")
            .join(id.get(..10).unwrap_or(&id))
            .join(path);
        write_private(&kept, &file.bytes)?;
        self.kept.push((path.to_path_buf(), kept));
        Ok(())
    }
}

/// Writes a file of the program's own, under the git directory, that only the user can read.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let context = || format!("failed to write `{}`", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(context)?;
    }
    replace(path, bytes, 0o600).with_context(context)
}

/// Empties a file of the program's own, where it is there. It stays: ext4 is slow to make files just after one was removed.
pub fn empty_private(path: &Path) -> Result<()> {
    match OpenOptions::new().write(true).truncate(true).open(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("failed to empty `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

/// Reads a file of the program's own.
pub fn read_private(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("failed to read `{}`", path.display()))
}

impl Sink for Disk<'_> {
    fn edit(&mut self, edit: &Edit) -> Result<()> {
        as_planned(self.checkout, edit)?;
        let target = self.checkout.root().join(&edit.path);
        let context = || format!("failed to write `{}`", edit.path.display());
        let Some(after) = &edit.after else {
            return fs::remove_file(&target).with_context(context);
        };
        if let (Some(before), Role::Payload) = (&edit.before, edit.role)
            && !before.bytes.is_empty()
            && before.bytes != after.bytes
        {
            self.keep(&edit.path, before)?;
        }
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).with_context(context)?;
        }
        // A new file gets what git would give it: its mode less the user's umask.
        match &edit.before {
            None => replace_new(&target, after).with_context(context),
            Some(_) => replace(&target, &after.bytes, after.mode).with_context(context),
        }
    }
}

fn as_planned(checkout: &Checkout, edit: &Edit) -> Result<()> {
    checkout.look_again();
    let now = match checkout.entry(&edit.path)? {
        Entry::File { file, .. } => Some(file),
        Entry::Absent { .. } => None,
        Entry::Refused(reason) => return Err(changed(&edit.path, &reason)),
    };
    if now == edit.before {
        Ok(())
    } else {
        Err(changed(&edit.path, "its content or mode is another"))
    }
}

fn changed(path: &Path, how: &str) -> anyhow::Error {
    let problem = Problem::refused(format!(
        "`{}` has changed since the plan was made: {how}",
        path.display()
    ));
    problem.hint("run the command again").into()
}

fn replace_new(target: &Path, file: &File) -> Result<()> {
    let executable = if file.mode & 0o100 == 0 { 0o666 } else { 0o777 };
    let staged = stage(target, &file.bytes, executable)?;
    finish(&staged, target)
}

fn replace(target: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let staged = stage(target, bytes, 0o600)?;
    let set = fs::set_permissions(&staged, Permissions::from_mode(mode));
    if set.is_err() {
        let _ = fs::remove_file(&staged);
    }
    set?;
    finish(&staged, target)
}

/// Writes the bytes beside their place, under a name that no tool reads.
fn stage(target: &Path, bytes: &[u8], mode: u32) -> Result<PathBuf> {
    let name = target
        .file_name()
        .ok_or_else(|| anyhow!("the path has no file name"))?;
    let staged = target.with_file_name(format!(
        ".{}.nanoclaw-{}",
        name.to_string_lossy(),
        std::process::id()
    ));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&staged)?;
    let written = file.write_all(bytes);
    if written.is_err() {
        let _ = fs::remove_file(&staged);
    }
    written?;
    Ok(staged)
}

fn finish(staged: &Path, target: &Path) -> Result<()> {
    let renamed = fs::rename(staged, target);
    if renamed.is_err() {
        let _ = fs::remove_file(staged);
    }
    Ok(renamed?)
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use super::{Checkout, Disk, Edit, Entry, Plan, Role};
    use crate::checkout::BARRELS;

    #[test]
    fn a_folder_that_has_become_a_symlink_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let [root, outside] = ["checkout", "outside"].map(|name| folder.path().join(name));
        let barrel = root.join(BARRELS[0]);
        let providers = barrel.parent().unwrap().to_path_buf();
        fs::create_dir_all(&providers).unwrap();
        fs::write(&barrel, "import './a.js';\n").unwrap();
        let checkout = Checkout::find(&root).unwrap();
        let path = PathBuf::from(BARRELS[0]);
        let Entry::File { file, .. } = checkout.entry(&path).unwrap() else {
            panic!("the barrel is a file");
        };
        let edit = Edit {
            path,
            before: Some(file.clone()),
            after: Some(file),
            role: Role::Insert,
        };
        let plan = Plan {
            findings: Vec::new(),
            edits: vec![edit],
        };
        assert!(Disk::ready(&checkout, &plan).is_ok());
        fs::rename(&providers, &outside).unwrap();
        symlink(&outside, &providers).unwrap();
        assert!(Disk::ready(&checkout, &plan).is_err());
    }
}

//! Whether the program runs as the user whose checkout it is. Changes nothing, and becomes nobody else.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};

use super::Checkout;
use crate::masking::mask;
use crate::next::quoted;
use crate::problem::Problem;
use crate::shown;

impl Checkout {
    /// Refuses to go on, with a [`Problem`], where the root or the git directory is another user's than the one whom the program runs as:
    /// the files that it would write, and what builds write, would be nobody's who works here. For commands that write.
    pub fn of_this_user(&self) -> Result<()> {
        let user = rustix::process::geteuid().as_raw();
        for folder in [Some(self.root()), self.git_directory()]
            .into_iter()
            .flatten()
        {
            let metadata = fs::metadata(folder)
                .with_context(|| format!("failed to look at `{}`", shown::line(folder)))?;
            if metadata.uid() != user {
                return Err(refused(folder, metadata.uid(), user).into());
            }
        }
        Ok(())
    }
}

fn refused(folder: &Path, owner: u32, user: u32) -> Problem {
    let found = format!(
        "{} is {}'s, and this runs as {}: what it writes would be that user's; nothing was written",
        folder.display(),
        name(owner).unwrap_or_else(|| format!("user {owner}")),
        name(user).unwrap_or_else(|| format!("user {user}")),
    );
    let arguments = std::env::args_os().skip(1);
    let arguments = arguments.map(|argument| format!(" {}", mask(&quoted(Path::new(&argument)))));
    let arguments = shown::line(arguments.collect::<String>());
    let sudo = name(owner).unwrap_or_else(|| format!("'#{owner}'"));
    Problem::refused(found).hint(format!(
        "as the owner without sudo: nanoclaw{arguments}, or: sudo -u {sudo} nanoclaw{arguments}"
    ))
}

/// The name that the system's own list has for a user (passwd(5)); a directory service may know others.
fn name(user: u32) -> Option<String> {
    let list = fs::read_to_string("/etc/passwd").ok()?;
    named(&list, user)
}

fn named(list: &str, user: u32) -> Option<String> {
    let of_user = |line: &str| {
        let mut fields = line.split(':');
        let (name, id) = (fields.next()?, fields.nth(1)?);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let fits = id.parse() == Ok(user) && !name.is_empty() && !name.starts_with('-');
        (fits && name.chars().all(plain)).then(|| name.to_owned())
    };
    list.lines().find_map(of_user)
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::fs;

    use git2::Repository;

    use super::named;
    use crate::checkout::{BARRELS, Checkout};

    #[test]
    fn a_checkout_of_this_user_is_found_so_wherever_its_repository_is() {
        for inside in ["", "inner", "in/inner"] {
            let folder = tempfile::tempdir().unwrap();
            Repository::init(folder.path()).unwrap();
            let root = folder.path().join(inside);
            fs::create_dir_all(root.join("src/providers")).unwrap();
            fs::write(root.join(BARRELS[0]), "").unwrap();
            let checkout = Checkout::find(&root).unwrap();
            assert!(checkout.of_this_user().is_ok(), "{inside}");
        }
    }

    #[test]
    fn a_user_is_named_as_the_list_of_users_has_it() {
        let list = "root:x:0:0::/root:/bin/sh\n-u:x:7:7\n# no line\nann:x:1000:1000::/home/ann:\n";
        for (user, name) in [(0, Some("root")), (1000, Some("ann")), (7, None), (8, None)] {
            assert_eq!(named(list, user).as_deref(), name);
        }
    }
}

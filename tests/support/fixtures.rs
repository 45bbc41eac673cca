//! The folder `fixtures`: which there are, and something done with each of them. Knows nothing of what they hold.

use std::fs;
use std::path::{Path, PathBuf};

use super::PROJECT;

/// Every fixture folder, by name.
pub fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(PROJECT).join("fixtures");
    let entries = fs::read_dir(&folder).expect("the fixtures");
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a fixture").path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    assert!(
        found.len() > 40,
        "few fixtures in {}: {}",
        folder.display(),
        found.len()
    );
    found
}

/// A fixture's name.
pub fn name(fixture: &Path) -> String {
    fixture
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}

/// Does something with every fixture, two at a time, and panics with what went wrong with any.
pub fn for_each_fixture(look: impl Fn(&Path) -> Result<(), String> + Sync) {
    let fixtures = fixtures();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(fixture) =
                    fixtures.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    let looked =
                        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| look(fixture)));
                    let looked = looked.unwrap_or_else(|panic| {
                        let words = panic.downcast_ref::<String>().cloned();
                        Err(words
                            .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
                            .unwrap_or_default())
                    });
                    if let Err(words) = looked {
                        wrong
                            .lock()
                            .expect("the list")
                            .push(format!("== {}\n{words}", name(fixture)));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("the list");
    assert!(
        wrong.is_empty(),
        "{} of {} fixtures:\n{}",
        wrong.len(),
        fixtures.len(),
        wrong.join("\n")
    );
}

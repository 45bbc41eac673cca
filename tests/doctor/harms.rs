//! What harms a host, one thing after the other, and the check that tells it.

#[path = "harms/codex.rs"]
mod codex;
#[path = "harms/host.rs"]
mod host;

use super::support::World;
use super::{checks, doctor, well};

/// What is done to a host.
pub(super) type Harm = fn(&World);

/// What harms a host, the check that tells it, and how.
type Row = (Harm, &'static str, &'static str, &'static str);

/// Every row.
fn harms() -> impl Iterator<Item = &'static Row> {
    host::HARMS.iter().chain(codex::HARMS)
}

#[test]
fn each_check_has_something_that_makes_it_speak() {
    let spoken = || harms().filter(|(_, _, level, _)| *level != "ok");
    // Of that one a test of its own.
    let is_told = |name: &str| name == "folder" || spoken().any(|(_, its, ..)| *its == name);
    for (name, ..) in checks(&doctor(&well())) {
        assert!(is_told(&name), "nothing makes `{name}` speak");
    }
}

#[test]
fn what_keeps_codex_from_answering_is_told() {
    let mut faults = Vec::new();
    for (harm, name, level, words) in harms() {
        let world = well();
        harm(&world);
        let run = doctor(&world);
        if run.code == 2 {
            faults.push(format!("no {level} of {name}, `{words}`: {}", run.stderr));
            continue;
        }
        let found = checks(&run);
        let told = found.iter().any(|(its_name, its_level, its_words)| {
            its_name == *name && its_level == *level && its_words.contains(words)
        });
        if !told {
            let of_name = found.iter().filter(|(its_name, ..)| its_name == name);
            let of_name = of_name.collect::<Vec<_>>();
            faults.push(format!("no {level} of {name}, `{words}`, in {of_name:?}"));
        }
        let has_error = found.iter().any(|(_, level, _)| level == "error");
        assert_eq!(run.code, i32::from(has_error), "{found:?}");
        assert!(!String::from_utf8_lossy(&run.stdout).contains("secret"));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

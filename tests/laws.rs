//! The laws of the design, over checkouts grown at random and over every fixture: in the library by the hundred, through the real binary by the dozen.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on fails there"
)]

mod support;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use nanoclaw::checkout::{Checkout, File};
use nanoclaw::journal::{self, Recovered};
use nanoclaw::payload::{Commit, Payload};
use nanoclaw::plan::{Pins, Plan, plan};
use nanoclaw::sink::disk::{Disk, End, Writing};
use nanoclaw::sink::{Sink, pour};
use nanoclaw::skill::Skill;
use nanoclaw::skills;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use support::grown::{COPIED, Grown, grown};
use support::{Node, PROJECT, Tree, World, copy_work_tree, for_each_fixture, temporary};

type Judged = Result<(), String>;

macro_rules! hold {
    ($condition:expr, $($words:tt)+) => {
        if !$condition {
            return Err(format!($($words)+));
        }
    };
}

#[path = "laws/binary.rs"]
mod binary;
#[path = "laws/written.rs"]
mod written;

use binary::{through_the_binary, twice};
use written::{contains, inserts_alone, missing_imports, touches_no_other};

#[test]
fn grown_checkouts_keep_the_laws() {
    let seen = RefCell::new(BTreeMap::<String, usize>::new());
    let refused = RefCell::new(0);
    let property = |grown: &Grown| -> Judged {
        for shape in grown.shapes() {
            *seen.borrow_mut().entry(shape).or_default() += 1;
        }
        let folder = temporary();
        let root = folder.path().join("checkout");
        let (tree, outside) = grown.trees();
        tree.write(&root);
        outside.write(&folder.path().join("outside"));
        init(&root);
        let was_refused =
            in_the_library(&root, &sample_payload(), grown.stop, grown.has_empty_pin())?;
        *refused.borrow_mut() += usize::from(was_refused);
        hold!(
            was_refused == grown.must_be_refused(),
            "refused: {was_refused}"
        );
        Ok(())
    };
    try_on_grown(200, property);
    // A shape that chance left out is looked for: only checkouts with one are tried.
    let unseen = |grown: &Grown| {
        grown
            .shapes()
            .iter()
            .any(|shape| !seen.borrow().contains_key(shape))
    };
    let mut runner = TestRunner::new(Config::default());
    for _ in 0..2_000 {
        let grown = grown().new_tree(&mut runner).expect("a checkout").current();
        if unseen(&grown) {
            property(&grown).unwrap_or_else(|words| panic!("{words}\n{grown:#?}"));
        }
    }
    let came = seen.borrow().keys().cloned().collect::<BTreeSet<_>>();
    let listed = Grown::all_shapes().into_iter().collect::<BTreeSet<_>>();
    assert_eq!(came, listed, "shapes that came, and shapes that are listed");
    let refused = refused.into_inner();
    assert!((20..100).contains(&refused), "{refused} were refused");
}

#[test]
fn grown_checkouts_keep_the_laws_through_the_binary() {
    try_on_grown(24, |grown| {
        let (tree, outside) = grown.trees();
        let world = World::with(&tree);
        outside.write(&world.base().join("outside"));
        let code = through_the_binary(&world, grown.has_empty_pin())?;
        let expected = if grown.must_be_refused() { 3 } else { 0 };
        hold!(code == expected, "exit code {code}, expected {expected}");
        Ok(())
    });
}

#[test]
fn fixtures_keep_the_laws() {
    for_each_fixture(|fixture| {
        let world = World::of(fixture);
        if Checkout::find(&world.root).is_err() {
            return Ok(());
        }
        let mut payload = sample_payload();
        payload.files.extend(files(&fixture.join("providers")));
        for stop in 0..=7 {
            let copy = world.base().join(format!("copy-{stop}"));
            copy_work_tree(&world.root, &copy);
            in_the_library(&copy, &payload, stop, false)
                .map_err(|words| format!("stop {stop}: {words}"))?;
        }
        Ok(())
    });
}

#[test]
fn fixtures_keep_the_laws_through_the_binary() {
    for_each_fixture(|fixture| through_the_binary(&World::of(fixture), false).map(|_| ()));
}

/// Law 3 where git changes line ends on the way into the work tree: by the configuration, or by attributes.
#[test]
fn a_checkout_whose_line_ends_git_converts_keeps_the_laws() {
    for (name, value, attributes, crlf) in [
        ("core.autocrlf", "true", "", true),
        ("core.autocrlf", "input", "", false),
        ("core.eol", "crlf", "* text=auto\n", true),
        ("core.autocrlf", "true", "* -text\n", false),
        ("core.autocrlf", "false", "*.ts text eol=crlf\n", true),
    ] {
        let mut sample = Tree::sample();
        sample.put(".gitattributes", attributes);
        let world = World::with(&sample);
        world.git(&world.root, &["config", name, value]);
        // Every file anew, as a clone would have written it.
        world.git(&world.root, &["rm", "--quiet", "-r", "."]);
        world.git(&world.root, &["reset", "--quiet", "--hard"]);
        converted(&world, crlf)
            .unwrap_or_else(|words| panic!("{name}={value}, {attributes:?}: {words}"));
    }
}

fn converted(world: &World, crlf: bool) -> Judged {
    let before = Tree::read(&world.root).in_git();
    let preview = world.nanoclaw(&["skill", "add", "codex", "--dry-run", "--no-build"]);
    let [plain, indexed] = ["plain", "indexed"].map(|name| world.base().join(name));
    copy_work_tree(&world.root, &plain);
    copy_work_tree(&world.root, &indexed);
    let added = world.nanoclaw(&["skill", "add", "codex", "--no-build"]);
    hold!(added.code == 0, "add: {added:?}");
    let after = Tree::read(&world.root).in_git();
    let copied = after.bytes(COPIED[0]).unwrap_or_default();
    hold!(
        contains(copied, b"\r\n") == crlf,
        "the copied file has other line ends"
    );
    twice(world)?;
    for record in ["there", "gone"] {
        let verified = world.nanoclaw(&["skill", "verify", "codex", "--no-tests"]);
        let said = String::from_utf8_lossy(&verified.stdout).into_owned();
        hold!(
            said.contains("payload: the same bytes as providers"),
            "the record is {record}: {said}"
        );
        let _ = fs::remove_file(world.root.join(".git/nanoclaw/installed-codex"));
    }
    let patch = world.base().join("add.patch");
    fs::write(&patch, &preview.stdout).map_err(|error| error.to_string())?;
    let patch = patch.to_string_lossy().into_owned();
    let apply = |folder: &Path, option: &str, expected: &Tree| -> Judged {
        let ended = world.try_git(folder, &["apply", "--allow-empty", option, &patch]);
        let applied = Tree::read(folder).in_git();
        hold!(
            ended.code == 0 && applied == *expected,
            "git apply {option}: {:?}\n{ended:?}",
            applied.differences(expected)
        );
        Ok(())
    };
    apply(&plain, "--whitespace=nowarn", &after)?;
    apply(&plain, "-R", &before)?;
    apply(&world.root, "-R", &before)?;
    world.git(&indexed, &["update-index", "-q", "--refresh"]);
    apply(&indexed, "--3way", &after)?;
    let behind = world.git(&indexed, &["diff", "--name-only"]);
    hold!(
        behind.is_empty(),
        "--3way leaves the index behind: {behind}"
    );
    Ok(())
}

/// Tries a property on so many checkouts; a failure says the smallest checkout that it was found on.
fn try_on_grown(cases: u32, property: impl Fn(&Grown) -> Judged) {
    let config = Config {
        cases,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let ended = runner.run(&grown(), |grown| {
        property(&grown).map_err(TestCaseError::fail)
    });
    if let Err(failure) = ended {
        panic!("{failure}");
    }
}

/// Laws 1, 2, 4 and 8 by the library's own values, edit by edit. Gives whether the plan was refused.
fn in_the_library(
    root: &Path,
    payload: &Payload,
    stop: usize,
    mends: bool,
) -> Result<bool, String> {
    let before = Tree::read(root);
    let checkout = open(root);
    let first = planned(&checkout, payload);
    hold!(before == Tree::read(root), "planning wrote");
    if first.is_blocked() {
        return Ok(true);
    }
    hold!(
        first.holds() == first.edits.is_empty(),
        "a plan holds when it has no edits: {:?}",
        first.findings
    );
    inserts_alone(&first, mends)?;
    let lacking = missing_imports(root);
    let mut disk = begin(&checkout, &first)?;
    let mut broken_off = None;
    for (count, edit) in first.edits.iter().enumerate() {
        if count == stop {
            broken_off = Some(copied(&checkout));
        }
        disk.edit(edit).map_err(|error| format!("{error:#}"))?;
        let now = missing_imports(root);
        hold!(
            now.is_subset(&lacking),
            "after {}, edit {count}: missing {:?}",
            edit.path.display(),
            now.difference(&lacking)
        );
    }
    hold!(
        missing_imports(root).is_empty(),
        "at the end: missing {:?}",
        missing_imports(root)
    );
    disk.finish().map_err(|error| format!("{error:#}"))?;
    let after = Tree::read(root);
    touches_no_other(&before, &after, &first)?;
    let survey = planned(&checkout, payload);
    hold!(
        survey.holds() && survey.edits.is_empty(),
        "after it: {:?}",
        survey.findings
    );
    if let Some(broken_off) = broken_off {
        goes_on(&broken_off, payload, &before, &after)?;
    }
    Ok(false)
}

/// Begins a write of a plan's edits.
fn begin<'a>(checkout: &'a Checkout, plan: &'a Plan) -> Result<Disk<'a>, String> {
    let writing = Writing {
        command: "skill add codex".to_owned(),
        skill: "codex".to_owned(),
        called: "codex".to_owned(),
        builds: Vec::new(),
        edits: &plan.edits,
        records: &[],
        end: End::Keep,
    };
    Disk::begin(checkout, writing).map_err(|error| format!("{error:#}"))
}

/// A copy of the checkout as it is at this moment, with a copy of its git directory.
fn copied(checkout: &Checkout) -> PathBuf {
    let copy = checkout.root().with_extension("broken-off");
    Tree::read(checkout.root()).write(&copy);
    let state = checkout.state().expect("a git directory");
    Tree::read(state.parent().expect("a git directory")).write(&copy.join(".git"));
    copy
}

/// Laws 4 and 5: an add that broke off is undone, and then ends as if it had never been interrupted.
fn goes_on(root: &Path, payload: &Payload, before: &Tree, after: &Tree) -> Judged {
    let checkout = open(root);
    let taken = journal::recover(&checkout, |_| false).map_err(|error| format!("{error:#}"))?;
    let left = taken.map(|taken| match taken {
        Recovered::TakenBack(taken) => taken.left,
        Recovered::Whole(command) => panic!("{command} stays"),
    });
    hold!(left == Some(Vec::new()), "left: {left:?}");
    let same = |expected: &Tree, words: &str| -> Judged {
        let different = Tree::read(root).differences(expected);
        hold!(different.is_empty(), "{words}: {different:?}");
        Ok(())
    };
    same(before, "broken off and undone")?;
    let again = planned(&checkout, payload);
    let mut disk = begin(&checkout, &again)?;
    pour(&again.edits, &mut disk).map_err(|error| format!("{error:#}"))?;
    disk.finish().map_err(|error| format!("{error:#}"))?;
    same(after, "broken off and done anew")
}

/// The plan as `add` makes it: with the branch where a fact needs it.
fn planned(checkout: &Checkout, payload: &Payload) -> Plan {
    let make = |payload| plan(&skill(), checkout, payload, &Pins::new()).expect("a plan");
    let survey = make(None);
    if survey.needs_branch() && !survey.is_blocked() {
        make(Some(payload))
    } else {
        survey
    }
}

fn open(root: &Path) -> Checkout {
    Checkout::find(root).expect("a checkout")
}

fn init(root: &Path) {
    let mut options = git2::RepositoryInitOptions::new();
    options.external_template(false);
    git2::Repository::init_opts(root, &options).expect("a repository");
}

fn skill() -> Skill {
    skills::find("codex", Path::new(".")).expect("the skill").0
}

fn sample_payload() -> Payload {
    Payload {
        commit: Commit {
            id: "0".repeat(40),
            date: "2026-05-01".to_owned(),
        },
        files: files(&Path::new(PROJECT).join("fixtures/sample/providers")),
    }
}

/// The files of a folder, by path, as a branch has them.
fn files(folder: &Path) -> BTreeMap<String, File> {
    if !folder.is_dir() {
        return BTreeMap::new();
    }
    let file = |(path, node): (PathBuf, Node)| match node {
        Node::File(bytes, _) => Some((
            path.to_string_lossy().into_owned(),
            File { bytes, mode: 0o644 },
        )),
        _ => None,
    };
    Tree::read(folder).0.into_iter().filter_map(file).collect()
}

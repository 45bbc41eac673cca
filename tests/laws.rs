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
use std::sync::LazyLock;

use nanoclaw::checkout::{Checkout, File};
use nanoclaw::journal;
use nanoclaw::payload::{Commit, Payload};
use nanoclaw::plan::{Pins, Plan, plan};
use nanoclaw::sink::disk::{Disk, End, Writing};
use nanoclaw::sink::{Sink, pour};
use nanoclaw::skill::Skill;
use nanoclaw::skills;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use regex::bytes::Regex;
use support::grown::{COPIED, Grown, INSERTED, grown};
use support::{Mark, Node, PROJECT, Run, Tree, World, copy_work_tree, for_each_fixture, temporary};

static TEMPLATE: LazyLock<Regex> = LazyLock::new(|| Regex::new("(?s)`[^`]*`").expect("a pattern"));
static IMPORT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)^(?:\x{feff})?(?:import|export)(?-u:\b)[^'"\n]*['"](\./[^'"]+)['"]"#)
        .expect("a pattern")
});
static PIN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^ARG CODEX_VERSION=[0-9]+(\.[0-9]+){2}$").expect("a pattern"));

type Judged = Result<(), String>;

macro_rules! hold {
    ($condition:expr, $($words:tt)+) => {
        if !$condition {
            return Err(format!($($words)+));
        }
    };
}

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
    let taken = journal::recover(&checkout).map_err(|error| format!("{error:#}"))?;
    let left = taken.map(|taken| taken.left);
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

/// Laws 1, 2, 3 and 8, and that a refusal writes nothing. Gives the exit code of `add`.
fn through_the_binary(world: &World, mends: bool) -> Result<i32, String> {
    let before = Tree::read(&world.root);
    let user_file = |path: &str| fs::read(world.root.join(path)).ok();
    let inserted_before = INSERTED.map(user_file);
    let untouched = marks(world);
    let same = |words: &str| -> Judged {
        let changed = differences(&untouched, &marks(world));
        hold!(changed.is_empty(), "{words} changed {changed:?}");
        let mut left = fs::read_dir(world.base().join("tmp")).map_err(|error| error.to_string())?;
        hold!(
            left.next().is_none(),
            "{words} left something in the temporary folder"
        );
        Ok(())
    };
    let verify = || world.nanoclaw(&["skill", "verify", "codex", "--no-tests"]);
    let verified = verify();
    same("verify")?;
    let preview = world.nanoclaw(&["skill", "add", "codex", "--dry-run", "--no-build"]);
    same("the dry run")?;
    let pending = world.nanoclaw(&["skill", "add", "codex", "--check", "--no-build"]);
    same("--check")?;
    let added = world.nanoclaw(&["skill", "add", "codex", "--no-build"]);
    hold!(
        preview.code == added.code,
        "the dry run: {preview:?}; the add: {added:?}"
    );
    let changed = differences(&untouched, &marks(world));
    let foreign = changed.iter().find(|path| {
        path.starts_with("checkout/.git")
            && !path.starts_with("checkout/.git/nanoclaw")
            && *path != Path::new("checkout/.git")
            || !path.starts_with("checkout")
    });
    hold!(foreign.is_none(), "the add changed {foreign:?}");
    if added.code != 0 {
        let refused = added.code == 3;
        hold!(refused || added.code == 2, "add: {added:?}");
        hold!(
            verified.code == if refused { 1 } else { 2 },
            "verify: {verified:?}"
        );
        hold!(pending.code == added.code, "--check: {pending:?}");
        hold!(
            preview.stdout.is_empty(),
            "a refused dry run prints a patch"
        );
        let written = changed
            .iter()
            .find(|path| !path.starts_with("checkout/.git"));
        hold!(written.is_none(), "refused, and {written:?} changed");
        return Ok(added.code);
    }
    let after = Tree::read(&world.root);
    let installs = changes_a_file(&preview);
    hold!(
        installs == (before != after),
        "the patch and the tree disagree whether something changed"
    );
    hold!(
        verified.code == i32::from(installs),
        "verify before: {verified:?}"
    );
    hold!(pending.code == i32::from(installs), "--check: {pending:?}");
    let verified = verify();
    hold!(verified.code == 0, "verify after: {verified:?}");
    for (path, before) in INSERTED.iter().zip(&inserted_before) {
        inserted_alone(path, before.as_deref(), user_file(path).as_deref(), mends)?;
    }
    twice(world)?;
    patch_equals_add(world, &preview, &before, &after)?;
    Ok(0)
}

/// Marks of all that a run must leave alone, by folder.
fn marks(world: &World) -> Vec<(&'static str, Mark)> {
    let folders = ["checkout", "home", "origin", "outside"].into_iter();
    let there = folders.filter(|name| world.base().join(name).is_dir());
    there
        .map(|name| (name, Mark::of(&world.base().join(name))))
        .collect()
}

fn differences(was: &[(&str, Mark)], is: &[(&str, Mark)]) -> Vec<PathBuf> {
    let pairs = was.iter().zip(is);
    pairs
        .flat_map(|((name, was), (_, is))| {
            was.differences(is)
                .into_iter()
                .map(move |path| Path::new(name).join(path))
        })
        .collect()
}

/// The ids of the blobs before and after, for each file of a patch: by them `--3way` finds what the patch was made from.
fn blob_ids(preview: &Run) -> Vec<(String, String)> {
    let patch = String::from_utf8_lossy(&preview.stdout).into_owned();
    let heads = patch.lines().filter_map(|line| {
        line.strip_prefix("index ")?
            .split_whitespace()
            .next()?
            .split_once("..")
    });
    heads
        .map(|(was, is)| (was.to_owned(), is.to_owned()))
        .collect()
}

fn changes_a_file(preview: &Run) -> bool {
    preview
        .stdout
        .split(|byte| *byte == b'\n')
        .any(|line| line.starts_with(b"diff --git "))
}

/// Law 2.
fn twice(world: &World) -> Judged {
    let was = marks(world);
    let again = world.nanoclaw(&["skill", "add", "codex", "--no-build"]);
    let changed = differences(&was, &marks(world));
    hold!(changed.is_empty(), "a second add changed {changed:?}");
    hold!(
        again.code == 0 && again.stderr.contains("already installed"),
        "a second add: {again:?}"
    );
    hold!(
        !again.stderr.contains("run  "),
        "a second add ran a task: {}",
        again.stderr
    );
    let preview = world.nanoclaw(&["skill", "add", "codex", "--dry-run", "--no-build"]);
    hold!(!changes_a_file(&preview), "a second dry run: {preview:?}");
    Ok(())
}

/// Law 3: what `git apply` makes of the patch is what the add wrote, and `-R` takes it back.
fn patch_equals_add(world: &World, preview: &Run, before: &Tree, after: &Tree) -> Judged {
    let base = world.base();
    let patch = base.join("add.patch");
    fs::write(&patch, &preview.stdout).map_err(|error| error.to_string())?;
    let patch = patch.to_string_lossy().into_owned();
    let (was, is) = (before.clone().in_git(), after.clone().in_git());
    let apply = |folder: &Path, options: &[&str], expected: &Tree| -> Judged {
        let ended = world.try_git(
            folder,
            &[&["apply", "--allow-empty"], options, &[&patch]].concat(),
        );
        hold!(ended.code == 0, "git apply {options:?}: {}", ended.stderr);
        let applied = Tree::read(folder).in_git();
        hold!(
            applied == *expected,
            "git apply {options:?}: {:?}",
            applied.differences(expected)
        );
        Ok(())
    };
    let plain = base.join("plain");
    before.write(&plain);
    apply(&plain, &[], &is)?;
    apply(&plain, &["-R"], &was)?;
    let indexed = base.join("indexed");
    before.write(&indexed);
    world.git(&indexed, &["init", "--quiet"]);
    world.git(&indexed, &["add", "--all", "--force"]);
    let known = || world.git(&indexed, &["ls-files", "--stage"]);
    let (known_before, ids) = (known(), blob_ids(preview));
    apply(&indexed, &["--3way"], &is)?;
    let known_after = known();
    let wrong = ids.iter().find(|(was, is)| {
        let there =
            |known: &str, id: &str| id.bytes().all(|digit| digit == b'0') || known.contains(id);
        !there(&known_before, was) || !there(&known_after, is)
    });
    hold!(
        wrong.is_none(),
        "a patch's ids are not those of the files: {wrong:?}"
    );
    let behind = world.git(&indexed, &["diff", "--name-only"]);
    hold!(
        behind.is_empty(),
        "--3way leaves the index behind: {behind}"
    );
    apply(&world.root, &["-R"], &was)
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

/// Law 8 for a plan's edits of the user's files.
fn inserts_alone(plan: &Plan, mends: bool) -> Judged {
    for edit in &plan.edits {
        if COPIED
            .iter()
            .any(|path| Path::new(path).file_name() == edit.path.file_name())
        {
            continue;
        }
        let before = edit.before.as_ref().ok_or("an insertion makes a file")?;
        let after = edit
            .after
            .as_ref()
            .ok_or("an insertion takes a file away")?;
        hold!(
            before.mode == after.mode,
            "{}: the mode changes",
            edit.path.display()
        );
        let barrel = !contains(&before.bytes, b"FROM") && !contains(&before.bytes, b"from ");
        let which = if barrel { INSERTED[0] } else { INSERTED[2] };
        inserted_alone(which, Some(&before.bytes), Some(&after.bytes), mends)?;
    }
    Ok(())
}

/// Law 8 for one file: whole lines of the skill are added, and nothing else is another.
fn inserted_alone(path: &str, before: Option<&[u8]>, after: Option<&[u8]>, mends: bool) -> Judged {
    let (Some(before), Some(after)) = (before, after) else {
        hold!(before.is_none() && after.is_none(), "{path} came or went");
        return Ok(());
    };
    let docker = path.ends_with("Dockerfile");
    if before == after || (docker && mends) {
        return Ok(());
    }
    let mark = b"\xef\xbb\xbf";
    let (text, new) = (
        before.strip_prefix(mark).unwrap_or(before),
        after.strip_prefix(mark).unwrap_or(after),
    );
    hold!(
        before.starts_with(mark) == after.starts_with(mark),
        "{path}: a byte-order mark came or went"
    );
    hold!(!contains(new, mark), "{path}: a byte-order mark inside");
    let ended = |text: &[u8]| text.is_empty() || text.ends_with(b"\n");
    hold!(
        ended(text) == ended(new),
        "{path}: the final newline came or went"
    );
    let added = added(text, new).ok_or_else(|| {
        format!(
            "{path}: lines changed: {:?}",
            String::from_utf8_lossy(after)
        )
    })?;
    let crlf = |line: &&[u8]| line.ends_with(b"\r\n");
    let whole = |text: &[u8]| {
        text.split_inclusive(|byte| *byte == b'\n')
            .filter(|line| line.ends_with(b"\n"))
            .map(|line| crlf(&line))
            .collect::<BTreeSet<_>>()
    };
    let (ends, new_ends) = (whole(text), whole(new));
    hold!(
        ends.len() != 1 || ends == new_ends,
        "{path}: other line ends: {:?}",
        String::from_utf8_lossy(after)
    );
    let lines = added
        .iter()
        .map(|line| {
            String::from_utf8_lossy(line)
                .trim_end_matches(['\r', '\n'])
                .to_owned()
        })
        .collect::<Vec<_>>();
    let wanted: &[&str] = &["import './codex.js';"];
    let good = if docker {
        let (pins, rest): (Vec<_>, Vec<_>) =
            lines.iter().partition(|line| PIN.is_match(line.as_bytes()));
        let layer = rest.len() == 3
            && rest.iter().filter(|line| line.is_empty()).count() == 1
            && rest
                .iter()
                .filter(|line| line.starts_with("RUN --mount=type=cache,target=/root/.cache/pnpm "))
                .count()
                == 1
            && rest
                .iter()
                .filter(|line| **line == r#"    pnpm install -g "@openai/codex@${CODEX_VERSION}""#)
                .count()
                == 1;
        pins.len() <= 1 && (layer || (rest.is_empty() && pins.len() == 1))
    } else {
        lines == wanted
    };
    hold!(good, "{path}: added {lines:?}");
    Ok(())
}

/// The lines of `after` that are not `before`'s, when those all stay in their order. A last line without an end may get one.
fn added<'a>(before: &[u8], after: &'a [u8]) -> Option<Vec<&'a [u8]>> {
    let mut lines = before.split_inclusive(|byte| *byte == b'\n').peekable();
    let mut added = Vec::new();
    for line in after.split_inclusive(|byte| *byte == b'\n') {
        let same = |old: &&[u8]| {
            *old == line
                || (!old.ends_with(b"\n")
                    && !after.ends_with(b"\n")
                    && [&b"\n"[..], b"\r\n"]
                        .iter()
                        .any(|end| line == [old, *end].concat()))
        };
        if lines.next_if(|old| same(old)).is_none() {
            added.push(line);
        }
    }
    lines.next().is_none().then_some(added)
}

/// What no edit names has the bytes, the mode and the target it had; what one names has its mode, and is a link if it was.
fn touches_no_other(before: &Tree, after: &Tree, plan: &Plan) -> Judged {
    let edited = |path: &PathBuf| plan.edits.iter().any(|edit| edit.path == *path);
    for (path, node) in &before.0 {
        let now = after.0.get(path);
        match node {
            Node::File(_, mode) if edited(path) => {
                let kept = matches!(now, Some(Node::File(_, now)) if now & 0o7677 == mode & 0o7677 || COPIED.iter().any(|copied| path.ends_with(Path::new(copied).file_name().unwrap_or_default())));
                hold!(kept, "{}: {now:?}", path.display());
            }
            _ => hold!(
                now == Some(node),
                "{} changed, and no edit names it",
                path.display()
            ),
        }
    }
    let new = after
        .0
        .keys()
        .filter(|path| !before.0.contains_key(*path))
        .find(|path| !edited(path));
    hold!(new.is_none(), "{new:?} is new, and no edit names it");
    Ok(())
}

/// The relative imports of the barrels and the copied files that lead nowhere, read line by line and not by the program's own parser.
fn missing_imports(root: &Path) -> BTreeSet<(String, String)> {
    let mut missing = BTreeSet::new();
    for path in INSERTED[..2].iter().chain(&COPIED) {
        let file = root.join(path);
        let Ok(bytes) = fs::read(&file) else { continue };
        let code = TEMPLATE.replace_all(&bytes, &b"``"[..]).into_owned();
        for found in IMPORT.captures_iter(&code) {
            let specifier = String::from_utf8_lossy(&found[1]).into_owned();
            let module =
                file.with_file_name(specifier.trim_start_matches("./").replace(".js", ".ts"));
            if !module.is_file() {
                missing.insert(((*path).to_owned(), specifier));
            }
        }
    }
    missing
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
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

//! How long the program takes beside the same work by a shell script and beside git alone: `cargo bench --bench speed`.
//!
//! The contenders take turns, each round in a fresh copy of a checkout, and the medians are compared. With `-- --check` a missed target is a failure.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark may panic and print"
)]

mod http;
mod lab;

use std::process::{Command, ExitCode};
use std::time::Duration;

use lab::{Lab, Start};

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let lab = Lab::new();
    let mut table = Table::default();
    again(&lab, &mut table);
    first(&lab, &mut table);
    transfer(&lab, &mut table);
    memory(&lab, &mut table);
    let size = std::fs::metadata(lab.program()).unwrap().len();
    println!("binary: {:.1} MB", megabytes(size));
    let check = std::env::args().any(|argument| argument == "--check");
    ExitCode::from(u8::from(check && table.missed > 0))
}

/// Nothing is to do.
fn again(lab: &Lab, table: &mut Table) {
    let nanoclaw = |arguments: &'static [&'static str]| move |lab: &Lab| lab.nanoclaw(arguments);
    let times = lab.alternate(
        Start::Installed,
        80,
        &[
            &|lab| lab.by_hand(),
            &nanoclaw(&["skill", "add", "codex", "-y"]),
            &nanoclaw(&["skill", "verify", "codex", "--no-tests"]),
            &nanoclaw(&["--version"]),
        ],
    );
    let [script, add, verify, version] = &times[..] else {
        return;
    };
    table.ratio("second add / script's pre-flight", add, script, 0.25);
    table.ratio(
        "verify --no-tests / script's pre-flight",
        verify,
        script,
        0.25,
    );
    let limit = Duration::from_millis(3);
    table.difference("second add - `--version`", add, version, limit);
    table.difference("verify --no-tests - `--version`", verify, version, limit);
}

/// The skill is not installed, and its branch is known here.
fn first(lab: &Lab, table: &mut Table) {
    let add = |lab: &Lab| lab.nanoclaw(&["skill", "add", "codex", "-y", "--no-build"]);
    let offline =
        |lab: &Lab| lab.nanoclaw(&["skill", "add", "codex", "-y", "--no-build", "--offline"]);
    let fetch = |lab: &Lab| lab.git_fetch();
    let times = lab.alternate(
        Start::Known,
        15,
        &[&|lab| lab.by_hand(), &add, &offline, &fetch],
    );
    let [script, add, offline, fetch] = &times[..] else {
        return;
    };
    table.ratio("first add / script", add, script, 0.4);
    table.ratio("first add --offline / script", offline, script, 0.2);
    table.ratio("first add / git fetch alone", add, fetch, f64::INFINITY);
}

/// The branch comes over HTTP.
fn transfer(lab: &Lab, table: &mut Table) {
    let add = |lab: &Lab| lab.nanoclaw(&["skill", "add", "codex", "-y", "--no-build"]);
    let fetch = |lab: &Lab| lab.git_fetch();
    let times = lab.alternate(Start::Unknown, 15, &[&fetch, &add]);
    let [fetch, add] = &times[..] else {
        return;
    };
    table.ratio(
        "first add over HTTP / git fetch over HTTP",
        add,
        fetch,
        1.15,
    );
}

fn memory(lab: &Lab, table: &mut Table) {
    for (name, start, arguments) in [
        (
            "second add",
            Start::Installed,
            &["skill", "add", "codex", "-y"][..],
        ),
        (
            "first add --offline",
            Start::Known,
            &["skill", "add", "codex", "-y", "--no-build", "--offline"],
        ),
        (
            "first add over HTTP, git in it",
            Start::Unknown,
            &["skill", "add", "codex", "-y", "--no-build"],
        ),
    ] {
        lab.start(start);
        let Some(peak) = lab.peak_memory(&lab.nanoclaw(arguments)) else {
            println!("peak memory: not measured, /usr/bin/time is missing");
            return;
        };
        let peak = megabytes(peak);
        table.line(
            &format!("peak memory, {name}"),
            &format!("{peak:.1} MB"),
            "",
            "",
            "20 MB",
            peak <= 20.0,
        );
    }
}

#[derive(Default)]
struct Table {
    lines: usize,
    missed: usize,
}

impl Table {
    fn ratio(&mut self, name: &str, ours: &Times, theirs: &Times, target: f64) {
        let ratio = ours.median().as_secs_f64() / theirs.median().as_secs_f64();
        let limit = if target.is_finite() {
            format!("<= {target}")
        } else {
            "-".to_owned()
        };
        self.line(
            name,
            &ours.shown(),
            &theirs.shown(),
            &format!("{ratio:.2}"),
            &limit,
            ratio <= target,
        );
    }

    fn difference(&mut self, name: &str, ours: &Times, theirs: &Times, target: Duration) {
        let (one, other) = (ours.median(), theirs.median());
        let more = one.saturating_sub(other);
        let limit = format!("<= {} ms", target.as_millis());
        self.line(
            name,
            &ours.shown(),
            &theirs.shown(),
            &shown(more),
            &limit,
            more <= target,
        );
    }

    fn line(
        &mut self,
        name: &str,
        ours: &str,
        theirs: &str,
        result: &str,
        target: &str,
        met: bool,
    ) {
        if self.lines == 0 {
            println!(
                "{:44} {:>19} {:>19} {:>9} {:>9}",
                "median (min)", "ours", "beside it", "", "target"
            );
        }
        self.lines += 1;
        self.missed += usize::from(!met);
        let verdict = if met { "" } else { "  MISSED" };
        println!("{name:44} {ours:>19} {theirs:>19} {result:>9} {target:>9}{verdict}");
    }
}

/// The times of one contender.
struct Times(Vec<Duration>);

impl Times {
    fn median(&self) -> Duration {
        self.0[self.0.len() / 2]
    }

    fn shown(&self) -> String {
        format!("{} ({})", shown(self.median()), shown(self.0[0]))
    }
}

fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1024).unwrap()) / 1024.0
}

impl Lab {
    fn nanoclaw(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(self.program());
        command.args(arguments).current_dir(self.checkout());
        command
    }

    fn by_hand(&self) -> Command {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/by-hand.sh");
        let script = std::env::var("BY_HAND").unwrap_or_else(|_| script.to_owned());
        let mut command = self.command(&script);
        command.arg(self.checkout());
        command
    }

    fn git_fetch(&self) -> Command {
        let mut command = self.command("git");
        command
            .args(["fetch", "--quiet", "origin", "providers"])
            .current_dir(self.checkout());
        command
    }
}

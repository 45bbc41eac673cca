//! What the doctor says of a host that launchd or NanoClaw's own script starts.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, SystemTime};

use super::support::World;
use super::{SYSTEMCTL, host_unit, later, put, stand_in, told, well};

/// A host where all is well, but that systemd has no unit for it; and what its unit would be called.
fn without_unit() -> (World, String) {
    let world = well();
    let unit = host_unit(&world);
    stand_in(&world, "systemctl", "echo LoadState=not-found");
    (world, unit)
}

/// The property list of an agent that gives the host a model.
fn plist(model: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<plist version=\"1.0\">\n<dict>\n  <key>Label</key>\n  <string>x</string>\n  <key>EnvironmentVariables</key>\n  <dict>\n    <key>HOME</key>\n    <string>/h</string>\n    <key>CODEX_MODEL</key>\n    <string>{model}</string>\n  </dict>\n</dict>\n</plist>"
    )
}

/// What `launchctl print` says of an agent.
fn loaded(model: &str, state: &str) -> String {
    format!(
        "case \"$*\" in 'print gui/'*) printf 'x = {{\\n\\tstate = {state}\\n\\n\\tdefault environment = {{\\n\\t\\tPATH => /bin\\n\\t}}\\n\\n\\tenvironment = {{\\n\\t\\tCODEX_MODEL => {model}\\n\\t}}\\n}}\\n' ;; *) exit 113 ;; esac"
    )
}

#[test]
fn an_agent_of_launchds_is_looked_at() {
    let running = "running\\n\\tpid = 42";
    let failed = "not running\\n\\tlast exit code = 1";
    let plist_of = "~/Library/LaunchAgents/com.";
    for (of_plist, agent, began, name, words) in [
        (
            "gpt-6",
            loaded("gpt-6", running),
            "2100",
            "service",
            &[
                "ok: com.nanoclaw-v2-",
                " runs, and began after the host was built",
            ][..],
        ),
        (
            "gpt-6",
            loaded("gpt-6", running),
            "2020",
            "service",
            &[
                "warning: ",
                "before the host was built",
                "[launchctl kickstart -k gui/",
            ],
        ),
        (
            "gpt-6",
            loaded("gpt-6", failed),
            "2100",
            "service",
            &[
                "error: ",
                "is not running (last exit code: 1)",
                "[launchctl kickstart -k gui/",
            ],
        ),
        (
            "gpt-6",
            "exit 113".to_owned(),
            "2100",
            "service",
            &["error: ", "is not loaded", "[launchctl load ", plist_of],
        ),
        (
            "gpt-6",
            loaded("gpt-6", running),
            "2100",
            "model",
            &["ok: gpt-6 (CODEX_MODEL of the service)"],
        ),
        (
            "gpt-6",
            "exit 113".to_owned(),
            "2100",
            "model",
            &["ok: gpt-6 (CODEX_MODEL of the service)"],
        ),
        (
            "gpt-5.4-mini",
            loaded("gpt-5.4-mini", running),
            "2100",
            "model",
            &[
                "warning: gpt-5.4-mini",
                "[plutil -replace EnvironmentVariables.CODEX_MODEL -string MODEL",
                plist_of,
            ],
        ),
        (
            "gpt-6",
            loaded("gpt-6", running),
            "2100",
            "model read",
            &["ok: "],
        ),
        (
            "gpt-7",
            loaded("gpt-6", running),
            "2100",
            "model read",
            &[
                "warning: ",
                "it still asks the one before",
                "[launchctl unload ",
                plist_of,
            ],
        ),
    ] {
        let (world, unit) = without_unit();
        let file = format!("home/Library/LaunchAgents/com.{unit}.plist");
        put(&world.base().join(file), &plist(of_plist));
        stand_in(&world, "launchctl", &agent);
        let process = format!("echo 'Ss Fri Jan  1 00:00:00 {began} /usr/bin/node /x'");
        stand_in(&world, "ps", &process);
        let found = told(&world, name);
        for word in words {
            assert!(found.contains(word), "no `{word}` in {found}");
        }
    }
}

/// A host that the script started: a stand-in for node, which ends with this.
struct Host(Child);

impl Host {
    fn start(world: &World, options: &[&str]) -> Self {
        stand_in(world, "node", "read -r line");
        let node = world.base().join("bin/node");
        let mut command = world.command(node, &world.root);
        command.args(options).arg(main_of(world));
        command.env("CODEX_MODEL", "gpt-6");
        let host = command.stdin(Stdio::piped()).spawn().expect("a host");
        put(
            &world.root.join("nanoclaw.pid"),
            &format!("{}\n", host.id()),
        );
        Self(host)
    }

    fn end(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        self.0.wait().expect("its end");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.end();
    }
}

fn main_of(world: &World) -> PathBuf {
    world.root.join("dist/index.js")
}

#[test]
fn a_host_that_the_script_started_is_looked_at() {
    let (world, _) = without_unit();
    let service = |words: &[&str]| {
        let found = told(&world, "service");
        for word in words {
            assert!(found.contains(word), "no `{word}` in {found}");
        }
    };
    let id = world.root.join("nanoclaw.pid");
    service(&["error: no service of the host's is found"]);
    put(&world.root.join("start-nanoclaw.sh"), "");
    service(&["error: start-nanoclaw.sh has not been run [bash start-nanoclaw.sh]"]);
    put(&id, "none\n");
    service(&["error: start-nanoclaw.sh has written no process to nanoclaw.pid"]);
    put(&id, &std::process::id().to_string());
    service(&[
        "error: start-nanoclaw.sh has ended: process ",
        "is another program by now",
    ]);

    let mut host = Host::start(&world, &["--require=/dev/null", "--enable-source-maps"]);
    let built = File::options().append(true).open(main_of(&world));
    let before = SystemTime::now() - Duration::from_secs(3600);
    built
        .and_then(|it| it.set_modified(before))
        .expect("a time");
    service(&["ok: start-nanoclaw.sh runs, and began after the host was built"]);
    if Path::new("/proc/self/environ").exists() {
        let model = told(&world, "model");
        assert!(model.starts_with("ok: gpt-6 (CODEX_MODEL of"), "{model}");
    }
    later(&main_of(&world));
    service(&[
        "warning: start-nanoclaw.sh runs since before the host was built",
        "[bash start-nanoclaw.sh]",
    ]);
    host.end();
    service(&["error: start-nanoclaw.sh has ended: process ", "is gone"]);
}

#[test]
fn the_environment_of_a_unit_is_that_of_its_process() {
    if !Path::new("/proc/self/environ").exists() {
        return;
    }
    let world = well();
    let host = Host::start(&world, &[]);
    let shows = |id: u32| {
        let given = format!("MainPID={id}\\nEnvironment=CODEX_MODEL=gpt-5.4-mini");
        let shown = SYSTEMCTL.replace("Environment=HOME=/h CODEX_MODEL=gpt-6", &given);
        stand_in(&world, "systemctl", &shown);
        told(&world, "model")
    };
    let found = shows(host.0.id());
    assert!(found.starts_with("ok: gpt-6 (CODEX_MODEL of"), "{found}");
    // One that has none, or that is not told.
    let found = shows(0);
    assert!(
        found.starts_with("warning: gpt-5.4-mini (CODEX_"),
        "{found}"
    );
}

#[test]
fn a_unit_that_is_not_loaded_is_mended_as_that_is() {
    for (state, mend) in [
        ("masked", "[systemctl --user unmask nanoclaw-v2-"),
        ("bad-setting", "[systemctl --user status nanoclaw-v2-"),
    ] {
        let world = well();
        stand_in(
            &world,
            "systemctl",
            &SYSTEMCTL
                .replace("=loaded", &format!("={state}"))
                .replace("=active", "=inactive"),
        );
        let found = told(&world, "service");
        assert!(found.contains(mend), "{found}");
    }
}

//! The program on the sample checkout with real pnpm, tsc and Bun, and a stand-in for the container engine; each success has twins that must fail.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic and print"
)]

mod tools;

mod real_tools {
    pub mod site;
}

use std::process::Command;

use real_tools::site::{Engine, HOST_PAYLOAD, Site};

const CONTAINER_PAYLOAD: &str = "container/agent-runner/src/providers/codex.ts";
const FACTORY_TEST: &str = "container/agent-runner/src/providers/codex.factory.test.ts";

#[test]
fn the_skill_is_installed_built_and_verified() {
    let Some(site) = Site::with_packages() else {
        return;
    };
    site.install_bun_types();
    let add = site.nanoclaw(&["skill", "add", "codex", "-y"]);
    add.ends(
        0,
        &["built host build", "built container types", "built image"],
    );
    let host = Command::new("node")
        .current_dir(site.checkout())
        .arg("dist/index.js")
        .output();
    assert_eq!(
        String::from_utf8(host.unwrap().stdout).unwrap(),
        "host providers: codex\n"
    );
    let build = format!("build -t nanoclaw-agent-v2-{}:latest .", site.slug());
    let asked = site.asked_of_engine();
    assert_eq!(
        asked,
        [
            format!("{}: info", site.shown("")),
            format!("{}: {build}", site.shown("container"))
        ]
    );
    assert_eq!(site.pending(), "");

    let verify = site.nanoclaw(&["skill", "verify", "codex"]);
    verify.ends(0, &["factory test: OK"]);

    let again = site.nanoclaw(&["skill", "add", "codex", "-y"]);
    again.ends(0, &["already installed"]);
    assert_eq!(
        site.asked_of_engine(),
        asked,
        "the second add asks the engine nothing"
    );
}

#[test]
fn without_buns_types_the_container_types_are_unavailable_and_the_rest_is_built() {
    let Some(site) = Site::with_packages() else {
        return;
    };
    let add = site.nanoclaw(&["skill", "add", "codex", "-y"]);
    add.ends(
        0,
        &[
            "unavailable",
            "container/agent-runner/node_modules/@types/bun",
            "cd container/agent-runner && bun install --frozen-lockfile",
            "built host build",
            "built image",
        ],
    );
    assert_eq!(site.pending(), "");
}

#[test]
fn an_optional_build_that_was_left_and_is_unavailable_later_is_not_waited_for() {
    let Some(site) = Site::with_packages() else {
        return;
    };
    let left = site.nanoclaw(&["skill", "add", "codex", "-y", "--no-build"]);
    left.ends(0, &["pending: host build, container types, image"]);
    let add = site.nanoclaw(&["skill", "add", "codex", "-y"]);
    add.ends(
        0,
        &[
            "unavailable container types",
            "built host build",
            "built image",
        ],
    );
    assert_eq!(site.pending(), "");

    site.leave_pending("container types\n");
    let check = ["skill", "add", "codex", "--check"];
    site.nanoclaw(&check).ends(0, &["already installed"]);
    let add = site.nanoclaw(&["skill", "add", "codex", "-y"]);
    add.ends(
        0,
        &[
            "already installed",
            "unavailable container types",
            "none pending",
        ],
    );
    assert_eq!(site.pending(), "");
}

#[test]
fn a_type_error_in_the_hosts_file_fails_the_host_build_and_the_next_add_goes_on() {
    let Some(site) = Site::with_packages() else {
        return;
    };
    let good = site.change_branch(HOST_PAYLOAD, |text| {
        format!("{text}\nexport const wrong: number = 'text';\n")
    });
    let add = site.nanoclaw(&["skill", "add", "codex", "-y"]);
    add.ends(
        4,
        &[
            "failed host build",
            "TS2322",
            "go back: nanoclaw skill undo",
        ],
    );
    assert_eq!(site.pending(), "host build\nimage\n");

    site.write(HOST_PAYLOAD, &good);
    let again = site.nanoclaw(&["skill", "add", "codex", "-y"]);
    again.ends(0, &["built host build", "built image"]);
    assert_eq!(site.pending(), "");
}

#[test]
fn a_type_error_in_the_containers_file_fails_the_container_types_and_the_next_add_goes_on_there() {
    let Some(site) = Site::with_packages() else {
        return;
    };
    site.install_bun_types();
    let good = site.change_branch(CONTAINER_PAYLOAD, |text| {
        format!("{text}\nexport const wrong: number = 'text';\n")
    });
    let add = site.nanoclaw(&["skill", "add", "codex", "-y"]);
    add.ends(4, &["built host build", "failed container types", "TS2322"]);
    assert_eq!(site.pending(), "container types\nimage\n");

    site.write(CONTAINER_PAYLOAD, &good);
    let again = site.nanoclaw(&["skill", "add", "codex", "-y"]);
    again.ends(0, &["built container types", "built image"]);
    assert!(!again.words().contains("host build"), "{}", again.words());
    assert_eq!(site.pending(), "");
}

#[test]
fn a_factory_test_that_fails_fails_the_verification() {
    let Some(site) = Site::without_packages() else {
        return;
    };
    site.change_branch(FACTORY_TEST, |text| {
        text.replace("toBe(false)", "toBe(true)")
    });
    site.nanoclaw(&["skill", "add", "codex", "-y", "--no-build"])
        .ends(0, &[]);
    site.nanoclaw(&["skill", "verify", "codex"]).ends(
        1,
        &[
            "factory test: FAILED",
            "a lost thread is a session to start anew",
        ],
    );
    site.nanoclaw(&["skill", "verify", "codex", "--no-tests"])
        .ends(0, &[]);
}

#[test]
fn an_image_that_does_not_build_is_pending_and_the_next_add_builds_just_that() {
    let Some(site) = Site::with_packages() else {
        return;
    };
    site.engine(Engine::FailsToBuild);
    let add = site.nanoclaw(&["skill", "add", "codex", "-y"]);
    add.ends(
        4,
        &[
            "built host build",
            "failed image",
            "no space left on device",
        ],
    );
    assert_eq!(site.pending(), "image\n");

    site.engine(Engine::Ready);
    let again = site.nanoclaw(&["skill", "add", "codex", "-y"]);
    again.ends(0, &["built image"]);
    assert!(!again.words().contains("host build"), "{}", again.words());
    assert_eq!(site.pending(), "");
}

#[test]
fn a_build_that_fails_alone_is_pending_as_well_and_a_label_of_an_older_document_stands_for_all() {
    let Some(site) = Site::with_packages() else {
        return;
    };
    site.nanoclaw(&["skill", "add", "codex", "-y"])
        .ends(0, &["built image"]);
    let build = ["skill", "build", "codex"];
    site.nanoclaw(&["skill", "build", "codex", "--no-image"])
        .ends(0, &["built host build"]);
    assert_eq!(site.pending(), "");
    site.engine(Engine::FailsToBuild);
    site.nanoclaw(&build)
        .ends(4, &["built host build", "failed image"]);
    assert_eq!(site.pending(), "image\n");
    let status = site.nanoclaw(&["skill", "status", "codex"]);
    status.ends(0, &["pending: image"]);

    site.engine(Engine::Ready);
    site.leave_pending("an older heading\n");
    let again = site.nanoclaw(&["skill", "add", "codex", "-y"]);
    again.ends(0, &["built host build", "built image"]);
    assert_eq!(site.pending(), "");
}

#[test]
fn an_engine_that_cannot_build_refuses_before_anything_is_written() {
    let Some(site) = Site::with_packages() else {
        return;
    };
    let before = site.tree();
    for (engine, found) in [
        (Engine::Stopped, "`docker` is installed and not running"),
        (Engine::NotPermitted, "does not let this user in"),
        (Engine::Absent, "which this host runs, is not on the PATH"),
    ] {
        site.engine(engine);
        let add = site.nanoclaw(&["skill", "add", "codex", "-y"]);
        add.ends(3, &["nothing was written", found, "--no-image"]);
        assert_eq!(site.tree(), before);
    }
    let add = site.nanoclaw(&["skill", "add", "codex", "-y", "--no-image"]);
    add.ends(0, &["built host build"]);
    assert_eq!(site.pending(), "image\n");
}

#[test]
fn without_pnpm_the_builds_are_refused() {
    let Some(site) = Site::with_packages() else {
        return;
    };
    let before = site.tree();
    site.unlink("pnpm");
    let add = site.nanoclaw(&["skill", "add", "codex", "-y"]);
    add.ends(
        3,
        &[
            "nothing was written",
            "`pnpm` is not on the PATH",
            "npm install -g pnpm@10.33.0",
            "--no-build",
        ],
    );
    assert_eq!(site.tree(), before);
}

#[test]
fn without_bun_the_verification_cannot_run() {
    let Some(site) = Site::without_packages() else {
        return;
    };
    site.nanoclaw(&["skill", "add", "codex", "-y", "--no-build"])
        .ends(0, &[]);
    site.unlink("bun");
    site.nanoclaw(&["skill", "verify", "codex"])
        .ends(2, &["`bun` is not on the PATH", "--no-tests"]);
    site.nanoclaw(&["skill", "verify", "codex", "--no-tests"])
        .ends(0, &[]);
}

#[test]
fn what_the_compiler_and_the_tests_pass_over_fails_the_verification() {
    let Some(site) = Site::with_packages() else {
        return;
    };
    site.nanoclaw(&["skill", "add", "codex", "-y"]).ends(0, &[]);
    site.nanoclaw(&["skill", "verify", "codex"]).ends(0, &[]);
    for (path, from, to) in [
        (HOST_PAYLOAD, None, ""),
        (
            "src/providers/index.ts",
            Some("import './codex.js'"),
            "// import './codex.js'",
        ),
        (
            "container/agent-runner/src/providers/index.ts",
            Some("import './codex.js'"),
            "// import './codex.js'",
        ),
    ] {
        let good = site.read(path);
        let bad = from.map_or_else(String::new, |from| good.replace(from, to));
        assert_ne!(good, bad);
        site.write(path, &bad);
        site.plain_checks();
        site.nanoclaw(&["skill", "verify", "codex"])
            .ends(1, &[path]);
        site.write(path, &good);
    }
    site.nanoclaw(&["skill", "verify", "codex"]).ends(0, &[]);
}

#[test]
fn the_edited_dockerfile_is_clean_and_a_sabotaged_one_is_not() {
    let Some(hadolint) = tools::or_skip(tools::hadolint()) else {
        return;
    };
    let Some(site) = Site::without_packages() else {
        return;
    };
    let lint = || {
        // The sample's own choices: Debian packages without versions, no pipefail, and one RUN a program.
        let mut command = Command::new(&hadolint);
        command.args([
            "--no-color",
            "--ignore",
            "DL3008",
            "--ignore",
            "DL4006",
            "--ignore",
            "DL3059",
            "--ignore",
            "DL3066",
            "--error",
            "SC2153",
        ]);
        command
            .arg(site.checkout().join("container/Dockerfile"))
            .output()
            .unwrap()
    };
    assert!(
        lint().status.success(),
        "{}",
        String::from_utf8_lossy(&lint().stdout)
    );
    site.nanoclaw(&["skill", "add", "codex", "-y", "--no-build"])
        .ends(0, &[]);
    let good = site.read("container/Dockerfile");
    assert!(good.contains("CODEX_VERSION"));
    assert!(
        lint().status.success(),
        "{}",
        String::from_utf8_lossy(&lint().stdout)
    );

    let install = "pnpm install -g \"@openai/codex@${CODEX_VERSION}\"";
    for (from, to, is_linted) in [
        (install, "", true),
        (
            "\\\n    pnpm install -g \"@openai",
            "\n    pnpm install -g \"@openai",
            true,
        ),
        ("ARG CODEX_VERSION=", "ARG CODEX_VERSON=", true),
        ("ARG CODEX_VERSION=0.124.0", "", false),
        (install, "pnpm install -g \"@openai/codex\"", false),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(good, bad);
        site.write("container/Dockerfile", &bad);
        assert_eq!(
            !lint().status.success(),
            is_linted,
            "{from} -> {to}: {}",
            String::from_utf8_lossy(&lint().stdout)
        );
        site.nanoclaw(&["skill", "verify", "codex", "--no-tests"])
            .ends(1, &["container/Dockerfile"]);
    }
}

//! What harms the host itself: its sources, builds, image, service and surroundings.

use std::fs;
use std::net::TcpListener;

use super::Row;
use crate::support::World;
use crate::{BUN_TYPES, DOCKER, SYSTEMCTL, append, execute, later, put, stand_in};

/// The barrels of the host and of the container.
const HOST: &str = "src/providers/index.ts";
const CONTAINER: &str = "container/agent-runner/src/providers/index.ts";

/// An engine that runs, and fails otherwise with these words.
fn without_image(words: &str) -> String {
    format!("case \"$*\" in info) ;; *) printf '%s' '{words}' >&2; exit 1 ;; esac")
}

fn engine(world: &World, name: &str) {
    put(
        &world.root.join("src/container-runtime.ts"),
        &format!("export const CONTAINER_RUNTIME_BIN = '{name}';\n"),
    );
}

pub(super) const HARMS: &[Row] = &[
    (
        |w| fs::remove_file(w.root.join("src/providers/codex.ts")).expect("a file"),
        "sources",
        "error",
        "6 of 7",
    ),
    (
        |w| {
            let state = w.root.join(".git/nanoclaw");
            fs::rename(state.join("undo-0001"), state.join("journal")).expect("a journal");
        },
        "sources",
        "error",
        "`skill add codex` was broken off here",
    ),
    (
        |w| append(&w.root.join(CONTAINER), "import './other.js';\n"),
        "sources",
        "error",
        "container/agent-runner/src/providers/index.ts:7: the imported module `./other.js` is not there",
    ),
    (
        |w| append(&w.root.join(HOST), "export { x } from './codex.js';\n"),
        "sources",
        "error",
        "src/providers/index.ts:6: the imported module `./codex.js` does not export `x`",
    ),
    (
        // The barrel itself bears that it is not there.
        |w| {
            let text =
                "try { await import('./own.js'); } catch {}\nimport type { T } from './t.js';\n";
            append(&w.root.join(CONTAINER), text);
        },
        "sources",
        "ok",
        "7 of 7",
    ),
    (
        |w| put(&w.root.join("dist/providers/codex.js"), ""),
        "host build",
        "error",
        "does not register `codex`",
    ),
    (
        |w| fs::remove_file(w.root.join("dist/providers/codex.js")).expect("a file"),
        "host build",
        "error",
        "dist/ has nothing built of src/providers/codex.ts",
    ),
    (
        |w| {
            put(
                &w.root.join("dist/providers/index.js"),
                "// import './codex.js';\n",
            );
        },
        "host build",
        "error",
        "does not import `./codex.js`",
    ),
    (
        |w| later(&w.root.join("src/providers/codex.ts")),
        "host build",
        "warning",
        "is newer than",
    ),
    (
        |w| put(&w.root.join(".git/nanoclaw/pending-codex"), "image\n"),
        "builds",
        "warning",
        "pending: image",
    ),
    (
        |w| {
            for types in ["node_modules", BUN_TYPES] {
                fs::remove_dir(w.root.join(types)).expect("a folder");
            }
        },
        "types",
        "warning",
        "not looked at: `node_modules` is not there; `container/agent-runner/node_modules/@types/bun` is not there",
    ),
    (
        |w| {
            let error = "echo 'src/providers/codex.ts(1,1): error TS2307: no module'; exit 2";
            stand_in(w, "pnpm", error);
        },
        "types",
        "warning",
        "wrong (exit code 2): src/providers/codex.ts(1,1): error TS2307: no module",
    ),
    (
        |w| stand_in(w, "pnpm", "echo 'sh: 1: tsc: not found' >&2; exit 127"),
        "types",
        "warning",
        "not looked at: the command ended with exit code 127: sh: 1: tsc: not found",
    ),
    (
        |w| {
            stand_in(
                w,
                "pnpm",
                "echo 'ERR_PNPM_X  Command \"tsc\" not found'; exit 1",
            );
        },
        "types",
        "warning",
        "not looked at: the command ended with exit code 1: ERR_PNPM_X  Command \"tsc\" not found",
    ),
    (
        |w| stand_in(w, "docker", "exit 1"),
        "image",
        "warning",
        "`docker` does not answer",
    ),
    (
        |w| {
            stand_in(
                w,
                "docker",
                &without_image("Error response from daemon: No such image: x:latest"),
            );
        },
        "image",
        "error",
        ":latest is not there",
    ),
    (
        |w| stand_in(w, "docker", &without_image("permission denied")),
        "image",
        "warning",
        ":latest is not looked at: `docker` says: permission denied",
    ),
    (
        |w| stand_in(w, "docker", &without_image("")),
        "image",
        "warning",
        ":latest is not looked at: `docker` ended with 1 and says nothing",
    ),
    (
        |w| {
            stand_in(
                w,
                "docker",
                &DOCKER.replace("history*)", "history*) echo no store >&2; exit 1 ;; never)"),
            );
        },
        "image",
        "warning",
        ":latest is not looked at: `docker` says: no store",
    ),
    (
        // What it is a script of is not there.
        |w| {
            stand_in(w, "nerdctl", "");
            put(&w.base().join("bin/nerdctl"), "#!/gone/sh\n");
            engine(w, "nerdctl");
        },
        "image",
        "warning",
        "`nerdctl` cannot be started",
    ),
    (
        |w| stand_in(w, "docker", "exec yes"),
        "image",
        "warning",
        "says more than 4194304 bytes",
    ),
    (
        // Apple's engine is not asked what an image holds.
        |w| {
            stand_in(w, "container", "exit 0");
            engine(w, "container");
        },
        "image",
        "warning",
        "is not asked for what an image holds",
    ),
    (
        |w| stand_in(w, "docker", &DOCKER.replace("2100", "2020")),
        "image",
        "warning",
        "is older than the Dockerfile",
    ),
    (
        |w| stand_in(w, "docker", &DOCKER.replace("0.130.0", "0.129.0")),
        "image",
        "warning",
        "holds another @openai/codex than 0.130.0, which the Dockerfile pins",
    ),
    (
        |w| stand_in(w, "docker", &DOCKER.replace("@openai/codex", "x")),
        "image",
        "error",
        "was made without @openai/codex",
    ),
    (
        // Docker has the image, and the host runs another engine.
        |w| {
            stand_in(
                w,
                "podman",
                &without_image("Error: x:latest: image not known"),
            );
            engine(w, "podman");
        },
        "image",
        "error",
        ":latest is not there",
    ),
    (
        |w| {
            execute(
                &w.root.join("data/v2.db"),
                "UPDATE container_configs SET image_tag = 'own:1'",
            );
            let docker =
                format!("case \"$*\" in *own:1) echo No such image >&2; exit 1 ;; esac; {DOCKER}");
            stand_in(w, "docker", &docker);
        },
        "image",
        "error",
        "own:1 is not there",
    ),
    (
        |w| {
            execute(
                &w.root.join("data/v2.db"),
                "UPDATE container_configs SET image_tag = 'own:1'",
            );
        },
        "image",
        "ok",
        "own:1 holds @openai/codex",
    ),
    (
        |w| put(&w.root.join("src/install-slug.ts"), "export const x = 1;\n"),
        "service",
        "warning",
        "not looked at: src/install-slug.ts gives its name in no way that is read here",
    ),
    (
        |w| stand_in(w, "systemctl", "exit 1"),
        "service",
        "warning",
        "systemd did not answer for this user",
    ),
    (
        |w| stand_in(w, "systemctl", "echo LoadState=not-found"),
        "service",
        "error",
        "no host answers",
    ),
    (
        |w| stand_in(w, "systemctl", &SYSTEMCTL.replace("*--user*", "*show*")),
        "service",
        "warning",
        "two hosts would answer",
    ),
    (
        |w| stand_in(w, "systemctl", &SYSTEMCTL.replace("=active", "=failed")),
        "service",
        "error",
        "is failed",
    ),
    (
        |w| stand_in(w, "systemctl", &SYSTEMCTL.replace("=active", "=reloading")),
        "service",
        "ok",
        "runs, and began after the host was built",
    ),
    (
        |w| {
            stand_in(
                w,
                "systemctl",
                &SYSTEMCTL
                    .replace("=loaded", "=masked")
                    .replace("=active", "=inactive"),
            );
        },
        "service",
        "error",
        "is masked",
    ),
    (
        |w| {
            stand_in(
                w,
                "systemctl",
                &SYSTEMCTL
                    .replace("=loaded", "=bad-setting")
                    .replace("=active", "=inactive"),
            );
        },
        "service",
        "error",
        "cannot be loaded (bad-setting)",
    ),
    (
        |w| {
            let source = "export const path = join(DATA_DIR, 'ncl.sock');\n";
            put(&w.root.join("src/cli/socket-server.ts"), source);
        },
        "service",
        "warning",
        "runs, and no host answers at data/ncl.sock",
    ),
    (
        |w| {
            let source = "// ncl.sock\n";
            put(&w.root.join("src/cli/socket-server.ts"), source);
        },
        "service",
        "ok",
        "runs, and began after the host was built",
    ),
    (
        |w| stand_in(w, "systemctl", &SYSTEMCTL.replace("2100", "1970")),
        "service",
        "warning",
        "before the host was built",
    ),
    (
        |w| {
            put(
                &w.root.join("src/container-runner.ts"),
                "import { OneCLI } from '@onecli-sh/sdk';\n",
            );
        },
        "OneCLI",
        "warning",
        "no ONECLI_URL",
    ),
    (
        |w| {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let address = listener.local_addr().expect("an address");
            put(
                &w.root.join(".env"),
                &format!("ONECLI_URL=http://me:secret@{address}\n"),
            );
            // It listens until the tests end.
            std::mem::forget(listener);
        },
        "OneCLI",
        "ok",
        "answers at http://***@127.0.0.1:",
    ),
    (
        |w| {
            put(
                &w.root.join(".env"),
                "OPENAI_API_KEY=sk-secret\nONECLI_URL=http://127.0.0.1:1\n",
            );
        },
        "OneCLI",
        "error",
        "nothing answers at http://127.0.0.1:1",
    ),
    (
        |w| {
            put(
                &w.root.join("logs/nanoclaw.error.log"),
                "x\nCodex: 401 at https://me:secret@h/\n",
            );
        },
        "error log",
        "warning",
        "Codex: 401 at https://***@h/",
    ),
];

//! What harms a host, one thing after the other, and the check that tells it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::support::World;
use super::{
    BUN_TYPES, DOCKER, SYSTEMCTL, checks, doctor, execute, host_unit, later, put, stand_in, well,
};

/// What is done to a host.
pub(super) type Harm = fn(&World);

/// What harms the host, the check that tells it, and how.
const HARMS: &[(Harm, &str, &str, &str)] = &[
    (
        |w| {
            let unit = host_unit(w);
            let drop_in =
                format!("home/.config/systemd/user/{unit}.service.d/zz-nanoclaw-model.conf");
            put(&w.base().join(&drop_in), "");
            stand_in(w, "systemctl", &SYSTEMCTL.replace("2100", "2020"));
        },
        "model read",
        "warning",
        "it still asks the one before",
    ),
    (
        |w| {
            stand_in(
                w,
                "systemctl",
                &SYSTEMCTL.replace("HOME=/h", "OPENAI_API_KEY=sk-secret"),
            );
        },
        "endpoint",
        "warning",
        "codex reads no OPENAI_API_KEY of the host's environment",
    ),
    (
        |w| {
            let config = w.base().join("home/.codex/config.toml");
            put(&config, "openai_base_url = \"http://h/\"\n");
        },
        "endpoint",
        "warning",
        "no container gets the openai_base_url of ~/.codex/config.toml",
    ),
    (
        |w| put(&w.root.join("src/install-slug.ts"), "export const x = 1;\n"),
        "service",
        "warning",
        "not looked at: src/install-slug.ts gives its name in no way that is read here",
    ),
    (
        |w| put(&w.root.join("dist/providers/codex.js"), ""),
        "host build",
        "error",
        "does not register `codex`",
    ),
    (
        |w| stand_in(w, "systemctl", "exit 1"),
        "service",
        "warning",
        "systemd did not answer for this user",
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
        |w| put(&w.base().join("home/.codex/auth.json"), "{"),
        "sign-in",
        "warning",
        "in a form that this program does not read",
    ),
    (
        |w| fs::remove_file(w.root.join("src/providers/codex.ts")).expect("a file"),
        "sources",
        "error",
        "6 of 7",
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
        |w| put(&w.root.join(".git/nanoclaw/pending-codex"), "image\n"),
        "builds",
        "warning",
        "pending: image",
    ),
    (
        |w| stand_in(w, "docker", "exit 1"),
        "image",
        "warning",
        "`docker` does not answer",
    ),
    (
        |w| stand_in(w, "docker", "[ \"$*\" = info ]"),
        "image",
        "error",
        ":latest is not there",
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
            stand_in(w, "podman", "[ \"$*\" = info ]");
            put(
                &w.root.join("src/container-runtime.ts"),
                "export const CONTAINER_RUNTIME_BIN = 'podman';\n",
            );
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
            let docker = format!("case \"$*\" in *own:1) exit 1 ;; esac; {DOCKER}");
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
        |w| stand_in(w, "systemctl", &SYSTEMCTL.replace("2100", "1970")),
        "service",
        "warning",
        "before the host was built",
    ),
    (
        |w| stand_in(w, "systemctl", &SYSTEMCTL.replace("gpt-6", "gpt-5.4-mini")),
        "model",
        "warning",
        "left Codex on 2026-08-31",
    ),
    (
        |w| stand_in(w, "codex", "echo codex-cli 0.124.0"),
        "codex here",
        "warning",
        "0.124.0 here, and 0.130.0 in the image",
    ),
    (
        |w| {
            let dockerfile = w.root.join("container/Dockerfile");
            let text = fs::read_to_string(&dockerfile).expect("a file");
            put(&dockerfile, &text.replace("0.130.0", "0.124.0"));
        },
        "pin",
        "warning",
        "codex 0.124.0: the models of today refuse it (400)",
    ),
    (
        |w| put(&w.root.join(".env"), "OPENAI_BASE_URL=http://h/\n"),
        ".env",
        "warning",
        "OPENAI_BASE_URL: read in the host's environment, which .env does not reach",
    ),
    (
        |w| {
            put(
                &w.root.join(DOCUMENT),
                "Set `AGENT_PROVIDER` and CODEX_MODEL, or `container_config.env`.",
            );
            put(
                &w.root.join("src/config.test.ts"),
                "process.env.AGENT_PROVIDER = 'codex';",
            );
            put(&w.root.join(".env"), "AGENT_PROVIDER=codex\n");
        },
        "document",
        "warning",
        "names AGENT_PROVIDER, which nothing here reads: AGENT_PROVIDER is set without an effect",
    ),
    (
        |w| {
            put(
                &w.root.join(DOCUMENT),
                "Set `AGENT_PROVIDER`, NANO_X and container_config.env.",
            );
            put(
                &w.root.join("src/config.ts"),
                "// AGENT_PROVIDER\nconst read = readEnvFile(['NANO_X']);\n",
            );
            put(
                &w.root.join("src/container-config.ts"),
                "interface ContainerConfig {\n  mcpServers: X;\n}\n",
            );
        },
        "document",
        "ok",
        "names AGENT_PROVIDER, container_config.env, which nothing here reads; none is set",
    ),
    (
        |w| stand_in(w, "codex", "exit 1"),
        "codex here",
        "warning",
        "does not answer `codex --version`",
    ),
    (
        |w| fs::remove_file(w.base().join("home/.codex/auth.json")).expect("a file"),
        "sign-in",
        "error",
        "nobody is signed in: ~/.codex/auth.json",
    ),
    (
        |w| sign_in(w, HOST, &chatgpt("2026-05-01T12:00:00Z")),
        "sign-in",
        "warning",
        "by ChatGPT, refreshed ",
    ),
    (
        |w| {
            sign_in(w, HOST, &chatgpt("2100-05-01T12:00:00Z"));
            sign_in(w, COPY, &chatgpt("2100-05-02T12:00:00Z"));
        },
        "copies",
        "warning",
        "that of s-1 was refreshed after the host's",
    ),
    (
        |w| sign_in(w, COPY, &chatgpt("2100-05-02T12:00:00Z")),
        "copies",
        "warning",
        "that of s-1 is of another login",
    ),
    (
        |w| {
            sign_in(w, HOST, &chatgpt("2100-05-02T12:00:00Z"));
            sign_in(w, COPY, &chatgpt("2100-05-01T12:00:00Z"));
        },
        "copies",
        "ok",
        "1 sessions have one",
    ),
    (
        |w| {
            fs::set_permissions(
                w.base().join("home/.codex/auth.json"),
                Permissions::from_mode(0o644),
            )
            .expect("a mode");
        },
        "auth.json",
        "warning",
        "(0644)",
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
            execute(
                &w.root.join("data/v2.db"),
                "UPDATE container_configs SET provider = NULL",
            );
        },
        "groups",
        "warning",
        "none of 1 has codex for its provider; claude is that of Main (ag-1)",
    ),
    (
        |w| {
            execute(
                &w.root.join("data/v2.db"),
                "UPDATE sessions SET agent_provider = 'claude'",
            );
        },
        "groups",
        "error",
        "Main (ag-1): session s-1: the host readies its container for claude, and codex runs in it",
    ),
    (
        |w| {
            execute(
                &w.root.join("data/v2.db"),
                "INSERT INTO agent_groups VALUES ('ag-2', 'Two', 'two', 'codex')",
            );
        },
        "groups",
        "error",
        "Two (ag-2): the host readies its containers for codex, and claude runs in them",
    ),
    (
        |w| {
            execute(
                &w.root.join("data/v2.db"),
                "UPDATE container_configs SET provider = 'gone'",
            );
        },
        "groups",
        "error",
        "Main (ag-1) has `gone`, which no barrel registers",
    ),
    (
        |w| {
            execute(
                &w.root.join("data/v2.db"),
                "INSERT INTO agent_groups VALUES ('ag-2', x'ff', 'two', NULL)",
            );
        },
        "groups",
        "warning",
        "`name` of the row `ag-2` in `agent_groups` is a blob of 1 bytes",
    ),
    (
        |w| {
            fs::remove_dir_all(w.root.join("data/v2-sessions/ag-1/s-1/codex/sessions"))
                .expect("a folder");
        },
        "threads",
        "warning",
        "the thread of s-1 is gone",
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

/// The checkout's own document.
const DOCUMENT: &str = ".claude/skills/add-codex/SKILL.md";

/// Where the host's login is, and the copy of a session.
const HOST: &str = "home/.codex/auth.json";
const COPY: &str = "checkout/data/v2-sessions/ag-1/s-1/codex/auth.json";

fn sign_in(world: &World, place: &str, login: &str) {
    put(&world.base().join(place), login);
}

/// A login by ChatGPT.
fn chatgpt(refreshed: &str) -> String {
    format!(
        r#"{{"OPENAI_API_KEY":null,"tokens":{{"refresh_token":"secret","account_id":"a"}},"last_refresh":"{refreshed}"}}"#
    )
}

#[test]
fn each_check_has_something_that_makes_it_speak() {
    let spoken = || HARMS.iter().filter(|(_, _, level, _)| *level != "ok");
    // Of that one a test of its own.
    let is_told = |name: &str| name == "folder" || spoken().any(|(_, its, ..)| *its == name);
    for (name, ..) in checks(&doctor(&well())) {
        assert!(is_told(&name), "nothing makes `{name}` speak");
    }
}

#[test]
fn what_keeps_codex_from_answering_is_told() {
    for (harm, name, level, words) in HARMS {
        let world = well();
        harm(&world);
        let run = doctor(&world);
        let found = checks(&run);
        let told = found.iter().any(|(its_name, its_level, its_words)| {
            its_name == *name && its_level == *level && its_words.contains(words)
        });
        assert!(told, "no {level} of {name}, `{words}`, in {found:?}");
        let has_error = found.iter().any(|(_, level, _)| level == "error");
        assert_eq!(run.code, i32::from(has_error), "{found:?}");
        assert!(!String::from_utf8_lossy(&run.stdout).contains("secret"));
    }
}

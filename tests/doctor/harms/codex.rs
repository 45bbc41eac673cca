//! What harms codex: its version, model, settings, sign-in, groups and threads.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use super::Row;
use crate::support::World;
use crate::{SESSION, SYSTEMCTL, execute, host_unit, put, stand_in};

pub(super) const HARMS: &[Row] = &[
    (
        |w| fs::remove_file(w.root.join("data/v2.db")).expect("a file"),
        "groups",
        "warning",
        "its host has not run yet, so there are no groups",
    ),
    (
        |w| stand_in(w, "codex", "echo codex-cli 0.124.0"),
        "codex here",
        "warning",
        "0.124.0 here, and 0.130.0 in the image",
    ),
    (
        |w| stand_in(w, "codex", "exit 1"),
        "codex here",
        "warning",
        "does not answer `codex --version`",
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
        |w| stand_in(w, "systemctl", &SYSTEMCTL.replace("gpt-6", "gpt-5.4-mini")),
        "model",
        "warning",
        "left Codex on 2026-08-31",
    ),
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
        // Words of one variable are no variables.
        |w| {
            let quoted = r#"HOME=/h "A=x CODEX_MODEL=gpt-5.4-mini" "B=\\"" CODEX_MODEL=gpt-7"#;
            stand_in(
                w,
                "systemctl",
                &SYSTEMCTL.replace("HOME=/h CODEX_MODEL=gpt-6", quoted),
            );
        },
        "model",
        "ok",
        "gpt-7 (CODEX_MODEL of the service)",
    ),
    (
        |w| {
            let quoted = r#"CODEX_MODEL=gpt-6 "A=x CODEX_MODEL=gpt-5.4-mini""#;
            stand_in(
                w,
                "systemctl",
                &SYSTEMCTL.replace("HOME=/h CODEX_MODEL=gpt-6", quoted),
            );
        },
        "model",
        "ok",
        "gpt-6 (CODEX_MODEL of the service)",
    ),
    (
        |w| put(&w.root.join(".env"), "OPENAI_BASE_URL=http://h/\n"),
        ".env",
        "warning",
        "OPENAI_BASE_URL: read in the host's environment, which .env does not reach",
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
        |w| put(&w.base().join("home/.codex/auth.json"), "{"),
        "sign-in",
        "warning",
        "in a form that this program does not read",
    ),
    (
        |w| fs::remove_file(w.base().join("home/.codex/auth.json")).expect("a file"),
        "sign-in",
        "error",
        "nobody is signed in: ~/.codex/auth.json",
    ),
    (
        |w| {
            sign_in(
                w,
                HOST,
                r#"{"auth_mode":"chatgpt","OPENAI_API_KEY":"sk-secret"}"#,
            );
        },
        "sign-in",
        "error",
        "holds no login",
    ),
    (
        |w| sign_in(w, HOST, r#"{"auth_mode":"apikey"}"#),
        "sign-in",
        "error",
        "holds no login",
    ),
    (
        |w| {
            fs::remove_file(w.base().join(HOST)).expect("a file");
            fs::create_dir(w.base().join(HOST)).expect("a folder");
        },
        "sign-in",
        "error",
        "~/.codex/auth.json is a folder",
    ),
    (
        |w| sign_in(w, HOST, &chatgpt("2100-05-01T12:00:00Z")),
        "sign-in",
        "ok",
        "by ChatGPT, refreshed at a time that is still to come",
    ),
    (
        // A group's folder that leads out of the checkout.
        |w| {
            let outside = w.base().join("outside/s-9/codex");
            put(&outside.join("auth.json"), &chatgpt("2100-05-01T12:00:00Z"));
            let link = w.root.join("data/v2-sessions/ag-9");
            symlink(w.base().join("outside"), link).expect("a symlink");
        },
        "copies",
        "ok",
        "1 sessions have one",
    ),
    (
        |w| {
            let session = w.root.join("data/v2-sessions/ag-1/s-1");
            execute(
                &session.join("outbound.db"),
                "UPDATE session_state SET value = ''",
            );
        },
        "threads",
        "ok",
        "0 sessions go on with one",
    ),
    (
        |w| {
            let more =
                "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) ";
            let groups = "INSERT INTO agent_groups SELECT 'ag-' || i, 'G', 'g-' || i, NULL FROM n;";
            let configs =
                "INSERT INTO container_configs SELECT 'ag-' || i, 'codex', NULL, '' FROM n;";
            let file = w.root.join("data/v2.db");
            execute(&file, &format!("{more}{groups}"));
            execute(&file, &format!("{more}{configs}"));
        },
        "groups",
        "ok",
        " and 4995 more",
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
            execute(
                &w.root.join("data/v2.db"),
                "INSERT INTO sessions VALUES ('s-2', 'ag-1', NULL, 'active')",
            );
            let folder = w.root.join("data/v2-sessions/ag-1");
            execute(&folder.join("s-2/outbound.db"), SESSION);
            execute(
                &folder.join("s-1/outbound.db"),
                "UPDATE session_state SET value = x'01'",
            );
        },
        "threads",
        "warning",
        "`data/v2-sessions/ag-1/s-1/outbound.db`: `value` of the row `continuation:codex` in `session_state` is a blob of 1 bytes",
    ),
    (
        |w| {
            execute(
                &w.root.join("data/v2.db"),
                "INSERT INTO sessions VALUES ('s-2', 'ag-1', NULL, 'active')",
            );
            let folder = w.root.join("data/v2-sessions/ag-1");
            execute(&folder.join("s-2/outbound.db"), SESSION);
            put(&folder.join("s-1/outbound.db"), "no database");
        },
        "threads",
        "warning",
        "the thread of s-2 is gone",
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

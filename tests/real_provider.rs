//! `skill try` by a provider under the real bun, which runs the real codex, on this machine and in what a stand-in for the engine runs; the model's
//! endpoint is the test's own. Each test runs itself again in a network namespace, as those of `real_codex.rs`.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic and print"
)]

mod support;
mod tools;

mod real_codex {
    #![allow(dead_code, reason = "each test program uses its own part")]
    pub mod endpoint;
    pub mod site;
}

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use real_codex::endpoint::{ANSWER, Does, Endpoint, IDENTITY, KEY};
use real_codex::site::{Site, in_namespace};
use support::Tree;

const PROVIDER: &[&str] = &["--level", "provider"];
const CONTAINER: &[&str] = &["--level", "container"];

const IMAGE: &str = "export function getContainerImageBase(root?: string): string {\n  return `agent-of-${getInstallSlug(root)}`;\n}\nexport const image = `${getContainerImageBase()}:latest`;\n";

/// Runs a test in a namespace with the real codex. Bun is brought before that: inside there is no network.
fn with_bun(test: &str, run: impl Fn(&Path)) {
    if tools::or_skip(tools::node_tools()).is_some() {
        in_namespace(test, run);
    }
}

/// The sample with a provider that asks, the real bun, a stand-in for the engine, and a codex that is set to an endpoint wherever its home is. In
/// the user's own home are a sign-in and settings.
fn site(codex: &Path, port: u16, key: &str) -> Option<Site> {
    let node_tools = tools::or_skip(tools::node_tools())?;
    let mut site = Site::new(codex);
    let added = site
        .world
        .nanoclaw(&["skill", "add", "codex", "--no-build", "-y"]);
    assert_eq!(added.code, 0, "{added:?}");
    let folder = site.world.root.join("container/agent-runner/src/providers");
    fs::write(
        folder.join("codex.ts"),
        include_str!("real_codex/provider.ts"),
    )
    .unwrap();
    let slug = site.world.root.join("src/install-slug.ts");
    let source = fs::read_to_string(&slug).unwrap();
    fs::write(slug, format!("{source}{IMAGE}")).unwrap();
    let bin = site.codex.parent().unwrap().to_path_buf();
    symlink(tools::bun(&node_tools), bin.join("bun")).unwrap();
    for name in ["sh", "sed", "ln"] {
        symlink(tools::program(name).unwrap(), bin.join(name)).unwrap();
    }
    fs::remove_file(&site.codex).unwrap();
    let real = codex.display();
    // A shell that codex starts would end with its container, and the stand-in is none.
    let inside =
        "case \"$HOME\" in */inside) set -- -c features.shell_snapshot=false \"$@\" ;; esac";
    let set = format!(
        "#!/bin/sh\n{inside}\nexec '{real}' -c 'openai_base_url=\"http://127.0.0.1:{port}/v1\"' \"$@\"\n"
    );
    for (name, text) in [
        ("codex", set.as_str()),
        ("docker", include_str!("support/engine.sh")),
    ] {
        fs::write(bin.join(name), text).unwrap();
        fs::set_permissions(bin.join(name), Permissions::from_mode(0o755)).unwrap();
    }
    let own = site.world.base().join("home/.codex");
    fs::create_dir(&own).unwrap();
    // The user's own settings, in which codex would break.
    fs::write(own.join("config.toml"), "nonsense\n").unwrap();
    site.world
        .environment
        .retain(|(name, _)| *name != "CODEX_HOME");
    let saw = site.world.base().join("engine").display().to_string();
    site.world.environment.push(("ENGINE_SAW", saw));
    if !key.is_empty() {
        let login = format!("{{\"auth_mode\":\"apikey\",\"OPENAI_API_KEY\":\"{key}\"}}");
        sign_in(&site, &login);
    }
    Some(site)
}

/// Gives the user a login.
fn sign_in(site: &Site, login: &str) {
    let file = site.world.base().join("home/.codex/auth.json");
    fs::write(&file, login).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn the_provider_answers_resumes_and_recovers_and_leaves_the_users_own_home() {
    let test = "the_provider_answers_resumes_and_recovers_and_leaves_the_users_own_home";
    with_bun(test, |codex| {
        let time = regex::Regex::new(" +[0-9]+ ms +").unwrap();
        for level in [PROVIDER, CONTAINER] {
            let endpoint = Endpoint::start(Does::Answers);
            let Some(site) = site(codex, endpoint.port, KEY) else {
                return;
            };
            let own = site.world.base().join("home/.codex");
            // Asked for its version, codex makes a folder for itself.
            let of_user = || {
                let mut tree = Tree::read(&own);
                tree.0.retain(|path, _| !path.starts_with("tmp"));
                [Tree::read(&site.world.root), tree]
            };
            let before = of_user();
            let prompt = ["--prompt", "Say pong", "--model", "gpt-5.4-mini"];
            let result = format!("result {ANSWER}\n");
            let resume = format!("the same thread in another app-server: {ANSWER}\n");
            let words = [
                ", model gpt-5.4-mini\n",
                "progress ",
                &resume,
                "known by the provider (no rollout found for thread id",
                "and a fresh one began\n",
            ];
            let run = site.trial(&[level, &prompt].concat(), 0, &words);
            let stdout = String::from_utf8_lossy(&run.stdout).into_owned();
            assert!(time.replace_all(&stdout, " ").contains(&result), "{stdout}");
            let asked = endpoint.asked();
            assert!((2..=3).contains(&asked.len()), "{}", asked.len());
            assert!(!asked[0].body.contains(ANSWER) && asked[1].body.contains(ANSWER));
            assert!(asked[0].body.contains("Say pong"));
            // Outside a container codex has no shell.
            let has_shell = asked[0].body.contains(r#""name":"exec_command""#)
                || asked[0].body.contains(r#""name":"shell"#);
            assert_eq!(has_shell, level == CONTAINER, "{}", asked[0].body);
            for (before, after) in before.iter().zip(&of_user()) {
                assert_eq!(before.differences(after), Vec::<String>::new());
            }
            let temporary = fs::read_dir(site.world.base().join("tmp")).unwrap();
            assert_eq!(temporary.count(), 0);
        }
    });
}

#[test]
fn a_login_that_is_refreshed_in_a_trial_is_the_users_own() {
    let test = "a_login_that_is_refreshed_in_a_trial_is_the_users_own";
    with_bun(test, |codex| {
        for level in [PROVIDER, CONTAINER] {
            let endpoint = Endpoint::start(Does::Answers);
            let Some(mut site) = site(codex, endpoint.port, "") else {
                return;
            };
            let url = format!("http://127.0.0.1:{}/oauth/token", endpoint.port);
            site.world
                .environment
                .push(("CODEX_REFRESH_TOKEN_URL_OVERRIDE", url));
            let tokens = format!(
                r#"{{"id_token":"{IDENTITY}","access_token":"old","refresh_token":"refresh-1","account_id":"acc"}}"#
            );
            let login = format!(
                r#"{{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{tokens},"last_refresh":"2026-01-01T00:00:00Z"}}"#
            );
            sign_in(&site, &login);
            site.trial(level, 0, &[ANSWER]);
            let login = site.world.base().join("home/.codex/auth.json");
            let login = fs::read_to_string(login).unwrap();
            assert!(login.contains("refresh-2"), "{login}");
        }
    });
}

#[test]
fn a_provider_that_gives_no_text_is_explained_by_codex_itself() {
    let test = "a_provider_that_gives_no_text_is_explained_by_codex_itself";
    with_bun(test, |codex| {
        let silent = "gives no text (it completes without a text): ";
        for (does, key, words) in [
            (Does::Answers, "", "codex is not signed in"),
            (
                Does::Answers,
                "sk-test-a-wrong-one",
                "refuses codex's sign-in (401)",
            ),
            (
                Does::RefusesModel,
                KEY,
                "refuses the model `gpt-5.4-mini`: ",
            ),
            (Does::HasChatOnly, KEY, "has no Responses API (404)"),
        ] {
            let endpoint = Endpoint::start(does);
            let Some(site) = site(codex, endpoint.port, key) else {
                return;
            };
            let run = site.trial(
                PROVIDER,
                1,
                &["init ", silent, words, "nanoclaw skill doctor codex"],
            );
            assert!(
                !String::from_utf8_lossy(&run.stdout).contains("result"),
                "{run:?}"
            );
        }
    });
}

#[test]
fn a_provider_that_hangs_is_ended_with_its_codex() {
    with_bun("a_provider_that_hangs_is_ended_with_its_codex", |codex| {
        for level in [PROVIDER, CONTAINER] {
            let endpoint = Endpoint::start(Does::Hangs);
            let Some(site) = site(codex, endpoint.port, KEY) else {
                return;
            };
            let words = ["after 15 s (--timeout), and was ended"];
            site.trial(&[level, &["--timeout", "15"]].concat(), 1, &words);
            // By the provider, and by codex itself where it was started in time.
            let asked = endpoint.asked().len();
            assert!((1..=2).contains(&asked), "{asked}");
        }
    });
}

#[test]
fn a_barrel_that_does_not_load_is_told_with_the_module_it_lacks() {
    with_bun(
        "a_barrel_that_does_not_load_is_told_with_the_module_it_lacks",
        |codex| {
            let Some(site) = site(codex, 9, KEY) else {
                return;
            };
            let claude = "container/agent-runner/src/providers/claude.ts";
            let claude = site.world.root.join(claude);
            let source = fs::read_to_string(&claude).unwrap();
            for (import, lacks, mend) in [
                (
                    "a-package-that-is-not-there",
                    "Cannot find package 'a-package-that-is-not-there'",
                    "cd container/agent-runner && bun install --frozen-lockfile",
                ),
                (
                    "./a-file-that-is-not-there.js",
                    "Cannot find module './a-file-that-is-not-there.js'",
                    "nanoclaw skill verify codex",
                ),
            ] {
                fs::write(&claude, format!("import '{import}';\n{source}")).unwrap();
                let error = format!("error: the checkout's providers do not load: {lacks}");
                let hint = format!("hint: {mend}; see also nanoclaw skill doctor codex");
                site.trial(PROVIDER, 1, &[&error, &hint]);
            }
        },
    );
}

/// Gives the checkout a provider of codex that asks nothing.
fn provider(site: &Site, source: &str) {
    let file = "container/agent-runner/src/providers/codex.ts";
    let import = "import { registerProvider } from './provider-registry.js';";
    let file = site.world.root.join(file);
    fs::write(file, format!("{import}\n{source}\n")).unwrap();
}

/// A provider that says words on standard output in every way, and answers `pong`.
const TALKS: &str = r"
const talk = () => {
  process.stdout.write('no line');
  console.log('a line');
  console.table([{ a: 1 }]);
  console.dir({ a: 1 });
  console.group('a group');
  console.timeEnd('a time');
};
talk();
async function* events(thread) {
  talk();
  if (thread.startsWith('0000')) throw new Error('lost');
  yield { type: 'init', continuation: thread };
  yield { type: 'result', text: 'pong' };
}
const query = ({ continuation }) => ({ end() {}, events: events(continuation ?? 't-1') });
registerProvider('codex', () => ({ query, isSessionInvalid: () => true }));
";

#[test]
fn a_provider_that_prints_is_heard_all_the_same() {
    with_bun("a_provider_that_prints_is_heard_all_the_same", |codex| {
        let Some(site) = site(codex, 9, KEY) else {
            return;
        };
        provider(&site, TALKS);
        site.trial(PROVIDER, 0, &["thread t-1", "pong\n", "total "]);
    });
}

/// A factory that is not registered.
const NEVER: &str = "() => 0";

#[test]
fn a_factory_that_makes_no_provider_is_told_as_what_it_does() {
    let test = "a_factory_that_makes_no_provider_is_told_as_what_it_does";
    with_bun(test, |codex| {
        let Some(site) = site(codex, 9, KEY) else {
            return;
        };
        let made = "the provider is not made: ";
        let verify = "hint: nanoclaw skill verify codex;";
        for (factory, error, words, hint) in [
            (
                "() => { throw new Error('no key'); }",
                made,
                "no key\n",
                verify,
            ),
            (
                "() => null",
                made,
                "its factory gives null, and no provider\n",
                verify,
            ),
            (
                "async () => ({ query() {} })",
                made,
                "its factory gives a promise, and the agent runner waits for none\n",
                verify,
            ),
            (
                "() => ({})",
                made,
                "its factory gives an object without `query`\n",
                verify,
            ),
            (
                NEVER,
                "the checkout's providers have no codex: ",
                "unknown provider: codex\n",
                "hint: nanoclaw skill add codex;",
            ),
        ] {
            let condition = if factory == NEVER { "if (false) " } else { "" };
            let register = format!("{condition}registerProvider('codex', {factory});");
            provider(&site, &register);
            let error = format!("error: {error}{words}");
            site.trial(PROVIDER, 1, &[&error, hint]);
        }
    });
}

//! What is to be done by hand, and that it makes the fact true or lets the program do it.

use std::path::Path;

use super::{fill, look};
use crate::fact::dockerfile::Wanted;
use crate::skill::{ByHand, Outcome};

/// `said` is what is to be done about `before`; `after` is the file when it is done.
fn check(before: &str, said: &str, after: &str) {
    let Outcome::Blocked { by_hand, .. } = look(before, &Wanted::default()) else {
        panic!("not blocked: {before}");
    };
    let words = ByHand::said(&by_hand, Path::new("Dockerfile"));
    assert_eq!(words, fill(said));
    let done = look(after, &Wanted::default());
    assert!(
        matches!(done, Outcome::Holds { .. } | Outcome::Edit { .. }),
        "{done:?}"
    );
}

#[test]
fn another_install_gives_its_place_to_ours() {
    let before = "FROM node\n{pin}\n{claude}\nRUN npm i -g @openai/codex\n";
    check(
        before,
        "remove the install of `@openai/codex`, and write this below its RUN, at Dockerfile:5:\n{arg}\n\n{codex}",
        "FROM node\n{pin}\n{claude}\n{arg}\n\n{codex}\n",
    );
    check(
        "FROM node\n{pin}\n{claude}\nRUN pnpm i -g \\\n  vercel \\\n  @openai/codex@0.130.0\n",
        "remove the install of `@openai/codex`, and write this below its RUN, at Dockerfile:7:\nARG CODEX_VERSION=0.130.0\n\n{codex}",
        "FROM node\n{pin}\n{claude}\nRUN pnpm i -g \\\n  vercel\nARG CODEX_VERSION=0.130.0\n\n{codex}\n",
    );
    check(
        "FROM node\n{arg}\nRUN npm i -g @openai/codex@$CODEX_VERSION\n",
        "remove the install of `@openai/codex`, and write this below its RUN, at Dockerfile:3:\n{codex}",
        "FROM node\n{arg}\n{codex}\n",
    );
    check(
        "FROM node\nRUN npm i -g @openai/codex\nRUN npm i -g @openai/codex@latest\n",
        "remove the install of `@openai/codex`, and write this below its RUN, at Dockerfile:2 and Dockerfile:3:\n{arg}\n\n{codex}",
        "FROM node\n{arg}\n\n{codex}\n",
    );
}

#[test]
fn another_install_beside_ours_goes() {
    check(
        "FROM node\n{arg}\n{codex}\nRUN npm i -g @openai/codex\n",
        "remove the install of `@openai/codex` at Dockerfile:5",
        "FROM node\n{arg}\n{codex}\n",
    );
}

#[test]
fn an_env_of_the_arg_goes_and_a_merge_is_resolved() {
    check(
        "FROM node\n{pin}\nENV CODEX_VERSION=2\n{claude}\n",
        "take `CODEX_VERSION` out of the ENV at Dockerfile:3",
        "FROM node\n{pin}\n{claude}\n",
    );
    check(
        "FROM node\n{pin}\n<<<<<<< HEAD\n{claude}\n=======\n{claude}\n>>>>>>> main\n",
        "resolve the merge at Dockerfile:3",
        "FROM node\n{pin}\n{claude}\n",
    );
}

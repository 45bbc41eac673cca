//! What a document's block may say.

use super::install::installs;
use crate::dockerfile::{Block, Manager, block};

#[test]
fn a_block_is_one_arg_and_one_run() {
    let body = "# why\r\nARG V=1.0\r\n\r\nRUN --mount=x \\\r\n  pnpm i -g \"@s/b@${V}\"";
    let found = match block("a", body) {
        Ok(Block::Layer(found)) => found,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (
            found.after.as_str(),
            found.package.as_str(),
            found.arg.as_str(),
            found.version.as_str()
        ),
        ("a", "@s/b", "V", "1.0")
    );
    assert_eq!(found.run, "RUN --mount=x \\\n  pnpm i -g \"@s/b@${V}\"");
    assert_eq!(
        installs(&found.run).first().map(|install| install.manager),
        Some(Manager::Pnpm)
    );
}

#[test]
fn another_block_is_refused_with_what_was_expected() {
    let run = "RUN pnpm i -g b@$V";
    for (body, error) in [
        (
            String::new(),
            "expected one ARG and then one RUN, found 0 ARG, 0 RUN and 0 other instructions",
        ),
        (
            format!("{run}\nARG V=1"),
            "expected one ARG and then one RUN, found 1 ARG, 1 RUN and 0 other instructions",
        ),
        (
            format!("ARG V=1\nUSER x\n{run}"),
            "expected one ARG and then one RUN, found 1 ARG, 1 RUN and 1 other instructions",
        ),
        (
            format!("ARG V=1 W=2\n{run}"),
            "expected an ARG of one name, found 2 names",
        ),
        (
            format!("ARG V\n{run}"),
            "expected `ARG V=VERSION`, found `V` without a value",
        ),
        (
            format!("ARG V=\"1 2\"\n{run}"),
            "expected a plain version in `ARG V=VERSION`, found `1 2`",
        ),
        (
            "ARG V=1\nRUN x".to_owned(),
            "expected a RUN that takes its value as `\"${V}\"`, in double quotes, and no other way",
        ),
        (
            "ARG V=1\nRUN pnpm i -g b@$V c".to_owned(),
            "expected a RUN that installs one package globally, found 2 packages",
        ),
        (
            "ARG V=1\nRUN npm i -g b@$V".to_owned(),
            "expected a global install with pnpm, found one with npm",
        ),
        (
            "ARG V=1\nRUN pnpm i -g b@$W".to_owned(),
            "expected `b@${V}`, found `b` by `W`",
        ),
        (
            "ARG V=1\nRUN pnpm i -g b@2".to_owned(),
            "expected `b@${V}`, found `b@2`",
        ),
        (
            "ARG V=1\nRUN pnpm i -g b".to_owned(),
            "expected `b@${V}`, found `b` without a version",
        ),
        (
            "ARG V=1\nRUN pnpm i -g a@$V".to_owned(),
            "expected an `after` other than the package that the RUN installs, found `a` for both",
        ),
        (
            "ARG V=1\nNO".to_owned(),
            "expected an ARG and a RUN, found that unknown instruction 'NO' in line 2",
        ),
    ] {
        assert_eq!(block("a", &body).err().as_deref(), Some(error));
    }
}

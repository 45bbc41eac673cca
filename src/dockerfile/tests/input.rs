//! What a script reads: what `xargs` and `read` make of the text that is written for them.

use super::install::check_installs;

#[test]
fn xargs_installs_what_it_is_fed() {
    for run in [
        "echo a@1 b | xargs pnpm i -g",
        "echo -n \"a@1\" b | xargs -r -n 1 pnpm i -g",
        "printf '%s\\n' a@1 b | xargs -L1 pnpm i -g",
        "printf 'a@1\\nb\\n' | sort -u | xargs pnpm i -g",
        "printf '%s@%s\\nb' a 1 | xargs pnpm i -g",
        "echo 'a@1 b' | tr ' ' '\\n' | xargs -I{} pnpm i -g {}",
        "echo 1 | xargs -I % pnpm i -g a@% b",
        "xargs pnpm i -g <<E\na@1\nb\nE",
        "cat <<E | xargs npx pnpm i -g\na@1\nb\nE",
        "xargs pnpm i -g <<< 'a@1 b'",
        "echo b | xargs --max-args=1 pnpm i -g a@1",
        "echo a@1 b | xargs pnpm i -g --prefix \"$(npm prefix -g)\"",
        "echo a@1 \"b\" | tee $(x) | xargs pnpm i -g",
        "x='a@1 b'; echo $x | xargs pnpm i -g",
        "x='a@1 b'; xargs pnpm i -g <<< \"$x\"",
    ] {
        check_installs(&format!("RUN {run}\n"), &["pnpm a 1", "pnpm b"]);
    }
    for run in [
        "echo a | xargs echo pnpm i -g",
        "echo pnpm i -g a | xargs -n1",
        "echo a; echo $(echo b | x) $(xargs pnpm i -g)",
        "echo a; xargs pnpm i -g < x",
        "cat x | xargs pnpm i -g",
        "echo a | grep -v a | xargs pnpm i -g",
        "echo a >> x | xargs pnpm i -g",
        "echo a | xargs -a x pnpm i -g",
        "echo a | xargs pnpm i",
    ] {
        check_installs(&format!("RUN {run}\n"), &[]);
    }
}

#[test]
fn a_loop_installs_what_it_reads() {
    for run in [
        "printf '%s\\n' a@1 b | while read -r p; do pnpm i -g \"$p\"; done",
        "echo 'a@1 b' | tr ' ' '\\n' | while IFS= read -r p || [ -n \"$p\" ]; do pnpm i -g $p; done",
        "while read p; do pnpm i -g $p; done <<E\na@1\nb\nE",
        "until x; do while x; read p; do if y; then for i in 1; do pnpm i -g $p; done; fi; done <<E ; done\na@1 b\nE",
        "cat <<E | sort | while read p; do pnpm i -g $p; done\na@1\nb\nE",
        "x='a@1 b'; while read -u 0 p; do pnpm i -g $p; done <<< \"$x\"",
        "A=(a@1 b); printf '%s\\n' \"${A[@]}\" | while read p; do pnpm i -g $p; done",
        "while read p v; do pnpm i -g $p; done <<E\na@1 x\nb y\nE",
        "echo a@1 b | { read p; pnpm i -g $p; }",
        "read -r p <<< 'a@1 b' && pnpm i -g $p",
    ] {
        check_installs(&format!("RUN {run}\n"), &["pnpm a 1", "pnpm b"]);
    }
    for run in [
        "cat x | while read p; do pnpm i -g $p; done",
        "while read p; do pnpm i -g $p; done < x",
        "while read q; do pnpm i -g $p; done <<E\na\nE",
        "while read p; do y; done <<E ; pnpm i -g $p\na\nE",
        "while read p; do for i in 1; do pnpm i -g $p; done <<E ; done\na\nE",
        "while read p; do pnpm i -g $p; done; while y; do z; done <<E\na\nE",
    ] {
        check_installs(&format!("RUN {run}\n"), &["pnpm $p"]);
    }
    check_installs(
        "RUN while read p v; do pnpm i -g $p@$v; done <<E\na 1\nb 2\nE\n",
        &["pnpm a $v", "pnpm b $v"],
    );
}

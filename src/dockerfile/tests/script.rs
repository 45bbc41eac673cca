//! What a script runs: substitutions, scripts in scripts and variables.

use super::install::{check_installs, installs};

#[test]
fn heredocs_of_shells_are_scripts() {
    for run in [
        "<<E",
        "<<-\"E\"",
        "3<<E",
        "bash <<E",
        "sh -eux <<'E'",
        "x && /bin/bash -o pipefail -s y <<E | z",
        "<<X cat <<Y\n1\nX\n2\nY\nRUN <<E",
        "<<E\n#!/bin/bash -e",
    ] {
        check_installs(
            &format!("RUN {run}\nx \\\n  && pnpm i -g a@1\nE"),
            &["pnpm a 1"],
        );
    }
    check_installs("RUN <<-E\n\tpnpm i -g a@1\n\tE\n", &["pnpm a 1"]);
    assert_eq!(
        installs("RUN bash <<E\n\npnpm i -g \\\n  a\nE")
            .first()
            .map(|found| found.line),
        Some(5)
    );
}

#[test]
fn heredocs_in_heredocs_end_somewhere() {
    check_installs(&format!("RUN npm {}A\n", "<<A\n".repeat(20_000)), &[]);
    check_installs("RUN <<A\nbash <<B\npnpm i -g a\nB\nA\n", &["pnpm a"]);
}

#[test]
fn a_bracket_in_an_expansion_ends_nothing() {
    for before in [
        "x $(echo \")\") && ",
        "x $(echo ')') && ",
        "x \"$(echo ')')\" && ",
        "x $(echo \\)) && ",
        "x $(case x in a) echo;; b|c) (y);; esac) && ",
        "x $(case x in (a) echo;; esac; echo \")\") && ",
        "x $(if y; then case x in a) echo;; esac; fi) && ",
        "x $(echo $(echo \")\") `echo \")\"`) && ",
        "x $(echo case) && ",
        "x ${y:-\"}\"} && ",
        "x ${y:-'}'} && ",
        "x \"${y:-$(echo '}')}\" && ",
        "x \"${y:-\\}}\" && ",
        "x ${y:-{} && ",
        "x \"it's ${y:-it's}\" && ",
        "x $((1 + (2))) && ",
        "x $((1 << 2)) && ",
        "x `echo \"\\`\"` && ",
        "x=$(echo \"#\" # it's )\n) && ",
    ] {
        check_installs(
            &format!("RUN <<E\n{before}pnpm i -g a@1\nE\n"),
            &["pnpm a 1"],
        );
    }
}

#[test]
fn a_substitution_runs_its_commands() {
    for run in [
        "out=$(pnpm i -g a@1 2>&1) || exit 1",
        "echo \"`pnpm i -g a@1`\"",
        "echo ${x:-$(pnpm i -g a@1)}",
        "echo \"$(cd /x && (pnpm i -g a@1))\"",
        "echo $(echo $(pnpm i -g a@1))",
        "cat <<E > x\nit's \"$(pnpm i -g a@1)\nE",
        "cat <<E > x; y\n`pnpm i -g a@1`\nE",
        "<<S\ncat <<E |\n${x:-$(pnpm i -g a@1)}\nE\ntee\nS",
    ] {
        check_installs(&format!("RUN {run}\n"), &["pnpm a 1"]);
    }
    for run in [
        "cat <<'E'\n$(pnpm i -g a@1)\nE",
        "cat <<E\n\\$(pnpm i -g a@1) \\`pnpm i -g a@1\\`\nE",
        "cat <<X <<'E'\n$(x)\nX\n$(pnpm i -g a@1)\nE",
    ] {
        check_installs(&format!("RUN {run}\n"), &[]);
    }
    check_installs("RUN echo '$(pnpm i -g a@1)' \\`pnpm i -g a@1\\`", &[]);
    check_installs(
        "RUN <<E\ncat <<X > $(pnpm i -g a)\npnpm i -g b\nX\nY=$(pnpm i -g c\n) bash <<X\npnpm i -g d\nX\nE\n",
        &["pnpm a", "pnpm c", "pnpm d"],
    );
}

#[test]
fn a_substitution_is_run_by_one_shell_alone() {
    for run in [
        "sh -c \"echo $(pnpm i -g a@1)\"",
        "sh -c \"echo '$(pnpm i -g a@1)'\"",
        "sh -c \"echo ${x:-$(pnpm i -g a@1)}\"",
        "sh -c \"echo \\$(pnpm i -g a@1)\"",
        "sh <<E\necho \"$(pnpm i -g a@1)\"\nE",
        "sh <<E\necho \\$(pnpm i -g a@1)\nE",
        "sh <<E\necho `pnpm i -g a@1`\nE",
        "sh <<E\necho \\`pnpm i -g a@1\\`\nE",
        "cat <<E | sh\nsh -c \"$(pnpm i -g a@1)\"\nE",
    ] {
        check_installs(&format!("RUN {run}\n"), &["pnpm a 1"]);
    }
    check_installs("RUN sh -c \"pnpm i -g 'a@$(x 'y')'\"", &["pnpm a $(...)"]);
    check_installs(
        "RUN sh <<E\npnpm i -g \"a@$(cat v)\" b$(x) c\nE\n",
        &["pnpm a $(...)", "pnpm b$(...)", "pnpm c"],
    );
}

#[test]
fn substitutions_in_substitutions_end_somewhere() {
    for (open, count) in [
        ("$(", 20_000),
        ("${a:-", 20_000),
        ("`\\", 2_000),
        ("\"$(", 20_000),
        ("sh -c \"$(", 2_000),
        ("A=(", 20_000),
        ("A=($(", 20_000),
    ] {
        check_installs(&format!("RUN npm {}", open.repeat(count)), &[]);
    }
    let open = |level: usize| format!("sh <<E{level}\n$(");
    let close = |level: usize| format!(")\nE{level}\n");
    let nested = (0..2_000).map(open).chain((0..2_000).rev().map(close));
    let nested = nested.collect::<String>();
    check_installs(&format!("RUN <<Z\nnpm\n{nested}Z\n"), &[]);
}

#[test]
fn every_way_to_give_a_shell_a_command_is_read() {
    for run in [
        "sh -c 'pnpm i -g a@1'",
        "bash -lc -- 'pnpm i -g a@1' x y",
        "bash -ceu 'pnpm i -g a@1'",
        "bash -c -o pipefail 'pnpm i -g a@1'",
        "bash --norc -euxo pipefail -c 'pnpm i -g a@1'",
        "sudo -E /bin/bash -c \"cd /x && pnpm i -g 'a@1'\"",
        "busybox sh -c 'pnpm i -g a@1'",
        "su node -c 'pnpm i -g a@1'",
        "su -c 'pnpm i -g a@1' - node",
        "runuser -l node --command='pnpm i -g a@1'",
        "eval 'pnpm i -g a@1'",
        "eval pnpm i -g 'a@1'",
        "npx -c 'pnpm i -g a@1'",
        "npm exec --call='pnpm i -g a@1'",
        "bash <<< 'pnpm i -g a@1'",
        "env -S 'pnpm i -g a@1'",
        "sudo /usr/bin/env -i -S'A=1 pnpm i' -g a@1",
        "env --split-string='pnpm i -g' a@1",
        "env -vS \"pnpm i -g 'a@1'\"",
        "[\"env\", \"-S\", \"pnpm i -g a@1\"]",
        "echo 'pnpm i -g a@1' | sh",
        "printf 'x\\npnpm i -g a@1\\n' | sudo bash -s",
        "cat <<E | sh -e\npnpm i -g a@1\nE",
        "[\"npx\", \"-y\", \"pnpm\", \"i\", \"-g\", \"a@1\"]",
        "[\"sudo\", \"sh\", \"-c\", \"pnpm i -g a@1\"]",
        "[\"pnpm\", \"i\", \"-g\", \"a@1\"]",
    ] {
        check_installs(&format!("RUN {run}\n"), &["pnpm a 1"]);
    }
    for run in [
        "bash x.sh -c 'pnpm i -g a'",
        "echo 'pnpm i -g a' | sh x.sh",
        "echo 'pnpm i -g a' | cat",
        "echo 'pnpm i -g a' | sh -c x",
        "env -S 'echo pnpm' i -g a",
        "env -u S 'pnpm i -g a'",
        "echo 'pnpm i -g a'; sh",
        "echo 'pnpm i -g a' || sh",
        "cat <<< 'pnpm i -g a'",
        "su node x.sh 'pnpm i -g a'",
    ] {
        check_installs(&format!("RUN {run}\n"), &[]);
    }
}

#[test]
fn the_shell_that_a_variable_is_quoted_for_expands_it() {
    for (run, version) in [
        ("sh -c \"pnpm i -g 'a@$V'\"", "$V"),
        ("sh -c 'pnpm i -g \"a@$V\"'", "$V"),
        ("sh -c \"pnpm i -g a@\\$V\"", "$V"),
        ("sh -c \"pnpm i -g 'a@\\$V'\"", "\\$V"),
        ("sh <<E\npnpm i -g 'a@$V'\nE", "$V"),
        ("sh <<E\npnpm i -g a@\\$V\nE", "$V"),
        ("sh <<'E'\npnpm i -g 'a@$V'\nE", "\\$V"),
        ("<<E\npnpm i -g 'a@$V'\nE", "\\$V"),
        ("echo 'pnpm i -g a@$V' | sh", "$V"),
        ("echo 'a@$V' | xargs pnpm i -g", "\\$V"),
        ("echo \"a@$V\" | xargs pnpm i -g", "$V"),
        ("[\"pnpm\", \"i\", \"-g\", \"a@$V\"]", "\\$V"),
        ("[\"sh\", \"-c\", \"pnpm i -g a@$V\"]", "$V"),
    ] {
        check_installs(&format!("RUN {run}\n"), &[&format!("pnpm a {version}")]);
    }
}

#[test]
fn what_the_shell_calls_a_variable_is_what_it_is_set_to() {
    for run in [
        "x=a@1; pnpm i -g $x",
        "x='a@1' && pnpm i -g \"${x}\"",
        "export x=a@1; pnpm i -g $x",
        "x=1 y=2; pnpm i -g a@$x",
        "x=1; y=a@${x}; pnpm i -g $y",
        "for x in a@1; do pnpm i -g \"$x\"; done",
        "for v in 1; do for x in a; do pnpm i -g $x@$v; done; done",
        "x=a@1 sh -c 'pnpm i -g $x'",
        "set -e && x=1 && sh -c \"pnpm i -g a@$x\"",
        "if y; then z; fi; x=1; pnpm i -g a@$x",
        "if y; then x=1; pnpm i -g a@$x; fi",
        "case y in z) x=2;; *) x=1; pnpm i -g a@$x;; esac",
        "y || p=a@1; pnpm i -g $p",
        "f='--loglevel error -g'; pnpm i $f a@1",
        "for f in -g; do pnpm i \"$f\" a@1; done",
        "c='pnpm i'; f=-g; p=a; v=1; $c $f $p@$v",
    ] {
        check_installs(&format!("RUN {run}"), &["pnpm a 1"]);
    }
    for run in [
        "x=1 pnpm i -g a@$x",
        "y || x=1; pnpm i -g a@$x",
        "[ -n \"$x\" ] && x=1; pnpm i -g a@$x",
        "if y; then x=1; fi; pnpm i -g a@$x",
        "if y; then x=1; else pnpm i -g a@$x; fi",
        "case y in z) x=1;; (*) pnpm i -g a@$x;; esac",
        "sh -c 'x=1'; pnpm i -g a@$x",
        "x=$x; pnpm i -g a@$x",
        "f=-g; pnpm i $f a@$x",
        "x=${x:-1}; pnpm i -g a@$x",
        "y='$x'; pnpm i -g a@$x",
    ] {
        check_installs(&format!("RUN {run}"), &["pnpm a $x"]);
    }
    check_installs(
        "RUN x='a@1 b'; pnpm i -g $x; for y in c d; do npm i -g $y@2; done",
        &["pnpm a 1", "pnpm b", "npm c 2", "npm d 2"],
    );
    check_installs("RUN x=$(cat y); pnpm i -g a@$x", &["pnpm a $(cat y)"]);
}

#[test]
fn an_array_is_its_elements() {
    for run in [
        "A=(a@1 \"b\"); pnpm i -g \"${A[@]}\"",
        "<<S\nA=(\n  # why\n  a@1\n\n  'b' # too\n)\npnpm i -g ${A[@]}\nS\n",
        "A=(a@1); A+=(b) && pnpm i -g \"${A[@]}\"",
        "declare -a A=('a@1 b') B=(c) && pnpm i -g ${A[@]}",
        "v=1; A=(a@$v b); for p in \"${A[@]}\"; do pnpm i -g \"$p\"; done",
        "A=(a@1 b); printf '%s\\n' \"${A[*]}\" | xargs pnpm i -g",
        "A=(a@1 b); pnpm i -g ${A[*]}",
        "A=(pnpm i -g a@1 b); \"${A[@]}\"",
        "if y; then A=(a@1 b) && pnpm i -g ${A[@]}; fi",
    ] {
        check_installs(&format!("RUN {run}"), &["pnpm a 1", "pnpm b"]);
    }
    for run in [
        "A=(pnpm i -g a)",
        "A=(pnpm i -g a); echo \"${A[@]}\"",
        "A=(pnpm i -g a); $A",
    ] {
        check_installs(&format!("RUN {run}"), &[]);
    }
    check_installs(
        "RUN A=(a b); pnpm i -g $A && npm i -g c",
        &["pnpm a", "npm c"],
    );
    check_installs("RUN f=(a); f() (pnpm i -g b) && f", &["pnpm b"]);
}

#[test]
fn a_variable_may_be_added_to() {
    for run in [
        "x=a@; x+=1; pnpm i -g $x",
        "x=; x+=' a@1' && pnpm i -g $x",
        "x=1 && y=a && y+=@$x && pnpm i -g \"$y\"",
    ] {
        check_installs(&format!("RUN {run}"), &["pnpm a 1"]);
    }
}

#[test]
fn a_variable_may_be_the_command() {
    for run in [
        "c='pnpm i -g'; $c a@1",
        "c=; $c pnpm i -g a@1",
        "c=pnpm; sudo \"$c\" i -g a@1",
        "c='sudo -E'; d=\"$c pnpm i\"; x=1 $d -g a@1",
        "c='xargs pnpm'; sh -c \"$c i -g a@1\"",
    ] {
        check_installs(&format!("RUN {run}"), &["pnpm a 1"]);
    }
    for run in [
        "c='pnpm i -g'; \"$c\" a",
        "c=echo; $c pnpm i -g a",
        "c='$c'; c=$c; $c pnpm i -g a",
    ] {
        check_installs(&format!("RUN {run}"), &[]);
    }
}

#[test]
fn an_arg_or_an_env_may_name_the_packages() {
    let run = "ARG A=\"a@1 b\"\nENV B=c\nRUN pnpm i -g $A ${B} && npm i -g $C a@$B";
    check_installs(run, &["pnpm a 1", "pnpm b", "pnpm c", "npm $C", "npm a $B"]);
}

#[test]
fn variables_in_variables_end_somewhere() {
    let doubled = "x=$x$x; ".repeat(64);
    assert!(installs(&format!("RUN x=ab; {doubled} pnpm i -g $x")).len() < 2);
    let loops = "for x in $x $x $x; do ".repeat(64);
    assert!(installs(&format!("RUN x=ab; {loops} pnpm i -g $x")).len() < 200);
}

#[test]
fn what_runs_in_another_build_installs_nothing() {
    check_installs("ONBUILD RUN pnpm i -g a@1", &[]);
    check_installs(
        "SHELL [\"/bin/bash\", \"-c\"]\nRUN set -eux; \\\n  # why\n  x && \\\n# why\n  if [ -n \"$y\" ]; then \\\n pnpm i -g a@1; fi",
        &["pnpm a 1"],
    );
}

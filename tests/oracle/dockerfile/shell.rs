//! What a RUN installs, by the shells that run it: package managers that only write down what they are told stand in for the real ones.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use nanoclaw::dockerfile::{Dockerfile, Install, Instruction, Version};

use super::super::soup::Dice;
use crate::tools;

const SHELLS: [&str; 2] = ["sh", "bash"];
const V: &str = "7.7.7";

/// Scripts that install something, by `V`.
const CORES: [&str; 19] = [
    "pnpm i -g a@$V",
    "pnpm add --global \"a@\"${V} b",
    "npm -g install 'a@$V'",
    "pnpm i -g a@${V:-1} \"a)b\"",
    "echo \"a@$V\" b | xargs pnpm i -g",
    "printf '%s\\n' 'a@$V' | sort | xargs -n1 npm i -g",
    "xargs pnpm i -g <<X\na@$V\nb\nX\n",
    "p=\"a@$V\"; pnpm i -g $p",
    "V=1.0; pnpm i -g a@$V",
    "V=1.0 pnpm i -g a@$V",
    "for p in a@$V b; do npm i -g \"$p\"; done",
    "printf '%s\\n' \"a@$V\" b | while read -r p; do pnpm i -g \"$p\"; done",
    "while read p; do for i in 1; do npm i -g $p; done; done <<X\na@$V b\nX\n",
    "env -S\"npm i -g 'a'\" b@$V",
    "c='pnpm i'; $c -g a@$V",
    "echo a@$V | tee log $(true) | xargs pnpm i -g b$(true)",
    "env W=1 nice -n 1 pnpm i -g a@$V > log 2>&1",
    "echo $(echo \")\") ${W:-\"}\"} `echo '\"'` && pnpm i -g a@$V",
    "pnpm i -g $(true)a # pnpm i -g b\necho pnpm i -g c",
];

/// Scripts that only bash knows.
const BASH_CORES: [&str; 6] = [
    "A=(a@$V \"b\"); pnpm i -g \"${A[@]}\"",
    "A=(\n  # why\n  'a@1'\n); A+=(b c) && npm i -g ${A[*]}",
    "declare -a A=(a \"b)\"); for p in \"${A[@]}\"; do pnpm i -g \"$p@$V\"; done",
    "A=(pnpm i -g \"a@$V\"); \"${A[@]}\" b $A",
    "p=a; p+=\"@$V\"; pnpm i -g $p",
    "xargs npm i -g <<< \"a@$V b\"",
];

/// Puts a script into another one.
const WRAPPERS: [fn(&str) -> String; 26] = [
    |script| format!("true && {{ {script}\n}}"),
    |script| format!("false || (true; {script}\n)"),
    |script| format!("if true; then {script}\nfi"),
    |script| format!("case a in (b) ;; a|c) {script}\n;; esac"),
    |script| format!("for i in 1; do {script}\ndone"),
    |script| {
        format!(
            "while read i; do {script}\ndone <<W{n}\nb\nW{n}\n",
            n = script.len()
        )
    },
    |script| format!("out=$({script}\n)"),
    |script| format!("echo \"$({script}\n)\" > log"),
    |script| format!("out=$(case a in a) {script}\n;; esac)"),
    |script| format!("echo ${{W:-$({script}\n)}}"),
    |script| format!("out=$(echo $({script}\n) \"$((1 + (2)))\")"),
    |script| {
        format!(
            "out=`{}\n`",
            script
                .replace('\\', "\\\\")
                .replace('`', "\\`")
                .replace('$', "\\$")
        )
    },
    |script| format!("sh -c {}", quoted(script)),
    |script| format!("exec sh -ec -- {} x", quoted(script)),
    |script| format!("sh -c \"{}\"", escaped(script, "\"$`\\")),
    |script| format!("eval {}", quoted(script)),
    |script| format!("printf %s {} | sh -s", quoted(script)),
    |script| format!("sh <<'Y{n}'\n{script}\nY{n}\n", n = script.len()),
    |script| {
        format!(
            "cat <<Y{n} | sh\n{body}\nY{n}\n",
            n = script.len(),
            body = escaped(script, "$`\\")
        )
    },
    |script| {
        format!(
            "cat > log <<U{n}\n\"$({script}\n)\nU{n}\n",
            n = script.len()
        )
    },
    |script| format!("sh -c \"echo '$({script}\n)'\""),
    |script| format!("sh <<T{n}\n: \"$({script}\n)\"\nT{n}\n", n = script.len()),
    |script| format!("echo 'it'\\''s' \"'\" \\' # it's\n{script}"),
    |script| format!("cat > log <<Z\n$(echo x) ) pnpm i -g c\nZ\n{script}"),
    |script| format!("echo {} > log\n{script}", quoted(script)),
    |script| format!("f() {{ {script}\n}}; f"),
];

fn quoted(script: &str) -> String {
    format!("'{}'", script.replace('\'', "'\\''"))
}

fn escaped(script: &str, special: &str) -> String {
    let escape = |glyph: char| {
        let backslash = special.contains(glyph).then_some('\\');
        backslash.into_iter().chain([glyph])
    };
    script.chars().flat_map(escape).collect()
}

#[test]
fn a_shell_installs_what_is_read() {
    if tools::or_skip(tools::program("bash")).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    for manager in ["pnpm", "npm"] {
        let path = bin.join(manager);
        let stub = format!("#!/bin/sh\necho {manager} \"$@\" >> \"$LOG\"\n");
        fs::write(&path, stub).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    // What bash calls as sh is bash, too.
    let bash = folder.path().join("bash");
    fs::create_dir(&bash).unwrap();
    std::os::unix::fs::symlink("/bin/bash", bash.join("sh")).unwrap();
    let mut dice = Dice::new(0x2545_F491_4F6C_DD1D);
    let mut wrong = Vec::new();
    let both = CORES.map(|core| (core, &SHELLS[..]));
    let bash = BASH_CORES.map(|core| (core, &SHELLS[1..]));
    let cores = [&both[..], &bash].concat();
    for number in 0..cores.len() * 25 {
        let (core, shells) = cores[number % cores.len()];
        let mut script = core.to_owned();
        for _ in 0..dice.below(4) {
            script = WRAPPERS[dice.below(WRAPPERS.len())](&script);
        }
        for shell in shells {
            // bash 5.2 loses an assignment behind a heredoc in a substitution in another expansion, or in a shell's word.
            let nested = ["$(echo $(", "${W:-$(", "sh -"];
            let nested = nested.iter().any(|before| script.contains(before));
            if *shell == "bash" && nested && script.contains("<<Z") {
                continue;
            }
            let (ours, theirs) = (seen(&script), run(shell, &script, folder.path()));
            assert!(script != core || !theirs.is_empty(), "{shell}: {script}");
            if ours != theirs {
                wrong.push(format!(
                    "{shell}: {script}\n  ours {ours:?}\n  theirs {theirs:?}"
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The packages that the script installs as we read it, sorted.
fn seen(script: &str) -> Vec<String> {
    let file = format!("FROM a\nARG V={V}\nRUN <<SCRIPT\n{script}\nSCRIPT\n");
    let file = Dockerfile::parse(file.as_bytes()).unwrap();
    let installs = file.instructions.iter().flat_map(Instruction::installs);
    let mut seen: Vec<String> = installs.map(said).collect();
    seen.sort();
    seen
}

fn said(install: &Install) -> String {
    let version = match &install.version {
        Version::Arg(name) if name == "V" => V,
        Version::Arg(name) => name,
        Version::Literal(text) => &text.replace("\\$", "$"),
        Version::Unpinned => "",
    };
    // The substitution of nothing is not expanded.
    let package = install.package.replace("$(true)", "");
    let package = package.replace("$(...)", "");
    format!("{} {package}@{version}", install.manager.program())
}

/// The packages that a shell installs by the script, sorted.
fn run(shell: &str, script: &str, folder: &Path) -> Vec<String> {
    let log = folder.join("installs");
    fs::write(&log, "").unwrap();
    Command::new(shell)
        .args(["-c", script])
        .current_dir(folder)
        .env_clear()
        .env(
            "PATH",
            format!("{0}/{shell}:{0}/bin:/usr/bin:/bin", folder.display()),
        )
        .envs([("V", V), ("LOG", log.to_str().unwrap())])
        .output()
        .unwrap();
    let mut installed: Vec<String> = fs::read_to_string(&log)
        .unwrap()
        .lines()
        .flat_map(told)
        .collect();
    installed.sort();
    installed
}

fn told(line: &str) -> Vec<String> {
    let (manager, words) = line.split_once(' ').unwrap();
    let verbs = ["i", "add", "install", "-g", "--global"];
    let packages = words.split(' ').filter(|word| !verbs.contains(word));
    let one = |package: &str| match package.split_once('@') {
        Some(_) => format!("{manager} {package}"),
        None => format!("{manager} {package}@"),
    };
    packages.map(one).collect()
}

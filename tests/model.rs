//! `skill configure --model`: a model for the host's service, by a drop-in of its unit.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

#[path = "configure/site.rs"]
mod site;
mod support;

use std::fs;

use site::{configure, ends, login, read, stand_in, with_key, world};

#[test]
fn a_model_is_given_to_the_hosts_service() {
    let world = world();
    let run = configure(&world, &["--model", "gpt-6"]);
    ends(&run, 0, "  + Environment=CODEX_MODEL=gpt-6");
    ends(&run, 0, "systemctl --user restart nanoclaw-v2-");
    let units = world.base().join("home/.config/systemd/user");
    let unit = fs::read_dir(units)
        .expect("a folder")
        .next()
        .expect("a unit")
        .expect("an entry");
    let drop_in = unit.path().join("zz-nanoclaw-model.conf");
    assert_eq!(read(&drop_in), "[Service]\nEnvironment=CODEX_MODEL=gpt-6\n");
    assert!(read(&world.base().join("home/calls")).contains("--user daemon-reload\n"));
    let written = || {
        drop_in
            .metadata()
            .expect("a file")
            .modified()
            .expect("a time")
    };
    let before = written();
    ends(
        &configure(&world, &["--model", "gpt-6"]),
        0,
        "gpt-6 is already set",
    );
    // The doctor goes by that time.
    assert_eq!(written(), before);
    ends(&configure(&world, &["--model", "gpt-7"]), 0, "gpt-7 is set");
    // What the environment holds for another run asks for nothing here.
    let mut other = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
    other.args(["skill", "configure", "codex", "--model", "gpt-7"]);
    other.env("NC_INPUT_API_KEY", "sk-secret");
    ends(&support::run(&mut other), 0, "gpt-7 is already set");
    assert!(!login(&world).exists());
    // A drop-in that is read after ours counts.
    fs::write(
        unit.path().join("zzz.conf"),
        "Environment=CODEX_MODEL=other\n",
    )
    .expect("a file");
    ends(
        &configure(&world, &["--model", "gpt-8"]),
        2,
        "a later drop-in gives it",
    );
    fs::write(&drop_in, "[Service]\nMemoryMax=2G\n").expect("a file");
    ends(
        &configure(&world, &["--model", "gpt-8"]),
        3,
        "`MemoryMax=2G`, which is none of ours",
    );
    assert_eq!(read(&drop_in), "[Service]\nMemoryMax=2G\n");
    let two = "[Service]\nEnvironment=CODEX_MODEL=a OTHER=keep\n";
    fs::write(&drop_in, two).expect("a file");
    ends(
        &configure(&world, &["--model", "gpt-8"]),
        3,
        "OTHER=keep`, which is none of ours",
    );
    assert_eq!(read(&drop_in), two);
    fs::write(&drop_in, "[Service]\nMemoryMax=2G\n").expect("a file");
    // Nothing else is done where the model cannot be set.
    ends(
        &with_key(&world, "sk-secret\n", &["--model", "gpt-8"]),
        3,
        "MemoryMax",
    );
    assert!(!login(&world).exists());
    stand_in(&world, "systemctl", "echo LoadState=not-found");
    ends(
        &configure(&world, &["--model", "gpt-7"]),
        3,
        "CODEX_MODEL=gpt-7",
    );
}

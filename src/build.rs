//! Cargo's build script: what the linker is told. Generates no code.
#![allow(
    clippy::print_stdout,
    reason = "Cargo reads what a build script prints"
)]

/// GCC's library for unwinding is built in where it can be: the program then needs no library beside the C library's own, and starts a
/// tenth sooner. Where it cannot be found, the shared one is linked as ever.
fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    let is = |key: &str, value: &str| std::env::var(key).is_ok_and(|found| found == value);
    if !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    let Ok(compiler) = cc::Build::new().try_get_compiler() else {
        return;
    };
    let asked = compiler
        .to_command()
        .arg("-print-file-name=libgcc_eh.a")
        .output();
    // A compiler that has no such file answers with the name as it was asked for.
    let found = asked
        .ok()
        .and_then(|answer| String::from_utf8(answer.stdout).ok());
    let Some(folder) = found
        .as_deref()
        .and_then(|file| file.trim().strip_suffix("/libgcc_eh.a"))
    else {
        return;
    };
    println!("cargo::rustc-link-search=native={folder}");
    println!("cargo::rustc-link-lib=static:+whole-archive,-bundle=gcc_eh");
}

//! Cargo's build script: what the linker is told. Generates no code.
#![allow(
    clippy::print_stdout,
    reason = "Cargo reads what a build script prints"
)]

use std::fs;
use std::path::PathBuf;

use cc::Tool;

/// What shortens the program's start, by about a fifth in all. Where one of it cannot be had, the program is linked as ever.
fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    let is = |key: &str, value: &str| std::env::var(key).is_ok_and(|found| found == value);
    if !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    let Ok(compiler) = cc::Build::new().try_get_compiler() else {
        return;
    };
    build_in_unwinding(&compiler);
    pack_relocations(&compiler);
}

/// GCC's library for unwinding is built in: the program then needs no library beside the C library's own.
fn build_in_unwinding(compiler: &Tool) {
    let found = library(compiler, "libgcc_eh.a");
    let Some(folder) = found.as_deref().and_then(|file| file.parent()) else {
        return;
    };
    println!("cargo::rustc-link-search=native={}", folder.display());
    println!("cargo::rustc-link-lib=static:+whole-archive,-bundle=gcc_eh");
}

/// The places that a program which may lie anywhere in memory has to mend as it starts are listed as a bit each, not as 24 bytes each. The C
/// library must know that form, as glibc does since 2.36: it says so by the name of a version.
fn pack_relocations(compiler: &Tool) {
    let libc = library(compiler, "libc.so.6").and_then(|file| fs::read(file).ok());
    let version = b"GLIBC_ABI_DT_RELR";
    if libc.is_some_and(|libc| libc.windows(version.len()).any(|part| part == version)) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Where the compiler has a library, absolute; `None` where it has none of this name.
fn library(compiler: &Tool, name: &str) -> Option<PathBuf> {
    let mut asked = compiler.to_command();
    let answer = asked
        .arg(format!("-print-file-name={name}"))
        .output()
        .ok()?;
    let file = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
    // A compiler that has no such file answers with the name as it was asked for.
    file.is_absolute().then_some(file)
}

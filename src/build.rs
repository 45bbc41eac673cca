//! Cargo's build script: lists the documents that are built in, with their blocks, and says what the linker is told.
#![allow(
    clippy::print_stdout,
    reason = "Cargo reads what a build script prints"
)]

#[path = "document/blocks.rs"]
mod blocks;

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cc::Tool;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src/build.rs");
    list_documents()?;
    shorten_start();
    Ok(())
}

/// Writes down every document of the folder `skills`, as the expression that `src/skills.rs` includes.
fn list_documents() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src/document/blocks.rs");
    println!("cargo::rerun-if-changed=skills");
    let variable = |name: &str| std::env::var_os(name).unwrap_or_default();
    let folder = Path::new(&variable("CARGO_MANIFEST_DIR")).join("skills");
    let skills = fs::read_dir(folder)?.map(|skill| Ok(skill?.path()));
    let mut skills = skills.collect::<io::Result<Vec<_>>>()?;
    skills.retain(|skill| skill.is_dir());
    skills.sort();
    let mut list = String::new();
    for skill in skills {
        let text = fs::read_to_string(skill.join("SKILL.md"))?;
        let name = skill.file_name().unwrap_or_default().to_string_lossy();
        let path = format!("skills/{name}/SKILL.md");
        // The prose begins behind the second line `---`.
        let prose = text.find("\n---\n").map_or(0, |at| at + "\n---\n".len());
        let mut blocks = String::new();
        for block in blocks::blocks(&text, prose) {
            let (label, head, body) = (&block.label, block.head, &block.body);
            // Writing to a string does not fail.
            let _ = write!(
                blocks,
                "Block {{ label: Cow::Borrowed({label:?}), head: {head:?}, body: Cow::Borrowed({body:?}), at: {} }}, ",
                block.at
            );
        }
        let file = format!(
            "concat!(env!(\"CARGO_MANIFEST_DIR\"), {:?})",
            format!("/{path}")
        );
        let _ = writeln!(
            list,
            "Document {{ path: {path:?}, text: include_str!({file}), blocks: &[{blocks}] }},"
        );
    }
    let output = Path::new(&variable("OUT_DIR")).join("documents.rs");
    fs::write(output, format!("&[{list}]"))
}

/// What shortens the program's start, by about a fifth in all. Where one of it cannot be had, the program is linked as ever.
fn shorten_start() {
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

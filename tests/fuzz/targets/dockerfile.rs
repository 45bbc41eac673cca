//! libFuzzer's way into the property `dockerfile`; it states none itself.
#![no_main]

#[path = "../properties/mod.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| properties::dockerfile(bytes));

//! libFuzzer's way into the property `barrel`; it states none itself.
#![no_main]

#[path = "../properties/mod.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| properties::barrel(bytes));
